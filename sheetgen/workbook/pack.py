"""A zip package written part by part: what was deflated, and its sums, are known as it goes out.

So a file can be proved by reading back what lies in it, without inflating it all again. The bytes are those
that zipfile would write around the same deflated parts.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import IO, Any, Final
from zipfile import BadZipFile

from sheetgen.deflating import ASKED, Crc, crc32, isal

Bytes = bytes | memoryview
PIECE: Final = 1 << 20
_LOCAL: Final = Struct("<4s5H3L2H")
_ENTRY: Final = Struct("<4s4B4HL2L5H2L")
_END: Final = Struct("<4s4H2LH")
_END_64: Final = Struct("<4sQ2H2L4Q")
_LOCATOR: Final = Struct("<4sLQL")
_BIG: Final = 0xFFFFFFFF
_LIMIT: Final = (1 << 31) - 1
"""past which numbers stand in an extra field, and ``_BIG`` in their place"""
_MANY: Final = 0xFFFF
_VERSION: Final = 20
_VERSION_64: Final = 45
_DEFLATED: Final = 8
_DAY: Final = 33
"""1980-01-01, as zip files count"""
_MODE: Final = 0o600 << 16


@dataclass(frozen=True, slots=True)
class Pace:
    """How thoroughly a part is deflated: at a level of zlib, or where it is installed at one of isal, which
    needs a fifth of the time and leaves more.
    """

    zlib: int
    isal: int | None = None


FINE: Final = Pace(6)
"""small parts"""
WIDE: Final = Pace(3)
"""rows so long that isal does not see what they have in common: it would leave 40 % more"""
LONG_ROW: Final = 1 << 14
"""bytes of such a row, or of its formulas; deflate looks back over 32,768"""
LIVE: Final = Pace(3, 3)
"""other rows with formulas"""
BULK: Final = Pace(2, 1)
"""rows without, and shared strings"""


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it was written from ``at`` on. ``sums``: the CRC of the content, and of its deflated bytes;
    ``sha256`` of the content; ``big``: its header has room for sizes past 2 GB.
    """

    name: str
    at: int
    size: int
    packed: int
    sums: tuple[int, int]
    sha256: str
    big: bool


def put(file: IO[bytes], name: str, chunks: Iterable[Bytes], pace: Pace = FINE, big: bool = False) -> Part:
    """Write one part at the end of ``file``, whose header is filled in last. ``big``: it may pass 2 GB."""
    at = file.tell()
    file.write(_header(Part(name, at, 0, 0, (0, 0), "", big)))
    machine, checksum = deflater(pace)
    size = packed = crc = packed_crc = 0
    content = hashlib.sha256()
    for chunk in chunks:
        size += len(chunk)
        crc = checksum(chunk, crc)
        content.update(chunk)
        if deflated := machine.compress(chunk):
            packed, packed_crc = packed + len(deflated), checksum(deflated, packed_crc)
            file.write(deflated)
    deflated = machine.flush()
    packed, packed_crc = packed + len(deflated), checksum(deflated, packed_crc)
    file.write(deflated)
    part = Part(name, at, size, packed, (crc, packed_crc), content.hexdigest(), big)
    if not big and max(size, packed) > _LIMIT:
        raise ValueError(f"{name} is past 2 GB")
    file.seek(at)
    file.write(_header(part))
    file.seek(0, os.SEEK_END)
    return part


def finish(file: IO[bytes], parts: Sequence[Part]) -> None:
    """Write the directory of ``parts`` at the end of ``file``."""
    file.write(_directory(parts, file.tell()))


def read_back(file: IO[bytes], parts: Sequence[Part]) -> None:
    """Compare every byte of ``file`` with what was written. Raises BadZipFile (which part)."""
    file.seek(0)
    checksum = crc32()
    for part in parts:
        header = _header(part)
        if file.tell() != part.at or file.read(len(header)) != header:
            raise BadZipFile(part.name)
        left, crc = part.packed, 0
        while piece := file.read(min(PIECE, left)):
            left, crc = left - len(piece), checksum(piece, crc)
        if left or crc != part.sums[1]:
            raise BadZipFile(part.name)
    at = file.tell()
    if file.read() != _directory(parts, at):
        raise BadZipFile("directory")


def deflater(pace: Pace) -> tuple[Any, Crc]:
    """A compressor, and a CRC-32."""
    asked, level = os.environ.get(ASKED, ""), pace.zlib
    if len(asked) == 1 and asked in "123456789":
        level = int(asked)
    elif pace.isal is not None and (found := isal()):
        return found.compressobj(pace.isal, zlib.DEFLATED, -15), found.crc32
    return zlib.compressobj(level, zlib.DEFLATED, -15), crc32()


def _header(part: Part) -> bytes:
    name = part.name.encode("ascii")
    version, sizes, extra = _VERSION, (part.packed, part.size), b""
    if part.big:
        version, sizes, extra = _VERSION_64, (_BIG, _BIG), _extra(part.size, part.packed)
    return (
        _LOCAL.pack(b"PK\3\4", version, 0, _DEFLATED, 0, _DAY, part.sums[0], *sizes, len(name), len(extra))
        + name
        + extra
    )


def _extra(*numbers: int) -> bytes:
    """The field for numbers past the limit."""
    return Struct(f"<2H{len(numbers)}Q").pack(1, 8 * len(numbers), *numbers) if numbers else b""


def _entry(part: Part) -> bytes:
    name, sizes, at = part.name.encode("ascii"), (part.packed, part.size), part.at
    numbers: tuple[int, ...] = ()
    if max(sizes) > _LIMIT:
        numbers, sizes = (part.size, part.packed), (_BIG, _BIG)
    if at > _LIMIT:
        numbers, at = (*numbers, part.at), _BIG
    extra = _extra(*numbers)
    needed = _VERSION_64 if part.big or numbers else _VERSION
    made = (max(needed, _VERSION), 0, needed, 0)
    fields = (0, _DEFLATED, 0, _DAY, part.sums[0], *sizes, len(name), len(extra), 0, 0, 0, _MODE, at)
    return _ENTRY.pack(b"PK\1\2", *made, *fields) + name + extra


def _directory(parts: Sequence[Part], at: int) -> bytes:
    entries = b"".join(map(_entry, parts))
    count, size = len(parts), len(entries)
    end = b""
    if count > _MANY or max(at, size) > _LIMIT:
        end = _END_64.pack(b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, at)
        end += _LOCATOR.pack(b"PK\6\7", 0, at + size, 1)
        count, size, at = min(count, _MANY), min(size, _BIG), min(at, _BIG)
    return entries + end + _END.pack(b"PK\5\6", 0, 0, count, count, size, at, 0)
