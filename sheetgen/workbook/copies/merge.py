"""Two or more edited copies of a book, made one: the first of them gets what the others changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sheetgen.errors import InputError
from sheetgen.model import Issue
from sheetgen.workbook.copies.adopted import STATE_KEY, packed, read_adopted
from sheetgen.workbook.copies.cells import merge_cells
from sheetgen.workbook.copies.derived import with_derived
from sheetgen.workbook.copies.found import Conflict, Found, Taken
from sheetgen.workbook.copies.left import left_over
from sheetgen.workbook.copies.people import merge_people
from sheetgen.workbook.copies.read import Copy, read_copy
from sheetgen.workbook.copies.rows import merge_rows
from sheetgen.workbook.copies.sheet import conflicts_sheet, is_ours, sheet_name
from sheetgen.workbook.patch.newsheet import beyond, with_sheet, without_sheet
from sheetgen.workbook.patch.package import Package, open_package
from sheetgen.workbook.patch.proved import patched, prove
from sheetgen.workbook.regrade.stored import signed, stored

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

Look = Callable[[str, bytes], object]


@dataclass(frozen=True)
class Handed:
    """A book as it was handed in. ``issues``: what was told of it when it was opened."""

    path: Path
    sha256: str
    source: Source
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Merged:
    """``source``: the first book with all changes in it; ``books``: all of them, the first one first.

    ``conflicts``: what copies changed differently, with each one's value; ``sheet`` lists them in the book.
    """

    source: Source
    books: tuple[Handed, ...]
    taken: tuple[Taken, ...]
    conflicts: tuple[Conflict, ...]
    issues: tuple[Issue, ...]
    sheet: str = ""


def merge(books: Sequence[Handed], look: Look) -> Merged:
    """Merge ``books`` into the first of them.

    Raises InputError: SG580 for books of two series, SG523, SG524 and whatever patching raises;
    ReconcileError (SG533) where the outcome differs from the first book in more than the changes.
    """
    first = books[0]
    issues = [issue for book in books[1:] for issue in _related(first, book)]
    copies = with_derived([read_copy(book.source, book.path, book.sha256) for book in books])
    found = Found(adopted=read_adopted(first.source.state))
    people = merge_people(found, copies)
    merge_cells(found, copies, people)
    merge_rows(found, copies, people.numbers)
    for copy in copies[1:]:
        found.issues += left_over(copy, copies[0])
    texts = _kept(found, first.source)
    after = patched(first.source.package, found.edits, look)
    package, name = _listed(copies, found.conflicts, after, look)
    if found.conflicts:
        facts = (("sheet", name),)
        issues.append(Issue("SG592", "warning", str(first.path), count=len(found.conflicts), facts=facts))
    source = first.source.onto(package, found.edits, texts)
    told = (*(issue for book in books for issue in book.issues), *issues, *found.issues)
    return Merged(source, tuple(books), tuple(found.taken), tuple(found.conflicts), told, name)


def _kept(found: Found, source: Source) -> dict[str, str]:
    """What ``_sheetgen`` says then; the edits of it are among ``found``."""
    if not found.adopted.changed:
        return {}
    texts = signed({STATE_KEY: packed(found.adopted)}, source.state)
    grid = source.grid("state")
    for row, cells in stored(grid, texts).items():
        found.cells.setdefault(grid.name, {}).setdefault(row, {}).update(cells)
    return texts


def _related(first: Handed, book: Handed) -> list[Issue]:
    """Nothing for a copy of the same book, a warning for an older or a newer one of the series."""
    mine, theirs = first.source.state, book.source.state
    if mine.get("run_id") and mine.get("run_id") == theirs.get("run_id"):
        return []
    series = [state.get("series") or state.get("run_id") or "" for state in (mine, theirs)]
    same = series[0] and series[0] == series[1] and mine.get("scheme") == theirs.get("scheme")
    if not same:
        facts = {"first": first.path, "other": book.path}
        raise InputError("copies_apart", "SG580", **facts)
    facts_told = (("day", theirs.get("as_of", "")), ("first_day", mine.get("as_of", "")))
    return [Issue("SG581", "warning", str(book.path), facts=facts_told)]


def _listed(
    copies: Sequence[Copy], conflicts: Sequence[Conflict], package: Package, look: Look
) -> tuple[Package, str]:
    """The book with the sheet of conflicts; that of an earlier merge goes."""
    name = sheet_name(package, copies[0].source.lang)
    if conflicts:
        data = with_sheet(package, conflicts_sheet(copies[0], copies, conflicts, name))
    elif is_ours(package, name):
        data, name = without_sheet(package, name), ""
    else:
        return package, ""
    made = open_package(data, look, package.name)
    prove(beyond(package, made, name) if name else ())
    return made, name
