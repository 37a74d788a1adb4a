"""Codes: the barcode samples of the corpus against what their oracle read, and the copies of cards made here."""

import ast
import json
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

import corpus

# A place without models: pages wait for their words, codes are read all the same.
NO_WORDS = {"TESSDATA_PREFIX": "/nonexistent"}
KINDS = {"QRCode": "qr", "Code128": "code128", "DataMatrix": "datamatrix", "PDF417": "pdf417"}
GATED = ("QRCode", "Code128")
Reader = Callable[[Path], list[dict]]


@dataclass
class Count:
    name: str
    read: int
    of: int
    least: int | None = None  # reads that are promised
    most: int | None = None


def said_by_oracle(field: str) -> list[tuple[str, str]]:
    """`Kind:'text'|Kind:'text'` as a list."""
    parts = re.split(r"\|(?=[A-Za-z0-9]+:['\"])", field) if field else []
    found = []
    for part in parts:
        kind, _, quoted = part.partition(":")
        found.append((kind, ast.literal_eval(quoted)))
    return found


def bare(text: str) -> str:
    """Without what the oracle shows in its own way: control characters by name or picture, GS1 keys in brackets."""
    text = re.sub(r"<(?:U\+)?[0-9A-Z]{2,3}>", "", text)
    return "".join(c for c in text if c not in "()" and c.isprintable() and not "\u2400" <= c <= "\u243f")


def as_png(file: Path, work: Path) -> Path:
    """Web pictures are no scans: brought to PNG, at the resolution that scanners have."""
    path = work / "barcodes" / f"{file.parent.name}-{file.name}.png"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(file) as picture:
            flat = picture.convert("RGBA")
            white = Image.new("RGBA", flat.size, "white")
            white.alpha_composite(flat)
            white.convert("RGB").save(path, dpi=(200, 200))
    return path


def of_corpus(root: Path, read: Reader, work: Path, jobs: int) -> list[Count]:
    rows = [row.split("\t") for row in (root / "barcode/ORACLE_barcode.tsv").read_text().splitlines()[1:]]
    wanted = []
    for path, _, oracle in rows:
        truth = [(KINDS[kind], text) for kind, text in said_by_oracle(oracle) if kind in KINDS]
        if truth or "falsepositives" in path:
            wanted.append((root / "barcode" / path, truth))

    def look(file: Path) -> list[tuple[str, str]] | None:
        try:
            return [(code["kind"], bare(code["text"])) for page in read(as_png(file, work)) for code in page["codes"]]
        except Exception as why:  # a picture that is no page: says so and counts as unread
            print(f"accuracy: {file.name}: {why}", file=sys.stderr)
            return None

    with ThreadPoolExecutor(jobs) as pool:
        seen = list(pool.map(look, [file for file, _ in wanted]))
    counts = []
    for name, kind in KINDS.items():
        pairs = [(text, found or []) for (_, truth), found in zip(wanted, seen) for k, text in truth if k == kind]
        hits = sum((kind, bare(text)) in found for text, found in pairs)
        least = -(-len(pairs) * 95 // 100) if name in GATED else None
        counts.append(Count(f"{name}, of those that zxing-cpp reads", hits, len(pairs), least))
    false = [found for (file, _), found in zip(wanted, seen) if "falsepositives" in str(file)]
    counts.append(Count("pictures without a code in which one is seen", sum(map(bool, false)), len(false), most=0))
    return counts


def of_cards(read: Reader, work: Path, jobs: int) -> list[Count]:
    """Both sides of invented cards: the QR of the front, and the zone of the back with all its check digits."""
    counts = []
    for dpi, least in ((300, 28), (200, 26)):
        truths = sorted((work / "pages" / f"cards-{dpi}").glob("*.json"))

        def look(truth: Path) -> tuple[bool, bool]:
            known = json.loads(truth.read_text())
            (page,) = read(truth.with_suffix(".jpg"))
            number = known["mrz"][0][15:27]
            proved = {field["value"] for field in page["fields"] if (field["name"], field["source"]) == ("citizen-id", "mrz")}
            return [code["text"] for code in page["codes"]] == known["qr"], proved == {number}

        with ThreadPoolExecutor(jobs) as pool:
            found = list(pool.map(look, truths))
        either = -(-len(truths) * 95 // 100)
        counts += [
            Count(f"card QR, 12.5 mm, {dpi} dpi", sum(qr for qr, _ in found), len(found), least),
            Count(f"card MRZ, number proved by all check digits, {dpi} dpi", sum(zone for _, zone in found), len(found)),
            Count(f"card QR or MRZ, {dpi} dpi", sum(map(any, found)), len(found), either),
        ]
    return counts


def measure(read: Reader, read_codes: Reader, work: Path, jobs: int) -> list[Count]:
    root = corpus.folder()
    return [*(of_corpus(root, read_codes, work, jobs) if root else []), *of_cards(read, work, jobs)]


def table(counts: list[Count]) -> str:
    lines = ["| codes | read | of |", "|---|--:|--:|"]
    return "\n".join([*lines, *(f"| {count.name} | {count.read} | {count.of} |" for count in counts)])


def targets(counts: list[Count]) -> list[tuple[str, bool, str]]:
    found = []
    for count in counts:
        figure = f"{count.read} of {count.of}"
        if count.least is not None:
            found.append((f"{count.name}: at least {count.least}", count.read >= count.least, figure))
        if count.most is not None:
            found.append((f"{count.name}: at most {count.most}", count.read <= count.most, figure))
    return found
