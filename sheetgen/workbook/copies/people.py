"""Customers that came to one copy, or left one: what becomes of their rows in the first book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sheetgen.i18n import text
from sheetgen.model import Issue
from sheetgen.workbook.copies.found import Conflict, Found, Said, Taken
from sheetgen.workbook.copies.leaf import shown, value
from sheetgen.workbook.copies.read import ROW, Copy
from sheetgen.workbook.regrade.grids import place

if TYPE_CHECKING:
    from sheetgen.workbook.copies.leaf import Leaf

CUSTOMERS: Final = "customers"


@dataclass
class People:
    """Who stands where in the first book once all is merged.

    ``numbers``: customer -> number. ``rows``: the rows of 客户信息 of those who came or came back, ``back``.
    ``deleted``: those who left. ``lacking``: those it has no room for.
    """

    numbers: dict[str, float]
    free: list[tuple[int, float]]
    rows: dict[str, int] = field(default_factory=dict)
    back: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    lacking: set[str] = field(default_factory=set)


def merge_people(found: Found, copies: Sequence[Copy]) -> People:
    """List the rows of 客户信息 that come and go in the first of ``copies``."""
    first, others = copies[0], [copy.leaves[CUSTOMERS] for copy in copies[1:]]
    mine = first.leaves[CUSTOMERS]
    people = People(dict(first.numbers), list(first.prepared))
    touched = [copy.touched for copy in copies]
    for customer in mine.gone or ():
        by = [k for k, copy in enumerate(copies) if k and customer in touched[k] and customer in copy.numbers]
        if by:
            _return(found, copies, people, customer, touched, by[0])
    for customer in dict.fromkeys(key for leaf in others for key in leaf.gone or ()):
        if customer in mine.at:
            _go(found, copies, people, customer, touched)
    for customer in dict.fromkeys(key for leaf in others for key in leaf.keys if key in leaf.new):
        if customer not in mine.at:
            _come(found, copies, people, customer)
    return people


def _come(found: Found, copies: Sequence[Copy], people: People, customer: str) -> None:
    """A customer who is new: in a prepared row, each cell from the first copy that fills it."""
    first, mine = copies[0], copies[0].leaves[CUSTOMERS]
    theirs = {
        k: c.leaves[CUSTOMERS] for k, c in enumerate(copies) if k and customer in c.leaves[CUSTOMERS].at
    }
    k, leaf = next(iter(theirs.items()))
    if not people.free:
        _no_room(found, copies, people, customer, k)
        return
    row, number = people.free.pop(0)
    name = mine.grid.name
    people.numbers[customer], people.rows[customer] = number, row
    for column, col in mine.cols.items():
        if not isinstance(col, int):
            continue
        said = [(k, leaf, words) for k, leaf in theirs.items() if (words := leaf.text(customer, column))]
        if said:
            _, leaf, _ = said[0]
            found.put(name, row, col, value(leaf.cell(leaf.at[customer], column)))
    at = place(row, _col(mine, "customer_id"))
    found.taken.append(
        Taken(k, name, at, customer, first.header(CUSTOMERS, "customer_id"), "", customer, "row")
    )


def _go(
    found: Found, copies: Sequence[Copy], people: People, customer: str, touched: Sequence[frozenset[str]]
) -> None:
    """A customer who was deleted in a copy: gone, but where somebody else wrote of them."""
    first, mine = copies[0], copies[0].leaves[CUSTOMERS]
    line, say = mine.at[customer], first.source.lang
    without = [k for k, c in enumerate(copies) if customer in (c.leaves[CUSTOMERS].gone or {})]
    at = mine.place(line, "customer_id")
    if any(customer in touched[k] for k in range(len(copies)) if k not in without):
        found.conflicts.append(_whole(copies, customer, touched, at))
        return
    people.deleted.add(customer)
    was = " ".join(w for column in mine.cols if (w := mine.said(line, column)))
    for column in mine.cols:
        if mine.text(customer, column):
            found.put(mine.grid.name, *mine.spot(line, column), None)
    tiers = first.leaves["tiers"]
    for column in tiers.cols:
        if tiers.text(customer, column):
            found.put(tiers.grid.name, *tiers.spot(tiers.at[customer], column), None)
    header = text(f"copies_{ROW}", say)
    found.taken.append(Taken(without[0], mine.grid.name, at, customer, header, was, "", "deleted"))


def _whole(copies: Sequence[Copy], customer: str, touched: Sequence[frozenset[str]], at: str) -> Conflict:
    """One deleted them, another wrote of them: they stay, and it is told."""
    lang, said = copies[0].source.lang, []
    for k, copy in enumerate(copies):
        leaf = copy.leaves[CUSTOMERS]
        if customer in (leaf.gone or {}):
            said.append(Said(k, "", text("copies_deleted", lang)))
        elif customer in leaf.at and customer in touched[k]:
            where = f"{leaf.grid.name}!{leaf.place(leaf.at[customer], 'customer_id')}"
            said.append(Said(k, where, text("copies_edited", lang)))
    words = text("copies_kept", lang)
    name = copies[0].leaves[CUSTOMERS].grid.name
    return Conflict(name, at, customer, text(f"copies_{ROW}", lang), customer, tuple(said), words)


def _return(
    found: Found,
    copies: Sequence[Copy],
    people: People,
    customer: str,
    touched: Sequence[frozenset[str]],
    by: int,
) -> None:
    """A customer whom the first book deleted, and of whom another copy wrote: back, under their old number.

    They get what was written; what the copies wrote since is merged into that as it is for everybody.
    """
    first, mine, theirs = copies[0], copies[0].leaves[CUSTOMERS], copies[by].leaves[CUSTOMERS]
    old = copies[by].numbers[customer] if copies[by].run_id == first.run_id else 0.0
    name = mine.grid.name
    if old in first.cleared:
        row, number = first.cleared[old], old
    elif people.free:
        row, number = people.free.pop(0)
    else:
        _no_room(found, copies, people, customer, by)
        return
    if old and number != old:
        found.put(name, row, first.blocks[CUSTOMERS].columns["key"], old)
    people.numbers[customer], people.rows[customer] = old or number, row
    people.back.add(customer)
    for column, col in mine.cols.items():
        if isinstance(col, int) and theirs.past(customer, column):
            found.put(name, row, col, _value(theirs, customer, column))
    found.conflicts.append(_whole(copies, customer, touched, place(row, _col(mine, "customer_id"))))


def _no_room(found: Found, copies: Sequence[Copy], people: People, customer: str, book: int) -> None:
    leaf = copies[book].leaves[CUSTOMERS]
    people.lacking.add(customer)
    facts = (("sheet", leaf.grid.name), ("cell", leaf.place(leaf.at[customer], "customer_id")))
    found.issues.append(Issue("SG586", "warning", str(copies[book].path), column="customer_id", facts=facts))


def _value(leaf: Leaf, customer: str, column: str) -> float | str:
    """What was written, as a cell holds it."""
    words = leaf.past(customer, column)
    return float(words) if column in leaf.days and shown(words, True) != words else words


def _col(leaf: Leaf, column: str) -> int:
    col = leaf.cols[column]
    assert isinstance(col, int)
    return col
