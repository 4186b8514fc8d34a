"""A small firm, for books that staff then do all sorts of things to: ten customers, a few rows each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sheetgen.ingest.package import look_through
from sheetgen.model import Issue
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import Regraded
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Edit, Edits
from sheetgen.workbook.patch.package import Package, open_package
from sheetgen.workbook.patch.view import Cell
from sheetgen.workbook.regrade.grids import Grid, grid_of
from tests.parity.data import Row, write_rows
from tests.regrade.books import Proof

AS_OF = date(2026, 6, 30)
DAY = timedelta(days=1)
CUSTOMERS, TIERS, SALES, SERVICE = "客户信息", "客户级别", "历史交易", "服务记录"
TEXTS = ("3-1", "MAR1", "1E5", "00123", "=1+1", "_x000D_", "a\nb", "＋86")
"""order ids that spreadsheets like to change"""
Cells = Mapping[tuple[str, int, int], Edit]
"""(sheet, row, column) from 0 -> edit"""


@dataclass(frozen=True)
class Handled:
    """The book as staff left it, and re-graded."""

    left: Path
    out: Path
    found: Regraded
    proof: Proof


def next_book(firm: Built, book: Path, out: Path) -> Built:
    """What is built a week later from the same files, with ``book`` as the last one."""
    kinds, later = firm.request.kinds, AS_OF + 7 * DAY
    return build(BuildRequest(out, kinds=kinds, scheme="vip-abc", as_of=later, previous=book))


def rows_of() -> dict[str, list[Row]]:
    """The three files."""
    people, sales, calls = [], [], []
    for n in range(10):
        customer = f"KH{n:02d}"
        people.append(
            {
                "客户编号": customer,
                "客户名称": f"公司{n}",
                "联系方式": f"1380000{n:04d}",
                "负责人": ("苏望舒", "沈嘉禾")[n % 2],
                "登记日期": (AS_OF - 100 * n * DAY).isoformat(),
                "备注": f"老客户{n}" if n % 3 == 0 else "",
            }
        )
        for k in range(n % 4 + 1):
            sales.append(
                {
                    "客户编号": customer,
                    "日期": (AS_OF - (20 * k + n) * DAY).isoformat(),
                    "金额": f"{(n + 1) * 20_000 + k}.5{n}",
                    "订单号": TEXTS[n] if k == 0 and n < len(TEXTS) else f"XS{n}{k}",
                    "产品或服务": "货",
                    "品类": ("茶叶", "咖啡豆")[k % 2],
                }
            )
        if n % 2:
            calls.append(
                {
                    "客户编号": customer,
                    "日期": (AS_OF - 3 * n * DAY).isoformat(),
                    "渠道": "电话",
                    "咨询问题": "问",
                    "满意度": str(n % 5 + 1),
                    "是否投诉": "是" if n == 5 else "否",
                }
            )
    return {"customers": people, "transactions": sales, "service": calls}


def book_of(folder: Path, rows: Mapping[str, list[Row]] | None = None) -> Built:
    """A book of the firm."""
    kinds = {}
    for table, records in (rows or rows_of()).items():
        write_rows(folder / f"{table}.csv", records)
        kinds[table] = [str(folder / f"{table}.csv")]
    return build(BuildRequest(folder / "book.xlsx", kinds=kinds, scheme="vip-abc", as_of=AS_OF))


def opened(path: Path) -> Package:
    """The package, guarded as in the product."""
    return open_package(path.read_bytes(), look_through, path.name)


def edited(source: Path, path: Path, cells: Cells) -> Path:
    """The book with these cells changed, all else to the byte."""
    found: dict[str, dict[int, dict[int, Edit]]] = {}
    for (sheet, row, col), edit in cells.items():
        found.setdefault(sheet, {}).setdefault(row, {})[col] = edit
    path.write_bytes(apply(opened(source), Edits(found)))
    return path


class Seen:
    """A book's cells by customer and header."""

    def __init__(self, path: Path) -> None:
        self.package = opened(path)
        self._grids: dict[str, Grid] = {}

    def grid(self, sheet: str) -> Grid:
        """A sheet."""
        if sheet not in self._grids:
            self._grids[sheet] = grid_of(self.package, sheet)
        return self._grids[sheet]

    def column(self, sheet: str, header: str) -> int:
        """The column of a header."""
        grid = self.grid(sheet)
        return next(col for col in range(grid.columns) if grid.at(2, col).value == header)

    def row(self, sheet: str, customer: str, n: int = 0) -> int:
        """The ``n``-th row of a customer."""
        grid = self.grid(sheet)
        return [r for r in range(3, grid.height) if grid.at(r, 0).value == customer][n]

    def place(self, sheet: str, customer: str, header: str, n: int = 0) -> tuple[str, int, int]:
        """A cell, as edits name it."""
        return sheet, self.row(sheet, customer, n), self.column(sheet, header)

    def cell(self, sheet: str, customer: str, header: str, n: int = 0) -> Cell:
        """A cell."""
        return self.grid(sheet).at(*self.place(sheet, customer, header, n)[1:])

    def says(self, customer: str, header: str, sheet: str = TIERS) -> object:
        """What a customer's cell shows."""
        return self.cell(sheet, customer, header).value


def told(found: Regraded, code: str) -> dict[str, dict[str, str]]:
    """Cell -> facts of the issues with this code."""
    return {dict(i.facts)["cell"]: dict(i.facts) for i in found.issues if i.code == code}


def plain(issue: Issue) -> str:
    """What an issue says in Chinese, which must be whole."""
    words = issue.message("zh")
    assert words and "{" not in words
    return words
