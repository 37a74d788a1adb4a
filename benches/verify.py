"""Times `sohoa verify` beside a bare read of the same archive, and beside SHA-256 of it on all cores.

    verify.py --sohoa PATH [--records N] [--runs N]     150 records of 4 pages, 5 runs

Before each run the archive's files are dropped from the page cache, so that the disk is read. The budgets: 85 % of the
slower of the two bare rates, and 200 MB for the largest process. What the figures do not say: README.md beside this file.

Exit code: 0 every budget kept, 1 a budget missed, 2 a figure could not be taken.
"""

import argparse
import hashlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import img2pdf

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "target" / "bench"
CITIZEN = "001090000001"  # invented
PAGES = 12  # drawn; each record has four of them in an order of its own
SHARE = 0.85
RSS_MB = 200
PIECE = 1 << 20


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def call(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        say(f"{command[0]} … ended with {done.returncode}: {(done.stderr + done.stdout)[-600:]}")
        sys.exit(2)
    return done.stdout


def made(sohoa: Path, records: int) -> Path:
    """A data folder with so many records; one that is there already is used again."""
    data = TARGET / f"verify-{records}"
    if (data / "made").exists():
        return data
    scans = TARGET / "verify-scans"
    call(sys.executable, HERE / "pages.py", "--out", TARGET / "pages", "4", str(PAGES))
    jpegs = sorted((TARGET / "pages" / "jpeg").glob("*.jpg"))[:PAGES]
    scans.mkdir(parents=True, exist_ok=True)
    files = []
    for number, pages in enumerate(itertools.islice(itertools.permutations(jpegs, 4), 0, records * 7, 7)):
        file = scans / f"{number:05}.pdf"
        file.write_bytes(img2pdf.convert([str(page) for page in pages]))
        files.append(file)
    call(sohoa, "--config", data / "sohoa.toml", "init", "--demo", data)
    config = data / "sohoa.toml"
    config.write_text(config.read_text().replace('text = "auto"', 'text = "off"'))
    for start in range(0, records, 25):
        say(f"{start} of {records} records")
        call(sohoa, "--config", config, "ingest", "--citizen", CITIZEN, *files[start : start + 25])
    (data / "made").touch()
    return data


def files_of(data: Path) -> list[Path]:
    return [Path(folder) / name for folder, _, names in os.walk(data / "archive") for name in names]


def dropped(files: list[Path]) -> None:
    """Nothing of the files is left in the page cache."""
    os.sync()
    for file in files:
        handle = os.open(file, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def on_all_cores(files: list[Path], use: Callable[[bytes], None] | None) -> None:
    def read(file: Path) -> None:
        digest = hashlib.sha256()
        with file.open("rb", buffering=0) as source:
            while piece := source.read(PIECE):
                if use is not None:
                    digest.update(piece)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(read, files))


def timed(files: list[Path], work: Callable[[], None]) -> float:
    dropped(files)
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


class Verified:
    """Runs `sohoa verify`, and keeps what it says and the memory that it took."""

    def __init__(self, sohoa: Path, data: Path) -> None:
        self.command = [str(sohoa), "--config", str(data / "sohoa.toml"), "--json", "verify"]
        self.rss_mb = 0.0
        self.summary: dict = {}

    def __call__(self) -> None:
        with (TARGET / "verify.log").open("w+") as output:
            child = subprocess.Popen(self.command, stdout=output, stderr=subprocess.DEVNULL)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            self.summary = json.loads(output.read().splitlines()[-1])
        self.rss_mb = max(self.rss_mb, used.ru_maxrss * 1024 / 1e6)
        if child.returncode != 0 or self.summary["verdict"] != "ok":
            say(f"the archive is not found good: {self.summary}")
            sys.exit(2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sohoa", type=Path, required=True)
    parser.add_argument("--records", type=int, default=150)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    data = made(arguments.sohoa, arguments.records)
    files = files_of(data)
    total = sum(file.stat().st_size for file in files) / 1e6
    verify = Verified(arguments.sohoa, data)
    ways: dict[str, Callable[[], None]] = {
        "read": lambda: on_all_cores(files, None),
        "sha256": lambda: on_all_cores(files, lambda _: None),
        "sohoa verify": verify,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.runs):
        for name, work in ways.items():
            seconds[name].append(timed(files, work))
    if verify.summary["records"] != arguments.records:
        say(f"{verify.summary['records']} records were checked, not {arguments.records}")
        return 2
    rates = {name: total / statistics.median(took) for name, took in seconds.items()}
    share = rates["sohoa verify"] / min(rates["read"], rates["sha256"])
    print(f"{arguments.records} records, {len(files)} files, {total:.0f} MB, {os.cpu_count()} cores, page cache dropped\n")
    print("| | MB/s | seconds (least – most) |\n|---|---|---|")
    for name, took in seconds.items():
        print(f"| {name} | {rates[name]:.0f} | {min(took):.2f} – {max(took):.2f} |")
    print(f"\n`sohoa verify` at {share:.0%} of the slower bare rate (budget {SHARE:.0%}), {verify.rss_mb:.0f} MB (budget {RSS_MB} MB)")
    return 0 if share >= SHARE and verify.rss_mb <= RSS_MB else 1


if __name__ == "__main__":
    sys.exit(main())
