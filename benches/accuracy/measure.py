"""How well `sohoa read` reads, beside plain Tesseract on the same pages: what `make accuracy` runs.

Prints Markdown tables and whether each target is kept. What is measured and how: ../README.md, "accuracy".
Exit code: 0 every target kept, 1 one missed, 2 a figure could not be taken. With nothing in SOHOA_CORPUS only the
pages that are made here are measured, and the program says so.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import cer
import codes
import corpus

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "target" / "accuracy"
# A single 12-digit number in the text, not part of a longer one.
TWELVE = re.compile(r"(?<!\d)\d{12}(?!\d)")


class NotMeasured(Exception):
    """A tool failed: its figures mean nothing."""


@dataclass
class Rate:
    """One reader's errors on the pages of one class."""

    line_edits: int = 0
    line_letters: int = 0
    page_edits: int = 0
    page_letters: int = 0
    citizens: int = 0
    false_citizens: int = 0

    def line_cer(self) -> float:
        return 100 * self.line_edits / max(self.line_letters, 1)

    def page_cer(self) -> float:
        return 100 * self.page_edits / max(self.page_letters, 1)


@dataclass
class Row:
    """One class of pages."""

    name: str
    pages: int = 0
    citizens: int = 0
    ours: Rate = field(default_factory=Rate)
    plain: Rate = field(default_factory=Rate)


def read_by_sohoa(sohoa: Path, file: Path, environment: dict[str, str] | None = None) -> list[dict]:
    done = subprocess.run(
        [sohoa, "--json", "read", file], capture_output=True, check=False, env=os.environ | (environment or {})
    )
    said = (json.loads(line) for line in done.stdout.splitlines() if line.startswith(b'{"file"'))
    lines = [line for line in said if "page" in line]  # the last one is of the document
    if not lines:
        said = (done.stderr + done.stdout).decode(errors="replace").strip()[-300:]
        raise NotMeasured(f"sohoa read {file.name}: exit {done.returncode}: {said}")
    return lines


def read_by_tesseract(image: Path) -> str:
    done = subprocess.run(
        ["tesseract", image, "-", "-l", "vie"],
        capture_output=True,
        check=False,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
    )
    if done.returncode != 0:
        raise NotMeasured(f"tesseract {image.name}: exit {done.returncode}")
    return done.stdout.decode(errors="replace")


# Plain Tesseract's text does not change from run to run.
def kept(key: str, make: Callable[[], str]) -> str:
    path = TARGET / "plain" / f"{key}.txt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = make()
        path.write_text(text)
    return path.read_text()


def rate(page: corpus.Page, text: str, into: Rate) -> dict:
    line = cer.line_edits(page.lines, text)
    into.line_edits += line
    into.line_letters += sum(map(cer.letters, page.lines))
    whole = None
    if page.in_order:
        true = "\n".join(page.lines)
        whole = cer.page_edits(true, text)
        into.page_edits += whole
        into.page_letters += cer.letters(true)
    found = set(TWELVE.findall(text))
    into.citizens += len(found & set(page.citizens))
    into.false_citizens += len(found - set(page.citizens))
    return {"text": text, "line_edits": line, "page_edits": whole, "wrong_numbers": sorted(found - set(page.citizens))}


def measure(sohoa: Path, pages: list[corpus.Page], jobs: int) -> tuple[list[Row], list[dict]]:
    def read(page: corpus.Page) -> tuple[str, str]:
        lines = read_by_sohoa(sohoa, page.file)
        (ours,) = (line["text"] for line in lines if line["page"] == page.number)
        return ours, kept(page.key, lambda: read_by_tesseract(page.image()))

    rows: dict[str, Row] = {}
    details = []
    with ThreadPoolExecutor(jobs) as pool:
        for page, (ours, plain) in zip(pages, pool.map(read, pages)):
            row = rows.setdefault(page.kind, Row(page.kind))
            row.pages += 1
            row.citizens += len(page.citizens)
            facts = {"page": page.key, "class": page.kind, "letters": sum(map(cer.letters, page.lines))}
            facts |= {"sohoa": rate(page, ours, row.ours), "tesseract": rate(page, plain, row.plain)}
            details.append(facts)
    return list(rows.values()), details


def table(rows: Iterable[Row]) -> str:
    lines = [
        "| pages | n | line CER % sohoa | Tesseract | page CER % sohoa | Tesseract | 12-digit numbers right, sohoa | Tesseract | wrong, sohoa | Tesseract |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        whole = [f"{side.page_cer():.2f}" if side.page_letters else "–" for side in (row.ours, row.plain)]
        found = [f"{side.citizens} / {row.citizens}" if row.citizens else "–" for side in (row.ours, row.plain)]
        lines.append(
            f"| {row.name} | {row.pages} | **{row.ours.line_cer():.2f}** | {row.plain.line_cer():.2f} | "
            f"{whole[0]} | {whole[1]} | {found[0]} | {found[1]} | {row.ours.false_citizens} | {row.plain.false_citizens} |"
        )
    return "\n".join(lines)


def targets(rows: list[Row]) -> list[tuple[str, bool, str]]:
    """What is promised: text, kept, figure."""
    by_name = {row.name: row for row in rows}
    found = []
    if real := by_name.get(corpus.REAL):
        for what, of in (("line", Rate.line_cer), ("page", Rate.page_cer)):
            ours, plain = of(real.ours), of(real.plain)
            said = f"{ours:.2f} % against {plain:.2f} %"
            found.append((f"{corpus.REAL}: {what} CER no worse than plain Tesseract", ours <= plain, said))
    for name, classes, limit in (
        (corpus.FORMS, [corpus.FORMS], 1.5),
        ("printed, 300 dpi, samples and own", [corpus.SAMPLES[300], corpus.PRINTED[300]], 1.1),
        ("printed, 200 dpi, samples and own", [corpus.SAMPLES[200], corpus.PRINTED[200]], 1.4),
    ):
        sides = [by_name[one].ours for one in classes if one in by_name]
        both = Rate(sum(side.line_edits for side in sides), sum(side.line_letters for side in sides))
        if sides:
            found.append((f"{name}: line CER at most {limit} %", both.line_cer() <= limit, f"{both.line_cer():.2f} %"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sohoa", type=Path, default=HERE.parents[1] / "target/release/sohoa", metavar="PATH")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was read on each page there")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", metavar="WORD", help="only classes with this word in their name; no codes")
    arguments = parser.parse_args()
    cer.self_test()
    sohoa = arguments.sohoa.resolve()
    try:
        subprocess.run([sys.executable, HERE / "known_pages.py", "--out", TARGET / "pages"], check=True)
        pages = corpus.pages(TARGET)
        if arguments.only:
            pages = [page for page in pages if arguments.only in page.kind]
        rows, details = measure(sohoa, pages, arguments.jobs)
        said = targets(rows)
        print(table(rows), end="\n\n")
        if not arguments.only:
            words, no_words = ((lambda file, e=e: read_by_sohoa(sohoa, file, e)) for e in ({}, codes.NO_WORDS))
            counts = codes.measure(words, no_words, TARGET, arguments.jobs)
            print(codes.table(counts), end="\n\n")
            said += codes.targets(counts)
    except (NotMeasured, OSError, subprocess.CalledProcessError) as why:
        print(f"accuracy: not measured: {why}", file=sys.stderr)
        return 2
    for what, good, figure in said:
        print(f"- {'kept' if good else 'MISSED'}: {what}: {figure}")
    if arguments.json:
        arguments.json.write_text(json.dumps(details, ensure_ascii=False, indent=1) + "\n")
    return 0 if all(good for _, good, _ in said) else 1


if __name__ == "__main__":
    sys.exit(main())
