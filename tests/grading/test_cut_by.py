"""Relative tier edges become plain numbers, never split a tie; an uplift raises by whole tiers."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.errors import UsageError
from sheetgen.grading.settings import HIGHEST, resolve_edge
from sheetgen.scheme.library import load_scheme, templates_folder

from .base import AS_OF, cleaned, graded, sale

money = st.lists(st.integers(-50_000, 5_000_000).map(lambda c: c / 100), min_size=1, max_size=60)
parts = st.sampled_from([0.01, 0.05, 0.1, 0.2, 0.5, 0.8, 1.0])


@given(money, parts)
def test_a_share_is_reached_exactly_from_its_edge_on(values: list[float], part: float) -> None:
    edge = resolve_edge(np.array(values), "share", part, 2)
    whole = sum(round(v * 100) for v in values if v > 0)
    for value in values:
        if value > 0:
            assert (value >= edge) == (round(value * 100) * 100 >= round(part * 100) * whole)


@given(money, parts)
def test_in_the_top_part_is_whom_fewer_than_that_part_exceed(values: list[float], part: float) -> None:
    edge = resolve_edge(np.array(values), "rank", part, 2)
    for value in values:
        above = sum(other > value for other in values)
        if value > 0:
            assert (value >= edge) == (above * 100 < round(part * 100) * len(values))


@given(money, parts)
def test_those_above_a_cumulative_edge_bring_the_part_and_need_their_last_one(
    values: list[float], part: float
) -> None:
    edge = resolve_edge(np.array(values), "cumulative", part, 2)
    cents = [round(v * 100) for v in values if v > 0]
    if not cents:
        assert edge == HIGHEST
        return
    chosen = [c for c in cents if c >= round(edge * 100)]
    last = [c for c in chosen if c > min(chosen)]
    assert sum(chosen) * 100 >= round(part * 100) * sum(cents)
    assert sum(last) * 100 < round(part * 100) * sum(cents)


def ranks(scheme: str, spends: list[int], **more: object) -> dict[str, str]:
    """Customer -> computed tier, for customers C0, C1 … with that many cents."""
    ids = [f"C{i}" for i in range(len(spends))]
    rows = [sale(customer, cents) for customer, cents in zip(ids, spends, strict=True) if cents]
    frame = graded(cleaned([{"customer_id": c} for c in ids], rows), load_scheme(scheme)).frame
    return dict(zip(ids, frame["computed_tier"].tolist(), strict=True))


@pytest.mark.parametrize(
    ("cents", "tier"),
    [(999_99, "A级"), (1_000_00, "VIP级"), (1_000_01, "VIP级"), (499_99, "B级"), (500_00, "A级"),
     (99_99, "C级"), (100_00, "B级")],
)  # fmt: skip
def test_electronics_by_share(cents: int, tier: str) -> None:
    """10,000.00 in all: 10 % are 1,000.00, 5 % 500.00, 1 % 100.00."""
    assert ranks("electronics-share", [cents, 1_000_000 - cents])["C0"] == tier


def test_electronics_by_rank_keeps_ties_together() -> None:
    """Of 100 customers the first is the top 1 %; five share the second place and all are A."""
    found = ranks("electronics-rank", [900_00, *[800_00] * 5, *range(94, 0, -1)])
    assert found["C0"] == "VIP级"
    assert [found[f"C{i}"] for i in range(1, 6)] == ["A级"] * 5
    assert [found[f"C{i}"] for i in range(6, 12)] == ["B级"] * 4 + ["C级"] * 2


def test_phone_pareto_takes_who_bring_eighty_percent() -> None:
    found = ranks("phone-pareto", [500_00, 300_00, 100_00, 100_00, 0])
    assert list(found.values()) == ["高价值客户", "高价值客户", "普通客户", "普通客户", "普通客户"]


@pytest.mark.parametrize(
    ("before", "now", "months", "tier"),
    [
        (60_000_00, 120_000_00, 30, "A级"),
        (60_000_00, 119_999_99, 30, "B级"),
        (60_000_00, 120_000_01, 30, "A级"),
        (0, 120_000_00, 30, "B级"),
        (60_000_00, 120_000_00, 23, "B级"),
        (300_000_00, 600_000_00, 30, "VIP级"),
        (-5_00, 120_000_00, 30, "B级"),
    ],
)
def test_appliances_rise_by_one_on_doubled_spend(before: int, now: int, months: int, tier: str) -> None:
    registered = AS_OF - timedelta(days=round(months * 30.5))
    sales = [sale("C0", now), *([sale("C0", before, AS_OF - timedelta(days=400))] if before else [])]
    clean = cleaned([{"customer_id": "C0", "registered_on": registered}], sales)
    frame = graded(clean, load_scheme("appliance-growth")).frame
    assert frame["computed_tier"].tolist() == [tier]


def test_a_raised_customer_is_told_why_and_what_is_missing() -> None:
    registered = AS_OF - timedelta(days=1_000)
    sales = [sale("C0", 120_000_00), sale("C0", 60_000_00, AS_OF - timedelta(days=400))]
    clean = cleaned([{"customer_id": "C0", "registered_on": registered}], sales)
    row = graded(clean, load_scheme("appliance-growth")).frame.iloc[0]
    assert (row["gap"], row["keep"]) == (80_000.0, 70_000.0)
    assert "按升档规则上调" in row["why"] and "80,000.00" in row["why"]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("at_least: 0.10, benefits", "over: 0.10, benefits", "at_least"),
        ("at_least: 0.10, benefits", "at_least: 10, benefits", "part above 0"),
        ("at_least: 0.05, benefits", "at_least: 0.2, benefits", "fall strictly"),
        ("tier_by: spend", "tier_by: score", "cut_by_metric"),
    ],
)
def test_what_relative_edges_may_not_be(tmp_path, was: str, now: str, said: str) -> None:
    text = (templates_folder() / "electronics-share" / "scheme.yml").read_text("utf-8")
    assert text.count(was) == 1
    (tmp_path / "scheme.yml").write_text(text.replace(was, now), "utf-8")
    with pytest.raises(UsageError) as caught:
        load_scheme(str(tmp_path))
    assert said in caught.value.key + str(caught.value.facts)
