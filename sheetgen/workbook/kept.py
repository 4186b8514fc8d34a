"""What a book carries on of staff's beyond the cells made for them: corrections, own columns, own sheets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

CORRECTIONS: Final = "corrections"
COLUMNS: Final = "own_columns"
MARK: Final = "staff"
DATA_COLUMNS: Final = "data_columns"
"""the keys of ``_sheetgen``; the last tells the further columns of the data, for they are not staff's"""
EXTRA: Final = "x:"
OWN: Final = "own:"
"""begins the id of a column of staff's own"""

Look = Literal["number", "date", "text"]
Words = Mapping[str, str]
Position = tuple[int, int]


@dataclass(frozen=True)
class Correction:
    """A row of the data that staff corrected. ``row``: the cells as the data said, by column of the table;
    ``cells``: the same columns as staff have them. Days are ISO dates, money cents, numbers as Python writes
    them. ``place``: sheet and row where they did so last.
    """

    table: str
    row: Words
    cells: Words
    place: str = ""

    @property
    def customer(self) -> str:
        """Whose row it is, as the data said."""
        return self.row.get("customer_id", "")


@dataclass(frozen=True)
class OwnColumn:
    """A column that staff added to a sheet with a row a customer. ``words``: customer -> cell as text."""

    sheet: str
    header: str
    look: Look
    words: Words


@dataclass(frozen=True)
class OwnSheet:
    """A sheet that staff added: values by row and column (from 0). ``book``: file of a split it stood in."""

    name: str
    cells: Mapping[Position, Any]
    book: str = ""


@dataclass(frozen=True)
class Kept:
    """All of it. ``mark``: whose hand beyond the last book's is in this one ('' for nobody's)."""

    corrections: tuple[Correction, ...] = ()
    columns: tuple[OwnColumn, ...] = ()
    sheets: tuple[OwnSheet, ...] = ()
    mark: str = ""

    def ids(self, sheet: str) -> tuple[str, ...]:
        """The ids of the own columns of a sheet, in order."""
        return tuple(OWN + column.header for column in self.columns if column.sheet == sheet)

    def of(self, customers: Set[str], book: str) -> Kept:
        """What is these customers', for a book of their own named ``book``."""
        columns = tuple(
            replace(c, words={k: v for k, v in c.words.items() if k in customers}) for c in self.columns
        )
        return Kept(
            tuple(c for c in self.corrections if c.customer in customers),
            tuple(c for c in columns if c.words),
            tuple(s for s in self.sheets if s.book == book),
            self.mark,
        )

    def merged(self, into: Words) -> Kept:
        """The same after customers were merged: ``into`` leads from each to the one that stays."""
        if not into:
            return self
        columns = []
        for column in self.columns:
            words = {k: v for k, v in column.words.items() if k not in into}
            for other, keep in into.items():
                if other in column.words:
                    words.setdefault(keep, column.words[other])
            columns.append(replace(column, words=words))
        corrections = [
            replace(c, row={**c.row, "customer_id": into[c.customer]}) if c.customer in into else c
            for c in self.corrections
        ]
        return replace(self, corrections=tuple(corrections), columns=tuple(columns))

    def state(self) -> dict[str, str]:
        """Key and text for ``_sheetgen``; own sheets tell of themselves."""
        told = [[c.table, c.row, c.cells] for c in self.corrections]
        found = {
            CORRECTIONS: _json(told) if told else "",
            COLUMNS: _json([[c.sheet, c.header, c.look] for c in self.columns]) if self.columns else "",
            MARK: self.mark,
        }
        return {key: text for key, text in found.items() if text}


NO_KEPT: Final = Kept()


@dataclass(frozen=True)
class Laid:
    """What became of corrections: ``kept`` go on; ``settled`` the data say now themselves; ``lost`` rows are
    gone from the data; ``conflicts``: (correction, column, what the data say now) where both changed."""

    kept: tuple[Correction, ...] = ()
    settled: tuple[Correction, ...] = ()
    lost: tuple[Correction, ...] = ()
    conflicts: tuple[tuple[Correction, str, str], ...] = field(default_factory=tuple)


def corrections_in(state: Mapping[str, str]) -> tuple[Correction, ...]:
    """The corrections that a book was written with."""
    return tuple(
        Correction(table, row, cells) for table, row, cells in json.loads(state.get(CORRECTIONS, "[]"))
    )


def own_headers(state: Mapping[str, str]) -> dict[str, set[str]]:
    """Sheet -> headers of the own columns that a book was written with."""
    found: dict[str, set[str]] = {}
    for sheet, header, _ in json.loads(state.get(COLUMNS, "[]")):
        found.setdefault(sheet, set()).add(header)
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
