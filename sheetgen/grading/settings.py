"""Every number a formula uses, as it stands on 参数设置: declared values, staff's changes, quantile cuts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sheetgen.grading.coding import EPOCH
from sheetgen.grading.derive import PLAIN
from sheetgen.grading.measure import ROUND
from sheetgen.grading.removed import living
from sheetgen.model import Facts, Settings
from sheetgen.scheme.expr import evaluate
from sheetgen.scheme.rounding import round_half_away

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from sheetgen.scheme.compile import Scheme
    from sheetgen.scheme.schema import Criterion, Format

LOWEST, HIGHEST = -9e99, 9e99


def start_settings(
    scheme: Scheme, as_of: date, changed: Mapping[str, float] | None = None, last_as_of: date | None = None
) -> Settings:
    """The settings as declared, with ``changed`` numbers in their place. Quantile cuts are still empty.

    Keys of ``changed``: parameter id, ``tier_<id>``, ``keep_<tier>``, ``<criterion>_cut_<n>``,
    ``follow_up_<tier>``, ``points_rate_<tier>``.
    """
    changed = changed or {}
    numbers = {key: float(changed.get(key, p.value)) for key, p in scheme.parameters.items()}
    rising = list(reversed(scheme.file.tiers))
    tables: dict[str, tuple[float, ...]] = {
        "tier_cut": tuple(
            effective_edge(scheme, changed.get(f"tier_{t.id}", t.edge), t.over is not None) for t in rising
        ),
        "tier_follow_up": tuple(float(changed.get(f"follow_up_{t.id}", t.follow_up_days)) for t in rising),
        "tier_points_rate": tuple(float(changed.get(f"points_rate_{t.id}", t.points_rate)) for t in rising),
    }
    for key in scheme.cuts:
        cuts = () if scheme.file.criteria[key].by_data else scheme.file.criteria[key].cuts
        tables[f"{key}_cut"] = tuple(
            float(changed.get(f"{key}_cut_{n}", cut)) for n, cut in enumerate(cuts, 1)
        )
    tables["tier_keep"] = keep_lines(scheme, numbers, tables["tier_cut"], changed)
    return Settings(as_of, numbers, tables, dict(changed), last_as_of)


def keep_lines(
    scheme: Scheme, numbers: Mapping[str, float], cuts: tuple[float, ...], changed: Mapping[str, float]
) -> tuple[float, ...]:
    """The line of each tier, rising, below which it is lost in time: its own, else a part of its edge."""
    part, lines = numbers.get("track_keep_part", 1.0), []
    for tier, cut in zip(reversed(scheme.file.tiers), cuts, strict=True):
        own = changed.get(f"keep_{tier.id}", tier.keep)
        if abs(cut) >= HIGHEST / 10:
            lines.append(cut)
        elif own is not None:
            lines.append(float(own))
        else:
            lines.append(min(cut, float(round_half_away(cut * part, scheme.edge_digits))))
    return tuple(lines)


def new_period(settings: Settings) -> bool:
    """Whether the as-of date lies in a later period than the last book's."""
    months, last = settings.numbers.get("track_period", 1.0), settings.last_as_of
    return last is not None and period_number(settings.as_of, months) > period_number(last, months)


def period_number(day: date, months: float) -> int:
    """Which period ``day`` lies in: of so many calendar months, or (0) of weeks from Monday on."""
    if months > 0:
        return int((day.year * 12 + day.month - 1) // months)
    return ((day - EPOCH).days - 2) // 7


def effective_edge(scheme: Scheme, edge: float | None, strict: bool) -> float:
    """The least number that reaches the tier: a strict edge lies one quantum above the number written."""
    if edge is None:
        return LOWEST
    return float(round_half_away(edge + (scheme.quantum if strict else 0.0), scheme.edge_digits))


def resolve_cuts(scheme: Scheme, settings: Settings, facts: Facts, changed: Mapping[str, float]) -> Settings:
    """``settings`` with the cuts of quantile criteria and relative tier edges as plain numbers.

    Equal customers always fall on the same side: where cuts coincide a score or a tier is skipped, no tie is
    split. Customers marked as deleted have no part in them.
    """
    facts = replace(facts, frame=living(facts.frame))
    settings = replace(settings, numbers={**settings.numbers, **numbers_of_data(scheme, facts, changed)})
    tables = dict(settings.tables)
    if scheme.file.cut_by != "value":
        values = graded_by(scheme, facts, settings, scheme.file.tier_by)
        tables["tier_cut"] = tuple(
            float(changed[f"tier_{t.id}"])
            if f"tier_{t.id}" in changed
            else LOWEST
            if t.edge is None
            else resolve_edge(values, scheme.file.cut_by, t.edge, scheme.edge_digits)
            for t in reversed(scheme.file.tiers)
        )
    for key in scheme.cuts:
        criterion = scheme.file.criteria[key]
        if not criterion.by_data:
            continue
        values = graded_by(scheme, facts, settings, key)
        cuts = data_cuts(values, criterion, scheme.format(key))
        tables[f"{key}_cut"] = tuple(
            float(changed.get(f"{key}_cut_{n}", cut)) for n, cut in enumerate(cuts, 1)
        )
    tables["tier_keep"] = keep_lines(scheme, settings.numbers, tables["tier_cut"], changed)
    return replace(settings, tables=tables)


def numbers_of_data(scheme: Scheme, facts: Facts, changed: Mapping[str, float]) -> dict[str, float]:
    """The parameters that say whether the data have something: 1 or 0."""
    asked = {key: p.any_of for key, p in scheme.parameters.items() if p.any_of and key not in changed}
    return {key: float((facts.frame[name].fillna(0) != 0).any()) for key, name in asked.items()}


def graded_by(scheme: Scheme, facts: Facts, settings: Settings, key: str) -> npt.NDArray[np.float64]:
    """What tiers are cut by, a number a customer: a metric, or a column of metrics and parameters."""
    import numpy as np

    names: dict[str, Any] = {**settings.numbers}
    names |= {str(key): facts.frame[key].to_numpy() for key in facts.frame}
    for column in scheme.computed:
        if key not in names and set(column.expression.names) <= names.keys():
            names[column.id] = evaluate(column.expression, names, PLAIN)
    found = np.asarray(names[key], dtype=np.float64)
    return np.broadcast_to(found, (len(facts.frame),))


def data_cuts(values: npt.NDArray[np.float64], criterion: Criterion, format_: Format) -> list[float]:
    """The cuts of a criterion that come from the data, rising: by quantiles, or by parts as tier edges."""
    import numpy as np

    known = values[~np.isnan(values)]
    if criterion.quantiles is not None:
        points = np.arange(1, criterion.steps + 1) / criterion.quantiles
        found = round_half_away(np.quantile(known, points), 2) if len(known) else np.zeros(criterion.steps)
        return [float(cut) for cut in found]
    digits = ROUND.get(format_, 0)
    return sorted(resolve_edge(values, criterion.cut_by, part, digits) for part in criterion.cuts)


def resolve_edge(values: npt.NDArray[np.float64], cut_by: str, part: float, digits: int) -> float:
    """The least value that reaches a relative edge; unknown values (NaN) and those not above 0 never do.

    ``share``: at least ``part`` of the sum. ``rank``: fewer than ``part`` of all customers stand above.
    ``cumulative``: those above bring less than ``part`` of the sum. Nobody reaches it: 9e99.
    """
    import numpy as np

    known = values[~np.isnan(values)]
    falling = np.sort(known[known > 0])[::-1]
    if not len(falling):
        return HIGHEST
    if cut_by == "share":
        exact = round(part * float(falling.sum()), digits + 4)  # 0.1 * 30 must stay 3
        return float(np.ceil(round(exact * 10**digits, 3)) / 10**digits)
    first = np.searchsorted(-falling, -falling, side="left")  # how many stand above, ties left out
    above = (
        first / len(values)
        if cut_by == "rank"
        else np.concatenate([[0.0], np.cumsum(falling)])[first] / falling.sum()
    )
    return float(falling[np.flatnonzero(above < part - 1e-12)[-1]])
