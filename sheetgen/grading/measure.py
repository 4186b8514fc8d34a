"""Metrics as Narwhals expressions: declared in the scheme, computed here, written live by formulas.py.

Narwhals runs the same expressions on DuckDB (embedded, the default), PySpark or an Ibis table. Money stays
integer cents until the group is summed, so every engine gives the same figures to the cent.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sheetgen.model import Clean, Facts, Settings
from sheetgen.scheme.rounding import round_half_away
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pandas as pd

    from sheetgen.scheme.compile import Scheme
    from sheetgen.scheme.schema import Metric
    from sheetgen.scheme.where import Condition

EPOCH = date(1899, 12, 30)
DAYS_A_MONTH = 30.4375
ROUND = {"money": 2, "decimal": 2, "points": 2, "percent": 4}


def window_days(scheme: Scheme, settings: Settings) -> dict[str, tuple[date, date]]:
    """Each window as (day before the first, last day)."""
    found: dict[str, tuple[date, date]] = {}

    def resolve(key: str) -> tuple[date, date]:
        if key not in found:
            before = scheme.file.windows[key].before
            end = resolve(before)[0] if before else settings.as_of
            found[key] = (end - timedelta(days=int(settings.numbers[f"{key}_days"])), end)
        return found[key]

    for key in scheme.file.windows:
        resolve(key)
    return found


def measure(clean: Clean, scheme: Scheme, settings: Settings) -> Facts:
    """Every metric of ``scheme`` for every customer: float64 columns (dates as serial days, unknown NaN), and
    object columns for texts. One group-by a table."""
    import numpy as np
    import pandas as pd

    customers = clean.tables["customers"]
    frame = pd.DataFrame({"customer_id": customers["customer_id"].to_numpy()})
    windows = window_days(scheme, settings)
    for table in scheme.detail_tables:
        metrics = scheme.metrics_from(table)
        if not metrics:
            continue
        totals = aggregate(clean.tables[table], metrics, scheme.conditions, windows, settings.as_of)
        totals = totals.set_index("customer_id").reindex(frame["customer_id"])
        for key, metric in metrics.items():
            values = totals[key].to_numpy(dtype=np.float64, na_value=np.nan)
            frame[key] = np.nan_to_num(values, nan=0.0) if metric.empty == 0 else values
    for key, metric in scheme.metrics_from("customers").items():
        frame[key] = _customer_value(customers[metric.of], metric, settings.as_of)
    return Facts(frame, settings.as_of)


def aggregate(
    table: Any,
    metrics: dict[str, Metric],
    conditions: dict[str, tuple[Condition, ...]],
    windows: dict[str, tuple[date, date]],
    as_of: date,
) -> pd.DataFrame:
    """``metrics`` of one detail table (a pandas frame, or any frame Narwhals can read) by customer_id.

    Money comes back in whole currency units, dates as serial days.
    """
    import narwhals.stable.v2 as nw
    import pandas as pd

    lazy = nw.from_native(_relation(table) if isinstance(table, pd.DataFrame) else table).lazy()
    masked, aggregations = [], []
    for key, metric in metrics.items():
        start, end = windows[metric.window] if metric.window else (None, as_of)
        mask = nw.col("date") <= nw.lit(_midnight(end))
        if start is not None:
            mask = mask & (nw.col("date") > nw.lit(_midnight(start)))
        for condition in conditions[key]:
            mask = mask & _holds(condition)
        column = nw.col(column_of(metric.of) or "date")
        if metric.agg == "count_distinct":
            column = column.str.to_lowercase()  # a spreadsheet's MATCH knows no case
        masked.append(nw.when(mask).then(column).alias(f"m_{key}"))
        aggregations.extend(_aggregation(key, metric))
    grouped = lazy.with_columns(*masked).group_by("customer_id").agg(*aggregations)
    totals: pd.DataFrame = grouped.collect().to_pandas()
    for key, metric in metrics.items():
        totals[key] = _finish(totals, key, metric, as_of)
    return totals[["customer_id", *metrics]]


def column_of(field: str) -> str:
    """The column of a cleaned table that holds ``field``: the amount stands in integer ``cents``."""
    return "cents" if field == "amount" else field


def _midnight(day: date) -> datetime:
    """``day`` as every engine compares it, with dates and with times alike."""
    return datetime(day.year, day.month, day.day)


def _relation(frame: pd.DataFrame) -> Any:
    """``frame`` as a DuckDB relation on a connection of its own; dates without a time."""
    import duckdb

    connection = duckdb.connect(":memory:")
    dates = [name for name in frame.columns if frame[name].dtype.kind == "M"]
    plain = ", ".join(f'CAST("{name}" AS DATE) AS "{name}"' for name in dates)
    relation = connection.from_df(frame[[name for name in frame.columns if not name.startswith("x:")]])
    return relation.project(f"* REPLACE ({plain})") if plain else relation


def _holds(condition: Condition) -> nw.Expr:
    import operator

    import narwhals.stable.v2 as nw

    compare = {
        ">": operator.gt,
        ">=": operator.ge,
        "<": operator.lt,
        "<=": operator.le,
        "=": operator.eq,
        "<>": operator.ne,
    }
    name, value = condition.field.id, condition.value
    if condition.field.type == "money":
        name, value = column_of(name), round(float(value) * 100)
    column = nw.col(name)
    if isinstance(value, str):
        column, value = column.str.to_lowercase(), value.lower()  # nor does COUNTIFS
    held: nw.Expr = compare[condition.operator](column, nw.lit(value))
    return held


def _aggregation(key: str, metric: Metric) -> list[nw.Expr]:
    import narwhals.stable.v2 as nw

    column = nw.col(f"m_{key}")
    match metric.agg:
        case "sum":
            return [column.sum().alias(f"a_{key}")]
        case "count":
            return [column.count().alias(f"a_{key}")]
        case "count_distinct":
            # n_unique counts "none" as one more value
            return [column.n_unique().alias(f"a_{key}"), column.is_null().any().alias(f"b_{key}")]
        case "mean":
            return [column.sum().alias(f"a_{key}"), column.count().alias(f"b_{key}")]
        case "min":
            return [column.min().alias(f"a_{key}")]
        case _:
            return [column.max().alias(f"a_{key}")]


def _finish(totals: pd.DataFrame, key: str, metric: Metric, as_of: date) -> Any:
    import numpy as np
    import pandas as pd

    found = totals[f"a_{key}"]
    if metric.agg in ("last", "days_since") or (metric.agg in ("min", "max") and metric.format == "date"):
        days = serial_days(pd.to_datetime(found))
        return (as_of - EPOCH).days - days if metric.agg == "days_since" else days
    values = found.to_numpy(dtype=np.float64, na_value=np.nan)
    if metric.agg == "count_distinct":
        return values - totals[f"b_{key}"].to_numpy(dtype=np.float64, na_value=0.0)
    if metric.agg == "mean":
        counts = totals[f"b_{key}"].to_numpy(dtype=np.float64)
        values = np.divide(values, counts, out=np.full(len(values), np.nan), where=counts > 0)
    if metric.of and data_tables()[metric.source].fields[metric.of].type == "money":
        values = values / 100
    return round_half_away(values, ROUND[metric.format]) if metric.format in ROUND else values


def serial_days(dates: pd.Series[Any]) -> Any:
    """Dates as spreadsheet serial days (float64), missing ones NaN."""
    import numpy as np

    days = (dates.to_numpy().astype("datetime64[D]") - np.datetime64(EPOCH)).astype("float64")
    return np.where(dates.isna().to_numpy(), np.nan, days)


def _customer_value(values: pd.Series[Any], metric: Metric, as_of: date) -> Any:
    if metric.agg == "months_since":
        return round_half_away(((as_of - EPOCH).days - serial_days(values)) / DAYS_A_MONTH, 1)
    if values.dtype.kind == "M":
        return serial_days(values)
    return values.to_numpy()
