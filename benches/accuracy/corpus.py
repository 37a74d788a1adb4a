"""The pages whose true text is known: those of SOHOA_CORPUS (never copied into the project) and those made here.

SOHOA_CORPUS/vn-pages has three real government scans and printed pages with exact text (nom-vn, public domain and CC0).
"""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf

REAL = "government, real scans"
FORMS = "forms"
MADE = {300: "own papers, 300 dpi colour", 200: "own papers, 200 dpi colour"}
NAMES = {
    "government_real": REAL,
    "form": FORMS,
    "contract": "contracts",
    "receipt_synthetic_scan": "receipts",
}
OTHERS = "running text"
CLEAN = "clean print, all kinds"


@dataclass(frozen=True)
class Page:
    """One page; `file` is what sohoa gets, `image()` what plain Tesseract gets: the same pixels."""

    key: str
    kind: str
    file: Path
    lines: tuple[str, ...]
    citizens: tuple[str, ...] = ()
    in_order: bool = True  # the true lines are in reading order
    work: Path = field(default=Path(), repr=False)

    def image(self) -> Path:
        if self.file.suffix != ".pdf":
            return self.file
        place = self.work / "images" / self.key
        place.parent.mkdir(parents=True, exist_ok=True)
        with pikepdf.open(self.file) as pdf:
            (image,) = pdf.pages[0].images.values()
            pixels = pikepdf.PdfImage(image).as_pil_image()
        width = float(pdf_width(self.file))
        dpi = round(pixels.width * 72 / width)
        path = place.with_suffix(".png")
        pixels.save(path, dpi=(dpi, dpi))
        return path


def pdf_width(file: Path) -> float:
    with pikepdf.open(file) as pdf:
        left, _, right, _ = (float(side) for side in pdf.pages[0].mediabox)
    return right - left


def folder() -> Path | None:
    """The corpus, or a loud word that there is none."""
    named = os.environ.get("SOHOA_CORPUS")
    if named and Path(named).is_dir():
        return Path(named)
    print("accuracy: SKIPPED: all of the corpus, for SOHOA_CORPUS names no folder", file=sys.stderr)
    return None


def split(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def numbers(lines: tuple[str, ...]) -> tuple[str, ...]:
    words = " ".join(lines).replace(",", " ").replace(".", " ").replace(";", " ").split()
    return tuple(sorted({word for word in words if word.isdigit() and len(word) == 12}))


def of_corpus(root: Path, work: Path) -> list[Page]:
    rows = (root / "vn-pages" / "ground_truth_v2.jsonl").read_text().splitlines()
    second = root / "vn-pages/nrl-ai+nom-vn/benchmarks/data/vn_documents_ocr_v2"
    found = []
    for row in map(json.loads, rows):
        lines = split(row["text"])
        kind = NAMES.get(row["category"], OTHERS)
        found.append(Page(row["doc_id"], kind, second / row["pdf"], lines, numbers(lines), work=work))
    first = second.with_name("vn_documents_ocr")
    for row in map(json.loads, (first / "metadata.jsonl").read_text().splitlines()):
        lines = split(row["full_text"])
        found.append(Page(f"v1_{row['doc_id']}", CLEAN, first / row["pdf"], lines, numbers(lines), work=work))
    return found


def made(work: Path) -> list[Page]:
    found = []
    for dpi, kind in MADE.items():
        for truth in sorted((work / "pages" / str(dpi)).glob("*.json")):
            known = json.loads(truth.read_text())
            file = truth.with_suffix(".jpg")
            lines, citizens = tuple(known["lines"]), tuple(known["citizens"])
            found.append(Page(f"{dpi}-{truth.stem}", kind, file, lines, citizens, in_order=False))
    return found


def pages(work: Path) -> list[Page]:
    root = folder()
    return [*(of_corpus(root, work) if root else []), *made(work)]
