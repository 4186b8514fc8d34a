"""Staff at their desk: cells found by sheet, customer and header, typed in with the real LibreOffice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sheetgen.workbook.layout import SHEETS, letter

from ..books import HEADER, Grid
from ..office.office import Office


def read(path: Path, sheet_id: str) -> Grid:
    """A sheet as it stands in the file now."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    name = SHEETS[sheet_id].zh if sheet_id in SHEETS else sheet_id
    return Grid(book.get_sheet_by_name(name).to_python(skip_empty_area=False))


class Desk:
    """One book, open in LibreOffice."""

    def __init__(self, office: Office, path: Path) -> None:
        self.office, self.path = office, path
        self._grids: dict[str, Grid] = {}
        office.open(path)

    def grid(self, sheet_id: str) -> Grid:
        """A sheet as it was when the book was opened."""
        if sheet_id not in self._grids:
            self._grids[sheet_id] = read(self.path, sheet_id)
        return self._grids[sheet_id]

    def type(self, sheet_id: str, customer: str, header: str, value: Any) -> None:
        """Into a customer's row."""
        grid = self.grid(sheet_id)
        cell = f"{letter(grid.headers.index(header))}{grid.row_of(customer)}"
        self.office.set(SHEETS[sheet_id].zh, cell, value)

    def order(self, order: str, header: str, value: Any) -> None:
        """Into the row of an order."""
        grid = self.grid("transactions")
        row = HEADER + 1 + grid.column("订单号").index(order)
        self.office.set("历史交易", f"{letter(grid.headers.index(header))}{row}", value)

    def add(self, sheet_id: str, **cells: Any) -> None:
        """A new row below the last one."""
        grid = self.grid(sheet_id)
        row = HEADER + 1 + sum(v not in ("", None) for v in grid.column("客户编号"))
        self.office.set_many(
            SHEETS[sheet_id].zh, {f"{letter(grid.headers.index(h))}{row}": v for h, v in cells.items()}
        )

    def column(self, sheet_id: str, header: str, cells: dict[str, Any]) -> None:
        """A new column right of all others."""
        grid = self.grid(sheet_id)
        at = letter(len(grid.rows[HEADER - 1]))
        told = {f"{at}{HEADER}": header} | {f"{at}{grid.row_of(c)}": v for c, v in cells.items()}
        self.office.set_many(SHEETS[sheet_id].zh, told)

    def parameter(self, label: str, value: float) -> None:
        """A number on 参数设置."""
        rows = {str(row[0]): i for i, row in enumerate(self.grid("parameters").rows, 1) if row}
        self.office.set("参数设置", f"B{rows[label]}", value)

    def save(self) -> None:
        """Back into the same folder, as people do."""
        self.office.save_as(self.path)
