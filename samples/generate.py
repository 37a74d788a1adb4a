"""Writes the sample scans, their slips, the manifest and the broken inputs.

Usage: python3 samples/generate.py OUT_DIR

What: OUT_DIR/scans/<station>/..., OUT_DIR/scans-bad/ and OUT_DIR/MANIFEST.toml.
Why: tests and demonstrations need scans like those of a commune counter, and
no real paper may ever be used for that.
What not: no randomness from outside; two runs give the same bytes as long as
the versions in requirements.txt and the fonts are the same.
"""

import sys
from pathlib import Path

import bad
import card
import formats
import plan
from scanner import scan


def page_name(item, number):
    """The name that seeds everything random on a page."""
    return f"{item.path}#{number}"


def picture(item, number, page):
    """Pixels of one page of a scan."""
    name = page_name(item, number)
    reverse = plan.sheet(page.reverse, name + "r") if page.reverse else None
    pixels = scan(plan.sheet(page, name), name, item.dpi, page.look, reverse)
    return pixels.convert("L") if item.colour == "grey" else pixels


def encode(item, pictures):
    """The bytes of the file in the format its name promises."""
    if item.path.endswith(".tif"):
        return formats.tiff_bytes([formats.bilevel(p) for p in pictures], item.dpi, item.taken)
    if item.path.endswith(".pdf"):
        jpegs = [(formats.jpeg_bytes(p, item.dpi, item.quality), p.size, p.mode == "L") for p in pictures]
        return formats.pdf_bytes(jpegs, item.dpi, item.taken)
    if item.path.endswith(".png"):
        return formats.png_bytes(pictures[0], item.dpi)
    return formats.jpeg_bytes(pictures[0], item.dpi, item.quality, item.orientation, item.taken)


def slip(item):
    """The slip beside a scan: what the officer typed at the counter."""
    said = {"citizen": item.owner.id, "dossier": item.dossier.code, "kind": item.kind,
            "pages": len(item.pages), "title": item.title}
    return toml({key: said[key] for key in item.slip})


def toml(table):
    def value(v):
        if isinstance(v, bool):
            return str(v).lower()
        if isinstance(v, (int, float)):
            return str(v)
        if isinstance(v, (list, tuple)):
            return "[" + ", ".join(value(i) for i in v) + "]"
        return '"' + str(v).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "".join(f"{key} = {value(v)}\n" for key, v in table.items())


def codes(page):
    """What machines can read off a page: QR texts and card lines."""
    found = {}
    if page.paper == "giay-tiep-nhan":
        found["qr"] = [page.about.code]
    if page.paper in ("cccd-mat-truoc", "cccd-hai-mat"):
        found["qr"] = [page.about.qr()]
    if page.paper in ("cccd-mat-sau", "cccd-hai-mat"):
        found["mrz"] = list(page.about.mrz())
    return found


def manifest(items):
    """Ground truth of every scan as TOML."""
    out = ["# Ground truth of samples/scans, written by generate.py. All people are invented.\n"
           "# skew: degrees clockwise. turned: degrees clockwise that the stored picture is off upright,\n"
           "# before any EXIF orientation is applied. card_tilt: degrees clockwise that each card lies off its\n"
           "# page, to be added to skew. slip: keys in the .phieu.toml file, empty = no file.\n"]
    for item in items:
        head = {"path": f"scans/{item.path}", "format": item.path.rsplit(".", 1)[1], "pages": len(item.pages),
                "blank_pages": [n for n, p in enumerate(item.pages, 1) if p.blank],
                "citizen": item.owner.id, "dossier": item.dossier.code, "kind": item.kind, "title": item.title,
                "dpi": item.dpi, "colour": item.colour, "slip": item.slip}
        if item.orientation:
            head["exif_orientation"] = item.orientation
        if item.notes:
            head["notes"] = item.notes
        out.append("\n[[scan]]\n" + toml(head))
        for number, page in enumerate(item.pages, 1):
            facts = {"number": number, "paper": page.paper, "blank": page.blank, "skew": page.look.skew,
                     "turned": page.look.turned, "punch_holes": page.look.holes, "fold": page.look.fold}
            if page.paper in plan.SIDES:
                facts["card_tilt"] = card.tilts(page_name(item, number), len(plan.SIDES[page.paper]))
            out.append("\n[[scan.page]]\n" + toml(facts | codes(page)))
    out += ["\n[[bad]]\n" + toml({"path": f"scans-bad/{name}", "why": why}) for name, why in bad.WHY.items()]
    return "".join(out)


def main(folder):
    for item in plan.SCANS:
        target = folder / "scans" / item.path
        target.parent.mkdir(parents=True, exist_ok=True)
        pictures = [picture(item, number, page) for number, page in enumerate(item.pages, 1)]
        target.write_bytes(encode(item, pictures))
        if item.slip:
            target.with_name(target.name + ".phieu.toml").write_text(slip(item), "utf-8")
        print(f"{target.stat().st_size:8d} {item.path}", flush=True)
    bad.write(folder / "scans-bad")
    (folder / "MANIFEST.toml").write_text(manifest(plan.SCANS), "utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: generate.py OUT_DIR")
    main(Path(sys.argv[1]))
