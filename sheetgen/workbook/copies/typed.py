"""Rows that copies typed below a detail sheet's data: each comes into the first book once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheetgen.i18n import text
from sheetgen.model import Issue, Level
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.copies.detail import ID, DetailSheet, Way, add_row, spot, told
from sheetgen.workbook.copies.found import Found, Taken

if TYPE_CHECKING:
    from sheetgen.workbook.copies.read import Copy


def merge_typed(found: Found, copies: Sequence[Copy], sheet: DetailSheet, k: int, way: Way) -> None:
    """The rows that a copy got; one that stands in two copies, alike in every word, is one and is told.

    Two rows that share an order number and differ else may be two lines of an order: both stay, and are told.
    """
    copy, mine, names = copies[k], sheet.mine, list(sheet.mine.cols)
    lines, header = copy.lines[sheet.table], text("copies_row", copies[0].source.lang)
    seen = {words: list(at) for words, at in sheet.seen.items()}
    for row in way.others:
        words = tuple(str(mine.now[key][row]) for key in names)
        seen.setdefault(words, []).append(spot(copies[0], sheet.table, row))
    orders = {
        (w[names.index(ID)], order): at[0] for w, at in seen.items() if (order := _order(sheet, names, w))
    }
    for line in lines.added:
        words = tuple(str(lines.now[key][line]) if key in lines.now else "" for key in names)
        order, customer, here = (
            _order(sheet, names, words),
            words[names.index(ID)],
            spot(copy, sheet.table, line),
        )
        if seen.get(words):
            other, money = seen[words].pop(0), not order and _has_money(sheet.table)
            _tell(found, "SG584" if money else "SG583", "warning" if money else "note", copy, here, other)
            continue
        at = add_row(found, copies, sheet, k, line)
        found.taken.append(
            Taken(k, sheet.name, at, customer, header, "", told(copy, sheet.table, line), "row")
        )
        sheet.seen.setdefault(words, []).append(f"{sheet.name}!{at}")
        if order and (customer, order) in orders:
            _tell(found, "SG585", "warning", copy, here, orders[customer, order])


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
