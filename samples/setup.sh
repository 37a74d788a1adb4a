#!/usr/bin/env bash
# What the build needs: Rust, and a C compiler for the parts written in C (SQLite, AWS-LC).
# Installs Debian's packages where they are missing; says what is missing where it cannot.
set -euo pipefail

fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

command -v cargo >/dev/null || fail 'cargo is missing: install Rust 1.95 or newer (rustup), then try again'
version=$(rustc --version | sed 's/^rustc \([0-9]*\)\.\([0-9]*\).*/\1 \2/')
read -r major minor <<<"$version"
[ "$major" -gt 1 ] || [ "$minor" -ge 95 ] || fail "Rust $major.$minor is too old: 1.95 or newer is needed (rustup update)"

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v flock >/dev/null || missing+=(util-linux)
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "missing Debian packages: ${missing[*]} (no sudo here: ask an administrator to install them)"
  as_root=(sudo)
fi
printf 'setup: installing %s\n' "${missing[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "${missing[@]}" ||
  fail "apt-get could not install: ${missing[*]}"
