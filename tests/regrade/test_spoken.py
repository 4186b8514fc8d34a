"""Words of people: tiers by any name, days and numbers that can be read in one way only."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.scheme.library import load_scheme, shipped
from sheetgen.workbook.attested import changed_entries, digests_of
from sheetgen.workbook.regrade.spoken import day_meant, number_meant, tier_meant, tier_names


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_tier_goes_by_its_id_and_its_labels(name: str) -> None:
    scheme = load_scheme(name)
    names = tier_names(scheme)
    for tier in scheme.file.tiers:
        for words in (tier.id, tier.label.zh, tier.label.en, f"　{tier.label.zh} ", tier.id.upper()):
            assert tier_meant(words, names) == tier.id
    assert not any(tier_meant(words, names) for words in ("", "*", "?", "0", "级", "不知道"))


@pytest.mark.parametrize(
    ("words", "tier"),
    [("黄金 ", "gold"), ("金牌", "gold"), ("金卡会员", "gold"), ("银", "silver"), ("铂金", "")],
)
def test_names_that_go_for_each_other(words: str, tier: str) -> None:
    assert tier_meant(words, tier_names(load_scheme("retail-diamond"))) == tier


@given(st.dates(date(1900, 3, 1), date(2199, 12, 31)))
def test_days_in_every_spelling(day: date) -> None:
    y, m, d = day.year, day.month, day.day
    for words in (
        f"{y}-{m}-{d}",
        f"{y}/{m:02d}/{d:02d}",
        f"{y}.{m}.{d}",
        f" {y}年{m}月{d}日",
        f"{y}{m:02d}{d:02d}",
    ):
        assert day_meant(words) == day
    assert day_meant(f"{y}-{m:02d}-{d:02d} 10:20:30") == day


@pytest.mark.parametrize(
    "words", ["", "上周", "5/6/2026", "26-1-5", "2026-13-01", "2026-02-30", "2026-1/2", "1899-01-01", "20260"]
)
def test_what_is_no_day_or_could_be_two(words: str) -> None:
    assert day_meant(words) is None


@pytest.mark.parametrize(
    ("words", "number"),
    [("1,200.50", 1200.5), ("￥80", 80.0), ("－80元", -80.0), ("１２", 12.0), (" 3 ", 3.0), ("0.01", 0.01)]
    + [(words, None) for words in ("", "五", "12,00", "1.234,56", "1e5", "(5)", "5%", "$5", "1,2345", "a1")],
)
def test_numbers(words: str, number: float | None) -> None:
    assert number_meant(words) == number


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5), st.data())
def test_a_changed_entry_is_told(entries: dict[str, str], data: st.DataObject) -> None:
    entries.pop("digests", None)
    state = {**entries, "digests": digests_of(entries.items())}
    assert changed_entries(state) == []
    if entries:
        key = data.draw(st.sampled_from(sorted(entries)))
        assert changed_entries({**state, key: entries[key] + "x"}) == [key]
    assert changed_entries(entries) == []
