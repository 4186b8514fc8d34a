"""The derived columns of a detail table: each row's own dates and numbers, worked out by one expression.

Live they stand on the detail sheet (workbook/derived.py), from the same declaration in tables.yml.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.coding import EPOCH, column_of, serial_days
from sheetgen.scheme.expr import evaluate, parse
from sheetgen.scheme.functions import Context
from sheetgen.scheme.rounding import round_half_away
from sheetgen.scheme.tables import Field, FieldType, data_tables, with_inputs

if TYPE_CHECKING:
    import pandas as pd

PLAIN: Final = Context("en", {}, {})
"""derived columns say no words"""
READ: Final[tuple[FieldType, ...]] = ("date", "money", "number", "integer")
"""what they may read"""


def with_columns(frame: pd.DataFrame, table: str, columns: Iterable[str], as_of: date) -> pd.DataFrame:
    """``frame``, a cleaned table, with all ``columns``: derived ones as of that day, and optional ones that
    no input had as unknown.

    Numbers are float64 (NaN is unknown), money is in cents, dates are datetime64 at midnight.
    """
    import numpy as np
    import pandas as pd

    declared, made = data_tables()[table].columns, dict[str, Any]()
    names: dict[str, Any] = {"as_of": float((as_of - EPOCH).days)}
    wanted = [declared[key] for key in with_inputs(table, columns)]
    derives = any(field.value for field in wanted)
    for field in wanted:
        if field.value:
            value = np.asarray(evaluate(parse(field.value), names, PLAIN), dtype=np.float64)
            names[field.id] = np.broadcast_to(value, (len(frame),))
            made[field.id] = _stored(names[field.id], field)
        elif field.optional and field.id not in frame:
            names[field.id] = made[field.id] = np.full(len(frame), np.nan)
        elif derives and field.type in READ:
            names[field.id] = _plain(frame[column_of(field.id)], field)
    if not made:
        return frame
    return frame.assign(**{key: pd.Series(values, frame.index) for key, values in made.items()})


def _plain(column: pd.Series[Any], field: Field) -> Any:
    """A column as a cell has it: dates as serial days, money in whole currency units."""
    import numpy as np

    if field.type == "date":
        return serial_days(column)
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers / 100 if field.type == "money" else numbers


def _stored(values: Any, field: Field) -> Any:
    """The other way round."""
    import numpy as np

    if field.type == "money":
        return round_half_away(values * 100, 0)
    if field.type != "date":
        return values
    days = np.where(np.isnan(values), 0, values).astype("timedelta64[D]") + np.datetime64(EPOCH)
    return np.where(np.isnan(values), np.datetime64("NaT"), days).astype("datetime64[ns]")
