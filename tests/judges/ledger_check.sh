#!/usr/bin/env bash
# Checks a proof file by hand, as a court's expert could: sha256sum and openssl, nothing of sohoa's.
#
#   ledger_check.sh PROOF KEY [TSA.pem]     KEY: name+number+base64, known from elsewhere
#
# Prints a line for each step and exits with 0, or stops at the first that fails. Python reads the JSON.
set -euo pipefail

proof=$1 key=$2 authority=${3:-}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
die() { printf 'FAIL %s\n' "$*"; exit 1; }

# Each text and each binary part of the proof in a file of its own.
python3 - "$proof" "$dir" <<'PY'
import base64, json, pathlib, sys
proof, folder = json.load(open(sys.argv[1], encoding="utf-8")), pathlib.Path(sys.argv[2])
for name in ("leaf", "opening", "inventory", "checkpoint"):
    if name in proof:
        (folder / name).write_bytes(proof[name].encode())
(folder / "index").write_text(str(proof["index"]))
(folder / "path").write_text("".join(base64.b64decode(step).hex() + "\n" for step in proof["inclusion"]))
if "token" in proof:
    (folder / "token").write_bytes(base64.b64decode(proof["token"]))
PY

digest() { sha256sum "$dir/$1" | cut -d' ' -f1; }
line() { sed -n "s/^$2 //p" "$dir/$1"; }
node() { printf '%s' "01$1$2" | python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' | sha256sum | cut -d' ' -f1; }

[[ $(digest opening) == "$(line leaf opening)" ]] || die 'the opening is not that of the leaf'
echo 'OK   the opening is that of the leaf'
if [[ -e $dir/inventory ]]; then
    [[ $(digest inventory) == "$(line opening inventory)" ]] || die 'another inventory'
    echo 'OK   the inventory is the recorded one'
fi

# RFC 9162 §2.1.3.2.
size=$(sed -n 2p "$dir/checkpoint")
first=$(<"$dir/index") second=$((size - 1))
((first <= second)) || die 'no such leaf'
found=$( (printf '\0'; cat "$dir/leaf") | sha256sum | cut -d' ' -f1)
while read -r step; do
    ((second > 0)) || die 'the path is too long'
    if ((first % 2 == 1 || first == second)); then
        found=$(node "$step" "$found")
        while ((first % 2 == 0 && first != 0)); do first=$((first / 2)) second=$((second / 2)); done
    else
        found=$(node "$found" "$step")
    fi
    first=$((first / 2)) second=$((second / 2))
done <"$dir/path"
root=$(sed -n 3p "$dir/checkpoint" | base64 -d | od -An -v -tx1 | tr -d ' \n')
[[ $second == 0 && $found == "$root" ]] || die 'the leaf is not in the tree'
echo 'OK   the leaf is in the tree'

# The signature is over the lines before the empty one; four bytes of the key's number stand before it. An Ed25519
# key is the last 32 bytes of its SubjectPublicKeyInfo.
name=${key%%+*} number=${key#*+}
number=${number%%+*}
[[ $(head -n 1 "$dir/checkpoint") == "$name" ]] || die 'the checkpoint is of another ledger'
sed '/^$/,$d' "$dir/checkpoint" >"$dir/signed"
{ printf '302a300506032b6570032100' | python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))'
  printf '%s' "${key#*+*+}" | base64 -d | tail -c 32; } >"$dir/key.der"
signed=''
while read -r _ signer signature; do
    [[ $signer == "$name" ]] || continue
    [[ $(printf '%s' "$signature" | base64 -d | head -c 4 | od -An -v -tx1 | tr -d ' \n') == "$number" ]] || continue
    printf '%s' "$signature" | base64 -d | tail -c +5 >"$dir/signature"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$dir/key.der" -rawin -in "$dir/signed" \
        -sigfile "$dir/signature" >/dev/null || die 'the signature does not hold'
    signed=yes
done < <(grep '^— ' "$dir/checkpoint")
[[ -n $signed ]] || die 'this key did not sign the checkpoint'
echo 'OK   the key signed the checkpoint'

if [[ -n $authority ]]; then
    [[ -e $dir/token ]] || die 'there is no token'
    openssl ts -verify -token_in -in "$dir/token" -data "$dir/checkpoint" -CAfile "$authority" >/dev/null 2>&1 ||
        die 'the token is not over the checkpoint'
    echo 'OK   the token is over the checkpoint'
fi
