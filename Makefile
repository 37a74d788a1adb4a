# The two commands of the README are `make demo` and `make test`; the rest are their parts.
CARGO ?= cargo
SOHOA := target/release/sohoa

.PHONY: demo test build setup check judges judges-selftest soak soak-signing faults fuzz bench bench-signing bench-lookup bench-verify accuracy incoming deb crowd fuzz-api

# Everything from nothing to a running daemon with the samples archived. ONCE=1 stops it at the end.
demo: build
	samples/demo.sh $(SOHOA) demo

# Every test, with the judges: formatting, lints, unit and integration tests, the samples' own check.
test: judges build check
	SOHOA_JUDGES=require $(CARGO) test --release --locked

# A C compiler is all that the build needs beside Rust.
setup:
	@samples/setup.sh

build: setup
	$(CARGO) build --release --locked

check: setup
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings

# The programs of others that check what sohoa writes: veraPDF, pyHanko, qpdf, pdfsig, openssl, ocfl-py.
judges: setup
	tests/judges/setup.sh

# Each judge must accept good work and refuse spoilt work.
judges-selftest: judges
	tests/judges/selftest.sh

# The Debian package with the service, in target/debian/.
deb: build
	samples/service/package.sh release

# Drop, kill, restart, count: KILLS times. With HOURS=n, working days instead: three stations, good and hostile files,
# everything failing at random, memory and handles watched, a report at the end (the test run does a slice of both).
KILLS ?= 200
soak: export SOHOA_SOAK_SEED ?= now
soak: build
ifdef HOURS
	SOHOA_SOAK_HOURS=$(HOURS) $(CARGO) test --release --locked --test it soak_hours -- --nocapture
else
	SOHOA_SOAK_KILLS=$(KILLS) $(CARGO) test --release --locked --test it every_scan_survives -- --nocapture
endif

# Fifty thousand files at once in one station's folder, and another station that wants its answer all the same.
crowd: build
	SOHOA_CROWD=50000 $(CARGO) test --release --locked --test it a_crowd_of_files -- --nocapture

# SIGNED documents through the daemon while the token is pulled out, timestamp services fail, hang and talk nonsense,
# OCSP and CRLs fail by lot, and the daemon is killed; then all are lifted (the test run does a short slice).
SIGNED ?= 10000
soak-signing: build judges
	SOHOA_SOAK_SIGNED=$(SIGNED) SOHOA_JUDGES=require $(CARGO) test --release --locked --test it soak_signing -- --nocapture

# What sealing costs beside copying, and how busy a key is while documents wait: benches/README.md.
bench-signing: setup
	$(CARGO) test --release --locked --bench signing -- --nocapture --test-threads=1

# Look-ups among ten million records (4 GB of the temporary folder): SOHOA_LOOKUP_RECORDS for a slice.
bench-lookup: setup
	$(CARGO) test --release --locked --bench lookup -- --nocapture --test-threads=1

# How fast the archive is verified, beside a bare read of the same files: benches/README.md.
bench-verify: build
	benches/setup.sh
	target/bench/venv/bin/python benches/verify.py --sohoa $(SOHOA) $(BENCH_ARGS)

# Every file-system call made to fail or to kill, one by one (the test run takes a share).
faults: build judges
	SOHOA_FAULTS=all $(CARGO) test --release --locked --test it faults -- --nocapture

# Fuzzing of the ways in, FUZZ_SECONDS for each: with changes of this moment, then guided by coverage, which needs a
# nightly compiler: fuzz/README.md.
FUZZ_SECONDS ?= 60
fuzz:
	SOHOA_FUZZ_SEED=$$(date +%s) SOHOA_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --release --locked --test it \
	    fuzz_slice:: -- --test-threads 1 --nocapture
	fuzz/run.sh $(FUZZ_SECONDS)

# The interface for programs, asked by Schemathesis from its own description for FUZZ_SECONDS.
fuzz-api:
	test -x target/fuzz-api/bin/schemathesis || python3 -m venv target/fuzz-api
	target/fuzz-api/bin/pip install --quiet 'schemathesis==4.*'
	SCHEMATHESIS=$(CURDIR)/target/fuzz-api/bin/schemathesis FUZZ_SECONDS=$(FUZZ_SECONDS) \
	    $(CARGO) test --locked --test it -- --ignored web::api::fuzz --nocapture

# The journey's cost a page against its budget, and against the tools an office would script: benches/README.md.
bench: build
	benches/setup.sh
	target/bench/venv/bin/python benches/compare.py --sohoa $(SOHOA) $(BENCH_ARGS)
	target/bench/venv/bin/python benches/reading.py --sohoa $(SOHOA) $(filter --quick,$(BENCH_ARGS))

# How well pages and codes are read, beside plain Tesseract; SOHOA_CORPUS names the folder of real pages.
accuracy: build
	benches/setup.sh
	target/bench/venv/bin/python benches/accuracy/measure.py --sohoa $(SOHOA) $(ACCURACY_ARGS)

# Every PDF of the corpus through `sohoa normalise`, judged by veraPDF; SOHOA_CORPUS names the folder.
incoming: build judges
	benches/incoming/measure.py --sohoa $(SOHOA) $(INCOMING_ARGS)
	benches/incoming/scans.py --sohoa $(SOHOA)
