"""Ranges are drawn straight, each fault of them is seen, and the message tells file, line, key and way out."""

# ruff: noqa: E501 (drawings stand as they are seen)

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.errors import UsageError
from sheetgen.i18n import LANGS, Label, Lang
from sheetgen.scheme.drawing import (
    Claim,
    Step,
    display_width,
    draw,
    draw_scheme,
    falling_claims,
    percent,
    plain_number,
    rising_claims,
    rules,
)
from sheetgen.scheme.library import load_scheme, read_scheme, shipped

from .base import SMALL, bent, line_of, small, told


def step(name: str, edge: float | None, strict: bool = False) -> Step:
    return Step(Label(name, name), edge, strict)


def rows(drawing: str) -> dict[str, str]:
    """First word of a line -> the line, legend and numbers left out."""
    return {line.split()[0]: line for line in drawing.splitlines()[2:-1]}


def test_a_good_scheme_as_people_see_it() -> None:
    assert draw_scheme(small(), "zh").splitlines() == [
        "            500    1,000",
        "            |      |",
        "金                 (=====>",
        "银          [======]",
        "普    <=====)",
        "[ ] 含此数  ( ) 不含此数  # 只有此数  < > 不限",
    ]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scheme_id", shipped())
def test_shipped_schemes_have_neither_gap_nor_overlap(scheme_id: str, lang: Lang) -> None:
    scheme = load_scheme(scheme_id)
    drawing, words = draw_scheme(scheme, lang), rules(scheme, lang)
    assert len(words) == len(set(words)) == len(scheme.file.tiers)
    if scheme.file.steps == "fixed":
        assert drawing == ""
        return
    lines = drawing.splitlines()
    assert len(lines) == len(scheme.file.tiers) + 3, "no line for a fault"
    for tier, line in zip(scheme.file.tiers, lines[2:-1], strict=True):
        assert line.startswith(tier.label.text(lang))
        assert sum(line.count(c) for c in "[(<#") == 1
    if scheme.file.cut_by == "value":
        for tier in scheme.file.tiers[:-1]:
            assert plain_number(tier.edge or 0.0) in lines[0]


# the words of the edge table


def test_strict_and_inclusive_edges_in_words() -> None:
    assert rules(load_scheme("vip-abc"), "zh") == [
        "500,000 < 年消费额",
        "200,000 ≤ 年消费额 ≤ 500,000",
        "50,000 ≤ 年消费额 < 200,000",
        "年消费额 < 50,000",
    ]
    assert rules(load_scheme("ecommerce-aov"), "en") == ["2,000 < Average order", "Average order ≤ 2,000"]


def test_changed_edges_are_told_as_they_are() -> None:
    assert rules(load_scheme("vip-abc"), "zh", {"a": 150_000.5})[1:3] == [
        "150,000.5 ≤ 年消费额 ≤ 500,000",
        "50,000 ≤ 年消费额 < 150,000.5",
    ]


def test_relative_edges_and_classes_in_words() -> None:
    assert rules(load_scheme("electronics-share"), "zh")[1] == "5% ≤ 年消费额占全部客户合计 < 10%"
    assert rules(load_scheme("electronics-rank"), "zh")[:2] == [
        "按年消费额名次，前 1%",
        "按年消费额名次，1% 之后至 5%",
    ]
    assert rules(load_scheme("phone-pareto"), "en")[1] == "all others"
    assert rules(load_scheme("rfm"), "zh")[0] == "类别码 = 7"


# each fault, with line and drawing


FAULTS = [
    ([("over: 1000,", "over: 400,")], "tiers_order", "id: silver", "overlap"),
    ([("over: 1000,", "at_least: 500,")], "tiers_order", "id: silver", "overlap"),
    ([("at_least: 500,", "over: 500,"), ("over: 1000,", "at_least: 500,")], "tiers_order", "id: silver", "overlap"),
    ([("over: 1000,", "")], "tier_no_edge", "id: gold", "overlap"),
    ([("at_least: 500, ", "")], "tier_no_edge", "id: silver", "overlap"),
    ([("en: Plain},", "en: Plain}, at_least: 0,")], "tier_floor", "id: plain", "gap"),
    ([("en: Plain},", "en: Plain}, over: -5.5,")], "tier_floor", "id: plain", "gap"),
    ([("over: 1000,", "at_least: 1000,"), ("at_least: 500,", "over: 999.99,")], "edges_meet", "id: silver", "no number"),
    ([("over: 1000,", "at_least: 500.004,")], "edges_meet", "id: silver", "no number"),
    ([("[30, 90, 180]", "[30, 180, 90]")], "cuts_order", "cuts:", "overlap"),
    ([("[30, 90, 180]", "[30, 30]")], "cuts_order", "cuts:", "overlap"),
    ([("over: 1000,", "over: 1000, at_least: 1000,")], "tier_two_edges", "id: gold", ""),
    ([("id: silver", "id: gold")], "tier_twice", "zh: 银", ""),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "key", "at", "seen"), FAULTS)
def test_each_fault_of_ranges_is_drawn(changes: list[tuple[str, str]], key: str, at: str, seen: str) -> None:
    written = bent(*changes)
    with pytest.raises(UsageError) as caught:
        read_scheme(written, "here/small.yml")
    error = caught.value
    assert (error.key, error.code, error.exit_code) == (key, "SG702", 2)
    assert error.facts["line"] == line_of(written, at)
    zh, en = told(error)
    assert zh.startswith(f"here/small.yml:{error.facts['line']}: ")
    assert en.startswith(f"here/small.yml:{error.facts['line']}: ")
    if seen:
        assert seen in str(error.facts["drawing_en"])
        assert {"overlap": "重叠", "gap": "空档", "no number": "没有任何数值"}[seen] in str(
            error.facts["drawing_zh"]
        )


def test_the_overlap_lies_where_both_tiers_claim() -> None:
    with pytest.raises(UsageError) as caught:
        small(("over: 1000,", "over: 400,"))
    assert str(caught.value.facts["drawing_zh"]).splitlines() == [
        "           400   500",
        "           |     |",
        "金         (==========>",
        "银               [====>",
        "普    <==========)",
        "重叠        xxxxxxxxxxx",
        "[ ] 含此数  ( ) 不含此数  # 只有此数  < > 不限",
    ]


def filled(cut_by: str, gold: str, silver: str) -> str:
    made = SMALL.replace("tier_by: spend", f"tier_by: spend\ncut_by: {cut_by}")
    return made.replace("over: 1000", gold).replace("at_least: 500", silver)


@pytest.mark.parametrize(
    ("cut_by", "gold", "silver", "key"),
    [
        ("share", "at_least: 0.05", "at_least: 0.1", "tiers_order"),
        ("rank", "at_least: 0.1", "at_least: 0.05", "parts_order"),
        ("cumulative", "at_least: 0.8", "at_least: 0.8", "parts_order"),
        ("rank", "over: 0.1", "at_least: 0.2", "tier_no_part"),
        ("share", "at_least: 10", "at_least: 5", "tier_no_part"),
        ("share", "at_least: 0.1", "at_least: 0", "tier_no_part"),
    ],
)
def test_faults_of_relative_edges(cut_by: str, gold: str, silver: str, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_scheme(filled(cut_by, gold, silver))
    assert (caught.value.key, caught.value.code) == (key, "SG702")
    told(caught.value)
    if key != "tier_no_part":
        assert "%" in str(caught.value.facts["drawing_zh"])
        assert "overlap" in str(caught.value.facts["drawing_en"])


def test_exactly_one_number_may_be_a_tier() -> None:
    """Above 500 one tier, 500 itself another: strange, but clear."""
    scheme = small(("over: 1000,", "over: 500,"))
    assert "#" in rows(draw_scheme(scheme, "en"))["Silver"]
    assert rules(scheme, "en")[1] == "500 ≤ Spend ≤ 500"


@pytest.mark.parametrize(
    ("changes", "key", "place"),
    [
        ([("value: 3, format: integer, low: 0", "value: -1, format: integer, low: 0")], "parameter_limits", "often:"),
        ([("value: 3, format: integer, low: 0", "value: 9, format: integer, high: 8")], "parameter_limits", "often:"),
        ([("weight: 60", "weight: 0"), ("weight: 40", "weight: 0")], "weights_zero", "criteria:"),
        ([("low: 0, high: 1000}", "low: 0, high: 1000, less_is_better: true}")], "low_high_less", "high: 1000"),
    ],
)  # fmt: skip
def test_numbers_that_contradict_each_other(changes: list[tuple[str, str]], key: str, place: str) -> None:
    written = bent(*changes)
    with pytest.raises(UsageError) as caught:
        read_scheme(written)
    assert (caught.value.key, caught.value.code) == (key, "SG702")
    assert caught.value.facts["line"] == line_of(written, place)
    told(caught.value)


@pytest.mark.parametrize(
    ("was", "now", "key", "place"),
    [
        ("revenue: spend", "revenue: spend\ntracking: {floor: sliver}", "tier_unknown", "floor:"),
        ("en: Plain},", "en: Plain}, keep: 5,", "keep_no_edge", "id: plain"),
        ("at_least: 500,", "at_least: 500, keep: 500.01,", "keep_above", "id: silver"),
    ],
)
def test_lines_of_tracking_that_make_no_sense(was: str, now: str, key: str, place: str) -> None:
    written = bent((was, now))
    with pytest.raises(UsageError) as caught:
        read_scheme(written)
    assert caught.value.key == key
    assert caught.value.facts["line"] == line_of(written, place)
    told(caught.value)
    if key == "tier_unknown":
        assert caught.value.facts["near"] == "silver"


def test_low_above_high_means_less_is_better_and_equal_ends_are_a_threshold() -> None:
    for low, high in ((1000, 0), (500, 500)):
        assert small(("low: 0, high: 1000}", f"low: {low}, high: {high}}}")).file.criteria["spend"].low == low


# the drawing itself, whatever is drawn


edges = st.lists(
    st.tuples(st.integers(-999, 999_999), st.booleans()), min_size=1, max_size=9, unique_by=lambda e: e[0]
)


@given(edges)
def test_falling_edges_cover_everything_once(found: list[tuple[int, bool]]) -> None:
    steps = [step(f"t{i}", edge, strict) for i, (edge, strict) in enumerate(sorted(found, reverse=True))]
    drawing = draw(falling_claims([*steps, step("rest", None)]), plain_number, "en", 0.01)
    assert "overlap" not in drawing
    assert "gap" not in drawing
    ticks = drawing.splitlines()[1]
    for name, line in rows(drawing).items():
        ends = [i for i, char in enumerate(line) if char in "[]()#"]
        assert all(ticks[i] == "|" for i in ends), name


@given(st.lists(st.one_of(st.none(), st.integers(-50, 50)), min_size=2, max_size=6), st.data())
def test_a_fault_is_marked_exactly_where_it_is(found: list[int | None], data: st.DataObject) -> None:
    """By another road: each number near an edge is counted by hand."""
    strict = data.draw(st.lists(st.booleans(), min_size=len(found), max_size=len(found)))
    claims = falling_claims([step(f"t{i}", e, s) for i, (e, s) in enumerate(zip(found, strict, strict=True))])
    marks = sorted({e for c in claims for e in (c.low, c.high) if e is not None})
    if not marks:
        return
    numbers = [marks[0] - 1, *marks, *((a + b) / 2 for a, b in pairwise(marks)), marks[-1] + 1]

    def takes(claim: Claim, x: float) -> bool:
        above = claim.low is None or x > claim.low or (claim.low_in and x == claim.low)
        return above and (claim.high is None or x < claim.high or (claim.high_in and x == claim.high))

    counts = [sum(takes(claim, x) for claim in claims) for x in numbers]
    drawing = draw(claims, plain_number, "en")
    assert ("overlap" in drawing) == any(n > 1 for n in counts)
    assert ("gap" in drawing) == any(n == 0 for n in counts)


def test_columns_are_straight_under_wide_and_narrow_labels() -> None:
    claims = falling_claims(
        [Step(Label("重要客户", "K"), 60.0), Step(Label("A", "A"), 25.0), Step(Label("其余x", "r"), None)]
    )
    lines = draw(claims, plain_number, "zh").splitlines()
    places = {
        display_width(line[: line.index(char)])
        for line, char in ((lines[1], "|"), (lines[3], "["), (lines[4], ")"))
    }
    assert len(places) == 1


def test_first_parts_run_from_the_smallest() -> None:
    drawing = draw(rising_claims([step("vip", 0.01), step("a", 0.05), step("c", None)]), percent, "en")
    assert "1%" in drawing.splitlines()[0]
    assert rows(drawing)["vip"].count("<") == rows(drawing)["c"].count(">") == 1
