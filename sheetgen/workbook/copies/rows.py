"""Rows of the detail tables: corrected, deleted and typed in copies, and what the first book gets of them.

A row is met with the one that was written, wherever and on whichever of its table's sheets it stands now;
typed rows come below the first book's, on the sheet of their customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sheetgen.i18n import text
from sheetgen.workbook.copies.decide import decided
from sheetgen.workbook.copies.detail import (
    ID,
    DetailSheet,
    Way,
    add_row,
    detail_sheet,
    is_day,
    spot,
    tell_lost,
    told,
    way_of,
)
from sheetgen.workbook.copies.found import Conflict, Found, Said, Taken
from sheetgen.workbook.copies.leaf import ERROR, shown, value
from sheetgen.workbook.copies.typed import merge_typed

if TYPE_CHECKING:
    from sheetgen.workbook.copies.lines import Lines
    from sheetgen.workbook.copies.read import Copy

HERE: Final = "here"
Row = tuple[str, int]
"""a row that was written: HERE and its row in the first book, or the run that wrote it and its place"""


def merge_rows(found: Found, copies: Sequence[Copy], numbers: Mapping[str, float]) -> None:
    """List all rows of detail tables that change, go and come in the first of ``copies``.

    ``numbers``: those of its customers, and of those who come from the copies.
    """
    for table, mine in copies[0].lines.items():
        sheet = detail_sheet(copies[0], table, numbers)
        ways = [way_of(mine, copy, copies[0]) for copy in copies[1:] if table in copy.lines]
        books = [k for k, copy in enumerate(copies) if k and table in copy.lines]
        _corrected(found, copies, sheet, dict(zip(books, ways, strict=True)))
        for k, way in zip(books, ways, strict=True):
            merge_typed(found, copies, sheet, k, way)


def _corrected(found: Found, copies: Sequence[Copy], sheet: DetailSheet, ways: Mapping[int, Way]) -> None:
    """Cells and whole rows that were there when the copies were made."""
    changed: dict[Row, dict[int, tuple[int, list[str]]]] = {}
    gone: dict[Row, dict[int, int]] = {}
    for k, way in ways.items():
        lines = copies[k].lines[sheet.table]
        for base, now, columns in _edited(lines, sheet.mine, way):
            changed.setdefault(_named(way, copies[k], base), {})[k] = (now, columns)
        for base in lines.gone:
            gone.setdefault(_named(way, copies[k], base), {})[k] = base
    for named, by in changed.items():
        if named[0] != HERE:
            _back(found, copies, sheet, by)
            continue
        _cells(found, copies, sheet, named[1], by)
        if named in gone:
            said = [
                Said(k, spot(copies[k], sheet.table, n), told(copies[k], sheet.table, n))
                for k, (n, _) in by.items()
            ]
            _whole(found, copies, sheet, named[1], said, gone[named])
    for named, without in gone.items():
        if named[0] == HERE and named not in changed:
            _deleted(found, copies, sheet, named[1], without)


def _named(way: Way, copy: Copy, base: int) -> Row:
    return (HERE, int(way.rows[base])) if way.rows[base] >= 0 else (copy.run_id, base)


def _edited(lines: Lines, mine: Lines, way: Way) -> Iterator[tuple[int, int, list[str]]]:
    """Row written, row now, and the columns that differ; errors are none, nor are formulas of staff's own.

    Of a column that nobody wrote in a build, those differ that say something else than the first book.
    """
    import numpy as np

    base, row = lines.pairs[:, 0], lines.pairs[:, 1]
    odd = {}
    for key in lines.columns:
        now = lines.now[key][row]
        if key in lines.was:
            differs = now != lines.was[key][base]
        elif key in mine.now:
            first = np.append(mine.now[key], "")[way.rows[base]]
            differs = (now != first) & (now != "") & lines.typed(key)[row]
        else:
            continue
        odd[key] = differs & (now != ERROR) & lines.there(key)[row]
    if not odd:
        return
    for i in np.flatnonzero(np.any(np.stack(list(odd.values())), axis=0)).tolist():
        yield int(base[i]), int(row[i]), [key for key, there in odd.items() if there[i]]


def _cells(
    found: Found, copies: Sequence[Copy], sheet: DetailSheet, row: int,
    by: Mapping[int, tuple[int, list[str]]],
) -> None:  # fmt: skip
    mine = sheet.mine
    for column in dict.fromkeys(c for _, columns in by.values() for c in columns):
        if column not in mine.cols_of(row):
            for k, (line, columns) in by.items():
                if column in columns:
                    tell_lost(found, copies[k], mine, line, column)
            continue
        now: list[str | None] = [str(mine.now[column][row])] + [None] * (len(copies) - 1)
        was = [""] * len(copies)
        for k, (line, columns) in by.items():
            theirs = copies[k].lines[sheet.table]
            if column in theirs.cols_of(line) and (column in theirs.was or column in columns):
                now[k], was[k] = str(theirs.now[column][line]), theirs.past(int(theirs.base_of[line]), column)
        verdict = decided(was, now)
        name, at, day = mine.grid_of(row).name, mine.place(row, column), is_day(sheet.table, column)
        customer, header = str(mine.now[ID][row]), copies[0].header(sheet.table, column)
        if verdict.verdict == "take":
            theirs, line = copies[verdict.book].lines[sheet.table], by[verdict.book][0]
            found.put(name, *mine.spot(row, column), value(theirs.cell(line, column)))
            said = [shown(str(words or ""), day) for words in (now[0], now[verdict.book])]
            found.taken.append(Taken(verdict.book, name, at, customer, header, *said))
        if verdict.verdict == "conflict":
            lines = {0: row} | {k: line for k, (line, _) in by.items() if now[k] is not None}
            said_by = tuple(
                Said(k, spot(copies[k], sheet.table, line, column), shown(str(now[k] or ""), day))
                for k, line in lines.items()
            )
            past = shown(next((was[k] for k in by if was[k]), ""), day)
            kept = shown(str(now[0] or ""), day)
            found.conflicts.append(Conflict(name, at, customer, header, past, said_by, kept))


def _whole(
    found: Found,
    copies: Sequence[Copy],
    sheet: DetailSheet,
    row: int,
    said: list[Said],
    without: Mapping[int, int],
) -> None:
    lang, (k, base) = copies[0].source.lang, next(iter(without.items()))
    said = sorted(
        [*said, *(Said(k, "", text("copies_deleted", lang)) for k in without)], key=lambda s: s.book
    )
    mine = sheet.mine
    found.conflicts.append(
        Conflict(
            mine.grid_of(row).name, mine.place(row, ID), str(mine.now[ID][row]), text("copies_row", lang),
            told(copies[k], sheet.table, base, past=True), tuple(said), text("copies_kept", lang),
        )
    )  # fmt: skip


def _deleted(
    found: Found, copies: Sequence[Copy], sheet: DetailSheet, row: int, without: Mapping[int, int]
) -> None:
    """A row that a copy deleted goes, unless the first book corrected it. Its number stays, so that the rows
    around it keep their order."""
    first, mine, (k, base) = copies[0], sheet.mine, next(iter(without.items()))
    lines, cols, name = copies[k].lines[sheet.table], mine.cols_of(row), mine.grid_of(row).name
    if any(_corrected_here(mine, row, lines, base, column) for column in cols):
        said = Said(0, spot(first, sheet.table, row), told(first, sheet.table, row))
        _whole(found, copies, sheet, row, [said], without)
        return
    for column in cols:
        if mine.now[column][row] != "":
            found.put(name, *mine.spot(row, column), None)
    at, header = mine.place(row, ID), text("copies_row", first.source.lang)
    was = told(first, sheet.table, row)
    found.taken.append(Taken(k, name, at, str(mine.now[ID][row]), header, was, "", "deleted"))


def _corrected_here(mine: Lines, row: int, lines: Lines, base: int, column: str) -> bool:
    """Whether the first book says something else than was written, or something where nobody wrote."""
    if column in lines.was:
        return str(mine.now[column][row]) != lines.past(base, column)
    cell = mine.cell(row, column)
    return column not in mine.was and cell.kind != "" and cell.formula is None


def _back(found: Found, copies: Sequence[Copy], sheet: DetailSheet, by: Mapping[int, Any]) -> None:
    """A row that the first book deleted and another copy corrected: back, as the first copy has it."""
    lang, (k, (line, _)) = copies[0].source.lang, next(iter(by.items()))
    base = int(copies[k].lines[sheet.table].base_of[line])
    name, at = add_row(found, copies, sheet, k, line)
    customer = copies[k].lines[sheet.table].line(line)[ID]
    said = [Said(0, "", text("copies_deleted", lang))]
    said += [
        Said(b, spot(copies[b], sheet.table, r), told(copies[b], sheet.table, r)) for b, (r, _) in by.items()
    ]
    was, kept = told(copies[k], sheet.table, base, past=True), told(copies[k], sheet.table, line)
    found.conflicts.append(Conflict(name, at, customer, text("copies_row", lang), was, tuple(said), kept))
