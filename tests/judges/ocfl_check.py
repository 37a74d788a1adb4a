#!/usr/bin/env python3
"""ocfl_check.py ROOT

Validates an OCFL storage root with ocfl-py: the structure of the root, and every object with all digests.
Prints `ERROR` and `WARNING` lines, then `OBJECTS good/all`. Exit 0 only without an error, 2 for a wrong call.

ocfl-py leaves three things to its caller, and they are judged here: an object that fails makes the root fail,
an object must lie where the declared layout puts its identifier, and no object may declare a later version
of the specification than the root does (E081).
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import _venv  # noqa: E402

_venv.enter()

import json  # noqa: E402
import logging  # noqa: E402
import re  # noqa: E402

from ocfl.digest import string_digest  # noqa: E402
from ocfl.layout import Layout, LayoutException  # noqa: E402
from ocfl.layout_registry import add_layout  # noqa: E402
from ocfl.storage_root import StorageRoot  # noqa: E402


class HashedNTuple(Layout):
    """Extension 0004, which ocfl-py does not bring: digest of the identifier, cut into tuples."""

    def __init__(self):
        super().__init__()
        self.NAME = "0004-hashed-n-tuple-storage-layout"
        self.DESCRIPTION = "Extension 0004: Hashed N-tuple Storage Layout"
        self.digest_algorithm = "sha256"
        self.tuple_size = 3
        self.number_of_tuples = 3
        self.short_object_root = False
        self.PARAMS = {
            "digestAlgorithm": self.check_digest_algorithm,
            "tupleSize": self.check_tuple_size,
            "numberOfTuples": self.check_number_of_tuples,
            "shortObjectRoot": self.check_short_object_root,
        }

    def check_digest_algorithm(self, value):
        """Any algorithm that ocfl-py can compute."""
        if value is not None:
            string_digest("", value)
            self.digest_algorithm = value

    def check_tuple_size(self, value):
        """0 to 32, as the extension says."""
        if value is not None:
            self.tuple_size = self._small_number("tupleSize", value)

    def check_number_of_tuples(self, value):
        """0 to 32, as the extension says."""
        if value is not None:
            self.number_of_tuples = self._small_number("numberOfTuples", value)

    def check_short_object_root(self, value):
        """True or false."""
        if value is not None:
            if not isinstance(value, bool):
                raise LayoutException("shortObjectRoot is neither true nor false")
            self.short_object_root = value

    @staticmethod
    def _small_number(name, value):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 32:
            raise LayoutException(f"{name} is not a number from 0 to 32")
        return value

    def check_full_config(self):
        """Both sizes zero or neither, and no more characters than the digest has."""
        length = len(string_digest("", self.digest_algorithm))
        used = self.tuple_size * self.number_of_tuples
        if (self.tuple_size == 0) != (self.number_of_tuples == 0) or used > length:
            raise LayoutException("tupleSize and numberOfTuples do not fit each other or the digest")
        if self.short_object_root and used >= length:
            raise LayoutException("shortObjectRoot leaves no characters for the object root")

    def identifier_to_path(self, identifier):
        """Where the object of this identifier belongs, relative to the root."""
        digest = string_digest(identifier, self.digest_algorithm).lower()
        size, used = self.tuple_size, self.tuple_size * self.number_of_tuples
        tuples = [digest[start : start + size] for start in range(0, used, size or 1)]
        return "/".join([*tuples, digest[used:] if self.short_object_root else digest])


def stray_objects(storage, path):
    """Objects in the wrong place or of a later version than their root, as error lines."""
    for relative in storage.object_paths():
        folder = path / relative
        try:
            identifier = json.loads((folder / "inventory.json").read_text("utf-8"))["id"]
            declared = next(folder.glob("0=ocfl_object_*")).name.removeprefix("0=ocfl_object_")
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            continue  # the validator has said what is wrong with it
        if [int(part) for part in declared.split(".")] > [int(part) for part in storage.spec_version.split(".")]:
            yield f"[[{relative}]][E081] object of OCFL {declared} in a root of OCFL {storage.spec_version}"
        if storage.layout_name:
            expected = storage.layout.identifier_to_path(identifier)
            if relative != expected:
                yield f"[[{relative}]] layout {storage.layout_name} puts {identifier} at {expected}"


def judge(path):
    """Error lines, warning lines, number of valid objects, number of objects."""
    storage = StorageRoot(root=str(path))
    storage.registered_extensions.append(HashedNTuple().NAME)
    valid = storage.validate(log_warnings=True, max_errors=sys.maxsize)
    lines = storage.log.messages[:]
    for _, messages in storage.errors:
        lines += messages.split("\n")
    warnings = [line for line in lines if re.match(r"(\[\[.*?\]\])?\[W\d", line)]
    errors = [line for line in lines if line not in warnings]
    if valid:
        seen = len(errors)
        errors += stray_objects(storage, path)
        if storage.good_objects != storage.num_objects and not seen:
            errors.append(f"{storage.num_objects - storage.good_objects} objects refused without a reason")
    elif not errors:
        errors.append("root refused without a reason")
    return errors, warnings, storage.good_objects, storage.num_objects


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)
    add_layout(HashedNTuple().NAME, HashedNTuple)
    try:
        errors, warnings, good, count = judge(Path(arguments[0]))
    except Exception as error:  # noqa: BLE001 - ocfl-py raises plain Exception for a bad layout
        errors, warnings, good, count = [f"{type(error).__name__}: {error}"], [], 0, 0
    for line in errors:
        print(f"ERROR {line}")
    for line in warnings:
        print(f"WARNING {line}")
    print(f"OBJECTS {good}/{count}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.exit(main(sys.argv[1:]))
