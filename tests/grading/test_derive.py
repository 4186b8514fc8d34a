"""Derived columns: what plain Python makes of one row at a time, for any mixture of dates and gaps."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.grading.derive import READ, with_columns
from sheetgen.scheme.expr import parse
from sheetgen.scheme.tables import data_tables, unsure, with_inputs

from .base import AS_OF, table

days = st.one_of(st.none(), st.integers(-70, 20).map(lambda back: AS_OF + timedelta(days=back)))
cents = st.one_of(st.none(), st.sampled_from([-5_00, 0, 1, 99_99, 100_00, 100_01]))
bills = st.fixed_dictionaries(
    {
        "customer_id": st.just("C"),
        "date": st.integers(0, 70).map(lambda back: AS_OF - timedelta(days=back)),
        "billed": cents,
        "credit_days": st.one_of(st.none(), st.sampled_from([0, 1, 30])),
        "due_on": days,
        "paid_on": days,
        "paid": cents,
    }
)
Bill = dict[str, Any]


def judged(bill: Bill) -> Bill:
    """Payable by, unpaid, open, days overdue and on time, by the words of their notes."""
    billed, paid = bill["billed"], bill["paid"]
    paid_on = bill["paid_on"]
    received = paid_on is not None and paid_on <= AS_OF
    due = bill["due_on"]
    if due is None and bill["credit_days"] is not None:
        due = bill["date"] + timedelta(days=bill["credit_days"])
    if billed is not None and billed <= 0:
        due = None
    if billed is None:
        unpaid, open_ = None, not received
    else:
        if paid_on is not None and not received:
            unpaid = billed
        elif paid is not None:
            unpaid = billed - paid
        else:
            unpaid = 0 if received else billed
        open_ = billed > 0 and unpaid > 0
    late = 0
    if due is not None and open_:
        late = max((AS_OF - due).days, 0)
    elif due is not None and paid_on is not None:
        late = max((paid_on - due).days, 0)
    on_time = None
    if due is not None and late > 0:
        on_time = 0
    elif due is not None and not open_ and paid_on is not None:
        on_time = 1
    return {"due": due, "unpaid": unpaid, "open": int(open_), "overdue_days": late, "on_time": on_time}


@given(st.lists(bills, max_size=8))
def test_payments(rows: list[Bill]) -> None:
    frame = with_columns(table("payments", rows), "payments", data_tables()["payments"].derived, AS_OF)
    for i, bill in enumerate(rows):
        for key, wanted in judged(bill).items():
            found = frame[key].iloc[i]
            if wanted is None:
                assert pd.isna(found), (bill, key)
            else:
                assert found == (pd.Timestamp(wanted) if key == "due" else wanted), (bill, key)


@pytest.mark.parametrize(
    ("due", "paid", "late", "on_time"),
    [
        (0, None, 0, None),
        (-1, None, 1, 0),
        (1, None, 0, None),
        (-5, -5, 0, 1),
        (-5, -4, 1, 0),
        (5, 0, 0, 1),
        (-5, 1, 5, 0),
        (None, -3, 0, None),
    ],
)
def test_sales_are_judged_by_their_own_dates(
    due: int | None, paid: int | None, late: int, on_time: int | None
) -> None:
    """Paid after the as-of date is not paid yet."""
    told = {"due_on": due, "paid_on": paid}
    on = {key: None if n is None else AS_OF + timedelta(days=n) for key, n in told.items()}
    row = {"customer_id": "C", "date": AS_OF - timedelta(days=30), "cents": 1, **on}
    found = with_columns(table("transactions", [row]), "transactions", ["on_time"], AS_OF).iloc[0]
    assert found["overdue_days"] == late
    assert found["on_time"] == on_time or (pd.isna(found["on_time"]) and on_time is None)


def test_points_left_count_down_to_the_as_of_date() -> None:
    ends = [AS_OF + timedelta(days=n) for n in (-1, 0, 30)]
    rows = [{"customer_id": "C", "date": date(2025, 1, 1), "expires_on": end} for end in [*ends, None]]
    frame = with_columns(table("points", rows), "points", ["days_left"], AS_OF)
    assert frame["days_left"].tolist()[:3] == [-1, 0, 30] and pd.isna(frame["days_left"].iloc[3])


def test_nothing_is_made_where_nothing_is_asked() -> None:
    frame = table("payments", [{"customer_id": "C", "date": AS_OF}])
    assert with_columns(frame, "payments", ["billed", "paid"], AS_OF) is frame
    sales = with_columns(table("transactions", []), "transactions", ["profit", "amount"], AS_OF)
    assert sales["profit"].dtype == np.float64, "an optional column that no input had is unknown"


@pytest.mark.parametrize("kind", [t.id for t in data_tables().values() if t.derived])
def test_each_is_declared_so_that_both_engines_can_have_it(kind: str) -> None:
    """It is a number or a day, reads only such, what stands before it, and asks of gaps first."""
    declared = data_tables()[kind]
    seen: list[str] = []
    for key, field in declared.columns.items():
        if field.value:
            names = [name for name in parse(field.value).names if name != "as_of"]
            assert field.type in READ and field.note and field.shown
            assert all(declared.columns[name].type in READ and name in seen for name in names), key
            assert with_inputs(kind, [key])[-1] == key
        seen.append(key)
    assert unsure(kind) < set(declared.derived) or kind == "points"
    assert not set(declared.derived) & set(declared.fields)
