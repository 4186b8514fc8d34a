"""Rise and fall from period to period: random histories against the rules told once more in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.errors import UsageError
from sheetgen.grading.coding import EPOCH
from sheetgen.grading.grade import empty_inputs, grade
from sheetgen.grading.settings import period_number, start_settings
from sheetgen.grading.standing import RANKS, hand_on, take_up
from sheetgen.model import Graded
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.library import load_scheme, read_scheme

from .test_grade import facts_of

EDGES = (50_000.0, 200_000.0, 500_000.01)
"""of vip-abc: rank 2, 3 and 4 begin here"""
Rules = dict[str, float]
History = Sequence[tuple[date, float]]
PLAIN: Rules = {}


@cache
def scheme() -> Scheme:
    return load_scheme("vip-abc")


def book(day: date, spends: list[float], rules: Rules, last: tuple[date, pd.DataFrame] | None) -> Graded:
    """One book after another, as the pipeline does it: read what the last one handed on, grade."""
    made, ids = scheme(), [f"K{i}" for i in range(len(spends))]
    facts = facts_of(made, [{"spend": spend} for spend in spends])
    inputs = empty_inputs(made, len(ids))
    if last is not None:
        tiers = ["", *(tier.id for tier in reversed(made.file.tiers))]
        handed: dict[str, dict[str, float | str]] = {}
        for row in last[1].to_dict("records"):
            named = {key: tiers[int(row[key])] for key in RANKS}
            handed[row.pop("customer_id")] = {**row, **named}
        inputs = take_up(inputs, ids, handed, made)
    return grade(facts, inputs, made, start_settings(made, day, rules, last and last[0]), "zh")


def run(history: History, rules: Rules) -> list[pd.Series]:
    """One customer's books."""
    books, last = [], None
    for day, spend in history:
        graded = book(day, [spend], rules, last)
        last = (day, hand_on(graded))
        books.append(graded.frame.iloc[0])
    return books


@dataclass
class Told:
    """The rules in plain words: what is remembered of a customer between two books."""

    held: int
    below: int
    since: date
    first: date
    period: int
    opened: tuple[int, int, date]
    """held, below and since as the period began"""
    reached: int


def tell(history: History, rules: Rules) -> list[int]:
    """The tiers held, by the rules told again without looking at how the columns do it."""
    months, part = rules.get("track_period", 1), rules.get("track_keep_part", 1.0)
    floor = int(rules.get("track_floor", 1))
    held, told = [], None
    for day, spend in history:
        rank = 1 + sum(spend >= edge for edge in EDGES)
        period = period_number(day, months)
        if told is None:
            told = Told(rank, 0, day, day, period, (rank, 0, day), rank)
            held.append(rank)
            continue
        if period > told.period:
            opened = (told.held, told.below, told.since)
            if rules.get("track_rise_next") and told.reached > told.held:
                opened = (told.reached, 0, day)
            told.period = period
        else:  # what rose in this period stays; what fell is judged once more
            opened = (
                max((told.held, 0, told.since), told.opened) if told.held > told.opened[0] else told.opened
            )
        tier, below, since = opened
        keep = round(EDGES[tier - 2] * part, 2) if tier > 1 else -1e99
        safe = day < told.first + timedelta(rules.get("track_grace_days", 0))
        safe |= day < since + timedelta(rules.get("track_lock_days", 0))
        if rank > tier:
            below, now = 0, tier if rules.get("track_rise_next") else rank
        elif spend < keep and not safe:
            below, now = below + 1, tier
            if below >= rules.get("track_fall_after", 1):
                now = tier - 1 if rules.get("track_fall_one") else rank
                now = max(now, floor) if tier >= floor else now
        else:
            below, now = 0, tier
        told.opened, told.reached = opened, rank
        told.below = 0 if now < tier else below
        told.since = since if now == tier else day
        told.held = now
        held.append(now)
    return held


days = st.lists(st.integers(0, 45), min_size=1, max_size=9).map(
    lambda gaps: [date(2025, 1, 1) + timedelta(sum(gaps[: i + 1])) for i in range(len(gaps))]
)
spends = st.sampled_from([0.0, 1.0, 29_999.99, 30_000.0, 49_999.99, 50_000.0, 119_999.99, 120_000.0])
spends |= st.sampled_from([199_999.99, 200_000.0, 300_000.0, 300_000.01, 500_000.0, 500_000.01, 9e6])
rule_sets = st.fixed_dictionaries(
    {},
    optional={
        "track_period": st.sampled_from([0.0, 1.0, 3.0, 12.0]),
        "track_rise_next": st.sampled_from([0.0, 1.0]),
        "track_fall_after": st.sampled_from([1.0, 2.0, 3.0]),
        "track_fall_one": st.sampled_from([0.0, 1.0]),
        "track_keep_part": st.sampled_from([1.0, 0.6]),
        "track_grace_days": st.sampled_from([0.0, 30.0, 90.0]),
        "track_lock_days": st.sampled_from([0.0, 31.0, 60.0]),
        "track_floor": st.sampled_from([1.0, 2.0, 3.0]),
    },
)
histories = days.flatmap(lambda made: st.tuples(*(st.tuples(st.just(day), spends) for day in made)))


@settings(max_examples=300, deadline=None)
@given(histories, rule_sets)
def test_a_history_goes_as_the_rules_say(history: History, rules: Rules) -> None:
    assert [int(row["held_rank"]) for row in run(history, rules)] == tell(history, rules)


@settings(max_examples=100, deadline=None)
@given(histories, rule_sets)
def test_no_fall_skips_a_rule(history: History, rules: Rules) -> None:
    """Seen from outside alone: what a customer held and spent."""
    books = run(history, rules)
    held = [int(row["held_rank"]) for row in books]
    months, after = rules.get("track_period", 1.0), rules.get("track_fall_after", 1.0)
    grace = timedelta(rules.get("track_grace_days", 0.0))
    for i in range(1, len(held)):
        day = history[i][0]
        if held[i] >= held[i - 1]:
            continue
        assert day >= history[0][0] + grace
        if rules.get("track_fall_one") and period_number(history[i - 1][0], months) != period_number(
            day, months
        ):
            assert held[i] == held[i - 1] - 1
        # with N periods to wait, the last book of each of the N - 1 periods before was below the edge too
        closed = {period_number(d, months): spend for d, spend in history[: i + 1]}
        judged = sorted(closed)[-int(after) :]
        assert len(judged) == after
        assert all(closed[p] < EDGES[held[i - 1] - 2] for p in judged)


@settings(max_examples=50, deadline=None)
@given(histories, rule_sets, st.data())
def test_the_same_history_gives_the_same_tier(history: History, rules: Rules, data: Any) -> None:
    """Beside other customers, in any order, and with the last book made twice."""
    alone = run(history, rules)
    order = data.draw(st.permutations(range(3)))
    others = [0.0, 1e6]
    last = None
    for i, (day, spend) in enumerate(history):
        spends = [[spend, *others][k] for k in order]
        graded = book(day, spends, rules, last)
        again = book(day, spends, rules, last)
        pd.testing.assert_frame_equal(graded.frame, again.frame)
        assert graded.frame["held_rank"].iloc[order.index(0)] == alone[i]["held_rank"]
        last = (day, hand_on(graded))
    # from its own result, in the same period: nothing moves twice
    rebuilt = book(history[-1][0], spends, rules, last)
    assert rebuilt.frame["held_rank"].tolist() == graded.frame["held_rank"].tolist()


def test_the_rules_of_a_bank() -> None:
    """渤海银行: up the next month; down after three months in a row, to the level of the last month."""
    rules = {"track_rise_next": 1.0, "track_fall_after": 3.0}
    day = [date(2025, month, 28) for month in range(1, 9)]
    spend = [60_000, 300_000, 300_000, 60_000, 60_000, 10, 10, 250_000]
    rows = run(list(zip(day, map(float, spend), strict=True)), rules)
    assert [row["computed_tier"] for row in rows] == ["B级", "B级", "A级", "A级", "A级", "C级", "C级", "C级"]
    assert [row["status"] for row in rows] == [
        "正常",
        "待升级",
        "正常",
        "关注",
        "关注",
        "正常",
        "正常",
        "待升级",
    ]
    assert "已达到A级，下期升级" in rows[1]["why"]
    assert "低于保级线 200,000.00，第 2 期（连续 3 期则降级）" in rows[4]["why"]


def test_several_books_of_one_period_count_once() -> None:
    rules = {"track_fall_after": 2.0}
    week = [(date(2025, 1, 1), 60_000.0), *((date(2025, 2, day), 10.0) for day in (1, 8, 15, 22, 28))]
    rows = run([*week, (date(2025, 3, 1), 10.0)], rules)
    assert [int(row["below"]) for row in rows] == [0, 1, 1, 1, 1, 1, 2]
    assert [row["computed_tier"] for row in rows] == ["B级"] * 6 + ["C级"]
    saved = run([*week, (date(2025, 2, 28), 50_000.0), (date(2025, 3, 1), 10.0)], rules)
    assert saved[-1]["computed_tier"] == "B级", "the last book of a period decides"


def test_a_keep_line_of_its_own_and_a_part_of_the_edge() -> None:
    for rules, line in (({"track_keep_part": 0.6}, 120_000.0), ({"keep_a": 150_000.0}, 150_000.0)):
        day = [date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]
        rows = run(list(zip(day, (200_000.0, line, line - 0.01), strict=True)), rules)
        assert [row["computed_tier"] for row in rows] == ["A级", "A级", "B级"]
        assert rows[1]["status"] == "保级"
        assert rows[1]["keep"] == 0
        assert "高出保级线 0.00" in rows[1]["why"]


def test_grace_lock_and_floor() -> None:
    one = [(date(2025, 1, 1), 600_000.0), (date(2025, 2, 1), 10.0), (date(2025, 4, 1), 10.0)]
    for rules, status in (({"track_grace_days": 60.0}, "新客保护"), ({"track_lock_days": 60.0}, "锁定")):
        rows = run(one, rules)
        assert [row["computed_tier"] for row in rows] == ["VIP级", "VIP级", "C级"]
        assert rows[1]["status"] == status
    rows = run(one, {"track_floor": 3.0})
    assert [row["computed_tier"] for row in rows] == ["VIP级", "A级", "A级"]
    low = run([(date(2025, 1, 1), 60_000.0), (date(2025, 2, 1), 10.0)], {"track_floor": 3.0})
    assert low[-1]["computed_tier"] == "C级", "who never reached the floor has none"


def test_without_rules_the_tier_follows_the_number() -> None:
    values = [0.0, 600_000.0, 49_999.99, 200_000.0]
    day = [date(2025, 1, 1) + timedelta(days=i) for i in range(4)]
    rows = run(list(zip(day, values, strict=True))[:2], PLAIN)
    assert [int(row["held_rank"]) for row in rows] == [1, 4]
    months = [date(2025, 1 + i, 1) for i in range(4)]
    rows = run(list(zip(months, values, strict=True)), PLAIN)
    assert [int(row["held_rank"]) for row in rows] == [1, 4, 1, 3]


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from([0, 1, 3, 6, 12]))
def test_periods_follow_one_another(day: date, months: int) -> None:
    following = day + timedelta(days=1)
    step = period_number(following, months) - period_number(day, months)
    first = (
        following.weekday() == 0
        if months == 0
        else following.day == 1 and (following.month - 1) % months == 0
    )
    assert step == first


def text_of(**tracking: Any) -> str:
    from sheetgen.scheme.library import templates_folder

    text = (templates_folder() / "vip-abc" / "scheme.yml").read_text("utf-8")
    lines = "".join(f"  {key}: {value}\n" for key, value in tracking.items())
    return text.replace("tier_by: spend\n", f"tier_by: spend\ntracking:\n{lines}")


def test_a_scheme_sets_the_numbers_to_start_from() -> None:
    made = read_scheme(
        text_of(period="quarter", rise="next", fall_after=2, fall="one_down", keep_part=0.8, floor="b")
    )
    numbers = start_settings(made, date(2025, 1, 1)).numbers
    assert {k: v for k, v in numbers.items() if k.startswith("track_")} == {
        "track_period": 3, "track_rise_next": 1, "track_fall_after": 2, "track_fall_one": 1,
        "track_keep_part": 0.8, "track_grace_days": 0, "track_lock_days": 0, "track_floor": 2,
    }  # fmt: skip
    lines = start_settings(made, date(2025, 1, 1)).tables["tier_keep"]
    assert lines[1:] == (40_000.0, 160_000.0, 400_000.01)


@pytest.mark.parametrize(
    "wrong", [{"floor": "gold"}, {"rise": "later"}, {"fall_after": 0}, {"keep_part": 1.2}]
)
def test_what_a_scheme_may_not_say(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        read_scheme(text_of(**wrong))


def test_what_a_book_hands_on_is_plain_numbers() -> None:
    handed = hand_on(book(date(2025, 3, 1), [60_000.0, 0.0], PLAIN, None))
    assert handed["customer_id"].tolist() == ["K0", "K1"]
    assert (handed.drop(columns="customer_id").dtypes == np.float64).all()
    day = float((date(2025, 3, 1) - EPOCH).days)
    assert handed[["final", "held", "reached", "since", "first_seen"]].iloc[0].tolist() == [2, 2, 2, day, day]
