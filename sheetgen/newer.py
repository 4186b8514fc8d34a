"""Whether a book that is handed in is an old one: a newer book of the same series lies beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from sheetgen.errors import SheetgenError
from sheetgen.model import Issue
from sheetgen.weekbooks import peeked

SUFFIXES: Final = (".xlsx", ".xlsm")
MOST: Final = 3
"""books that are opened to see whether they are of the series"""


def newer_beside(path: Path, state: Mapping[str, str], password: str = "") -> tuple[Issue, ...]:
    """A warning (SG557) that names the newest one. ``state``: what the book at ``path`` says of itself."""
    own = _day(state.get("as_of", ""))
    if own is None or not state.get("series"):
        return ()
    days = [(_day(peeked(book)[0].get("as_of", "")), book) for book in _books(path)]
    later = [(day, book) for day, book in days if day is not None and day > own]
    for day, book in sorted(later, reverse=True)[:MOST]:
        told = _state_of(book, password)
        if all(told.get(key, "") == state.get(key, "") for key in ("series", "split")):
            facts = (("as_of", own.isoformat()), ("newer", day.isoformat()))
            return (Issue("SG557", "warning", str(path), value=book.name, facts=facts),)
    return ()


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def _books(path: Path) -> list[Path]:
    """The other workbooks of the folder."""
    try:
        found = [p for p in path.resolve().parent.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file()]
    except OSError:
        return []
    return [p for p in found if p.name != path.name and not p.name.startswith(("~$", "."))]


def _state_of(path: Path, password: str) -> Mapping[str, str]:
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.opened import open_book

    try:
        return open_book(path, password, look_through).state
    except (SheetgenError, OSError):
        return {}
