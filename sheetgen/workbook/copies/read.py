"""One copy of a book: what staff can write in it, by customer, pair, name and row, beside what was there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import InputError
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.blank.filled import is_blank, room_of
from sheetgen.workbook.copies.leaf import ERROR, OWN, Leaf, columns_as_text, plain
from sheetgen.workbook.copies.leaves import (
    base_rows,
    numbered,
    parameters_leaf,
    preferences_leaf,
    reviews_leaf,
    tiers_leaf,
)
from sheetgen.workbook.layout import RECORDS, Layout
from sheetgen.workbook.regrade.blocks import Block, block_of, graded_headers, headers_of, optional_of
from sheetgen.workbook.regrade.compared import Compared, by_table
from sheetgen.workbook.regrade.grids import number_of, place, text_of
from sheetgen.workbook.written import PLACE, read_written

if TYPE_CHECKING:
    import numpy.typing as npt

    from sheetgen.workbook.regrade.source import Source

ROW: Final = "row"
"""the column of a conflict that is about a whole row"""


@dataclass(frozen=True)
class Lines:
    """The rows of a detail sheet. ``now``: those that stand there, ``was``: those written; texts by column.

    ``kept``: row of ``was`` -> row of ``now``; ``added``, ``gone``: rows of now and was that have no other.
    """

    block: Block
    rows: tuple[int, ...]
    cols: Mapping[str, int]
    now: Mapping[str, npt.NDArray[Any]]
    was: Mapping[str, npt.NDArray[Any]]
    kept: Mapping[int, int]
    added: tuple[int, ...]
    gone: tuple[int, ...]
    compared: Compared

    @cached_property
    def base_of(self) -> dict[int, int]:
        """Row of ``now`` -> row of ``was``."""
        return {row: base for base, row in self.kept.items()}

    def line(self, row: int, past: bool = False) -> dict[str, str]:
        """A row of ``now`` (of ``was``: ``past``) by column."""
        return {key: str(texts[row]) for key, texts in (self.was if past else self.now).items()}


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
        t
        for t in data_tables()
        if t in ("customers", "preferences") or (t in RECORDS and source.names.get(t))
    ]
    blocks = {t: block_of(source.grid(t), t, headers_of(t, scheme, lang), optional_of(t)) for t in shown}
    plan = Layout(scheme, lang, rows, room_of(source.state, rows), {}, blank=is_blank(source.state))
    tiers = block_of(source.grid("tiers"), "tiers", graded_headers(plan, "tiers", scheme))
    data = {t: block for t, block in blocks.items() if t != "preferences"}
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
    lines = {t: _lines(source, one) for t, one in compared.items() if t != "customers"}
    prepared = _prepared(blocks["customers"], customers)
    known = set(compared["customers"].base[PLACE].tolist())
    free = tuple((row, number) for number, row in prepared.items() if number not in known)
    cleared = {number: row for number, row in prepared.items() if number in known}
    blocks["tiers"] = tiers
    return Copy(path, sha256, source, leaves, lines, numbers, numbered(tiers), blocks, free, cleared, renamed)


def _overlaid(found: dict[str, Any], block: Block, rows: Any, cols: Mapping[str, int]) -> dict[str, Any]:
    """Words where a number or a day belongs, and errors: a cleaned table has nothing there."""
    import numpy as np

    for key, col in cols.items():
        for i in np.flatnonzero(found[key] == "").tolist():
            cell = block.grid.at(int(rows[i]), col)
            if cell.kind:
                found[key][i] = plain(cell)
    return found


def _columns(one: Compared) -> dict[str, int]:
    """Column id -> column of the sheet; further columns by their headers."""
    fields = data_tables()[one.table].fields
    found = {key: col for key, col in one.block.columns.items() if key in fields}
    taken = set(one.block.columns.values())
    for col in range(one.block.grid.columns):
        words = text_of(one.block.grid.at(one.block.header, col)).strip()
        if words and col not in taken:
            found.setdefault(OWN + words, col)
    return found


def _customers(
    source: Source, path: Path, one: Compared
) -> tuple[Leaf, dict[str, float], tuple[tuple[str, str, str], ...]]:
    """客户信息 by id. A row whose id was written anew is still the one of its number; the new id is told."""
    import numpy as np

    lang = source.lang
    cols = _columns(one)
    now, was = (columns_as_text(f, one.table, lang) for f in (one.now, one.base))
    now = _overlaid({k: now[k] for k in cols if k in now}, one.block, one.rows, cols)
    cols = {k: c for k, c in cols.items() if k in now}
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


def _lines(source: Source, one: Compared) -> Lines:
    """The rows of a detail sheet."""
    lang, cols = source.lang, _columns(one)
    now, was = (columns_as_text(f, one.table, lang) for f in (one.now, one.base))
    cols = {k: c for k, c in cols.items() if k in now}
    now = _overlaid({k: now[k] for k in cols}, one.block, one.rows, cols)
    return Lines(
        one.block, tuple(int(r) for r in one.rows), cols, now, {k: w for k, w in was.items() if k in cols},
        dict(one.met.pairs.tolist()), tuple(one.met.added.tolist()), tuple(one.met.gone.tolist()), one,
    )  # fmt: skip
