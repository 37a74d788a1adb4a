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
server=''
trap '[[ -z $server ]] || kill "$server"; rm -rf "$work"' EXIT
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
ades() { "$here/ades.py" "$@"; }
timestamps() { "$here/timestamp_check.sh" "$@"; }
pdfsig_says() { pdfsig -nocert "$2" | grep -qF -- "- Signature Validation: $1"; }

fixtures() {
    "$here/selftest_fixtures.py" "$work"
    cd "$work"
    serve_pki
    mkdir levels
    "$here/pki/fixtures.py" sign pki pdfa.pdf levels
    spoil_levels
}

# The test CA, for as long as this script runs.
serve_pki() {
    : >served
    "$here/pki/serve.py" --folder "$work/pki" >served 2>&1 &
    server=$!
    for _ in {1..300}; do
        grep -q '^{"url"' served && break
        kill -0 "$server" || break
        sleep 0.1
    done
    url=$(sed -n 's/^{"url": "\([^"]*\)".*/\1/p' served)
    [[ -n $url ]] || { cat served; exit 1; }
}
control() { curl -sS --fail -o control -d "$1" "$url/control"; }

# later DAYS [CA...]: that many days from now, and what these CAs' CRLs will say then, as options of ades.py.
later() {
    local ca days=$1
    at=$(date -u -d "+$days days" +%Y-%m-%dT12:00:00Z)
    then=(--at "$at")
    shift
    for ca in "$@"; do
        curl -sS --fail -H "X-Certomancer-Fake-Time: $at" -o "$ca-$days.crl" "$url/test/crls/$ca/latest.crl"
        then+=(--crl "$ca-$days.crl")
    done
}

# Each way to break a long-term file that leaves its signature alone, and one that does not.
spoil_levels() {
    python3 -I - levels <<'PY'
import re, sys
from pathlib import Path

folder = Path(sys.argv[1])
whole = (folder / "B-LTA.pdf").read_bytes()

def flipped(at, to=None):
    return whole[:at] + bytes([to or whole[at] ^ 1]) + whole[at + 1:]

start, resume = [int(number) for number in re.findall(rb"/ByteRange\s*\[\s*\d+ +(\d+) +(\d+)", whole)[-1]]
value = start + len(whole[start:resume - 1].rstrip(b"0")) - 40
fields = {
    "page": flipped(whole.index(b"q Q\n")),
    # Inside the value of the document timestamp's signature, and inside the evidence that it covers.
    "stamp": flipped(value, ord("1" if whole[value] != ord("1") else "2")),
    "evidence": flipped(whole.rindex(b"stream", 0, start) - 60),
    "tail": whole + b"% after all revisions\n",
}
for name, data in fields.items():
    (folder / f"spoilt-{name}.pdf").write_bytes(data)
PY
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

judge_levels() {
    local level order=(B-B B-T B-LT B-LTA) made file
    for level in "${order[@]}"; do
        local reached=0
        for made in "${order[@]}"; do
            [[ $made != "$level" ]] || reached=1
            expect $((1 - reached)) "ades: a $made file as $level" ades --level "$level" pki/root.pem "levels/$made.pdf"
            said "^$([[ $reached = 1 ]] && echo PASS || echo FAIL)"$'\t'
        done
    done
    expect 0 'ades: a document timestamp instead of a signature timestamp' \
        ades --level B-T pki/root.pem levels/late-B-T.pdf levels/late-B-LTA.pdf
    expect 0 'ades: late, and with evidence' ades --level B-LTA pki/root.pem levels/late-B-LTA.pdf
    expect 1 'ades: late, without evidence' ades --level B-LTA pki/root.pem levels/late-B-T.pdf
    for file in page stamp evidence tail update; do
        expect 1 "ades: spoilt $file" ades --level B-LTA pki/root.pem "levels/spoilt-$file.pdf"
        said $'^FAIL\t'
    done
    expect 1 'ades: revoked' ades --level B-B pki/root.pem levels/revoked.pdf
    said REVOKED
    expect 1 'ades: expired' ades --level B-B pki/root.pem levels/expired.pdf
    said OUT_OF_BOUNDS
    expect 1 'ades: other root' ades --level B-B pki/other-root.pem levels/B-B.pdf
    said NO_CERTIFICATE_CHAIN_FOUND
    expect 1 'ades: unsigned' ades --level B-B pki/root.pem pdfa.pdf
    control '{"outages": ["ocsp", "crl"]}'
    expect 1 'ades: B-B when nobody answers' ades --level B-B pki/root.pem levels/B-B.pdf
    expect 0 'ades: B-LTA when nobody answers' ades --level B-LTA pki/root.pem levels/B-LTA.pdf
    control '{"outages": []}'
}

judge_time() {
    local at then
    # The signer is revoked in two days from now: a verifier who knows it five days from now.
    later 5 root ca tsa-ca
    expect 0 'ades: not revoked' ades --level B-B "${then[@]}" pki/root.pem levels/B-B.pdf
    expect 1 'ades: revoked later, B-B' ades --level B-B "${then[@]}" pki/root.pem levels/later-B-B.pdf
    said REVOKED
    expect 0 'ades: revoked later, B-LTA' ades --level B-LTA "${then[@]}" pki/root.pem levels/later-B-LTA.pdf
    control "{\"clock\": \"$(date -u -d '+150 days' +%Y-%m-%dT12:00:00Z)\"}"
    TZ=UTC faketime -f "$(date -u -d '+150 days' '+@%Y-%m-%d 12:00:05')" \
        "$here/pki/fixtures.py" renew pki levels/ending.pdf levels/renewed.pdf
    control '{"clock": null}'
    # Signer, OCSP responder and the one authority have all expired; the other authority lives.
    later 1825 root tsa-ca
    for file in B-LTA later-B-LTA late-B-LTA renewed; do
        expect 0 "ades: $file after five years" ades --level B-LTA "${then[@]}" pki/root.pem "levels/$file.pdf"
    done
    expect 1 'ades: not renewed' ades --level B-LTA "${then[@]}" pki/root.pem levels/ending.pdf
    for file in B-B B-T B-LT B-LTA; do
        expect 1 "ades: $file as B-B after five years" ades --level B-B "${then[@]}" pki/root.pem "levels/$file.pdf"
        said OUT_OF_BOUNDS
    done
}

judge_timestamps() {
    local at then
    expect 0 'openssl ts: both kinds' timestamps pki/root.pem levels/B-LTA.pdf
    said '^signature 1 document 1$'
    expect 0 'openssl ts: in the signature' timestamps pki/root.pem levels/B-T.pdf
    said '^signature 1 document 0$'
    expect 0 'openssl ts: over the document' timestamps pki/root.pem levels/late-B-T.pdf
    said '^signature 0 document 1$'
    expect 1 'openssl ts: none' timestamps pki/root.pem levels/B-B.pdf
    expect 1 'openssl ts: no way to the root' timestamps pki/root.pem levels/ending.pdf
    expect 0 'openssl ts: shown the way' timestamps pki/root.pem levels/renewed.pdf pki/ca.pem
    said '^signature 1 document 2$'
    later 1825
    expect 1 'openssl ts: expired' timestamps --at "$at" pki/root.pem levels/ending.pdf pki/ca.pem
    said 'certificate has expired'
    expect 0 'openssl ts: not expired' timestamps --at "$at" pki/root.pem levels/B-LTA.pdf
    expect 1 'openssl ts: other root' timestamps pki/other-root.pem levels/B-T.pdf
    for file in page stamp evidence tail; do
        expect 1 "openssl ts: spoilt $file" timestamps pki/root.pem "levels/spoilt-$file.pdf"
    done
    for file in B-B B-T B-LT B-LTA renewed; do
        expect 0 "openssl: $file" cms --revisions pki/root.pem "levels/$file.pdf"
    done
    expect 1 'openssl: B-LT must say that more may follow' cms pki/root.pem levels/B-LT.pdf
    expect 4 'openssl: spoilt page' cms --revisions pki/root.pem levels/spoilt-page.pdf
    expect 1 'openssl: spoilt tail' cms --revisions pki/root.pem levels/spoilt-tail.pdf
    for file in B-B B-T B-LT B-LTA renewed; do
        expect 0 "veraPDF: $file" vera 2u "levels/$file.pdf"
        expect 0 "qpdf: $file" qpdf --check "levels/$file.pdf"
    done
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
judge_levels
judge_time
judge_timestamps
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
