"""Staff's word over what the transactions say, and where the two differ."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from sheetgen.grading.prefer import BESIDE, DERIVED_FIELDS, derive_preferences, preferred
from sheetgen.scheme.tables import data_tables

from .base import AS_OF, cleaned, sale


def derived() -> pd.DataFrame:
    lines = [sale("A", 5, AS_OF - timedelta(days=40), category="茶", order_id="1"),
             sale("A", 5, AS_OF - timedelta(days=3), category="茶", order_id="2"),
             sale("A", 9, AS_OF + timedelta(days=3), category="茶", order_id="3")]  # fmt: skip
    clean = cleaned([{"customer_id": "A"}, {"customer_id": "idle"}], lines)
    return derive_preferences(clean.tables["customers"]["customer_id"], clean.tables["transactions"], AS_OF)


def test_days_since_the_last_purchase_count_to_the_as_of_date() -> None:
    found = derived()
    assert set(DERIVED_FIELDS) == set(found.columns) - {"customer_id"}
    assert found["since_purchase"].iloc[0] == 3 and pd.isna(found["since_purchase"].iloc[1])


@pytest.mark.parametrize(
    ("said", "wanted", "differs"),
    [("", "茶", False), ("茶", "茶", False), (" 茶 ", "茶", False), ("咖啡", "咖啡", True)],
)
def test_what_staff_recorded_wins(said: str, wanted: str, differs: bool) -> None:
    recorded = pd.DataFrame(
        {"customer_id": ["A"], "likes_category": [said], "likes_channel": [""]}, dtype="str"
    )
    found = preferred(derived(), recorded)
    assert (found["top_category"].iloc[0], bool(found["differs"].iloc[0])) == (wanted, differs)
    assert found["top_category"].iloc[1] == "" and not found["differs"].iloc[1]


def test_where_the_transactions_say_nothing_there_is_no_difference() -> None:
    recorded = pd.DataFrame(
        {"customer_id": ["idle"], "likes_category": ["茶"], "likes_channel": ["x"]}, dtype="str"
    )
    found = preferred(derived(), recorded)
    assert found["top_category"].iloc[1] == "茶" and not found["differs"].any()


def test_what_stands_beside_each_other_is_declared() -> None:
    assert set(BESIDE) <= set(data_tables()["preferences"].fields)
    assert set(BESIDE.values()) <= set(DERIVED_FIELDS)
