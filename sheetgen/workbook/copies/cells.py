"""Cells that copies changed, by customer, pair and name: what the first book gets of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetgen.model import Issue
from sheetgen.workbook.copies.decide import decided
from sheetgen.workbook.copies.found import Conflict, Found, Said, Taken
from sheetgen.workbook.copies.leaf import OWN, plain, shown, value
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.grids import place

if TYPE_CHECKING:
    from sheetgen.workbook.copies.leaf import Leaf
    from sheetgen.workbook.copies.people import People
    from sheetgen.workbook.copies.read import Copy
    from sheetgen.workbook.patch.edits import Value

SHEETS: Final = ("customers", "tiers", "preferences", "parameters", "merges")
NAMED: Final = ("parameters", "merges")
"""the sheets whose keys are no customers"""


def merge_cells(found: Found, copies: Sequence[Copy], people: People) -> None:
    """List every changed cell of the sheets that have keys."""
    for sheet_id in SHEETS:
        leaves = [copy.leaves.get(sheet_id) for copy in copies]
        if leaves[0] is not None:
            _merge(found, copies, people, sheet_id, leaves)


def _merge(
    found: Found, copies: Sequence[Copy], people: People, sheet_id: str, leaves: Sequence[Leaf | None]
) -> None:
    first, mine = copies[0], leaves[0]
    assert mine is not None
    changed: dict[tuple[str, str], None] = {}
    for copy, leaf in zip(copies[1:], leaves[1:], strict=True):
        if leaf is not None:
            changed |= dict.fromkeys(leaf.edited())
            if copy.run_id == first.run_id:
                changed |= dict.fromkeys(leaf.unlike(mine))
    spots = _Spots(first, people, sheet_id, mine)
    wanting: dict[str, dict[int, Value]] = {}
    for key, column in changed:
        if column not in mine.cols:
            continue
        if sheet_id not in NAMED and spots.closed(key):
            _nobody(found, copies, people, leaves, key, column)
            continue
        now = [
            spots.text(key, column, leaves),
            *(leaf.text(key, column) if leaf else None for leaf in leaves[1:]),
        ]
        was = [leaf.past(key, column) if leaf else "" for leaf in leaves]
        if sheet_id == "parameters":
            _no_numbers(found, copies, leaves, key, now, was)
        verdict = decided(was, now)
        at = spots.of(key, column)
        cell = place(*at) if at else ""
        customer, header = _called(first, mine, sheet_id, key, column)
        is_day = column in mine.days or key == "p_as_of"
        if verdict.verdict == "take":
            leaf = leaves[verdict.book]
            assert leaf is not None
            new = value(leaf.cell(leaf.at[key], column))
            if at:
                found.put(mine.grid.name, *at, new)
            elif sheet_id == "preferences":
                wanting.setdefault(key, {})[_col(mine, column)] = new
            said = [shown(str(words or ""), is_day) for words in (now[0], now[verdict.book])]
            found.taken.append(Taken(verdict.book, mine.grid.name, cell, customer, header, *said))
        if verdict.verdict == "conflict":
            says = tuple(
                Said(
                    k, _place(leaf, key, column) if k else _own(mine, cell), shown(str(now[k] or ""), is_day)
                )
                for k, leaf in enumerate(leaves)
                if leaf is not None and now[k] is not None and (k or spots.own(key))
            )
            past = shown(next((w for w in was[1:] if w), was[0]), is_day)
            kept = shown(str(now[0] or ""), is_day)
            found.conflicts.append(Conflict(mine.grid.name, cell, customer, header, past, says, kept))
    if wanting:
        _below(found, first, mine, wanting)


@dataclass(frozen=True)
class _Spots:
    """Where a cell of a key is in the first book, who came or came back to it too."""

    first: Copy
    people: People
    sheet_id: str
    mine: Leaf

    def closed(self, key: str) -> bool:
        """Whether nothing is to be written of a customer any more, or nothing can be."""
        return key in self.people.deleted or key in self.people.lacking or key not in self.people.numbers

    def own(self, key: str) -> bool:
        """Whether the first book itself has something to say of a key."""
        return key in self.mine.at or (self.sheet_id == "tiers" and key in self.people.back)

    def of(self, key: str, column: str) -> tuple[int, int] | None:
        if key in self.mine.at:
            return self.mine.spot(self.mine.at[key], column)
        row = None
        if self.sheet_id == "customers":
            row = self.people.rows.get(key)
        if self.sheet_id == "tiers":
            row = self.first.tier_rows.get(self.people.numbers.get(key, 0.0))
        return (row, _col(self.mine, column)) if row is not None else None

    def text(self, key: str, column: str, leaves: Sequence[Leaf | None]) -> str | None:
        """What the first book says there. Who came back says what was written."""
        if key in self.mine.at or self.sheet_id in NAMED:
            return self.mine.text(key, column)
        if self.sheet_id == "customers":
            if key not in self.people.back:
                return _first(leaves, key, column)
            return next((leaf.past(key, column) for leaf in leaves[1:] if leaf and key in leaf.at), "")
        at = self.of(key, column)
        return plain(self.mine.grid.at(*at)) if at else ""


def _first(leaves: Sequence[Leaf | None], key: str, column: str) -> str:
    """Of who is new: what the first copy says that says anything; people.py has told of all others."""
    return next((words for leaf in leaves[1:] if leaf and (words := leaf.text(key, column))), "")


def _called(first: Copy, mine: Leaf, sheet_id: str, key: str, column: str) -> tuple[str, str]:
    """Whom a cell is about, and what its column is called."""
    if sheet_id == "parameters":
        row, col = mine.spot(mine.at[key], column)
        above = (mine.grid.at(r, col) for r in range(row - 1, -1, -1))
        head = next((plain(cell) for cell in above if cell.kind == "str"), "")
        return "", " ".join(word for word in (plain(mine.grid.at(row, 0)), head) if word)
    return key, column.removeprefix(OWN) if column.startswith(OWN) else first.header(sheet_id, column)


def _own(mine: Leaf, cell: str) -> str:
    return f"{mine.grid.name}!{cell}" if cell else ""


def _place(leaf: Leaf | None, key: str, column: str) -> str:
    return f"{leaf.grid.name}!{leaf.place(leaf.at[key], column)}" if leaf and key in leaf.at else ""


def _no_numbers(
    found: Found,
    copies: Sequence[Copy],
    leaves: Sequence[Leaf | None],
    key: str,
    now: list[str | None],
    was: Sequence[str],
) -> None:
    """A parameter that is no number in a copy is told, and nothing is taken from there."""
    for k, words in enumerate(now):
        leaf = leaves[k]
        if not k or leaf is None or words is None or words == was[k] or not key.startswith("p_"):
            continue
        if isinstance(value(leaf.cell(leaf.at[key], "value")), float) or (not words and "_keep_" in key):
            continue
        facts = (("sheet", leaf.grid.name), ("cell", leaf.place(leaf.at[key], "value")), ("what", words))
        found.issues.append(Issue("SG582", "warning", str(copies[k].path), facts=facts))
        now[k] = None


def _nobody(
    found: Found, copies: Sequence[Copy], people: People, leaves: Sequence[Leaf | None], key: str, column: str
) -> None:
    """A cell of somebody whom the first book does not know any more, under this id at least."""
    if key in people.deleted or key in people.lacking:
        return
    for k, leaf in enumerate(leaves):
        if k and leaf and key in leaf.at and leaf.text(key, column) != leaf.past(key, column):
            facts = (("sheet", leaf.grid.name), ("cell", leaf.place(leaf.at[key], column)))
            words = leaf.said(leaf.at[key], column)
            found.issues.append(
                Issue("SG582", "warning", str(copies[k].path), facts=(*facts, ("what", words)))
            )


def _below(found: Found, first: Copy, mine: Leaf, wanting: dict[str, dict[int, Value]]) -> None:
    """Rows of 客户偏好 for customers who have none yet, below its last one."""
    block = first.blocks["preferences"]
    last = max([*mine.rows, block.header])
    cols = [*block.columns.values(), *(c for c in mine.cols.values() if isinstance(c, int))]
    for n, (customer, values) in enumerate(wanting.items(), 1):
        cells: dict[int, Value] = {block.columns["customer_id"]: customer, **values}
        if last < block.first or any(mine.grid.at(last + n, col).kind for col in cols):
            for col, new in cells.items():
                found.put(mine.grid.name, mine.grid.height + n, col, new)
        else:
            found.below(mine.grid.name, Area(block.first, min(cols), last, max(cols)), cells)


def _col(leaf: Leaf, column: str) -> int:
    col = leaf.cols[column]
    assert isinstance(col, int)
    return col
