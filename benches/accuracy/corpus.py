"""The pages whose true text is known: those of SOHOA_CORPUS (never copied into the project) and those made here.

SOHOA_CORPUS/vn-pages has three real government scans and printed pages with exact text (nom-vn, public domain and CC0).
"""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf
from PIL import Image

REAL = "government, real scans"
FORMS = "forms"
PRINTED = {300: "own papers, printed, 300 dpi", 200: "own papers, printed, 200 dpi"}
FILLED = {300: "own papers, filled by hand, 300 dpi", 200: "own papers, filled by hand, 200 dpi"}
SAMPLES = {300: "samples/scans, printed, 300 dpi", 200: "samples/scans, printed, 200 dpi"}
SAMPLES_FILLED = "samples/scans, filled by hand"
CARDS = "samples/scans, cards"
HAND = "to-khai-khai-sinh"  # the one paper that is filled with the handwriting font
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
    number: int = 1  # of the page in its file

    def image(self) -> Path:
        if self.file.suffix not in (".pdf", ".tif"):
            return self.file
        path = self.work / "images" / f"{self.key}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.file.suffix == ".tif":
            with Image.open(self.file) as pages:
                pages.seek(self.number - 1)
                pages.save(path, dpi=pages.info["dpi"])
            return path
        with pikepdf.open(self.file) as pdf:
            page = pdf.pages[self.number - 1]
            (image,) = page.images.values()
            pixels = pikepdf.PdfImage(image).as_pil_image()
            left, _, right, _ = (float(side) for side in page.mediabox)
        dpi = round(pixels.width * 72 / (right - left))
        pixels.save(path, dpi=(dpi, dpi))
        return path


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
    for dpi, printed in PRINTED.items():
        for truth in sorted((work / "pages" / str(dpi)).glob("*.json")):
            known = json.loads(truth.read_text())
            file = truth.with_suffix(".jpg")
            kind = FILLED[dpi] if truth.stem.startswith(HAND) else printed
            lines, citizens = tuple(known["lines"]), tuple(known["citizens"])
            found.append(Page(f"{dpi}-{truth.stem}", kind, file, lines, citizens, in_order=False))
    return sorted(found, key=lambda page: page.kind, reverse=True)


def samples(work: Path) -> list[Page]:
    """The very files of samples/scans, turned and skewed as they are; blank backs left out."""
    scans = Path(__file__).resolve().parents[2] / "samples" / "scans"
    found = []
    for truth in sorted((work / "pages" / "samples").glob("*.json")):
        known = json.loads(truth.read_text())
        usual = SAMPLES_FILLED if known["paper"] == HAND else SAMPLES[known["dpi"]]
        kind = CARDS if known["paper"].startswith("cccd") else usual
        lines, citizens = tuple(known["lines"]), tuple(known["citizens"])
        key, file = f"sample-{truth.stem}", scans / known["scan"]
        found.append(Page(key, kind, file, lines, citizens, in_order=False, work=work, number=known["number"]))
    return sorted(found, key=lambda page: page.kind, reverse=True)


def pages(work: Path) -> list[Page]:
    root = folder()
    return [*(of_corpus(root, work) if root else []), *samples(work), *made(work)]
