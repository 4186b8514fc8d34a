"""Metrics over windows of every kind count the days that the windows say, and no others."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.grading.measure import measure, window_days
from sheetgen.grading.settings import start_settings
from sheetgen.model import Clean
from sheetgen.scheme.compile import Scheme

from ..scheme.base import small
from .base import cleaned, graded, sale

KINDS = {
    "rolling": "months: 3",
    "rolling_before": "months: 3, before: rolling",
    "fiscal": "period: year, first_month: 4",
    "fiscal_before": "period: year, before: fiscal",
    "closed": "period: quarter, whole: true",
    "closed_before": "period: quarter, before: closed",
    "this_month": "period: month",
}
LAST = date(2024, 6, 30)
DAYS = [LAST - timedelta(days=n) for n in range(1_200)]


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    label = "{label: {zh: 甲, en: A}, "
    windows = "".join(f"  {key}: {label}{kind}}}\n" for key, kind in KINDS.items())
    of = "from: transactions, agg: sum, of: amount, empty: 0, format: money"
    metrics = "".join(f"  in_{key}: {label}{of}, window: {key}}}\n" for key in KINDS)
    return small(("windows:\n", "windows:\n" + windows), ("metrics:\n", "metrics:\n" + metrics))


@pytest.fixture(scope="module")
def daily() -> Clean:
    """A sale on each day; the n-th day back sold so many cents that any set of days has its own sum."""
    rows = [sale("A", (n + 1) * (n + 1), day) for n, day in enumerate(DAYS)]
    return cleaned([{"customer_id": "A"}], rows)


@settings(max_examples=15, deadline=None)
@given(
    as_of=st.dates(date(2023, 1, 1), LAST),
    first_month=st.integers(1, 12),
    months=st.integers(1, 12),
)
def test_every_day_within_counts_and_no_other(
    scheme: Scheme, daily: Clean, as_of: date, first_month: int, months: int
) -> None:
    changed = {"fiscal_first_month": float(first_month), "rolling_months": float(months)}
    numbers = start_settings(scheme, as_of, changed)
    facts = measure(daily, scheme, numbers).frame.iloc[0]
    found = window_days(scheme, numbers)
    for key in KINDS:
        start, end = found[key]
        assert start < end <= as_of
        expected = sum((n + 1) ** 2 for n, day in enumerate(DAYS) if start < day <= end)
        assert np.isclose(facts[f"in_{key}"] * 100, expected, rtol=0, atol=0.5), key


def test_another_fiscal_month_moves_the_tier() -> None:
    """1,200.00 in February: within the year from January on, not within the one from April on."""
    scheme = small(
        ("en: Last year}, days: 365", "en: Year}, period: year"),
        ("{label: {zh: 上一年, en: Year before}, days: 365,", "{label: {zh: 上一年, en: B}, period: year,"),
    )
    assert scheme.metrics["spend"].window == "year"
    clean = cleaned([{"customer_id": "A"}], [sale("A", 1_200_00, date(2024, 2, 29))])
    tiers = {
        month: graded(clean, scheme, date(2024, 6, 30), changed={"year_first_month": month}).frame
        for month in (1.0, 3.0, 4.0)
    }
    found = {month: frame["computed_tier"].iloc[0] for month, frame in tiers.items()}
    assert found == {1.0: "金", 3.0: "普", 4.0: "普"}
