"""Hotel, points, credit, and profit in the phone maker's 80/20: figures of the sources, edge by edge."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sheetgen.errors import UsageError
from sheetgen.pipeline import BuildRequest, build
from sheetgen.scheme.library import load_scheme, read_scheme

from ..grading.base import AS_OF, Row, cleaned, graded, sale, table
from .base import bent, told

DAY = timedelta(days=1)


def frame_of(
    scheme: str, sales: list[Row], more: dict[str, list[Row]] | None = None, **customer: object
) -> Row:
    """What one customer C comes to."""
    data = cleaned([{"customer_id": "C", **customer}], sales)
    data.tables.update({name: table(name, rows) for name, rows in (more or {}).items()})
    return dict(graded(data, load_scheme(scheme)).frame.iloc[0])


def stay(nights: float | None = None, cents: float | None = None, no_show: str = "no", back: int = 9) -> Row:
    day = AS_OF - back * DAY
    return {"customer_id": "C", "date": day, "nights": nights, "charge": cents, "no_show": no_show}


# hotel: 40 nights, or as much spend, with at most three no-shows


@pytest.mark.parametrize(
    ("stays", "tier"),
    [
        ([stay(39.99)], "普通客户"),
        ([stay(40)], "VIP客户"),
        ([stay(40, back=364)], "VIP客户"),
        ([stay(40, back=365)], "普通客户"),
        ([stay(20), stay(20, no_show="yes")], "普通客户"),
        ([stay(1, 31_992_00)], "普通客户"),
        ([stay(1, 32_000_00)], "VIP客户"),
        ([stay(40), *[stay(no_show="yes")] * 3], "VIP客户"),
        ([stay(400), *[stay(no_show="yes")] * 4], "普通客户"),
        ([], "普通客户"),
    ],
)
def test_hotel(stays: list[Row], tier: str) -> None:
    assert frame_of("hotel", [], {"stays": stays})["computed_tier"] == tier


def test_hotel_keeps_a_vip_with_30_nights() -> None:
    vip = load_scheme("hotel").file.tiers[0]
    assert (vip.at_least, vip.keep) == (40, 30)


# credit: what was due and when it was paid, terms and limits of the trade


def bill(due: int, paid: int | None = None, cents: int = 100_00, back: int = 90, **more: object) -> Row:
    """Due and paid so many days from the as-of date."""
    on = {"due_on": AS_OF + due * DAY, "paid_on": None if paid is None else AS_OF + paid * DAY}
    return {"customer_id": "C", "date": AS_OF - back * DAY, "billed": cents, **on, **more}


def credit(*bills: Row, sales: list[Row] | None = None) -> Row:
    return frame_of("credit", sales or [], {"payments": list(bills)})


def test_credit_counts_what_is_overdue() -> None:
    row = credit(bill(-30, -30), bill(-30, -20), bill(-7), bill(0), bill(9), bill(-9, back=400))
    assert (row["overdue_count"], row["overdue_total"], row["overdue_longest"]) == (2, 17, 10)
    assert row["on_time_share"] == round(1 / 3, 4), "of three that were due; two are open and not yet due"
    assert (row["overdue_now"], row["unpaid"]) == (2, 400.0), "whatever its age"
    assert row["tags"] == "有逾期未付"


def test_credit_of_who_has_no_payment_rows_is_told_by_the_sales() -> None:
    late = {"due_on": AS_OF - 40 * DAY, "paid_on": AS_OF - 35 * DAY, "order_id": "A"}
    good = {"due_on": AS_OF - 40 * DAY, "paid_on": AS_OF - 41 * DAY, "order_id": "B"}
    sales = [sale("C", 5_00, AS_OF - 60 * DAY, **more) for more in (late, late, good)]
    row = frame_of("credit", sales)
    assert (row["overdue_count"], row["overdue_longest"], row["on_time_share"]) == (1, 5, 0.5)
    assert row["overdue_total"] != row["overdue_total"], "days of invoices are not those of lines"
    told_twice = credit(bill(-30, -30), sales=sales)
    assert (told_twice["overdue_count"], told_twice["on_time_share"]) == (0, 1), "invoices win"


def test_credit_without_any_record_is_unknown_and_no_praise() -> None:
    row = frame_of("credit", [sale("C", 1_00)])
    assert row["on_time_share"] != row["on_time_share"] and row["overdue_count"] != row["overdue_count"]
    assert row["tags"] == "无付款记录" and row["completeness"] < 0.5


@pytest.mark.parametrize(
    ("score", "grade", "days", "limit"),
    [
        (90, "AAA", 90, 45_000),
        (89.9, "AA", 60, 20_000),
        (80, "AA", 60, 20_000),
        (70, "A", 30, 8_000),
        (60, "B", 15, 3_000),
        (59.9, "C", 0, 0),
    ],
)
def test_credit_terms_and_limits(score: float, grade: str, days: int, limit: float) -> None:
    """AAA 90 days, AA 60, A 30, B 15, C cash; limit = monthly sales x term x factor."""
    others = ("on_time_share", "overdue_count", "overdue_longest", "orders", "tenure")
    changed = {f"{key}_weight": 0.0 for key in others}
    changed |= {"spend_low": 0.0, "spend_high": 120_000 / score * 100}
    data = cleaned([{"customer_id": "C"}], [sale("C", 120_000_00)])
    row = graded(data, load_scheme("credit"), changed=changed).frame.iloc[0]
    found = (row["score"], row["grade"], row["credit_term"], row["credit_limit"])
    assert found == (score, grade, days, limit)


@pytest.mark.parametrize(
    ("days", "score", "tier"),
    [(36, 70.0, "高价值客户"), (37, 69.2, "中价值客户"), (66, 45.0, "中价值客户"), (67, 44.2, "低价值客户")],
)
def test_credit_levels_begin_at_70_and_45(days: int, score: float, tier: str) -> None:
    changed = {f"{k}_weight": 0.0 for k in ("on_time_share", "overdue_count", "spend", "orders", "tenure")}
    changed |= {"overdue_longest_low": 120.0}
    data = cleaned([{"customer_id": "C"}])
    data.tables["payments"] = table("payments", [bill(-days)])
    row = graded(data, load_scheme("credit"), changed=changed).frame.iloc[0]
    assert (row["score"], row["computed_tier"]) == (score, tier)


# points: every spend earns, the tier multiplies


@pytest.mark.parametrize(
    ("cents", "tier", "points"),
    [
        (200_000_00, "金卡", 400_000),
        (199_999_99, "银卡", 300_000),
        (50_000_00, "银卡", 75_000),
        (49_999_99, "普通会员", 50_000),
        (10, "普通会员", 0),
        (-5_00, "普通会员", 0),
    ],
)
def test_points_due(cents: int, tier: str, points: float) -> None:
    row = frame_of("points", [sale("C", cents)])
    assert (row["computed_tier"], row["due_points"], row["balance"]) == (tier, points, points)


@pytest.mark.parametrize(
    ("earned", "redeemed", "balance", "reward"),
    [
        (5_000, 0, 5_000, "50元优惠券"),
        (5_000, 1, 4_999, "积分不足"),
        (30_000, 10_000, 20_000, "精选商品"),
        (100_000, 0, 100_000, "礼品套装"),
        (None, 400, 600, "积分不足"),
        (10, 20, 0, "积分不足"),
    ],
)
def test_points_that_the_ledger_tells(earned: int | None, redeemed: int, balance: int, reward: str) -> None:
    """Without a row that earns, what is due by the spend (1,000 here) is what was earned."""
    moves = [{"customer_id": "C", "date": AS_OF, "earned": earned, "redeemed": redeemed}]
    row = frame_of("points", [sale("C", 1_000_00)], {"points": moves})
    assert (row["balance"], row["reward"]) == (balance, reward)


def test_an_override_earns_at_its_own_rate() -> None:
    data = cleaned([{"customer_id": "C"}], [sale("C", 1_000_00)])
    assert graded(data, load_scheme("points"), override=["金卡"]).frame["due_points"].tolist() == [2_000]


# phone maker: profit where it is given


def phone(*sales: tuple[int, int | None]) -> list[str]:
    rows = [sale(f"C{i}", spend) for i, (spend, _) in enumerate(sales)]
    data = cleaned([{"customer_id": f"C{i}"} for i in range(len(sales))], rows)
    profits = [float("nan") if profit is None else float(profit) for _, profit in sales]
    data.tables["transactions"] = data.tables["transactions"].assign(profit=profits)
    found: list[str] = graded(data, load_scheme("phone-pareto")).frame["computed_tier"].tolist()
    return found


def test_four_fifths_of_the_profit() -> None:
    """C0 brings most of the spend, C1 and C2 four fifths of the profit."""
    high, low = "高价值客户", "普通客户"
    assert phone((900_00, 10_00), (50_00, 60_00), (30_00, 20_00), (20_00, 10_00)) == [low, high, high, low]
    assert phone((900_00, None), (50_00, 60_00), (30_00, None)) == [low, high, low], "unknown is no profit"


def test_four_fifths_of_the_spend_where_no_profit_is_given() -> None:
    assert phone((800_00, None), (150_00, None), (50_00, 0)) == ["高价值客户", "普通客户", "普通客户"]


def test_staff_may_decide_for_spend() -> None:
    data = cleaned([{"customer_id": "C0"}, {"customer_id": "C1"}], [sale("C0", 900_00), sale("C1", 100_00)])
    data.tables["transactions"] = data.tables["transactions"].assign(profit=[1.0, 99.0])
    scheme = load_scheme("phone-pareto")
    assert graded(data, scheme).frame["worth"].tolist() == [0.01, 0.99]
    assert graded(data, scheme, changed={"by_profit": 0.0}).frame["worth"].tolist() == [900, 100]


def test_the_column_of_profit_is_shown_where_there_is_any(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("客户编号,日期,金额,毛利\nC,2025-01-01,5,2\n", "utf-8")
    (tmp_path / "b.csv").write_text("客户编号,日期,金额,毛利\nC,2025-01-01,5,\n", "utf-8")
    from sheetgen.workbook.content import filled

    for name, shown in (("a", {"transactions.profit"}), ("b", set())):
        request = BuildRequest(tmp_path / "x.xlsx", [str(tmp_path / f"{name}.csv")], dry_run=True)
        assert filled(build(request).clean) == shown


# what a scheme may ask of derived columns


@pytest.mark.parametrize(
    ("metric", "key"),
    [
        ("agg: max, of: on_time, empty: unknown, format: integer", "metric_type"),
        ("agg: last, of: due, empty: unknown, format: date", "metric_type"),
        ("agg: sum, of: nothing, empty: 0, format: integer", "column_unknown"),
        ("agg: sum, of: unpaid, where: due > 5, empty: 0, format: money", "where_refused"),
    ],
)
def test_what_is_refused(metric: str, key: str) -> None:
    """The formula of an extreme reckons with every cell; a derived one may be an empty word."""
    extra = f"metrics:\n  mine: {{label: {{zh: 我, en: I}}, from: payments, {metric}}}\n"
    with pytest.raises(UsageError) as caught:
        read_scheme(bent(("metrics:\n", extra)), "small.yml")
    assert caught.value.key == key
    told(caught.value)


def test_a_number_of_the_data_names_a_metric() -> None:
    asked = "parameters:\n  has: {label: {zh: 有, en: Has}, value: 0, any_of: spent}\n"
    with pytest.raises(UsageError) as caught:
        read_scheme(bent(("parameters:\n", asked)), "small.yml")
    assert caught.value.key == "column_unknown" and caught.value.facts["near"] == "spend"
