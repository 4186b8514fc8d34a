"""A number with a per cent sign is a hundredth of it, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.ingest.money import exact_numbers
from sheetgen.ingest.types import typed


def one(cell: str) -> tuple[Decimal | None, str]:
    found = exact_numbers(pd.Series([cell], dtype="str"))
    return found.values[found.codes[0]], found.problems[found.codes[0]]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("95%", "0.95"),
        ("９５％", "0.95"),
        (" 12.5 % ", "0.125"),
        ("-3%", "-0.03"),
        ("(3)%", "-0.03"),
        ("1,250%", "12.5"),
        ("0%", "0"),
        ("95", "95"),
    ],
)
def test_per_cent(cell: str, value: str) -> None:
    assert one(cell) == (Decimal(value), "")


@pytest.mark.parametrize("cell", ["%", "95%%", "¥5%", "5元%", "1万%", "95%左右", "%95", "5% 6%", "95‰"])
def test_what_is_no_per_cent_is_no_number(cell: str) -> None:
    assert one(cell)[0] is None
    assert typed(pd.Series([cell], dtype="str"), "number").problem.tolist() == ["SG450"]


@given(st.decimals(-10_000, 10_000, places=6))
def test_nothing_is_lost_on_the_way(number: Decimal) -> None:
    assert one(f"{number:f}%") == (number / 100, "")
