"""Staff edit the book in LibreOffice; after each step it must show what Python makes of the same inputs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .desk import Desk, Look, by_customer, differences, look
from .edits import BIG, GROUPS, HALF, PEOPLE, QUIET, SAME, C, T, add, change, number, override, sort


def tables(desk: Desk, seen: Look) -> list[object]:
    return [by_customer(desk, "scores", seen.scores), by_customer(desk, "tiers", seen.tiers)]


@pytest.mark.parametrize("group", GROUPS)
def test_edits(desk_of: Callable[[str], Desk], group: str) -> None:
    desk = desk_of("vip-abc")
    before = look(desk)
    months = True
    for step, edit in GROUPS[group].items():
        edit(desk)
        seen = look(desk)
        assert (tables(desk, seen) == tables(desk, before)) == (step in SAME), f"{step} did nothing"
        months = months and step not in HALF
        assert differences(desk, seen, months) == [], step
        assert desk.named("x_gate") == 0, step
        before = seen


def test_edits_that_change_nothing(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("vip-abc")
    first, inputs = tables(desk, look(desk)), desk.inputs()
    for step, edit in QUIET.items():
        edit(desk)
        assert desk.inputs() != inputs, f"{step} did nothing"
        seen, inputs = look(desk), desk.inputs()
        assert tables(desk, seen) == first, step
        assert differences(desk, seen) == [], step
        assert desk.named("x_gate") == 0, step


def test_an_unknown_id_is_told_and_restored(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("vip-abc")
    first, status = tables(desk, look(desk)), desk.read("overview")[2][0]
    row = desk.row_of(T, BIG, 3)
    desk.put(T, row, customer_id="没有这人")
    assert {where for _, where, *_ in differences(desk, months=False)} == {"A3"}
    assert desk.named("transactions_open") == 1
    assert str(desk.read("overview")[2][0]).startswith("1 行")
    desk.put(T, row, customer_id=BIG)
    assert tables(desk, look(desk)) == first
    assert desk.read("overview")[2][0] == status


def test_customers_and_tiers_may_be_sorted(desk_of: Callable[[str], Desk]) -> None:
    """Staff's own columns move with their customers, and edits still reach the right one."""
    desk = desk_of("vip-abc")
    override(desk, "平5", "VIP级")
    override(desk, "服1", "A级")
    first = tables(desk, look(desk))
    rows = desk.layout.rows[C]
    orders = (
        (C, "customer_name", False),
        ("tiers", "gap", True),
        ("tiers", "customer_name", True),
        (C, "owner", True),
    )
    for sheet, column, up in orders:
        desk.sort(sheet, column, up, rows)
        assert tables(desk, look(desk)) == first, (sheet, column)
    PEOPLE["new customer"](desk)
    add(desk, "平5", 123.0)
    override(desk, "平7", "B级")
    assert differences(desk) == []
    desk.sort(C, "key", True, rows)
    desk.sort("tiers", "key", True, rows)
    assert differences(desk) == []


def test_a_customer_is_deleted(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("vip-abc")
    desk.office.delete_row(desk.sheet(C), desk.row_of(C, "平5"))
    found = differences(desk, months=False)
    assert {(sheet, where) for sheet, where, *_ in found} == {("overview", "A3")}
    assert desk.named("transactions_open") == 2


def test_a_customer_inserted_by_hand_is_scored(desk_of: Callable[[str], Desk]) -> None:
    """Not in a prepared row, so without a number: there is no row for it on 客户级别."""
    desk = desk_of("vip-abc")
    row = desk.row_of(C, "平5")
    desk.office.delete_row(desk.sheet(C), row)
    desk.office.insert_row(desk.sheet(C), row)
    desk.put(C, row, customer_id="平5", customer_name="又来了")
    found = [d for d in differences(desk) if d[0] != "overview"]
    assert found == [("tiers", "customers", "", "平5")]


def test_words_for_a_date_are_called_an_error(desk_of: Callable[[str], Desk]) -> None:
    """Python leaves the row out. The book cannot, and shows no number where it would need that date."""
    desk = desk_of("vip-abc")
    change("平3", 0, date="上周")(desk)
    found = [d for d in differences(desk, months=False) if d[0] != "overview"]  # no count has the customer
    assert {customer for customer, *_ in found} == {"平3"}
    assert {shown for _, _, shown, _ in found} == {"数据错误"}
    assert {column for _, column, *_ in found} >= {"scores.recency", "scores.stage", "tiers.next_follow_up"}


def test_an_error_in_an_amount_gives_nobody_a_tier(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("vip-abc")
    change("平3", 0, amount="=1/0")(desk)
    seen = look(desk)
    row = by_customer(desk, "scores", seen.scores)["平3"] | by_customer(desk, "tiers", seen.tiers)["平3"]
    for column in (
        "spend",
        "average_order",
        "clv",
        "spend_points",
        "score",
        "computed_tier",
        "final_tier",
        "why",
    ):
        assert row[column] == "数据错误", column
    override(desk, "平3", "A级")
    assert by_customer(desk, "tiers", desk.read("tiers"))["平3"]["final_tier"] == "A级"


def test_edges_upside_down_withhold_the_tiers(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("vip-abc")
    first = tables(desk, look(desk))
    number("tier_b", 600_000)(desk)
    for row in by_customer(desk, "tiers", desk.read("tiers")).values():
        assert {row[c] for c in row if not c.startswith("customer")} == {"门槛有误"}
    assert "门槛" in str(desk.read("overview")[2][0])
    number("tier_b", 50_000)(desk)
    assert tables(desk, look(desk)) == first


OTHERS = {
    "rfm": {
        "divide": number("high_over", 2),
        "cut": number("spend_cut_2", 800),
        "cuts out of order": number("orders_cut_1", 30),
        "weight": number("recency_weight", 2.5),
    },
    "weighted-score": {
        "threshold onto a score": number("tier_key", 60),
        "weight": number("clv_weight", 60),
        "cost of a complaint": number("complaint_cost", 33.3),
        "ends": number("feedback_low", 50),
    },
    "retail-diamond": {
        "threshold": number("tier_gold", 8_000),
        "recency ends": number("recency_low", 30),
        "weight none": number("spend_weight", 0),
    },
}
"""numbers on 参数设置 of the other schemes; the last as-of date and the rows below are added to each"""


@pytest.mark.parametrize("scheme", OTHERS)
def test_other_schemes(desk_of: Callable[[str], Desk], scheme: str) -> None:
    desk = desk_of(scheme)
    before = look(desk)
    steps = OTHERS[scheme] | {step: GROUPS["below"][step] for step in ("some", "nasty ids", "refund")}
    steps |= {step: GROUPS["rows"][step] for step in ("insert in many places", "clear a row")}
    steps |= {"window": number("year_days", 90), "sorted": sort(T, "date")}
    for step, edit in steps.items():
        edit(desk)
        seen = look(desk)
        assert tables(desk, seen) != tables(desk, before) or step == "sorted", f"{step} did nothing"
        assert differences(desk, seen) == [], step
        before = seen
