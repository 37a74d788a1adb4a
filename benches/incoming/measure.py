#!/usr/bin/env python3
"""Every PDF of the corpus through `sohoa normalise`: which way it went, whether veraPDF passes it, what it cost.

    benches/incoming/measure.py --sohoa target/release/sohoa [--only TEXT] [--jobs 2] [--keep DIR] [--out TSV]

Reads $SOHOA_CORPUS (folders scan, pdf, pdf-fuzz; ORACLE_pdf.tsv for what qpdf says of each file). Exit code 1 where a
goal is missed. Nothing is written but in a temporary folder, or DIR.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("scan/", "pdf/", "pdf-fuzz/")
SECONDS_MAX = 60.0
DECIDED_WITHOUT_A_PERSON = 0.97
# Mean difference of grey levels from the second renderer's picture at quarter scale, and the share of pages within it.
DIFFERENCE_MAX = 3.0
SHARE_WITHIN = 0.95
DRAWN_TWICE = re.compile(r"drawn twice page=(\d+) verdict=Verdict \{ mean: ([0-9.e-]+)")


def oracle(corpus):
    """Path, and what qpdf says: clean, needs a password, pages."""
    lines = (corpus / "ORACLE_pdf.tsv").read_text().splitlines()
    names = lines[0].split("\t")
    for line in lines[1:]:
        row = dict(zip(names, line.split("\t")))
        if row["path"].startswith(FOLDERS):
            yield row


def normalise(sohoa, corpus, row, number, folder):
    out = folder / f"{number:04}.pdf"
    command = [sohoa, "normalise", str(corpus / row["path"]), "-o", str(out), "--json", "--lang", "en", "-v"]
    started = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS_MAX + 120, cwd=folder)
        code, said = done.returncode, done.stdout.decode("utf-8", "replace")
        panicked = b"panicked" in done.stderr
        told = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr.decode("utf-8", "replace"))
    except subprocess.TimeoutExpired:
        code, said, panicked, told = -1, "", False, ""
    seconds = time.monotonic() - started
    try:
        answer = json.loads(said.splitlines()[-1]) if said.strip() else {}
    except ValueError:
        answer = {}
    pages = answer.get("pages", [])
    # Drawn twice by the other: with annotations and, where that differs, without; the nearer one counts.
    differences = {}
    for page, mean in DRAWN_TWICE.findall(told):
        differences[int(page) + 1] = min(float(mean), differences.get(int(page) + 1, 255.0))
    return {
        "path": row["path"],
        "differences": differences,
        "code": code,
        "panicked": panicked,
        "seconds": seconds,
        "error": answer.get("error", ""),
        "message": answer.get("message", ""),
        "pages": len(pages),
        "ways": collections.Counter(page["treatment"] for page in pages),
        "doubts": sorted({doubt["doubt"] for page in pages for doubt in page.get("doubts", [])}),
        "out": out if out.exists() else None,
        # A file without a page has no picture and no right answer; poppler then tells no number of pages.
        "clean": row["qpdf_check_rc"] == "0" and row["pages"].isdigit() and int(row["pages"]) > 0,
        "expected": row["pages"],
    }


def judged(results):
    """veraPDF's verdict on every output, in one start of the judge for each hundred files."""
    outputs = [result for result in results if result["out"]]
    verdicts = {}
    for start in range(0, len(outputs), 100):
        files = [str(result["out"]) for result in outputs[start : start + 100]]
        said = subprocess.run([ROOT / "tests/judges/verapdf", "2b", *files], capture_output=True, text=True)
        for line in said.stdout.splitlines():
            verdict, _, rest = line.partition("\t")
            if verdict in ("PASS", "FAIL", "ERROR"):
                found = re.search(r"(\d{4})\.pdf", rest)
                if found:
                    verdicts[found.group(1)] = (verdict, rest[:300])
    for result in outputs:
        result["vera"] = verdicts.get(result["out"].stem, ("ERROR", "no verdict"))


def summary(results):
    clean = [result for result in results if result["clean"]]
    finished = [result for result in clean if result["code"] == 0 and result.get("vera", ("",))[0] == "PASS"]
    person = [result for result in clean if result["code"] == 1]
    # A page beyond the limits of the configuration is refused whoever wrote it.
    beyond = [result for result in clean if result["error"] == "pages.page_too_large"]
    refused = [result for result in clean if result["code"] not in (0, 1) and result not in beyond]
    invalid = [result for result in results if result["out"] and result["vera"][0] != "PASS"]
    counted = [r for r in results if r["code"] in (0, 1) and r["expected"].isdigit()]
    miscounted = [r for r in counted if int(r["expected"]) != r["pages"]]
    crashed = [r for r in results if r["panicked"] or r["code"] in (-1, 101, 70)]
    slow = [r for r in results if r["seconds"] > SECONDS_MAX]
    ways = sum((result["ways"] for result in results), collections.Counter())
    print(f"files {len(results)}, of them readable and clean by qpdf {len(clean)}")
    print("pages by their way:", dict(ways))
    print(f"clean files: valid PDF/A without a person {len(finished)}, to a person {len(person)}, refused {len(refused)}")
    listed = (("refused although clean", refused), ("beyond the limit of a page", beyond), ("to a person", person),
              ("not passed by veraPDF", invalid), ("another number of pages", miscounted), ("crashed", crashed), ("slow", slow))
    for title, some in listed:
        print(f"{title}: {len(some)}")
        for r in some:
            why = r["message"] or ",".join(r["doubts"]) or r.get("vera", ("", ""))[1]
            print(f"    {r['code']} {r['seconds']:5.1f}s {r['pages']}/{r['expected']} {r['path']}: {r['error']} {why[:160]}")
    share = len(finished) / max(1, len(clean))
    print(f"share of clean files without a person: {share:.4f} (goal {DECIDED_WITHOUT_A_PERSON})")
    drawn = [(mean, page, r["path"]) for r in results for page, mean in r["differences"].items()]
    far = sorted((some for some in drawn if some[0] > DIFFERENCE_MAX), reverse=True)
    within = 1 - len(far) / max(1, len(drawn))
    print(f"pages drawn by both renderers {len(drawn)}, within {DIFFERENCE_MAX}/255: {within:.4f} (goal {SHARE_WITHIN})")
    for mean, page, path in far:
        print(f"    {mean:5.1f} page {page} of {path}")
    near = within >= SHARE_WITHIN
    good = near and not (refused or invalid or miscounted or crashed or slow) and share >= DECIDED_WITHOUT_A_PERSON
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sohoa", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    if "SOHOA_CORPUS" not in os.environ:
        sys.exit("SOHOA_CORPUS names the folder of test data; it is not set")
    corpus = pathlib.Path(os.environ["SOHOA_CORPUS"])
    sohoa = str(pathlib.Path(arguments.sohoa).resolve())
    rows = [row for row in oracle(corpus) if arguments.only in row["path"]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(arguments.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            work = [pool.submit(normalise, sohoa, corpus, row, n, folder) for n, row in enumerate(rows)]
            results = [job.result() for job in work]
        judged(results)
        code = summary(results)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"largest process {used.ru_maxrss / 1024:.0f} MiB, CPU {used.ru_utime + used.ru_stime:.0f} s in all")
    if arguments.out:
        with open(arguments.out, "w", encoding="utf-8") as out:
            for r in results:
                ways = ",".join(f"{way}:{count}" for way, count in sorted(r["ways"].items()))
                vera = r.get("vera", ("", ""))[0]
                out.write(f"{r['path']}\t{r['code']}\t{r['error']}\t{r['pages']}\t{ways}\t{vera}\t{r['seconds']:.2f}\n")
    sys.exit(code)


main()
