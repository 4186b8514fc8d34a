"""Whether the cells of a sheet are as they were, and the edited ones as they were told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sheetgen.workbook.celltext import ERRORS, letters
from sheetgen.workbook.patch.added import growths
from sheetgen.workbook.patch.cells import content
from sheetgen.workbook.patch.edits import Cached, Constant, Edit, Edits, Formula
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.patch.sheetpart import RowAt, rows
from sheetgen.workbook.patch.view import Cell, Master, Row, Source, formula_of, parsed

_LONE: Final = re.compile("[\ud800-\udfff]")
_NONE: Final = Cell("", "", False, None, ("", "", ""), "0", ("", "", ""))
Masters = tuple[Mapping[str, Master], Mapping[str, Master]]
"""shared formulas of both sides"""


@dataclass(frozen=True)
class Told:
    """What the edits allow on one sheet: ``cells``, the ``rows`` that came and the areas ``added`` by them.

    ``quoted``: style -> the one that is the same but for the quote mark.
    """

    cells: Mapping[int, Mapping[int, Edit]]
    rows: Mapping[int, Mapping[int, Edit]]
    added: tuple[Area, ...]
    quoted: Mapping[str, str]
    date1904: bool


def told_of(name: str, edits: Edits, quoted: Mapping[str, str], date1904: bool) -> Told:
    """What ``edits`` allow on the sheet ``name``."""
    came: dict[int, Mapping[int, Edit]] = {}
    below: dict[Area, int] = {}
    for adopt in (a for a in edits.adopt if a.sheet == name):
        start = below.setdefault(adopt.area, adopt.area.last_row + 1)
        came |= dict(enumerate(adopt.values, start))
        below[adopt.area] = start + adopt.rows
    for append in (a for a in edits.append if a.sheet == name):
        start = below.setdefault(append.area, append.area.last_row + 1)
        came |= dict(enumerate(append.rows, start))
        below[append.area] = start + len(append.rows)
    added = tuple(growth.added for growth in growths(edits) if growth.sheet == name)
    return Told(edits.cells.get(name, {}), came, added, quoted, date1904)


def _pairs(before: Iterator[RowAt], after: Iterator[RowAt]) -> Iterator[tuple[RowAt | None, RowAt | None]]:
    """The rows of both sides by number; each side's rows rise, as in any sheet that Excel opens."""
    a, b = next(before, None), next(after, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a.row < b.row):
            yield a, None
            a = next(before, None)
        elif a is None or b.row < a.row:
            yield None, b
            b = next(after, None)
        else:
            yield a, b
            a, b = next(before, None), next(after, None)


def wrong_cells(before: Source, after: Source, told: Told) -> Iterator[tuple[str, str]]:
    """Cell or row, and what of it is neither as it was nor as it was told. Raises ParseError."""
    waiting = set(told.cells) | set(told.rows)
    for a, b in _pairs(rows(before.sheet), rows(after.sheet)):
        row = a.row if a else b.row if b else 0
        if row not in waiting and a and b and _same(before, a, after, b):
            continue
        waiting.discard(row)
        x, y = parsed(before, a) if a else None, parsed(after, b) if b else None
        yield from _wrong(row, x, y, told, (before.masters, after.masters))
    for row in sorted(waiting):
        yield from _wrong(row, None, None, told, (before.masters, after.masters))


def _same(before: Source, a: RowAt, after: Source, b: RowAt) -> bool:
    """Whether the rows are the same bytes, and no other row has a say in them."""
    if a.stop - a.start != b.stop - b.start:
        return False
    raw = before.sheet.xml[a.start : a.stop]
    return raw == after.sheet.xml[b.start : b.stop] and b"shared" not in raw


def _wrong(row: int, a: Row | None, b: Row | None, told: Told, masters: Masters) -> Iterator[tuple[str, str]]:
    old, new = a.cells if a else {}, b.cells if b else {}
    fresh = a is None and any(area.first_row <= row <= area.last_row for area in told.added)
    if (a.attributes if a else {}) != (b.attributes if b else {}) and not fresh:
        yield f"row {row + 1}", "attributes"
    edits, given = told.cells.get(row, {}), told.rows.get(row, {})
    columns = old.keys() | new.keys() | edits.keys() | given.keys()
    for col in sorted(columns):
        x, y, edit = old.get(col, _NONE), new.get(col, _NONE), given.get(col) or edits.get(col)
        if edit is None and x == y and x.grouping[0] != "shared":
            continue
        formulas = _formulas(x, y, row, col, masters)
        inside = bool(told.added) and any(area.holds(row, col) for area in told.added)
        for what in _faults(x, y, edit, formulas, inside, told):
            yield f"{letters(col)}{row + 1}", what


def _formulas(x: Cell, y: Cell, row: int, col: int, masters: Masters) -> tuple[str | None, str | None]:
    """Both formulas; a group that is the same on both sides is not written out."""
    if x.formula == y.formula and x.grouping == y.grouping:
        group = x.grouping[2]
        if x.grouping[0] != "shared" or masters[0].get(group) == masters[1].get(group):
            return x.formula, y.formula
    return formula_of(x, row, col, masters[0]), formula_of(y, row, col, masters[1])


def _faults(
    x: Cell, y: Cell, edit: Edit | None, formulas: tuple[str | None, str | None], inside: bool, told: Told
) -> Iterator[str]:
    """What is wrong with the cell ``y`` that was ``x``; ``inside``: it is one of a row that came."""
    was, now = formulas
    but_for_mark = told.quoted.get(x.style, x.style) == told.quoted.get(y.style, y.style)
    if x.style != y.style and not inside and not (but_for_mark and isinstance(edit, Constant)):
        yield "style"
    if isinstance(edit, Constant | Formula):
        if now != (edit.text.removeprefix("=") if isinstance(edit, Formula) else None):
            yield "formula is not the one told"
        if not _holds(y, edit, told.date1904):
            yield "value is not the one told"
        return
    empty = x.formula is None and x.kind == ""
    own = inside and x.formula is None and not empty
    if was != now and not (inside and empty):
        yield "formula"
    if x.marks != y.marks:
        yield "marks"
    if isinstance(edit, Cached) and not own:
        if not _holds(y, edit, told.date1904):
            yield "value is not the one told"
    elif inside and empty:
        if y.formula is None and y.kind:
            yield "value"
    elif (x.kind, x.value, x.rich) != (y.kind, y.value, y.rich):
        yield "value"


def _holds(cell: Cell, edit: Edit, date1904: bool) -> bool:
    kind, text = content(edit.value, date1904)
    if text is None or (text == "" and isinstance(edit, Constant)):
        return cell.value == "" and (text == "" or cell.kind == "")
    if kind == b"n":
        return cell.kind == "n" and cell.value == float(text)
    if kind == b"b":
        return cell.kind == "b" and cell.value == text
    if text in ERRORS and not isinstance(edit, Constant):
        return cell.kind == "e" and cell.value == text
    return cell.kind == "str" and cell.value == _LONE.sub("\ufffd", text)
