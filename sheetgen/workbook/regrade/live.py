"""The single cells whose value a disturbed book decides: controls, checks, and places on 客户级别."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sheetgen.workbook.checks import check_formulas
from sheetgen.workbook.patch.refs import area_of
from sheetgen.workbook.regrade.noted import UNKNOWN
from sheetgen.workbook.sheets.followups import CALC_COLUMN, URGENT

if TYPE_CHECKING:
    from sheetgen.workbook.book import Book
    from sheetgen.workbook.regrade.work import Worked


def live_cells(worked: Worked, book: Book) -> dict[tuple[str, int, int], Any]:
    """(sheet id, row, column) in ``book`` -> the value there, where it is not the one of a book as built."""
    found = _controls(worked, book)
    texts = _checks(worked)
    for sheet in book.sheets:
        for at, cell in sheet.cells.items():
            if cell.formula in texts:
                found[(sheet.id, *at)] = texts[cell.formula]
    opened = sum(m.controls["open"] for m in worked.machines.values())
    if opened:
        found["overview", 2, 0] = f"{opened:.15g}{worked.content.say('status_open')}"
    if any(records.halves for records in worked.records.values()):
        found |= dict.fromkeys(_named(book, "seen_"), UNKNOWN)
    return found | _queue(worked, book)


def _named(book: Book, prefix: str) -> Iterator[tuple[str, int, int]]:
    """The cells of ``_calc`` whose names begin so."""
    for name, refers in book.names.items():
        area = area_of(refers.rpartition("!")[2].replace("$", ""))
        if name.startswith(prefix) and area and refers.startswith("_calc!"):
            yield "calc", area.first_row, area.first_col


def _controls(worked: Worked, book: Book) -> dict[tuple[str, int, int], Any]:
    found: dict[tuple[str, int, int], Any] = {}
    for table, machine in worked.machines.items():
        told = {key: [value] for key, value in machine.controls.items()}
        told |= {key: [float(row) for row in rows or [0]] for key, rows in machine.loose.items()}
        for key, values in told.items():
            area = area_of(book.names[f"{table}_{key}"].rpartition("!")[2].replace("$", ""))
            if area:
                down = enumerate(values, area.first_row)
                found |= {("calc", row, area.first_col): value for row, value in down}
    return found


def _checks(worked: Worked) -> dict[str | None, Any]:
    """Formula of a live check -> its value."""
    import numpy as np

    told: dict[tuple[str, str], float] = {}
    for table, machine in worked.machines.items():
        numbers = len(_numbers(worked, table, "date"))
        told["open", table] = machine.controls["open"]
        told["dates", table] = max(0.0, machine.controls["rows"] - numbers)
    paid = _numbers(worked, "transactions", "amount")
    if "transactions" in worked.machines:
        rows = worked.machines["transactions"].controls["rows"]
        told["amounts", "transactions"] = max(0.0, rows - len(paid))
    told["total", "transactions"] = round(int(np.rint(paid * 100).astype(np.int64).sum()) / 100, 2)
    people, block = worked.people, worked.blocks["customers"]
    named = int((block.grid.words(block.columns["customer_id"])[block.first :] != "").sum())
    told["numbers", "customers"] = float(named - sum(1 for key in people.keys if key))
    formulas = check_formulas(worked.content.layout)
    return {formulas[check]: value for check, value in told.items()}


def _numbers(worked: Worked, table: str, column: str) -> Any:
    """All numbers of a column of a table, sheet by sheet."""
    import numpy as np

    blocks = (worked.blocks[sheet] for sheet in worked.source.sheets(table))
    found = np.concatenate([block.grid.numbers(block.columns[column]) for block in blocks])
    return found[~np.isnan(found)]


def _queue(worked: Worked, book: Book) -> dict[tuple[str, int, int], Any]:
    """The places of the most urgent customers among the rows of 客户级别."""
    cells, first = book.sheet("calc").cells, worked.blocks["tiers"].first
    row_of = {customer: row for row, customer in worked.tier_rows.items()}
    found: dict[tuple[str, int, int], Any] = {}
    for i in range(URGENT):
        cell = cells.get((i, CALC_COLUMN + 1))
        if cell is not None and isinstance(cell.value, float):
            customer = worked.people.ids[int(cell.value) - 1]
            if customer in row_of:
                found["calc", i, CALC_COLUMN + 1] = float(row_of[customer] - first + 1)
    return found
