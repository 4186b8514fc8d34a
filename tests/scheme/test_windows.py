"""Windows of every kind: the day itself and the formula that gives it, which LibreOffice is asked about."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.errors import UsageError
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.windows import (
    before_period,
    days_of,
    formulas_of,
    months_back,
    note_of,
    window_parameter,
)

from ..office.office import Office
from .base import small, told

DAY = timedelta(days=1)
NAMES = re.compile(r"\b(?:p|win)_\w+")
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
KINDS = """\
  year: {label: {zh: 近一年, en: Year}, days: 365}
  before: {label: {zh: 上一年, en: Before}, days: 365, before: year}
  half: {label: {zh: 半年, en: Half}, months: 6}
  half2: {label: {zh: 前半年, en: Half before}, months: 6, before: half}
  half3: {label: {zh: 再前五月, en: Five before}, months: 5, before: half2}
  natural: {label: {zh: 本年, en: Year to date}, period: year}
  natural2: {label: {zh: 上年同期, en: Same days}, period: year, before: natural}
  natural3: {label: {zh: 前年整年, en: Whole}, period: year, before: natural2, whole: true}
  fiscal: {label: {zh: 财年, en: Fiscal}, period: year, first_month: 4}
  fiscal2: {label: {zh: 上财年, en: Fiscal before}, period: year, before: fiscal}
  last: {label: {zh: 上一完整财年, en: Last whole}, period: year, first_month: often, whole: true}
  last2: {label: {zh: 再上财年, en: Whole before}, period: year, before: last}
  semester: {label: {zh: 本半年, en: Half to date}, period: half_year}
  quarter: {label: {zh: 本季, en: Quarter}, period: quarter, first_month: 2}
  quarter2: {label: {zh: 上季同期, en: Quarter before}, period: quarter, before: quarter}
  month: {label: {zh: 本月, en: Month}, period: month}
  month2: {label: {zh: 上月同期, en: Month before}, period: month, before: month}
  month3: {label: {zh: 上月, en: Last month}, period: month, whole: true}
  mixed: {label: {zh: 财年前九十天, en: Ninety days before}, days: 90, before: fiscal}
  mixed2: {label: {zh: 再前一季, en: Whole quarter before}, period: quarter, whole: true, before: mixed}
"""
SMALL_WINDOWS = """\
  year: {label: {zh: 近一年, en: Last year}, days: 365}
  before: {label: {zh: 上一年, en: Year before}, days: 365, before: year}
"""


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return small((SMALL_WINDOWS, KINDS))


def days(scheme: Scheme, as_of: date, **changed: float) -> dict[str, tuple[date, date]]:
    numbers = {key: p.value for key, p in scheme.parameters.items()} | changed
    return days_of(scheme.file.windows, numbers, as_of)


def shown(pair: tuple[date, date]) -> str:
    """First and last day."""
    return f"{pair[0] + DAY} {pair[1]}"


@pytest.mark.parametrize(
    ("as_of", "window", "expected"),
    [
        ("2025-12-31", "year", "2025-01-01 2025-12-31"),
        ("2024-12-31", "year", "2024-01-02 2024-12-31"),  # 365 days of a leap year
        ("2025-12-31", "before", "2024-01-02 2024-12-31"),
        ("2025-03-31", "half", "2024-10-01 2025-03-31"),  # whole months from the end of a month
        ("2025-03-30", "half", "2024-10-01 2025-03-30"),
        ("2025-08-30", "half", "2025-03-01 2025-08-30"),  # there is no 30 February
        ("2024-08-29", "half", "2024-03-01 2024-08-29"),  # 29 February 2024 itself lies before
        ("2025-02-28", "half", "2024-09-01 2025-02-28"),
        ("2024-02-28", "half", "2023-08-29 2024-02-28"),
        ("2025-08-30", "half2", "2024-08-31 2025-02-28"),  # counted from August, not from February
        ("2025-08-30", "half3", "2024-03-31 2024-08-30"),
        ("2025-05-17", "natural", "2025-01-01 2025-05-17"),
        ("2025-05-17", "natural2", "2024-01-01 2024-05-17"),
        ("2025-05-17", "natural3", "2023-01-01 2023-12-31"),
        ("2024-02-29", "natural2", "2023-01-01 2023-02-28"),
        ("2025-02-28", "natural2", "2024-01-01 2024-02-29"),  # two whole months each
        ("2024-02-28", "natural2", "2023-01-01 2023-02-28"),
        ("2025-12-31", "natural2", "2024-01-01 2024-12-31"),
        ("2025-03-31", "fiscal", "2024-04-01 2025-03-31"),
        ("2025-04-01", "fiscal", "2025-04-01 2025-04-01"),
        ("2025-04-01", "fiscal2", "2024-04-01 2024-04-01"),
        ("2025-02-28", "last", "2024-03-01 2025-02-28"),  # over on the as-of date itself
        ("2025-02-27", "last", "2023-03-01 2024-02-29"),
        ("2025-02-27", "last2", "2022-03-01 2023-02-28"),
        ("2025-09-09", "semester", "2025-07-01 2025-09-09"),
        ("2025-01-31", "quarter", "2024-11-01 2025-01-31"),
        ("2025-01-31", "quarter2", "2024-08-01 2024-10-31"),
        ("2025-02-01", "quarter", "2025-02-01 2025-02-01"),
        ("2025-03-31", "month2", "2025-02-01 2025-02-28"),
        ("2025-03-30", "month2", "2025-02-01 2025-02-28"),
        ("2025-04-30", "month2", "2025-03-01 2025-03-31"),
        ("2025-03-30", "month3", "2025-02-01 2025-02-28"),
        ("2025-03-31", "month3", "2025-03-01 2025-03-31"),
        ("2025-06-15", "mixed", "2025-01-01 2025-03-31"),
        ("2025-06-15", "mixed2", "2024-10-01 2024-12-31"),
    ],
)
def test_first_and_last_day(scheme: Scheme, as_of: str, window: str, expected: str) -> None:
    if window == "mixed2":  # its quarters begin in January
        assert scheme.parameters["mixed2_first_month"].value == 1
    assert shown(days(scheme, date.fromisoformat(as_of))[window]) == expected


@given(DAYS, st.integers(1, 60), st.integers(1, 60))
def test_months_back(day: date, some: int, more: int) -> None:
    there = months_back(day, some)
    assert (day.year - there.year) * 12 + day.month - there.month == some
    last, its_last = (calendar.monthrange(d.year, d.month)[1] for d in (day, there))
    assert there.day == (its_last if day.day == last else min(day.day, its_last))
    assert months_back(day, some, more) == months_back(day, some + more)


@given(DAYS, st.sampled_from([12, 6, 3, 1]), st.integers(1, 12))
def test_periods_tile_the_calendar(day: date, size: int, first_month: int) -> None:
    first = before_period(day, size, first_month) + DAY
    assert first <= day
    assert first.day == 1
    assert (first.month - first_month) % size == 0
    assert (day.year - first.year) * 12 + day.month - first.month < size
    assert before_period(first, size, first_month) == first - DAY
    assert before_period(first - DAY, size, first_month) == months_back(first - DAY, size)


@given(day=DAYS, first_month=st.integers(1, 12), months=st.integers(1, 40))
def test_chains_have_no_gap_and_compare_like_with_like(
    scheme: Scheme, day: date, first_month: int, months: int
) -> None:
    found = days(scheme, day, fiscal_first_month=first_month, often=first_month, half_months=months)
    for later, earlier in (("year", "before"), ("half", "half2"), ("half2", "half3"), ("last", "last2")):
        assert found[earlier][1] == found[later][0]
    assert found["half3"][0] == months_back(day, months + 11)
    for now, then, size in (("natural", "natural2", 12), ("fiscal", "fiscal2", 12), ("month", "month2", 1)):
        assert found[now][1] == day
        assert found[then] == (months_back(found[now][0], size), months_back(day, size))
        assert found[then][1] <= found[now][0]
    assert day - timedelta(days=366) <= found["last"][1] <= day
    assert found["last"] == (months_back(found["last"][1], 12), found["last"][1])
    assert all(start < end <= day for start, end in found.values())


def asked_days() -> list[date]:
    """The end and the start of every month over two leap years, and every day round the leap days."""
    ends = [date(y, m, 1) - n * DAY for y in range(2023, 2029) for m in range(1, 13) for n in (-1, 0, 1, 2)]
    leap = [date(y, 2, 25) + n * DAY for y in (2023, 2024, 2028) for n in range(10)]
    return sorted({*ends, *leap, date(2000, 1, 1), date(2099, 12, 31)})


def test_libreoffice_gives_the_same_days(office: Office, scheme: Scheme, tmp_path: Path) -> None:
    """Every window over every asked day, with other numbers in each row: a row is a book of its own."""
    asked, formulas = asked_days(), formulas_of(scheme.file.windows)
    numbers = ["often", *(p for key in formulas for p in window_parameter(scheme.file, key))]
    heads = ["p_as_of", *(f"p_{p}" for p in numbers)]
    heads += [f"win_{key}_{end}" for key in formulas for end in ("start", "end")]
    letters = {head: openpyxl.utils.get_column_letter(i) for i, head in enumerate(heads, 1)}
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    expected = []
    for row, day in enumerate(asked, 1):
        own = {p: float(1 + (row * 7 + i) % 12) for i, p in enumerate(numbers)}
        found = days(scheme, day, **own)
        expected.append([serial(d) for pair in found.values() for d in pair])
        sheet.append([serial(day), *own.values(), *(0.5 for _ in range(2 * len(formulas)))])
        for key, pair in formulas.items():
            for end, formula in zip(("start", "end"), pair, strict=True):
                cell = f"{letters[f'win_{key}_{end}']}{row}"
                sheet[cell] = "=" + NAMES.sub(lambda name: f"${letters[name[0]]}{row}", formula)  # noqa: B023
    path = tmp_path / "windows.xlsx"
    book.save(path)
    office.open(path)
    office.recalc()
    seen = [line[1 + len(numbers) : len(heads)] for line in office.read(sheet.title)]
    assert len(seen) == len(asked)
    assert [list(line) for line in seen] == expected


def serial(day: date) -> float:
    return float((day - date(1899, 12, 30)).days)


def test_each_kind_has_its_number_and_its_note(scheme: Scheme) -> None:
    windows = scheme.file.windows
    notes = {key: note_of(windows, key) for key in windows}
    assert notes["year"] == ""
    assert notes["half2"] == "window_by_months"
    assert notes["fiscal"] == notes["quarter"] == "window_fiscal"
    assert notes["month"] == "window_to_date"
    assert notes["fiscal2"] == notes["month2"] == "window_same_day"
    assert notes["natural3"] == notes["last2"] == "window_whole_before"
    assert notes["mixed2"] == notes["month3"] == "window_whole"
    own = {key for key in scheme.parameters if key.endswith("_first_month")}
    assert own == {f"{key}_first_month" for key in ("natural", "fiscal", "semester", "quarter", "mixed2")}
    assert scheme.parameters["fiscal_first_month"].label.zh == "财年：起始月份"
    assert (scheme.parameters["half_months"].value, scheme.parameters["half_months"].high) == (6, 600)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("days: 365, months: 12", "scheme_key"),
        ("days: 365, whole: true", "scheme_key"),
        ("months: 0", "scheme_key"),
        ("period: week", "scheme_key"),
        ("period: year, first_month: 13", "scheme_key"),
        ("period: month, first_month: 2", "scheme_key"),
        ("period: year, first_month: spend", "window_first_month_unknown"),
        ("period: year, before: to_date, first_month: 3", "window_first_month_given"),
    ],
)
def test_refused(written: str, key: str) -> None:
    head = "windows:\n"
    to_date = "  to_date: {label: {zh: 本年, en: To date}, period: year}\n"
    with pytest.raises(UsageError) as caught:
        small((head, f"{head}{to_date}  mine: {{label: {{zh: 我, en: Mine}}, {written}}}\n"))
    assert caught.value.key == key
    told(caught.value)


def test_windows_in_a_row_adjoin(scheme: Scheme) -> None:
    found = days(scheme, date(2025, 12, 31))
    for later, earlier in pairwise(("half", "half2", "half3")):
        assert found[later][0] == found[earlier][1]
