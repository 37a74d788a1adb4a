#!/usr/bin/env python3
"""fixtures.py sign PKI BASE.pdf FOLDER    pyHanko signs BASE.pdf at each level with keys of the test CA
fixtures.py renew PKI OLD.pdf NEW.pdf    pyHanko renews the archive timestamp with the lasting authority

PKI is the folder that serve.py fills. What is written is for selftest.sh: the judges must accept it.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import _venv  # noqa: E402

_venv.enter()

import io  # noqa: E402

import yaml  # noqa: E402
from pyhanko.keys import load_cert_from_pemder  # noqa: E402
from pyhanko.pdf_utils import generic  # noqa: E402
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: E402
from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: E402
from pyhanko.sign import signers  # noqa: E402
from pyhanko.sign.fields import SigSeedSubFilter  # noqa: E402
from pyhanko.sign.timestamps import HTTPTimeStamper  # noqa: E402
from pyhanko.sign.validation import add_validation_info  # noqa: E402
from pyhanko_certvalidator import ValidationContext  # noqa: E402


class Desk:
    """The keys and addresses of a running serve.py."""

    def __init__(self, pki):
        self.pki = Path(pki)
        self.url = yaml.safe_load((self.pki / "pki.yml").read_text("utf-8"))["external-url-prefix"]

    def authority(self, name):
        """A timestamp authority."""
        return HTTPTimeStamper(f"{self.url}/test/tsa/{name}")

    def trust(self):
        """Fetches what is missing; nothing is remembered from one signature to the next."""
        root = load_cert_from_pemder(str(self.pki / "root.pem"))
        return ValidationContext(trust_roots=[root], allow_fetching=True, revocation_mode="require")

    def sign(self, base, output, who, level, authority="tsa"):
        """One signature of that level."""
        signer = signers.SimpleSigner.load_pkcs12(
            str(self.pki / f"{who}.p12"), passphrase=(self.pki / "passphrase").read_bytes()
        )
        lasting = level in ("B-LT", "B-LTA")
        meta = signers.PdfSignatureMetadata(
            field_name="Signature1",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=lasting,
            use_pades_lta=level == "B-LTA",
            validation_context=self.trust() if lasting else None,
        )
        timestamper = None if level == "B-B" else self.authority(authority)
        with open(base, "rb") as source, open(output, "wb") as target:
            signers.PdfSigner(meta, signer, timestamper=timestamper).sign_pdf(
                IncrementalPdfFileWriter(source), output=target
            )

    def stamp_late(self, signed, stamped, evidence):
        """A document timestamp over a signature without one; before it, if wished, evidence for the signer."""
        data = io.BytesIO(Path(signed).read_bytes())
        if evidence:
            signature = PdfFileReader(data).embedded_regular_signatures[0]
            data = add_validation_info(signature, self.trust(), output=io.BytesIO())
        with open(stamped, "wb") as target:
            signers.PdfTimeStamper(self.authority("tsa")).timestamp_pdf(
                IncrementalPdfFileWriter(data), "sha256", self.trust() if evidence else None, output=target
            )

    def renew(self, old, new):
        """Evidence for the newest document timestamp, and another one over that."""
        with open(old, "rb") as source, open(new, "wb") as target:
            signers.PdfTimeStamper(self.authority("tsa")).update_archival_timestamp_chain(
                PdfFileReader(source), self.trust(), output=target, in_place=False
            )


def draw_over(signed, changed):
    """Another line on the page, in a clean incremental update: every digest still holds."""
    with open(signed, "rb") as source, open(changed, "wb") as target:
        writer = IncrementalPdfFileWriter(source)
        line = writer.add_object(generic.StreamObject(stream_data=b"9 9 m 99 99 l S"))
        writer.add_stream_to_page(0, line)
        writer.write(target)


def main(arguments):
    task, pki, base, result = arguments
    desk = Desk(pki)
    if task == "renew":
        desk.renew(base, result)
        return
    for level in ("B-B", "B-T", "B-LT", "B-LTA"):
        desk.sign(base, f"{result}/{level}.pdf", "p256", level)
    for level in ("B-B", "B-LTA"):
        desk.sign(base, f"{result}/later-{level}.pdf", "revoked-later", level)
    for level, evidence in (("B-T", False), ("B-LTA", True)):
        desk.stamp_late(f"{result}/B-B.pdf", f"{result}/late-{level}.pdf", evidence)
    draw_over(f"{result}/B-LTA.pdf", f"{result}/spoilt-update.pdf")
    desk.sign(base, f"{result}/ending.pdf", "rsa3072", "B-LTA", "tsa-ending")
    desk.sign(base, f"{result}/revoked.pdf", "revoked", "B-B")
    desk.sign(base, f"{result}/expired.pdf", "expired", "B-B")


if __name__ == "__main__":
    main(sys.argv[1:])
