"""What a scheme may not do though its shape is right: doubled names, columns that are not there.

Each error says ``at`` which key of the file it is; the reader of the file turns that into a line.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sheetgen.errors import UsageError
from sheetgen.scheme.ranges import check_edges
from sheetgen.scheme.tables import FieldType, data_tables, unsure
from sheetgen.yamlfile import nearest_key

if TYPE_CHECKING:
    from sheetgen.scheme.parse import Expression
    from sheetgen.scheme.schema import Aggregation, Metric, SchemeFile, Window

__all__ = [
    "at",
    "check_edges",
    "check_expression",
    "check_limits",
    "check_metrics",
    "check_names",
    "check_tables",
    "check_window_of",
    "check_windows",
    "nearest",
    "place_in",
    "written_in",
]

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


@contextmanager
def at(*keys: str | int) -> Iterator[None]:
    """Whatever is found wrong within is wrong at this key of the scheme file."""
    try:
        yield
    except UsageError as error:
        error.facts.setdefault("at", keys)
        raise


def nearest(name: object, known: Collection[str]) -> str:
    """The name that was most probably meant; some name, unless there is none at all."""
    return nearest_key(name, known, least=0.0)


def check_windows(windows: Mapping[str, Window]) -> None:
    """Raises UsageError when ``before`` names no window, or leads back to where it came from."""
    for key in windows:
        passed, now = [key], windows[key].before
        while now is not None:
            with at("windows", passed[-1], "before"):
                check_window_of(passed[-1], now, windows)
                if now in passed:
                    raise UsageError("window_circle", "SG701", spot="", window=now)
            passed.append(now)
            now = windows[now].before


def check_window_of(key: str, window: str | None, windows: Collection[str]) -> None:
    """Raises UsageError when the window that ``key`` names is not declared."""
    if window is not None and window not in windows:
        near = nearest(window, windows) or "windows"
        raise UsageError("window_unknown", "SG701", spot="", metric=key, window=window, near=near)


def check_metrics(metrics: Mapping[str, Metric]) -> None:
    """Raises UsageError when a metric reads a table or column that is not there, or of the wrong type."""
    known = {t.id: t for t in data_tables().values() if "date" in t.fields or t.id == "customers"}
    for key, metric in metrics.items():
        source, of = metric.source, metric.of
        if source not in known:
            raise _unknown(f"{key}: from: {source}", source, known, "metrics", key, "from")
        if not of:
            continue
        fields = {f.id: f for f in known[source].columns.values() if f.shown}
        if of not in fields:
            raise _unknown(f"{key}: of: {of}", of, fields, "metrics", key, "of")
        kind = fields[of].type
        # the formula of an extreme reckons with each cell, also with those that are empty words
        extreme = metric.agg not in ("sum", "mean", "count_distinct") and of in unsure(source)
        if extreme or kind not in WORKS_ON.get(metric.agg, (kind,)):
            place = ("metrics", key, "agg")
            raise UsageError(
                "metric_type", "SG701", spot="", at=place, metric=key, agg=metric.agg, of=of, table=source
            )


def _unknown(name: str, word: str, known: Collection[str], *place: str) -> UsageError:
    near = nearest(word, known)
    return UsageError(
        "column_unknown", "SG701", spot="", at=place, name=name, near=near, known=", ".join(known)
    )


def check_names(groups: Iterable[Iterable[str]]) -> None:
    """Raises UsageError when a name stands in two of ``groups``: expressions know it by its name alone."""
    seen: set[str] = set()
    for group in groups:
        for name in group:
            if name in seen:
                raise UsageError("name_twice", "SG701", spot="", at=("*", name), name=name)
            seen.add(name)


def check_limits(file: SchemeFile) -> None:
    """Raises UsageError for a number outside its own limits, and for criteria that cannot make a score."""
    for key, parameter in file.parameters.items():
        low, high = parameter.low, parameter.high
        if (low is not None and parameter.value < low) or (high is not None and parameter.value > high):
            facts = {"low": "…" if low is None else f"{low:g}", "high": "…" if high is None else f"{high:g}"}
            place = ("parameters", key, "value")
            raise UsageError(
                "parameter_limits",
                "SG702",
                spot="",
                at=place,
                name=key,
                value=f"{parameter.value:g}",
                **facts,
            )
    weights = [c.weight for c in file.criteria.values() if c.weight is not None]
    if weights and not sum(weights):
        raise UsageError("weights_zero", "SG702", spot="", at=("criteria",))
    for key, criterion in file.criteria.items():
        if criterion.less_is_better and criterion.low is not None:
            raise UsageError(
                "low_high_less", "SG702", spot="", at=("criteria", key, "less_is_better"), name=key
            )


def written_in(file: SchemeFile) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Computed column -> the expressions of the file that it is made of, each with its place."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {
        key: [(("columns", key, "value"), column.value)] for key, column in file.columns.items()
    }
    found["tags"] = [(("tags", key, "when"), tag.when) for key, tag in file.tags.items()]
    for key, column in (("factor", "score"), ("bonus", "score"), ("uplift", "uplift"), ("why", "why")):
        source = getattr(file, key)
        if source and "{" not in source:
            found.setdefault(column, []).append(((key,), source))
    return found


def check_expression(column: str, expression: Expression, known: Collection[str]) -> None:
    """Raises UsageError where ``expression`` reads what is not there, with the place in its text."""
    for name in expression.names:
        if name not in known:
            near, place = nearest(name, known), _place_of(name, expression)
            raise UsageError(
                "expression_name", "SG701", spot="", column=column, name=name, near=near, place=place
            )


def _place_of(name: str, expression: Expression) -> int:
    """The character (from 1) at which ``name`` first stands."""
    found = [n.col_offset for n in ast.walk(expression.tree) if isinstance(n, ast.Name) and n.id == name]
    return len(expression.source.encode()[: min(found)].decode()) + 1


def check_tables(column: str, expression: Expression, tables: Iterable[str]) -> None:
    """Raises UsageError when ``expression`` takes a table for a number, or something else for a table."""
    known = set(tables)
    for name in sorted((expression.tables - known) | (expression.plain & known)):
        raise UsageError("table_misused", "SG703", spot="", column=column, name=name)


SECTIONS = ("columns", "parameters", "metrics", "windows", "criteria")


def place_in(plain: Mapping[str, object], keys: object) -> list[str | int]:
    """The place of an error in the file, ``*`` replaced by the section that has such a key."""
    place = [k for k in keys if isinstance(k, str | int)] if isinstance(keys, tuple) else []
    if place and place[0] == "*":
        for section in SECTIONS:
            found = plain.get(section)
            if isinstance(found, dict) and place[1] in found:
                return [section, *place[1:]]
    return place
