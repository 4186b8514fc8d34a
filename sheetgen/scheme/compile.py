"""A checked scheme file, made ready: standard columns and criteria added, expressions parsed and ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sheetgen.errors import UsageError
from sheetgen.i18n import Label
from sheetgen.scheme.beside import Side, set_beside
from sheetgen.scheme.check import (
    at,
    check_edges,
    check_limits,
    check_metrics,
    check_names,
    check_window_of,
    check_windows,
    nearest,
)
from sheetgen.scheme.common import TRACKED, Input, inputs_of, standard, standard_columns, tracking_parameters
from sheetgen.scheme.monitor import Monitor, monitor_of, targets_of
from sheetgen.scheme.numbers import parameters_of
from sheetgen.scheme.order import Computed, Role, in_order
from sheetgen.scheme.schema import Column, Format, Metric, Parameter, SchemeFile
from sheetgen.scheme.scoring import points_columns, score_columns
from sheetgen.scheme.where import Condition, parse_where

__all__ = ["ALWAYS", "TIER_TABLES", "Computed", "Input", "Scheme", "compile_scheme"]

ALWAYS = ("as_of", "tier_count", "new_period")
TIER_TABLES = ("tier_label", "tier_cut", "tier_follow_up", "tier_points_rate", "tier_benefits", "tier_keep")


@dataclass(frozen=True)
class Scheme:
    """A scheme ready to grade by. ``metrics`` in declared order, ``computed`` in the order of evaluation.

    ``parameters``: every number a formula uses, the scheme's own and those of windows and criteria.
    ``cuts``: criterion id -> its declared cut points, or None where quantiles are resolved at build time.
    """

    file: SchemeFile
    text: str
    metrics: dict[str, Metric]
    conditions: dict[str, tuple[Condition, ...]]
    computed: tuple[Computed, ...]
    inputs: tuple[Input, ...]
    tiers_sheet: tuple[str, ...]
    parameters: dict[str, Parameter]
    cuts: dict[str, int]
    words: dict[str, Label]
    last_of: dict[str, str]
    """days_since metric -> the metric that holds the day itself"""
    guides: dict[str, str] = field(default_factory=dict)
    """language -> the scheme's own guide (Jinja2), where it has one"""
    monitor: Monitor = field(default_factory=Monitor)
    sides: tuple[Side, ...] = ()
    """the schemes beside this one, in order; theirs are the ids that start with their prefix"""

    def side_of(self, column_id: str) -> int:
        """Which scheme brought a column: 0 for the first, 1 for the first one beside it."""
        found = (i for i, side in enumerate(self.sides, 1) if column_id.startswith(side.prefix))
        return next(found, 0)

    @property
    def id(self) -> str:
        """The scheme's id."""
        return self.file.id

    def column(self, column_id: str) -> Computed:
        """The computed column with this id. Raises KeyError."""
        for column in self.computed:
            if column.id == column_id:
                return column
        raise KeyError(column_id)

    def label(self, column_id: str) -> Label:
        """The label of a metric or computed column."""
        return self.metrics[column_id].label if column_id in self.metrics else self.column(column_id).label

    def format(self, column_id: str) -> Format:
        """The format of a metric or computed column."""
        return self.metrics[column_id].format if column_id in self.metrics else self.column(column_id).format

    def metrics_from(self, table: str) -> dict[str, Metric]:
        """The metrics that aggregate ``table``."""
        return {key: metric for key, metric in self.metrics.items() if metric.source == table}

    @property
    def detail_tables(self) -> tuple[str, ...]:
        """The detail tables that metrics aggregate, transactions first."""
        used = {metric.source for metric in self.metrics.values()} - {"customers"}
        return ("transactions", *sorted(used - {"transactions"}))

    @property
    def quantum(self) -> float:
        """The smallest step of the number that tiers are cut by: a strict edge lies one step above."""
        return float(f"1e-{self.edge_digits}")

    @property
    def edge_digits(self) -> int:
        """The decimals of an edge: cents, hundredths of a percent, or whole numbers."""
        digits = {"money": 2, "decimal": 2, "points": 2, "percent": 4}
        return digits.get(self.format(self.file.tier_by), 0)


def compile_scheme(file: SchemeFile, text: str, beside: Sequence[SchemeFile] = ()) -> Scheme:
    """Make ``file`` ready, with the schemes ``beside`` it. Raises UsageError naming the key at fault."""
    lead, (file, sides) = file, set_beside(file, beside)
    file, metrics, monitor = _measured(file)
    metrics, last_of = _with_last_days(metrics)
    for key in file.criteria:
        if key not in (choice := {*metrics, *file.columns}):
            raise _no_column(key, choice, "criteria", key)
    made = {side.cuts for side in sides}
    points, scores = points_columns(file, metrics, made), score_columns(lead)
    for side in sides:
        points[f"{side.cuts}_points"] = points[f"{side.cuts}_points"].model_copy(update={"hidden": True})
    declared: dict[str, tuple[Column, Role]] = {
        key: (column, "column") for key, column in file.columns.items()
    }
    declared |= {key: (column, "points") for key, column in points.items()}
    declared |= {key: (column, "score") for key, column in scores.items()}
    formats = {key: metric.format for key, metric in metrics.items()}
    formats |= {key: column.format for key, (column, _) in declared.items()}
    added = standard_columns(file, formats)
    declared |= {key: (column, "standard") for key, column in added.items()}
    inputs = inputs_of(added)
    parameters = parameters_of(file) | tracking_parameters(file)
    cuts = {key: c.steps for key, c in file.criteria.items() if c.steps}
    tables = (*TIER_TABLES, *(f"{key}_cut" for key in cuts))
    staff = [i.id for i in inputs]
    check_names((metrics, file.columns, points, scores, added, parameters, ALWAYS, tables, staff))
    known = {*metrics, *parameters, *ALWAYS, *tables, *staff}
    conditions = _conditions(file, metrics, monitor)
    ids = {*metrics, *declared}
    for role in ("tier_by", "revenue"):
        if (key := getattr(file, role)) not in ids:
            raise _no_column(key, ids, role)
    shown = _on_tiers(standard()["tiers_sheet"], file)
    scheme = Scheme(
        file,
        text,
        metrics,
        conditions,
        in_order(file, declared, known, metrics, inputs, tables),
        inputs,
        tuple(key for key in shown if key in added or key not in TRACKED),
        parameters,
        cuts,
        _words(file, metrics, declared),
        last_of,
        monitor=monitor,
        sides=sides,
    )
    if file.cut_by == "value":
        check_edges(file, scheme.quantum, scheme.edge_digits)
    elif not _from_facts(file.tier_by, scheme):
        facts = {"cut_by": file.cut_by, "name": file.tier_by}
        raise UsageError("cut_by_metric", "SG702", spot="", at=("tier_by",), **facts)
    return scheme


def _measured(file: SchemeFile) -> tuple[SchemeFile, dict[str, Metric], Monitor]:
    """``file`` with the targets of monitoring as parameters, all its metrics, and what is monitored."""
    common = standard()
    metrics = dict(file.metrics)
    metrics |= {k: Metric.model_validate(v) for k, v in common["metrics"].items() if k not in metrics}
    check_windows(file.windows)
    check_limits(file)
    check_metrics(metrics)
    monitor, monitored = monitor_of(file, metrics, common["monitor"])
    metrics |= monitored
    targets = targets_of(monitor, common["targets"])
    file = file.model_copy(update={"parameters": {**file.parameters, **targets}})
    for key, parameter in file.parameters.items():
        if parameter.any_of is not None and parameter.any_of not in metrics:
            raise _no_column(parameter.any_of, set(metrics), "parameters", key, "any_of")
    return file, metrics, monitor


def _conditions(
    file: SchemeFile, metrics: Mapping[str, Metric], monitor: Monitor
) -> dict[str, tuple[Condition, ...]]:
    """What each metric asks of a row."""
    conditions = {}
    for key, metric in metrics.items():
        with at("metrics", key, "where"):
            conditions[key] = parse_where(metric.where, metric.source)
        with at("metrics", key, "window"):
            check_window_of(key, metric.window, {*file.windows, *monitor.own})
    return conditions


def _words(
    file: SchemeFile, metrics: Mapping[str, Metric], declared: Mapping[str, tuple[Column, Role]]
) -> dict[str, Label]:
    """The label of every word that an expression may give."""
    words = {"#by": _label_of(file, metrics, declared)}
    for key, (column, _) in declared.items():
        for word, label in column.choices.items():
            if words.setdefault(word, label) != label:
                place = ("columns", key, "choices", word)
                raise UsageError("choice_twice", "SG703", spot="", at=place, word=word)
    return words | {
        f"#tag_{key}": Label(tag.label.zh + " ", tag.label.en + " ") for key, tag in file.tags.items()
    }


def _from_facts(key: str, scheme: Scheme) -> bool:
    """Whether ``key`` is a metric, a number, or a column of the scheme worked out from these alone."""
    if key in scheme.metrics or key in scheme.parameters:
        return True
    own = key in scheme.file.columns
    return own and all(_from_facts(name, scheme) for name in scheme.column(key).expression.names)


def _on_tiers(usual: list[str], file: SchemeFile) -> list[str]:
    """The columns of 客户级别 that people see: the usual ones, the scheme's own before the benefits."""
    own = [key for key, column in file.columns.items() if column.sheet == "tiers" and not column.hidden]
    place = usual.index("benefits")
    return [*usual[:place], *own, *usual[place:]]


def _with_last_days(metrics: dict[str, Metric]) -> tuple[dict[str, Metric], dict[str, str]]:
    """``metrics`` with, for each days_since, the metric of the last day: one aggregation serves both."""
    found, last_of = dict(metrics), {}
    for key, metric in metrics.items():
        if metric.agg != "days_since":
            continue
        day = metric.model_copy(update={"agg": "last", "format": "date", "hidden": True})
        same = (
            k
            for k, m in found.items()
            if (m.source, m.agg, m.of, m.where, m.window)
            == (day.source, day.agg, day.of, day.where, day.window)
        )
        last_of[key] = next(same, f"{key}_day")
        found.setdefault(last_of[key], day)
    return found, last_of


def _label_of(
    file: SchemeFile, metrics: Mapping[str, Metric], declared: Mapping[str, tuple[Column, Role]]
) -> Label:
    by = file.tier_by
    if by in metrics:
        return metrics[by].label
    if by in declared:
        return declared[by][0].label
    raise _no_column(by, {*metrics, *declared}, "tier_by")


def _no_column(name: str, known: set[str], *place: str) -> UsageError:
    shown, near = ", ".join(sorted(known)), nearest(name, known)
    return UsageError("column_unknown", "SG701", spot="", at=place, name=name, near=near, known=shown)
