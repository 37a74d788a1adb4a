#!/usr/bin/env bash
# cms_check.sh [--revisions] ROOT.pem FILE   the CMS of each of the PDF's signatures, verified by openssl alone.
#
# No PDF library: signed_parts.py cuts out what is signed; document timestamps are not looked at. The newest
# signature or timestamp must end with the file; with --revisions something may have been appended to it, as
# evidence for the long term is. `-cades` demands a signing-certificate attribute that fits; each chain must end
# in ROOT.pem.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
revisions=()
[[ ${1:-} != --revisions ]] || { revisions=(--revisions); shift; }
[[ $# -eq 2 ]] || { echo 'usage: cms_check.sh [--revisions] ROOT.pem FILE' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -I -B "$here/signed_parts.py" "${revisions[@]}" "$2" "$work"
compgen -G "$work/*.sig.der" >/dev/null || { echo 'cms_check: no signature' >&2; exit 1; }
for der in "$work"/*.sig.der; do
    # -purpose any: openssl would ask for an S/MIME certificate, which a document signer has no reason to be.
    openssl cms -verify -binary -cades -inform DER -in "$der" -content "${der%.der}.bin" \
        -CAfile "$1" -no-CApath -no-CAstore -purpose any -out /dev/null
done
