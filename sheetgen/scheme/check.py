"""What a scheme may not do though its shape is right: doubled names, columns that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sheetgen.errors import UsageError
from sheetgen.scheme.tables import FieldType, data_tables

if TYPE_CHECKING:
    from sheetgen.scheme.expr import Expression
    from sheetgen.scheme.schema import Aggregation, Metric, SchemeFile, Window

NUMBERS: tuple[FieldType, ...] = ("money", "price", "number", "integer", "rating")
WORKS_ON: dict[Aggregation, tuple[FieldType, ...]] = {
    "sum": NUMBERS,
    "mean": NUMBERS,
    "min": (*NUMBERS, "date"),
    "max": (*NUMBERS, "date"),
    "last": ("date",),
    "days_since": ("date",),
    "months_since": ("date",),
    "count_distinct": ("id", "text", "status", "flag", "phone"),
}


def check_windows(windows: Mapping[str, Window]) -> None:
    """Raises UsageError when ``before`` names no window, or leads back to where it came from."""
    for key in windows:
        passed, at = [key], windows[key].before
        while at is not None:
            if at not in windows:
                raise UsageError("window_unknown", "SG701", metric=passed[-1], window=at)
            if at in passed:
                raise UsageError("window_circle", "SG701", window=at)
            passed.append(at)
            at = windows[at].before


def check_metrics(metrics: Mapping[str, Metric]) -> None:
    """Raises UsageError when a metric reads a table or column that is not there, or of the wrong type."""
    known = {t.id: t for t in data_tables().values() if "date" in t.fields or t.id == "customers"}
    for key, metric in metrics.items():
        source, of = metric.source, metric.of
        if source not in known:
            raise UsageError("column_unknown", "SG701", name=f"{key}: from: {source}", known=", ".join(known))
        if not of:
            continue
        fields = {f.id: f for f in known[source].sheet_fields}
        if of not in fields:
            raise UsageError("column_unknown", "SG701", name=f"{key}: of: {of}", known=", ".join(fields))
        kind = fields[of].type
        if kind not in WORKS_ON.get(metric.agg, (kind,)):
            raise UsageError("metric_type", "SG701", metric=key, agg=metric.agg, of=of, table=source)


def check_names(groups: Iterable[Iterable[str]]) -> None:
    """Raises UsageError when a name stands in two of ``groups``: expressions know it by its name alone."""
    seen: set[str] = set()
    for group in groups:
        for name in group:
            if name in seen:
                raise UsageError("name_twice", "SG701", name=name)
            seen.add(name)


def check_edges(file: SchemeFile, quantum: float, digits: int) -> None:
    """Raises UsageError when two edges come to the same once a strict one is taken a step higher."""
    from sheetgen.scheme.rounding import round_half_away

    above: float | None = None
    for tier in file.tiers[:-1]:
        cut = float(round_half_away((tier.edge or 0.0) + (quantum if tier.over is not None else 0.0), digits))
        if above is not None and cut >= above:
            raise UsageError("edges_meet", "SG701", tier=tier.id)
        above = cut


def check_tables(column: str, expression: Expression, tables: Iterable[str]) -> None:
    """Raises UsageError when ``expression`` takes a table for a number, or something else for a table."""
    known = set(tables)
    for name in sorted((expression.tables - known) | (expression.plain & known)):
        raise UsageError("table_misused", "SG703", column=column, name=name)
