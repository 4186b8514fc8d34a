"""The books that lie in an output folder, by the day they look to: which of them is last week's.

The day stands in the book itself, so a copy, a rename or a late save changes nothing. Lock files, backups
and whatever is none of ours are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from sheetgen.errors import InputError, UsageError

AS_OF: Final = "sheetgen_as_of"
_MARKS: Final = ("~$", ".")
_BACKUP: Final = re.compile(r"\.bak\d*$")
_PROPERTY: Final = re.compile(
    rb'<(?:\w+:)?property\b[^>]*\bname="sheetgen_(as_of|scheme)"[^>]*>\s*<(?:\w+:)?lpwstr>([^<]*)<'
)
_STAMP: Final = re.compile(rb"<dcterms:(created|modified)\b[^>]*>([^<]*)<")
_MOST: Final = 1 << 20


@dataclass(frozen=True)
class WeekBook:
    """A book, or a folder of split books. ``saved``: by a spreadsheet program, since a program of ours
    wrote it."""

    path: Path
    as_of: date
    scheme: str
    saved: bool
    digest: str = ""
    books: tuple[Path, ...] = ()
    """the books of a folder"""


def books_in(folder: Path, password: str = "") -> tuple[WeekBook, ...]:
    """Every book of ours in ``folder``, and every folder there that holds some. Raises InputError (a workbook
    cannot be read), PasswordError."""
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(_MARKS) or _BACKUP.search(path.name):
            continue
        if path.is_dir():
            own = [book for book in (look_at(p, password) for p in _workbooks(path)) if book]
            if own:
                newest = max(book.as_of for book in own)
                mine = [book for book in own if book.as_of == newest]
                found.append(
                    WeekBook(path, newest, mine[0].scheme, any(b.saved for b in mine), "",
                             tuple(b.path for b in mine))
                )  # fmt: skip
        elif path in _workbooks(folder) and (one := look_at(path, password)):
            found.append(one)
    return tuple(found)


def _workbooks(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in (".xlsx", ".xlsm") and path.is_file() and not path.name.startswith(_MARKS)
    )


def look_at(path: Path, password: str = "") -> WeekBook | None:
    """What a workbook says of itself; None where it is none of ours.

    The properties tell at once; a book without them is opened.
    """
    import hashlib

    from sheetgen.ingest.package import look_through
    from sheetgen.share.encrypt import is_sealed, unseal
    from sheetgen.workbook.opened import open_book

    data = path.read_bytes()
    if is_sealed(data):
        data = unseal(data, password, str(path))
    told, stamps = peeked(BytesIO(data))
    digest = hashlib.sha256(data).hexdigest()
    if "as_of" not in told:
        try:
            book = open_book(path, password, look_through)
        except InputError as error:
            if error.key == "previous_foreign":
                return None
            raise
        told = {"as_of": book.state.get("as_of", ""), "scheme": book.state.get("scheme", "")}
    try:
        day = date.fromisoformat(told["as_of"])
    except ValueError:
        return None
    return WeekBook(path, day, told.get("scheme", ""), len(set(stamps.values())) > 1, digest)


def peeked(file: Path | BytesIO) -> tuple[dict[str, str], dict[str, str]]:
    """Our properties (``as_of``, ``scheme``) and both time stamps of a workbook; none of anything else."""
    try:
        with ZipFile(file) as package:
            custom, core = (_part(package, f"docProps/{name}.xml") for name in ("custom", "core"))
    except (BadZipFile, OSError, RuntimeError):
        return {}, {}
    told = {key.decode(): value.decode("utf-8", "replace") for key, value in _PROPERTY.findall(custom)}
    return told, {key.decode(): value.decode("ascii", "replace") for key, value in _STAMP.findall(core)}


def _part(package: ZipFile, name: str) -> bytes:
    if name not in package.namelist() or package.getinfo(name).file_size > _MOST:
        return b""
    return package.read(name)


def last_of(books: Sequence[WeekBook], before: date, scheme: str) -> WeekBook | None:
    """The newest book that looks to a day before ``before``. Raises UsageError (SG572), see one_of."""
    earlier = [book for book in books if book.as_of < before]
    if not earlier:
        return None
    newest = max(book.as_of for book in earlier)
    return one_of([book for book in earlier if book.as_of == newest], scheme)


def one_of(books: Sequence[WeekBook], scheme: str) -> WeekBook | None:
    """The one that counts of books of one day: of this scheme, then the one that staff saved.

    Raises UsageError (SG572) where two are left that differ: which of them is meant is not ours to guess.
    """
    left = list(books)
    for better in ([b for b in left if b.scheme == scheme], [b for b in left if b.saved]):
        both = [book for book in left if book in better]
        left = both or left
    if len({book.digest or str(book.path) for book in left}) > 1:
        names = ", ".join(book.path.name for book in left)
        raise UsageError("weekly_two_books", "SG572", names=names, as_of=left[0].as_of.isoformat())
    return left[0] if left else None
