"""A checked scheme file, made ready: standard columns and criteria added, expressions parsed and ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sheetgen.errors import UsageError
from sheetgen.i18n import Label
from sheetgen.scheme.check import check_edges, check_metrics, check_names, check_tables, check_windows
from sheetgen.scheme.expr import Expression, guarded, parse
from sheetgen.scheme.schema import Column, Criterion, Format, Metric, Parameter, SchemeFile
from sheetgen.scheme.where import Condition, parse_where

ALWAYS = ("as_of", "tier_count")
TIER_TABLES = ("tier_label", "tier_cut", "tier_follow_up", "tier_points_rate", "tier_benefits")
UPLIFTED = ("base_rank", "uplift")
"""the standard columns of schemes with an uplift only"""
BY_EDGES = "band(basis, tier_cut)"
SHOW: dict[Format, str] = {"money": "money", "integer": "whole"}


@dataclass(frozen=True)
class Computed:
    """One computed column: where it stands, how it looks, and its one expression."""

    id: str
    label: Label
    expression: Expression
    format: Format
    sheet: Literal["scores", "tiers"]
    unknown: bool
    hidden: bool = False
    note: Label | None = None
    role: Literal["column", "points", "score", "standard"] = "column"


@dataclass(frozen=True)
class Input:
    """A column of 客户级别 that staff (or the last book) fill."""

    id: str
    type: Literal["text", "date"]
    label: Label
    note: Label


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


@cache
def standard() -> dict[str, Any]:
    """The declarations of standard.yml."""
    from ruamel.yaml import YAML

    loaded: dict[str, Any] = YAML(typ="safe").load(
        (Path(__file__).parent / "standard.yml").read_text("utf-8")
    )
    return loaded


def compile_scheme(file: SchemeFile, text: str) -> Scheme:
    """Make ``file`` ready. Raises UsageError naming the key at fault."""
    common = standard()
    metrics = dict(file.metrics)
    metrics |= {k: Metric.model_validate(v) for k, v in common["metrics"].items() if k not in metrics}
    check_windows(file.windows)
    check_metrics(metrics)
    metrics, last_of = _with_last_days(metrics)
    declared = {key: (column, "column") for key, column in file.columns.items()}
    declared |= {key: (column, "points") for key, column in _points(file, metrics).items()}
    declared |= {key: (column, "score") for key, column in _score(file).items()}
    standard_columns = {k: v for k, v in common["columns"].items() if file.uplift or k not in UPLIFTED}
    for key, spec in standard_columns.items():
        declared[key] = (_standard_column(key, spec, file, metrics, declared), "standard")
    inputs = tuple(
        Input(key, spec["type"], Label(**spec["label"]), Label(**spec["note"]))
        for key, spec in common["inputs"].items()
    )
    words = {"#by": _label_of(file, metrics, declared)}
    for column, _ in declared.values():
        for word, label in column.choices.items():
            if words.setdefault(word, label) != label:
                raise UsageError("choice_twice", "SG703", word=word)
    words |= {f"#tag_{key}": Label(tag.label.zh + " ", tag.label.en + " ") for key, tag in file.tags.items()}
    parameters = _parameters(file)
    cuts = {key: len(c.cuts) or (c.quantiles or 1) - 1 for key, c in file.criteria.items() if c.low is None}
    tables = (*TIER_TABLES, *(f"{key}_cut" for key in cuts))
    staff = [i.id for i in inputs]
    check_names(
        (
            metrics,
            file.columns,
            _points(file, metrics),
            _score(file),
            standard_columns,
            parameters,
            ALWAYS,
            tables,
            staff,
        )
    )
    known = {*metrics, *parameters, *ALWAYS, *tables, *staff}
    conditions = {key: parse_where(metric.where, metric.source) for key, metric in metrics.items()}
    for key, metric in metrics.items():
        if metric.window is not None and metric.window not in file.windows:
            raise UsageError("window_unknown", "SG701", metric=key, window=metric.window)
    ids = {*metrics, *declared}
    for key in (file.tier_by, file.revenue, *file.criteria):
        if key not in ids:
            raise UsageError("column_unknown", "SG701", name=key, known=", ".join(sorted(ids)))
    computed = _in_order(declared, known, metrics, inputs, tables)
    scheme = Scheme(
        file,
        text,
        metrics,
        conditions,
        computed,
        inputs,
        tuple(common["tiers_sheet"]),
        parameters,
        cuts,
        words,
        last_of,
    )
    if file.cut_by == "value":
        check_edges(file, scheme.quantum, scheme.edge_digits)
    elif file.tier_by not in metrics:
        raise UsageError("cut_by_metric", "SG702", cut_by=file.cut_by, name=file.tier_by)
    return scheme


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
    file: SchemeFile, metrics: Mapping[str, Metric], declared: Mapping[str, tuple[Column, str]]
) -> Label:
    by = file.tier_by
    if by in metrics:
        return metrics[by].label
    if by in declared:
        return declared[by][0].label
    raise UsageError("column_unknown", "SG701", name=by, known=", ".join(sorted([*metrics, *declared])))


def _standard_column(
    key: str,
    spec: dict[str, Any],
    file: SchemeFile,
    metrics: Mapping[str, Metric],
    declared: Mapping[str, tuple[Column, str]],
) -> Column:
    by = file.tier_by
    format_: Format = (
        metrics[by].format if by in metrics else declared[by][0].format if by in declared else "decimal"
    )
    value = spec["value"]
    if key == "why" and file.why:
        value = file.why
    if file.steps == "fixed" and key in ("next_tier", "gap", "keep"):
        value = "None"
    value = (
        value.replace("{by}", by)
        .replace("{show}", SHOW.get(format_, "decimal"))
        .replace("{revenue}", file.revenue)
        .replace("{uplift}", file.uplift)
        .replace("{rank}", "max(1, min(base_rank + uplift, tier_count))" if file.uplift else BY_EDGES)
        .replace("{base}", "base_rank" if file.uplift else "rank")
        .replace("{raised}", "say('why_raised') if rank > base_rank else ''," if file.uplift else "")
    )
    shown = format_ if key in ("basis", "gap", "keep") else spec["format"]
    return Column.model_validate({**spec, "value": value, "format": shown})


def _points(file: SchemeFile, metrics: Mapping[str, Metric]) -> dict[str, Column]:
    """One points column a criterion."""
    columns = {}
    for key, criterion in file.criteria.items():
        declared = metrics.get(key) or file.columns.get(key)
        if declared is None:
            raise UsageError("column_unknown", "SG701", name=key, known=", ".join([*metrics, *file.columns]))
        unknown = isinstance(declared, Metric) and declared.empty == "unknown"
        unknown |= isinstance(declared, Column) and "None" in declared.value
        value = _points_expression(key, criterion)
        columns[f"{key}_points"] = Column(
            label=Label(zh=f"{declared.label.zh}得分", en=f"{declared.label.en}: points"),
            value=f"None if blank({key}) else {value}" if unknown else value,
            format="points" if criterion.low is not None else "integer",
        )
    return columns


def _points_expression(key: str, criterion: Criterion) -> str:
    if criterion.low is not None:
        return f"round(scale({key}, {key}_low, {key}_high), 1)"
    if criterion.less_is_better:
        return f"{len(criterion.cuts) or (criterion.quantiles or 1) - 1} + 1 - above({key}, {key}_cut)"
    if criterion.quantiles is not None:
        # a tie across several quantiles scores below them all: who bought nothing is not "frequent"
        return f"above({key}, {key}_cut) + 1"
    return f"band({key}, {key}_cut) + 1"


def _score(file: SchemeFile) -> dict[str, Column]:
    """Total score, completeness and tags. The weight of what is unknown is shared out among what is known."""
    keys = list(file.criteria)
    if not keys:
        return {}
    known = " + ".join(f"(0 if blank({k}_points) else {k}_weight)" for k in keys)
    gained = " + ".join(f"(0 if blank({k}_points) else {k}_weight * {k}_points)" for k in keys)
    whole = " + ".join(f"{k}_weight" for k in keys)
    bonus = f" + ({file.bonus})" if file.bonus else ""
    tags = ", ".join(f"('#tag_{key}' if {tag.when} else '')" for key, tag in file.tags.items())
    columns = {
        "known_weight": Column(
            label=Label("已知权重", "Known weight"), value=known, format="decimal", hidden=True
        ),
        "score": Column(
            label=Label("总分", "Total score"),
            value=f"round((({gained}) / known_weight if known_weight > 0 else 0){bonus}, 2)",
            format="decimal",
        ),
        "completeness": Column(
            label=Label("资料完整度", "Completeness"),
            value=f"round(known_weight / ({whole}), 4) if {whole} > 0 else 0",
            format="percent",
            note=Label("有数据的评分项占全部权重的比例", "Share of the weight that data is there for"),
        ),
    }
    if file.tags:
        columns["tags"] = Column(
            label=Label("标签", "Tags"), value=f"trim(concat('', {tags}))", format="text"
        )
    return columns


def _parameters(file: SchemeFile) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for key, window in file.windows.items():
        label = Label(f"{window.label.zh}：天数", f"{window.label.en}: days")
        found[f"{key}_days"] = Parameter(label=label, value=window.days, format="integer", low=1, high=36_600)
    found |= file.parameters
    for key, c in file.criteria.items():
        unnamed = Label("", "")
        found[f"{key}_weight"] = Parameter(label=unnamed, value=c.weight, low=0)
        if c.low is not None and c.high is not None:
            found[f"{key}_low"] = Parameter(label=unnamed, value=c.low)
            found[f"{key}_high"] = Parameter(label=unnamed, value=c.high)
    return found


def _in_order(
    declared: Mapping[str, tuple[Column, str]],
    known: set[str],
    metrics: Mapping[str, Metric],
    inputs: tuple[Input, ...],
    tables: tuple[str, ...],
) -> tuple[Computed, ...]:
    """Parse every expression and order them so that each reads only what stands before it."""
    expressions = {key: parse(column.value) for key, (column, _) in declared.items()}
    for key, expression in expressions.items():
        for name in expression.names:
            if name not in known and name not in declared:
                near = _nearest(name, [*known, *declared])
                raise UsageError("expression_name", "SG701", column=key, name=name, near=near)
        check_tables(key, expression, tables)
    unknown = {key for key, metric in metrics.items() if metric.empty == "unknown"} | {i.id for i in inputs}
    done: dict[str, Computed] = {}
    waiting = dict(expressions)
    while waiting:
        ready = [k for k, e in waiting.items() if not any(n in waiting for n in e.names)]
        if not ready:
            raise UsageError("expression_circle", "SG701", columns=", ".join(waiting))
        for key in ready:
            expression = waiting.pop(key)
            column, role = declared[key]
            may_be_unknown = guarded(expression, unknown)
            if may_be_unknown:
                unknown.add(key)
            done[key] = Computed(
                key,
                column.label,
                expression,
                column.format,
                column.sheet,
                may_be_unknown,
                column.hidden,
                column.note,
                role,  # type: ignore[arg-type]
            )
    return tuple(done.values())


def _nearest(name: str, known: list[str]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(name, known, n=1)), ", ".join(sorted(known)[:5]))
