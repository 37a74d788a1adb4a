"""Puts a judge script into the Python of the judges' venv, so that it can be called from anywhere."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def enter():
    """Starts the calling script again under the venv's Python unless it already runs there."""
    base = os.environ.get("SOHOA_JUDGES_DIR") or HERE.parent.parent / "target" / "judges"
    venv = Path(base).absolute() / "venv"
    if Path(sys.prefix).resolve() == venv.resolve():
        return
    python = venv / "bin" / "python"
    if not python.exists():
        sys.exit(f"{Path(sys.argv[0]).name}: not set up (run: make judges)")
    # -I: neither the caller's PYTHONPATH nor a folder on it may stand in for a judge.
    os.execv(python, [str(python), "-I", "-B", os.path.abspath(sys.argv[0]), *sys.argv[1:]])
