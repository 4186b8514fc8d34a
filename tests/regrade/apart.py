"""A small book and edited copies of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from sheetgen.explain import scheme_of
from sheetgen.handed_copies import merge_copies
from sheetgen.ingest.package import look_through
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook.copies.merge import Merged
from sheetgen.workbook.layout import PART_ROWS
from sheetgen.workbook.opened import open_book
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Constant, Edits
from sheetgen.workbook.patch.edits import Edit as Patch
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.regrade.grids import Grid, text_of
from sheetgen.workbook.regrade.source import Source
from tests.office.values import Value

from .books import grids, shown

AS_OF = date(2026, 6, 30)
PEOPLE = tuple(f"K{n}" for n in range(1, 9))
C, T, R, S, P, X = "客户信息", "客户级别", "历史交易", "服务记录", "客户偏好", "参数设置"
ROWS = {
    "customers": [
        {"客户编号": c, "客户名称": f"名{c}", "联系方式": "13800000000", "负责人": "甲", "等次": "旧"}
        for c in PEOPLE
    ],
    "transactions": [
        {"客户编号": c, "日期": f"2026-0{m}-1{n}", "金额": str(10_000 * (n + 1) + m), "订单号": f"D{c}{m}",
         "产品或服务": f"品{m}", "仓库": "东"}
        for n, c in enumerate(PEOPLE) for m in (2, 5)
    ],
    "service": [
        {"客户编号": c, "日期": "2026-06-01", "渠道": "电话", "咨询问题": "问", "满意度": "4"}
        for c in PEOPLE[:4]
    ],
}  # fmt: skip
Place = tuple[str, int, int]


def small(
    folder: Path,
    as_of: date = AS_OF,
    previous: Path | None = None,
    name: str = "book.xlsx",
    part_rows: int = PART_ROWS,
) -> Built:
    """The book of eight customers."""
    kinds = {}
    for table, rows in ROWS.items():
        path = folder / f"{table}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        kinds[table] = [str(path)]
    request = BuildRequest(folder / name, kinds=kinds, as_of=as_of, previous=previous, part_rows=part_rows)
    return build(request)


@cache
def _read(path: Path, size: int, moment: int) -> dict[str, Grid]:
    return grids(path)


def read(path: Path) -> dict[str, Grid]:
    """All sheets of a book."""
    stat = path.stat()
    return _read(path, stat.st_size, stat.st_mtime_ns)


def col(path: Path, sheet: str, header: str) -> int:
    """The column under a header."""
    heads = read(path)[sheet].cells[2]
    return next(c for c, cell in heads.items() if text_of(cell) == header)


def row(path: Path, sheet: str, key: str, nth: int = 0) -> int:
    """The ``nth`` row of a customer."""
    grid, at = read(path)[sheet], col(path, sheet, "客户编号")
    return [r for r in sorted(grid.cells) if r > 2 and text_of(grid.at(r, at)) == key][nth]


def at(path: Path, sheet: str, key: str, header: str, nth: int = 0) -> Place:
    """A cell by customer and header."""
    return sheet, row(path, sheet, key, nth), col(path, sheet, header)


def free(path: Path, sheet: str, nth: int = 0) -> int:
    """The ``nth`` row below the last one that names a customer."""
    grid, own = read(path)[sheet], col(path, sheet, "客户编号")
    last = max(r for r in grid.cells if r > 2 and text_of(grid.at(r, own)))
    return last + 1 + nth


def new_row(path: Path, sheet: str, values: Mapping[str, object], nth: int = 0) -> dict[Place, object]:
    """The cells of a typed row."""
    return {(sheet, free(path, sheet, nth), col(path, sheet, key)): value for key, value in values.items()}


def cleared(path: Path, sheet: str, key: str, nth: int = 0) -> dict[Place, object]:
    """A row whose data are cleared, its number too: as good as deleted."""
    grid, line = read(path)[sheet], row(path, sheet, key, nth)
    return {(sheet, line, c): None for c, cell in grid.cells[line].items() if cell.formula is None}


def without(path: Path, customer: str) -> dict[Place, object]:
    """A customer's row on 客户信息 cleared but for its number, as its prepared row was."""
    number = col(path, C, "序号")
    return {place: None for place in cleared(path, C, customer) if place[2] != number}


def edited(source: Path, path: Path, cells: Mapping[Place, object]) -> Path:
    """A copy with these cells changed; all else to the byte."""
    found: dict[str, dict[int, dict[int, Patch]]] = {}
    for (sheet, line, column), value in cells.items():
        found.setdefault(sheet, {}).setdefault(line, {})[column] = Constant(value)  # type: ignore[arg-type]
    package = open_package(source.read_bytes(), look_through, source.name)
    path.write_bytes(apply(package, Edits(found)))
    return path


def said(path: Path, sheet: str, key: str, header: str, nth: int = 0) -> Value:
    """What a cell shows."""
    _, line, column = at(path, sheet, key, header, nth)
    return shown(read(path)[sheet].at(line, column))


def merged(out: Path, first: Path, *others: Path) -> Regraded:
    """Merge and re-grade; a second re-grade changes nothing."""
    found = regrade(RegradeRequest(first, out, copies=others))
    again = regrade(RegradeRequest(out, out.with_name("again.xlsx")))
    assert not again.changed
    assert out.with_name("again.xlsx").read_bytes() == out.read_bytes()
    return found


def joined(out: Path, first: Path, *others: Path) -> Merged:
    """Merge alone; nothing is graded."""
    request = RegradeRequest(first, out, copies=others)
    book = open_book(first, "", look_through)
    package = open_package(book.data, look_through, first.name)
    found = merge_copies(request, book, Source(package, book.names, book.state, scheme_of(book)))
    out.write_bytes(found.source.package.data)
    return found
