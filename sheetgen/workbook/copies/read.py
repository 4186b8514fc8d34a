"""One copy of a book: what staff can write in it, by customer, pair, name and row, beside what was there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sheetgen.errors import InputError
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.blank.filled import is_blank, room_of
from sheetgen.workbook.copies.leaf import ERROR, OWN, Leaf, columns_as_text
from sheetgen.workbook.copies.leaves import (
    base_rows,
    numbered,
    parameters_leaf,
    preferences_leaf,
    reviews_leaf,
    tiers_leaf,
)
from sheetgen.workbook.copies.lines import Lines, columns_on, lines_of, overlay
from sheetgen.workbook.layout import RECORDS, Layout
from sheetgen.workbook.regrade.blocks import Block, block_of, graded_headers, headers_of, optional_of
from sheetgen.workbook.regrade.compared import Compared, by_table
from sheetgen.workbook.regrade.grids import number_of, place
from sheetgen.workbook.written import PLACE, read_written

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

ROW: Final = "row"
"""the column of a conflict that is about a whole row"""


@dataclass(frozen=True)
class Copy:
    """A copy. ``leaves``: sheet id -> its cells by key; ``lines``: detail table -> its rows.

    ``numbers``: customer -> their number; ``tier_rows``: number -> row of 客户级别; ``prepared``: empty rows
    of 客户信息 that nobody had, each with its number; ``cleared``: number of a customer who is gone -> their
    row there; ``blocks``: where columns of ours stand, by sheet;
    ``renamed``: cell, old and new id of customers whose id was written anew.
    """

    path: Path
    sha256: str
    source: Source
    leaves: Mapping[str, Leaf]
    lines: Mapping[str, Lines]
    numbers: Mapping[str, float]
    tier_rows: Mapping[float, int]
    blocks: Mapping[str, Block]
    prepared: tuple[tuple[int, float], ...]
    cleared: Mapping[float, int]
    renamed: tuple[tuple[str, str, str], ...]

    @property
    def touched(self) -> frozenset[str]:
        """The customers of whom anything was written since: cells, or rows of theirs typed."""
        found = {key for t in ("customers", "tiers", "preferences") for key, _ in self.leaves[t].edited()}
        for lines in self.lines.values():
            found |= {str(lines.now["customer_id"][i]) for i in lines.added}
        return frozenset(found)

    @property
    def run_id(self) -> str:
        """The run that built the book."""
        return self.source.state.get("run_id", "")

    def header(self, sheet_id: str, column: str) -> str:
        """What people call a column."""
        if column.startswith(OWN):
            return column.removeprefix(OWN)
        if sheet_id in self.leaves:
            return self.leaves[sheet_id].headers.get(column, column)
        return data_tables()[sheet_id].fields[column].label.text(self.source.lang)


def read_copy(source: Source, path: Path, sha256: str) -> Copy:
    """Take a book in. Raises InputError: SG523 a sheet or column of ours is gone or the book does not carry
    what it was written with, SG524 a customer stands twice."""
    written = read_written(source.state)
    scheme, lang = source.scheme, source.lang
    rows = {t: int(n) for t, n in json.loads(source.state["rows"]).items()}
    if "customers" not in written and rows.get("customers"):  # a blank book was written with nothing
        raise InputError("copies_no_base", "SG523", path=path)
    shown = [
        s
        for t in data_tables()
        if t in ("customers", "preferences") or (t in RECORDS and source.names.get(t))
        for s in source.sheets(t)
    ]
    blocks = {s: block_of(source.grid(s), s, headers_of(s, scheme, lang), optional_of(s)) for s in shown}
    plan = Layout(scheme, lang, rows, room_of(source.state, rows), {}, blank=is_blank(source.state))
    tiers = block_of(source.grid("tiers"), "tiers", graded_headers(plan, "tiers", scheme))
    data = {s: block for s, block in blocks.items() if s != "preferences"}
    compared = by_table(data, written)
    customers, numbers, renamed = _customers(source, path, compared["customers"])
    base = base_rows(source)
    leaves = {
        "customers": customers,
        "tiers": tiers_leaf(source, tiers, numbers, base),
        "preferences": preferences_leaf(source, blocks["preferences"], base),
        "parameters": parameters_leaf(source),
    }
    if source.names.get("merges"):
        leaves["merges"] = reviews_leaf(source)
    lines = {t: lines_of(source, one) for t, one in compared.items() if t != "customers"}
    prepared = _prepared(blocks["customers"], customers)
    known = set(compared["customers"].base[PLACE].tolist())
    free = tuple((row, number) for number, row in prepared.items() if number not in known)
    cleared = {number: row for number, row in prepared.items() if number in known}
    blocks["tiers"] = tiers
    return Copy(path, sha256, source, leaves, lines, numbers, numbered(tiers), blocks, free, cleared, renamed)


def _customers(
    source: Source, path: Path, one: Compared
) -> tuple[Leaf, dict[str, float], tuple[tuple[str, str, str], ...]]:
    """客户信息 by id. A row whose id was written anew is still the one of its number; the new id is told."""
    import numpy as np

    lang = source.lang
    now, was = (columns_as_text(f, one.table, lang) for f in (one.now, one.base))
    cols = {k: c for k, c in columns_on(one.block).items() if k in now}
    now = {k: now[k] for k in cols}
    overlay(now, one.block, cols, one.rows, np.arange(len(one.rows)))
    past = {int(b): int(a) for a, b in one.met.pairs.tolist()}
    ids, old = now["customer_id"].tolist(), was["customer_id"].tolist()
    here, keys, renamed, places = [], [], [], dict[str, int]()
    for i, customer in enumerate(ids):
        if i in past and old[past[i]] != customer:
            cell = place(int(one.rows[i]), cols["customer_id"])
            renamed.append((cell, old[past[i]], "" if customer == ERROR else customer))
            customer = old[past[i]]  # noqa: PLW2901
            now["customer_id"][i] = customer
        if not customer or customer == ERROR:
            continue
        if customer in places:
            both = f"{places[customer] + 1}, {int(one.rows[i]) + 1}"
            raise InputError("copies_doubled", "SG524", path=path, sheet=one.block.grid.name, rows=both)
        places[customer] = int(one.rows[i])
        keys.append(customer)
        here.append(i)
    n, lines = len(here), np.asarray(here, dtype=np.int64)
    cells = np.empty((n, len(cols)), dtype=object)
    base = np.full((n, len(cols)), "", dtype=object)
    known = [k for k, i in enumerate(here) if i in past]
    for j, key in enumerate(cols):
        cells[:, j] = now[key][lines]
        if key in was and known:
            base[known, j] = was[key][[past[here[k]] for k in known]]
    gone = {
        old[b]: {key: str(words[b]) for key, words in was.items()}
        for b in one.met.gone.tolist()
        if old[b] not in places
    }
    written = set(old)
    new = frozenset(k for k, i in zip(keys, here, strict=True) if i not in past and k not in written)
    fields = data_tables()["customers"].fields
    heads = {k: fields[k].label.text(lang) for k in cols if k in fields}
    days = frozenset(k for k in heads if fields[k].type == "date")
    rows = tuple(places[key] for key in keys)
    leaf = Leaf(
        "customers",
        one.block.grid,
        tuple(keys),
        rows,
        cols,
        cells,
        base,
        heads,
        days,
        frozenset(cols),
        new,
        gone,
    )
    key_col = one.block.columns["key"]
    numbers = {k: number_of(one.block.grid.at(r, key_col)) or 0.0 for k, r in zip(keys, rows, strict=True)}
    return leaf, numbers, tuple(renamed)


def _prepared(block: Block, customers: Leaf) -> dict[float, int]:
    """The empty rows that have a number, from top to bottom: number -> row."""
    grid, taken = block.grid, set(customers.rows)
    cols = [col for col in customers.cols.values() if isinstance(col, int)]
    found: dict[float, int] = {}
    for row in sorted(r for r in grid.cells if r >= block.first):
        number = number_of(grid.at(row, block.columns["key"]))
        if row not in taken and number is not None and all(grid.at(row, col).kind == "" for col in cols):
            found.setdefault(number, row)
    return found
