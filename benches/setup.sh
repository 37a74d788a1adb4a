#!/usr/bin/env bash
# Installs what `make bench` and `make accuracy` compare with (OCRmyPDF, img2pdf, pyHanko, Tesseract) and make
# their pages with: only what is missing.
#
#   setup.sh      install; well under a second when there is nothing to do
#
# Files go to target/bench. Network: apt and pip, nothing else.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$here/../target/bench

say() { printf 'bench: %s\n' "$*"; }
die() { printf 'bench: error: %s\n' "$*" >&2; exit 1; }

fonts() { test -r /usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf; }
languages() { [[ $(tesseract --list-langs) == *$'\neng'*$'\nosd'*$'\nvie'* ]]; }
handwriting() { test -r /usr/share/fonts/truetype/seto/setofont.ttf; }
icc() { test -r /usr/share/color/icc/ghostscript/srgb.icc; }
python_venv() { python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; }

# A probe, then the Debian package that satisfies it.
wants=(
    'command -v tesseract|tesseract-ocr'
    'languages|tesseract-ocr-vie tesseract-ocr-eng tesseract-ocr-osd'
    'command -v unpaper|unpaper'
    'command -v gs|ghostscript'
    'icc|libgs-common'
    'command -v qpdf|qpdf'
    'command -v pdftotext|poppler-utils'
    'command -v sqlite3|sqlite3'
    'command -v openssl|openssl'
    'fonts|fonts-liberation2'
    'handwriting|fonts-seto'
)

unmet() {
    local want
    for want in "$@"; do
        ${want%%|*} >/dev/null 2>&1 || printf '%s\n' "${want#*|}"
    done
}

install_packages() {
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        as_root=(sudo -n)
        sudo -n true 2>/dev/null || die "not root and no sudo; ask for these Debian packages: $*"
    fi
    command -v apt-get >/dev/null || die "no apt-get here; install by hand: $*"
    say "apt-get install $*"
    "${as_root[@]}" apt-get -qq update || say 'apt-get update complained; trying with the lists there are'
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends "$@" >"$dir/apt.log" 2>&1 ||
        die "apt-get failed: $(tail -n 1 "$dir/apt.log") (log: $dir/apt.log)"
}

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
exec 9>"$dir/lock"
flock 9 # two runs at once would tear each other's venv

is_made() {
    [[ -r $dir/stamp && $(<"$dir/stamp") == "$wanted" ]] && "$dir/venv/bin/python" -c '' 2>/dev/null
}
wanted=$(cd "$here" && sha256sum setup.sh requirements.txt | sha256sum | cut -d' ' -f1)

# The Python probe takes longer than all the others, and a venv that works has answered it.
is_made || wants+=('python_venv|python3-venv')
mapfile -t missing < <(unmet "${wants[@]}" | tr ' ' '\n')
if [[ ${#missing[@]} -gt 0 ]]; then
    install_packages "${missing[@]}"
    hash -r
    mapfile -t missing < <(unmet "${wants[@]}")
    [[ ${#missing[@]} -eq 0 ]] || die "installed, and still not usable: ${missing[*]}"
fi

if ! is_made; then
    rm -f "$dir/stamp"
    say "venv: $dir/venv ($(python3 -V)), pip install -r requirements.txt"
    python3 -m venv --clear "$dir/venv"
    "$dir/venv/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt" ||
        die 'pip could not install benches/requirements.txt'
    printf '%s\n' "$wanted" >"$dir/stamp"
fi
