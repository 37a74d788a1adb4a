#!/usr/bin/env python3
"""agreement.py SOHOA FOLDER...

Asks pyHanko and `sohoa validate` about every PDF below the folders, and lists where they differ.

Nobody's roots are installed, so the question is not whether a signer is trusted, but whether each signature holds
and the document is still what was signed: pyHanko rejects where a signature is not intact, covers too little or was
followed by changes that its strictest reading forbids (more than evidence and form filling), or where the file
is damaged; sohoa where the answer is TOTAL-FAILED or the file is refused. `unread` is what pyHanko does not judge:
hybrid files, and cross-reference tables that others read.

Prints a line a difference, then how many files each pair of answers has. Exit 1 where sohoa passes what pyHanko
rejects.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import _venv  # noqa: E402

_venv.enter()

import json  # noqa: E402
import logging  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
from collections import Counter  # noqa: E402

from pyhanko.pdf_utils.misc import PdfStrictReadError  # noqa: E402
from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: E402
from pyhanko.sign.diff_analysis import ModificationLevel  # noqa: E402
from pyhanko.sign.validation import SignatureCoverageLevel  # noqa: E402
from pyhanko.sign.validation.generic_cms import validate_sig_integrity  # noqa: E402

ALLOWED = ModificationLevel.FORM_FILLING


def problem_of(signature):
    """Why pyHanko rejects a signature; None where it holds."""
    signature.compute_integrity_info()
    intact, valid = validate_sig_integrity(
        signature.signer_info,
        signature.signer_cert,
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    if not intact or not valid:
        return "not intact" if not intact else "value does not hold"
    status = signature.summarise_integrity_info()
    if status["coverage"] < SignatureCoverageLevel.ENTIRE_REVISION:
        return f"coverage {status['coverage'].name}"
    level = getattr(status.get("diff_result"), "modification_level", None)
    if status["coverage"] < SignatureCoverageLevel.ENTIRE_FILE and (level is None or level > ALLOWED):
        return f"changed afterwards: {level}"
    if status.get("docmdp_ok") is False:
        return "DocMDP"
    return None


def by_pyhanko(path):
    """`unsigned`, `holds`, or why it is rejected or not read."""
    try:
        with open(path, "rb") as handle:
            signatures = PdfFileReader(handle).embedded_regular_signatures
            if not signatures:
                return "unsigned"
            problems = [problem_of(signature) for signature in signatures]
            return next((f"rejected: {problem}" for problem in problems if problem), "holds")
    except PdfStrictReadError as error:
        return f"unread: {str(error)[:80]}"
    except Exception as error:  # noqa: BLE001
        word = "unread" if "hybrid-reference" in str(error) else "rejected"
        return f"{word}: {type(error).__name__}: {str(error)[:80]}"


def by_sohoa(program, root, paths):
    """The same words from `sohoa validate`, by path."""
    answers = {}
    for start in range(0, len(paths), 50):
        batch = [str(path) for path in paths[start : start + 50]]
        command = [program, "--json", "--quiet", "validate", "--trust", root, *batch]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        for line in said.splitlines():
            answer = json.loads(line)
            answers[answer["file"]] = word_of(answer)
    return answers


def word_of(answer):
    if "reason" in answer:
        return f"rejected: {answer['reason']}"
    if answer.get("indication") == "TOTAL-FAILED":
        return f"rejected: {answer.get('sub_indication')}"
    signed = any(signature["kind"] == "signature" for signature in answer["signatures"])
    return "holds" if signed else "unsigned"


def a_root(folder):
    """A root that nobody's path leads to: `validate` wants one."""
    path = Path(folder) / "root.pem"
    key = Path(folder) / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", path]
        + ["-subj", "/CN=Nobody", "-days", "2"],
        check=True,
        capture_output=True,
    )
    return str(path)


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)
    program, folders = arguments[0], arguments[1:]
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*.pdf") if path.is_file())
    with tempfile.TemporaryDirectory() as folder:
        ours = by_sohoa(program, a_root(folder), paths)
    table, lax = Counter(), 0
    for path in paths:
        theirs, own = by_pyhanko(path), ours.get(str(path), "rejected: no answer")
        pair = (theirs.split(":")[0], own.split(":")[0])
        table[pair] += 1
        lax += pair[0] == "rejected" and pair[1] == "holds"
        if pair[0] != pair[1]:
            print(f"{path.name}\tpyHanko: {theirs}\tsohoa: {own}")
    for (theirs, own), count in sorted(table.items()):
        print(f"pyHanko {theirs:9} sohoa {own:9} {count:4}")
    return 1 if lax else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
