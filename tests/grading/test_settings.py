"""Every number a formula uses: declared, changed by staff, or resolved from data, no tie split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.grading.grade import empty_inputs, grade
from sheetgen.grading.settings import LOWEST, effective_edge, resolve_cuts, start_settings
from sheetgen.model import Facts
from sheetgen.scheme.library import load_scheme

from ..scheme.base import small
from .base import AS_OF, cleaned, graded, sale


def test_declared_numbers_and_tables() -> None:
    found = start_settings(load_scheme("vip-abc"), AS_OF)
    assert found.tables["tier_cut"] == (LOWEST, 50_000.0, 200_000.0, 500_000.01)
    assert found.tables["tier_follow_up"] == (90.0, 30.0, 14.0, 7.0)
    assert found.tables["tier_points_rate"] == (1.0, 1.0, 1.5, 2.0)
    assert found.numbers["frequent_over"] == 10
    assert found.numbers["year_days"] == 365
    assert found.as_of == AS_OF


def test_changed_numbers_win() -> None:
    changed = {
        "tier_vip": 1_000_000.0,
        "tier_a": 300_000.5,
        "follow_up_c": 10.0,
        "points_rate_b": 1.25,
        "spend_weight": 1.0,
        "year_days": 180.0,
    }
    found = start_settings(load_scheme("vip-abc"), AS_OF, changed)
    assert found.tables["tier_cut"] == (LOWEST, 50_000.0, 300_000.5, 1_000_000.01)
    assert found.tables["tier_follow_up"][0] == 10
    assert found.tables["tier_points_rate"][1] == 1.25
    assert (found.numbers["spend_weight"], found.numbers["year_days"]) == (1, 180)
    cuts = start_settings(small(), AS_OF, {"recency_cut_2": 60.0}).tables["recency_cut"]
    assert cuts == (30.0, 60.0, 180.0)


def test_effective_edges() -> None:
    money, whole = small(), small(("tier_by: spend", "tier_by: orders"))
    assert effective_edge(money, 1000, True) == 1000.01
    assert effective_edge(money, 1000, False) == 1000.0
    assert effective_edge(money, 0.1 + 0.2, True) == 0.31
    assert effective_edge(whole, 10, True) == 11.0
    assert effective_edge(money, None, False) == LOWEST


def quantile_cuts(values: list[float], changed: dict[str, float] | None = None) -> tuple[float, ...]:
    scheme = load_scheme("rfm")
    facts = Facts(
        pd.DataFrame({"spend": values, "orders": [0.0] * len(values), "recency": [np.nan] * len(values)}),
        AS_OF,
    )
    return resolve_cuts(scheme, start_settings(scheme, AS_OF), facts, changed or {}).tables["spend_cut"]


def test_quantiles_become_plain_rounded_numbers() -> None:
    assert quantile_cuts([float(i) for i in range(101)]) == (20.0, 40.0, 60.0, 80.0)
    assert quantile_cuts([1.0, 2.0]) == (1.2, 1.4, 1.6, 1.8)
    assert quantile_cuts([7.0]) == (7.0,) * 4
    assert quantile_cuts([]) == (0.0,) * 4
    assert quantile_cuts([1.0, np.nan, 1.0]) == (1.0,) * 4


def test_staff_may_set_one_cut() -> None:
    assert quantile_cuts([float(i) for i in range(101)], {"spend_cut_3": 65.0}) == (20.0, 40.0, 65.0, 80.0)


@given(st.lists(st.integers(-100, 10**9), min_size=1, max_size=200), st.randoms())
@settings(max_examples=50, deadline=None)
def test_cuts_rise_and_depend_on_no_order(cents: list[int], dice: object) -> None:
    values = [c / 100 for c in cents]
    cuts = quantile_cuts(values)
    assert list(cuts) == sorted(cuts)
    assert cuts == quantile_cuts(sorted(values))
    assert all(round(c, 2) == c for c in cuts)


@pytest.mark.parametrize("share_of_one", [0.3, 0.505, 0.9])
def test_a_tie_is_never_split(share_of_one: float) -> None:
    """Half of all customers bought once, as at CDNOW: they all score alike, steps are skipped."""
    scheme, n = load_scheme("rfm"), 400
    many = int(n * share_of_one)
    counts = [1.0] * many + [float(2 + i % 7) for i in range(n - many)]
    frame = pd.DataFrame(
        {"customer_id": [str(i) for i in range(n)], "orders": counts, "spend": counts, "recency": counts}
    )
    for key in scheme.metrics:
        if key not in frame:
            frame[key] = np.nan
    facts = Facts(frame, AS_OF)
    found = resolve_cuts(scheme, start_settings(scheme, AS_OF), facts, {})
    result = grade(facts, empty_inputs(scheme, n), scheme, found, "zh").frame
    for key in ("orders_points", "recency_points"):
        assert (result.groupby("orders")[key].nunique() == 1).all()
    assert result["orders_points"].max() == 5
    assert (result.sort_values("orders")["orders_points"].diff().dropna() >= 0).all()
    assert (result.sort_values("orders")["recency_points"].diff().dropna() <= 0).all()
    assert set(result.loc[result["orders"] == 1, "orders_points"]) == {1.0}


def test_everybody_equal_collapses_all_quantiles() -> None:
    scheme = load_scheme("rfm")
    people = [{"customer_id": f"K{i}"} for i in range(50)]
    frame = graded(cleaned(people, [sale(p["customer_id"], 9_900) for p in people]), scheme).frame
    assert frame["final_tier"].nunique() == frame["score"].nunique() == 1


def test_nobody_at_all() -> None:
    frame = graded(cleaned([]), load_scheme("rfm")).frame
    assert len(frame) == 0
    assert "final_tier" in frame
