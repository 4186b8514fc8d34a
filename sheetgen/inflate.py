"""A part of a zip package inflated in blocks: what comes out counts, never what the zip claims."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from typing import Final

from sheetgen.deflating import crc32, inflater
from sheetgen.errors import InputError

BLOCK: Final = 1024**2
PACKED_BLOCK: Final = 128 * 1024
LARGEST_PART: Final = 1024**3
RATIO: Final = 200
"""no ordinary workbook packs better; it counts from RATIO_FROM bytes on, as small parts may well"""
RATIO_FROM: Final = 10 * 1024**2


def inflated(
    path: str, part: zipfile.ZipInfo, data: bytes, known: bool = False, proved: bool = False
) -> Iterator[bytes]:
    """The content of a part of the package ``data``, up to BLOCK bytes at a time, and never more than the
    package says. ``known``: it was inflated before, or written here; ``proved``: these very bytes came to
    the right sum before.

    Raises InputError: SG105 where it is not what the package says of it, SG106 where it is far too large.
    """
    start = _start(path, part, data)
    packed = memoryview(data)[start : start + part.compress_size]
    if len(packed) != part.compress_size:
        raise damaged(path, f"{part.filename} is cut short")
    if part.compress_type == zipfile.ZIP_STORED:
        blocks: Iterator[bytes] = (bytes(packed[i : i + BLOCK]) for i in range(0, len(packed), BLOCK))
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        blocks = _deflated(path, part, packed, known)
    else:
        raise damaged(path, f"{part.filename}: packing method {part.compress_type}")
    size, crc, checksum = 0, 0, crc32()
    for block in blocks:
        size += len(block)
        if size > LARGEST_PART:
            raise InputError("file_too_large", "SG106", path=path)
        if size > part.file_size:
            continue  # whether it only lies or is a bomb
        if not proved:
            crc = checksum(block, crc)
        yield block
    if size != part.file_size or (crc != part.CRC and not proved):
        raise damaged(path, f"{part.filename}: checksum")


def _start(path: str, part: zipfile.ZipInfo, data: bytes) -> int:
    head = data[part.header_offset : part.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise damaged(path, f"{part.filename} is not where it should be")
    name, extra = struct.unpack("<HH", head[26:30])
    return int(part.header_offset + 30 + name + extra)


def _deflated(path: str, part: zipfile.ZipInfo, packed: memoryview, known: bool) -> Iterator[bytes]:
    machine, failure = inflater(known)
    at, left, size = 0, b"", 0
    try:
        while not machine.eof:
            if not left:
                left = bytes(packed[at : at + PACKED_BLOCK])
                at += len(left)
            block = machine.decompress(left, BLOCK)
            if not (left or block or machine.eof):
                raise damaged(path, f"{part.filename} is cut short")
            left = machine.unconsumed_tail
            size += len(block)
            if size > RATIO_FROM and size > RATIO * (at - len(left)):
                raise InputError("file_too_large", "SG106", path=path)
            if block:
                yield block
    except failure as error:
        raise damaged(path, f"{part.filename}: {error}") from error


def damaged(path: str, reason: str) -> InputError:
    """The refusal of a package that is not whole."""
    return InputError("file_damaged", "SG105", path=path, reason=reason)
