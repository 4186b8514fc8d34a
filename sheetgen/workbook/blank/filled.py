"""A filled blank book as a re-grade meets it: its prepared rows, its day, the numbers nobody typed over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from math import isfinite
from typing import TYPE_CHECKING

from sheetgen.grading.coding import EPOCH
from sheetgen.workbook.blank.live import AS_OF, TYPED_DAY, live_numbers, newest_day
from sheetgen.workbook.layout import RECORDS, spare_rows
from sheetgen.workbook.regrade.grids import number_of
from sheetgen.workbook.regrade.machine import rows_of
from sheetgen.workbook.sheets.state import PREPARED

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.source import Source

Place = tuple[str, int, int]


def is_blank(state: Mapping[str, str]) -> bool:
    """Whether the book was written as a blank one."""
    return PREPARED in state


def room_of(state: Mapping[str, str], rows: dict[str, int]) -> dict[str, int]:
    """The prepared rows by table that the book was written with. ``rows``: its rows by table."""
    return json.loads(state[PREPARED]) if is_blank(state) else spare_rows(rows)


def live_cells_of(source: Source) -> frozenset[str]:
    """The numbers of 参数设置 that are still formulas, by start_settings' keys, and the as-of date."""
    if not is_blank(source.state):
        return frozenset()
    names, grid = source.named(), source.grid("parameters")
    found = set()
    for key in live_numbers(source.scheme):
        at = names.get(f"p_{key}")
        if at and at[0] == grid.name and grid.at(at[1], at[2]).formula is not None:
            found.add(key)
    return frozenset(found)


def day_of(source: Source, blocks: Mapping[str, Block]) -> date | None:
    """The as-of date as the blank book's formula tells it; None for any other book."""
    if not is_blank(source.state) or AS_OF not in live_cells_of(source):
        return None
    typed = typed_day(source)
    number = number_of(source.grid("parameters").at(typed[1], typed[2])) if typed else None
    if number is not None:
        return EPOCH + timedelta(days=int(number))
    days = {t: rows_of(blocks[t]).dates for t in blocks if t in RECORDS}
    return newest_day({t: [day for day in found.tolist() if isfinite(day)] for t, found in days.items()})


def typed_day(source: Source) -> Place | None:
    """Where staff type the as-of date of a blank book: sheet, row, column."""
    at = source.named().get(TYPED_DAY)
    return at[:3] if at else None
