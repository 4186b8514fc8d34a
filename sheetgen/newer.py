"""Whether a book that is handed in is an old one: a newer book of the same series lies beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from sheetgen.errors import SheetgenError
from sheetgen.model import Issue

SUFFIXES: Final = (".xlsx", ".xlsm")
MOST: Final = 3
"""books that are opened to see whether they are of the series"""
_CUSTOM: Final = "docProps/custom.xml"
_AS_OF: Final = re.compile(rb'name="sheetgen_as_of"[^>]*>\s*<(?:\w+:)?lpwstr>(\d{4}-\d\d-\d\d)<')
_LARGEST: Final = 1 << 20


def newer_beside(path: Path, state: Mapping[str, str], password: str = "") -> tuple[Issue, ...]:
    """A warning (SG557) that names the newest one. ``state``: what the book at ``path`` says of itself."""
    if not state.get("as_of") or not state.get("series"):
        return ()
    later = [(day, book) for book in _books(path) if (day := _day_of(book)) > state["as_of"]]
    for day, book in sorted(later, reverse=True)[:MOST]:
        told = _state_of(book, password)
        if all(told.get(key, "") == state.get(key, "") for key in ("series", "split")):
            facts = (("as_of", state["as_of"]), ("newer", date.fromisoformat(day).isoformat()))
            return (Issue("SG557", "warning", str(path), value=book.name, facts=facts),)
    return ()


def _books(path: Path) -> list[Path]:
    """The other workbooks of the folder."""
    try:
        found = [p for p in path.resolve().parent.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file()]
    except OSError:
        return []
    return [p for p in found if p.name != path.name and not p.name.startswith(("~$", "."))]


def _day_of(path: Path) -> str:
    """The as-of date in a workbook's properties, "" where it has none."""
    try:
        with ZipFile(path) as package:
            if package.getinfo(_CUSTOM).file_size > _LARGEST:
                return ""
            found = _AS_OF.search(package.read(_CUSTOM))
    except (BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
        return ""
    return found[1].decode() if found else ""


def _state_of(path: Path, password: str) -> Mapping[str, str]:
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.opened import open_book

    try:
        return open_book(path, password, look_through).state
    except (SheetgenError, OSError):
        return {}
