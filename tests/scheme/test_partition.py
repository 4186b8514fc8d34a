"""Named classes are partitions, proved; what is none is shown a counter-example; and no tie is ever split."""

# ruff: noqa: E501 (the table of classes)

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.errors import UsageError
from sheetgen.grading.grade import empty_inputs, grade
from sheetgen.grading.settings import resolve_cuts, start_settings
from sheetgen.grading.ties import skipped_scores, tie_notes
from sheetgen.model import Facts
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.library import load_scheme, read_scheme, shipped, templates_folder
from sheetgen.scheme.partition import check_partition, class_columns, prove

from ..grading.base import AS_OF
from .base import told

CLASSES = [(scheme, column) for scheme in shipped() for column in class_columns(load_scheme(scheme))]


def bent(scheme_id: str, *changes: tuple[str, str]) -> str:
    written = (templates_folder() / scheme_id / "scheme.yml").read_text("utf-8")
    for was, now in changes:
        assert written.count(was) == 1, was
        written = written.replace(was, now)
    return written


def refused(written: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_scheme(written, "mine.yml", proved=True)
    assert (caught.value.code, caught.value.exit_code) == ("SG702", 2)
    return caught.value


@pytest.mark.parametrize(("scheme_id", "column"), CLASSES)
def test_shipped_classes_are_partitions_without_an_empty_class(scheme_id: str, column: str) -> None:
    proof = prove(load_scheme(scheme_id), column)
    assert proof.tried > 10
    assert proof.hole is None
    assert proof.unreached == ()


def test_the_schemes_with_named_classes_are_looked_at() -> None:
    assert {"rfm", "lifecycle", "ecommerce-activity", "vip-abc"} <= {scheme for scheme, _ in CLASSES}


def facts_of(scheme: Scheme, **columns: list[float]) -> Facts:
    frame = pd.DataFrame(
        {"customer_id": [str(i) for i in range(len(next(iter(columns.values()))))], **columns}
    )
    for key, metric in scheme.metrics.items():
        if key not in frame:
            frame[key] = np.nan if metric.empty == "unknown" else 0.0
    return Facts(frame, AS_OF)


def test_rfm_names_each_of_its_scores_as_the_field_does() -> None:
    """By another road: facts for all combinations of R, F and M, each class told apart by hand."""
    scheme = load_scheme("rfm")
    combinations = list(product([1, 2, 3, 4, 5, None], range(1, 6), range(1, 6)))
    cuts = {f"{key}_cut_{n}": n * 10.0 for key in ("recency", "orders", "spend") for n in range(1, 5)}
    facts = facts_of(
        scheme,
        recency=[np.nan if r is None else 55.0 - 10 * r for r, _, _ in combinations],
        orders=[10.0 * f - 5 for _, f, _ in combinations],
        spend=[10.0 * m - 5 for _, _, m in combinations],
    )
    found = resolve_cuts(scheme, start_settings(scheme, AS_OF, cuts), facts, cuts)
    frame = grade(facts, empty_inputs(scheme, len(combinations)), scheme, found, "zh").frame
    names = {(True, True, True): "重要价值客户", (True, True, False): "重要发展客户", (True, False, True): "重要保持客户",
             (True, False, False): "重要挽留客户", (False, True, True): "一般价值客户", (False, True, False): "一般发展客户",
             (False, False, True): "一般保持客户", (False, False, False): "一般挽留客户"}  # fmt: skip
    for (r, f, m), row in zip(combinations, frame.to_dict("records"), strict=True):
        points = tuple(row[f"{key}_points"] for key in ("orders", "spend"))
        assert points == (f, m)
        assert row["recency_points"] == r if r is not None else np.isnan(row["recency_points"])
        assert row["computed_tier"] == names[m > 3, (r or 0) > 3, f > 3]


# what is no partition, with the counter-example


def test_a_class_code_that_names_no_class() -> None:
    error = refused(bent("rfm", ("(4 if spend_points > high_over", "(4.5 if spend_points > high_over")))
    assert error.key == "class_hole"
    zh, en = told(error)
    assert zh.startswith("mine.yml:") and "spend_points=4, recency_points=1, orders_points=1 时得 4.5" in zh
    assert "gives 4.5, which falls in no class" in en


def test_a_gap_between_two_conditions() -> None:
    """On the very day between the two neither holds."""
    chain = "recency <= active_days and orders >= active_orders and spend >= active_spend else 2"
    error = refused(bent("ecommerce-activity", (chain, "recency < lost_days else 2.5")))
    assert error.key == "class_hole"
    assert "recency=180" in told(error)[0]


def test_a_word_that_is_no_choice() -> None:
    error = refused(bent("vip-abc", ("else 'repeat' if orders > 1", "else 'repeated' if orders > 1")))
    assert (error.key, error.facts["near"], error.facts["value"]) == ("class_word", "repeat", "repeated")
    told(error)


def test_words_may_be_left_open_where_the_scheme_says_so() -> None:
    written = bent("vip-abc", ("'potential' if blank(recency)", "None if blank(recency)"))
    scheme = read_scheme(written, proved=True)
    assert prove(scheme, "stage").unreached == ("potential",)


def test_a_class_that_nobody_can_reach_is_told() -> None:
    scheme = read_scheme(bent("lifecycle", ("4 if all_orders > 1 else 3", "4 if all_orders >= 0 else 3")))
    assert prove(scheme, "stage").unreached == ("first",)


def test_a_hole_that_cannot_be_is_none() -> None:
    """Two flags that are 0 or 1: as numbers they could be anything, as made they cannot."""
    flags = """columns:
  big: {label: {zh: 大, en: Big}, value: "1 if spend_points > high_over else 0", format: integer}
"""
    written = bent(
        "rfm",
        ("columns:\n", flags),
        ("(4 if spend_points > high_over else 0)", "(4 if big == 1 else 0 if big == 0 else 8.5)"),
    )
    scheme = read_scheme(written, proved=True)
    assert prove(scheme, "class_code").hole is None


def test_a_scheme_of_ones_own_is_proved_as_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "scheme.yml").write_text(
        bent("rfm", ("+ (1 if orders_points", "+ (0.5 if orders_points")), "utf-8"
    )
    with pytest.raises(UsageError) as caught:
        load_scheme(str(tmp_path))
    assert caught.value.key == "class_hole"
    check_partition(load_scheme("rfm"))


# ties


@given(st.lists(st.integers(0, 12), min_size=1, max_size=60), st.integers(2, 10))
@settings(max_examples=60, deadline=None)
def test_no_tie_is_split_and_each_skipped_score_is_told(values: list[int], quantiles: int) -> None:
    written = (
        (templates_folder() / "rfm" / "scheme.yml")
        .read_text("utf-8")
        .replace("quantiles: 5", f"quantiles: {quantiles}")
    )
    scheme = read_scheme(written)
    numbers = [float(v) for v in values]
    facts = facts_of(scheme, recency=numbers, orders=numbers, spend=numbers)
    found = resolve_cuts(scheme, start_settings(scheme, AS_OF), facts, {})
    frame = grade(facts, empty_inputs(scheme, len(values)), scheme, found, "zh").frame
    notes = {issue.column: issue for issue in tie_notes(scheme, found, frame, "zh")}
    for key in ("recency", "orders", "spend"):
        points = frame[f"{key}_points"]
        assert (points.groupby(frame[key]).nunique() == 1).all(), "a tie is split"
        missing = sorted(set(range(1, quantiles + 1)) - set(points.astype(int)))
        note = notes.get(scheme.label(key).zh)
        assert (note is not None) == bool(missing)
        if note is not None:
            assert dict(note.facts)["scores"] == "、".join(map(str, missing))
            if note.code == "SG711":
                assert note.count == values.count(int(note.value))
            assert "{" not in note.message("zh") + note.message("en")


def test_half_of_all_bought_once() -> None:
    scheme = load_scheme("rfm")
    counts = [1.0] * 505 + [2.0, 3.0, 4.0, 5.0, 6.0] * 99
    facts = facts_of(
        scheme, orders=counts, spend=[float(i) for i in range(1000)], recency=[float(i) for i in range(1000)]
    )
    found = resolve_cuts(scheme, start_settings(scheme, AS_OF), facts, {})
    (note,) = tie_notes(scheme, found, facts.frame, "zh")
    assert (
        note.message("zh")
        == "F 订单数：505 位客户的值都是 1，占满了不止一档；同值同分，不拆开，所以没有人得 2 分"
    )
    assert (note.level, note.count) == ("note", 505)


def test_few_customers_do_not_fill_the_steps() -> None:
    scheme = load_scheme("rfm")
    facts = facts_of(scheme, orders=[1.0, 2.0], spend=[5.0, 6.0], recency=[np.nan, np.nan])
    found = resolve_cuts(scheme, start_settings(scheme, AS_OF), facts, {})
    notes = tie_notes(scheme, found, facts.frame, "en")
    assert {n.code for n in notes} == {"SG712"}
    assert "too few for 5 steps" in notes[0].message("en")
    assert skipped_scores(np.array([np.nan]), (1.0, 2.0)) == []


def test_a_relative_tier_that_a_tie_leaves_empty() -> None:
    scheme = load_scheme("electronics-rank")
    facts = facts_of(scheme, spend=[900.0] * 30 + [float(i) for i in range(70)])
    found = resolve_cuts(scheme, start_settings(scheme, AS_OF), facts, {})
    notes = tie_notes(scheme, found, facts.frame, "zh")
    assert [n.message("zh") for n in notes] == [
        f"{tier}没有客户：分界落在同一个值 900（年消费额，30 位客户并列），并列者不拆开，都归{above}"
        for tier, above in (("B级", "A级"), ("A级", "VIP级"))
    ]
