"""Rows that staff typed into a book: read back as an input like any other, and marked to stay known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sheetgen.i18n import messages
from sheetgen.model import RawTable, SourceFile
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import RECORDS
from sheetgen.workbook.regrade.unnumbered import brought, said

TYPED = ("customers", *RECORDS)
"""the tables with prepared rows for staff"""
MOST_ROWS = 1 << 20
ENTERED = "entered"
"""the message that heads the mark of a typed row; its column travels from book to book"""


def typed_rows(
    workbook: Any, sheet: str, table: str, path: str, sha256: str, state: Mapping[str, str]
) -> RawTable:
    """The rows of ``sheet`` that no export brought; ``line`` is the sheet's row.

    They have no number, or a mark from an earlier book, or (客户信息) a number beyond those the book
    was written with.
    """
    import pandas as pd

    rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    fields, words = data_tables()[table].fields, messages()
    known = data_tables()[table].columns.values()  # derived ones too: they are worked out anew
    names = {text: f.id for f in known if f.shown for text in (f.label.zh, f.label.en)}
    names |= {text: key for key in ("key", ENTERED) for text in (words[key].zh, words[key].en)}
    links = {text for key in words if key.startswith("link_") for text in (words[key].zh, words[key].en)}
    start, heads = _header(rows, names)
    written = json.loads(state.get("rows", "{}")).get("customers", MOST_ROWS)  # a blank book has none
    by_data = brought(state, table, _text)
    found, lines = [], []
    for line, row in enumerate(rows[start + 1 :] if heads else [], start + 2):
        cells = {head: _text(row[i]) for i, head in enumerate(heads) if head and head not in links}
        record = {names.get(head, f"x:{head}"): text for head, text in cells.items()}
        number, mark = record.pop("key", ""), record.pop(ENTERED, "")
        beyond = table == "customers" and number.isdigit() and int(number) > written
        if (not number or beyond or mark) and any(record.values()):
            mine = said(record, table)
            if not mark and by_data[mine] > 0:
                by_data[mine] -= 1  # raw data brought it
                continue
            found.append({**record, f"x:{words[ENTERED].zh}": words["entered_by_hand"].zh})
            lines.append(line)
    columns = [*fields, *(f"x:{head}" for head in heads if head and head not in names and head not in links)]
    blank = dict.fromkeys([*columns, f"x:{words[ENTERED].zh}"], "")
    frame = pd.DataFrame([blank | record for record in found], columns=list(blank)).astype("str")
    source = SourceFile(
        path, table, "xlsx", sha256, len(found), sheet, tuple((f.id, f.label.zh) for f in fields.values())
    )
    return RawTable(source, frame, pd.Series(lines, dtype="int64"), 0)


def _header(rows: list[list[Any]], names: Mapping[str, str]) -> tuple[int, list[str]]:
    """The first row that has the customer's id, and its texts."""
    for i, row in enumerate(rows):
        words = [str(cell).strip() for cell in row]
        if "customer_id" in {names.get(word) for word in words}:
            return i, words
    return -1, []


def _text(cell: Any) -> str:
    """A cell as an export would write it: whole numbers without a point, days as ISO dates."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) else repr(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    return str(cell).strip()
