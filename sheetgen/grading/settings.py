"""Every number a formula uses, as it stands on 参数设置: declared values, staff's changes, quantile cuts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sheetgen.model import Facts, Settings
from sheetgen.scheme.rounding import round_half_away

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from sheetgen.scheme.compile import Scheme

LOWEST, HIGHEST = -9e99, 9e99


def start_settings(scheme: Scheme, as_of: date, changed: Mapping[str, float] | None = None) -> Settings:
    """The settings as declared, with ``changed`` numbers in their place. Quantile cuts are still empty.

    Keys of ``changed``: parameter id, ``tier_<id>``, ``<criterion>_cut_<n>``, ``follow_up_<tier>``,
    ``points_rate_<tier>``.
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
        cuts = scheme.file.criteria[key].cuts
        tables[f"{key}_cut"] = tuple(
            float(changed.get(f"{key}_cut_{n}", cut)) for n, cut in enumerate(cuts, 1)
        )
    return Settings(as_of, numbers, tables, dict(changed))


def effective_edge(scheme: Scheme, edge: float | None, strict: bool) -> float:
    """The least number that reaches the tier: a strict edge lies one quantum above the number written."""
    if edge is None:
        return LOWEST
    return float(round_half_away(edge + (scheme.quantum if strict else 0.0), scheme.edge_digits))


def resolve_cuts(scheme: Scheme, settings: Settings, facts: Facts, changed: Mapping[str, float]) -> Settings:
    """``settings`` with the cuts of quantile criteria and relative tier edges as plain numbers.

    Equal customers always fall on the same side: where cuts coincide a score or a tier is skipped, no tie is
    split.
    """
    import numpy as np

    tables = dict(settings.tables)
    if scheme.file.cut_by != "value":
        values = facts.frame[scheme.file.tier_by].to_numpy(dtype=np.float64)
        tables["tier_cut"] = tuple(
            float(changed[f"tier_{t.id}"])
            if f"tier_{t.id}" in changed
            else LOWEST
            if t.edge is None
            else resolve_edge(values, scheme.file.cut_by, t.edge, scheme.edge_digits)
            for t in reversed(scheme.file.tiers)
        )
    for key, steps in scheme.cuts.items():
        criterion = scheme.file.criteria[key]
        if criterion.quantiles is None:
            continue
        values = facts.frame[key].to_numpy(dtype=np.float64)
        values = values[~np.isnan(values)]
        points = np.arange(1, steps + 1) / criterion.quantiles
        cuts = round_half_away(np.quantile(values, points), 2) if len(values) else np.zeros(steps)
        tables[f"{key}_cut"] = tuple(
            float(changed.get(f"{key}_cut_{n}", cut)) for n, cut in enumerate(cuts, 1)
        )
    return Settings(settings.as_of, settings.numbers, tables, settings.changed)


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
