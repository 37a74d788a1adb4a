#!/usr/bin/env bash
# timestamp_check.sh [--at TIME] ROOT.pem FILE [CA.pem...]   every RFC 3161 timestamp in the PDF, verified by openssl.
#
# Both kinds: in a signature, over its value, and over the document. No PDF library: signed_parts.py cuts them out.
# Each chain must end in ROOT.pem; the CAs given may stand between, where a token does not bring its own. --at
# (ISO 8601) judges as on that day. Prints `signature N document M`, what was good; exit 1 if anything was not or
# there is none, 2 for a wrong call.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
at=()
[[ ${1:-} != --at ]] || { at=(-attime "$(date -d "$2" +%s)"); shift 2; }
[[ $# -ge 2 ]] || { echo 'usage: timestamp_check.sh [--at TIME] ROOT.pem FILE [CA.pem...]' >&2; exit 2; }
root=$1 file=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -I -B "$here/signed_parts.py" --revisions "$file" "$work"
untrusted=()
if [[ $# -gt 0 ]]; then
    cat "$@" >"$work/between.pem"
    untrusted=(-untrusted "$work/between.pem")
fi
declare -A good=([sig-ts]=0 [doc]=0)
for kind in sig-ts doc; do
    for der in "$work"/*."$kind".der; do
        [[ -e $der ]] || continue
        # CApath and CAstore of the machine must not help: an empty folder stands in for both.
        if ! SSL_CERT_DIR=$work SSL_CERT_FILE=/dev/null openssl ts -verify -token_in -in "$der" \
            -data "${der%.der}.bin" -CAfile "$root" "${untrusted[@]}" "${at[@]}" >"$work/said" 2>&1; then
            printf '%s: timestamp %s\n' "$file" "$(basename "$der" .der)"
            cat "$work/said"
            exit 1
        fi
        good[$kind]=$((good[$kind] + 1))
    done
done
echo "signature ${good[sig-ts]} document ${good[doc]}"
[[ $((good[sig-ts] + good[doc])) -gt 0 ]]
