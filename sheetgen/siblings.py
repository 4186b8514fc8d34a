"""The other books of a split, beside one of them: whether they hold a customer who is gone from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.errors import SheetgenError
from sheetgen.model import Issue

if TYPE_CHECKING:
    from sheetgen.workbook.opened import OpenBook

MARKS = ("~$", ".")
SHOWN = 5


@dataclass(frozen=True)
class Elsewhere:
    """``books``: customer, as casefold() writes them -> the file that holds them now. ``missing``: how many
    books of the split, which has ``of``, were not to be read; whoever was not found may stand in one of them.
    """

    books: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    of: int = 0


Look = Callable[[Collection[str]], Elsewhere]


def settled(gone: Sequence[str], look: Look, sheet: str, place: str) -> tuple[dict[str, str], list[Issue]]:
    """Customers ``gone`` from ``sheet`` who stand in another book now, each with its name, and what is told:
    of them (SG535), and that others may have moved to a book that is not there (SG536). ``place``: whose.
    """
    found = look(gone)
    moved = {c: found.books[c.casefold()] for c in gone if c.casefold() in found.books}
    issues = [
        Issue("SG535", "note", place, value=customer, facts=(("sheet", sheet), ("other", book)))
        for customer, book in moved.items()
    ]
    left = [customer for customer in gone if customer not in moved]
    if found.missing and left:
        facts = (("sheet", sheet), ("missing", str(found.missing)), ("of", str(found.of)))
        names = ", ".join(left[:SHOWN])
        issues.append(Issue("SG536", "warning", place, value=names, count=len(left), facts=facts))
    return moved, issues


def nowhere(_: Collection[str]) -> Elsewhere:
    """Of a book that is no split's."""
    return Elsewhere()


def beside(path: Path, state: Mapping[str, str], password: str = "") -> Look:
    """Where the customers of the book at ``path`` went. ``state``: what it says of itself.

    Nothing is opened until somebody asks, and no book after all that are asked for are found.
    """
    own = split_told(state)
    if not own:
        return nowhere

    def look(customers: Collection[str]) -> Elsewhere:
        wanted, seen, found = {c.casefold() for c in customers}, {own["value"]}, dict[str, str]()
        for book, split in _siblings(path, state.get("as_of", ""), password):
            if split.get("run") != own["run"] or split.get("value") == own["value"]:
                continue
            ids = _customers(book)
            if ids is not None:
                seen.add(split["value"])
                found |= dict.fromkeys((ids & wanted) - found.keys(), book.path.name)
            if found.keys() == wanted:
                break
        books = own["books"]
        return Elsewhere(found, books - len(seen), books)

    return look


def split_told(state: Mapping[str, str]) -> dict[str, Any]:
    """What a book says of the split that it is one of; nothing where it is none, or its text was edited."""
    with suppress(ValueError):
        told = json.loads(state.get("split", "{}"))
        types = {"run": str, "value": str, "books": int}
        if isinstance(told, dict) and all(type(told.get(key)) is kind for key, kind in types.items()):
            return told
    return {}


def _siblings(path: Path, as_of: str, password: str) -> Iterator[tuple[OpenBook, Mapping[str, Any]]]:
    """The split books of the folder of one day, each with what it says of its split; an open one as saved."""
    from sheetgen.ingest.package import look_through
    from sheetgen.weekbooks import peeked
    from sheetgen.workbook.opened import open_book

    here = path.resolve()
    try:
        files = sorted(p for p in here.parent.iterdir() if p.suffix.lower() in (".xlsx", ".xlsm"))
    except OSError:
        return
    for file in files:
        if file.name.startswith(MARKS) or file == here or peeked(file)[0].get("as_of", as_of) != as_of:
            continue
        try:
            book = open_book(file, password, look_through, broken=True)
        except (SheetgenError, OSError):
            continue
        if split := split_told(book.state):
            yield book, split


def _customers(book: OpenBook) -> set[str] | None:
    """Who stands on 客户信息, as casefold() writes them; None where the sheet is gone."""
    from sheetgen.handed.sheets import text_of
    from sheetgen.handed.tables import find_data

    found = find_data(book, "customers")
    return {text_of(cell).casefold() for cell in found.column("customer_id")} if found else None
