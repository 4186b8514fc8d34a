"""Several schemes in one book: the first leads, the others stand beside it as columns of their own.

Another scheme's windows, metrics, parameters, criteria and columns join the first one's file under a prefix;
what both declare alike is computed once. Its tiers become one more criterion with cuts that weighs nothing,
so its edges are cells on 参数设置 like any other cuts, and a column that names the tier.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sheetgen.i18n import Label
from sheetgen.scheme.common import standard
from sheetgen.scheme.criterion import Criterion
from sheetgen.scheme.rounding import round_half_away
from sheetgen.scheme.schema import Column, Metric, Parameter, SchemeFile, Tag, Window
from sheetgen.scheme.scoring import score_columns
from sheetgen.scheme.shapes import Strict

Model = TypeVar("Model", bound=Strict)
DIGITS = {"money": 2, "decimal": 2, "points": 2, "percent": 4}


@dataclass(frozen=True)
class Side:
    """A scheme beside the first. ``file`` is as declared; the ids that it brought start with ``prefix``."""

    prefix: str
    file: SchemeFile

    @property
    def tier(self) -> str:
        """The column of its tier."""
        return f"{self.prefix}tier"

    @property
    def rank(self) -> str:
        """The column of its tier's rank, rising from 1."""
        return f"{self.prefix}tier_rank"

    @property
    def cuts(self) -> str:
        """The metric or column that its edges cut, and the criterion of these edges."""
        return f"{self.prefix}basis"


def set_beside(lead: SchemeFile, others: Sequence[SchemeFile]) -> tuple[SchemeFile, tuple[Side, ...]]:
    """``lead`` with the others' declarations, and who they are."""
    sides = tuple(Side(f"x{i}_", other) for i, other in enumerate(others, 2))
    for side in sides:
        lead = _joined(lead, side)
    return lead, sides


def _joined(lead: SchemeFile, side: Side) -> SchemeFile:
    """``lead`` and one scheme more."""
    file, prefix = side.file, side.prefix
    names = _Names(prefix, {})
    windows: dict[str, Window] = {}
    for key, window in _before_first(file.windows):
        mine = window.model_copy(
            update={
                "before": names.of(window.before) if window.before else None,
                "first_month": names.of(window.first_month)
                if isinstance(window.first_month, str)
                else window.first_month,
            }
        )
        _take(key, mine, lead.windows, windows, names)
        for number in ("days", "months", "first_month"):
            names.given[f"{key}_{number}"] = f"{names.of(key)}_{number}"
    parameters: dict[str, Parameter] = {}
    for key, parameter in file.parameters.items():
        same = lead.parameters.get(key) == parameter
        names.given[key] = key if same else prefix + key
        if not same:
            any_of = names.of(parameter.any_of) if parameter.any_of else None
            parameters[prefix + key] = parameter.model_copy(update={"any_of": any_of})
    metrics: dict[str, Metric] = {}
    for key, metric in file.metrics.items():
        mine_m = metric.model_copy(update={"window": names.of(metric.window) if metric.window else None})
        _take(key, mine_m, lead.metrics, metrics, names)
    own, criteria = _criteria(lead, file, names, metrics)
    columns = {names.of(key): _column(column, names) for key, column in file.columns.items()} | own
    groups = {prefix + key: group for key, group in file.groups.items()}
    tags = {prefix + key: Tag(label=t.label, when=names.renamed(t.when)) for key, t in file.tags.items()}
    scored = file.model_copy(
        update={
            "criteria": criteria,
            "groups": groups,
            "tags": tags,
            "factor": names.renamed(file.factor),
            "bonus": names.renamed(file.bonus),
        }
    )
    taken = {m.label for m in lead.metrics.values()} | {c.label for c in lead.columns.values()}
    metrics = {key: _told_apart(metric, taken, file.label) for key, metric in metrics.items()}
    columns = {key: _told_apart(column, taken, file.label) for key, column in columns.items()}
    columns |= _totals(scored, prefix)
    metrics, columns, criteria = _tier(side, names, metrics, columns, criteria, lead)
    parameters = {key: _named_after(p, file.label) for key, p in parameters.items()}
    return lead.model_copy(
        update={
            "windows": {**lead.windows, **windows},
            "parameters": {**lead.parameters, **parameters},
            "metrics": {**lead.metrics, **metrics},
            "columns": {**lead.columns, **columns},
            "groups": {**lead.groups, **groups},
            "criteria": {**lead.criteria, **criteria},
            "tags": {**lead.tags, **tags},
        }
    )


@dataclass(frozen=True)
class _Names:
    """What another scheme's ids are called in the book. What every scheme has keeps its name."""

    prefix: str
    given: dict[str, str]

    def of(self, name: str) -> str:
        """The new id."""
        common = standard()
        shared = {"as_of", "new_period", *common["metrics"], *common["columns"], *common["inputs"]}
        return self.given.get(name) or (name if name in shared else self.prefix + name)

    def renamed(self, source: str, words: Mapping[str, str] | None = None) -> str:
        """An expression in the new ids; ``words`` replace its quoted words."""
        if not source:
            return source
        tree = ast.parse(source.strip(), mode="eval")
        called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node not in called:
                node.id = self.of(node.id)
            if words and isinstance(node, ast.Constant) and node.value in words:
                node.value = words[node.value]  # type: ignore[index]
        return ast.unparse(tree)


def _totals(scored: SchemeFile, prefix: str) -> dict[str, Column]:
    """The score and what goes with it, of criteria that have their new ids already."""
    totals = score_columns(scored)
    names = _Names("", {key: prefix + key for key in totals if not key.startswith(prefix)})
    return {
        names.of(key): _named_after(column, scored.label).model_copy(
            update={"value": names.renamed(column.value)}
        )
        for key, column in totals.items()
    }


def _before_first(windows: Mapping[str, Window]) -> list[tuple[str, Window]]:
    """The windows, each after the one that it stands before."""
    done: dict[str, Window] = {}
    waiting = dict(windows)
    while waiting:
        ready = [k for k, w in waiting.items() if w.before is None or w.before in done]
        done |= {key: waiting.pop(key) for key in ready}
    return list(done.items())


def _take(key: str, mine: Model, theirs: Mapping[str, Model], found: dict[str, Model], names: _Names) -> None:
    """Give ``mine`` the id of what the first scheme declares alike, else one of its own."""
    plain = {"label", "note", "hidden"}
    same = (
        k for k, other in theirs.items() if other.model_dump(exclude=plain) == mine.model_dump(exclude=plain)
    )
    shared = next(same, None)
    names.given[key] = shared or names.prefix + key
    if shared is None:
        found[names.prefix + key] = mine


def _column(column: Column, names: _Names) -> Column:
    words = {word: names.prefix + word for word in column.choices}
    return column.model_copy(
        update={
            "value": names.renamed(column.value, words),
            "choices": {words[word]: label for word, label in column.choices.items()},
        }
    )


def _criteria(
    lead: SchemeFile, file: SchemeFile, names: _Names, metrics: dict[str, Metric]
) -> tuple[dict[str, Column], dict[str, Criterion]]:
    """The criteria under ids that no other criterion has, and the columns made for that."""
    columns: dict[str, Column] = {}
    criteria: dict[str, Criterion] = {}
    for key, criterion in file.criteria.items():
        mine = names.of(key)
        if mine in lead.criteria or not mine.startswith(names.prefix):
            alias = names.prefix + key
            declared = lead.metrics[mine] if mine in lead.metrics else lead.columns[mine]
            if criterion.by_data:
                metrics[alias] = lead.metrics[mine].model_copy(update={"hidden": True})
            else:
                columns[alias] = Column(label=declared.label, value=mine, format=declared.format, hidden=True)
            mine = alias
        update: dict[str, object] = {"group": names.prefix + criterion.group if criterion.group else None}
        if criterion.decay is not None:
            since = names.of(criterion.decay.since)
            update["decay"] = criterion.decay.model_copy(update={"since": since})
        criteria[mine] = criterion.model_copy(update=update)
    return columns, criteria


def _tier(
    side: Side,
    names: _Names,
    metrics: dict[str, Metric],
    columns: dict[str, Column],
    criteria: dict[str, Criterion],
    lead: SchemeFile,
) -> tuple[dict[str, Metric], dict[str, Column], dict[str, Criterion]]:
    """The tier as a column, from cuts that are a criterion without weight."""
    file, prefix = side.file, side.prefix
    by = names.of(file.tier_by)
    known: dict[str, Metric | Column] = {**lead.metrics, **lead.columns, **metrics, **columns}
    rising = list(reversed(file.tiers))
    declared = known[by]
    label = Label(f"{file.label.zh}：分级依据", f"{file.label.en}: graded by")
    if file.cut_by != "value" and isinstance(declared, Metric):
        metrics = {**metrics, side.cuts: declared.model_copy(update={"label": label, "hidden": True})}
    else:
        basis = Column(label=label, value=by, format=declared.format, hidden=True)
        columns = {**columns, side.cuts: basis}
    digits = DIGITS.get(declared.format, 0)
    edges = [(t.edge or 0.0) + (10.0**-digits if t.over is not None else 0.0) for t in rising[1:]]
    cuts = edges if file.cut_by != "value" else [float(round_half_away(edge, digits)) for edge in edges]
    edge = Criterion(weight=0.0, cuts=tuple(sorted(cuts)), cut_by=file.cut_by)
    rank = f"{side.cuts}_points"
    if file.uplift:
        rank = f"max(1, min({rank} + ({names.renamed(file.uplift)}), {len(rising)}))"
    value = repr(prefix + rising[-1].id)
    for i, tier in reversed(list(enumerate(rising[:-1], 1))):
        value = f"{prefix + tier.id!r} if {side.rank} <= {i} else {value}"
    hidden = Column(label=label, value=rank, format="integer", sheet="scores", hidden=True)
    shown = Column(
        label=file.label,
        value=value,
        format="text",
        sheet="tiers",
        choices={prefix + tier.id: tier.label for tier in file.tiers},
        note=file.summary,
    )
    columns = {**columns, side.rank: hidden, side.tier: shown}
    return metrics, columns, {**criteria, side.cuts: edge}


def _told_apart(model: Model, taken: set[Label], whose: Label) -> Model:
    """``model`` with a label that no other has."""
    return _named_after(model, whose) if model.label in taken else model  # type: ignore[attr-defined]


def _named_after(model: Model, whose: Label) -> Model:
    label: Label = model.label  # type: ignore[attr-defined]
    return model.model_copy(update={"label": Label(f"{label.zh}（{whose.zh}）", f"{label.en} ({whose.en})")})
