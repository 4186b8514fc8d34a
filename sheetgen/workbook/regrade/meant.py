"""Cells that staff filled in another way than the book reads: written as they are meant, and told.

A step of its own before anything is graded, so that formulas and Python find the same in every cell. What
has two meanings is left as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.grade import context_of
from sheetgen.model import Issue, Level
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.blank.filled import is_blank, room_of
from sheetgen.workbook.layout import RECORDS, Layout
from sheetgen.workbook.patch.edits import Constant, Edit, Edits, Value
from sheetgen.workbook.regrade.blocks import block_of, graded_headers, headers_of, optional_of
from sheetgen.workbook.regrade.columns import NO_FORMULA, NOTHING, TEXT
from sheetgen.workbook.regrade.doubled import doubled
from sheetgen.workbook.regrade.grids import number_of, place, text_of
from sheetgen.workbook.regrade.marks import marks_meant
from sheetgen.workbook.regrade.pasted import pasted
from sheetgen.workbook.regrade.spoken import day_meant, number_meant, tier_meant, tier_names
from sheetgen.workbook.sheets.base import WRITTEN, staff_fields

if TYPE_CHECKING:
    from sheetgen.workbook.patch.view import Cell
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.source import Source

NUMBERS: Final = ("number", "integer", "price", "rating", "money")
UNTIL: Final = "override_until"


@dataclass
class Meant:
    """``cells`` to write, sheet -> row -> column -> edit, and what is told of them and of others."""

    cells: dict[str, dict[int, dict[int, Edit]]] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    @property
    def edits(self) -> Edits:
        """What is to be written."""
        return Edits(self.cells)

    def put(self, block: Block, row: int, column: str, value: Value) -> None:
        """Write a cell of a column of ours."""
        self.put_at(block, row, block.columns[column], value)

    def put_at(self, block: Block, row: int, col: int, value: Value) -> None:
        """Write a cell."""
        self.cells.setdefault(block.grid.name, {}).setdefault(row, {})[col] = Constant(value)

    def tell(self, code: str, block: Block, row: int, column: str, **words: str) -> None:
        """Tell of a cell; ``words`` fill the text beside its sheet and cell."""
        sheet, cell = block.grid.name, place(row, block.columns[column])
        facts = (("sheet", sheet), ("cell", cell), *words.items())
        level: Level = "note" if code in ("SG508", "SG539", "SG540") else "warning"
        self.issues.append(Issue(code, level, f"#{sheet}", row + 1, column, facts=facts))


def with_meant(source: Source, look: Callable[[str, bytes], object]) -> tuple[Source, tuple[Issue, ...]]:
    """The book with these cells written, proved to be the same else, and what is told of them.

    Raises InputError (SG523), ReconcileError (SG533).
    """
    meant = as_meant(source)
    return source.patched(meant.edits, look), tuple(meant.issues)


def as_meant(source: Source) -> Meant:
    """All cells to be written. Raises InputError (SG523) where a column of ours is gone."""
    scheme, lang, meant = source.scheme, source.lang, Meant()
    tables = [t for t in data_tables() if source.names.get(t)]
    blocks = {
        s: block_of(source.grid(s), s, headers_of(s, scheme, lang), optional_of(s))
        for t in tables
        if t in ("customers", "preferences", *RECORDS)
        for s in source.sheets(t)
    }
    rows = {t: int(n) for t, n in json.loads(source.state["rows"]).items()}
    plan = Layout(scheme, lang, rows, room_of(source.state, rows), {}, blank=is_blank(source.state))
    blocks["tiers"] = block_of(source.grid("tiers"), "tiers", graded_headers(plan, "tiers", scheme))
    last = _Last(source, blocks)
    doubled(meant, blocks["customers"])
    pasted(meant, source, blocks["customers"], blocks["tiers"])
    marks_meant(meant, blocks["customers"], lang)
    _words(meant, blocks, last)
    _overrides(meant, blocks["tiers"], source)
    for block in blocks.values():
        if block.table in data_tables():
            _typed_as_text(meant, block)
    return meant


@dataclass(frozen=True)
class _Last:
    """What the book was written with of each customer."""

    source: Source
    blocks: Mapping[str, Block]

    def value(self, table: str, row: int, column: str) -> Value:
        """What stood in a staff cell; None where nothing did."""
        block = self.blocks[table]
        if table == "tiers":
            customer = self._ids.get(number_of(block.grid.at(row, block.columns["key"])) or 0.0, "")
        else:
            customer = text_of(block.grid.at(row, block.columns["customer_id"]))
        found = self._rows.get(customer, {}).get(f"{table}.{column}")
        if isinstance(found, float) and column == UNTIL:
            return EPOCH + timedelta(days=int(found))
        return found if found != "" else None

    @cached_property
    def _ids(self) -> dict[float, str]:
        """Customer by number."""
        block = self.blocks["customers"]
        rows = range(block.first, block.grid.height)
        keys = ((number_of(block.grid.at(row, block.columns["key"])), row) for row in rows)
        own = block.columns["customer_id"]
        return {number: text_of(block.grid.at(row, own)) for number, row in keys if number is not None}

    @cached_property
    def _rows(self) -> dict[str, dict[str, Any]]:
        """Customer -> column of the hidden sheet -> value."""
        if not self.source.names.get("base"):
            return {}
        grid, found = self.source.grid("base"), {}
        heads = [text_of(grid.at(0, col)) for col in range(grid.columns)]
        for row in range(1, grid.height):
            cells = (grid.at(row, col) for col in range(len(heads)))
            values = [number_of(cell) if cell.kind == "n" else text_of(cell) for cell in cells]
            told = dict(zip(heads, values, strict=True))
            found[str(told.get("customer_id") or "")] = told
        return found


def _words(meant: Meant, blocks: Mapping[str, Block], last: _Last) -> None:
    """Staff's columns hold words: a formula there becomes what it shows, an error what stood there before."""
    columns = [("tiers", key) for key in WRITTEN] + staff_fields()
    for table, key in columns:
        if table not in blocks or key not in blocks[table].columns:
            continue
        block = blocks[table]
        for row, cell in _cells(block, key):
            if cell.formula is None and cell.kind != "e":
                continue
            shows = cell.kind in ("n", "str", "b") and not (cell.kind == "str" and not cell.value)
            good = _shown(cell, key) if shows else last.value(table, row, key)
            meant.put(block, row, key, good)
            formula = block.grid.formula(row, block.columns[key])
            was = f"={formula}" if formula is not None else str(cell.value)
            code = "SG542" if shows else "SG541"
            meant.tell(code, block, row, key, was=was, now=_said(good))


def _shown(cell: Cell, key: str) -> Value:
    if key == UNTIL and (number := number_of(cell)) is not None:
        return EPOCH + timedelta(days=int(number))
    return text_of(cell)


def _overrides(meant: Meant, block: Block, source: Source) -> None:
    """A tier by another of its names gets its label; what is none is told, and counts as none."""
    scheme, names = source.scheme, tier_names(source.scheme)
    labels = {tier.id: tier.label.text(source.lang) for tier in scheme.file.tiers}
    told = "、".join(labels.values()) if source.lang == "zh" else ", ".join(labels.values())
    known = context_of(scheme, source.lang).tier_aliases
    for row, cell in _cells(block, "override"):
        new = meant.cells.get(block.grid.name, {}).get(row, {}).get(block.columns["override"])
        words = str(new.value or "") if isinstance(new, Constant) else text_of(cell)
        if not words.strip():
            continue
        tier = tier_meant(words, names)
        if not tier:
            meant.tell("SG507", block, row, "override", was=words, tiers=told)
        elif words != labels[tier]:
            meant.put(block, row, "override", labels[tier])
            if words.strip(" ").casefold() not in known:
                meant.tell("SG540", block, row, "override", was=words, now=labels[tier])
    if UNTIL in block.columns:
        _days(meant, block, UNTIL)


def _typed_as_text(meant: Meant, block: Block) -> None:
    """Days and numbers that were typed or pasted as text."""
    for key, declared in data_tables()[block.table].fields.items():
        if key not in block.columns or declared.value:
            continue
        if declared.type == "date":
            _days(meant, block, key)
        elif declared.type in NUMBERS:
            for row, cell in _texts(block, key):
                number = number_meant(str(cell.value))
                if number is not None:
                    meant.put(block, row, key, number)
                    meant.tell("SG540", block, row, key, was=str(cell.value), now=_said(number))


def _days(meant: Meant, block: Block, key: str) -> None:
    for row, cell in _texts(block, key):
        day = day_meant(str(cell.value))
        if day is not None:
            meant.put(block, row, key, day)
            meant.tell("SG540", block, row, key, was=str(cell.value), now=day.isoformat())


def _cells(block: Block, key: str) -> Iterator[tuple[int, Cell]]:
    col = block.columns[key]
    filled = (block.grid.kinds(col) != NOTHING) | (block.grid.formulas(col) != NO_FORMULA)
    for row in filled.nonzero()[0].tolist():
        if row >= block.first:
            yield row, block.grid.at(row, col)


def _texts(block: Block, key: str) -> Iterator[tuple[int, Cell]]:
    grid, col = block.grid, block.columns[key]
    rows = ((grid.kinds(col) == TEXT) & grid.typed(col)).nonzero()[0].tolist()
    cells = ((row, grid.at(row, col)) for row in rows if row >= block.first)
    return ((row, cell) for row, cell in cells if cell.value)


def _said(value: Value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.15g}" if isinstance(value, float) else str(value or "")
