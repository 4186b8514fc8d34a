"""Customers whose column comes to a number exactly, by the facts that it is made of, in any scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from sheetgen.grading.grade import empty_inputs, grade
from sheetgen.grading.settings import resolve_cuts, start_settings
from sheetgen.model import Facts
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.library import load_scheme

from ..grading.base import AS_OF

Row = dict[str, float]


@dataclass(frozen=True)
class Way:
    """How a column is led: the facts of a customer for a number, and the settings under which it is done."""

    rows: dict[float, Row]
    changed: dict[str, float] = field(default_factory=dict)


def graded_rows(scheme: Scheme, rows: Sequence[Row], changed: dict[str, float] | None = None) -> pd.DataFrame:
    """The real grading path over these facts; what is not named is nothing: 0, or unknown."""
    columns: dict[str, object] = {"customer_id": [f"K{i}" for i in range(len(rows))]}
    for key, metric in scheme.metrics.items():
        nothing = np.nan if metric.empty == "unknown" else 0.0
        columns[key] = np.array([row.get(key, nothing) for row in rows], dtype=np.float64)
        if metric.format == "text":
            columns[key] = np.array([""] * len(rows), dtype=object)
    facts = Facts(pd.DataFrame(columns), AS_OF)
    settings = resolve_cuts(scheme, start_settings(scheme, AS_OF, changed or {}), facts, changed or {})
    return grade(facts, empty_inputs(scheme, len(rows)), scheme, settings, "zh").frame


def reach(scheme: Scheme, column: str, numbers: Sequence[float]) -> Way:
    """Facts for which ``column`` comes to each of ``numbers``. Fails where no way is known."""
    ways = [_by_metric, _by_points, _by_score, _by_one_metric]
    for way in ways:
        found = way(scheme, column, numbers)
        if found is not None:
            frame = graded_rows(scheme, list(found.rows.values()), found.changed)
            assert frame[column].tolist() == list(found.rows), (scheme.id, column)
            return found
    raise AssertionError(f"{scheme.id}: no facts found for which {column} comes to {numbers}")


def _by_metric(scheme: Scheme, column: str, numbers: Sequence[float]) -> Way | None:
    return Way({n: {column: n} for n in numbers}) if column in scheme.metrics else None


def _by_points(scheme: Scheme, column: str, numbers: Sequence[float]) -> Way | None:
    """Points by cuts: cuts at 10, 20, 30 …, set by hand."""
    key = column.removesuffix("_points")
    if key == column or key not in scheme.cuts or key not in scheme.metrics:
        return None
    steps = scheme.cuts[key]
    changed = {f"{key}_cut_{n}": 10.0 * n for n in range(1, steps + 1)}
    less = scheme.file.criteria[key].less_is_better
    return Way({n: {key: (10.0 * (steps + 2 - n) if less else 10.0 * n) - 5} for n in numbers}, changed)


def _by_score(scheme: Scheme, column: str, numbers: Sequence[float]) -> Way | None:
    """The score by two criteria that weigh 9 to 1: points of one decimal make a score of two."""
    if column != "score":
        return None
    free = [
        (key, c)
        for key, c in scheme.file.criteria.items()
        if key in scheme.metrics
        and c.low is not None
        and c.decay is None
        and c.cap is None
        and c.floor is None
    ]
    assert len(free) >= 2, f"{scheme.id}: two criteria with low and high are needed"
    (one, first), (two, second) = free[:2]
    changed = {f"{key}_weight": 0.0 for key, c in scheme.file.criteria.items() if c.weight is not None}
    changed |= {f"{one}_weight": 9.0, f"{two}_weight": 1.0}
    rows = {}
    for n in numbers:
        big = round(n, 1)
        points = ((one, first, big), (two, second, round(10 * n - 9 * big, 1)))
        rows[n] = {key: (c.low or 0.0) + p / 100 * ((c.high or 0.0) - (c.low or 0.0)) for key, c, p in points}
    return Way(rows, changed)


def _by_one_metric(scheme: Scheme, column: str, numbers: Sequence[float]) -> Way | None:
    """All other facts are nothing, or one each; the first metric that leads the column is taken."""
    for metric in scheme.column(column).expression.names + tuple(scheme.metrics):
        for other in ("nothing", "one"):
            if metric not in scheme.metrics:
                continue
            rest = {key: 1.0 for key in scheme.metrics if other == "one"}
            rows = {n: {**rest, metric: n} for n in numbers}
            if graded_rows(scheme, list(rows.values()))[column].tolist() == list(rows):
                return Way(rows)
    return None


@cache
def loaded(scheme_id: str) -> Scheme:
    """A shipped scheme, read once."""
    return load_scheme(scheme_id)
