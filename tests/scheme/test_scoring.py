"""How criteria become points and a total score: units, limits, groups, decay, missing data, parts."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.errors import UsageError
from sheetgen.grading.grade import empty_inputs, grade
from sheetgen.grading.settings import resolve_cuts, start_settings
from sheetgen.model import Facts
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.expr import evaluate, parse, render
from sheetgen.scheme.functions import FUNCTIONS, Context

from ..grading.base import AS_OF
from ..office.office import Office
from .base import small, told

NAN = float("nan")
CONTEXT = Context("zh", {}, {})
SPEND = "  spend: {weight: 60, low: 0, high: 1000}\n"
RECENCY = "  recency: {weight: 40, cuts: [30, 90, 180], less_is_better: true}\n"
BONUS = 'bonus: "5 if orders > often else 0"\n'


def scheme_of(criteria: str, above: str = "", bonus: str = "") -> Scheme:
    """The small scheme with other criteria, one a line."""
    lines = "".join(f"  {line.strip()}\n" for line in criteria.strip().splitlines())
    return small((f"criteria:\n{SPEND}{RECENCY}", f"{above}criteria:\n{lines}"), (BONUS, bonus))


def scored(scheme: Scheme, changed: Mapping[str, float] | None = None, **facts: Any) -> pd.DataFrame:
    """The graded frame of customers with these facts; what is not given is as without data."""
    n = max(len(values) for values in facts.values())
    frame = pd.DataFrame({"customer_id": [f"K{i}" for i in range(n)]})
    for key, metric in scheme.metrics.items():
        frame[key] = np.array(facts.get(key, [0.0 if metric.empty == 0 else NAN] * n), dtype=np.float64)
    measured = Facts(frame, AS_OF)
    numbers = start_settings(scheme, AS_OF, changed)
    numbers = resolve_cuts(scheme, numbers, measured, changed or {})
    return grade(measured, empty_inputs(scheme, n), scheme, numbers, "zh").frame


def points(
    scheme: Scheme, column: str, changed: Mapping[str, float] | None = None, **facts: Any
) -> list[Any]:
    found = scored(scheme, changed, **facts)[column].tolist()
    return [None if np.isnan(v) else v for v in found]


def test_points_for_every_unit() -> None:
    """每万元 10 分, at most 40; what is paid back takes them away again, down to -20."""
    scheme = scheme_of("spend: {per: 10000, points: 10, cap: 40, floor: -20}")
    spend = [0, 5_000, 10_000, 12_345.67, 40_000, 99_999, -12_000, -900_000]
    assert points(scheme, "spend_points", spend=spend) == [0, 5, 10, 12.35, 40, 40, -12, -20]
    assert points(scheme, "score", spend=spend) == [0, 5, 10, 12.35, 40, 40, -12, -20]
    assert points(scheme, "score", {"spend_per": 5_000.0, "spend_cap": 15.0}, spend=[5_000, 9_000]) == [
        10,
        15,
    ]
    assert points(scheme, "score", {"spend_per": 0.0}, spend=[5_000]) == [0]


def test_parts_of_a_unit_do_not_count_when_it_says_so() -> None:
    scheme = scheme_of("spend: {per: 0.1, points: 2, full: true}")
    spend = [0, 0.09, 0.1, 0.3, 0.69, 0.7, -0.19, -0.3]
    assert points(scheme, "spend_points", spend=spend) == [0, 0, 2, 6, 12, 14, -2, -6]
    large = [999_999_999.99, 1_000_000_000.0, 29_999_999.99]
    assert points(scheme, "spend_points", {"spend_per": 1e7}, spend=large) == [198, 200, 4]


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 10**6)), min_size=1))
@settings(max_examples=30, deadline=None)
def test_units_are_counted_as_cents_are(pairs: list[tuple[int, int]]) -> None:
    """Whole cents divided as integers; ``units`` of one row at a time, for each has a unit of its own."""
    count = FUNCTIONS["units"].value
    for cents, unit in pairs:
        for extra in (-1, 0, 1):
            whole = cents // unit * unit + extra
            expected = math.copysign(abs(whole) // unit, whole)
            assert count(CONTEXT, np.array([whole / 100]), unit / 100).tolist() == [expected]


def test_points_below_zero_are_taken_off_the_weighted_mean() -> None:
    scheme = scheme_of("spend: {weight: 10, low: 0, high: 1000}\norders: {per: 1, points: -5, floor: -15}")
    found = scored(scheme, spend=[800, 800, 800, 0], orders=[0, 1, 9, 2])
    assert found["score"].tolist() == [80, 75, 65, -10]
    assert found["completeness"].tolist() == [1, 1, 1, 1]
    assert scored(scheme, {"orders_floor": -30.0}, spend=[800], orders=[9])["score"].tolist() == [50]


def test_a_cap_on_weighted_points() -> None:
    scheme = scheme_of("spend: {weight: 1, low: 0, high: 1000, cap: 80, floor: 10}\n" + RECENCY)
    assert points(scheme, "spend_points", spend=[0, 50, 500, 800, 900]) == [10, 10, 50, 80, 80]


def test_a_group_brings_at_most_its_cap() -> None:
    """Weighted and added criteria count in one group by what they bring to the total."""
    scheme = scheme_of(
        """spend: {weight: 60, low: 0, high: 1000}
        average: {weight: 40, low: 0, high: 100, group: care}
        orders: {per: 1, points: 3, group: care}""",
        "groups:\n  care: {label: {zh: 往来, en: Contact}, cap: 20, floor: 5}\n",
    )
    facts = {"spend": [1000.0, 1000.0, 100.0, 0.0], "orders": [100.0, 2.0, 4.0, 0.0]}
    found = scored(scheme, **facts)
    assert found["average_points"].tolist() == [10, 100, 25, 0]
    assert found["care_part"].tolist() == [20, 20, 20, 5]  # 4 + 300, 40 + 6, 10 + 12, nothing
    assert found["score"].tolist() == [80, 80, 26, 5]
    assert scored(scheme, {"care_cap": 45.0}, **facts)["care_part"].tolist() == [45, 45, 22, 5]
    assert scheme.label("care_part").zh == "往来得分"


def test_points_halve_with_every_half_life() -> None:
    scheme = scheme_of("spend: {weight: 1, low: 0, high: 1000, decay: {since: recency, half_life: 90}}")
    facts = {"spend": [1000.0] * 5, "recency": [0.0, 90.0, 180.0, 45.0, NAN]}
    assert points(scheme, "spend_points", **facts) == [100, 50, 25, 70.7, 0]
    assert points(scheme, "spend_points", {"spend_half_life": 45.0}, **facts) == [100, 25, 6.3, 50, 0]
    added = scheme_of("orders: {per: 1, points: -8, floor: -10, decay: {since: recency, half_life: 30}}")
    assert points(added, "score", orders=[1, 2, 2], recency=[30, 0, 90]) == [-4, -10, -2]
    steps = scheme_of("recency: {weight: 1, cuts: [30, 90], decay: {since: recency, half_life: 30}}")
    assert points(steps, "recency_points", recency=[0, 30, 90, NAN]) == [1, 1, 0.4, None]


@pytest.mark.parametrize(
    ("missing", "its_points", "score", "completeness"),
    [
        ("missing: share", None, 90, 0.6),
        ("missing: zero", 0, 54, 0.6),
        ("missing: neutral, neutral: 50", 50, 74, 0.6),
    ],
)
def test_missing_is_not_zero_unless_it_says_so(
    missing: str, its_points: float | None, score: float, completeness: float
) -> None:
    scheme = scheme_of(SPEND + f"recency: {{weight: 40, low: 100, high: 0, {missing}}}")
    found = scored(scheme, spend=[900, 900], recency=[NAN, 0])
    assert points(scheme, "recency_points", spend=[900], recency=[NAN]) == [its_points]
    assert found["score"].tolist() == [score, 94]
    assert found["completeness"].tolist() == [completeness, 1]


def test_a_neutral_value_is_a_number_of_staff() -> None:
    scheme = scheme_of(SPEND + "recency: {weight: 40, cuts: [30, 90], missing: neutral, neutral: 60}")
    assert points(scheme, "recency_points", recency=[NAN, 20, 200]) == [2, 1, 3]
    assert points(scheme, "recency_points", {"recency_neutral": 91.0}, recency=[NAN]) == [3]


def test_missing_added_points_add_nothing_and_count_as_missing() -> None:
    scheme = scheme_of(SPEND + "recency: {per: -1, points: 1}".replace("-1", "10") + "\n")
    found = scored(scheme, spend=[500, 500], recency=[NAN, 30])
    assert found["score"].tolist() == [50, 53]
    assert found["completeness"].tolist() == [round(60 / 61, 4), 1]  # a unit's point weighs one


def test_columns_that_pass_on_the_unknown_are_missing_too() -> None:
    """A column that says None nowhere but reads one that does."""
    columns = (
        "  ratio: {label: {zh: 比, en: R}, value: None if blank(recency) else recency, format: decimal}\n"
        '  same: {label: {zh: 同, en: S}, value: "ratio", format: decimal}\n'
    )
    scheme = small(
        ("columns:\n", "columns:\n" + columns),
        (RECENCY, "  same: {weight: 40, low: 0, high: 100}\n"),
    )
    assert points(scheme, "same_points", recency=[NAN, 40]) == [None, 40]


def test_a_factor_raises_the_score_before_the_bonus() -> None:
    scheme = scheme_of(SPEND, 'factor: "1.2 if orders >= often else 1"\n', 'bonus: "orders"\n')
    assert points(scheme, "score", spend=[500, 500], orders=[2, 3]) == [52, 63]


@pytest.mark.parametrize(
    ("cut_by", "cuts", "expected"),
    [
        ("share", "[0.1, 0.3]", [1, 1, 2, 2, 3]),  # 10 % and 30 % of 1,000
        ("rank", "[0.2, 0.6]", [1, 1, 2, 2, 3]),
        ("cumulative", "[0.4, 0.92]", [1, 2, 2, 2, 3]),
    ],
)
def test_cuts_made_from_parts(cut_by: str, cuts: str, expected: list[float]) -> None:
    scheme = scheme_of(f"spend: {{weight: 1, cuts: {cuts}, cut_by: {cut_by}}}")
    spend = [0.0, 90.0, 200.0, 200.0, 510.0]
    assert points(scheme, "spend_points", spend=spend) == expected
    assert points(scheme, "spend_points", {"spend_cut_1": 1.0, "spend_cut_2": 90.0}, spend=spend) == [
        1, 3, 3, 3, 3,
    ]  # fmt: skip


@cache
def by_parts(cut_by: str) -> Scheme:
    return scheme_of(f"spend: {{weight: 1, cuts: [0.1, 0.35, 0.8], cut_by: {cut_by}}}")


@given(
    st.lists(st.integers(-50, 10**4), min_size=1, max_size=60),
    st.sampled_from(["rank", "cumulative", "share"]),
)
@settings(max_examples=30, deadline=None)
def test_ties_score_alike_and_more_is_never_less(cents: list[int], cut_by: str) -> None:
    scheme = by_parts(cut_by)
    frame = scored(scheme, spend=[c / 100 for c in sorted(cents)])
    assert (frame.groupby("spend")["spend_points"].nunique() == 1).all()
    assert (frame["spend_points"].diff().dropna() >= 0).all()


def test_every_new_number_is_a_parameter_with_a_label() -> None:
    scheme = scheme_of(
        """spend: {per: 100, points: 2, cap: 9, floor: -9, group: all}
        recency: {weight: 1, low: 9, high: 0, missing: neutral, neutral: 5,
                  decay: {since: recency, half_life: 7}}""",
        "groups:\n  all: {label: {zh: 全部, en: All}, cap: 20}\n",
    )
    numbers = {
        key: p.value for key, p in scheme.parameters.items() if not key.startswith(("track_", "target_"))
    }
    more = {"spend_per": 100, "spend_each": 2, "spend_cap": 9, "spend_floor": -9, "all_cap": 20}
    assert more.items() <= numbers.items()
    assert (numbers["recency_half_life"], numbers["recency_neutral"]) == (7, 5)
    assert scheme.parameters["spend_per"].format == "money"
    assert scheme.parameters["all_cap"].label.zh == "全部：得分上限"
    note = scheme.column("spend_points").note
    assert note is not None
    assert "直接计入总分" in note.zh and "全部" in note.zh
    assert scheme.column("recency_points").note is not None


def test_libreoffice_gives_the_same_points(office: Office, tmp_path: Path) -> None:
    """Whole units and a cent beside them; decay to one decimal, where a hair decides ties."""
    dice = random.Random(20)
    units = [0.01, 0.07, 0.1, 0.3, 1.0, 3.0, 99.99, 1_000.0, 10_000.0]
    counted = [
        (round(dice.randint(-500, 500) * unit + dice.choice((-0.01, 0.0, 0.0, 0.01)), 2), unit)
        for unit in units
        for _ in range(100)
    ]
    fading = [
        (
            dice.choice((100.0, 50.0, -5.0, dice.randint(-500, 500) / 10)),
            float(dice.randint(-3, 999)),
            float(h),
        )
        for h in (1, 7, 30, 90, 365)
        for _ in range(200)
    ]
    sources = {"units(a, b)": counted, "round(faded(a, b, c), 1)": fading}
    book = openpyxl.Workbook()
    expected = {}
    for source, rows in sources.items():
        sheet, expression = book.create_sheet(f"S{len(expected)}"), parse(source)
        columns = {
            name: np.array(column) for name, column in zip("abc", zip(*rows, strict=True), strict=False)
        }
        expected[sheet.title] = evaluate(expression, columns, CONTEXT).tolist()
        for r, row in enumerate(rows, 1):
            sheet.append(list(row))
            cell = render(expression, lambda name, r=r: f"{name.upper()}{r}", {}, CONTEXT)  # type: ignore[misc]
            sheet[f"F{r}"] = "=" + cell
    path = tmp_path / "points.xlsx"
    book.save(path)
    office.open(path)
    office.recalc()
    for title, values in expected.items():
        assert [row[5] for row in office.read(title)] == values


@pytest.mark.parametrize(
    ("criteria", "above", "key"),
    [
        ("spend: {weight: 1, low: 0, high: 9, group: none}", "", "group_unknown"),
        ("average: {weight: 1, quantiles: 3}", "", "criterion_metric"),
        ("average: {weight: 1, cuts: [0.5], cut_by: rank}", "", "criterion_metric"),
        ("spend: {weight: 1, low: 0, high: 9, decay: {since: recncy, half_life: 9}}", "", "column_unknown"),
        ("spend: {weight: 1, low: 0, high: 9, decay: {since: recency, half_life: 0}}", "", "scheme_key"),
        ("spend: {weight: 1, low: 0, high: 9, decay: {since: recency_day, half_life: 9}}", "", "decay_since"),
        ("spend: {weight: 1, per: 10, points: 1}", "", "scheme_key"),
        ("spend: {per: 10}", "", "scheme_key"),
        ("spend: {per: 0, points: 1}", "", "scheme_key"),
        ("spend: {low: 0, high: 9}", "", "scheme_key"),
        ("spend: {weight: 1, low: 0, high: 9, full: true}", "", "scheme_key"),
        ("spend: {weight: 1, low: 0, high: 9, cap: 5, floor: 5}", "", "scheme_key"),
        ("spend: {weight: 1, low: 0, high: 9, missing: neutral}", "", "scheme_key"),
        ("spend: {weight: 1, low: 0, high: 9, neutral: 3}", "", "scheme_key"),
        ("spend: {weight: 1, cuts: [0.5, 2], cut_by: share}", "", "scheme_key"),
        ("spend: {weight: 1, low: 0, high: 9, cut_by: share}", "", "scheme_key"),
        ("spend: {weight: 1, cuts: [0.5], cut_by: share, less_is_better: true}", "", "scheme_key"),
        (SPEND, "groups:\n  g: {label: {zh: 组, en: G}}\n", "scheme_key"),
        (SPEND, "groups:\n  spend: {label: {zh: 组, en: G}, cap: 1}\n", "name_twice"),
    ],
)
def test_refused(criteria: str, above: str, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        scheme_of(criteria, above)
    assert caught.value.key == key, told(caught.value)
    told(caught.value)
