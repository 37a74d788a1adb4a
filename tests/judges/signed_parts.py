#!/usr/bin/env python3
"""signed_parts.py [--revisions] FILE FOLDER   cuts out of a PDF what openssl is to judge. No PDF library, no ASN.1 library.

Each /ByteRange says which bytes are signed and where the container stands between them. It must start at 0, leave
out only one hex string and end with the file; with --revisions it may also end with a revision of the file.
Writes for number N = 1, 2, … in file order:
  N.sig.der N.sig.bin      a signature's CMS and the bytes that it covers
  N.doc.der N.doc.bin      a document timestamp's token and the bytes that it covers
  N.K.sig-ts.der …bin      the K-th timestamp in that signature, and the signature value that it covers
Exit 1 with a reason if there is none or one is not well formed.
"""

import re
import sys
from pathlib import Path

TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
SIGNATURE_TIMESTAMP = bytes.fromhex("060b2a864886f70d010910020e")


def length(der):
    """Header and whole length of the DER value that these bytes begin with."""
    if der[1] == 0x80:
        sys.exit("the CMS is BER of indefinite length, not DER")
    more = der[1] & 0x7F if der[1] & 0x80 else 0
    size = int.from_bytes(der[2 : 2 + more], "big") if more else der[1]
    return 2 + more, 2 + more + size


def children(der):
    """The values inside a constructed one, each with its header."""
    at, end = length(der)
    while at < end:
        size = length(der[at:])[1]
        yield der[at : at + size]
        at += size


def ends_revision(pdf):
    """Whether a revision of the file ends here."""
    return pdf.rstrip(b"\r\n").endswith(b"%%EOF")


def container(pdf, numbers, revisions):
    """The DER container of one /ByteRange and the bytes that it covers."""
    start, size, resume, rest = numbers
    hexed, end = pdf[size:resume], resume + rest
    whole = end == len(pdf) or (revisions and end < len(pdf) and ends_revision(pdf[:end]))
    if start != 0 or not whole or hexed[:1] != b"<" or hexed[-1:] != b">":
        sys.exit(f"/ByteRange {numbers} is not all of {len(pdf)} bytes but one hex string")
    der = bytes.fromhex(hexed[1:-1].decode("ascii"))
    size_der = length(der)[1]
    if any(der[size_der:]):
        sys.exit("something other than zeros after the CMS")
    return der[:size_der], pdf[:size] + pdf[resume:end]


def signed_data(der):
    """The fields of a ContentInfo's SignedData."""
    _, content = children(der)
    return list(children(next(children(content))))


def signature_timestamps(der):
    """(token, signature value) of each signature timestamp of the first signer."""
    signer = list(children(next(children(signed_data(der)[-1]))))
    if signer[-1][0] != 0xA1:
        return
    value = signer[-2][length(signer[-2])[0] :]
    for attribute in children(signer[-1]):
        kind, tokens = children(attribute)
        if kind == SIGNATURE_TIMESTAMP:
            for token in children(tokens):
                yield token, value


def main(arguments):
    revisions = arguments[:1] == ["--revisions"]
    file, folder = arguments[-2:]
    pdf = Path(file).read_bytes()
    ranges = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    if not ranges:
        sys.exit("no /ByteRange")
    if revisions and not ends_revision(pdf):
        sys.exit("something after the last revision")
    for number, found in enumerate(ranges, 1):
        last = number == len(ranges)
        der, covered = container(pdf, [int(part) for part in found], revisions or not last)
        encapsulated = next(field for field in signed_data(der) if field[0] == 0x30)
        kind = "doc" if next(children(encapsulated)) == TST_INFO else "sig"
        parts = {f"{number}.{kind}": (der, covered)}
        for k, stamp in enumerate(signature_timestamps(der), 1):
            parts[f"{number}.{k}.sig-ts"] = stamp
        for name, (token, data) in parts.items():
            (Path(folder) / f"{name}.der").write_bytes(token)
            (Path(folder) / f"{name}.bin").write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1:])
