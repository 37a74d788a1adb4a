#!/usr/bin/env python3
"""selftest_fixtures.py FOLDER   writes what selftest.sh shows to the judges: good files, and each spoilt once.

Keys and certificates are made anew each time and live for a day.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import _venv  # noqa: E402

_venv.enter()

import datetime  # noqa: E402
import hashlib  # noqa: E402
import io  # noqa: E402
import json  # noqa: E402
import shutil  # noqa: E402

from asn1crypto import keys as asn1_keys  # noqa: E402
from asn1crypto import x509 as asn1_x509  # noqa: E402
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: E402
from pyhanko.sign import fields, signers  # noqa: E402
from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: E402

XMP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance></rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def stream(entries, data):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def pdf(metadata=b"", images=()):
    """A one-page PDF by hand; with XMP and without images it is PDF/A-2u."""
    names = b" ".join(b"/I%d %d 0 R" % (n, n + 6) for n in range(len(images)))
    catalog = b"<< /Type /Catalog /Pages 2 0 R" + (b" /Metadata 5 0 R" if metadata else b"") + b" >>"
    objects = [
        catalog,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << %s >> >> >>" % names,
        stream(b"", b"q Q\n" + b"".join(b"/I%d Do\n" % n for n in range(len(images)))),
        stream(b"/Type /Metadata /Subtype /XML", metadata),
    ]
    kind = b"/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8"
    objects += [stream(kind + b" /Filter /DCTDecode", image) for image in images]
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, identifier = len(out), hashlib.md5(out).hexdigest().encode()
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s> <%s>] >>\n" % (len(objects) + 1, identifier, identifier)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


def certificate(name, key, issuer=None, issuer_key=None):
    """A CA certificate, or below `issuer` one that may sign documents."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    usage = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
        "crl_sign encipher_only decipher_only".split(),
        False,
    )
    usage |= {"digital_signature": True, "content_commitment": True} if issuer else {"key_cert_sign": True}
    signing_key = issuer_key or key
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
        .sign(signing_key, hashes.SHA256())
    )


def sign(data, signer, subfilter=fields.SigSeedSubFilter.PADES):
    """The PDF with one more signature of pyHanko's making."""
    number = data.count(b"/ByteRange") + 1
    meta = signers.PdfSignatureMetadata(field_name=f"Signature{number}", subfilter=subfilter, md_algorithm="sha256")
    out = io.BytesIO()
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), meta, signer=signer, output=out)
    return out.getvalue()


def write_signed(folder):
    """Signatures that hold (PKCS #1 v1.5 and PSS), and each way to break one."""
    key, other_key, leaf_key = (rsa.generate_private_key(65537, 2048) for _ in range(3))
    root = certificate("Selftest root", key)
    leaf = certificate("Selftest signer", leaf_key, root, key)
    # Same name as the real root: the refusal must come from the key.
    for name, cert in {"root.pem": root, "other-root.pem": certificate("Selftest root", other_key)}.items():
        (folder / name).write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    der = leaf_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certs = [asn1_x509.Certificate.load(cert.public_bytes(serialization.Encoding.DER)) for cert in (leaf, root)]

    def signer(pss):
        return signers.SimpleSigner(
            signing_cert=certs[0],
            signing_key=asn1_keys.PrivateKeyInfo.load(der),
            cert_registry=SimpleCertificateStore.from_certs(certs[1:]),
            prefer_pss=pss,
        )

    plain = pdf(XMP)
    signed = sign(plain, signer(pss=False))
    tampered = bytearray(signed)
    tampered[signed.index(b"q Q\n")] ^= 0x20  # one bit of the page content
    corrupt = bytearray(signed)
    last = len(signed[: signed.index(b"00>", len(plain))].rstrip(b"0")) - 40  # inside the signature value
    corrupt[last] = ord("1") if signed[last] != ord("1") else ord("2")
    files = {
        "signed.pdf": signed,
        "ký số.pdf": signed,
        "signed-pss.pdf": sign(plain, signer(pss=True)),
        "tampered.pdf": tampered,
        "corrupt-cms.pdf": corrupt,
        "appended.pdf": signed + b"% one line after the signature\n",
        "twice.pdf": sign(signed, signer(pss=False)),
        "adobe.pdf": sign(plain, signer(pss=False), fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)


def write_ocfl(root, place):
    """A storage root of layout 0004 with the object `object-01` of the extension's own example."""
    layout = "0004-hashed-n-tuple-storage-layout"
    content = b"n\xe1\xbb\x99i dung\n"
    digest = hashlib.sha512(content).hexdigest()
    inventory = {
        "id": "object-01",
        "type": "https://ocfl.io/1.1/spec/#inventory",
        "digestAlgorithm": "sha512",
        "head": "v1",
        "manifest": {digest: ["v1/content/a.txt"]},
        "versions": {
            "v1": {
                "created": "2026-01-01T00:00:00Z",
                "state": {digest: ["a.txt"]},
                "message": "selftest",
                "user": {"name": "selftest", "address": "mailto:selftest@example.org"},
            }
        },
    }
    text = json.dumps(inventory).encode()
    sidecar = f"{hashlib.sha512(text).hexdigest()} inventory.json\n".encode()
    item = f"{place}/"
    files = {
        "0=ocfl_1.1": b"ocfl_1.1\n",
        "ocfl_layout.json": json.dumps({"extension": layout, "description": "selftest"}).encode(),
        f"extensions/{layout}/config.json": json.dumps({"extensionName": layout}).encode(),
        item + "0=ocfl_object_1.1": b"ocfl_object_1.1\n",
        item + "v1/content/a.txt": content,
    }
    for where in (item, item + "v1/"):
        files |= {where + "inventory.json": text, where + "inventory.json.sha512": sidecar}
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def write_archives(folder):
    """A good root, and copies with one thing wrong."""
    place = "3c0/ff4/240/3c0ff4240c1e116dba14c7627f2319b58aa3d77606d0d90dfc6161608ac987d4"
    write_ocfl(folder / "ocfl", place)
    write_ocfl(folder / "ocfl-mislaid", place.replace("3c0/ff4", "3c0/ff5"))
    spoilt = {
        "ocfl-digest": lambda root: (root / place / "v1/content/a.txt").write_bytes(b"n\xe1\xbb\x99i dunG\n"),
        "ocfl-missing": lambda root: (root / place / "v1/content/a.txt").unlink(),
        "ocfl-inventory": lambda root: (root / place / "inventory.json").write_bytes(b"{}"),
        "ocfl-stray-file": lambda root: (root / "3c0/ff4/stray.txt").write_bytes(b"x"),
        "ocfl-empty-folder": lambda root: (root / "3c0/ff4/fff").mkdir(),
        "ocfl-no-namaste": lambda root: (root / "0=ocfl_1.1").unlink(),
        "ocfl-bad-layout": lambda root: (root / "ocfl_layout.json").write_bytes(b"{}"),
        "ocfl-older-root": lambda root: (
            (root / "0=ocfl_1.1").unlink(),
            (root / "0=ocfl_1.0").write_bytes(b"ocfl_1.0\n"),
        ),
    }
    for name, spoil in spoilt.items():
        shutil.copytree(folder / "ocfl", folder / name)
        spoil(folder / name)


def main(arguments):
    folder = Path(arguments[0])
    jpegs = [b"\xff\xd8\xff\xe0 page %d, for pdfimages any bytes do \xff\xd9" % n for n in range(2)]
    (folder / "a.jpg").write_bytes(jpegs[0])
    (folder / "b.jpg").write_bytes(jpegs[1])
    (folder / "images.pdf").write_bytes(pdf(images=jpegs))
    (folder / "pdfa.pdf").write_bytes(pdf(XMP))
    (folder / "not-pdfa.pdf").write_bytes(pdf())
    (folder / "rubbish.pdf").write_bytes(b"this is no PDF\n")
    (folder / "cut.pdf").write_bytes(pdf(XMP)[:-200])
    write_signed(folder)
    write_archives(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
