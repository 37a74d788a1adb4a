"""Scans whose every letter is known: the papers of `samples/`, drawn and worn by its own code, with what was written kept.

    known_pages.py --out DIR    DIR/300, DIR/200: the same papers as a scanner gives them at both resolutions;
                                DIR/cards-300, DIR/cards-200: 30 copies of invented cards, QR of 12.5 mm and 49 modules
                                DIR/samples: of every written page in samples/scans its truth, no picture

Beside each page lies NAME.json: `lines` (true text, from top to bottom), `citizens` (12-digit numbers on it), `qr`, `mrz`;
of samples also `scan`, `number` and `paper`. The pages made differ from those in samples/scans (other skews, other
noise). All people are invented.
"""

import argparse
import hashlib
import json
import multiprocessing
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy
import PIL
import segno
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
sys.path.insert(0, str(SAMPLES))

import card  # noqa: E402
import draw  # noqa: E402
import formats  # noqa: E402
import papers  # noqa: E402
import people  # noqa: E402
import plan  # noqa: E402
from scanner import Look, scan  # noqa: E402

CARDS = 30
CARD_QR_MM, CARD_QR_VERSION = 12.5, 8  # version 8 has 49 modules a side
GAP_MM = 9.0  # what stands further apart on one base line is read as two lines
ROW_MM = 1.2
FAMILIES = "Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh".split()
MIDDLES = "Thị Văn Mẫu Đức Thử Giả Minh Ngọc Quang Thanh".split()
GIVEN = "An Bình Chiến Dũng Được Giang Hạnh Khương Liễu Mỹ Nghĩa Oanh Phượng Quỳnh Sửu Thuỷ Uyên Vĩnh Xuyến Yến".split()


class Recorder:
    """Keeps what a `draw.Sheet` is asked to write, and where."""

    def __init__(self) -> None:
        self.pieces: list[tuple[int, float, float, float, str]] = []  # sheet, base line, left, right, words
        self.sheets: list[draw.Sheet] = []  # kept, so that no two have one id

    def note(self, sheet: draw.Sheet, x: float, y: float, words: str, face: str, size: float, anchor: str) -> None:
        wide = sheet.width(words, face, size)
        left = {"l": x, "m": x - wide / 2, "r": x - wide}[anchor[0]]
        if sheet not in self.sheets:
            self.sheets.append(sheet)
        if words.strip():
            self.pieces.append((self.sheets.index(sheet), y, left, left + wide, words.strip()))

    def citizens(self) -> list[str]:
        words = " ".join(self.lines()).replace(",", " ").replace(".", " ").split()
        return sorted({word for word in words if word.isdigit() and len(word) == 12})

    def lines(self) -> list[str]:
        """Pieces on one base line, joined where they stand close; single signs are those of a machine-readable line."""
        rows: list[list[tuple[int, float, float, float, str]]] = []
        for piece in sorted(self.pieces):
            if rows and piece[0] == rows[-1][0][0] and piece[1] - rows[-1][0][1] <= ROW_MM:
                rows[-1].append(piece)
            else:
                rows.append([piece])
        found = []
        for row in rows:
            end = None
            between = "" if len(row) > 20 else " "
            for _, _, left, right, words in sorted(row, key=lambda piece: piece[2]):
                if end is not None and left - end <= GAP_MM:
                    found[-1] += between + words
                else:
                    found.append(words)
                end = right
        return found


def recording(recorder: Recorder):
    """Sheets that tell the recorder; gives back how to undo it."""
    text, hand = draw.Sheet.text, draw.Sheet.hand

    def kept_text(self, x, y, words, face="serif", size=13, fill=draw.BLACK, anchor="ls"):
        recorder.note(self, x, y, words, face, size, anchor)
        text(self, x, y, words, face, size, fill, anchor)

    def kept_hand(self, x, y, words, slant=0.15, size=15.5, room=None, ink=draw.INK):
        recorder.note(self, x, y + 0.4, words, "hand", size * 0.8, "ls")
        hand(self, x, y, words, slant, size, room, ink)

    draw.Sheet.text, draw.Sheet.hand = kept_text, kept_hand

    def undo() -> None:
        draw.Sheet.text, draw.Sheet.hand = text, hand

    return undo


# --- What is drawn ----------------------------------------------------------------------------------


def person(number: int) -> people.Person:
    """An invented citizen; the serial part of the number starts with 99."""
    rng = random.Random(number)
    male, year = rng.random() < 0.5, rng.randint(1950, 2005)
    century = (0 if male else 1) + (2 if year >= 2000 else 0)
    home = rng.choice(("001", "020", "036", "079", "092", "004"))
    issued = date(2021 + number % 3, rng.randint(1, 12), rng.randint(1, 28))
    return people.Person(
        id=f"{home}{century}{year % 100:02}99{rng.randint(0, 9999):04}",
        name=f"{rng.choice(FAMILIES)} {' '.join(rng.sample(MIDDLES, rng.randint(1, 2)))} {rng.choice(GIVEN)}",
        born=date(year, rng.randint(1, 12), rng.randint(1, 28)),
        male=male,
        folk=rng.choice(("Kinh", "Tày", "Nùng", "Dao")),
        hamlet=rng.choice(("Thôn Pò Mẫu", "Thôn Khuổi Thử", "Thôn Bản Mẫu")),
        issued=issued,
        expires=date(issued.year + rng.randint(8, 20), rng.randint(1, 12), rng.randint(1, 28)),
        phone=f"0900 000 {rng.randint(100, 999)}",
        slant=rng.uniform(0.05, 0.25),
        old_id=f"0{rng.randint(10**7, 10**8 - 1)}" if rng.random() < 0.6 else "",
    )


def forms() -> list[tuple[str, str, people.Dossier]]:
    """Name of the page, paper, dossier: every paper for every dossier, and for two invented citizens more."""
    dossiers = list(people.DOSSIERS)
    dossiers += [replace(people.BIRTH, owner=person(900)), replace(people.HOUSE, owner=person(901))]
    kinds = ("to-khai-khai-sinh", "giay-tiep-nhan", "xac-nhan-cu-tru", "xac-nhan-hon-nhan")
    return [(f"{kind}-{number}", kind, dossier) for kind in kinds for number, dossier in enumerate(dossiers, 1)]


def form_sheet(name: str, kind: str, dossier: people.Dossier) -> draw.Sheet:
    homes = plan.HOMES.get(dossier.owner.id, plan.HOMES[people.MAU.id])
    if kind == "xac-nhan-cu-tru":
        return papers.residence(name, dossier, 200 + int(dossier.serial), homes)
    return plan.sheet(plan.Page(kind, about=dossier), name)


def look(rng: random.Random) -> Look:
    return Look(
        skew=round(rng.uniform(-2, 2), 2),
        tint=rng.choice((plan.WHITE, plan.CREAM, plan.OLD)),
        noise=rng.uniform(1.0, 2.2),
        blur=rng.uniform(0.45, 0.8),
        holes=rng.random() < 0.35,
        fold=rng.random() < 0.2,
        streak=rng.random() < 0.15,
    )


def card_sheet(name: str, who: people.Person, grey: bool) -> draw.Sheet:
    """Front and back on one sheet; the QR as small and as dense as on a real card."""
    usual = draw.Sheet.qr

    def small_qr(self, x, y, side, words):
        code = segno.make(words, version=CARD_QR_VERSION, error="m", boost_error=False, encoding="utf-8")
        rows = [[255 - 255 * bit for bit in row] for row in code.matrix]
        side_px = (draw.px(CARD_QR_MM),) * 2
        tile = Image.fromarray(numpy.array(rows, "uint8"))
        # Reduced from a fine print: modules are no whole number of pixels wide.
        tile = tile.resize((side_px[0] * 6,) * 2, Image.NEAREST).resize(side_px, Image.BOX)
        self.im.paste(tile.point(lambda value: max(value, 25)), (draw.px(x + 1.5), draw.px(y + 1.5)))

    draw.Sheet.qr = small_qr
    try:
        return card.copy_page(name, who, ("front", "back"), grey)
    finally:
        draw.Sheet.qr = usual


# --- Writing ----------------------------------------------------------------------------------------


def write(folder: Path, name: str, sheet: draw.Sheet, dpi: int, how: Look, truth: dict) -> None:
    pixels = scan(sheet, f"{name}@{dpi}", dpi, how)
    (folder / f"{name}.jpg").write_bytes(formats.jpeg_bytes(pixels, dpi, 85))
    (folder / f"{name}.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n")


def drawn(drawing: Callable[[], draw.Sheet]) -> tuple[draw.Sheet, Recorder]:
    recorder = Recorder()
    undo = recording(recorder)
    try:
        return drawing(), recorder
    finally:
        undo()


def make_form(out: Path, name: str, kind: str, dossier: people.Dossier) -> None:
    sheet, recorder = drawn(lambda: form_sheet(name, kind, dossier))
    lines, citizens = recorder.lines(), recorder.citizens()
    qr = [dossier.code] if kind == "giay-tiep-nhan" else []
    how = look(random.Random(name))
    for dpi in (300, 200):
        write(out / str(dpi), name, sheet, dpi, how, {"lines": lines, "citizens": citizens, "qr": qr, "mrz": []})


def make_card(out: Path, number: int) -> None:
    name, who, rng = f"card-{number:02}", person(number), random.Random(1000 + number)
    sheet = card_sheet(name, who, grey=rng.random() < 0.5)
    truth = {"lines": [], "citizens": [who.id], "qr": [who.qr()], "mrz": list(who.mrz())}
    how = look(rng)
    for dpi in (300, 200):
        write(out / f"cards-{dpi}", name, sheet, dpi, how, truth)


def tell_sample(out: Path, place: int, number: int) -> None:
    """The truth of a page of samples/scans: drawn again as `generate.py` does, only for its words."""
    item = plan.SCANS[place]
    page = item.pages[number]
    if page.blank:
        return
    _, recorder = drawn(lambda: plan.sheet(page, f"{item.path}#{number + 1}"))
    truth = {"scan": item.path, "number": number + 1, "paper": page.paper, "dpi": item.dpi}
    truth |= {"lines": recorder.lines(), "citizens": recorder.citizens()}
    path = out / "samples" / f"{place:02}-{number + 1}.json"
    path.write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n")


def recipe() -> str:
    """Changes when the pages would."""
    parts = [path.read_bytes() for path in (Path(__file__), *sorted(SAMPLES.glob("*.py")))]
    parts += [PIL.__version__.encode(), numpy.__version__.encode(), segno.__version__.encode()]
    parts += [Path(draw.FONT_ROOT + path).read_bytes() for path in draw.FONTS.values()]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the pages")
    out: Path = parser.parse_args().out
    for name in ("300", "200", "cards-300", "cards-200", "samples"):
        (out / name).mkdir(parents=True, exist_ok=True)
    stamp = out / "recipe"
    if stamp.exists() and stamp.read_text() == recipe():
        return
    for old in (*out.glob("*/*.jpg"), *out.glob("*/*.json")):
        old.unlink()
    with multiprocessing.Pool() as pool:
        pool.starmap(make_form, [(out, *form) for form in forms()], chunksize=1)
        pages = [(out, place, number) for place, item in enumerate(plan.SCANS) for number in range(len(item.pages))]
        pool.starmap(tell_sample, pages, chunksize=1)
        pool.starmap(make_card, [(out, number) for number in range(CARDS)], chunksize=1)
    stamp.write_text(recipe())


if __name__ == "__main__":
    main()
