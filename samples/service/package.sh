#!/usr/bin/env bash
# Packs the program that is built already. Usage: package.sh release|debug [VERSION [FOLDER]]; the package's path is the
# last line of the output. cargo-deb is installed below target/ where this version of it is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
version=${2:-}
folder=${3:-target/debian}
cargo_deb=3.8.0
tools=target/deb/tools

if [ "$("$tools/bin/cargo-deb" --version 2>/dev/null)" != "$cargo_deb" ]; then
  cargo install --quiet --locked --root "$tools" --version "$cargo_deb" cargo-deb >&2
fi

# The configuration that this very program writes: no second copy of it that could differ.
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"target/$build/sohoa" --quiet init "$fresh/data" >/dev/null
cp "$fresh/data/sohoa.toml" target/deb/sohoa.toml

profile=$build
[ "$build" = debug ] && profile=dev
arguments=(--no-build --no-dbgsym --strip --profile "$profile" --output "$folder")
[ -n "$version" ] && arguments+=(--deb-version "$version" --fast)
"$tools/bin/cargo-deb" deb "${arguments[@]}"
