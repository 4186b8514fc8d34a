"""One run at a time in a folder: a lock that the system takes back when a run dies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from sheetgen.errors import AnotherRunError

LOCK: Final = ".sheetgen.lock"


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold ``folder``. Raises AnotherRunError while another run does."""
    path = folder / LOCK
    file = _held(path)
    if file is None:
        raise AnotherRunError("another_run", "SG614", path=folder)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # still held: nobody else can have it by now
        file.close()


def _held(path: Path) -> IO[bytes] | None:
    """The lock's file, or None where another process has it."""
    while True:
        file = path.open("a+b")
        if not _take(file):
            file.close()
            return None
        try:
            there = path.stat()
        except FileNotFoundError:
            there = None
        mine = os.fstat(file.fileno())
        if there is not None and (there.st_ino, there.st_dev) == (mine.st_ino, mine.st_dev):
            return file
        file.close()  # the run before took it away in between


def _take(file: IO[bytes]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
