"""Rows that copies typed below a detail table's data: each comes into the first book once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sheetgen.i18n import text
from sheetgen.model import Issue, Level
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.copies.adopted import Taken as Adoption
from sheetgen.workbook.copies.adopted import Words, same_record, words_of
from sheetgen.workbook.copies.decide import decided
from sheetgen.workbook.copies.detail import ID, DetailSheet, Way, add_row, is_day, spot, tell_lost, told
from sheetgen.workbook.copies.found import Conflict, Found, Said, Taken
from sheetgen.workbook.copies.leaf import shown, value

if TYPE_CHECKING:
    from sheetgen.workbook.copies.read import Copy


def merge_typed(found: Found, copies: Sequence[Copy], sheet: DetailSheet, k: int, way: Way) -> None:
    """The rows that a copy got; one that stands in two copies, alike in every word, is one and is told.

    One that came in an earlier merge is known: it stays as the first book has it, and a correction of it in
    the copy is one of its cells.

    Two rows that share an order number and differ else may be two lines of an order: both stay, and are told.
    """
    copy, mine, names = copies[k], sheet.mine, sheet.mine.columns
    lines, header = copy.lines[sheet.table], text("copies_row", copies[0].source.lang)
    seen = {words: list(at) for words, at in sheet.seen.items()}
    own: dict[tuple[str, ...], list[int]] = {}
    for row in way.others:
        words = tuple(str(mine.now[key][row]) for key in names)
        seen.setdefault(words, []).append(spot(copies[0], sheet.table, row))
        own.setdefault(words, []).append(row)
    orders = {
        (w[names.index(ID)], order): at[0] for w, at in seen.items() if (order := _order(sheet, names, w))
    }
    known = [row for row in found.adopted.rows if row.table == sheet.table]
    new: list[tuple[int, tuple[str, ...]]] = []
    for line in lines.added:
        words = tuple(str(lines.now[key][line]) if key in lines.now else "" for key in names)
        here, order = spot(copy, sheet.table, line), _order(sheet, names, words)
        said = words_of(names, words)
        alike = sorted(
            (row for row in known if row.words == said), key=lambda row: row.copy != copy.path.name
        )
        before = alike[0] if alike else None
        if before is not None:
            known.remove(before)
        if seen.get(words):
            other, money = seen[words].pop(0), not order and _has_money(sheet.table)
            if before is None or before.copy != copy.path.name:
                _tell(found, "SG584" if money else "SG583", "warning" if money else "note", copy, here, other)
        elif before is None:
            new.append((line, words))
    for line, words in new:
        came = Adoption(sheet.table, copy.path.name, words_of(names, words))
        old = [r for r in known if r.copy == came.copy and same_record(sheet.table, r.words, came.words)]
        rows = _rows_of(sheet.table, names, own, old[0].words) if len(old) == 1 else []
        if len(rows) == 1:
            known.remove(old[0])
            found.adopted.replace(old[0], came)
            _again(found, copies, sheet, k, (rows[0], line), old[0].words)
            continue
        customer, order = words[names.index(ID)], _order(sheet, names, words)
        name, at = add_row(found, copies, sheet, k, line)
        found.adopted.add(came)
        found.taken.append(Taken(k, name, at, customer, header, "", told(copy, sheet.table, line), "row"))
        sheet.seen.setdefault(words, []).append(f"{name}!{at}")
        if order and (customer, order) in orders:
            here = spot(copy, sheet.table, line)
            _tell(found, "SG585", "warning", copy, here, orders[customer, order])


def _rows_of(
    table: str, names: Sequence[str], own: Mapping[tuple[str, ...], list[int]], old: Words
) -> list[int]:
    """The rows of the first book that say what a row said as it came; else those of the same record."""
    said = {words: words_of(names, words) for words in own}
    exact = [row for words, rows in own.items() if said[words] == old for row in rows]
    return exact or [r for words, rows in own.items() if same_record(table, said[words], old) for r in rows]


def _again(
    found: Found, copies: Sequence[Copy], sheet: DetailSheet, k: int, rows: tuple[int, int], old: Words
) -> None:
    """A row that came before and that the copy corrected since. ``rows``: of the first book, of the copy;
    ``old``: what it said as it came."""
    mine, theirs, (row, line) = sheet.mine, copies[k].lines[sheet.table], rows
    customer = str(mine.now[ID][row])
    for column in theirs.cols_of(line):
        was, there = old.get(column, ""), str(theirs.now[column][line])
        if column not in mine.cols_of(row):
            if there != was:
                tell_lost(found, copies[k], mine, line, column)
            continue
        here = str(mine.now[column][row])
        verdict = decided([was, was], [here, there])
        name, at, day = mine.grid_of(row).name, mine.place(row, column), is_day(sheet.table, column)
        header = copies[0].header(sheet.table, column)
        if verdict.verdict == "take":
            found.put(name, *mine.spot(row, column), value(theirs.cell(line, column)))
            said_by = [shown(words, day) for words in (here, there)]
            found.taken.append(Taken(k, name, at, customer, header, *said_by))
        if verdict.verdict == "conflict":
            own, other = f"{name}!{at}", spot(copies[k], sheet.table, line, column)
            both = (Said(0, own, shown(here, day)), Said(k, other, shown(there, day)))
            found.conflicts.append(
                Conflict(name, at, customer, header, shown(was, day), both, shown(here, day))
            )


def _order(sheet: DetailSheet, names: Sequence[str], words: tuple[str, ...]) -> str:
    """The number of the order, invoice or booking; empty where a table or a row has none."""
    fields = data_tables()[sheet.table].fields
    ids = [
        w
        for key, w in zip(names, words, strict=True)
        if key != ID and key in fields and fields[key].type == "id"
    ]
    return next((word for word in ids if word), "")


def _has_money(table: str) -> bool:
    return any(declared.type == "money" for declared in data_tables()[table].fields.values())


def _tell(found: Found, code: str, level: Level, copy: Copy, here: str, other: str) -> None:
    facts = (("cell", here), ("other", other))
    found.issues.append(Issue(code, level, str(copy.path), facts=facts))
