#!/usr/bin/env python3
"""keys.py   makes the private keys that pki.yml names, in target/judges/keys: only those that are missing.

They are made once a machine, because RSA-4096 takes seconds, and never committed: no key of this project is
one that others have, too. The algorithm is the beginning of the file's name.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import _venv  # noqa: E402

_venv.enter()

import fcntl  # noqa: E402
import os  # noqa: E402

import yaml  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402

FOLDER = Path(sys.prefix).parent / "keys"


def make(algorithm):
    """A new private key, PKCS #8 PEM."""
    curves = {"p256": ec.SECP256R1, "p384": ec.SECP384R1}
    if algorithm in curves:
        key = ec.generate_private_key(curves[algorithm]())
    else:
        key = rsa.generate_private_key(65537, int(algorithm.removeprefix("rsa")))
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def ensure(names):
    """The folder with a key file of each of these names."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two servers that start at once must agree on the keys
        for name in names:
            if not (FOLDER / name).exists():
                part = FOLDER / (name + ".part")
                part.write_bytes(make(name.partition("-")[0]))
                os.rename(part, FOLDER / name)
    return FOLDER


def main():
    config = yaml.safe_load((Path(__file__).parent / "pki.yml").read_text("utf-8"))
    ensure(entry["path"] for entry in config["keysets"]["keys"]["keys"].values())


if __name__ == "__main__":
    main()
