"""Rows that raw data brought into a book below rows of staff's own: no number, but no typed rows either."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sheetgen.grading.coding import column_of
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.regrade.compared import value_of
from sheetgen.workbook.written import PLACE, STATE_KEY, read_written

if TYPE_CHECKING:
    from sheetgen.i18n import Lang

Said = tuple[str, ...]


def brought(state: Mapping[str, str], table: str, text_of: Callable[[Any], str]) -> Counter[Said]:
    """What the program wrote into rows that look like typed ones: customers by their id, records without a
    number by all they say. ``text_of`` tells a cell."""
    base = read_written({k: v for k, v in state.items() if k == f"{STATE_KEY}{table}"}).get(table)
    if base is None:
        return Counter()
    if table == "customers":
        return Counter((customer,) for customer in base["customer_id"].tolist())
    rows = base[base[PLACE].isna()]
    lang: Lang = "en" if state.get("lang") == "en" else "zh"
    columns = []
    for key, field in data_tables()[table].fields.items():
        name = column_of(key)
        values = rows[name].tolist() if name in rows else [None] * len(rows)
        shown = [value_of(field, value, lang) for value in values]
        columns.append(["" if value is None else text_of(value) for value in shown])
    return Counter(zip(*columns, strict=True))


def said(record: Mapping[str, str], table: str) -> Said:
    """A typed row by what tells it there."""
    if table == "customers":
        return (record.get("customer_id", ""),)
    return tuple(record.get(key, "") for key in data_tables()[table].fields)
