"""The zip package of a workbook, looked through before any reader opens it: bombs, lies, DTDs, contents."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sheetgen.errors import InputError, PasswordError
from sheetgen.inflate import damaged, inflated
from sheetgen.ingest.scan import SheetScan

MOST_PARTS: Final = 2_000
LARGEST_WHOLE: Final = 2 * 1024**3
LARGEST_GRID: Final = 20_000_000
SPARSE: Final = 20
"""cells of the rectangle for each cell that holds something, above LARGEST_GRID"""
_ROOT: Final = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?:<\?xml [^<>]*\?>\s*)?<[A-Za-z_][\w:.-]*[\s/>]"
)
"""the beginning of a part that has nothing but its declaration before the root's tag"""
_SMALL: Final = 10 * 1024**2
_PICTURES: Final = ("/media/", "/embeddings/", "/pictures/", "/thumbnails/")
_DATA: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".pdf", ".docx")


@dataclass(frozen=True)
class Package:
    """What a package holds. ``scans``: worksheet part -> what was seen; ``small``: parts that name others."""

    path: str
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

    def check_cells(self, part: zipfile.ZipInfo, data: bytes) -> None:
        """Look at a sheet of the package, or of what was made of it.

        Raises InputError (SG108) for one too sparse for a reader that lays out its whole rectangle.
        """
        scan = SheetScan()
        for block in inflated(self.path, part, data):
            scan.feed(block)
        _check_grid(self.path, part.filename, scan)


def look_through(path: str, data: bytes, cells: bool = False, later: bool = False) -> Package:
    """What is in the package, also in the ``cells`` of its sheets. ``later``: of a sheet the beginning is
    enough, as who reads it by ``inflated`` gets no more of it than the package says, or is told.

    Raises InputError (SG104, 105, 106, 109; with ``cells`` SG108) where it is no safe workbook.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise damaged(path, str(error)) from error
    _check_names(path, parts, len(data))
    scans: dict[str, SheetScan] = {}
    small: dict[str, bytes] = {}
    whole = 0
    for part in parts:
        name = part.filename.replace("\\", "/")
        kept = _Part(path, name, cells)
        for block in inflated(path, part, data):
            whole += len(block)
            if whole > LARGEST_WHOLE:
                raise InputError("file_too_large", "SG106", path=path)
            kept.feed(block)
            if later and kept.sheet and not kept.checked:
                whole += part.file_size - len(block)
                break
        kept.close()
        if kept.scan:
            scans[name] = kept.scan
        if kept.small:
            small[name.lstrip("/").lower()] = kept.small
    return Package(path, whole, tuple(part.filename.replace("\\", "/") for part in parts), scans, small)


class _Part:
    """One part as it streams by: the search for a DTD, the scan of a sheet, the bytes of a small part."""

    def __init__(self, path: str, name: str, cells: bool) -> None:
        lower = f"/{name.lower()}"
        self.path, self.name = path, name
        self.checked = not any(folder in lower for folder in _PICTURES)
        self.sheet = "/worksheets/" in lower and lower.endswith(".xml")
        self.scan = SheetScan() if cells and self.sheet else None
        self.kept = lower.endswith((".rels", "/workbook.xml", "/content.xml", "/manifest.xml"))
        self.small = b""
        self._tail = b""

    def feed(self, block: bytes) -> None:
        if self.checked:
            # without its NULs UTF-16 and UTF-32 read like ASCII
            plain = self._tail + (block.replace(b"\0", b"") if b"\0" in block else block)
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                raise InputError("file_with_dtd", "SG109", path=self.path, part=self.name)
            # behind the root's tag no parser takes one
            self.checked = bool(self._tail) or _ROOT.match(plain) is None
            self._tail = plain[-16:]
        if self.kept and len(self.small) < _SMALL:
            self.small += block
        if self.scan:
            self.scan.feed(block)

    def close(self) -> None:
        if self.scan:
            _check_grid(self.path, self.name, self.scan)


def _check_grid(path: str, name: str, scan: SheetScan) -> None:
    scan.feed(b"", final=True)
    # a reader lays out the whole rectangle: two cells in opposite corners cost 17 thousand million
    if scan.grid > max(LARGEST_GRID, SPARSE * scan.cells):
        raise InputError("file_sparse", "SG108", path=path, part=name)


def _check_names(path: str, parts: list[zipfile.ZipInfo], size: int) -> None:
    if not parts:
        raise damaged(path, "no parts")
    if len(parts) > MOST_PARTS:
        raise InputError("file_too_large", "SG106", path=path)
    names = [part.filename.replace("\\", "/").lower() for part in parts]
    if len(set(names)) < len(names):
        raise damaged(path, "two parts of one name")
    for part, name in zip(parts, names, strict=True):
        if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
            raise damaged(path, f"part {part.filename[:80]!r}")
        if part.flag_bits & 0x1:
            raise PasswordError("archive_encrypted", "SG107", path=path)
    if sum(part.compress_size for part in parts) > size:
        raise damaged(path, "parts overlap")
    known = ("[content_types].xml", "_rels/.rels", "content.xml", "mimetype")
    books = any(n in known or n.endswith(("workbook.xml", "workbook.bin")) for n in names)
    if not books and any(n.endswith(_DATA) for n in names):
        raise InputError("file_is_archive", "SG104", path=path)
