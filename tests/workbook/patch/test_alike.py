"""The walk along two sheets: what it meets, and what it leaves to the proof row by row."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.workbook.patch.alike import UnlikeError, differing
from sheetgen.workbook.patch.edits import Cached, Edits
from sheetgen.workbook.patch.semantic import differences
from sheetgen.workbook.patch.stream import in_pieces
from tests.workbook.patch.books import by_hand, opened

SHEET = "订单"
ROW = (
    '<row r="{r}"><c r="A{r}"><v>{r}</v></c><c r="B{r}" s="1"/><c r="C{r}"><f>A{r}*2</f><v>{v}</v></c></row>'
)


def rows(values: list[str]) -> str:
    return "".join(ROW.format(r=r, v=v) for r, v in enumerate(values, 1))


def met(before: str, after: str) -> list[tuple[int, int, bytes, bytes]]:
    return list(differing(*(in_pieces(opened(by_hand(xml)), SHEET) for xml in (before, after))))


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=60))
@settings(max_examples=40, deadline=None)
def test_just_the_cells_that_differ_are_met(pairs: list[tuple[int, int]]) -> None:
    before, after = (rows([str(pair[i]) for pair in pairs]) for i in (0, 1))
    found = met(before, after)
    assert [(row, col) for row, col, _, _ in found] == [(r, 2) for r, (a, b) in enumerate(pairs) if a != b]
    for row, _, was, now in found:
        for xml, value in zip((was, now), pairs[row], strict=True):
            assert xml == f'r="C{row + 1}"><f>A{row + 1}*2</f><v>{value}</v></c>'.encode()


@pytest.mark.parametrize("size", [1, 50, 400])
def test_wherever_blocks_end(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from sheetgen import inflate

    rng = random.Random(size)
    values = [str(rng.randrange(10 ** rng.randrange(1, 9))) for _ in range(60)]
    others = [v if rng.random() < 0.5 else v + "7" for v in values]
    monkeypatch.setattr(inflate, "BLOCK", size)
    assert [r for r, _, _, _ in met(rows(values), rows(others))] == [
        r for r, (a, b) in enumerate(zip(values, others, strict=True)) if a != b
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<c r="B1" s="1"/>', ""),
        ('<c r="B1" s="1"/>', '<c r="D1" s="1"/>'),
        ('<row r="2">', '<row r="2" ht="9">'),
        ('<row r="3">', '<row r="4">'),
        ("</row>", '<c r="D1"/></row>'),
        ("</row>", '</row><row r="9"/>'),
    ],
)
def test_anything_else_is_left_to_others(old: str, new: str) -> None:
    before = rows(["1", "2", "3"])
    with pytest.raises(UnlikeError):
        met(before, before.replace(old, new, 1))


def test_a_cell_that_nobody_told_of_is_found() -> None:
    told = Edits({SHEET: {0: {2: Cached(5.0)}}})
    packages = [opened(by_hand(rows(values))) for values in (["1", "2"], ["5", "2"], ["5", "3"], ["6", "2"])]
    faults = [[(d.where, d.what) for d in differences(packages[0], after, told)] for after in packages]
    told_value = [("C1", "value is not the one told")]
    assert faults == [told_value, [], [("C2", "value")], told_value]
