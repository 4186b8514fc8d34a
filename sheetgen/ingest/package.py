"""The zip package of a workbook, looked through before any reader opens it: bombs, lies, DTDs, contents.

Parts are inflated here in blocks, so that what counts is what really comes out, never what the zip claims.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sheetgen.errors import InputError, PasswordError
from sheetgen.ingest.scan import SheetScan

BLOCK: Final = 1024**2
PACKED_BLOCK: Final = 64 * 1024
MOST_PARTS: Final = 2_000
LARGEST_PART: Final = 1024**3
LARGEST_WHOLE: Final = 2 * 1024**3
RATIO: Final = 200
"""no ordinary workbook packs better; it counts from RATIO_FROM bytes on, as small parts may well"""
RATIO_FROM: Final = 10 * 1024**2
LARGEST_GRID: Final = 20_000_000
SPARSE: Final = 20
"""cells of the rectangle for each cell that holds something, above LARGEST_GRID"""
_SMALL: Final = 10 * 1024**2
_PICTURES: Final = ("/media/", "/embeddings/", "/pictures/", "/thumbnails/")
_DATA: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".pdf", ".docx")


@dataclass(frozen=True)
class Package:
    """What a package holds. ``scans``: worksheet part -> what was seen; ``small``: parts that name others."""

    unpacked: int
    names: tuple[str, ...]
    scans: Mapping[str, SheetScan] = field(default_factory=dict)
    small: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """xlsx, xlsb or ods."""
        lower = {name.lower() for name in self.names}
        if any(name.endswith("workbook.bin") for name in lower):
            return "xlsb"
        return "ods" if "content.xml" in lower else "xlsx"

    @property
    def macros(self) -> bool:
        """Whether it carries program code."""
        lower = [name.lower() for name in self.names]
        return any(n.endswith("vbaproject.bin") or n.startswith(("basic/", "scripts/")) for n in lower)

    @property
    def locked(self) -> bool:
        """Whether a password protects an OpenDocument file."""
        return b"encryption-data" in self.small.get("meta-inf/manifest.xml", b"")

    @property
    def links(self) -> bool:
        """Whether it points at other files or data connections."""
        lower = [f"/{name.lower()}" for name in self.names]
        if any("/externallinks/" in n or n.endswith("/connections.xml") for n in lower):
            return True
        content = self.small.get("content.xml", b"")
        return b"<table:table-source" in content or b"<office:dde-source" in content


def look_through(path: str, data: bytes) -> Package:
    """What is in the package. Raises InputError (SG104, 105, 106, 108, 109) where it is no safe workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    _check_names(path, parts, len(data))
    scans: dict[str, SheetScan] = {}
    small: dict[str, bytes] = {}
    whole = 0
    for part in parts:
        name = part.filename.replace("\\", "/")
        kept = _Part(path, name)
        for block in _inflate(path, part, data):
            whole += len(block)
            if whole > LARGEST_WHOLE:
                raise InputError("file_too_large", "SG106", path=path)
            kept.feed(block)
        kept.close()
        if kept.scan:
            scans[name] = kept.scan
        if kept.small:
            small[name.lstrip("/").lower()] = kept.small
    return Package(whole, tuple(part.filename.replace("\\", "/") for part in parts), scans, small)


class _Part:
    """One part as it streams by: the search for a DTD, the scan of a sheet, the bytes of a small part."""

    def __init__(self, path: str, name: str) -> None:
        lower = f"/{name.lower()}"
        self.path, self.name = path, name
        self.checked = not any(folder in lower for folder in _PICTURES)
        self.scan = SheetScan() if "/worksheets/" in lower and lower.endswith(".xml") else None
        self.kept = lower.endswith((".rels", "/workbook.xml", "/content.xml", "/manifest.xml"))
        self.small = b""
        self._tail = b""

    def feed(self, block: bytes) -> None:
        if self.checked:
            # without its NULs UTF-16 and UTF-32 read like ASCII
            plain = self._tail + (block.replace(b"\0", b"") if b"\0" in block else block)
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                raise InputError("file_with_dtd", "SG109", path=self.path, part=self.name)
            self._tail = plain[-16:]
        if self.kept and len(self.small) < _SMALL:
            self.small += block
        if self.scan:
            self.scan.feed(block)

    def close(self) -> None:
        if not self.scan:
            return
        self.scan.feed(b"", final=True)
        # a reader lays out the whole rectangle: two cells in opposite corners cost 17 thousand million
        if self.scan.grid > max(LARGEST_GRID, SPARSE * self.scan.cells):
            raise InputError("file_sparse", "SG108", path=self.path, part=self.name)


def _check_names(path: str, parts: list[zipfile.ZipInfo], size: int) -> None:
    if not parts:
        raise _damaged(path, "no parts")
    if len(parts) > MOST_PARTS:
        raise InputError("file_too_large", "SG106", path=path)
    names = [part.filename.replace("\\", "/").lower() for part in parts]
    if len(set(names)) < len(names):
        raise _damaged(path, "two parts of one name")
    for part, name in zip(parts, names, strict=True):
        if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
            raise _damaged(path, f"part {part.filename[:80]!r}")
        if part.flag_bits & 0x1:
            raise PasswordError("archive_encrypted", "SG107", path=path)
    if sum(part.compress_size for part in parts) > size:
        raise _damaged(path, "parts overlap")
    known = ("[content_types].xml", "_rels/.rels", "content.xml", "mimetype")
    books = any(n in known or n.endswith(("workbook.xml", "workbook.bin")) for n in names)
    if not books and any(n.endswith(_DATA) for n in names):
        raise InputError("file_is_archive", "SG104", path=path)


def _inflate(path: str, part: zipfile.ZipInfo, data: bytes) -> Iterator[bytes]:
    start = _start(path, part, data)
    packed = memoryview(data)[start : start + part.compress_size]
    if len(packed) != part.compress_size:
        raise _damaged(path, f"{part.filename} is cut short")
    if part.compress_type == zipfile.ZIP_STORED:
        blocks: Iterator[bytes] = (bytes(packed[i : i + BLOCK]) for i in range(0, len(packed), BLOCK))
    elif part.compress_type == zipfile.ZIP_DEFLATED:
        blocks = _deflated(path, part, packed)
    else:
        raise _damaged(path, f"{part.filename}: packing method {part.compress_type}")
    size, crc = 0, 0
    for block in blocks:
        size += len(block)
        crc = zlib.crc32(block, crc)
        if size > LARGEST_PART:
            raise InputError("file_too_large", "SG106", path=path)
        yield block
    if size != part.file_size or crc != part.CRC:
        raise _damaged(path, f"{part.filename}: checksum")


def _start(path: str, part: zipfile.ZipInfo, data: bytes) -> int:
    head = data[part.header_offset : part.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise _damaged(path, f"{part.filename} is not where it should be")
    name, extra = struct.unpack("<HH", head[26:30])
    return int(part.header_offset + 30 + name + extra)


def _deflated(path: str, part: zipfile.ZipInfo, packed: memoryview) -> Iterator[bytes]:
    machine = zlib.decompressobj(-15)
    at, left, size = 0, b"", 0
    try:
        while not machine.eof:
            if not left:
                left = bytes(packed[at : at + PACKED_BLOCK])
                at += len(left)
            if not left:
                raise _damaged(path, f"{part.filename} is cut short")
            block = machine.decompress(left, BLOCK)
            left = machine.unconsumed_tail
            size += len(block)
            if size > RATIO_FROM and size > RATIO * (at - len(left)):
                raise InputError("file_too_large", "SG106", path=path)
            if block:
                yield block
    except zlib.error as error:
        raise _damaged(path, f"{part.filename}: {error}") from error


def _damaged(path: str, reason: str) -> InputError:
    return InputError("file_damaged", "SG105", path=path, reason=reason)
