"""What the monitoring of a scheme needs: the period it looks at, the two before it, and a metric for each.

Declared in standard.yml without a window, here given one. Where the scheme has the same metric already, that
one serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetgen.i18n import Label
from sheetgen.scheme.schema import Metric, Parameter, Window
from sheetgen.scheme.windows import days_of, formulas_of

if TYPE_CHECKING:
    from datetime import date

    from sheetgen.scheme.schema import SchemeFile

OWN_WINDOWS: Final = ("monitor_before", "monitor_earlier")
ENDS: Final = ("_days", "_months")
"""what the number of a window ends in"""
AGES: Final = (
    Label("本期", "this period"),
    Label("上期", "last period"),
    Label("再上期", "the one before"),
)
NEEDED: Final = {
    "money": (0, 1),
    "orders": (0, 1),
    "sold": (2,),
    "satisfaction": (0, 1),
    "complaints": (0, 1),
}
"""role -> the periods it is needed for: 0 this one, 1 the last, 2 the one before"""


@dataclass(frozen=True)
class Monitor:
    """``periods``: the windows of this period, the last one and the one before it; none without any window.

    ``own``: of these, the windows that the scheme does not declare; their numbers are those of this period,
    so that periods of one length are compared. ``metrics``: (role, periods ago) -> metric; ``orders`` and
    ``bought`` count what was bought, and only sales have orders. ``source``: the table that money comes from.
    """

    source: str = "transactions"
    periods: tuple[str, ...] = ()
    own: Mapping[str, Window] = field(default_factory=dict)
    metrics: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def days(
        self, windows: Mapping[str, Window], numbers: Mapping[str, float], as_of: date
    ) -> dict[str, tuple[date, date]]:
        """Each window as (day before the first, last day): those declared, and its own."""
        lengths = {
            f"{key}{end}": numbers.get(f"{self.periods[0]}{end}", 0.0) for key in self.own for end in ENDS
        }
        return days_of({**windows, **self.own}, {**lengths, **numbers}, as_of)

    def formulas(self, windows: Mapping[str, Window]) -> dict[str, tuple[str, str]]:
        """Start and end of each window of its own, without ``=``."""
        found = formulas_of({**windows, **self.own})

        def told(key: str, formula: str) -> str:
            for end in ENDS:
                formula = formula.replace(f"p_{key}{end}", f"p_{self.periods[0]}{end}")
            return formula

        return {key: (told(key, found[key][0]), told(key, found[key][1])) for key in self.own}


def monitor_of(
    file: SchemeFile, metrics: Mapping[str, Metric], declared: Mapping[str, Any]
) -> tuple[Monitor, dict[str, Metric]]:
    """The monitoring of ``file``, and the metrics it takes beyond ``metrics``.

    ``declared``: role -> metric without a window, as in standard.yml.
    """
    periods, own = _periods(file, metrics)
    if not periods:
        return Monitor(), {}
    specs = {role: _declared(spec) for role, spec in declared.items()}
    revenue = metrics.get(file.revenue)
    if revenue is not None and revenue.agg == "sum":
        specs["money"] = revenue
    source = specs["money"].source
    needed = dict(NEEDED)
    if source != "transactions":
        rows = {"from": source, "where": specs["money"].where}
        specs["sold"] = _declared({**declared["sold"], **rows})
        needed |= {"sold": (0, 1, 2), "orders": ()}
    found: dict[str, Metric] = {}
    places = {}
    for role, ages in needed.items():
        for age in ages:
            wanted = specs[role].model_copy(
                update={
                    "window": periods[age],
                    "hidden": True,
                    "label": _of_period(specs[role].label, age),
                    "note": None,
                }
            )
            same = (k for k, m in metrics.items() if _facts(m) == _facts(wanted))
            key = next(same, f"monitored_{role}_{age}")
            places[role, age] = key
            if key not in metrics:
                found[key] = wanted
    bought = {("bought", age): places.get(("orders", age)) or places["sold", age] for age in (0, 1, 2)}
    return Monitor(source, periods, own, {**places, **bought}), found


def targets_of(monitor: Monitor, declared: Mapping[str, Any]) -> dict[str, Parameter]:
    """The targets, as parameters, of the figures that ``monitor`` has."""
    if not monitor.periods:
        return {}
    without = {"target_repurchase"} if ("orders", 0) not in monitor.metrics else set()
    return {key: Parameter.model_validate(spec) for key, spec in declared.items() if key not in without}


def _periods(file: SchemeFile, metrics: Mapping[str, Metric]) -> tuple[tuple[str, ...], dict[str, Window]]:
    revenue = metrics.get(file.revenue)
    first = next((key for key, window in file.windows.items() if window.before is None), None)
    now = revenue.window if revenue is not None and revenue.window in file.windows else first
    if now is None:
        return (), {}
    periods, own, kind = [now], dict[str, Window](), _kind(file.windows[now])
    for key in OWN_WINDOWS:
        after = periods[-1]
        alike = (k for k, window in file.windows.items() if window.before == after and _kind(window) == kind)
        declared = next(alike, None)
        if declared is None:
            own[key] = file.windows[now].model_copy(update={"before": after, "first_month": None})
        periods.append(declared or key)
    return tuple(periods), own


def _kind(window: Window) -> tuple[object, ...]:
    """What makes two windows comparable."""
    return (window.days, window.months, window.period)


def _declared(spec: Mapping[str, Any]) -> Metric:
    return Metric.model_validate(spec)


def _of_period(label: Label, age: int) -> Label:
    return Label(f"{AGES[age].zh}{label.zh}", f"{label.en}, {AGES[age].en}")


def _facts(metric: Metric) -> tuple[object, ...]:
    return (metric.source, metric.agg, metric.of, metric.where, metric.window)
