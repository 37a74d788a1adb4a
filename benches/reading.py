"""What reading costs and how well it reads: the same 300 dpi colour forms through `sohoa` and through OCRmyPDF + pyHanko.

Prints a Markdown table; fails when a budget is not kept. Part of `make bench`; README.md beside this file says what is
measured. Exit code: 0 every budget kept, 1 a budget missed, 2 a figure could not be taken.

`sohoa` is the whole journey, from the dropped file to the archive and its index; the peers stop at the signed file.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from compare import CITIZEN, HERE, TARGET, VENV, Bench, NotMeasured, Usage, check_pdf, note

sys.path.insert(0, str(HERE / "accuracy"))
import cer  # noqa: E402

CPU_S_A_PAGE = 0.9
AGAINST_FULL = 16
AGAINST_BARE = 5
WORKER_MB = 120
PAGES = TARGET / "forms"
MADE_BY_ACCURACY = HERE.parent / "target" / "accuracy" / "pages"


@dataclass(frozen=True)
class Dossier:
    """Forms in one PDF, and their true lines."""

    file: Path
    lines: tuple[tuple[str, ...], ...]

    def letters(self) -> int:
        return sum(cer.letters(line) for page in self.lines for line in page)


@dataclass
class Result:
    """One chain, one dossier: what it cost and how many letters are wrong in the PDF that came out."""

    usage: Usage
    edits: int


def make_dossiers(sizes: list[int]) -> list[Dossier]:
    """The same papers that `make accuracy` reads, every kind in turn."""
    maker = [VENV / "python", HERE / "accuracy" / "known_pages.py", "--out", MADE_BY_ACCURACY]
    Usage().run("pages", maker)
    by_kind: dict[str, list[Path]] = {}
    for truth in sorted((MADE_BY_ACCURACY / "300").glob("*.json")):
        by_kind.setdefault(truth.stem.rsplit("-", 1)[0], []).append(truth)
    in_turn = [truth for group in zip(*by_kind.values()) for truth in group]
    PAGES.mkdir(parents=True, exist_ok=True)
    dossiers = []
    for size in sizes:
        truths = in_turn[:size]
        file = PAGES / f"{size}.pdf"
        images = [truth.with_suffix(".jpg") for truth in truths]
        Usage().run("pages", [VENV / "img2pdf", "-o", file, *images])
        lines = (tuple(json.loads(truth.read_text())["lines"]) for truth in truths)
        dossiers.append(Dossier(file, tuple(lines)))
    return dossiers


def edits(dossier: Dossier, pdf: Path) -> int:
    """Wrong letters of the text that poppler finds in the finished PDF, page by page."""
    check_pdf(pdf, len(dossier.lines))
    wrong = 0
    for number, lines in enumerate(dossier.lines, 1):
        # In the order of the file: poppler's own search for columns would be measured otherwise.
        cut = ["pdftotext", "-q", "-raw", "-f", str(number), "-l", str(number), pdf, "-"]
        text = subprocess.run(cut, capture_output=True, check=True).stdout.decode(errors="replace")
        wrong += cer.line_edits(lines, text)
    return wrong


# --- The chains -------------------------------------------------------------------------------------


def sohoa_journey(bench: Bench, dossier: Dossier) -> Result:
    program = [bench.sohoa, "--config", bench.data / "sohoa.toml", "--json"]
    usage = Usage()
    said = usage.run("sohoa", [*program, "ingest", "--citizen", CITIZEN, dossier.file])
    answer = json.loads(said.splitlines()[0])
    if answer["status"] != "archived":
        raise NotMeasured(f"not archived: {answer}")
    signed = bench.out / "signed.pdf"
    Usage().run("check", [*program, "get", answer["record"], "-o", signed])
    return Result(usage, edits(dossier, signed))


def peer(*options: str) -> Callable[[Bench, Dossier], Result]:
    def chain(bench: Bench, dossier: Dossier) -> Result:
        read, signed = bench.out / "read.pdf", bench.out / "signed.pdf"
        key = ["--passfile", bench.data / "keys/demo.pass"]
        usage = Usage()
        usage.run(
            "PDF/A",
            [VENV / "ocrmypdf", "-q", "-l", "vie", "-j1", *options, dossier.file, read],
            OMP_THREAD_LIMIT="1",
        )
        addsig = [VENV / "pyhanko", "sign", "addsig", "--use-pades", "--field", "Sig1", "pkcs12"]
        usage.run("signature", [*addsig, *key, read, signed, bench.data / "keys/demo.p12"])
        digest = usage.run("digest, index", ["sha256sum", signed]).split()[0]
        index = bench.out / "index.sqlite"
        usage.run("digest, index", ["sqlite3", index, f"CREATE TABLE r (sha256 TEXT); INSERT INTO r VALUES ('{digest}')"])
        return Result(usage, edits(dossier, signed))

    return chain


SOHOA = "sohoa"
FULL = "OCRmyPDF --deskew --rotate-pages --clean + pyHanko"
BARE = "OCRmyPDF + pyHanko"

Results = dict[str, list[Result]]


def measure(bench: Bench, dossier: Dossier, chains: dict, runs: dict[str, int]) -> Results:
    results: Results = {name: [] for name in chains}
    for run in range(max(runs.values())):
        for name, chain in chains.items():  # in turn: a busy minute hits all of them
            if run < runs[name]:
                note(f"{len(dossier.lines)} forms, run {run + 1} of {runs[name]}: {name}")
                bench.fresh()
                results[name].append(chain(bench, dossier))
    return results


def cpu(dossier: Dossier, results: list[Result]) -> list[float]:
    return sorted(result.usage.total_cpu() / len(dossier.lines) for result in results)


def table(measured: list[tuple[Dossier, Results]]) -> str:
    lines = [
        "| forms | chain | n | CPU s/page | largest process MB | CPU against sohoa | line CER % |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for dossier, results in measured:
        ours = statistics.median(cpu(dossier, results[SOHOA]))
        for name, of in results.items():
            seconds = cpu(dossier, of)
            spread = f" ({seconds[0]:.2f}–{seconds[-1]:.2f})" if len(seconds) > 1 else ""
            middle = statistics.median(seconds)
            ratio = "1" if name == SOHOA else f"**{middle / ours:.1f} ×**"
            rss = max(result.usage.rss_mb for result in of)
            wrong = 100 * statistics.median(result.edits for result in of) / dossier.letters()
            lines.append(
                f"| PDF of {len(dossier.lines)} | {name} | {len(of)} | {middle:.2f}{spread} | {rss:.0f} | {ratio} | {wrong:.2f} |"
            )
    return "\n".join(lines)


def budgets(dossier: Dossier, results: Results) -> list[tuple[str, float, str, bool]]:
    seconds = {name: statistics.median(cpu(dossier, of)) for name, of in results.items()}
    worst = {name: statistics.median(result.edits for result in of) for name, of in results.items()}
    ours = seconds[SOHOA]
    pages = f"{len(dossier.lines)} forms"
    return [
        (f"{pages}: CPU s a page", ours, f"at most {CPU_S_A_PAGE}", ours <= CPU_S_A_PAGE),
        (f"{pages}: times less than {FULL}", seconds[FULL] / ours, f"at least {AGAINST_FULL}", seconds[FULL] >= AGAINST_FULL * ours),
        (f"{pages}: times less than {BARE}", seconds[BARE] / ours, f"at least {AGAINST_BARE}", seconds[BARE] >= AGAINST_BARE * ours),
        (f"{pages}: wrong letters, of those of {FULL}", worst[SOHOA] / worst[FULL], "below 1", worst[SOHOA] < worst[FULL]),
        (f"{pages}: wrong letters, of those of {BARE}", worst[SOHOA] / worst[BARE], "below 1", worst[SOHOA] < worst[BARE]),
        (
            f"{pages}: largest process MB",
            max(result.usage.rss_mb for result in results[SOHOA]),
            f"at most {WORKER_MB}",
            all(result.usage.rss_mb <= WORKER_MB for result in results[SOHOA]),
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sohoa", type=Path, default=HERE.parent / "target/release/sohoa", metavar="PATH")
    parser.add_argument("--quick", action="store_true", help="one dossier, one run each")
    arguments = parser.parse_args()
    bench = Bench(arguments.sohoa.resolve())
    chains = {
        SOHOA: sohoa_journey,
        FULL: peer("--deskew", "--rotate-pages", "--clean"),
        BARE: peer(),
    }
    try:
        bench.prepare(reading=True)
        measured = []
        for dossier in make_dossiers([4] if arguments.quick else [4, 20]):
            often, once = (1, 1) if arguments.quick else (3, 1 if len(dossier.lines) > 4 else 2)
            measured.append((dossier, measure(bench, dossier, chains, {SOHOA: often, BARE: once, FULL: once})))
    except (NotMeasured, OSError, subprocess.CalledProcessError) as why:
        note(f"not measured: {why}")
        return 2
    print("300 dpi colour A4 forms, read and signed. Median (min–max) of n runs.\n")
    print(table(measured), end="\n\n")
    kept = True
    for what, figure, limit, good in budgets(*measured[-1]):
        kept = kept and good
        print(f"- {'kept' if good else 'MISSED'}: {what}: {figure:.2f}, {limit}")
    shutil.rmtree(TARGET / "work")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
