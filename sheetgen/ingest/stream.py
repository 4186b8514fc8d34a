"""Text files too large to be held in memory: read in slices, once for the encoding, once for the records."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sheetgen.errors import InputError
from sheetgen.inflate import RATIO, RATIO_FROM
from sheetgen.ingest.blocks import SIZE
from sheetgen.ingest.encoding import Encoding, utf8_throughout

LARGE: Final = 32 * 1024**2
LARGE_PACKED: Final = 4 * 1024**2
LARGEST: Final = 4 * 1024**3
"""bytes of text; a larger file would need more memory for its columns than a desk has"""
HEAD: Final = 64 * 1024
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True)
class Slices:
    """The bytes of a file (unpacked, if it is .gz), from the start each time they are asked for.

    Raises InputError: SG112 when the file is no longer what it ``was`` (size, time), SG105, SG106, SG115.
    """

    there: Path
    path: str
    was: tuple[int, int]
    packed: bool

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        try:
            with self.there.open("rb") as raw, gzip.open(raw) if self.packed else raw as file:
                while piece := file.read(SIZE):
                    size += len(piece)
                    if size > LARGEST or (self.packed and size > max(RATIO_FROM, RATIO * self.was[0])):
                        raise InputError("file_too_large", "SG106", path=self.path)
                    yield piece
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError("file_damaged", "SG105", path=self.path, reason=str(error)) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError("file_unreadable", "SG115", path=self.path, reason=reason) from error
        if _state(self.there) != self.was:
            raise InputError("file_changed", "SG112", path=self.path)


def slices_of(there: Path, path: str) -> Slices | None:
    """The slices of a large file; None where it is small enough to be held, or too large for us (SG115)."""
    try:
        was = _state(there)
        with there.open("rb") as file:
            packed = file.read(2) == _GZIP
    except PermissionError as error:
        raise InputError("file_locked", "SG115", path=path) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("file_unreadable", "SG115", path=path, reason=reason) from error
    large = (LARGE_PACKED if packed else LARGE) < was[0] <= LARGEST
    return Slices(there, path, was, packed) if large else None


def head_of(slices: Slices) -> bytes:
    """The first bytes. Raises InputError."""
    return next(iter(slices), b"")[:HEAD]


def looked_through(slices: Slices) -> tuple[str, Encoding | Literal[""] | None]:
    """The sha256 of the file itself, packed or not, and whether its text is UTF-8: "" where it is packed."""
    if slices.packed:
        with slices.there.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), ""
    digest = hashlib.sha256()
    passing = _digested(slices, digest)
    utf8 = utf8_throughout(passing)
    for _ in passing:
        pass
    return digest.hexdigest(), utf8


def _digested(slices: Slices, digest: hashlib._Hash) -> Iterator[bytes]:
    for piece in slices:
        digest.update(piece)
        yield piece


def _state(there: Path) -> tuple[int, int]:
    found = there.stat()
    return found.st_size, found.st_mtime_ns
