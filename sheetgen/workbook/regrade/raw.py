"""Cleaned raw data in the form in which a book keeps what was written, to be met with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import column_of
from sheetgen.i18n import text
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.celltext import clean_texts
from sheetgen.workbook.layout import RECORDS
from sheetgen.workbook.written import EXTRA, kind_of

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.model import Clean

ALWAYS: Final = ("customer_id", "date", "cents")
SALES: Final = "transactions"


@dataclass(frozen=True)
class Data:
    """``tables``: customers and the records that there are; ``told``: table -> the columns that a file has;
    ``listed``: the customers that a customer file names, for of others a name is all that is known."""

    tables: Mapping[str, pd.DataFrame]
    told: Mapping[str, frozenset[str]]
    listed: frozenset[str]
    preferences: pd.DataFrame | None = None
    """what the raw data tell in staff's place"""

    def tells(self, table: str, column: str) -> bool:
        """Whether the raw data have the column at all: what they lack they do not deny."""
        return column in ALWAYS or column in self.told.get(table, frozenset())


def data_of(clean: Clean, listed: frozenset[str], lang: Lang, sold: pd.DataFrame | None = None) -> Data:
    """The tables of ``clean`` that a book has sheets for, in the form of written_tables.

    ``sold``: the sales that the book holds, for refunds of orders that the raw data do not have.
    """
    kinds = [t for t in clean.tables if t == "customers" or (t in RECORDS and len(clean.tables[t]))]
    tables = {t: _written(t, clean, lang) for t in kinds}
    if sold is not None and SALES in tables:
        tables[SALES] = _dated_back(tables[SALES], sold, EXTRA + text("refunded_on", lang))
    told = {t: _told(t, clean, tables[t]) for t in kinds}
    return Data(tables, told, listed, clean.tables.get("preferences"))


def _written(table: str, clean: Clean, lang: Lang) -> pd.DataFrame:
    import pandas as pd

    frame = clean.tables[table]
    found: dict[str, pd.Series[Any]] = {}
    for field in data_tables()[table].fields.values():
        name = column_of(field.id)
        if not field.shown or field.owner == "staff" or name not in frame:
            continue
        column = frame[name].reset_index(drop=True)
        if kind_of(field) == "text":
            words = column.fillna("").tolist()
            column = pd.Series(clean_texts(words), dtype="str")
        found[name] = column
    for key, header in clean.extras.get(table, {}).items():
        said = frame[key].astype("object").fillna("").astype(str).tolist()
        shown = text("refunded_on", lang) if key == "x:refund_date" else header
        found[EXTRA + shown] = pd.Series(clean_texts(said), dtype="str")
    return pd.DataFrame(found)


def _told(table: str, clean: Clean, frame: pd.DataFrame) -> frozenset[str]:
    """The columns that any file of this kind has."""
    mapped = {field for source in clean.files if source.kind == table for field, _ in source.mapping}
    return frozenset({column_of(f) for f in mapped} | {c for c in map(str, frame) if c.startswith(EXTRA)})


def _dated_back(raw: pd.DataFrame, sold: pd.DataFrame, told_in: str) -> pd.DataFrame:
    """``raw`` with refunds on the day of their sale, where only the book has that (ingest/refunds.py)."""
    import numpy as np

    from sheetgen.workbook.regrade.matched import numberless

    key = ["customer_id", "order_id"]
    refund = (raw["cents"] < 0).to_numpy(dtype=bool) & ~numberless(raw["order_id"])
    if not refund.any() or not set(key) <= set(sold.columns):
        return raw
    here = raw.loc[raw["cents"] > 0, key].drop_duplicates().assign(here=True)
    days = sold[sold["cents"] > 0].groupby(key)["date"].min().rename("sold").reset_index()
    asked = raw[key].merge(here, on=key, how="left").merge(days, on=key, how="left")
    day = asked["sold"].to_numpy(dtype="datetime64[ns]")
    own = raw["date"].to_numpy(dtype="datetime64[ns]")
    moved = refund & asked["here"].isna().to_numpy() & (day < own)
    if not moved.any():
        return raw
    said = raw[told_in].to_numpy(dtype=object, copy=True) if told_in in raw else np.full(len(raw), "", object)
    said[moved] = np.datetime_as_string(own[moved], unit="D")
    frame = raw.assign(date=np.where(moved, day, own))
    return frame.assign(**{told_in: said}).astype({told_in: "str"})
