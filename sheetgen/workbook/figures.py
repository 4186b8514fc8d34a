"""The figures of the monitoring, declared once: what is counted or added up over which columns.

Each is a part, or a part over another one; a part gives its formula and its value from the same columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.scheme.rounding import round_half_away

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

STATE_KEY: Final = "figure:"
NUMBER: Final = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.IGNORECASE)
SCALE: Final = {"integer": 0, "money": 2, "decimal": 2, "percent": 4}


@dataclass(frozen=True)
class Part:
    """Something of all customers' columns.

    ``count``: customers whose every column is above its number; ``sum``; ``known``: customers with a number.
    ``of``: (role, periods further back, number) each; only ``count`` takes the number, or several.
    """

    kind: str
    of: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Figure:
    """``top``, or ``top`` over ``bottom``. ``target``: the parameter its rise is measured by.

    ``source``: the table that must have rows in the period, or the figure is unknown (empty: the one that
    money comes from). ``less``: less is better.
    """

    id: str
    format: str
    top: Part
    bottom: Part | None = None
    target: str = ""
    source: str = ""
    less: bool = False


def above(*of: tuple[str, int, int]) -> Part:
    """The customers above each number."""
    return Part("count", of)


def added(role: str) -> Part:
    """A column's sum."""
    return Part("sum", ((role, 0, 0),))


def known(role: str) -> Part:
    """The customers of whom a column tells a number."""
    return Part("known", ((role, 0, 0),))


FIGURES: Final = (
    Figure("buyers", "integer", above(("bought", 0, 0))),
    Figure("repurchase", "percent", above(("orders", 0, 1)), above(("orders", 0, 0)), "target_repurchase"),
    Figure(
        "retention",
        "percent",
        above(("bought", 1, 0), ("bought", 0, 0)),
        above(("bought", 1, 0)),
        "target_retention",
    ),
    Figure(
        "satisfaction",
        "decimal",
        added("satisfaction"),
        known("satisfaction"),
        "target_satisfaction",
        "service",
    ),
    Figure("revenue", "money", added("money")),
    Figure("per_customer", "money", added("money"), above(("bought", 0, 0)), "target_spend"),
    Figure("per_order", "money", added("money"), added("orders")),
    Figure("complaints", "integer", added("complaints"), source="service", less=True),
)


@dataclass(frozen=True)
class Told:
    """A figure of one period: its formula, and its value (None: unknown)."""

    formula: str
    value: float | None


def tell(content: Content, figure: Figure, age: int) -> Told | None:
    """``figure`` of the period ``age`` periods ago; None where the scheme has not the columns for it.

    Unknown where the book withholds its numbers, the period has no rows, or nothing stands below the line.
    """
    monitor = content.scheme.monitor
    parts = [part for part in (figure.top, figure.bottom) if part is not None]
    if any((role, age + back) not in monitor.metrics for part in parts for role, back, _ in part.of):
        return None
    table = figure.source or monitor.source
    formulas, values = zip(*(_part(content, part, age) for part in parts), strict=True)
    digits = SCALE[figure.format]
    core = formulas[0]
    value: float | None = values[0]
    if figure.bottom is not None:
        core = f'IF({formulas[1]}=0,"",ROUND({formulas[0]}/{formulas[1]},{digits}))'
        value = float(round_half_away(values[0] / values[1], digits)) if values[1] else None
    formula = f'IF(x_gate=1,"",IF(seen_{table}_{age}=0,"",{core}))'
    return Told(formula, value if seen_in(content, table, age) else None)


def _part(content: Content, part: Part, age: int) -> tuple[str, float]:
    import numpy as np

    names = [content.scheme.monitor.metrics[role, age + back] for role, back, _ in part.of]
    refs = [content.layout.block("scores", name) for name in names]
    columns = [content.graded.frame[name].to_numpy(dtype=np.float64) for name in names]
    if part.kind == "sum":
        return f"ROUND(SUM({refs[0]}),2)", float(np.rint(np.nan_to_num(columns[0]) * 100).sum() / 100)
    if part.kind == "known":
        return f"COUNT({refs[0]})", float(np.isfinite(columns[0]).sum())
    tests = [number for _, _, number in part.of]
    pairs = ",".join(f'{ref},">{number}"' for ref, number in zip(refs, tests, strict=True))
    held = np.logical_and.reduce([column > number for column, number in zip(columns, tests, strict=True)])
    return f"COUNTIFS({pairs})", float(held.sum())


def seen_in(content: Content, table: str, age: int) -> float:
    """How many rows of ``table`` the period ``age`` periods ago has."""
    start, end = window_of(content, content.scheme.monitor.periods[age])
    dates = content.records[table]["date"].to_numpy().astype("datetime64[D]")
    return float(((dates > start) & (dates <= end)).sum())


def window_of(content: Content, window: str) -> tuple[Any, Any]:
    """The day before a window's first, and its last."""
    import numpy as np

    from sheetgen.grading.measure import window_days

    start, end = window_days(content.scheme, content.graded.settings)[window]
    return np.datetime64(start), np.datetime64(end)


def last_figures(state: Mapping[str, str], scheme: str) -> dict[str, float]:
    """What the monitoring of a book came to, as its hidden state (key -> text) tells: as staff left it.

    Nothing where the book was graded by another scheme.
    """
    found = {key.removeprefix(STATE_KEY): words for key, words in state.items() if key.startswith(STATE_KEY)}
    if state.get("scheme") != scheme:
        return {}
    return {key: float(words) for key, words in found.items() if NUMBER.fullmatch(words)}
