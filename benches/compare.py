"""Times the whole journey of the same pages through `sohoa` and through the tools an office would script.

Prints a Markdown table, the ratios and the machine; fails when a budget of `sohoa` is not kept.
What is measured, and what the figures do not say: README.md beside this file.

Exit code: 0 every budget kept, 1 a budget missed, 2 a figure could not be taken.
This program reads no large file itself: a child's peak memory starts from that of its parent.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "target" / "bench"
VENV = TARGET / "venv" / "bin"
ICC = Path("/usr/share/color/icc/ghostscript/srgb.icc")
CITIZEN = "001090000001"  # invented

CPU_MS_A_PAGE = 60
BATCH_RSS_MB = 300


class NotMeasured(Exception):
    """A tool failed or its output is not what it should be: its time means nothing."""


@dataclass
class Usage:
    """What one run cost: processor seconds by step, wall seconds, the largest process."""

    cpu: dict[str, float] = field(default_factory=dict)
    wall: float = 0.0
    rss_mb: float = 0.0

    def run(self, step: str, command: list[str | Path], **environment: str) -> str:
        """Runs a command, adds what it and all its children cost, returns its standard output."""
        words = [str(word) for word in command]
        with (
            (TARGET / "work" / "stdout.log").open("w+", encoding="utf-8", errors="replace") as output,
            (TARGET / "work" / "stderr.log").open("w+", encoding="utf-8", errors="replace") as errors,
        ):
            started = time.perf_counter()
            child = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=os.environ | environment
            )
            _, status, used = os.wait4(child.pid, 0)
            self.wall += time.perf_counter() - started
            child.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            errors.seek(0)
            text = output.read()
            if child.returncode != 0:
                said = (errors.read() + text).strip()[-600:]
                raise NotMeasured(f"{' '.join(words[:6])} … ended with {child.returncode}: {said}")
        self.cpu[step] = self.cpu.get(step, 0.0) + used.ru_utime + used.ru_stime
        self.rss_mb = max(self.rss_mb, used.ru_maxrss * 1024 / 1e6)
        return text

    def total_cpu(self) -> float:
        return sum(self.cpu.values())


@dataclass(frozen=True)
class Document:
    """One thing handed in: the file, and the JPEG pages that are in it."""

    file: Path
    jpegs: tuple[Path, ...]


@dataclass(frozen=True)
class Case:
    name: str
    documents: tuple[Document, ...]
    runs: int
    slow_runs: int  # of chains that need minutes

    def page_count(self) -> int:
        return sum(len(document.jpegs) for document in self.documents)


@dataclass(frozen=True)
class Bench:
    """Where things are. The data folder is the same for all: one key, one size of key."""

    sohoa: Path
    template: Path = TARGET / "work" / "template"
    data: Path = TARGET / "work" / "data"
    out: Path = TARGET / "work" / "out"

    def prepare(self, *, reading: bool) -> None:
        """A data folder whose pages are read, or not."""
        shutil.rmtree(TARGET / "work", ignore_errors=True)
        self.out.mkdir(parents=True)
        Usage().run("init", [self.sohoa, "--config", self.data / "sohoa.toml", "init", "--demo", self.data])
        self.data.rename(self.template)
        # A batch of many people's papers would wait for a person.
        change = ('unsettled = "wait"', 'unsettled = "archive"') if reading else ('text = "auto"', 'text = "off"')
        file = self.template / "sohoa.toml"
        file.write_text(file.read_text().replace(*change))

    def fresh(self) -> None:
        """Nothing of an earlier run is left: what is in the archive already would be a duplicate."""
        for folder in (self.data, self.out):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.template, self.data)
        self.out.mkdir()
        os.sync()  # the disk's backlog of one run is not the next one's wait


def check_pdf(pdf: Path, pages: int) -> None:
    found = Usage().run("check", ["qpdf", "--show-npages", pdf]).strip()
    if found != str(pages):
        raise NotMeasured(f"{pdf.name} has {found} pages, not {pages}")
    Usage().run("check", ["grep", "--quiet", "--text", "/ETSI.CAdES.detached", pdf])  # no match, no PAdES signature


# --- The chains -------------------------------------------------------------------------------------


def sohoa(bench: Bench, case: Case) -> Usage:
    """Claim, checks, PDF/A, signature, read-back, archive, index, receipt: one call."""
    program = [bench.sohoa, "--config", bench.data / "sohoa.toml", "--json"]
    files = [document.file for document in case.documents]
    usage = Usage()
    said = usage.run("sohoa", [*program, "ingest", "--citizen", CITIZEN, *files])

    answers = [json.loads(line) for line in said.splitlines()]
    if len(answers) != len(files):
        raise NotMeasured(f"{len(answers)} answers for {len(files)} files")
    for answer, document in zip(answers, case.documents):
        pages = len(document.jpegs)
        if answer["status"] != "archived" or answer["pages"] != pages:
            raise NotMeasured(f"not archived with {pages} pages: {answer}")
        pdf = bench.out / f"{answer['record']}.pdf"
        Usage().run("check", [*program, "get", answer["record"], "-o", pdf])
        check_pdf(pdf, pages)
        pdf.unlink()
    return usage


def to_pdfa_ocrmypdf(usage: Usage, document: Document, pdf: Path) -> None:
    options = ["--tesseract-timeout", "0", "-q", "-j1", "--output-type", "pdfa"]
    usage.run("PDF/A", [VENV / "ocrmypdf", *options, document.file, pdf], OMP_THREAD_LIMIT="1")


def to_pdfa_img2pdf(usage: Usage, document: Document, pdf: Path) -> None:
    usage.run("PDF/A", [VENV / "img2pdf", f"--pdfa={ICC}", "-o", pdf, *document.jpegs])


def scripted(to_pdfa: Callable[[Usage, Document, Path], None]) -> Callable[[Bench, Case], Usage]:
    """A peer makes the PDF/A; pyHanko signs it; its digest goes into a table. A loop, as one scripts it."""

    def chain(bench: Bench, case: Case) -> Usage:
        index = bench.out / "index.sqlite"
        table = "CREATE TABLE record (file TEXT PRIMARY KEY, citizen TEXT, sha256 TEXT, pages INTEGER)"
        Usage().run("set-up", ["sqlite3", index, table])
        key = ["--passfile", bench.data / "keys/demo.pass"]
        usage = Usage()
        for number, document in enumerate(case.documents):
            pages = len(document.jpegs)
            pdfa, signed = bench.out / f"{number}.pdfa.pdf", bench.out / f"{number}.pdf"
            to_pdfa(usage, document, pdfa)
            addsig = [VENV / "pyhanko", "sign", "addsig", "--use-pades", "--field", "Sig1", "pkcs12"]
            usage.run("signature", [*addsig, *key, pdfa, signed, bench.data / "keys/demo.p12"])
            digest = usage.run("digest, index", ["sha256sum", signed]).split()[0]
            row = f"INSERT INTO record VALUES ('{signed.name}', '{CITIZEN}', '{digest}', {pages})"
            usage.run("digest, index", ["sqlite3", index, row])
            check_pdf(signed, pages)
        return usage

    return chain


SOHOA = "sohoa"
OCRMYPDF = "OCRmyPDF + pyHanko"
IMG2PDF = "img2pdf + pyHanko"
CHAINS = {SOHOA: sohoa, OCRMYPDF: scripted(to_pdfa_ocrmypdf), IMG2PDF: scripted(to_pdfa_img2pdf)}

Results = dict[str, dict[str, list[Usage]]]


# --- Running ----------------------------------------------------------------------------------------


def make_cases(quick: bool) -> list[Case]:
    dossier, singles, batch = (4, 4, 20) if quick else (4, 20, 200)
    pages = TARGET / "pages"
    maker = [VENV / "python", HERE / "pages.py", "--out", pages, str(dossier), str(singles), str(batch)]
    Usage().run("pages", maker)
    jpegs = tuple(pages / "jpeg" / f"{number:04}.jpg" for number in range(1, batch + 1))

    def pdf(count: int) -> tuple[Document, ...]:
        return (Document(pages / f"{count}.pdf", jpegs[:count]),)

    runs = 1 if quick else 3
    return [
        Case(f"{dossier}-page PDF", pdf(dossier), runs if quick else 5, runs if quick else 5),
        Case(f"{singles} single JPEGs", tuple(Document(jpeg, (jpeg,)) for jpeg in jpegs[:singles]), runs, runs),
        Case(f"{batch}-page PDF", pdf(batch), runs, 1),
    ]


def warm_up(bench: Bench, cases: list[Case]) -> None:
    """Programs, byte code and pages into the page cache: each chain once, uncounted, on the first case."""
    files = [path for case in cases for document in case.documents for path in (document.file, *document.jpegs)]
    Usage().run("read", ["sha256sum", *files])
    for chain in CHAINS.values():
        bench.fresh()
        chain(bench, cases[0])


def measure(bench: Bench, cases: list[Case]) -> Results:
    results: Results = {case.name: {name: [] for name in CHAINS} for case in cases}
    for case in cases:
        for run in range(case.runs):
            for name, chain in CHAINS.items():  # in turn: a busy minute hits all of them
                if name == OCRMYPDF and run >= case.slow_runs:
                    continue
                note(f"{case.name}, run {run + 1} of {case.runs}: {name}")
                bench.fresh()
                results[case.name][name].append(chain(bench, case))
    return results


def note(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


# --- Reporting --------------------------------------------------------------------------------------


def spread(values: Iterable[float]) -> str:
    """Median and, of several, the extremes."""
    ordered = sorted(values)
    middle = f"{statistics.median(ordered):,.0f}"
    return middle if len(ordered) == 1 else f"{middle} ({ordered[0]:,.0f}–{ordered[-1]:,.0f})"


def cpu_ms(case: Case, runs: list[Usage]) -> list[float]:
    return [run.total_cpu() * 1000 / case.page_count() for run in runs]


def main_table(cases: list[Case], results: Results) -> str:
    lines = [
        "| pages | chain | n | CPU ms/page | wall ms/page | largest process MB | CPU against sohoa |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for case in cases:
        ours = statistics.median(cpu_ms(case, results[case.name][SOHOA]))
        for name, runs in results[case.name].items():
            cpu = cpu_ms(case, runs)
            wall = [run.wall * 1000 / case.page_count() for run in runs]
            rss = f"{max(run.rss_mb for run in runs):,.0f}"
            ratio = "1" if name == SOHOA else f"**{statistics.median(cpu) / ours:.1f} ×**"
            lines.append(
                f"| {case.name} | {name} | {len(runs)} | {spread(cpu)} | {spread(wall)} | {rss} | {ratio} |"
            )
    return "\n".join(lines)


def step_table(cases: list[Case], results: Results) -> str:
    lines = ["| CPU ms a document, by step | PDF/A | signature | digest, index |", "|---|--:|--:|--:|"]
    for case in cases:
        for name, runs in results[case.name].items():
            if name == SOHOA:
                continue
            steps = [
                spread(run.cpu[step] * 1000 / len(case.documents) for run in runs)
                for step in ("PDF/A", "signature", "digest, index")
            ]
            lines.append(f"| {case.name}, {name} | {' | '.join(steps)} |")
    return "\n".join(lines)


def budgets(cases: list[Case], results: Results) -> list[tuple[str, float, float]]:
    """What is promised: text, figure, limit."""
    found = [
        (
            f"{case.name}: median CPU ms a page",
            statistics.median(cpu_ms(case, results[case.name][SOHOA])),
            float(CPU_MS_A_PAGE),
        )
        for case in cases
    ]
    batch = cases[-1]
    most = max(run.rss_mb for run in results[batch.name][SOHOA])
    return [*found, (f"{batch.name}: peak memory MB", most, float(BATCH_RSS_MB))]


def machine(bench: Bench) -> dict[str, str]:
    def first_line(*command: str | Path) -> str:
        return Usage().run("version", list(command)).splitlines()[0]

    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    packages = ("ocrmypdf", "img2pdf", "pikepdf", "pyHanko", "pyhanko-cli", "cryptography")
    return {
        "processor": f"{os.cpu_count()} × {model[1] if model else platform.machine()}",
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "signing key": key_size(bench),
        "sohoa": first_line(bench.sohoa, "--version").removeprefix("sohoa "),
        **{name: importlib.metadata.version(name) for name in packages},
        "Python": platform.python_version(),
        "tesseract": first_line("tesseract", "--version").removeprefix("tesseract "),
        "Ghostscript": first_line("gs", "--version"),
    }


def key_size(bench: Bench) -> str:
    keys = bench.template / "keys"
    source = ["-in", keys / "demo.p12", "-passin", f"file:{keys / 'demo.pass'}"]
    pem = Usage().run("key", ["openssl", "pkcs12", *source, "-nokeys", "-clcerts"])
    certificate = TARGET / "work" / "signer.pem"
    certificate.write_text(pem)
    text = Usage().run("key", ["openssl", "x509", "-in", certificate, "-noout", "-text"])
    size = re.search(r"Public Key Algorithm: (\S+)\s+Public-Key: \((.*)\)", text)
    return f"{size[1]} {size[2]}" if size else "unknown"


def report(facts: dict[str, str], cases: list[Case], results: Results) -> bool:
    """Prints everything; says whether all budgets are kept."""
    size = sum(jpeg.stat().st_size for jpeg in cases[-1].documents[0].jpegs) / cases[-1].page_count()
    print(f"300 dpi colour A4 JPEG pages of {size / 1e6:.2f} MB. Median (min–max) of n runs.\n")
    print(main_table(cases, results), end="\n\n")
    print(step_table(cases, results), end="\n\n")
    kept = True
    for text, figure, limit in budgets(cases, results):
        kept = kept and figure <= limit
        print(f"- {'kept' if figure <= limit else 'MISSED'}: {text}: {figure:.1f}, budget {limit:.0f}")
    print("\n" + "; ".join(f"{name} {value}" for name, value in facts.items()))
    return kept


def write_raw(path: Path, facts: dict[str, str], cases: list[Case], results: Results) -> None:
    raw = {
        "machine": facts,
        "budgets": [dict(zip(("what", "figure", "limit"), budget)) for budget in budgets(cases, results)],
        "cases": [
            {
                "name": case.name,
                "pages": case.page_count(),
                "documents": len(case.documents),
                "chains": {
                    name: [{"cpu_s": run.cpu, "wall_s": run.wall, "rss_mb": run.rss_mb} for run in runs]
                    for name, runs in results[case.name].items()
                },
            }
            for case in cases
        ],
    }
    path.write_text(json.dumps(raw, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sohoa", type=Path, default=HERE.parent / "target/release/sohoa", metavar="PATH")
    parser.add_argument("--quick", action="store_true", help="20 pages instead of 200, one run each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    arguments = parser.parse_args()
    bench = Bench(arguments.sohoa.resolve())
    try:
        if not bench.sohoa.is_file():
            raise NotMeasured(f"no program at {bench.sohoa} (cargo build --release)")
        bench.prepare(reading=False)
        cases = make_cases(arguments.quick)
        facts = machine(bench)
        warm_up(bench, cases)
        results = measure(bench, cases)
    except (NotMeasured, OSError) as why:
        note(f"not measured: {why}")
        return 2
    kept = report(facts, cases, results)
    if arguments.json:
        write_raw(arguments.json, facts, cases, results)
    shutil.rmtree(TARGET / "work")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
