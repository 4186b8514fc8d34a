"""The cells of rows that come to a block of data: in the style and with the formulas of its last row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from sheetgen.workbook.patch.cells import Placed, Task
from sheetgen.workbook.patch.edits import Cached, Constant, Edit, Edits, Formula
from sheetgen.workbook.patch.markup import attribute, tag
from sheetgen.workbook.patch.package import Package, Table
from sheetgen.workbook.patch.refs import ROWS, Area, Growth, area_of, shifted
from sheetgen.workbook.patch.sheetpart import (
    Formulas,
    Seen,
    SheetXml,
    cells,
    grouped,
    look_at,
    not_patched,
    rows,
    seen,
    sheet_of,
)

_LOOK: Final = re.compile(
    rb"""\s(?:[\w.-]+:)?(?:ht|customHeight|dyDescent|s|customFormat)\s*=\s*(?:"[^"]*"|'[^']*')"""
)
_EMPTY: Final = Seen(b"", None, "", "", False, "")


@dataclass(frozen=True)
class Added:
    """What the new rows of a sheet come to: tasks by row and column, and the look of rows to be made."""

    tasks: dict[int, dict[int, Task]]
    looks: dict[int, bytes]


@dataclass(frozen=True)
class _Block:
    """One block that grows. ``given``: the edits of the new rows; ``own``: how many stand there already."""

    area: Area
    own: int
    given: list[Mapping[int, Edit]]

    @property
    def first(self) -> int:
        return self.area.last_row + 1


def growths(edits: Edits) -> tuple[Growth, ...]:
    """What grows, and by how many rows; a block that is named twice grows once, by all of them."""
    more: dict[tuple[str, Area], int] = {}
    for adopt in edits.adopt:
        more[adopt.sheet, adopt.area] = more.get((adopt.sheet, adopt.area), 0) + adopt.rows
    for append in edits.append:
        more[append.sheet, append.area] = more.get((append.sheet, append.area), 0) + len(append.rows)
    return tuple(Growth(sheet, area, count) for (sheet, area), count in more.items() if count)


def typed_below(package: Package, sheet: str, area: Area) -> int:
    """How many rows right below the data rows ``area`` somebody filled, up to the first empty one."""
    found, at = set(), sheet_of(sheet, package.read(package.worksheets[sheet]))
    for row in rows(at):
        if row.row > area.last_row and any(
            area.first_col <= col <= area.last_col and _typed(seen(at, row.row, cell))
            for col, cell in cells(at, row)
        ):
            found.add(row.row)
    return next(count for count in range(len(found) + 1) if area.last_row + 1 + count not in found)


def _typed(cell: Seen) -> bool:
    return cell.value and cell.formula is None


def added(sheet: SheetXml, edits: Edits, tables: Iterable[Table]) -> Added:
    """The cells of all rows that come to ``sheet``; ``tables`` are its tables.

    Raises InputError (SG519): a totals row or something else is in the way, the sheet is full, or an array
    formula would have to be copied. Raises ValueError for a cell outside of the block.
    """
    groups = cache(lambda: grouped(sheet))
    mine, found = [t for t in tables if t.sheet == sheet.name], Added({}, {})
    for block in _blocks(sheet.name, edits):
        _room(sheet, block, mine)
        wanted = {block.area.last_row, *range(block.first, block.first + len(block.given))}
        there = look_at(sheet, wanted)
        look, last = there.get(block.area.last_row, (b"", {}))
        kept = b"".join(match[0] for match in _LOOK.finditer(look))
        formulas = _formulas(sheet.name, block, last, edits, mine, groups)
        for i, given in enumerate(block.given):
            row = block.first + i
            here = there.get(row, (b"", {}))[1]
            make = _adopted if i < block.own else _appended
            tasks = found.tasks.setdefault(row, {})
            explicit = edits.cells.get(sheet.name, {}).get(row, {})
            if any(not block.area.first_col <= col <= block.area.last_col for col in given):
                raise ValueError(f"row {i} of {sheet.name} has a cell outside of its block")
            for col in range(block.area.first_col, block.area.last_col + 1):
                place = (sheet.name, row, col)
                edit = given.get(col) or explicit.get(col)
                task = make(place, here.get(col, _EMPTY), last.get(col, _EMPTY), edit, formulas.get(col))
                if task is not None:
                    tasks[col] = task
            found.looks[row] = kept
    return found


def _blocks(sheet: str, edits: Edits) -> list[_Block]:
    found: dict[Area, _Block] = {}
    for adopt in edits.adopt:
        if adopt.sheet == sheet:
            old = found.setdefault(adopt.area, _Block(adopt.area, 0, []))
            if len(adopt.values) > adopt.rows:
                raise ValueError("more values than rows to adopt")
            values = [*adopt.values, *[{}] * (adopt.rows - len(adopt.values))]
            found[adopt.area] = replace(old, own=old.own + adopt.rows, given=[*old.given, *values])
    for append in edits.append:
        if append.sheet == sheet:
            old = found.setdefault(append.area, _Block(append.area, 0, []))
            found[append.area] = replace(old, given=[*old.given, *append.rows])
    return list(found.values())


def _room(sheet: SheetXml, block: _Block, tables: Iterable[Table]) -> None:
    """Raises InputError (SG519) where something is in the new rows' way."""
    area = block.area
    new = Growth(sheet.name, area, len(block.given)).added
    if new.last_row >= ROWS:
        raise not_patched("patch_sheet_full", sheet.name, area.last_row, area.first_col)
    for table in tables:
        if table.whole.meets(area) and table.totals:
            raise not_patched("patch_totals_row", sheet.name, table.whole.last_row, area.first_col)
        if table.whole.meets(new):
            raise not_patched("patch_occupied", sheet.name, table.whole.first_row, table.whole.first_col)
    for merged in tag("mergeCell").finditer(sheet.xml, sheet.stop):
        at = area_of(attribute(merged[3], "ref") or "")
        if at and at.meets(new):
            raise not_patched("patch_occupied", sheet.name, at.first_row, at.first_col)


def _formulas(
    sheet: str,
    block: _Block,
    last: Mapping[int, Seen],
    edits: Edits,
    tables: Iterable[Table],
    groups: Callable[[], Formulas],
) -> dict[int, tuple[str, int]]:
    """Column -> its formula and the row that it is written for (-1: for any row)."""
    at, area = block.area.last_row, block.area
    found: dict[int, tuple[str, int]] = {}
    for table in tables:
        if table.area.last_row == at and table.whole.meets(area):
            for col, formula in enumerate(table.formulas, table.whole.first_col):
                if formula:
                    found[col] = (formula, -1)
    edited = edits.cells.get(sheet, {}).get(at, {})
    for col in range(area.first_col, area.last_col + 1):
        there, edit = last.get(col, _EMPTY), edited.get(col)
        if isinstance(edit, Formula):
            found[col] = (edit.text.removeprefix("="), at)
        elif there.kind == "shared" and not there.formula:
            text, row, column = groups().masters.get(there.group, ("", at, col))
            if text:
                found[col] = (shifted(text, at - row, col - column), at)
        elif there.kind in ("array", "dataTable"):
            if not all(isinstance(row.get(col), Constant | Formula) for row in block.given):
                raise not_patched("patch_in_array", sheet, at, col)
        elif there.formula:
            found[col] = (there.formula, at)
    return found


Place = tuple[str, int, int]


def _filled(place: Place, edit: Edit | None, formula: tuple[str, int] | None) -> Edit | None:
    """The edit of a cell that is empty so far: what is given, or the column's own formula."""
    sheet, row, col = place
    if isinstance(edit, Constant | Formula):
        return edit
    if formula is not None:
        text, origin = formula
        return Formula(shifted(text, row - origin, 0) if origin >= 0 else text, edit.value if edit else None)
    if edit is not None:
        raise not_patched("patch_no_formula", sheet, row, col)
    return None


def _appended(
    place: Place, here: Seen, last: Seen, edit: Edit | None, formula: tuple[str, int] | None
) -> Task | None:
    if here.filled:
        raise not_patched("patch_occupied", *place)
    made = _filled(place, edit, formula)
    return Placed(made, last.style or here.style) if made or last.style else None


def _adopted(
    place: Place, here: Seen, last: Seen, edit: Edit | None, formula: tuple[str, int] | None
) -> Task | None:
    style = here.style if here.style not in (b"", b"0") else last.style
    if here.filled:
        if isinstance(edit, Cached) and here.formula is None:
            edit = None  # staff's own value stays
        return Placed(edit, style) if edit or style != here.style else None
    made = _filled(place, edit, formula)
    return Placed(made, style) if made or style != here.style else None
