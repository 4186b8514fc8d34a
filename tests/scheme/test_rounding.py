"""Rounding is half away from zero on the number's 15-digit decimal, as a spreadsheet does it."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sheetgen.scheme.rounding import round_half_away


def expected(x: float, digits: int) -> float:
    """The rule in decimals: 15 significant digits, then half away from zero."""
    shown = Decimal(f"{x:.14e}")
    return float(shown.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def rounded(x: float, digits: int) -> float:
    return float(round_half_away(np.array([x]), digits)[0])


@pytest.mark.parametrize(
    ("x", "digits", "result"),
    [
        (1.005, 2, 1.01),  # its double is 1.00499999999999989…
        (2.675, 2, 2.68),
        (0.285, 2, 0.29),
        (1.115, 2, 1.12),
        (8.345, 2, 8.35),
        (-1.005, 2, -1.01),
        (-0.5, 0, -1.0),
        (0.5, 0, 1.0),
        (2.5, 0, 3.0),
        (-2.5, 0, -3.0),
        (0.49999999999999, 0, 0.0),
        (1.45, 1, 1.5),
        (0.00005, 4, 0.0001),
        (499_999.995, 2, 500_000.0),
        (500_000.005, 2, 500_000.01),
        (1e12 + 0.005, 2, 1e12 + 0.01),
        (123_456_789_012.345, 2, 123_456_789_012.35),
        (0.1 + 0.2, 1, 0.3),
        (4.35 * 100, 0, 435.0),
    ],
)
def test_known_ties(x: float, digits: int, result: float) -> None:
    assert rounded(x, digits) == result


@given(st.integers(-(10**14), 10**14), st.integers(0, 6), st.integers(0, 4))
@example(1005, 3, 2)
@example(5, 1, 0)
@example(10**10, 0, 4)
@example(10**14 - 1, 0, 0)
def test_every_decimal_of_15_digits(units: int, places: int, digits: int) -> None:
    x = float(Decimal(units).scaleb(-places))
    assert rounded(x, digits) == expected(x, digits)


@given(st.integers(-(10**11), 10**11), st.integers(0, 4), st.integers(-1, 1))
def test_a_tie_stays_a_tie_one_step_beside_it(units: int, digits: int, step: int) -> None:
    tie = float((Decimal(units) + Decimal("0.5")).scaleb(-digits))
    assume(f"{tie:.14e}" == f"{math.nextafter(tie, step * math.inf) if step else tie:.14e}")
    x = math.nextafter(tie, step * math.inf) if step else tie
    assert rounded(x, digits) == expected(tie, digits)


@given(st.floats(-1e10, 1e10), st.integers(0, 4))
def test_any_number_away_from_a_tie(x: float, digits: int) -> None:
    scaled = Decimal(x).scaleb(digits)
    apart = abs(abs(scaled % 1) - Decimal("0.5"))
    assume(apart > abs(scaled) * Decimal("1e-13"))
    assert rounded(x, digits) == expected(x, digits)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 4))
def test_odd_about_zero_and_rounding_twice_changes_nothing(x: float, digits: int) -> None:
    once = rounded(x, digits)
    assert rounded(-x, digits) == -once
    assert rounded(once, digits) == once


def test_huge_unknown_and_infinite_stay() -> None:
    given_ = np.array([1e15, 1e15 + 1, -1e300, np.nan, np.inf, -np.inf, 9e14 + 0.5])
    found = round_half_away(given_, 2)
    assert found[:3].tolist() == given_[:3].tolist()
    assert np.isnan(found[3])
    assert found[4:6].tolist() == [np.inf, -np.inf]
    assert found[6] == 9e14 + 0.5


def test_no_negative_zero() -> None:
    assert math.copysign(1, rounded(-0.001, 2)) == 1


def test_shapes_and_scalars() -> None:
    assert round_half_away(2.5).shape == ()
    assert round_half_away([[1.5, -1.5], [0.4, 0.6]]).tolist() == [[2.0, -2.0], [0.0, 1.0]]
