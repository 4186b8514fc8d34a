"""Every number of windows, criteria and groups as a parameter of 参数设置, with the words beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sheetgen.errors import UsageError
from sheetgen.i18n import Label, text
from sheetgen.scheme.criterion import Criterion
from sheetgen.scheme.schema import Metric, Parameter, SchemeFile
from sheetgen.scheme.windows import MOST_DAYS, window_parameter

UNNAMED = Label("", "")
"""the label of what stands under a heading of its own"""
LEAST_UNIT = 0.01


def parameters_of(file: SchemeFile) -> dict[str, Parameter]:
    """Every number of windows, criteria and groups, and the scheme's own. Raises UsageError: a name twice."""
    pairs = [pair for window in file.windows for pair in window_parameter(file, window).items()]
    pairs += file.parameters.items()
    pairs += [pair for key, criterion in file.criteria.items() for pair in _weighed(key, criterion)]
    pairs += [pair for numbers in rule_parameters(file).values() for pair in numbers.items()]
    found: dict[str, Parameter] = {}
    for key, parameter in pairs:
        if key in found:
            raise UsageError("name_twice", "SG701", spot="", at=("*", key), name=key)
        found[key] = parameter
    return found


def _weighed(key: str, criterion: Criterion) -> Iterator[tuple[str, Parameter]]:
    """What stands in the table of criteria."""
    if criterion.weight is not None:
        yield f"{key}_weight", Parameter(label=UNNAMED, value=criterion.weight, low=0)
    if criterion.low is not None and criterion.high is not None:
        yield f"{key}_low", Parameter(label=UNNAMED, value=criterion.low)
        yield f"{key}_high", Parameter(label=UNNAMED, value=criterion.high)


def rule_parameters(file: SchemeFile) -> dict[str, dict[str, Parameter]]:
    """The numbers of units, limits, decay and missing data, by criterion or group."""
    found: dict[str, dict[str, Parameter]] = {}
    for key, c in file.criteria.items():
        declared = file.metrics.get(key) or file.columns.get(key)
        name, format_ = (declared.label, declared.format) if declared else (Label(key, key), "decimal")
        found[key] = _present(
            key,
            name,
            per=(c.per, {"format": format_, "low": min(LEAST_UNIT, c.per or LEAST_UNIT)}),
            each=(c.points, {}),
            cap=(c.cap, {}),
            floor=(c.floor, {}),
            half_life=(
                c.decay.half_life if c.decay else None,
                {"format": "integer", "low": 1, "high": MOST_DAYS},
            ),
            neutral=(c.neutral, {"format": format_}),
        )
    for key, group in file.groups.items():
        if key in file.criteria:
            raise UsageError("name_twice", "SG701", spot="", at=("groups", key), name=key)
        found[key] = _present(key, group.label, cap=(group.cap, {}), floor=(group.floor, {}))
    return found


def _present(key: str, name: Label, **numbers: tuple[float | None, dict[str, Any]]) -> dict[str, Parameter]:
    return {
        f"{key}_{number}": Parameter.model_validate(
            {"label": named(f"number_{number}", name), "value": value, **more}
        )
        for number, (value, more) in numbers.items()
        if value is not None
    }


def points_note(file: SchemeFile, key: str, metrics: Mapping[str, Metric]) -> Label | None:
    """How the points come about; None where weight and cuts, or weight and both ends, say all."""
    c = file.criteria[key]
    way = "rule_scaled" if c.low is not None else "rule_parts" if c.cut_by != "value" else "rule_stepped"
    more: list[Label] = []
    if c.full:
        more.append(said("rule_full"))
    if c.decay is not None:
        since = metrics.get(c.decay.since) or file.columns[c.decay.since]
        more.append(named("rule_faded", since.label, "since"))
    if c.cap is not None or c.floor is not None:
        more.append(said("rule_capped"))
    if c.missing != "share":
        more.append(said("rule_neutral" if c.missing == "neutral" else "rule_zero"))
    if c.group is not None:
        more.append(named("rule_group", file.groups[c.group].label, "group"))
    if not (more or c.added or c.cut_by != "value"):
        return None
    parts = [said("rule_added" if c.added else way), *more]
    return Label("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))


def said(key: str) -> Label:
    """The message ``key`` in both languages."""
    return Label(text(key, "zh"), text(key, "en"))


def named(key: str, name: Label, place: str = "name") -> Label:
    """The message ``key`` in both languages, with ``name`` in its one place."""
    return Label(text(key, "zh", **{place: name.zh}), text(key, "en", **{place: name.en}))
