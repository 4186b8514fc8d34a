"""From a path to bytes that may be looked at: what a file is, whether it changed, whether it is hostile."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from sheetgen.connect import masked
from sheetgen.errors import InputError
from sheetgen.inflate import BLOCK, RATIO, RATIO_FROM
from sheetgen.ingest.encoding import Encoding
from sheetgen.ingest.package import Package, look_through
from sheetgen.ingest.paths import is_mark, kind_of, missing, shown
from sheetgen.ingest.stream import Slices, head_of, looked_through, slices_of

Form = Literal["text", "book", "frame"]
LARGEST: Final = 4 * 1024**3
LARGEST_BOOK: Final = 512 * 1024**2
OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
"""the name of the stream that holds a workbook under a password"""
_SAS: Final = bytes(12) + bytes.fromhex("C2EA8160B31411CFBD92080009C7318C181F1011")
_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (OLE, "xls"),
    (b"PAR1", "parquet"),
    (b"$FL2", "sav"),
    (b"$FL3", "sav"),
    (_SAS, "sas7bdat"),
)
_FOREIGN: Final = (
    (b"%PDF-", "PDF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
)
_OLD_BIFF: Final = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x10]\x00", re.DOTALL)
_HTML: Final = re.compile(
    rb"<(?:!doctype html|html|head|body|meta|table|style|script|center|div|font|tr)\b", re.I
)
_XML_BOOK: Final = re.compile(rb"<\?mso-application|<(?:\w+:)?workbook\b|<office:document\b", re.I)


@dataclass(frozen=True)
class Opened:
    """A file as bytes (unpacked, if it was .gz), with the sha256 of the file itself.

    ``path`` is fit to be shown. ``kind``: text, xlsx, xlsb, ods, xls, parquet, sav, sas7bdat.
    ``package``: what a zipped workbook holds. ``slices``: of a text too large to be held, of which ``data``
    is only the beginning; ``utf8``: what ``utf8_throughout`` says of them, "" where nobody has asked yet.
    """

    path: str
    data: bytes
    sha256: str
    form: Form
    misnamed: bool = False
    kind: str = "text"
    package: Package | None = None
    slices: Slices | None = None
    utf8: Encoding | Literal[""] | None = ""


def name_of(path: str) -> str:
    """The file's own name, for people."""
    return Path(masked(shown(path))).name


def open_input(path: str) -> Opened:
    """The bytes of a regular file, read once.

    Raises InputError (SG101, 102, 104-106, 108, 109, 112, 115, 116), PasswordError (SG107).
    """
    there, path = Path(path), shown(path)
    if not there.exists():
        raise missing(there)
    if not there.is_file():
        raise InputError("file_special", "SG116", path=path)
    slices = slices_of(there, path)
    if slices and is_text(head := head_of(slices)):
        sha256, utf8 = looked_through(slices)
        return recognised(Opened(path, head, sha256, "text", slices=slices, utf8=utf8))
    data = _read(there, path)
    sha256 = hashlib.sha256(data).hexdigest()
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(path, data)
    if not data:
        raise InputError("file_empty", "SG102", path=path)
    if is_mark(path):
        raise InputError("file_is_mark", "SG104", path=path)
    return recognised(Opened(path, data, sha256, "text"))


def is_text(data: bytes) -> bool:
    """Whether what begins with ``data`` is neither a package nor a typed file."""
    return not data.startswith((b"PK\x03\x04", *(magic for magic, _ in _MAGIC)))


def recognised(opened: Opened) -> Opened:
    """The file with what its first bytes say it is, after a look through it. Raises like ``open_input``."""
    path, data = opened.path, opened.data
    package = None
    if data[:4] == b"PK\x03\x04":
        if len(data) > LARGEST_BOOK:
            raise InputError("file_too_large", "SG106", path=path)
        package = look_through(path, data, cells=True)
        kind = package.kind
    else:
        kind = next((kind for magic, kind in _MAGIC if data.startswith(magic)), "text")
    named = kind_of(path)
    if kind == "text":
        _refuse(path, data, named)
    locked = kind == "xls" and ENCRYPTED in data
    form: Form = "text" if kind == "text" else "frame" if kind in ("parquet", "sav", "sas7bdat") else "book"
    return replace(
        opened, form=form, kind=kind, package=package, misnamed=named not in ("", kind) and not locked
    )


def _read(there: Path, path: str) -> bytes:
    try:
        before = there.stat()
        if before.st_size > LARGEST:
            raise InputError("file_too_large", "SG106", path=path)
        data = there.read_bytes()
        after = there.stat()
    except PermissionError as error:
        raise InputError("file_locked", "SG115", path=path) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("file_unreadable", "SG115", path=path, reason=reason) from error
    was, now = (before.st_size, before.st_mtime_ns), (after.st_size, after.st_mtime_ns)
    if was != now or len(data) != after.st_size:
        raise InputError("file_changed", "SG112", path=path)
    return data


def _gunzip(path: str, data: bytes) -> bytes:
    blocks: list[bytes] = []
    size = 0
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            while block := packed.read(BLOCK):
                size += len(block)
                if size > LARGEST or (size > RATIO_FROM and size > RATIO * len(data)):
                    raise InputError("file_too_large", "SG106", path=path)
                blocks.append(block)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("file_damaged", "SG105", path=path, reason=str(error)) from error
    return b"".join(blocks)


def _refuse(path: str, data: bytes, named: str) -> None:
    """Raises InputError for what is neither a table nor text."""
    for magic, what in _FOREIGN:
        if data.startswith(magic):
            raise InputError("file_is_foreign", "SG104", path=path, what=what)
    if _OLD_BIFF.match(data):
        raise InputError("file_old_excel", "SG116", path=path, reason="BIFF 2-5")
    head = data[:4096]
    utf16 = head[:2] in (b"\xff\xfe", b"\xfe\xff") or 4 * head.count(0) > len(head)
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.startswith(b"<"):
        if _XML_BOOK.search(start):
            raise InputError("file_is_xml", "SG104", path=path)
        if _HTML.search(start):
            raise InputError("file_is_html", "SG104", path=path)
    if start[:200].lower().startswith(b"mime-version:"):
        raise InputError("file_is_html", "SG104", path=path)
    if named not in ("", "text") and b"\0" in head and not utf16:
        raise InputError("file_damaged", "SG105", path=path, reason=f"no {named}")
