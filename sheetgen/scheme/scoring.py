"""What the criteria of a scheme become: points, total score, completeness and tags, each one expression."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sheetgen.errors import UsageError
from sheetgen.i18n import Label
from sheetgen.scheme.check import nearest
from sheetgen.scheme.criterion import Criterion
from sheetgen.scheme.expr import Expression, guarded, parse
from sheetgen.scheme.numbers import points_note, said
from sheetgen.scheme.schema import Column, Metric, SchemeFile


def points_columns(
    file: SchemeFile, metrics: Mapping[str, Metric], made: Collection[str] = ()
) -> dict[str, Column]:
    """One points column a criterion. Raises UsageError for names that are not there or do not fit.

    ``made``: criteria that the program made itself; they may be cut by the data of a column.
    """
    unknown = _may_be_unknown(file, metrics)
    columns = {}
    for key, criterion in file.criteria.items():
        _check(file, key, criterion, metrics, key in made)
        label = (metrics.get(key) or file.columns[key]).label
        plain = criterion.steps > 0 and criterion.decay is None
        columns[f"{key}_points"] = Column(
            label=Label(zh=f"{label.zh}得分", en=f"{label.en}: points"),
            value=_points(key, criterion, unknown),
            format="integer" if plain else "decimal" if criterion.added else "points",
            note=points_note(file, key, metrics),
        )
    return columns


def _check(
    file: SchemeFile, key: str, criterion: Criterion, metrics: Mapping[str, Metric], made: bool
) -> None:
    known: dict[str, Metric | Column] = {**metrics, **file.columns}
    place = ("criteria", key)
    since = criterion.decay.since if criterion.decay is not None else key
    if since not in known:
        facts = {"name": since, "near": nearest(since, known), "known": ", ".join(known)}
        raise UsageError("column_unknown", "SG701", spot="", at=(*place, "decay", "since"), **facts)
    if criterion.decay is not None and known[since].format not in ("integer", "decimal"):
        where = (*place, "decay", "since")
        raise UsageError("decay_since", "SG702", spot="", at=where, criterion=key, name=since)
    if criterion.group is not None and criterion.group not in file.groups:
        near = nearest(criterion.group, file.groups) or "groups"
        facts = {"criterion": key, "group": criterion.group, "near": near}
        raise UsageError("group_unknown", "SG701", spot="", at=(*place, "group"), **facts)
    if key not in metrics and criterion.by_data and not made:
        raise UsageError("criterion_metric", "SG702", spot="", at=place, criterion=key)


def _may_be_unknown(file: SchemeFile, metrics: Mapping[str, Metric]) -> set[str]:
    """The metrics and columns that may be an empty cell. What is wrong with a column is said elsewhere."""
    found = {key for key, metric in metrics.items() if metric.empty == "unknown"}
    waiting: dict[str, Expression] = {}
    for key, column in file.columns.items():
        try:
            waiting[key] = parse(column.value)
        except UsageError:
            continue
    while True:
        more = {key for key, expression in waiting.items() if _is_unknown(expression, found)} - found
        if not more:
            return found
        found |= more


def _is_unknown(expression: Expression, unknown: set[str]) -> bool:
    try:
        return guarded(expression, unknown)
    except UsageError:
        return False


def _points(key: str, criterion: Criterion, unknown: set[str]) -> str:
    """The points, rounded; ``missing`` says what they are where there is no data."""
    neutral = criterion.missing == "neutral" and key in unknown
    points, digits = _earned(
        key, criterion, f"({key}_neutral if blank({key}) else {key} + 0)" if neutral else key
    )
    if criterion.decay is not None:
        since = criterion.decay.since
        points, digits = f"faded({points}, {since}, {key}_half_life)", digits or 1
        if since in unknown:  # what never happened has faded away
            points = f"(0 if blank({since}) else {points})"
    points = _limited(key, points, criterion.cap, criterion.floor)
    points = f"round({points}, {digits})" if digits else points
    if key not in unknown or neutral:
        return points
    return f"{'0' if criterion.missing == 'zero' else 'None'} if blank({key}) else {points}"


def _earned(key: str, criterion: Criterion, value: str) -> tuple[str, int]:
    """The points before decay and limits, and their decimals (0: whole numbers anyway)."""
    if criterion.low is not None:
        return f"scale({value}, {key}_low, {key}_high)", 1
    if criterion.added:
        units = f"units({value}, {key}_per)" if criterion.full else f"{value} / {key}_per"
        return f"({units} * {key}_each if {key}_per > 0 else 0)", 2
    if criterion.less_is_better:
        return f"{criterion.steps} + 1 - above({value}, {key}_cut)", 0
    if criterion.quantiles is not None:
        # a tie across several quantiles scores below them all: who bought nothing is not "frequent"
        return f"above({value}, {key}_cut) + 1", 0
    return f"band({value}, {key}_cut) + 1", 0


def _limited(key: str, points: str, cap: float | None, floor: float | None) -> str:
    points = points if cap is None else f"min({points}, {key}_cap)"
    return points if floor is None else f"max({points}, {key}_floor)"


def score_columns(file: SchemeFile) -> dict[str, Column]:
    """Total score, completeness, the groups' parts of it, and tags.

    Weighted points are averaged: the weight of what is unknown is shared out among what is known. Added
    points and groups come on top.
    """
    if not file.criteria:
        return {}
    columns = {}
    weighted = [key for key, c in file.criteria.items() if not c.added]
    if weighted:
        value = " + ".join(f"(0 if blank({k}_points) else {k}_weight)" for k in weighted)
        label = Label("已知权重", "Known weight")
        columns["known_weight"] = Column(label=label, value=value, format="decimal", hidden=True)
    parts = _parts(file, None)
    for group_id, group in file.groups.items():
        part = _limited(group_id, " + ".join(_parts(file, group_id)) or "0", group.cap, group.floor)
        label = Label(f"{group.label.zh}得分", f"{group.label.en}: points")
        columns[f"{group_id}_part"] = Column(label=label, value=f"round({part}, 2)", format="decimal")
        parts.append(f"{group_id}_part")
    total = " + ".join(parts)
    total = f"({total}) * ({file.factor})" if file.factor else total
    total += f" + ({file.bonus})" if file.bonus else ""
    plain = len(weighted) == len(file.criteria) and not file.groups
    columns["score"] = Column(
        label=Label("总分", "Total score"),
        value=f"round({total}, 2)",
        format="decimal",
        note=None if plain else said("rule_score"),
    )
    columns["completeness"] = _completeness(file)
    if file.tags:
        tags = ", ".join(f"('#tag_{key}' if {tag.when} else '')" for key, tag in file.tags.items())
        columns["tags"] = Column(
            label=Label("标签", "Tags"), value=f"trim(concat('', {tags}))", format="text"
        )
    return columns


def _parts(file: SchemeFile, group: str | None) -> list[str]:
    """What the criteria of one group, or of none, bring to the total score."""
    members = {key: c for key, c in file.criteria.items() if c.group == group}
    gained = " + ".join(
        f"(0 if blank({k}_points) else {k}_weight * {k}_points)" for k, c in members.items() if not c.added
    )
    parts = [f"(({gained}) / known_weight if known_weight > 0 else 0)"] if gained else []
    return parts + [f"(0 if blank({k}_points) else {k}_points)" for k, c in members.items() if c.added]


def _completeness(file: SchemeFile) -> Column:
    """The share of the criteria with data. Added points weigh as much as they can bring."""
    weights = {key: _reach(key, c) if c.added else f"{key}_weight" for key, c in file.criteria.items()}
    whole, note = (
        " + ".join(weights.values()),
        Label("有数据的评分项占全部权重的比例", "Share of the weight that data is there for"),
    )
    known = "known_weight"
    if any(c.added or c.missing != "share" for c in file.criteria.values()):
        asked = {key: f"{key}_points" if c.missing == "share" else key for key, c in file.criteria.items()}
        known = " + ".join(f"(0 if blank({asked[key]}) else {weight})" for key, weight in weights.items())
        known, note = f"({known})", said("rule_completeness")
    return Column(
        label=Label("资料完整度", "Completeness"),
        value=f"round({known} / ({whole}), 4) if {whole} > 0 else 0",
        format="percent",
        note=note,
    )


def _reach(key: str, criterion: Criterion) -> str:
    limits = [f"abs({key}_{end})" for end in ("cap", "floor") if getattr(criterion, end) is not None] or [
        f"abs({key}_each)"
    ]
    return limits[0] if len(limits) == 1 else f"max({', '.join(limits)})"
