#!/usr/bin/env python3
"""pyhanko_check.py ROOT.pem FILE...

Validates every signature in each PDF with pyHanko; ROOT.pem is the only trust root, nothing is fetched.
Prints one JSON object a line per file. Exit 0 only if every file has a signature and every signature is
intact, valid, trusted, covers the entire file and is a PAdES baseline one (ETSI.CAdES.detached, with
signing-certificate-v2, without a signing-time attribute). Exit 2 for a wrong call.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import _venv  # noqa: E402

_venv.enter()

import json  # noqa: E402
import logging  # noqa: E402

from pyhanko.keys import load_cert_from_pemder  # noqa: E402
from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: E402
from pyhanko.sign.validation import validate_pdf_signature  # noqa: E402
from pyhanko_certvalidator import ValidationContext  # noqa: E402

PADES = "/ETSI.CAdES.detached"


def judge_signature(embedded, root):
    """The facts of one signature, and under `problems` what keeps it from being accepted."""
    status = validate_pdf_signature(
        embedded, signer_validation_context=ValidationContext(trust_roots=[root], allow_fetching=False)
    )
    attributes = {attr["type"].native for attr in embedded.signer_info["signed_attrs"]}
    subfilter = str(embedded.sig_object.get("/SubFilter", ""))
    facts = {
        "field": embedded.field_name,
        "signer": status.signing_cert.subject.human_friendly,
        "intact": status.intact,
        "valid": status.valid,
        "trusted": status.trusted,
        "coverage": status.coverage.name,
        "subfilter": subfilter,
        "mechanism": status.pkcs7_signature_mechanism,
        "digest": status.md_algorithm,
        "signing_time_entry": str(embedded.sig_object.get("/M", "")),
    }
    demands = {
        "not intact": status.intact,
        "not valid": status.valid,
        "not trusted": status.trusted,
        "does not cover the entire file": status.coverage.name == "ENTIRE_FILE",
        f"subfilter is not {PADES}": subfilter == PADES,
        "no signing-certificate-v2": "signing_certificate_v2" in attributes,
        "signing-time among the signed attributes": "signing_time" not in attributes,
        "no /M in the signature dictionary": bool(facts["signing_time_entry"]),
        f"pyHanko's bottom line is no: {status.summary()}": status.bottom_line,
    }
    facts["problems"] = [problem for problem, met in demands.items() if not met]
    return facts


def judge(path, root):
    """The verdict on one file; whatever pyHanko throws at a broken file is a refusal."""
    verdict = {"file": path, "ok": False, "signatures": [], "problems": []}
    try:
        with open(path, "rb") as handle:
            for embedded in PdfFileReader(handle).embedded_signatures:
                verdict["signatures"].append(judge_signature(embedded, root))
        if not verdict["signatures"]:
            verdict["problems"].append("no signature")
    except Exception as error:  # noqa: BLE001
        verdict["problems"].append(f"{type(error).__name__}: {error}")
    for facts in verdict["signatures"]:
        verdict["problems"] += [f"{facts['field']}: {problem}" for problem in facts["problems"]]
    verdict["ok"] = not verdict["problems"]
    return verdict


def main(arguments):
    if len(arguments) < 2:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)  # the problems say it, without a stack trace
    root = load_cert_from_pemder(arguments[0])
    verdicts = [judge(path, root) for path in arguments[1:]]
    for verdict in verdicts:
        print(json.dumps(verdict, ensure_ascii=False))
    return 0 if all(verdict["ok"] for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
