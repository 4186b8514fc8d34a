"""A book whose rows stand more out of order than it can look up, as people's own sort or pasting leaves them:
its rows are put in order by customers' numbers, where nothing points at single ones of them.

Rows without a number stay as they are, below the others: only the lack of one tells that staff typed them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sheetgen.model import Issue
from sheetgen.workbook.blank.filled import is_blank
from sheetgen.workbook.layout import FIRST, LOOSE_LIMIT
from sheetgen.workbook.patch.edits import Edits
from sheetgen.workbook.patch.order import reordered
from sheetgen.workbook.patch.order_proof import misplaced
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.patch.pointed import names_and_drawings, points_inside
from sheetgen.workbook.patch.proved import Look, prove
from sheetgen.workbook.regrade.blocks import block_of, headers_of, optional_of
from sheetgen.workbook.regrade.compared import Compared, by_table
from sheetgen.workbook.regrade.grids import formulas_in, grid_of
from sheetgen.workbook.regrade.sorting import Standing, numbers_for, standings_of
from sheetgen.workbook.regrade.source import limit_of

if TYPE_CHECKING:
    from sheetgen.workbook.patch.order import Order
    from sheetgen.workbook.patch.package import Package
    from sheetgen.workbook.regrade.source import Source


def in_order(source: Source, look: Look) -> tuple[Source, tuple[Issue, ...]]:
    """The book with its rows in order, proved to be the same else, and a warning for each sheet (SG576);
    itself where its rows are not too many out of order, or some of them cannot go.

    Raises InputError: SG523 a sheet or column of ours is gone, SG519 or SG574 something hangs on several
    rows; ReconcileError (SG533).
    """
    found = list(_out_of_order(source))
    orders = [standing.order(sheet) for sheet, standing in found]
    package = source.package
    if not orders or any(_pointed_at(package, order) for order in orders):
        return source, ()
    more = numbers_for(source, max(standing.longest for _, standing in found))
    source = source.patched(Edits(append=(more,)), look) if more else source
    package = source.package
    for order in orders:
        before, package = package, open_package(reordered(package, order), look, package.name)
        prove(misplaced(before, package, order))
    told = tuple(
        Issue("SG576", "warning", f"#{order.sheet}", facts=(("sheet", order.sheet),)) for order in orders
    )
    return replace(source, package=package, grids={}), told


def _out_of_order(source: Source) -> Iterator[tuple[str, Standing]]:
    """The sheets of the tables whose rows cannot be looked up one by one, as they stand."""
    if is_blank(source.state):
        return
    for table in source.scheme.detail_tables:
        limit, sheet = limit_of(source, table), _table(source, table)
        now = standings_of(source, sheet)
        outside, whole = sum(one.outside for one in now), sum(len(one.numbers) for one in now)
        for block, one in zip(sheet.blocks, now, strict=True):
            crowded = one.outside > 0 and outside > limit
            if whole > limit > 0 and (crowded or one.loose > LOOSE_LIMIT) and block.header == FIRST - 2:
                yield block.grid.name, one


def _table(source: Source, table: str) -> Compared:
    headers, may = headers_of(table, source.scheme, source.lang), optional_of(table)
    blocks = {s: block_of(source.grid(s), s, headers, may) for s in source.sheets(table)}
    return by_table(blocks, {})[table]


def _pointed_at(package: Package, order: Order) -> bool:
    if any(names_and_drawings(package, order)):
        return True
    return any(
        points_inside(grid.formula(row, col) or "", name, row, order)
        for name in package.worksheets
        for grid in (grid_of(package, name),)
        for row, col in formulas_in(grid)
    )
