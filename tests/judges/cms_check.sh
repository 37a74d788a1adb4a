#!/usr/bin/env bash
# cms_check.sh ROOT.pem FILE   the CMS of the PDF's last signature, verified by openssl alone.
#
# No PDF library: the last /ByteRange in the file says which bytes are signed and where the CMS stands between
# them. The range must start at 0, leave out only the hex string and end with the file. `-cades` demands a
# signing-certificate attribute that fits; the chain must end in ROOT.pem.
set -euo pipefail
[[ $# -eq 2 ]] || { echo 'usage: cms_check.sh ROOT.pem FILE' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -I - "$2" "$work" <<'PY'
import re, sys
pdf, work = open(sys.argv[1], "rb").read(), sys.argv[2]
ranges = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
if not ranges:
    sys.exit("cms_check: no /ByteRange")
start, length, resume, rest = map(int, ranges[-1])
hexed = pdf[length:resume]
if start != 0 or resume + rest != len(pdf) or hexed[:1] != b"<" or hexed[-1:] != b">":
    sys.exit(f"cms_check: /ByteRange {start} {length} {resume} {rest} is not the whole file of {len(pdf)} bytes but one hex string")
der = bytes.fromhex(hexed[1:-1].decode("ascii"))
if der[:2] == b"\x30\x80":
    sys.exit("cms_check: the CMS is BER of indefinite length, not DER")
size = der[1] & 0x7F if der[1] & 0x80 else 0  # the padding after the DER must not reach openssl
end = 2 + size + (int.from_bytes(der[2 : 2 + size], "big") if size else der[1])
if any(der[end:]):
    sys.exit("cms_check: something other than zeros after the CMS")
open(work + "/sig.der", "wb").write(der[:end])
open(work + "/covered.bin", "wb").write(pdf[:length] + pdf[resume:])
PY
# -purpose any: openssl would ask for an S/MIME certificate, which a document signer has no reason to be.
openssl cms -verify -binary -cades -inform DER -in "$work/sig.der" -content "$work/covered.bin" \
    -CAfile "$1" -no-CApath -no-CAstore -purpose any -out /dev/null
