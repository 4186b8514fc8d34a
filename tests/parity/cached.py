"""The cached values of a workbook as the file has them, read without any engine."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.office.office import SPREADSHEET_ZERO
from tests.office.values import CellError, Sheets, Value

ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)")


def read_cached(path: Path) -> tuple[Sheets, dict[str, set[str]]]:
    """Every cell that is not empty (an empty text counts as empty), and by sheet the cells with formulas."""
    import openpyxl

    book = openpyxl.load_workbook(path, data_only=True)
    with_formulas = openpyxl.load_workbook(path)
    found: Sheets = {}
    formulas: dict[str, set[str]] = {}
    for sheet in book.worksheets:
        cells = {c.coordinate: _value(c.value) for row in sheet.iter_rows() for c in row}
        found[sheet.title] = {k: v for k, v in cells.items() if v is not None}
        formulas[sheet.title] = {
            name
            for row in with_formulas[sheet.title].iter_rows()
            for c in row
            if c.data_type == "f"
            for name in _all(c)
        }
    return found, formulas


def without_empty(sheets: Sheets) -> Sheets:
    """``sheets`` without empty texts: a formula that gives "" is cached as nothing."""
    return {name: {k: v for k, v in cells.items() if v != ""} for name, cells in sheets.items()}


def _all(cell: Any) -> list[str]:
    """The cells that a formula fills: more than one for an array."""
    from openpyxl.utils import rows_from_range

    ref = getattr(cell.value, "ref", "")
    return [name for row in rows_from_range(ref) for name in row] if ref else [cell.coordinate]


def _value(value: object) -> Value:
    if isinstance(value, datetime | date):
        day = value.date() if isinstance(value, datetime) else value
        return float((day - SPREADSHEET_ZERO).days)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    text = "" if value is None else str(value)
    return CellError(text) if ERROR.fullmatch(text) else text or None
