"""What the transactions say that a customer likes."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pandas as pd

from sheetgen.grading.prefer import derive_preferences

from .base import AS_OF, Row, cleaned, sale


def liked(lines: list[Row], customer: str = "A") -> pd.Series:
    clean = cleaned([{"customer_id": customer}, {"customer_id": "idle"}], lines)
    found = derive_preferences(clean.tables["customers"]["customer_id"], clean.tables["transactions"], AS_OF)
    assert found["customer_id"].tolist() == [customer, "idle"]
    assert found.iloc[1].drop("customer_id").isna().all()
    return found.iloc[0]


def test_most_lines_then_most_money_then_by_name() -> None:
    lines = [("茶", 100), ("茶", 100), ("咖啡", 900)]
    assert (
        liked([sale("A", c, category=k, order_id=f"{i}") for i, (k, c) in enumerate(lines)])["top_category"]
        == "茶"
    )
    lines = [("茶", 100), ("咖啡", 900)]
    assert liked([sale("A", c, category=k) for k, c in lines])["top_category"] == "咖啡"
    assert liked([sale("A", 5, category=k, order_id=k) for k in ("b", "a", "c")])["top_category"] == "a"


def test_refunds_the_future_and_unnamed_categories_do_not_count() -> None:
    day = AS_OF + timedelta(days=1)
    lines = [
        sale("A", -100, category="退"),
        sale("A", 100, day, category="将"),
        sale("A", 7, category="—"),
        sale("A", 9),
    ]
    row = liked([*lines, sale("A", 1, category="茶", channel="门店")])
    assert (row["top_category"], row["top_channel"]) == ("茶", "门店")


def test_usual_basket_is_the_median_order_and_not_line() -> None:
    lines = [sale("A", 100, order_id="o1"), sale("A", 200, order_id="o1"), sale("A", 1_001, order_id="o2")]
    assert liked(lines)["usual_basket"] == 6.51  # (3.00 + 10.01) / 2 = 6.505, half away from zero


def test_usual_interval_is_between_days_with_orders() -> None:
    days = [date(2025, 1, 1), date(2025, 1, 1), date(2025, 1, 11), date(2025, 1, 31)]
    assert liked([sale("A", 10 + i, d) for i, d in enumerate(days)])["usual_interval"] == 15
    assert math.isnan(liked([sale("A", 10, days[0])])["usual_interval"])


def test_usual_weekday_counts_days() -> None:
    mondays = [date(2025, 3, 3), date(2025, 3, 10)]
    tuesday = [date(2025, 3, 4)] * 5
    row = liked([sale("A", 10 + i, d) for i, d in enumerate([*mondays, *tuesday])])
    assert row["usual_weekday"] == 1
    assert liked([sale("A", 10, mondays[0]), sale("A", 10, tuesday[0])])["usual_weekday"] == 2
