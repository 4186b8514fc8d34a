"""Finds LibreOffice and a Python that can drive it, and starts and ends programs cleanly."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path


@functools.cache
def find_soffice() -> str | None:
    """The LibreOffice program, from ``SHEETGEN_SOFFICE``, PATH or the usual places."""
    named = os.environ.get("SHEETGEN_SOFFICE")
    usual = ["/Applications/LibreOffice.app/Contents/MacOS/soffice", "/opt/libreoffice/program/soffice"]
    found = [named, shutil.which("soffice"), shutil.which("libreoffice"), *usual]
    return next((f for f in found if f and Path(f).is_file()), None)


@functools.cache
def find_python() -> str | None:
    """A Python that can ``import uno``: ``SHEETGEN_UNO_PYTHON``, LibreOffice's own, or the system's."""
    soffice = find_soffice()
    program = Path(soffice).resolve().parent if soffice else Path("/nonexistent")
    named = os.environ.get("SHEETGEN_UNO_PYTHON")
    own = [program / "python", program.parent / "Resources" / "python"]
    for python in [named, *map(str, own), "/usr/bin/python3", shutil.which("python3")]:
        if python and Path(python).is_file() and _has_uno(python):
            return python
    return None


def missing() -> str:
    """Why LibreOffice cannot be used here, or ``""``."""
    if find_soffice() is None:
        return "LibreOffice (soffice) is not installed"
    if find_python() is None:
        return "no Python with LibreOffice's uno module (Debian: apt install python3-uno)"
    return ""


def clean_environment() -> dict[str, str]:
    """The environment without what ties a child Python to this one or LibreOffice to a screen."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "DISPLAY")
    return {**{k: v for k, v in os.environ.items() if k not in dropped}, "PYTHONUTF8": "1"}


def kill_group(leader: int) -> None:
    """End a process started with ``start_new_session``, and all it forked, at once."""
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(leader, signal.SIGKILL)
        else:
            os.kill(leader, signal.SIGTERM)


def _has_uno(python: str) -> bool:
    with suppress(OSError, subprocess.TimeoutExpired):
        command = [python, "-c", "import uno, sys; sys.exit(sys.version_info < (3, 8))"]
        done = subprocess.run(command, env=clean_environment(), capture_output=True, timeout=60, check=False)
        return done.returncode == 0
    return False
