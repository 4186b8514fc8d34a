"""The data sheets of a book beside what the program wrote there: which row is which, which cells differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetgen.grading.coding import column_of
from sheetgen.i18n import messages
from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.regrade.grids import place, text_of
from sheetgen.workbook.regrade.met import Met, meet, meet_table, standing
from sheetgen.workbook.regrade.taken import stacked
from sheetgen.workbook.written import EXTRA, PLACE, kind_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.workbook.regrade.blocks import Block
    from sheetgen.workbook.regrade.grids import Grid


@dataclass(frozen=True)
class Compared:
    """A data sheet, or all those of one table: ``base`` as it was written, ``now`` as it stands, ``rows`` the
    sheet row (from 0) of each row of ``now``, ``homes`` the place of its sheet among ``blocks``; both tables
    typed as cleaned ones are, with the customer's number as ``key``."""

    blocks: tuple[Block, ...]
    base: pd.DataFrame
    now: pd.DataFrame
    rows: npt.NDArray[Any]
    homes: npt.NDArray[Any]
    met: Met

    @property
    def table(self) -> str:
        """Its id."""
        return self.blocks[0].table

    @property
    def block(self) -> Block:
        """The sheet, the first one of several."""
        return self.blocks[0]

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """The columns that both have, but for the number."""
        return tuple(c for c in self.base.columns if c in self.now.columns and c != PLACE)

    @cached_property
    def places_on(self) -> tuple[dict[str, int], ...]:
        """Sheet by sheet: column of ``now`` -> column of the sheet."""
        return tuple(_places(block, self.now) for block in self.blocks)

    def grid(self, at: int) -> Grid:
        """The sheet that row ``at`` of ``now`` stands on."""
        return self.blocks[int(self.homes[at])].grid

    def grid_before(self, at: int) -> Grid:
        """The sheet that row ``at`` of ``base``, which is gone, stood on: that of the rows above it."""
        before = int(self.met.pairs[:, 0].searchsorted(at)) - 1
        return self.grid(int(self.met.pairs[max(before, 0), 1])) if len(self.met.pairs) else self.block.grid

    def column(self, at: int, column: str) -> int:
        """Where that sheet has a column; -1 where it lacks it."""
        return self.places_on[int(self.homes[at])].get(column, -1)

    def cell(self, at: int, column: str) -> str:
        """``B3``: where row ``at`` of ``now`` has that column."""
        return place(int(self.rows[at]), max(self.column(at, column), 0))

    def field(self, column: str) -> Field | None:
        """The declared field of a column; None for a further one of the raw data."""
        return data_tables()[self.table].fields.get("amount" if column == "cents" else column)


def _places(block: Block, now: pd.DataFrame) -> dict[str, int]:
    found = {column_of(key): col for key, col in block.columns.items()}
    taken = set(found.values())
    for col in range(block.grid.columns):
        words = text_of(block.grid.at(block.header, col))
        if words and col not in taken and EXTRA + words in now.columns:
            found.setdefault(EXTRA + words, col)
    return found


def compared(blocks: Sequence[Block], base: pd.DataFrame | None) -> Compared:
    """The sheets of a table beside ``base``; without one, everything on them is new."""
    import numpy as np

    there = [standing(block) for block in blocks]
    now = stacked([frame for _, frame in there])
    rows = np.asarray([row for found, _ in there for row in found], dtype=np.int64)
    homes = np.repeat(np.arange(len(blocks)), [len(found) for found, _ in there])
    wrote = now.iloc[:0] if base is None else base
    met = _renumbered(wrote, now, meet_table(blocks[0].table, wrote, now))
    return Compared(tuple(blocks), wrote, now, rows, homes, met)


def _renumbered(base: pd.DataFrame, now: pd.DataFrame, met: Met) -> Met:
    """Rows whose number alone was cleared or typed over are still the same ones."""
    import numpy as np

    if not len(met.gone) or not len(met.added):
        return met
    own = [name for name in base.columns if name in now.columns and name != PLACE]
    left, right = (f[own].iloc[at].reset_index(drop=True) for f, at in ((base, met.gone), (now, met.added)))
    again = meet(left, right, [])
    more = np.column_stack([met.gone[again.pairs[:, 0]], met.added[again.pairs[:, 1]]])
    pairs = np.concatenate([met.pairs, more.astype(met.pairs.dtype)])
    pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return Met(pairs, met.added[again.added], met.gone[again.gone])


def unlike(left: pd.Series[Any], right: pd.Series[Any]) -> npt.NDArray[Any]:
    """Where two columns of one type differ; missing is like missing."""
    import numpy as np

    if left.dtype.kind == "M" or right.dtype.kind == "M":
        a, b = (column.to_numpy(dtype="datetime64[D]") for column in (left, right))
        return np.asarray((a != b) & ~(np.isnat(a) & np.isnat(b)))
    if left.dtype.kind in "fiu" and right.dtype.kind in "fiu":
        a, b = (column.to_numpy(dtype=np.float64, na_value=np.nan) for column in (left, right))
        return np.asarray(~np.isclose(a, b, rtol=1e-12, atol=1e-9, equal_nan=True), dtype=bool)
    if left.dtype == right.dtype == "str":
        return np.asarray(left.fillna("").array != right.fillna("").array, dtype=bool)
    one, other = (column.astype("object").fillna("").to_numpy(dtype=object) for column in (left, right))
    differ = one != other
    return np.asarray(differ, dtype=bool)


def blank(column: pd.Series[Any]) -> npt.NDArray[Any]:
    """Where a column says nothing."""
    import numpy as np

    return np.asarray(column.isna() | (column == "") if column.dtype.kind not in "fiuM" else column.isna())


def value_of(field: Field | None, value: Any, lang: Lang) -> str | float | date | None:
    """A value of a cleaned table as its cell holds it; None for nothing."""
    import pandas as pd

    if pd.isna(value) or value == "":
        return None
    if field is None:
        return str(value)
    kind = kind_of(field)
    if kind == "date":
        day: date = pd.Timestamp(value).date()
        return day
    if kind == "number":
        return float(value) / 100 if field.type == "money" else float(value)
    if field.type in ("flag", "status"):
        said = messages().get(f"{field.type}_{value}")
        return said.text(lang) if said else str(value)
    return str(value)


def told(field: Field | None, value: Any, lang: Lang) -> str:
    """A value of a cleaned table as reports tell it."""
    shown = value_of(field, value, lang)
    if isinstance(shown, float):
        return f"{shown:.2f}" if field is not None and field.type == "money" else f"{shown:.15g}"
    if isinstance(shown, date):
        return shown.isoformat()
    return shown or ""


def row_told(one: Compared, frame: pd.DataFrame, at: int, lang: Lang) -> str:
    """A whole row as reports tell it: what it says, from left to right."""
    row = frame.iloc[at]
    words = [told(one.field(c), row[c], lang) for c in frame.columns if c != PLACE]
    return " ".join(word for word in words if word)


def by_table(blocks: Mapping[str, Block], written: Mapping[str, pd.DataFrame]) -> dict[str, Compared]:
    """Every data table beside what was written; one that nothing was written of is new as a whole."""
    sheets: dict[str, list[Block]] = {}
    for block in blocks.values():
        sheets.setdefault(block.table, []).append(block)
    return {t: compared(own, written.get(t)) for t, own in sheets.items()}
