"""The ledger of tier changes only ever grows, and nothing is written twice."""

from __future__ import annotations

from datetime import date

import pandas as pd

from sheetgen.grading.track import LEDGER_COLUMNS, empty_ledger, track
from sheetgen.i18n import Lang
from sheetgen.model import Change, Clean, Graded
from sheetgen.scheme.library import load_scheme

from .base import AS_OF, cleaned, graded, sale

SCHEME = load_scheme("vip-abc")
PEOPLE = [{"customer_id": k, "customer_name": f"客户{k}"} for k in "ABCDE"]
SPEND = {"A": 60_000_000, "B": 6_000_000, "C": 30_000_000, "D": 100}
WAS = ["A级", "a", "", "C级", "B级"]


def week(day: date = AS_OF, lang: Lang = "zh", **inputs: list[str]) -> tuple[Clean, Graded]:
    clean = cleaned(PEOPLE, [sale(k, cents, AS_OF) for k, cents in SPEND.items()])
    return clean, graded(clean, SCHEME, AS_OF, lang, previous=inputs.pop("previous", WAS), **inputs)


def test_changes_of_a_week() -> None:
    clean, now = week()
    ledger, changes = track(now, clean, SCHEME, empty_ledger(), "zh")
    assert [(c.customer, c.name, c.was, c.now, c.cause) for c in changes] == [
        ("A", "客户A", "a", "vip", "data"),
        ("B", "客户B", "a", "b", "data"),
        ("E", "客户E", "b", "c", "data"),
    ]
    assert isinstance(changes[0], Change)
    assert changes[0].why.startswith("年消费额 600,000.00")
    assert list(ledger.columns) == list(LEDGER_COLUMNS)
    assert ledger.drop(columns="why").iloc[0].tolist() == [
        pd.Timestamp(AS_OF),
        "A",
        "客户A",
        "A级",
        "VIP级",
        "▲升级",
        "数据变化",
    ]


def test_the_words_of_the_ledger_follow_the_language() -> None:
    clean, now = week(lang="en")
    ledger, _ = track(now, clean, SCHEME, empty_ledger(), "en")
    assert ledger[["was", "now", "cause"]].iloc[0].tolist() == ["A", "VIP", "Data"]


def test_an_override_is_its_own_cause() -> None:
    clean, now = week(override=["", "VIP", "", "", ""])
    _, changes = track(now, clean, SCHEME, empty_ledger(), "zh")
    assert {c.customer: c.cause for c in changes} == {"A": "data", "B": "override", "E": "data"}


def test_a_first_tier_and_an_unknown_word_are_no_change() -> None:
    clean, now = week(previous=["", "", "", "钻石", ""])
    ledger, changes = track(now, clean, SCHEME, empty_ledger(), "zh")
    assert changes == ()
    assert len(ledger) == 0
    assert ledger["week"].dtype.kind == "M"


def test_the_ledger_only_grows() -> None:
    clean, now = week()
    first, _ = track(now, clean, SCHEME, empty_ledger(), "zh")
    older = first.assign(week=pd.Timestamp("2025-12-24"))
    second, _ = track(now, clean, SCHEME, older, "zh")
    pd.testing.assert_frame_equal(second.iloc[:3].reset_index(drop=True), older, check_dtype=False)
    assert second["week"].tolist() == [pd.Timestamp("2025-12-24")] * 3 + [pd.Timestamp(AS_OF)] * 3


def test_the_same_day_again_adds_nothing_and_loses_nothing() -> None:
    clean, now = week()
    first, _ = track(now, clean, SCHEME, empty_ledger(), "zh")
    again, _ = track(now, clean, SCHEME, empty_ledger(), "zh")
    pd.testing.assert_frame_equal(first, again)
    clean, settled = week(previous=now.frame["final_tier"].tolist())
    after, changes = track(settled, clean, SCHEME, first, "zh")
    assert changes == ()
    pd.testing.assert_frame_equal(after, first, check_dtype=False)
