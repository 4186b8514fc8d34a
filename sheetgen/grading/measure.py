"""Metrics as Narwhals expressions: declared in the scheme, computed here, written live by formulas.py.

The same expressions run on every engine of engines.py. What they see are whole numbers (coding.py), so all
engines give the same figures to the last bit.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sheetgen.grading.coding import EPOCH, Coded, code, column_of, serial_days
from sheetgen.grading.derive import with_columns
from sheetgen.grading.engines import Query, Run, in_duckdb
from sheetgen.grading.removed import REMOVED, removed
from sheetgen.model import Clean, Facts, Settings
from sheetgen.scheme.rounding import round_half_away
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pandas as pd
    import pyarrow as pa

    from sheetgen.scheme.compile import Scheme
    from sheetgen.scheme.schema import Metric
    from sheetgen.scheme.where import Condition

DAYS_A_MONTH = 30.4375
ROUND = {"money": 2, "decimal": 2, "points": 2, "percent": 4}


def window_days(scheme: Scheme, settings: Settings) -> dict[str, tuple[date, date]]:
    """Each window as (day before the first, last day)."""
    return scheme.monitor.days(scheme.file.windows, settings.numbers, settings.as_of)


def measure(clean: Clean, scheme: Scheme, settings: Settings, run: Run = in_duckdb) -> Facts:
    """Every metric of ``scheme`` for every customer: float64 columns (dates as serial days, unknown NaN), and
    object columns for texts. One group-by a table, each a query for the engine's ``run``."""
    import numpy as np
    import pandas as pd

    customers = clean.tables["customers"]
    frame = pd.DataFrame({"customer_id": customers["customer_id"].to_numpy()})
    windows = window_days(scheme, settings)
    for table in scheme.detail_tables:
        metrics = scheme.metrics_from(table)
        if not metrics:
            continue
        used = [m.of for m in metrics.values() if m.of]
        used += [c.field.id for key in metrics for c in scheme.conditions[key]]
        rows = with_columns(clean.tables[table], table, used, settings.as_of)
        coded = code(rows, customers["customer_id"], metrics, scheme.conditions)
        totals = aggregate(coded, metrics, scheme.conditions, windows, settings.as_of, run)
        totals = totals.reindex(range(len(frame)))
        for key, metric in metrics.items():
            values = totals[key].to_numpy()
            frame[key] = np.nan_to_num(values, nan=0.0) if metric.empty == 0 else values
    for key, metric in scheme.metrics_from("customers").items():
        frame[key] = _customer_value(customers[metric.of], metric, settings.as_of)
    gone = removed(customers)
    return Facts(frame.assign(**{REMOVED: gone}) if gone.any() else frame, settings.as_of)


def aggregate(
    coded: Coded,
    metrics: dict[str, Metric],
    conditions: dict[str, tuple[Condition, ...]],
    windows: dict[str, tuple[date, date]],
    as_of: date,
    run: Run = in_duckdb,
) -> pd.DataFrame:
    """``metrics`` (float64) of one coded table, by the customers' places, for those that have any row.

    Money comes back in whole currency units, dates as serial days.
    """
    import pandas as pd

    masks = {
        key: _mask(metric, conditions[key], coded, windows[metric.window] if metric.window else None, as_of)
        for key, metric in metrics.items()
    }
    distinct = [key for key, metric in metrics.items() if metric.agg == "count_distinct"]
    queries = [_totals({k: m for k, m in metrics.items() if k not in distinct}, masks, coded)]
    queries += [_distinct(key, column_of(metrics[key].of), masks[key]) for key in distinct]
    totals = pd.concat(map(_by_customer, run(coded.table, queries)), axis=1).sort_index()
    values = {key: _finish(totals, key, metric, coded, as_of) for key, metric in metrics.items()}
    return pd.DataFrame(values, index=totals.index)


def _by_customer(found: pa.Table) -> pd.DataFrame:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    columns = {
        name: found[name].cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        for name in found.column_names
    }
    customer = columns.pop("customer").astype(np.int64)
    return pd.DataFrame(columns, index=pd.Index(customer))


def _serial(day: date) -> int:
    return (day - EPOCH).days


def _column(metric: Metric, coded: Coded) -> str:
    name = column_of(metric.of) or "date"
    return f"n_{name}" if metric.agg in ("sum", "mean") and name in coded.units else name


def _mask(
    metric: Metric,
    conditions: tuple[Condition, ...],
    coded: Coded,
    window: tuple[date, date] | None,
    as_of: date,
) -> nw.Expr:
    """The rows that count. The future does not."""
    import narwhals.stable.v2 as nw

    start, end = window or (None, as_of)
    mask = nw.col("date") <= nw.lit(_serial(end))
    if start is not None:
        mask = mask & (nw.col("date") > nw.lit(_serial(start)))
    for condition in conditions:
        mask = mask & _holds(condition, coded)
    return mask


def _holds(condition: Condition, coded: Coded) -> nw.Expr:
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
    value = condition.value
    if isinstance(value, str):
        value = coded.words[condition.field.id, value]
    elif condition.field.type == "money":
        value = round(value * 100)
    column = nw.col(column_of(condition.field.id))
    held: nw.Expr = compare[condition.operator](column, nw.lit(value))
    return held


def _totals(metrics: dict[str, Metric], masks: dict[str, nw.Expr], coded: Coded) -> Query:
    """All metrics but the distinct counts, in one group-by."""
    import narwhals.stable.v2 as nw

    masked, aggregations = [], [nw.len().alias("rows")]
    for key, metric in metrics.items():
        masked.append(nw.when(masks[key]).then(nw.col(_column(metric, coded))).alias(f"m_{key}"))
        aggregations += _aggregation(key, metric)
    return lambda table: table.with_columns(*masked).group_by("customer").agg(*aggregations)


def _distinct(key: str, column: str, mask: nw.Expr) -> Query:
    """Two group-bys: of COUNT(DISTINCT) engines make something else each where values are unknown."""
    import narwhals.stable.v2 as nw

    kept = mask & ~nw.col(column).is_null()
    count = nw.len().alias(f"a_{key}")
    return lambda table: (
        table.filter(kept)
        .group_by("customer", column)
        .agg(nw.len().alias("rows"))
        .group_by("customer")
        .agg(count)
    )


def _aggregation(key: str, metric: Metric) -> list[nw.Expr]:
    import narwhals.stable.v2 as nw

    column = nw.col(f"m_{key}")
    match metric.agg:
        case "sum":
            return [column.sum().alias(f"a_{key}")]
        case "count":
            return [column.count().alias(f"a_{key}")]
        case "mean":
            return [column.sum().alias(f"a_{key}"), column.count().alias(f"b_{key}")]
        case "min":
            return [column.min().alias(f"a_{key}")]
        case _:
            return [column.max().alias(f"a_{key}")]


def _finish(totals: pd.DataFrame, key: str, metric: Metric, coded: Coded, as_of: date) -> Any:
    import numpy as np

    values = totals[f"a_{key}"].to_numpy()
    if metric.agg == "days_since":
        return _serial(as_of) - values
    if metric.agg in ("count", "count_distinct", "last"):
        return values
    name = _column(metric, coded)
    if name.startswith("n_"):
        values = values / coded.units[name.removeprefix("n_")]
    if metric.agg == "mean":
        counts = totals[f"b_{key}"].to_numpy()
        values = np.divide(values, counts, out=np.full(len(values), np.nan), where=counts > 0)
    if metric.of and data_tables()[metric.source].columns[metric.of].type == "money":
        values = values / 100
    return round_half_away(values, ROUND[metric.format]) if metric.format in ROUND else values


def _customer_value(values: pd.Series[Any], metric: Metric, as_of: date) -> Any:
    if metric.agg == "months_since":
        return round_half_away((_serial(as_of) - serial_days(values)) / DAYS_A_MONTH, 1)
    if values.dtype.kind == "M":
        return serial_days(values)
    return values.to_numpy()
