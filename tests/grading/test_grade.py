"""Tiers, scores and what staff overrule: edges to the cent, ties never split, the unknown never zero."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.grading.grade import context_of, empty_inputs, grade
from sheetgen.grading.settings import start_settings
from sheetgen.i18n import LANGS, Lang
from sheetgen.model import Facts, Graded, Settings
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.library import load_scheme, shipped

from ..scheme.base import small
from .base import AS_OF, cleaned, company, graded, sale, serial

DAY = timedelta(days=1)


def facts_of(scheme: Scheme, rows: list[dict[str, Any]]) -> Facts:
    """Facts as given; what is not given is as for a customer without data."""
    frame = pd.DataFrame({"customer_id": [f"K{i}" for i in range(len(rows))]})
    for key, metric in scheme.metrics.items():
        empty = 0.0 if metric.empty == 0 else np.nan
        frame[key] = np.array([row.get(key, empty) for row in rows], dtype=np.float64)
    return Facts(frame, AS_OF)


def graded_facts(
    scheme: Scheme,
    rows: list[dict[str, Any]],
    changed: dict[str, float] | None = None,
    cut: Settings | None = None,
    lang: Lang = "zh",
    **inputs: Any,
) -> pd.DataFrame:
    staff = empty_inputs(scheme, len(rows))
    for key, values in inputs.items():
        staff[key] = np.array(
            values,
            dtype=object if staff[key].dtype == object or staff[key].dtype.kind not in "f" else np.float64,
        )
    return grade(
        facts_of(scheme, rows), staff, scheme, cut or start_settings(scheme, AS_OF, changed), lang
    ).frame


def tiers_of(scheme: Scheme, frame: pd.DataFrame) -> list[str]:
    n = len(scheme.file.tiers)
    return [scheme.file.tiers[n - int(rank)].id for rank in frame["rank"]]


# edges


@pytest.mark.parametrize(
    ("cents", "tier"),
    [
        (50_000_001, "vip"),
        (50_000_000, "a"),
        (49_999_999, "a"),
        (20_000_001, "a"),
        (20_000_000, "a"),
        (19_999_999, "b"),
        (5_000_001, "b"),
        (5_000_000, "b"),
        (4_999_999, "c"),
        (0, "c"),
        (-1, "c"),
        (-900_000_000, "c"),
        (99_999_999_999_999, "vip"),
    ],
)
@pytest.mark.parametrize("lines", [1, 3])
def test_default_scheme_edges_from_order_lines(cents: int, tier: str, lines: int) -> None:
    scheme = load_scheme("vip-abc")
    parts = [cents // lines] * (lines - 1)
    sales = [
        sale("A", part, AS_OF - i * DAY, order_id=f"o{i}")
        for i, part in enumerate([*parts, cents - sum(parts)])
    ]
    frame = graded(cleaned([{"customer_id": "A"}], sales), scheme).frame
    assert tiers_of(scheme, frame) == [tier]
    label = next(t.label.zh for t in scheme.file.tiers if t.id == tier)
    assert frame[["computed_tier", "final_tier"]].iloc[0].tolist() == [label, label]


@pytest.mark.parametrize("scheme_id", ["vip-abc", "retail-diamond"])
def test_each_edge_of_each_spend_scheme(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    tiers = scheme.file.tiers
    for above, tier in enumerate(tiers[:-1]):
        edge = tier.edge or 0
        rows = [{"spend": round(edge + step, 2)} for step in (-0.01, 0, 0.01)]
        below = tiers[above + 1].id
        wanted = [below, below if tier.over is not None else tier.id, tier.id]
        assert tiers_of(scheme, graded_facts(scheme, rows)) == wanted


@pytest.mark.parametrize("edge", [75, 50, 25])
def test_each_edge_of_the_weighted_score(edge: int) -> None:
    """0.9 x spend points + 0.1 x orders points gives every hundredth."""
    scheme = load_scheme("weighted-score")
    changed = {
        "spend_weight": 90,
        "orders_weight": 10,
        "categories_weight": 0,
        "feedback_weight": 0,
        "clv_weight": 0,
    }
    changed |= {"spend_high": 1000, "orders_high": 1000}
    rows = [{"spend": edge * 10, "orders": edge * 10 + step} for step in (-1, 0, 1)]
    frame = graded_facts(scheme, rows, changed)
    assert frame["score"].tolist() == [edge - 0.01, edge, edge + 0.01]
    ids = [t.id for t in scheme.file.tiers]
    at = next(i for i, t in enumerate(scheme.file.tiers) if t.edge == edge)
    assert tiers_of(scheme, frame) == [ids[at + 1], ids[at], ids[at]]


def test_rfm_classes_come_from_three_halves() -> None:
    scheme = load_scheme("rfm")
    base = start_settings(scheme, AS_OF)
    tables = {
        **base.tables,
        "recency_cut": (10, 20, 30, 40),
        "orders_cut": (1, 2, 3, 4),
        "spend_cut": (10, 20, 30, 40),
    }
    cut = Settings(AS_OF, base.numbers, tables)
    near, far, often, seldom, much, little = 20, 21, 4, 3, 30.01, 30
    rows = [
        {"recency": r, "orders": f, "spend": m}
        for m in (much, little)
        for r in (near, far)
        for f in (often, seldom)
    ]
    frame = graded_facts(scheme, [*rows, {}], cut=cut)
    assert frame["class_code"].tolist() == [7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert frame["recency_points"].tolist()[:4] == [4, 4, 3, 3]
    assert np.isnan(frame["recency_points"].iloc[-1])
    assert frame["why"].iloc[-1].startswith("R —，F 1，M 1")
    assert tiers_of(scheme, frame)[:8] == [t.id for t in scheme.file.tiers]
    assert frame["gap"].isna().all()
    assert set(frame["next_tier"]) == {None} or frame["next_tier"].isna().all()


@pytest.mark.parametrize(("orders", "often"), [(9, False), (10, False), (11, True), (12, True)])
def test_more_than_ten_orders_means_eleven(orders: int, often: bool) -> None:
    scheme = load_scheme("vip-abc")
    sales = [sale("A", 10_000, AS_OF - i * DAY, order_id=f"o{i}", category="茶") for i in range(orders)]
    sales += [sale("A", 5_000, AS_OF, order_id="o0", category="茶"), sale("A", -5_000, AS_OF, order_id="r1")]
    frame = graded(cleaned([{"customer_id": "A"}], sales), scheme).frame
    assert frame["orders"].tolist() == [orders]
    assert ("高频" in frame["tags"].iloc[0].split()) is often
    plain = graded(cleaned([{"customer_id": "A"}], sales), scheme, changed={"frequent_bonus": 0}).frame
    assert frame["score"].iloc[0] - plain["score"].iloc[0] == pytest.approx(5 if often else 0)


def test_tags_and_stage() -> None:
    scheme = load_scheme("vip-abc")
    rows = [
        {"orders": 11, "complaints": 1, "prior_spend": 100, "spend": 49.99, "recency": 181},
        {"orders": 10, "complaints": 0, "prior_spend": 100, "spend": 50, "recency": 180},
        {"orders": 1, "recency": 0},
        {},
    ]
    zh, en = graded_facts(scheme, rows), graded_facts(scheme, rows, lang="en")
    assert zh["tags"].tolist() == ["高频 有投诉 下滑", "高风险", "", ""]
    assert en["tags"].tolist() == ["Frequent Complained Shrinking", "At risk", "", ""]
    assert zh["stage"].tolist() == ["流失", "重复购买", "首次购买", "潜在"]
    assert en["stage"].tolist() == ["Lapsed", "Repeat", "First purchase", "Potential"]


@pytest.mark.parametrize(
    ("facts", "tags"),
    [
        ({"orders": 2, "spend": 30_000, "recency": 90}, ""),
        ({"orders": 2, "spend": 30_000.02, "recency": 90}, "高客单"),
        ({"orders": 11, "spend": 165_000.11, "recency": 91}, "高频 高客单 高风险"),
        ({"orders": 1, "recency": 181}, ""),  # lapsed already
        ({"complaints": 1}, "有投诉"),
        ({"complaints": 2}, "高风险 有投诉"),
    ],
)
def test_high_ticket_and_risk(facts: dict[str, float], tags: str) -> None:
    scheme = load_scheme("vip-abc")
    assert graded_facts(scheme, [facts])["tags"].tolist() == [tags]
    eased = {"frequent_over": 99.0, "high_ticket_over": 1e9, "risk_days": 1e6, "risk_complaints": 9.0}
    left = graded_facts(scheme, [facts], eased)["tags"].tolist()
    assert left == ["有投诉" if facts.get("complaints") else ""]


def test_growth_is_not_rated_without_a_year_before() -> None:
    scheme = load_scheme("vip-abc")
    found = graded_facts(
        scheme, [{"spend": 120, "prior_spend": 60}, {"spend": 120}, {"spend": 0, "prior_spend": 60}]
    )["growth"]
    assert found.tolist()[::2] == [1.0, -1.0]
    assert np.isnan(found[1])


# scores


def test_score_by_hand() -> None:
    scheme = load_scheme("vip-abc")
    row = {"spend": 125_000, "orders": 6, "categories": 3, "satisfaction": 4, "tenure": 9}
    frame = graded_facts(scheme, [row])
    points = [frame[f"{k}_points"].iloc[0] for k in scheme.file.criteria]
    assert points == [25.0, 25.0, 50.0, 75.0, 25.0]
    assert frame["score"].iloc[0] == 36.25  # 0.40 x 25 + 0.20 x 25 + 0.15 x 50 + 0.15 x 75 + 0.10 x 25
    assert frame["completeness"].iloc[0] == 1.0


def test_an_unknown_criterion_shares_out_its_weight() -> None:
    scheme = load_scheme("vip-abc")
    row = {"spend": 125_000, "orders": 6, "categories": 3, "tenure": 9}
    frame = graded_facts(
        scheme, [row, {**row, "satisfaction": 1}, {k: v for k, v in row.items() if k != "tenure"}]
    )
    assert frame["score"].tolist() == [29.41, 25.0, 30.0]  # 25/85, 25/100, 22.5/75
    assert frame["completeness"].tolist() == [0.85, 1.0, 0.75]
    assert np.isnan(frame["satisfaction_points"][0])
    assert frame["satisfaction_points"][1] == 0.0


def test_weights_of_zero_score_zero() -> None:
    scheme = load_scheme("vip-abc")
    changed = {f"{k}_weight": 0.0 for k in scheme.file.criteria}
    frame = graded_facts(scheme, [{"spend": 1e6}, {}], changed)
    assert frame["score"].tolist() == [0.0, 0.0]
    assert frame["completeness"].tolist() == [0.0, 0.0]


def test_points_stay_between_0_and_100_and_turn_round() -> None:
    scheme = small(("{weight: 60, low: 0, high: 1000}", "{weight: 60, low: 1000, high: 0}"))
    assert graded_facts(scheme, [{"spend": s} for s in (-5, 0, 250, 1000, 9e9)])["spend_points"].tolist() == [
        100,
        100,
        75,
        0,
        0,
    ]
    flat = graded_facts(
        scheme, [{"spend": s} for s in (499.99, 500, 501)], {"spend_low": 500, "spend_high": 500}
    )
    assert flat["spend_points"].tolist() == [0, 100, 100]


def test_cuts_where_less_is_better_hold_their_edge() -> None:
    scheme = small()
    days = [0, 30, 31, 90, 91, 180, 181, 9_999]
    found = graded_facts(scheme, [{"recency": d} for d in days])["recency_points"].tolist()
    assert found == [4, 4, 3, 3, 2, 2, 1, 1]
    more = small((", less_is_better: true", ""))
    assert graded_facts(more, [{"recency": d} for d in days])["recency_points"].tolist() == [
        1,
        2,
        2,
        3,
        3,
        4,
        4,
        4,
    ]


@pytest.mark.parametrize("scheme_id", shipped())
def test_equal_input_gives_an_equal_result(scheme_id: str) -> None:
    scheme, clean = load_scheme(scheme_id), company(11)
    twice = {
        k: t if k == "customers" else pd.concat([t, t.assign(customer_id=t["customer_id"] + "x")])
        for k, t in clean.tables.items()
    }
    people = clean.tables["customers"]
    twice["customers"] = pd.concat(
        [people, people.assign(customer_id=people["customer_id"] + "x")], ignore_index=True
    )
    frame = graded(type(clean)(twice, {}, clean.ledger, ()), scheme).frame
    n, rest = len(people), frame.columns.drop(["customer_id"])
    first, second = frame[rest].iloc[:n], frame[rest].iloc[n:].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, second, check_exact=True)


@pytest.mark.parametrize("scheme_id", [s for s in shipped() if load_scheme(s).file.steps == "open"])
def test_more_money_never_lowers_a_tier(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    dice = random.Random(5)
    rows = [
        {
            "spend": s,
            "orders": 3,
            "categories": 2,
            "satisfaction": 3.0,
            "recency": 9,
            "campaigns": 1,
            "products": 2,
            "assets": s * 12,
            "contribution": s / 10,
            "minutes": s / 300,
            "data": s / 5000,
            "charges": s / 10,
        }
        for s in sorted(dice.uniform(-1e4, 7e5) for _ in range(500))
    ]
    ranks = graded_facts(scheme, rows)["rank"].to_numpy()
    assert (np.diff(ranks) >= 0).all()
    assert ranks.max() > ranks.min()


@pytest.mark.parametrize("scheme_id", shipped())
@pytest.mark.parametrize("lang", LANGS)
def test_no_error_and_no_gap_anywhere(scheme_id: str, lang: Lang) -> None:
    scheme = load_scheme(scheme_id)
    frame = graded(company(2), scheme, lang=lang).frame
    for column in scheme.computed:
        values = frame[column.id]
        if values.dtype.kind not in "fiub":
            assert all(isinstance(v, str) for v in values.dropna()), column.id
            continue
        numbers = values.to_numpy(dtype=np.float64)
        assert not np.isinf(numbers).any(), column.id
        assert column.unknown or not np.isnan(numbers).any(), column.id
    ranks = frame["final_rank"]
    assert ranks.between(1, len(scheme.file.tiers)).all()
    labels = [t.label.text(lang) for t in reversed(scheme.file.tiers)]
    assert frame["final_tier"].tolist() == [labels[int(r) - 1] for r in ranks]


# gap, keep and why


def test_gap_and_margin_lead_exactly_onto_the_edges() -> None:
    scheme = load_scheme("vip-abc")
    spent = [0, 49_999.99, 50_000, 199_999.99, 200_000, 500_000, 500_000.01, 0.1 + 0.2]
    frame = graded_facts(scheme, [{"spend": s} for s in spent])
    assert frame["gap"].fillna(-1).tolist() == [50_000, 0.01, 150_000, 0.01, 300_000.01, 0.01, -1, 49_999.7]
    assert frame["keep"].fillna(-1).tolist() == [-1, -1, 0, 149_999.99, 0, 300_000, 0, -1]
    raised = graded_facts(
        scheme, [{"spend": round(s + g, 2)} for s, g in zip(spent[:6], frame["gap"][:6], strict=True)]
    )
    assert (raised["rank"].to_numpy() == frame["rank"].to_numpy()[:6] + 1).all()
    kept = graded_facts(
        scheme, [{"spend": round(s - k, 2)} for s, k in zip(spent[2:7], frame["keep"][2:7], strict=True)]
    )
    assert (kept["rank"].to_numpy() == frame["rank"].to_numpy()[2:7]).all()


def test_why_in_both_languages() -> None:
    scheme = load_scheme("vip-abc")
    rows = [{"spend": 78_600}, {"spend": 500_000.01}, {"spend": 0}]
    zh, en = (graded_facts(scheme, rows, lang=lang)["why"].tolist() for lang in LANGS)
    said = "年消费额 78,600.00，符合B级（起点 50,000.00）；再增 121,400.00 升 A级；高出保级线 28,600.00"
    assert zh[0] == said
    assert zh[1] == "年消费额 500,000.01，符合VIP级（起点 500,000.01）；高出保级线 0.00"
    assert zh[2] == "年消费额 0.00，符合C级；再增 50,000.00 升 B级"
    said = "Yearly spend 78,600.00: B (from 50,000.00); 121,400.00 more to reach A; "
    assert en[0] == said + "above the keep line by 28,600.00"
    over = graded_facts(scheme, rows[:1], override=["VIP"])["why"].tolist()
    assert over == [zh[0] + "；人工调整为 VIP级"]


# what staff overrule


@pytest.mark.parametrize("word", ["VIP级", "VIP", "vip", "Vip", " vip ", "vip级", "VIP级 "])
@pytest.mark.parametrize("lang", LANGS)
def test_an_override_is_a_label_or_id_in_either_language_and_any_case(word: str, lang: Lang) -> None:
    scheme = load_scheme("vip-abc")
    row = graded_facts(scheme, [{"spend": 10}], lang=lang, override=[word]).iloc[0]
    assert (row["computed_tier"], row["final_tier"]) == (("C级", "VIP级") if lang == "zh" else ("C", "VIP"))
    assert (row["rank"], row["final_rank"], row["override_rank"]) == (1, 4, 4)
    assert row["benefits"] == scheme.file.tiers[0].benefits.text(lang)
    assert (row["points_rate"], row["follow_up_days"]) == (2, 7)


@pytest.mark.parametrize("word", ["", "  ", "VVIP", "钻石级", "*", "?", "vip*", "VIP级级", "4", "=VIP", "0"])
def test_any_other_word_changes_nothing(word: str) -> None:
    frame = graded_facts(load_scheme("vip-abc"), [{"spend": 60_000}], override=[word])
    assert frame[["override_rank", "final_rank"]].iloc[0].tolist() == [0, 2]


def test_an_override_may_lower() -> None:
    frame = graded_facts(load_scheme("vip-abc"), [{"spend": 900_000}], override=["c"])
    assert frame["final_tier"].tolist() == ["C级"]
    assert frame["computed_tier"].tolist() == ["VIP级"]


@pytest.mark.parametrize(
    ("until", "holds"),
    [(None, True), (AS_OF + DAY, True), (AS_OF, True), (AS_OF - DAY, False), (date(2020, 1, 1), False)],
)
def test_an_override_lapses_after_its_day(until: date | None, holds: bool) -> None:
    frame = graded_facts(
        load_scheme("vip-abc"),
        [{"spend": 10}],
        override=["A级"],
        override_until=[np.nan if until is None else serial(until)],
    )
    assert frame["final_tier"].tolist() == ["A级" if holds else "C级"]
    assert ("人工" in frame["why"].iloc[0]) is holds


@pytest.mark.parametrize("scheme_id", shipped())
def test_every_tier_goes_by_three_names_and_no_name_by_two_tiers(scheme_id: str) -> None:
    scheme = load_scheme(scheme_id)
    aliases = context_of(scheme, "zh").tier_aliases
    n = len(scheme.file.tiers)
    for i, tier in enumerate(scheme.file.tiers):
        for word in (tier.id, tier.label.zh, tier.label.en):
            assert aliases[word.casefold()] == n - i, word


@pytest.mark.parametrize(
    ("previous", "move", "step"),
    [
        ("", "新", 0),
        ("VIP级", "▼降级", -2),
        ("a", "▼降级", -1),
        ("B", "—", 0),
        ("C级", "▲升级", 1),
        ("unheard", "新", 0),
    ],
)
def test_moves_against_the_last_book(previous: str, move: str, step: int) -> None:
    row = graded_facts(load_scheme("vip-abc"), [{"spend": 60_000}], previous=[previous]).iloc[0]
    assert (row["move"], row["step"]) == (move, step)


def test_a_move_is_one_of_final_tiers() -> None:
    frame = graded_facts(load_scheme("vip-abc"), [{"spend": 60_000}], previous=["B级"], override=["VIP"])
    assert frame[["step", "move"]].iloc[0].tolist() == [2, "▲升级"]


# follow-ups


@pytest.mark.parametrize(
    ("row", "expected_day", "due"),
    [
        ({}, AS_OF, "7天内"),
        ({"last_purchase": serial(AS_OF - 100 * DAY)}, AS_OF - 10 * DAY, "逾期"),
        ({"last_purchase": serial(AS_OF)}, AS_OF + 90 * DAY, "未到期"),
        (
            {"last_purchase": serial(AS_OF), "last_contact": serial(AS_OF - 83 * DAY)},
            AS_OF + 7 * DAY,
            "7天内",
        ),
        ({"last_contact": serial(AS_OF - 82 * DAY)}, AS_OF + 8 * DAY, "未到期"),
        ({"last_contact": serial(AS_OF - DAY), "planned_contact": serial(AS_OF + DAY)}, AS_OF + DAY, "7天内"),
        (
            {"last_contact": serial(AS_OF - DAY), "planned_contact": serial(AS_OF - DAY)},
            AS_OF + 89 * DAY,
            "未到期",
        ),
        ({"planned_contact": serial(AS_OF - DAY)}, AS_OF - DAY, "逾期"),
    ],
)
def test_next_follow_up(row: dict[str, float], expected_day: date, due: str) -> None:
    found = graded_facts(load_scheme("vip-abc"), [row]).iloc[0]
    assert (found["next_follow_up"], found["due"]) == (serial(expected_day), due)


# any facts at all

AMOUNT = st.integers(-(10**10), 10**11).map(lambda n: n / 100)
ROW = st.fixed_dictionaries(
    {
        "spend": AMOUNT,
        "prior_spend": AMOUNT,
        "orders": st.integers(0, 60),
        "categories": st.integers(0, 9),
        "complaints": st.integers(0, 5),
    },
    optional={
        "satisfaction": st.integers(100, 500).map(lambda n: n / 100),
        "recency": st.integers(0, 900),
        "tenure": st.integers(-10, 4_000).map(lambda n: n / 10),
    },
)


@given(st.lists(ROW, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_score_is_the_weighted_mean_of_what_is_known(rows: list[dict[str, float]]) -> None:
    scheme = load_scheme("vip-abc")
    frame = graded_facts(scheme, rows)
    for i, row in enumerate(rows):
        weights, total = 0.0, 0.0
        for key, criterion in scheme.file.criteria.items():
            if key in row:
                low, high = criterion.low or 0, criterion.high or 0
                share = min(max((row[key] - low) / (high - low), 0), 1)
                weights += criterion.weight
                total += criterion.weight * share * 100
        wanted = total / weights + (5 if row["orders"] > 10 else 0)
        assert frame["score"][i] == pytest.approx(wanted, abs=0.06)  # points are rounded to a tenth
        assert frame["completeness"][i] == pytest.approx(weights / 100)
        edges = [t.edge for t in scheme.file.tiers[:-1]]
        rank = 1 + (row["spend"] >= edges[2]) + (row["spend"] >= edges[1]) + (row["spend"] > edges[0])
        assert frame["rank"][i] == rank


def test_graded_carries_the_settings() -> None:
    found: Graded = graded(cleaned([{"customer_id": "A"}]), load_scheme("vip-abc"), changed={"tier_b": 1.0})
    assert found.settings.tables["tier_cut"][1] == 1.0
    assert found.settings.as_of == AS_OF
