"""More prepared rows for customers, where new ones find none: 客户信息, 价值评分 and 客户级别 grow alike.

A phase of its own, with its own proofs: first the rows with all that ends on the last one, then the formulas
of the whole book that end there. Customers whom staff typed on below a full sheet get such rows as well.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sheetgen.errors import InputError
from sheetgen.workbook.blank.filled import is_blank
from sheetgen.workbook.layout import spare_rows
from sheetgen.workbook.patch.added import growths
from sheetgen.workbook.patch.edits import Adopt, Append, Constant, Edits
from sheetgen.workbook.patch.follow import followed
from sheetgen.workbook.patch.follow_proof import misfollowed
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.patch.proved import patched, prove
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.blocks import Block, block_of, graded_headers, headers_of, optional_of
from sheetgen.workbook.regrade.columns import NO_FORMULA
from sheetgen.workbook.regrade.grids import text_of
from sheetgen.workbook.regrade.headed import plan_of
from sheetgen.workbook.regrade.met import filled_rows
from sheetgen.workbook.written import PLACE

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

PEOPLE: Final = "customers"


@dataclass(frozen=True)
class _Rows:
    """The rows of 客户信息: the ``last`` prepared one (from 0), how many are ``free``, how many customers
    stand ``below`` a last row that is filled, and who is ``known``."""

    last: int
    free: int
    below: int
    known: frozenset[str]


def with_room(source: Source, coming: Collection[str] = ()) -> Source:
    """The book with a prepared row for each of the customers ``coming`` that it does not know, and for those
    typed below the prepared ones.

    Where rows more are made, further ones stay free, as in a fresh book. A book that they cannot be made in
    (rows of 价值评分 were deleted, something stands below them) stays as it is. Raises InputError
    (SG523), ReconcileError (SG533).
    """
    if is_blank(source.state):
        return source
    people = block_of(
        source.grid(PEOPLE), PEOPLE, headers_of(PEOPLE, source.scheme, source.lang), optional_of(PEOPLE)
    )
    rows = _rows(people)
    new = sum(customer not in rows.known for customer in coming)
    if not rows.below and new <= rows.free:
        return source
    spare = spare_rows({PEOPLE: len(rows.known) + new})[PEOPLE] if new > rows.free else 0
    edits = _edits(source, people, rows, max(0, new - rows.free) + spare)
    if edits is None:
        return source
    try:
        package = patched(source.package, edits, _own)
    except InputError as error:
        if error.code != "SG519":
            raise
        return source
    grew = growths(edits)
    after = open_package(followed(package, grew), _own, package.name)
    prove(misfollowed(package, after, grew))
    return replace(source, package=after, grids={})


def _own(name: str, data: bytes) -> None:
    """What is made of a book that was looked through is our own."""


def _rows(block: Block) -> _Rows:
    import numpy as np

    grid = block.grid
    ids = grid.words(block.columns["customer_id"])[block.first :]
    prepared = np.flatnonzero(~np.isnan(grid.numbers(block.columns[PLACE])[block.first :]))
    filled, last = filled_rows(block), int(prepared[-1]) if len(prepared) else -1
    gaps = np.flatnonzero(ids[last + 1 :] == "")
    below = int(gaps[0]) if len(gaps) else len(ids) - last - 1
    full = last >= 0 and bool(filled[last])
    known = frozenset(word for word in ids.tolist() if word)
    return _Rows(block.first + last, int((~filled[prepared]).sum()), below if full else 0, known)


def _edits(source: Source, people: Block, rows: _Rows, more: int) -> Edits | None:
    """The rows to come, so that 客户信息 and 价值评分, which go row by row, end in one row again; None where
    价值评分 is the shorter one. Rows that staff deleted of 客户信息 are made up for.
    """
    import numpy as np

    plan = plan_of(source)
    scores, tiers = (
        block_of(source.grid(s), s, graded_headers(plan, s, source.scheme)) for s in ("scores", "tiers")
    )
    gone = _last_formula(scores) - rows.last
    if gone < 0:
        return None
    more += gone if more else 0
    numbers = [block.grid.numbers(block.columns[PLACE]) for block in (people, tiers)]
    first = int(max(np.nanmax(column) for column in numbers)) + 1
    keys = [float(first + i) for i in range(rows.below + more)]
    col = people.columns[PLACE]
    typed = {rows.last + 1 + i: {col: Constant(key)} for i, key in enumerate(keys[: rows.below])}
    area = _area(people, rows.last)
    adopt = [Adopt(people.grid.name, area, rows.below)] if rows.below else []
    append = [
        Append(people.grid.name, area, [{col: Constant(key)} for key in keys[rows.below :]]),
        Append(scores.grid.name, _area(scores, rows.last + gone), [{} for _ in keys[gone:]]),
        Append(
            tiers.grid.name,
            _area(tiers, _last_formula(tiers)),
            [{tiers.columns[PLACE]: Constant(key)} for key in keys],
        ),
    ]
    return Edits({people.grid.name: typed} if typed else {}, adopt, append)


def _last_formula(block: Block) -> int:
    """The last row whose customer is found by a formula."""
    import numpy as np

    found = np.flatnonzero(block.grid.formulas(block.columns["customer_id"]) != NO_FORMULA)
    return int(found[-1]) if len(found) else block.header


def _area(block: Block, last: int) -> Area:
    """The rows of a sheet with its columns, those of staff's right beside ours too."""
    heads = {col for col, cell in block.grid.cells.get(block.header, {}).items() if text_of(cell)}
    left, right = min(block.columns.values()), max(block.columns.values())
    while left - 1 in heads:
        left -= 1
    while right + 1 in heads:
        right += 1
    return Area(block.first, left, last, right)
