#!/usr/bin/env python3
"""images_check.py PDF ORIGINAL...

Extracts the images of a PDF with poppler's pdfimages and compares its JPEG files with the originals by
SHA-256: the same number, the same order, the same bytes. Exit 0 if so, 1 if not, 2 for a wrong call.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def extract(pdf):
    """The SHA-256 of each JPEG in the PDF, in page order, and the names of the other images."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["pdfimages", "-all", "--", pdf, f"{folder}/i"], check=True)
        # pdfimages pads the number to three digits only, so the name does not sort.
        files = sorted(Path(folder).iterdir(), key=lambda file: int(file.stem.removeprefix("i-")))
        return [digest(file) for file in files if file.suffix == ".jpg"], [
            file.suffix for file in files if file.suffix != ".jpg"
        ]


def main(arguments):
    if len(arguments) < 2:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    pdf, originals = arguments[0], arguments[1:]
    try:
        found, others = extract(pdf)
    except subprocess.CalledProcessError as error:
        print(f"{pdf}: pdfimages ended with {error.returncode}")
        return 1
    expected = [digest(original) for original in originals]
    problems = [
        f"image {number}: {original} is not what the PDF holds"
        for number, (original, want, have) in enumerate(zip(originals, expected, found), 1)
        if want != have
    ]
    if len(found) != len(expected):
        problems.insert(0, f"{len(found)} JPEG images (others: {others or 'none'}), {len(expected)} originals")
    for problem in problems:
        print(f"{pdf}: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
