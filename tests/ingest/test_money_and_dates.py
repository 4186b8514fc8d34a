"""Cells to values: what people write for money, days, ids and answers."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.ingest import values
from sheetgen.ingest.dates import parse_dates, read_date
from sheetgen.ingest.money import (
    Rates,
    exact_amounts,
    exact_numbers,
    half_up,
    multiply,
    parse_amount,
    to_cents,
    total_cents,
)
from sheetgen.ingest.quick import read_cents, read_products
from sheetgen.ingest.sheets import number_text
from sheetgen.ingest.text import LONGEST_CELL, clean_cell, clean_id, plain_wildcards

cents = st.integers(min_value=-(10**14), max_value=10**14)
days = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31))


def column(*cells: str) -> pd.Series[str]:
    return pd.Series(list(cells), dtype="str")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1,234.50", "1234.50"),
        ("￥1200", "1200"),
        ("1200元", "1200"),
        ("人民币1200元整", "1200"),
        ("１２００", "1200"),
        ("1.2万", "12000"),
        ("3千", "3000"),
        ("1.5亿", "150000000"),
        ("12万元", "120000"),
        ("(500)", "-500"),
        ("（500）", "-500"),
        ("－500", "-500"),
        ("500-", "-500"),
        ("▲500", "-500"),
        ("¥-500", "-500"),
        ("-¥500", "-500"),
        ("12.345", "12.345"),
        (".5", "0.5"),
        ("\t42", "42"),
        ("1.25e1", "12.5"),
    ],
)
def test_amounts_are_read_exactly(written: str, meant: str) -> None:
    assert parse_amount(written).value == Decimal(meant)


@pytest.mark.parametrize(
    "written",
    ["一百二", "12.3.4", "1.234,56", "12,34", "1,2345", "#DIV/0!", "inf", "--5", "(-5)", "1.2E+05", "5-3"],
)
def test_what_is_not_certain_is_no_amount(written: str) -> None:
    assert parse_amount(written).problem == "SG412"


@pytest.mark.parametrize("written", ["", "-", "—", "无", "N/A", "#N/A", "NaN", "null"])
def test_blank_amounts_are_blank(written: str) -> None:
    assert parse_amount(written).problem == "blank"


@pytest.mark.parametrize("written", ["1000000000000.01", "20000亿", "1e400", "9" * 30])
def test_absurd_amounts_are_held_back(written: str) -> None:
    assert parse_amount(written).problem == "SG413"


@given(cents)
def test_money_survives_every_way_of_writing_it(amount: int) -> None:
    yuan = Decimal(amount) / 100
    ways = [f"{yuan:.2f}", f"{yuan:,.2f}", f"¥{yuan:,.2f}", f"{yuan:.2f}元", f" {yuan:.2f} "]
    if amount < 0:
        ways += [f"({-yuan:.2f})", f"{-yuan:.2f}-", f"－{-yuan:.2f}"]
    assert to_cents(exact_amounts(column(*ways))).cents.tolist() == [amount] * len(ways)


@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=5), min_size=1, max_size=30))
def test_rounded_sum_and_residue_are_the_exact_sum(amounts: list[Decimal]) -> None:
    found = to_cents(exact_amounts(column(*(f"{a:f}" for a in amounts))))
    assert Decimal(total_cents(found.cents)) / 100 + found.residue == found.exact == sum(amounts)


@given(st.decimals(min_value=-1000, max_value=1000, places=3))
def test_half_a_cent_goes_away_from_zero(amount: Decimal) -> None:
    doubled = abs(amount) * 1000
    assert abs(half_up(amount)) == (doubled + 5) // 10
    assert half_up(-amount) == -half_up(amount)


def test_product_is_exact_and_keeps_the_problem() -> None:
    both = multiply(exact_numbers(column("3", "x", "12件")), exact_amounts(column("0.335", "1", "2.50")))
    found = to_cents(both)
    assert found.cents.tolist() == [101, 0, 3000]
    assert found.problem.tolist() == ["", "SG412", ""]
    assert found.residue == Decimal("-0.005")


def test_unit_of_the_header_scales_and_a_unit_of_the_cell_wins() -> None:
    assert to_cents(exact_amounts(column("1.5", "3万", "20元"), 10_000)).cents.tolist() == [
        1_500_000,
        3_000_000,
        2000,
    ]


def test_foreign_money_among_ours_is_held_back_but_a_file_may_be_foreign() -> None:
    mixed = to_cents(exact_amounts(column("$5", "7", "HK$9")))
    assert mixed.problem.tolist() == ["SG415", "", "SG415"]
    assert to_cents(exact_amounts(column("$5", "$1,000.25", ""))).cents.tolist() == [500, 100025, 0]


def test_a_european_column_makes_either_reading_ambiguous() -> None:
    found = to_cents(exact_amounts(column("1.234,56", "1.234", "1,234", "1,234.56", "12.50")))
    assert found.problem.tolist() == ["SG412", "SG412", "SG412", "", ""]


def test_sums_pass_64_bits() -> None:
    assert total_cents(np.full(200_000, 10**14, dtype=np.int64)) == 2 * 10**19


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-1-5", "2024-01-05"),
        ("2024/1/6", "2024-01-06"),
        ("20240107", "2024-01-07"),
        ("2024年1月7日", "2024-01-07"),
        ("24-1-5", "2024-01-05"),
        ("45296", "2024-01-05"),
        ("45296.75", "2024-01-05"),
        ("2024.01.08 上午 9:05", "2024-01-08"),
        ("2024-01-08T23:30:00Z", "2024-01-09"),
        ("2024-01-08 23:30:00+08:00", "2024-01-08"),
        ("2024-01-08 23:59:59.123", "2024-01-08"),
        ("20240107123000", "2024-01-07"),
        ("1704412800000", "2024-01-05"),
        ("２０２４－０１－０５", "2024-01-05"),
        ("5 Jan 2024", "2024-01-05"),
        ("January 5, 2024", "2024-01-05"),
        ("13/01/2024", "2024-01-13"),
        ("01/13/2024 8:00", "2024-01-13"),
    ],
)
def test_days_are_read(written: str, meant: str) -> None:
    assert {day for _, day in read_date(written).days} == {date.fromisoformat(meant)}


@pytest.mark.parametrize(
    "written", ["2024-02-30", "0000-00-00", "1900-01-00", "59", "2024-13-01", "昨天", "2024-01-05 25:00"]
)
def test_impossible_days_are_none(written: str) -> None:
    assert read_date(written).problem == "SG431"


@given(days)
def test_days_survive_every_way_of_writing_them(day: date) -> None:
    ways = [
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
        f"{day.isoformat()} 23:59:59",
        f"{day.year}.{day.month}.{day.day}",
    ]
    found = parse_dates(column(*ways))
    assert found.days.tolist() == [np.datetime64(day, "ns").item()] * len(ways)


@given(st.lists(days, min_size=1, max_size=20))
def test_day_month_columns_are_right_or_held_back(written: list[date]) -> None:
    found = parse_dates(column(*(f"{d:%d/%m/%Y}" for d in written)))
    settled = any(d.day > 12 for d in written)
    for day, got, problem in zip(written, found.days, found.problem, strict=True):
        if settled or day.day == day.month:
            assert got == np.datetime64(day)
        else:
            assert problem == "SG432"


def test_a_column_of_both_orders_keeps_only_the_certain_days() -> None:
    found = parse_dates(column("13/01/2024", "01/13/2024", "05/01/2024", "06/06/2024", ""))
    assert found.problem.tolist() == ["", "", "SG432", "", "blank"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('="00123"', "00123"),
        ("'00123", "00123"),
        ("\tTAB00456", "TAB00456"),
        ("17850.0", "17850"),
        ("００１２３", "00123"),
        (" A\u200b1\u3000 2 ", "A1 2"),
        ("123456789012345678", "123456789012345678"),
        ("—", ""),
    ],
)
def test_ids_are_text_without_their_wrapping(written: str, meant: str) -> None:
    assert clean_id(written) == meant


@given(st.text())
def test_cleaning_text_twice_changes_nothing(cell: str) -> None:
    once = clean_cell(cell)
    assert clean_cell(once) == once
    assert not any(ch < " " and ch != "\n" for ch in once)
    once.encode("utf-8")


def test_text_for_a_workbook() -> None:
    assert clean_cell("a\x00b_x000D_\nc\ud800") == "ab\nc\ufffd"
    assert clean_cell("字" * 40_000) == "字" * LONGEST_CELL + "…"
    assert plain_wildcards("A*?~") == "A＊？～"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("很满意", 5), ("不满意", 2), ("五星", 5), ("★★★☆☆", 3), ("4", 4), ("4.5分", 4.5), ("1/5", 1)],
)
def test_ratings(written: str, meant: float) -> None:
    assert values.rating(written) == (meant, "")


def test_ratings_off_the_scale_are_unknown() -> None:
    assert values.rating("95%")[1] == "SG451"
    assert values.rating("7")[1] == "SG451"


def test_flags_states_and_phones() -> None:
    assert [values.flag(w)[0] for w in ("是", "Y", "TRUE", "1", "否", "n", "0", "", "也许")] == [
        *["yes"] * 4,
        *["no"] * 3,
        "",
        "",
    ]
    assert [values.status(w)[0] for w in ("交易成功", "交易关闭", "待付款", "退款成功", "", "Cancelled")] == [
        *("paid", "closed", "unpaid", "refunded", "paid", "closed")
    ]
    assert values.status("神秘") == ("paid", "SG423")
    assert values.phone("+86 138-1234-5678") == ("13812345678", "")
    assert values.phone("0086 13812345678.0") == ("13812345678", "")
    assert values.phone("13812345678/13912345678") == ("13812345678", "SG402")
    assert values.phone("1.38E+10") == ("", "SG401")
    assert values.phone("138****5678") == ("138****5678", "")


def test_numbers_of_a_workbook_are_plain_text() -> None:
    assert [number_text(v) for v in (12.0, 0.1 + 0.2, 1e-7, -3.5, 1234567.0)] == [
        *("12", "0.3", "0.0000001", "-3.5", "1234567")
    ]
    assert clean_id(number_text(1.38e18)) == "1.38000000000000E+18"


# the quick way over a whole column

WAYS = (
    "{0:.2f}", "{0:,.2f}", "¥{0:,.2f}", "￥{0:.2f}", "{0:.2f}元", "RMB {0:,.2f}", "{0:.2f} CNY",
    "人民币{0:.2f}元整", " {0:.2f} ", "'{0:.2f}", "{0:+.2f}", "{1:.6f}万", "{1:.6f}万元", "{2:.8f}百万",
    "{0:.4f}", "{0:.0f}", "{0:e}",
    "{0:.1f}", "{0:,.2f}-", "-{0:.2f}", "({0:.2f})", "▲{0:.2f}", "{0:.3f}", "{3}",
)  # fmt: skip


@given(
    st.integers(-(10**11), 10**11),
    st.lists(st.sampled_from(WAYS), min_size=1, max_size=8),
)
def test_a_known_amount_comes_back_exactly_or_is_held_back(amount: int, ways: list[str]) -> None:
    """However it is written: never another value, unless the writing itself says another one."""
    yuan = Decimal(amount) / 100
    full = f"{yuan:.2f}".translate(str.maketrans("0123456789.-", "０１２３４５６７８９．－"))
    written = [w.format(yuan, yuan / 10_000, yuan / 1_000_000, full) for w in ways]
    found = read_cents(column(*written))
    for way, cents_, problem in zip(ways, found.cents.tolist(), found.problem, strict=True):
        if problem:
            continue
        if way in ("{0:.0f}", "{0:.1f}", "{0:e}"):
            shown = Decimal(way.format(yuan))
            assert cents_ == half_up(shown)
        elif way in ("{0:,.2f}-", "-{0:.2f}", "({0:.2f})", "▲{0:.2f}"):
            assert cents_ == -amount
        else:
            assert cents_ == amount
    # and the whole column adds up, however its cells were read
    assert Decimal(total_cents(found.cents)) / 100 + found.residue == found.exact


CELLS = st.one_of(
    st.decimals(min_value=-(10**12), max_value=10**12, places=3).map(lambda d: f"{d:f}"),
    st.integers(-(10**13), 10**13).map(str),
    st.sampled_from(
        ["", "-", "1.2万", "(5)", "$7", "abc", "1.234,56", "1.234", "1,234", "1e400", "￥3", "0.00005"]
    ),
)


@given(st.lists(CELLS, max_size=12), st.sampled_from([1, 1000, 10_000]))
def test_the_quick_way_and_the_slow_way_agree(cells: list[str], scale: int) -> None:
    quick, slow = read_cents(column(*cells), scale), to_cents(exact_amounts(column(*cells), scale))
    assert quick.cents.tolist() == slow.cents.tolist()
    assert quick.problem.tolist() == slow.problem.tolist()
    assert quick.rounded.tolist() == slow.rounded.tolist()
    assert (quick.residue, quick.exact) == (slow.residue, slow.exact)


@given(
    st.lists(st.tuples(st.sampled_from(["1", "3", "-2", "0", "2.5", "12件", "x", ""]), CELLS), max_size=8),
    st.sampled_from([1, 10_000]),
)
def test_products_agree_too(pairs: list[tuple[str, str]], scale: int) -> None:
    many, prices = column(*(a for a, _ in pairs)), column(*(b for _, b in pairs))
    quick = read_products(many, prices, scale)
    slow = to_cents(multiply(exact_numbers(many), exact_amounts(prices, scale)))
    assert quick.cents.tolist() == slow.cents.tolist()
    assert quick.problem.tolist() == slow.problem.tolist()
    assert (quick.residue, quick.exact) == (slow.residue, slow.exact)


def test_rates_convert_exactly_and_what_has_none_is_held_back() -> None:
    rates = Rates("CNY", {"USD": Decimal("7.1234"), "HKD": Decimal("0.91")})
    found = read_cents(column("$1,000", "HK$2.50万", "5美元", "€3", "8"), rates=rates)
    assert found.cents.tolist() == [712_340, 2_275_000, 3562, 0, 800]
    assert found.problem.tolist() == ["", "", "", "SG415", ""]
    assert found.residue == Decimal("-0.003")
    # a header names the currency of every cell that names none
    assert read_cents(column("5", "¥6"), rates=rates, header="USD").cents.tolist() == [3562, 600]
    # who has said what the book is in gets no foreign column unconverted
    assert read_cents(column("€5", "€6"), rates=rates).problem.tolist() == ["SG415", "SG415"]
    assert read_cents(column("€5", "€6")).currency == "EUR"
    assert read_cents(column("¥5", "6"), rates=Rates("USD")).problem.tolist() == ["SG415", ""]


@pytest.mark.parametrize(
    "written", ["12 34", "1 2345", "$5元", "5 .5", "٣", "5千万万", "¥", "(5)-", "1.2.3万"]
)
def test_doubtful_amounts_are_none(written: str) -> None:
    assert parse_amount(written).problem == "SG412"


STAMPS = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y.%m.%d 上午",
    "%Y%m%d", "%d-%b-%Y", "%B %d, %Y", "%Y-%m-%d", "%Y%m%d%H%M%S", "%y-%m-%d", "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d 星期一",
)  # fmt: skip


@given(
    st.lists(
        st.tuples(st.datetimes(datetime(2001, 1, 1), datetime(2068, 12, 31)), st.sampled_from(STAMPS)),
        min_size=1,
        max_size=12,
    )
)
def test_a_known_day_comes_back_exactly_or_is_held_back(moments: list[tuple[datetime, str]]) -> None:
    found = parse_dates(column(*(when.strftime(way) for when, way in moments)))
    for (when, way), day, problem in zip(moments, found.days, found.problem, strict=True):
        assert problem in ("", "SG432"), (way, problem)
        assert problem or day == np.datetime64(when.date()), way


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(
        ["{}", "+86 {}", "0086{}", "86-{}", "{}.0", "'{}", " {} ", "{} / 010-88886666", "（{}）"]
    ),
)
def test_a_known_phone_comes_back_or_its_text_is_kept(number: str, way: str) -> None:
    written = way.format(number)
    for spelt in (written, written.replace(number, f"{number[:3]}-{number[3:7]} {number[7:]}")):
        found, problem = values.phone(spelt)
        assert found == number or (
            found == unicodedata.normalize("NFKC", spelt).strip() and problem == "SG402"
        )


@given(
    st.from_regex(r"0{0,3}[0-9]{1,18}", fullmatch=True),
    st.sampled_from(["{}", "'{}", '="{}"', "\t{}", "`{}", "{} "]),
)
def test_ids_keep_every_digit(number: str, way: str) -> None:
    assert clean_id(way.format(number)) == number


def test_identity_cards() -> None:
    assert values.id_card("11010519491231002x") == ("11010519491231002X", "")
    assert values.id_card("110105194912310021") == ("110105194912310021", "SG455")
    assert values.id_card("4.10101E+17") == ("", "SG403")
    assert values.id_card("110105********002X") == ("110105********002X", "")
    assert values.id_card("130503670401001") == ("130503670401001", "")
    assert values.id_card("") == ("", "blank")


def test_years_of_two_digits_are_settled_by_the_calendar_they_make() -> None:
    days_ = [date(2024, 1 + i % 12, 1 + 5 * i % 28) for i in range(12)]
    for way in ("%y/%m/%d", "%d/%m/%y", "%y.%m.%d", "%d.%m.%y", "%y-%m-%d", "%d-%m-%y"):
        many = parse_dates(column(*(d.strftime(way) for d in days_)))
        few = parse_dates(column(*(d.strftime(way) for d in days_[:2])))
        for found in (many, few):
            right = [np.datetime64(d) for d in days_]
            assert all(
                problem == "SG432" or got == day
                for got, problem, day in zip(found.days, found.problem, right, strict=False)
            ), way
        if way.startswith("%y"):
            assert not any(many.problem), way
    assert read_date("24-1-5").days == (("", date(2024, 1, 5)),)
    assert {when.isoformat() for _, when in read_date("05-01-24").days} == {
        "2005-01-24",
        "2024-01-05",
        "2024-05-01",
    }
    assert read_date("5-13-24").days == (("mdy", date(2024, 5, 13)),)
