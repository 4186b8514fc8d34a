"""Named classes proved to be a partition: whatever the numbers, every customer falls in exactly one of them.

The expressions of a class compare numbers with numbers. So it is enough to try, for every number they read,
the thresholds it is compared with and what lies right below, above and far from them, and its lack; in every
combination. What holds for these holds for all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isnan
from typing import TYPE_CHECKING, Any

from sheetgen.errors import UsageError
from sheetgen.scheme.check import nearest
from sheetgen.scheme.expr import evaluate
from sheetgen.scheme.functions import Context

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Computed, Scheme

MOST = 400_000
"""combinations that are tried at most; a column that needs more is not proved"""
A_DAY = 46_000.0
"""the as-of date of the trial, as a serial day"""
FAR = 1e7
Domains = dict[str, list[float | str]]


@dataclass(frozen=True)
class Hole:
    """A combination that falls in no class: what it is made of, and what came out."""

    example: tuple[tuple[str, float | str], ...]
    value: float | str

    def __str__(self) -> str:
        return ", ".join(f"{name}={_shown(value)}" for name, value in self.example)


@dataclass(frozen=True)
class Proof:
    """What was tried of one column. ``tried`` is 0 where it takes too many combinations.

    ``unreached``: the classes (tier ids or choices) that nothing falls in with the numbers as declared.
    """

    column: str
    tried: int
    hole: Hole | None
    unreached: tuple[str, ...]


def class_columns(scheme: Scheme) -> list[str]:
    """The columns that pick among named classes: those with choices, and what fixed tiers are cut by."""
    found = [key for key, column in scheme.file.columns.items() if column.choices]
    fixed = scheme.file.steps == "fixed" and scheme.file.tier_by not in scheme.metrics
    return [*found, scheme.file.tier_by] if fixed and scheme.file.tier_by not in found else found


def check_partition(scheme: Scheme) -> None:
    """Raises UsageError with a counter-example where a customer would fall in no class."""
    for column in class_columns(scheme):
        proof = prove(scheme, column)
        if proof.hole is None:
            continue
        at, value, example = ("columns", column, "value"), _shown(proof.hole.value), str(proof.hole)
        choices = scheme.file.columns[column].choices if column in scheme.file.columns else {}
        facts = {"column": column, "value": value, "example": example}
        if choices:
            near = nearest(value, choices)
            raise UsageError("class_word", "SG702", spot="", at=at, near=near, **facts)
        raise UsageError("class_hole", "SG702", spot="", at=at, **facts)


def prove(scheme: Scheme, column: str) -> Proof:
    """Try the column in every combination that can make a difference.

    First as if the columns it reads could be anything: without a hole that is proof enough, and quick. Where
    there is one, with what those are made of, until nothing is left but facts and settings.
    """
    depth = 0
    while True:
        needed = _needed(scheme, column, depth)
        proof = _try(scheme, column, needed)
        if proof.tried and proof.hole is None:
            return proof
        if len(_needed(scheme, column, depth + 1)) == len(needed):
            return proof
        depth += 1


def _try(scheme: Scheme, column: str, needed: Sequence[Computed]) -> Proof:
    import numpy as np

    leaves, thresholds = _leaves(scheme, needed)
    free: Domains = {name: _domain(scheme, name, thresholds[name]) for name in leaves}
    numbers = [name for name in leaves if name in scheme.parameters]
    declared: Domains = {**free, **{name: [scheme.parameters[name].value] for name in numbers}}
    if _size(declared) > MOST:
        return Proof(column, 0, None, ())
    plain = _values(scheme, needed, declared)[column]
    found, domains = plain, declared
    if _in_a_class(scheme, column, plain).all() and _size(free) <= MOST:
        found, domains = _values(scheme, needed, free)[column], free  # staff may set the numbers in any order
    wrong = np.flatnonzero(~_in_a_class(scheme, column, found))
    hole = None
    if len(wrong):
        at = np.unravel_index(int(wrong[0]), [len(d) for d in domains.values()])
        picked = [(name, d[int(i)]) for (name, d), i in zip(domains.items(), at, strict=True)]
        told = tuple((name, value) for name, value in picked if domains is free or name not in numbers)
        hole = Hole(told, found[int(wrong[0])])
    return Proof(column, len(found), hole, _unreached(scheme, column, plain))


def _needed(scheme: Scheme, column: str, depth: int) -> list[Computed]:
    """The computed columns that ``column`` is made of, ``depth`` steps deep, in order.

    Points by cuts are taken as they come.
    """
    computed = {c.id: c for c in scheme.computed}
    wanted, edge = {column}, {column}
    for _ in range(depth):
        read = {name for key in edge for name in computed[key].expression.names}
        edge = {key for key in read if key in computed and key not in wanted and not _steps(scheme, key)}
        wanted |= edge
    return [c for c in scheme.computed if c.id in wanted]


def _steps(scheme: Scheme, key: str) -> int:
    """How many cuts the points column ``key`` has; 0 for any other column."""
    return scheme.cuts.get(key.removesuffix("_points"), 0) if key.endswith("_points") else 0


def _leaves(scheme: Scheme, needed: Sequence[Computed]) -> tuple[list[str], dict[str, set[float | str]]]:
    """What the columns read from outside, and what each of it is compared with."""
    made = {c.id: c.expression for c in needed}
    tables = {name for c in needed for name in c.expression.tables}
    leaves = list(dict.fromkeys(n for c in needed for n in c.expression.names if n not in {*made, *tables}))
    below: dict[str, set[str]] = {name: {name} for name in leaves}
    for key, expression in made.items():
        below[key] = set(chain.from_iterable(below.get(name, ()) for name in expression.names))
    found: dict[str, set[float | str]] = {name: set() for name in leaves}
    for expression in made.values():
        for node in ast.walk(expression.tree):
            if isinstance(node, ast.Compare | ast.Call):
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                inside = set(chain.from_iterable(below.get(name, ()) for name in names))
                constants = set(_constants(node)) | set(
                    chain.from_iterable(_levels(scheme, name) for name in inside | (names & tables))
                )
                for name in inside:
                    found[name] |= constants
    return leaves, found


def _constants(node: ast.AST) -> Iterator[float | str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, int | float | str):
            yield part.value if isinstance(part.value, str) else float(part.value)


def _levels(scheme: Scheme, name: str) -> list[float | str]:
    """The numbers that a parameter may take, or that a table holds."""
    if name in scheme.parameters:
        parameter = scheme.parameters[name]
        return [n for n in (parameter.value, parameter.low, parameter.high) if n is not None]
    return list(_table(scheme, name)) if name.endswith("_cut") else []


def _table(scheme: Scheme, name: str) -> tuple[float, ...]:
    key = name.removesuffix("_cut")
    if key in scheme.cuts:
        return scheme.file.criteria[key].cuts or tuple(float(n) for n in range(1, scheme.cuts[key] + 1))
    return tuple(tier.edge or 0.0 for tier in reversed(scheme.file.tiers))


def _domain(scheme: Scheme, name: str, thresholds: set[float | str]) -> list[float | str]:
    """The values of one leaf that can make a difference."""
    nothing = float("nan")
    if name in scheme.parameters:
        parameter = scheme.parameters[name]
        levels = {n for n in (*thresholds, parameter.value) if isinstance(n, float | int)}
        low, high = parameter.low, parameter.high
        return sorted(n for n in levels if (low is None or n >= low) and (high is None or n <= high))
    if steps := _steps(scheme, name):
        points = [float(n) for n in range(1, steps + 2)]
        return [*points, nothing] if scheme.column(name).unknown else list(points)
    if name in ("as_of", "tier_count", "new_period"):
        return [A_DAY if name == "as_of" else float(len(scheme.file.tiers)) if name == "tier_count" else 0.0]
    format_, unknown = _kind(scheme, name)
    if format_ == "text":
        words = scheme.file.columns[name].choices if name in scheme.file.columns else {}
        return [
            "",
            *(words or ["?"]),
            *sorted(n for n in thresholds if isinstance(n, str) and n not in words),
        ]
    numbers = {float(n) for n in thresholds if not isinstance(n, str)}
    numbers |= {A_DAY} if format_ == "date" else {0.0, 1.0, FAR}
    step = 1.0 if format_ in ("integer", "date") else 0.0001 if format_ == "percent" else 0.01
    near = {round(n + d, 6) for n in numbers for d in (-step, 0.0, step)}
    metric = scheme.metrics.get(name)
    if metric is not None and metric.agg in ("count", "count_distinct", "days_since", "months_since"):
        near = {n for n in near if n >= 0}
    return [*sorted(near), nothing] if unknown else sorted(near)


def _kind(scheme: Scheme, name: str) -> tuple[str, bool]:
    """The format of a metric, column or staff input, and whether it may be unknown."""
    if name in scheme.metrics:
        return scheme.metrics[name].format, scheme.metrics[name].empty == "unknown"
    found = {i.id: i.type for i in scheme.inputs}
    if name in found:
        return found[name], True
    column = scheme.column(name)
    return column.format, column.unknown


def _size(domains: Domains) -> int:
    size = 1
    for values in domains.values():
        size *= len(values)
    return size


def _values(scheme: Scheme, needed: Sequence[Computed], domains: Domains) -> Any:
    """Every needed column over all combinations, the last leaf running fastest."""
    import numpy as np

    shape = [len(values) for values in domains.values()]
    names: dict[str, Any] = {
        table: _table(scheme, table)
        for c in needed
        for table in c.expression.tables
        if table.endswith("_cut")
    }
    for axis, (name, values) in enumerate(domains.items()):
        text = any(isinstance(v, str) for v in values)
        line = np.asarray(values, dtype=object if text else np.float64)
        spread = line.reshape([-1 if i == axis else 1 for i in range(len(shape))])
        names[name] = np.broadcast_to(spread, shape).ravel()
    context, n = Context("zh", {}, {}), int(np.prod(shape))
    for column in needed:
        value = np.asarray(evaluate(column.expression, names, context))
        names[column.id] = np.broadcast_to(value, (n,)) if value.ndim == 0 else value
    return names


def _in_a_class(scheme: Scheme, column: str, values: Any) -> Any:
    """Where a value names a class. The lowest tier takes all that lies below the others."""
    import numpy as np

    choices = scheme.file.columns[column].choices if column in scheme.file.columns else {}
    if choices:
        unknown = [""] if scheme.column(column).unknown else []
        return np.isin(values.astype(str), [*choices, *unknown])
    edges = [tier.edge for tier in scheme.file.tiers if tier.edge is not None]
    numbers = values.astype(np.float64)
    return np.isin(numbers, edges) | (np.isfinite(numbers) & (numbers < min(edges)))


def _unreached(scheme: Scheme, column: str, values: Any) -> tuple[str, ...]:
    import numpy as np

    choices = scheme.file.columns[column].choices if column in scheme.file.columns else {}
    if choices:
        return tuple(sorted(set(choices) - set(values.astype(str).tolist())))
    numbers = values.astype(np.float64)
    tiers = scheme.file.tiers
    least = min(tier.edge for tier in tiers if tier.edge is not None)
    return tuple(
        tier.id
        for tier in tiers
        if not (numbers == tier.edge if tier.edge is not None else numbers < least).any()
    )


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value or "—"
    return "—" if isnan(value) else f"{value:g}"
