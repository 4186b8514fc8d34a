"""From a path to bytes that may be looked at: what a file is, whether it changed, whether it is hostile."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from sheetgen.errors import InputError

TEXT: Final = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
BOOK: Final = (".xlsx", ".xlsm")
_SKIPPED: Final = ("~$", ".~lock", "._", ".")
_OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_LARGEST: Final = 4 * 1024**3
LARGEST_PART: Final = 1024**3
_LARGEST_GRID: Final = 40_000_000
_CELL: Final = re.compile(rb'<(?:\w+:)?c [^>]{0,200}?\br="([A-Z]{1,3})([0-9]{1,7})"')


@dataclass(frozen=True)
class Opened:
    """A file as bytes (unpacked, if it was .gz), with the sha256 of the file itself."""

    path: str
    data: bytes
    sha256: str
    form: Literal["text", "book"]
    misnamed: bool = False


def name_of(path: str) -> str:
    """The file's own name, for people."""
    return Path(path).name


def files_of(path: str) -> list[str]:
    """``path`` itself, or the readable files of that folder by name. Raises InputError if there are none."""
    there = Path(path)
    if not there.exists():
        raise _missing(there)
    if not there.is_dir():
        return [path]
    found = sorted(p for p in there.iterdir() if p.is_file() and _is_input(p.name))
    if not found:
        raise InputError("folder_empty", "SG101", path=path)
    return [str(p) for p in found]


def _is_input(name: str) -> bool:
    return not name.startswith(_SKIPPED) and name.lower().endswith(TEXT + BOOK)


def _missing(path: Path) -> InputError:
    near = _nearest(path)
    return InputError("file_missing" if near else "file_missing_alone", "SG101", path=str(path), near=near)


def _nearest(path: Path) -> str:
    from difflib import get_close_matches

    folder = path.parent
    names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    lower = {n.lower(): n for n in names}
    close = get_close_matches(path.name.lower(), list(lower), n=1, cutoff=0.5)
    return lower[close[0]] if close else ""


def open_input(path: str) -> Opened:
    """The bytes of a regular file, read once. Raises InputError (SG101, 102, 104-107, 112, 115, 116)."""
    there = Path(path)
    if not there.exists():
        raise _missing(there)
    if not there.is_file():
        raise InputError("file_special", "SG116", path=path)
    try:
        before = there.stat()
        if before.st_size > _LARGEST:
            raise InputError("file_too_large", "SG106", path=path)
        data = there.read_bytes()
        after = there.stat()
    except PermissionError as error:
        raise InputError("file_locked", "SG115", path=path) from error
    except OSError as error:
        raise InputError(
            "file_unreadable", "SG115", path=path, reason=error.strerror or str(error)
        ) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(
        data
    ) != after.st_size:
        raise InputError("file_changed", "SG112", path=path)
    sha256 = hashlib.sha256(data).hexdigest()
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(path, data)
    if not data:
        raise InputError("file_empty", "SG102", path=path)
    form: Literal["text", "book"] = "book" if data[:4] == b"PK\x03\x04" else "text"
    _refuse(path, data)
    if form == "book":
        check_book(path, data)
    misnamed = (form == "book") != path.lower().endswith(BOOK)
    return Opened(path, data, sha256, form, misnamed)


def _gunzip(path: str, data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            plain = packed.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("file_damaged", "SG105", path=path, reason=str(error)) from error
    if len(plain) > _LARGEST:
        raise InputError("file_too_large", "SG106", path=path)
    return plain


def _refuse(path: str, data: bytes) -> None:
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise InputError("file_encrypted", "SG107", path=path)
        raise InputError("file_old_excel", "SG116", path=path)
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        raise InputError("file_is_html", "SG104", path=path)
    if path.lower().endswith(BOOK) and not data.startswith(b"PK") and b"\0" in data[:4096]:
        raise InputError("file_damaged", "SG105", path=path, reason="no zip header")


def check_book(path: str, data: bytes) -> None:
    """Refuse packages that are damaged, bombs, or carry a DTD. Raises InputError (SG105, 106, 108, 109)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if sum(p.file_size for p in parts) > _LARGEST or any(p.file_size > LARGEST_PART for p in parts):
                raise InputError("file_too_large", "SG106", path=path)
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    _check_part(path, part.filename, package.read(part))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError("file_damaged", "SG105", path=path, reason=str(error)) from error


def _check_part(path: str, part: str, xml: bytes) -> None:
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise InputError("file_with_dtd", "SG109", path=path, part=part)
    if "/worksheets/" not in f"/{part}" or len(xml) > 64 * 1024**2:
        return
    # a reader lays out the whole rectangle: two cells in opposite corners cost 17 thousand million
    cells, rows, columns = 0, 0, 0
    for cell in _CELL.finditer(xml):
        cells += 1
        rows = max(rows, int(cell.group(2)))
        columns = max(columns, _column(cell.group(1)))
    if rows * columns > max(_LARGEST_GRID, 200 * cells):
        raise InputError("file_sparse", "SG108", path=path, part=part)


def _column(letters: bytes) -> int:
    n = 0
    for letter in letters:
        n = n * 26 + letter - 64
    return n


def all_files(paths: Sequence[str]) -> list[tuple[str, bool]]:
    """(file, found in a folder) for every path, in the order given."""
    return [(f, Path(path).is_dir()) for path in paths for f in files_of(path)]
