#!/usr/bin/env python3
"""PDFs of scanned images through `sohoa normalise`: the same pixels, hardly more bytes, and what a page costs.

    benches/incoming/scans.py --sohoa target/release/sohoa

Reads $SOHOA_CORPUS/scan. Of every file whose pages are all taken over as they are: each image's pixels, by poppler's
`pdfimages`, before and after; the size of the output against that of the image data in it; processor time a page, the
smallest of three runs. Exit code 1 where a goal is missed.
"""
import argparse
import hashlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

BYTES_MAX = 1.02
# What a PDF/A has beside its images: profile, metadata, structure. A page of a few kilobytes is smaller than that.
BYTES_BESIDE = 8 * 1024
MILLISECONDS_MAX = 50


def processor(command):
    """Runs it; its exit code, output and seconds of processor time, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, timeout=180)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.returncode, done.stdout.decode("utf-8", "replace"), used


def pixels(pdf, folder):
    """A digest of each image's pixels, in order."""
    subprocess.run(["pdfimages", "-png", pdf, folder / "image"], check=True, capture_output=True)
    digests = []
    for path in sorted(folder.glob("image*")):
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
        path.unlink()
    return digests


def image_bytes(pdf):
    """Bytes of all image streams, each once."""
    said = subprocess.run(["qpdf", "--json", "--json-key=qpdf", pdf], capture_output=True, check=False).stdout
    objects = json.loads(said)["qpdf"][1]
    streams = [o["stream"]["dict"] for o in objects.values() if "stream" in o]
    lengths = [d["/Length"] for d in streams if d.get("/Subtype") == "/Image"]
    return sum(n if isinstance(n, int) else objects["obj:" + n]["value"] for n in lengths)


def measure(sohoa, path, folder):
    out = folder / "out.pdf"
    runs = []
    for _ in range(3):
        out.unlink(missing_ok=True)
        runs.append(processor([sohoa, "normalise", str(path), "-o", str(out), "--json"]))
    code, said, _ = runs[0]
    if code != 0:
        return None
    pages = json.loads(said.splitlines()[-1])["pages"]
    if any(page["treatment"] != "passed-through" for page in pages):
        return None
    return {
        "same": pixels(path, folder) == pixels(out, folder),
        "bytes": out.stat().st_size,
        "images": image_bytes(out),
        "milliseconds": 1000 * min(run[2] for run in runs) / len(pages),
        "pages": len(pages),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sohoa", required=True)
    arguments = parser.parse_args()
    if "SOHOA_CORPUS" not in os.environ:
        sys.exit("SOHOA_CORPUS names the folder of test data; it is not set")
    sohoa = str(pathlib.Path(arguments.sohoa).resolve())
    found, good = 0, True
    with tempfile.TemporaryDirectory() as temporary:
        for path in sorted(pathlib.Path(os.environ["SOHOA_CORPUS"], "scan").rglob("*.pdf")):
            m = measure(sohoa, path, pathlib.Path(temporary))
            if m is None:
                continue
            found += 1
            small = m["bytes"] <= BYTES_MAX * m["images"] + BYTES_BESIDE * m["pages"]
            fine = m["same"] and small and m["milliseconds"] <= MILLISECONDS_MAX
            good = good and fine
            print(
                f"{'ok  ' if fine else 'MISS'} {path.name}: {m['pages']} pages, pixels {'same' if m['same'] else 'DIFFER'}, "
                f"{m['bytes']} bytes for {m['images']} of images, {m['milliseconds']:.0f} ms a page"
            )
    print(f"{found} files of scanned images taken over as they are")
    sys.exit(0 if good and found else 1)


main()
