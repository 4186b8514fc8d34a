"""A second opinion without LibreOffice: cellrune recalculates the whole workbook."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .values import CellError, Sheets, Value, column_name, position

PAGE_CELLS = 200_000
READ_LIMITS: Any = {
    "max_archive_bytes": 1 << 30,
    "max_entry_uncompressed_bytes": 1 << 31,
    "max_total_uncompressed_bytes": 1 << 32,
    "max_compression_ratio": 10_000,
    "max_cells_per_sheet": 30_000_000,
    "max_total_cells": 60_000_000,
    "max_shared_strings": 5_000_000,
    "max_total_shared_string_bytes": 1 << 30,
    "max_total_cell_text_bytes": 1 << 30,
    "max_total_formula_bytes": 1 << 31,
}
CALCULATION_LIMITS: Any = {"max_dependency_edges": 100_000_000, "max_array_cells": 20_000_000}


def recalc_cellrune(path: Path) -> Sheets:
    """Load, recalculate everything, return each cell that is not empty, hidden sheets too.

    A formula which cellrune cannot do gives CellError ``unavailable: ...``, never its cached value.
    """
    import cellrune

    with cellrune.Workbook.open_path(path, read_limits=READ_LIMITS) as book:
        book.calculate(calculation_limits=CALCULATION_LIMITS)
        return {sheet["name"]: _cells(book, sheet) for sheet in book.summary()["sheets"]}


def _cells(book: Any, sheet: Mapping[str, Any]) -> dict[str, Value]:
    if not sheet["used_range"]:
        return {}
    first, _, last = sheet["used_range"].partition(":")
    (top, left), (bottom, right) = position(first), position(last or first)
    names = [column_name(i) for i in range(left, right + 1)]
    step = max(1, PAGE_CELLS // len(names))
    cells: dict[str, Value] = {}
    for start in range(top, bottom + 1, step):
        end = min(bottom, start + step - 1)
        rows = book.read_values(sheet["name"], f"{names[0]}{start + 1}", f"{names[-1]}{end + 1}")
        for number, row in enumerate(rows, start + 1):
            for name, raw in zip(names, row, strict=True):
                if raw["kind"] != "blank":
                    cells[f"{name}{number}"] = _value(raw)
    return cells


def _value(raw: Mapping[str, Any]) -> Value:
    kind = raw["kind"]
    if kind in ("number", "text", "logical"):
        value: Value = raw["value"]
        return value
    if kind == "error":
        return CellError(raw["value"])
    return CellError(f"unavailable: {raw.get('code', kind)} {raw.get('message', '')}".rstrip())
