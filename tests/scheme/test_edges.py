"""Every edge of every scheme that ships, a step below it, on it and a step above: by the real grading path.

All is read from the declarations, so a new scheme is looked at without a word here.
"""

from __future__ import annotations

import ast
from itertools import pairwise, product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sheetgen.cli import app
from sheetgen.pipeline import BuildRequest, prepare
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.drawing import plain_number
from sheetgen.scheme.library import shipped
from sheetgen.scheme.partition import class_columns
from sheetgen.scheme.schema import Tier
from sheetgen.workbook.sheets.parameters import parameters_sheet

from ..grading.base import cleaned, sale
from .base import small
from .reach import Row, graded_rows, loaded, reach

BY_VALUE = [s for s in shipped() if loaded(s).file.cut_by == "value" and loaded(s).file.steps == "open"]
FIXED = [s for s in shipped() if loaded(s).file.steps == "fixed"]
RELATIVE = [s for s in shipped() if loaded(s).file.cut_by != "value"]


def edges_of(scheme: Scheme) -> list[tuple[Tier, Tier]]:
    """Each tier with an edge, and the one below it."""
    tiers = scheme.file.tiers
    return list(pairwise(tiers))


def test_every_scheme_is_looked_at() -> None:
    assert {*BY_VALUE, *FIXED, *RELATIVE} == set(shipped())
    assert len(BY_VALUE) >= 8 and FIXED and RELATIVE


@pytest.mark.parametrize("scheme_id", BY_VALUE)
def test_a_step_below_on_and_above_each_edge(scheme_id: str) -> None:
    """超过 is above the number itself, 以上 reaches it; the number may be led by facts that it is made of."""
    scheme = loaded(scheme_id)
    wanted: dict[float, str] = {}
    for tier, below in edges_of(scheme):
        edge, step = float(tier.edge or 0.0), scheme.quantum
        on = below if tier.over is not None else tier
        for number, reached in ((edge - step, below), (edge, on), (edge + step, tier)):
            wanted.setdefault(round(number, scheme.edge_digits), reached.id)
    way = reach(scheme, scheme.file.tier_by, list(wanted))
    frame = graded_rows(scheme, list(way.rows.values()), way.changed)
    names = {tier.label.zh: tier.id for tier in scheme.file.tiers}
    found = dict(zip(wanted, (names[t] for t in frame["computed_tier"]), strict=True))
    assert found == wanted
    assert frame["final_tier"].tolist() == frame["computed_tier"].tolist()


@pytest.mark.parametrize("scheme_id", BY_VALUE)
def test_edges_stand_whole_steps_apart(scheme_id: str) -> None:
    """So that three numbers around each edge never meet those of the next."""
    scheme = loaded(scheme_id)
    edges = [tier.edge or 0.0 for tier, _ in edges_of(scheme)]
    assert all(high - low > 2 * scheme.quantum for high, low in pairwise(edges))
    assert all(round(edge, scheme.edge_digits) == edge for edge in edges)


# relative edges, over populations made for them


def _relative(scheme: Scheme, values: list[float]) -> list[int]:
    way = reach(scheme, scheme.file.tier_by, sorted(set(values)))
    frame = graded_rows(scheme, [way.rows[value] for value in values], way.changed)
    return [int(rank) for rank in frame["rank"]]


@pytest.mark.parametrize("scheme_id", RELATIVE)
def test_a_cent_below_on_and_above_each_relative_edge(scheme_id: str) -> None:
    scheme, n = loaded(scheme_id), len(loaded(scheme_id).file.tiers)
    for i, (tier, below) in enumerate(edges_of(scheme)):
        part, rank, under = float(tier.edge or 0.0), n - i, n - i - 1
        assert below.edge is None or below.edge != tier.edge
        match scheme.file.cut_by:
            case "share":  # of 1,000,000.00 in all
                for cent, wanted in ((-0.01, under), (0.0, rank), (0.01, rank)):
                    value = round(1_000_000 * part + cent, 2)
                    rest = [round((1_000_000 - value) / 40, 2)] * 39
                    values = [value, *rest, round(1_000_000 - value - sum(rest), 2)]
                    assert _relative(scheme, values)[0] == wanted, (tier.id, cent)
            case "rank":  # of 1,000 customers, each a cent below the one before
                values = [round(90 - k / 100, 2) for k in range(1000)]
                found, last = _relative(scheme, values), round(1000 * part)
                assert found[last - 1] == rank and found[last] == under
                tied = _relative(scheme, [*values[:last], values[last - 1], *values[last + 1 :]])
                assert tied[last] == rank, "a tie with the last one in is in"
            case _:  # cumulative: the first brings the part but for a cent, the part, a cent more
                for cent, wanted in ((-0.01, rank), (0.0, under), (0.01, under)):
                    first = round(1_000_000 * part + cent, 2)
                    rest = 1_000_000 - first
                    found = _relative(
                        scheme, [first, round(rest * 0.6, 2), round(rest - round(rest * 0.6, 2), 2)]
                    )
                    assert found[0] == rank
                    assert found[1] == wanted, (tier.id, cent)


@pytest.mark.parametrize("scheme_id", RELATIVE)
def test_nothing_and_less_than_nothing_reach_no_relative_edge(scheme_id: str) -> None:
    scheme = loaded(scheme_id)
    assert _relative(scheme, [0.0, -5.0, 0.0]) == [1, 1, 1]
    assert _relative(scheme, [0.0, -5.0, 7.0])[:2] == [1, 1]


# classes: each number that staff may change, where a fact is compared with it

CLASSES = [(s, column) for s in shipped() for column in class_columns(loaded(s))]


def compared(scheme: Scheme, column: str) -> list[tuple[str, type[ast.cmpop], str]]:
    """(fact or column, operator, parameter) of each comparison in the expression of ``column``."""
    found = []
    for node in ast.walk(scheme.column(column).expression.tree):
        match node:
            case ast.Compare(left=ast.Name(id=left), ops=[op], comparators=[ast.Name(id=right)]):
                if right in scheme.parameters and left not in scheme.parameters:
                    found.append((left, type(op), right))
    return found


@pytest.mark.parametrize(("scheme_id", "column"), CLASSES)
def test_each_class_boundary_lies_where_its_parameter_says(scheme_id: str, column: str) -> None:
    scheme = loaded(scheme_id)
    boundaries = compared(scheme, column)
    assert boundaries, "a class by no number of 参数设置"
    for leaf, operator, parameter in boundaries:
        number = float(scheme.parameters[parameter].value)
        step = 1.0 if scheme.format(leaf) in ("integer", "points") else 0.01
        numbers = [round(number + d, 4) for d in (-step, 0.0, step)]
        if leaf.endswith("_points"):
            numbers = [n for n in numbers if n >= 1]
        way = reach(scheme, leaf, numbers)
        others = {
            name: values
            for name, values in _other_facts(scheme, column).items()
            if name not in next(iter(way.rows.values()))
        }
        below, on, above = (_classes(scheme, column, way.rows[n], others, way.changed) for n in numbers)
        strict = operator in (ast.Gt, ast.LtE)  # the number itself belongs to what lies below
        same, other = ((below, on), (on, above)) if strict else ((on, above), (below, on))
        assert same[0] == same[1], (leaf, parameter)
        assert other[0] != other[1], (leaf, parameter)


def _other_facts(scheme: Scheme, column: str) -> dict[str, list[float]]:
    """Nothing, little and much of each fact that the class reads."""
    names = {name for name in scheme.column(column).expression.names if name in scheme.metrics}
    return {name: [0.0, 1.0, 1e6] for name in sorted(names)}


def _classes(
    scheme: Scheme, column: str, row: Row, others: dict[str, list[float]], changed: dict[str, float]
) -> list[object]:
    rows = [{**dict(zip(others, values, strict=True)), **row} for values in product(*others.values())]
    return list(graded_rows(scheme, rows, changed)[column].tolist())


@pytest.mark.parametrize("scheme_id", FIXED)
def test_each_class_is_the_tier_of_its_number(scheme_id: str) -> None:
    """The numbers of the classes are whole, so a step below one lies another class."""
    scheme = loaded(scheme_id)
    assert scheme.quantum == 1.0
    edges = [tier.edge for tier in scheme.file.tiers[:-1]]
    assert edges == [
        float(n) for n in range(int(edges[-1] or 0) + len(edges) - 1, int(edges[-1] or 0) - 1, -1)
    ]
    assert all(tier.over is None for tier in scheme.file.tiers)


@pytest.mark.parametrize(
    ("row", "tier"),
    [
        ({}, "潜在客户"),
        ({"recency": 180, "all_orders": 1}, "首次购买客户"),
        ({"recency": 180, "all_orders": 2}, "重复购买客户"),
        ({"recency": 181, "all_orders": 9}, "流失客户"),
        ({"recency": 0, "all_orders": 1}, "首次购买客户"),
    ],
)
def test_lifecycle_by_hand(row: Row, tier: str) -> None:
    assert graded_rows(loaded("lifecycle"), [row])["computed_tier"].tolist() == [tier]


@pytest.mark.parametrize(
    ("recency", "orders", "spend", "tier"),
    [
        (90, 3, 1000, "活跃客户"),
        (91, 3, 1000, "潜在客户"),
        (90, 2, 1000, "潜在客户"),
        (90, 3, 999.99, "潜在客户"),
        (180, 9, 9999, "潜在客户"),
        (181, 9, 9999, "流失客户"),
    ],
)
def test_activity_by_hand(recency: float, orders: float, spend: float, tier: str) -> None:
    row = {"recency": recency, "orders": orders, "spend": spend}
    assert graded_rows(loaded("ecommerce-activity"), [row])["computed_tier"].tolist() == [tier]


# points


@pytest.mark.parametrize("scheme_id", shipped())
def test_points_run_from_low_to_high_and_no_further(scheme_id: str) -> None:
    scheme = loaded(scheme_id)
    for key, criterion in scheme.file.criteria.items():
        if criterion.low is None or criterion.high is None or key not in scheme.metrics:
            continue
        low, high = criterion.low, criterion.high
        step = (high - low) / 100
        rows = [{key: n} for n in (low - step, low, (low + high) / 2, high, high + step)]
        points = graded_rows(scheme, rows)[f"{key}_points"].tolist()
        least, most = (0.0 if criterion.floor is None else criterion.floor, criterion.cap or 100.0)
        assert points == [max(min(p, most), least) for p in (0.0, 0.0, 50.0, 100.0, 100.0)], key


@pytest.mark.parametrize("scheme_id", [s for s in shipped() if loaded(s).cuts])
def test_each_cut_of_points(scheme_id: str) -> None:
    """Quantiles are exceeded, declared cuts are reached; where less is better a number on the cut is good."""
    scheme = loaded(scheme_id)
    for key, steps in scheme.cuts.items():
        if key not in scheme.metrics:
            continue
        criterion = scheme.file.criteria[key]
        changed = {f"{key}_cut_{n}": 100.0 * n for n in range(1, steps + 1)}
        for n in range(1, steps + 1):
            rows = [{key: 100.0 * n + d} for d in (-0.01, 0.0, 0.01)]
            points = graded_rows(scheme, rows, changed)[f"{key}_points"].tolist()
            if criterion.less_is_better:
                assert points == [steps + 2 - n, steps + 2 - n, steps + 1 - n]
            elif criterion.quantiles is not None:
                assert points == [n, n, n + 1]
            else:
                assert points == [n, n + 1, n + 1]


@pytest.mark.parametrize(
    ("less", "points"), [("", [1, 2, 2, 3, 4, 4]), (", less_is_better: true", [4, 4, 3, 3, 2, 1])]
)
def test_declared_cuts(less: str, points: list[float]) -> None:
    scheme = small((", less_is_better: true", less))
    rows = [{"recency": d} for d in (29.99, 30, 30.01, 90, 180, 180.01)]
    assert graded_rows(scheme, rows)["recency_points"].tolist() == points


# where people see the edges


@pytest.mark.parametrize("scheme_id", shipped())
def test_the_book_shows_each_edge(scheme_id: str) -> None:
    """The edge table of 参数设置: label, number and sign of each tier in one row, and the rule in words."""
    scheme = loaded(scheme_id)
    request = BuildRequest(Path("b.xlsx"), scheme=scheme_id)
    clean = cleaned([{"customer_id": "A"}], [sale("A", 100_000_00)])
    _, content = prepare(request, scheme, clean, lambda step: None)
    cells = parameters_sheet(content)[0].cells
    for tier in scheme.file.tiers:
        row = next(r for (r, c), cell in cells.items() if c == 0 and cell.value == tier.label.zh)
        shown = [cells[row, c].value for c in range(1, 12) if (row, c) in cells]
        assert tier.id in shown
        if tier.edge is None:
            continue
        assert (">" if tier.over is not None else "≥") in shown
        assert tier.edge in shown, "the number itself, or the part that is resolved to one"
        if scheme.file.cut_by == "value":
            rules = [str(v) for v in shown if "≤" in str(v) or "<" in str(v)]
            assert any(plain_number(tier.edge) in rule for rule in rules)


@pytest.mark.parametrize("scheme_id", shipped())
def test_schemes_show_prints_each_edge(scheme_id: str) -> None:
    said = CliRunner().invoke(app, ["schemes", "show", scheme_id])
    assert said.exit_code == 0
    scheme = loaded(scheme_id)
    lines = said.stdout.splitlines()
    for tier in scheme.file.tiers:
        mine = [line for line in lines if line.strip().startswith(tier.label.zh)]
        assert len(mine) >= 2, "the table, and its rule"
        if tier.edge is not None:
            number = plain_number(tier.edge) if scheme.file.cut_by == "value" else f"{tier.edge * 100:g}%"
            assert any(number in line for line in mine)
    drawn = any("[ ] 含此数" in line for line in lines)
    assert drawn == (scheme.file.steps == "open")
