#!/bin/sh
# Runs each target for the given seconds, over the seeds and what earlier runs learnt (fuzz/corpus, not in the
# repository). SOHOA_CORPUS adds its files. Ends with 1 where a target found something, with 5 where it cannot run at all.
#   fuzz/run.sh [SECONDS] [TARGET…]
set -u

PINNED=0.13.1 # of cargo-fuzz
# Before the folder changes: it may be named from here.
corpus=${SOHOA_CORPUS:+$(realpath "$SOHOA_CORPUS")}
cd "$(dirname "$0")" || exit 5
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- pdf image settings signed

cannot() {
    echo "FUZZING DID NOT RUN: $1" >&2
    exit 5
}

[ -z "${SOHOA_CORPUS:-}" ] || [ -d "$corpus" ] || cannot "SOHOA_CORPUS is no folder"
cargo +nightly --version >/dev/null 2>&1 ||
    cannot "no nightly compiler; 'rustup toolchain install nightly' brings one"
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    cargo install cargo-fuzz --version "$PINNED" --locked ||
        cannot "cargo-fuzz $PINNED cannot be installed"
fi
cargo +nightly fuzz --version | grep -q " $PINNED\$" ||
    echo "note: another cargo-fuzz than $PINNED is installed" >&2
cargo +nightly fuzz build || cannot "the targets do not build"

run() {
    target=$1
    shift
    mkdir -p "corpus/$target" "artifacts/$target"
    echo "== $target, $seconds s"
    # New inputs go to the first folder only; the others are read.
    cargo +nightly fuzz run "$target" "corpus/$target" "seeds/$target" "$@" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -close_fd_mask=1
}

found=0
for target in "$@"; do
    set --
    case $target in
        pdf) sets="pdf pdf-fuzz" ;;
        image) sets="img" ;;
        signed) sets="signed" ;;
        *) sets="" ;;
    esac
    for set in $sets; do
        if [ -n "$corpus" ] && [ -d "$corpus/$set" ]; then set -- "$@" "$corpus/$set"; fi
    done
    run "$target" "$@" || found=1
done
[ "$found" = 0 ] || {
    echo "FOUND: the inputs lie in fuzz/artifacts" >&2
    exit 1
}
