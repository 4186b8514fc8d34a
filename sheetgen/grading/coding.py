"""A detail table as plain numbers: no engine's collation, case rule, time zone or float sum can matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from sheetgen.scheme.schema import Metric
    from sheetgen.scheme.where import Condition

EPOCH: Final = date(1899, 12, 30)
UNKNOWN_WORD: Final = -1
_EXACT: Final = 2.0**53
_LARGEST: Final = 2.0**62
_FINEST: Final = 9


@dataclass(frozen=True)
class Coded:
    """``table``: ``customer`` (a place among the customers), days as spreadsheet serials, money in cents and
    codes of texts, all int64; other numbers as float64 and, to be summed to the last digit, once more as
    int64 ``n_<field>`` in units of which ``units[field]`` make one. Unknown is null.

    ``words``: (field, text of a condition) -> its code; texts that differ only in case have one code.
    """

    table: pa.Table
    words: Mapping[tuple[str, str], int]
    units: Mapping[str, float]


def column_of(field: str) -> str:
    """The column of a cleaned table that holds ``field``: the amount stands in integer ``cents``."""
    return "cents" if field == "amount" else field


def code(
    frame: pd.DataFrame,
    customers: pd.Series[str],
    metrics: Mapping[str, Metric],
    conditions: Mapping[str, tuple[Condition, ...]],
) -> Coded:
    """The columns of a cleaned table that ``metrics`` need, of the rows that belong to ``customers``."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pc.index_in(_text(frame["customer_id"]), value_set=_text(customers)).cast(pa.int64())
    if at.null_count:
        known = at.is_valid().to_numpy(zero_copy_only=False)
        frame, at = frame[known], at.drop_null()
    asked = [c for key in metrics for c in conditions[key]]
    source = next(iter(metrics.values())).source
    columns: dict[str, Any] = {
        "customer": at,
        "date": whole(serial_days(frame["date"])),
    }
    words: dict[tuple[str, str], int] = {}
    units: dict[str, float] = {}
    for field in dict.fromkeys([*(m.of for m in metrics.values() if m.of), *(c.field.id for c in asked)]):
        name = column_of(field)
        match data_tables()[source].columns[field].type:
            case "date":
                columns[name] = whole(serial_days(frame[name]))
            case "money":
                columns[name] = whole(frame[name].to_numpy())
            case "number" | "integer" | "price" | "rating":
                values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
                columns[name] = pa.array(values, from_pandas=True)
                units[name] = _units(values)
                columns[f"n_{name}"] = whole(values * units[name])
            case _:
                columns[name], codes = _words(frame[name], (c.value for c in asked if c.field.id == field))
                words |= {(field, text): number for text, number in codes.items()}
    return Coded(pa.table(columns), words, units)


def serial_days(dates: pd.Series[Any]) -> Any:
    """Dates as spreadsheet serial days (float64), missing ones NaN."""
    import numpy as np

    found = (dates.to_numpy().astype("datetime64[D]") - np.datetime64(EPOCH)).astype("float64")
    return np.where(dates.isna().to_numpy(), np.nan, found)


def whole(values: Any) -> pa.Array:
    """Numbers that are whole but for the last digit of a float as int64; NaN is null."""
    import numpy as np
    import pyarrow as pa

    if values.dtype.kind == "i":
        return pa.array(values.astype(np.int64))
    missing = np.isnan(values)
    return pa.array(np.rint(np.where(missing, 0, values)).astype(np.int64), mask=missing)


def _units(values: Any) -> float:
    """The finest power of ten in which every value keeps its digits and all of them add up within 64 bits."""
    import numpy as np

    sizes = np.abs(values[~np.isnan(values)])
    most, total = max(1.0, float(sizes.max(initial=0.0))), max(1.0, float(sizes.sum()))
    return 10.0 ** min(_FINEST, *(int(np.floor(np.log10(e))) for e in (_EXACT / most, _LARGEST / total)))


def _words(column: pd.Series[Any], asked: Iterable[float | str]) -> tuple[pa.Array, dict[str, int]]:
    """A text column as codes, and those of the texts ``asked`` for: a spreadsheet compares without case."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pc.utf8_lower(_text(column)).dictionary_encode()
    codes = {}
    for text in asked:
        at = pc.index(encoded.dictionary, pc.utf8_lower(pa.scalar(str(text), pa.large_string()))).as_py()
        codes[str(text)] = UNKNOWN_WORD if at < 0 else at
    return encoded.indices.cast(pa.int64()), codes


def _text(column: pd.Series[Any]) -> pa.Array:
    import pyarrow as pa

    plain = pa.array(column, from_pandas=True)
    if isinstance(plain, pa.ChunkedArray):
        plain = plain.combine_chunks()
    return plain.cast(pa.large_string())
