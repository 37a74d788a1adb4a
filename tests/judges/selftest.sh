#!/usr/bin/env bash
# Shows every judge good and spoilt work, and fails if one of them cannot tell the two apart.
#
# With $SOHOA_CORPUS set it also asks veraPDF about its own test suite (pdfa/, verdict in the file name) and
# ocfl-py about the OCFL fixtures (archive/); without it, says so.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
corpus=${SOHOA_CORPUS:+$(cd "$SOHOA_CORPUS" && pwd)}
"$here/setup.sh" --check

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# expect CODE WHAT COMMAND...: the command must end with that code; what it said is shown if it does not.
expect() {
    local code=$1 what=$2 got=0
    shift 2
    "$@" >"$work/out" 2>&1 || got=$?
    if [[ $got -eq $code ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s: exit %s, expected %s\n' "$what" "$got" "$code"
        sed 's/^/    /' "$work/out" | head -n 20
    fi
}
# said PATTERN: the last command's output must contain a line like this.
said() {
    if grep -qE -- "$1" "$work/out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: nobody said %s\n' "$1"
        sed 's/^/    /' "$work/out" | head -n 20
    fi
}
vera() { "$here/verapdf" "$@"; }
pyhanko() { "$here/pyhanko_check.py" "$@"; }
cms() { "$here/cms_check.sh" "$@"; }
ocfl() { "$here/ocfl_check.py" "$@"; }
images() { "$here/images_check.py" "$@"; }
pdfsig_says() { pdfsig -nocert "$2" | grep -qF -- "- Signature Validation: $1"; }

fixtures() {
    "$here/selftest_fixtures.py" "$work"
    cd "$work"
}

judge_pdfa() {
    expect 0 'veraPDF: PDF/A' vera 2u pdfa.pdf signed.pdf 'ký số.pdf'
    said $'^PASS\tký số\\.pdf$'
    expect 1 'veraPDF: one bad among good' vera 2b pdfa.pdf not-pdfa.pdf rubbish.pdf cut.pdf none.pdf
    said $'^PASS\tpdfa\\.pdf$'
    said $'^FAIL\tnot-pdfa\\.pdf\t6\\.6\\.2\\.1-1: .* x1$'
    said $'^ERROR\trubbish\\.pdf\t'
    said $'^ERROR\tcut\\.pdf\t'
    said $'^ERROR\tnone\\.pdf\tno such file$'
    expect 2 'veraPDF: unknown flavour' vera 9z pdfa.pdf
    expect 2 'veraPDF: no file' vera 2b
    expect 0 'qpdf: good' qpdf --check pdfa.pdf
    expect 2 'qpdf: cut' qpdf --check cut.pdf
}

judge_signatures() {
    local file
    expect 0 'pyHanko: good' pyhanko root.pem signed.pdf signed-pss.pdf 'ký số.pdf'
    expect 1 'pyHanko: other root' pyhanko other-root.pem signed.pdf
    said 'not trusted'
    for file in tampered corrupt-cms appended twice adobe pdfa rubbish; do
        expect 1 "pyHanko: $file" pyhanko root.pem signed.pdf "$file.pdf"
    done
    for file in signed signed-pss 'ký số'; do
        expect 0 "openssl: $file" cms root.pem "$file.pdf"
        expect 0 "pdfsig: $file" pdfsig_says 'Signature is Valid.' "$file.pdf"
    done
    expect 4 'openssl: other root' cms other-root.pem signed.pdf
    expect 4 'openssl: tampered' cms root.pem tampered.pdf
    expect 4 'openssl: corrupt CMS' cms root.pem corrupt-cms.pdf
    expect 1 'openssl: appended' cms root.pem appended.pdf
    expect 1 'openssl: unsigned' cms root.pem pdfa.pdf
    expect 0 'pdfsig: tampered' pdfsig_says 'Digest Mismatch.' tampered.pdf
    expect 0 'pdfsig: corrupt CMS' pdfsig_says 'Signature is Invalid.' corrupt-cms.pdf
}

judge_archive() {
    local root
    expect 0 'ocfl-py: good' ocfl ocfl
    said '^OBJECTS 1/1$'
    for root in ocfl-*; do
        expect 1 "ocfl-py: $root" ocfl "$root"
        said '^ERROR .'
    done
    expect 1 'ocfl-py: no such folder' ocfl none
}

judge_images() {
    expect 0 'pdfimages: same' images images.pdf a.jpg b.jpg
    expect 1 'pdfimages: other order' images images.pdf b.jpg a.jpg
    expect 1 'pdfimages: one too few' images images.pdf a.jpg
    expect 1 'pdfimages: none' images pdfa.pdf a.jpg
    expect 1 'pdfimages: rubbish' images rubbish.pdf a.jpg
}

# Agreement with the verdict that veraPDF's own test suite has in each file name.
corpus_pdfa() {
    local files
    mapfile -d '' files < <(find "$corpus/pdfa" -path '*PDF_A-2b*' -name '*.pdf' -print0 | sort -z)
    "$here/verapdf" 2b "${files[@]}" >"$work/verdicts" || true
    awk -F'\t' -v given="${#files[@]}" '
        { pass += $2 ~ /-pass-[^\/]*$/; fail += $2 ~ /-fail-[^\/]*$/ }
        $1 != ($2 ~ /-pass-[^\/]*$/ ? "PASS" : "FAIL") { print "disagrees: " $0; wrong++ }
        END {
            print "veraPDF suite: " pass " pass and " fail " fail files, " wrong + 0 " disagreements"
            exit wrong || pass < 20 || fail < 20 || NR != given
        }' "$work/verdicts"
}

storage_root() {
    mkdir "$1"
    printf 'ocfl_1.1\n' >"$1/0=ocfl_1.1"
    cp -r "$corpus"/archive/OCFL+fixtures/1.1/"$2"/* "$1"
}

corpus_ocfl() {
    local kind object
    for kind in good warn; do
        storage_root "corpus-$kind" "$kind-objects"
        expect 0 "ocfl-py: all $kind objects" ocfl "corpus-$kind"
    done
    said '^WARNING .*\[W0'
    storage_root corpus-bad bad-objects
    expect 1 'ocfl-py: all bad objects' ocfl corpus-bad
    said '^OBJECTS 0/'
    cp "$work/out" "$work/bad"
    for object in corpus-bad/E*; do
        expect 0 "ocfl-py: $object" grep -qE "^ERROR .*${object#corpus-bad/}" "$work/bad"
    done
}

fixtures
judge_pdfa
judge_signatures
judge_archive
judge_images
if [[ -n $corpus ]]; then
    expect 0 "veraPDF's own suite" corpus_pdfa
    tail -n 1 "$work/out"
    corpus_ocfl
else
    echo 'SKIPPED: veraPDF suite and OCFL fixtures (SOHOA_CORPUS is not set)'
fi
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
