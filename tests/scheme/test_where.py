"""What a condition on detail rows may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.errors import UsageError
from sheetgen.scheme.where import parse_where


def test_no_condition() -> None:
    assert parse_where("", "transactions") == ()


def test_operators_and_types() -> None:
    found = parse_where(
        "amount >= 10 and quantity != 2 and status == 'paid' and order_id != 'X1'", "transactions"
    )
    assert [(c.field.id, c.operator, c.value) for c in found] == [
        ("amount", ">=", 10.0),
        ("quantity", "<>", 2.0),
        ("status", "=", "paid"),
        ("order_id", "<>", "X1"),
    ]
    assert parse_where("satisfaction < 3", "service")[0].value == 3.0


@given(st.text(max_size=30))
def test_any_text_gives_conditions_or_a_usage_error(source: str) -> None:
    try:
        found = parse_where(source, "transactions")
    except UsageError as error:
        assert error.key == "where_refused"
        assert error.facts["where"] == source
    else:
        assert isinstance(found, tuple)


@pytest.mark.parametrize(
    "source",
    [
        "amount > -5",
        "date > '2025-01-01'",
        "date > 45000",
        "amount == None",
        "amount > 1j",
        "order_id == b'x'",
        "amount > ...",
    ],
)
def test_beyond_the_language(source: str) -> None:
    with pytest.raises(UsageError):
        parse_where(source, "transactions")


@pytest.mark.parametrize(
    "source",
    [
        "amount > 0 and " * 3_000 + "amount > 0",
        "(" * 1_500 + "1",
        "-" * 20_000 + "1",
        "amount > 1" + "0" * 400,
    ],
)
def test_bombs(source: str) -> None:
    with pytest.raises(UsageError):
        parse_where(source, "transactions")
