"""Compares the sample scans with their manifest.

Usage: python3 samples/check.py [DIR]      (DIR defaults to this folder)

What: page counts, resolution, colour, slips, QR codes, sizes and the broken
inputs, read back with libraries that had no part in writing the codes.
Why: a ground truth that nobody compares with the files is only a claim.
What not: no test of the product; skew and blur are not measured here.
"""

import sys
import tomllib
from io import BytesIO
from pathlib import Path

import pikepdf
import zxingcpp
from PIL import Image, ImageSequence

MODES = {"colour": ("RGB",), "grey": ("L", "P"), "bilevel": ("1",)}
A4_MM = {(210, 297), (297, 210)}


def pictures(path):
    """Each page as (picture, dpi), PDF pages by their page size."""
    if path.suffix != ".pdf":
        with Image.open(path) as im:
            return [(frame.copy(), round(frame.info["dpi"][0])) for frame in ImageSequence.Iterator(im)]
    found = []
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            (image,) = page.resources.XObject.values()
            im = Image.open(BytesIO(image.read_raw_bytes()))
            im.load()
            found.append((im, round(im.width / float(page.mediabox[2]) * 72)))
    return found


def check(root, entry):
    path = root / entry["path"]
    pages = pictures(path)
    yield "pages", len(pages) == entry["pages"] == len(entry["page"])
    for (im, dpi), facts in zip(pages, entry["page"]):
        at = f"page {facts['number']}"
        yield f"{at}: dpi {dpi}", dpi == entry["dpi"]
        yield f"{at}: mode {im.mode}", im.mode in MODES[entry["colour"]]
        yield f"{at}: size {im.size}", tuple(round(side * 25.4 / dpi) for side in im.size) in A4_MM
        read = sorted(code.text for code in zxingcpp.read_barcodes(im.convert("L")))
        yield f"{at}: codes {read}", read == sorted(facts.get("qr", []))
    orientation = pages[0][0].getexif().get(0x0112) if path.suffix == ".jpg" else None
    yield f"orientation {orientation}", orientation == entry.get("exif_orientation")
    beside = path.with_name(path.name + ".phieu.toml")
    said = tomllib.loads(beside.read_text("utf-8")) if beside.exists() else {}
    yield "slip", list(said) == entry["slip"] and all(said[key] == entry[key] for key in said)


def main(root):
    truth = tomllib.loads((root / "MANIFEST.toml").read_text("utf-8"))
    passed, failed = 0, 0
    for entry in truth["scan"]:
        for what, good in check(root, entry):
            passed, failed = passed + good, failed + (not good)
            if not good:
                print(f"{entry['path']}: {what}")
    listed = {entry["path"] for part in ("scan", "bad") for entry in truth[part]}
    there = {str(p.relative_to(root)) for d in ("scans", "scans-bad") for p in (root / d).rglob("*")
             if p.is_file() and not p.name.endswith(".phieu.toml")}
    size = sum((root / name).stat().st_size for name in there)
    for what, good in ((f"files {listed ^ there}", listed == there), (f"size {size}", size < 8_000_000)):
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(what)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent))
