"""The data sheets of a book beside what the program wrote there: which row is which, which cells differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetgen.grading.coding import column_of
from sheetgen.i18n import messages
from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.regrade.grids import place, text_of
from sheetgen.workbook.regrade.met import Met, meet, meet_table, standing
from sheetgen.workbook.written import EXTRA, PLACE, kind_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.workbook.regrade.blocks import Block


@dataclass(frozen=True)
class Compared:
    """A data sheet: ``base`` as it was written, ``now`` as it stands, ``rows`` the sheet row (from 0) of each
    row of ``now``; both typed as cleaned tables are, with the customer's number as ``key``."""

    table: str
    block: Block
    base: pd.DataFrame
    now: pd.DataFrame
    rows: npt.NDArray[Any]
    met: Met

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """The columns that both have, but for the number."""
        return tuple(c for c in self.base.columns if c in self.now.columns and c != PLACE)

    @cached_property
    def places(self) -> dict[str, int]:
        """Column of ``now`` -> column of the sheet."""
        found = {column_of(key): col for key, col in self.block.columns.items()}
        taken = set(found.values())
        for col in range(self.block.grid.columns):
            words = text_of(self.block.grid.at(self.block.header, col))
            if words and col not in taken and EXTRA + words in self.now.columns:
                found.setdefault(EXTRA + words, col)
        return found

    def cell(self, at: int, column: str) -> str:
        """``B3``: where row ``at`` of ``now`` has that column."""
        return place(int(self.rows[at]), self.places[column])

    def field(self, column: str) -> Field | None:
        """The declared field of a column; None for a further one of the raw data."""
        return data_tables()[self.table].fields.get("amount" if column == "cents" else column)


def compared(block: Block, base: pd.DataFrame | None) -> Compared:
    """``block``'s sheet beside ``base``; without one, everything on it is new."""
    import numpy as np

    rows, now = standing(block)
    wrote = now.iloc[:0] if base is None else base
    met = _renumbered(wrote, now, meet_table(block.sheet_id, wrote, now))
    return Compared(block.sheet_id, block, wrote, now, np.asarray(rows, dtype=np.int64), met)


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
    """Every data sheet beside what was written there; one that nothing was written of is new as a whole."""
    return {t: compared(block, written.get(t)) for t, block in blocks.items()}
