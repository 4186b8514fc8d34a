"""The zip package of a book: members read, and written again raw but for those that changed."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sheetgen.workbook.pack import FINE, Pace, deflater

_RECORD: Final = struct.Struct("<4s6H3L5H2L")
_HEADER: Final = struct.Struct("<4s5H3L2H")
_END: Final = struct.Struct("<4s4H2LH")
_UTF8: Final = 0x800
_ZIP64: Final = 1
_BIG: Final = 0xFFFFFFFF


@dataclass(frozen=True)
class Member:
    """One member. ``record``: its entry in the directory; ``start``, ``stop``: where it lies."""

    info: ZipInfo
    record: bytes
    start: int
    stop: int


@dataclass(frozen=True)
class Packed:
    """Deflated content."""

    data: bytes
    crc: int
    size: int


def members_of(data: bytes) -> tuple[Member, ...]:
    """The members in the order of the directory. Raises BadZipFile."""
    with ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        end = at = int(archive.start_dir)
    starts = [*sorted({info.header_offset for info in infos}), end]
    after = dict(pairwise(starts))
    found = []
    for info in infos:
        name, extra, comment = struct.unpack_from("<3H", data, at + 28)
        stop = at + _RECORD.size + name + extra + comment
        found.append(Member(info, data[at:stop], info.header_offset, after[info.header_offset]))
        at = stop
    return tuple(found)


def packed(chunks: Iterable[bytes | memoryview], pace: Pace = FINE) -> Packed:
    """The chunks, deflated one by one."""
    machine, crc32 = deflater(pace)
    crc = size = 0
    pieces = []
    for chunk in chunks:
        crc, size = crc32(chunk, crc), size + len(chunk)
        pieces.append(machine.compress(chunk))
    pieces.append(machine.flush())
    return Packed(b"".join(pieces), crc, size)


def rewritten(data: bytes, members: Iterable[Member], new: Mapping[str, Packed | None]) -> bytes:
    """The archive with some members' contents replaced, or left out (None), by name.

    All others keep their bytes, headers, dates and places; so does the archive's comment.
    """
    members = list(members)
    out = io.BytesIO()
    offsets: dict[str, int] = {}
    for member in sorted(members, key=lambda m: m.start):
        name = member.info.filename
        offsets[name] = out.tell()
        if name not in new:
            out.write(memoryview(data)[member.start : member.stop])
        elif content := new[name]:
            out.write(_header(member, content))
            out.write(content.data)
    begin = out.tell()
    kept = [m for m in members if new.get(m.info.filename, 0) is not None]
    for member in kept:
        out.write(_record(member, offsets[member.info.filename], new.get(member.info.filename)))
    comment = _comment(data)
    size = out.tell() - begin
    out.write(_END.pack(b"PK\5\6", 0, 0, len(kept), len(kept), size, begin, len(comment)) + comment)
    return out.getvalue()


def _comment(data: bytes) -> bytes:
    with ZipFile(io.BytesIO(data)) as archive:
        return archive.comment


def _header(member: Member, content: Packed) -> bytes:
    fields = _RECORD.unpack_from(member.record)
    name = member.record[_RECORD.size : _RECORD.size + fields[10]]
    sizes = (content.crc, len(content.data), content.size)
    flags = fields[3] & _UTF8
    return _HEADER.pack(b"PK\3\4", 20, flags, ZIP_DEFLATED, *fields[5:7], *sizes, len(name), 0) + name


def _record(member: Member, offset: int, content: Packed | None) -> bytes:
    """The directory's entry with the new place, and what is new of the content."""
    fields = list(_RECORD.unpack_from(member.record))
    rest = member.record[_RECORD.size :]
    name, extra, comment = (
        rest[: fields[10]],
        rest[fields[10] :][: fields[11]],
        rest[fields[10] + fields[11] :],
    )
    info = member.info
    if content is not None:
        fields[2:5] = [20, fields[3] & _UTF8, ZIP_DEFLATED]
        fields[7:10] = [content.crc, len(content.data), content.size]
    elif _BIG in (fields[8], fields[9], fields[16]):
        fields[8:10] = [info.compress_size, info.file_size]
    if content is not None or _BIG in _RECORD.unpack_from(member.record)[8:17]:
        extra = _without(extra, _ZIP64)
        fields[11] = len(extra)
    fields[16] = offset
    return _RECORD.pack(*fields) + name + extra + comment


def _without(extra: bytes, tag: int) -> bytes:
    """A member's extra fields without those of one kind; as they are when they cannot be told apart."""
    kept, at = b"", 0
    while at + 4 <= len(extra):
        found, size = struct.unpack_from("<2H", extra, at)
        if found != tag:
            kept += extra[at : at + 4 + size]
        at += 4 + size
    return kept + extra[at:]
