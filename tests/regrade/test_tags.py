"""Blocks of rows in the plainest of looks are taken apart by arrays; any other look is left to others."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from sheetgen.pipeline import Built
from sheetgen.workbook.patch.stream import in_pieces
from sheetgen.workbook.regrade.reading import read_cells
from sheetgen.workbook.regrade.tags import PAD, tagged
from tests.workbook.patch.books import by_hand, opened

ROW = '<row r="12" ht="20"><c r="A12" s="3" t="s"><v>7</v></c><c r="AB12"/><c r="AC12" s="1" />'
ROW += '<c r="AD12"><f>AB12*2</f><v></v></c></row>'


def test_places_in_a_block() -> None:
    block = (ROW + '<row r="13"/><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>').encode() + PAD
    found = tagged(block)
    assert found is not None
    assert found.rows.tolist() == [11, 12, 1_048_575]
    assert found.row.tolist() == [11, 11, 11, 11, 1_048_575]
    assert found.col.tolist() == [0, 27, 28, 29, 16_383]
    said = [[block[a:b] for a, b in of.tolist()] for of in (found.looks, found.formulas, found.values)]
    assert said[0] == [b' s="3" t="s"', b"", b' s="1"', b"", b""]
    assert said[1] == [b"", b"", b"", b"AB12*2", b""]
    assert said[2] == [b"7", b"", b"", b"", b"1"]
    assert (found.values[:, 0] > 0).tolist() == [True, False, False, True, True], "an empty value is one"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('r="A12"', 'r="A13"'), ('r="A12"', 'r="A012"'), ('r="A12"', 'r="A1"'), ('r="A12"', 'r="A123"'),
        ('r="A12"', 'r="a12"'), ('r="A12"', 'r="ABCD12"'), ('r="A12"', 'r="12"'), ('r="A12" s="3"', 's="3"'),
        ('<row r="12"', '<row ht="1"'), ('<row r="12"', '<row r="012"'), ('<row r="12"', '<row r=""'),
        ("<v>7</v>", "<is><r><t>7</t></r></is>"), ("<v>7</v>", "<v>7</v><v>8</v>"), ("<v>7</v>", "<v/>"),
        ("<v>7</v>", '<v xml:space="preserve">7</v>'), ("<v>7</v>", "7"), ("<v>7</v>", "<v>7></v>"),
        ("<v>7</v>", "<v>7<!-- --></v>"), ("<v>7</v>", " <v>7</v>"), ("</c>", "</c >"), ("</c>", "</d>"),
        ("<f>", '<f t="shared" si="0">'), ("<f>", '<f ca="1">'), ("<f>AB12*2</f>", "<f/>"), ("<f>", "<fx>"),
        ("<v>7</v>", "<is>7</is>"), ("<v>7</v>", "<is/>"), ("<v>7</v>", "<is><t>7</is>"),
        ("<v>7</v>", '<is><t x="1">7</t></is>'), ("<v>7</v>", '<is><t xml:space="preserve" x="1">7</t></is>'),
        ("<v>7</v>", "<is><t>7</t><t>8</t></is>"), ("<v>7</v>", "<is> <t>7</t></is>"), ("</row>", ""),
        ("</row>", "</row>\n"), ("</row>", "</row><x/>"), ("<c r=", "<cx r="),
    ],
)  # fmt: skip
def test_another_look_is_left_to_others(old: str, new: str) -> None:
    assert tagged(ROW.encode() + PAD) is not None
    changed = ROW.replace(old, new, 1)
    assert changed != ROW
    assert tagged(changed.encode() + PAD) is None


@pytest.mark.parametrize("tag", ["<t>", '<t xml:space="preserve">'])
def test_texts_within_cells(tag: str) -> None:
    block = ROW.replace('t="s"><v>7</v>', f't="inlineStr"><is>{tag}a &amp; b</t></is>').encode() + PAD
    found = tagged(block)
    assert found is not None
    assert found.inline.tolist() == [True, False, False, False]
    assert [block[a:b] for a, b in found.values[found.inline].tolist()] == [b"a &amp; b"]


def test_the_large_sheets_of_a_book_are_read_so(built: Built) -> None:
    package = opened(Path(built.request.out).read_bytes())
    for name in ("客户信息", "历史交易", "价值评分", "客户级别", "客户偏好", "_base"):
        assert all(tagged(block + PAD) is not None for block in in_pieces(package, name).blocks), name


def test_what_reading_needs_goes_with_it(built: Built) -> None:
    """Without the search for cycles: a sheet's texts would be kept twice until the book is written."""
    package = opened(built.request.out.read_bytes())
    gc.collect()
    gc.disable()
    try:
        kept = [weakref.ref(read_cells(package, name)[0].pools) for name in package.worksheets]
        assert [ref() for ref in kept] == [None] * len(kept)
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c><c r="B1"/></row>', True),
        ('<row r="1"><c r="B1"><v>1</v></c><c r="A1"/></row>', True),
        ('<row r="1"><c r="A1"><v>1</v></c><c><v>2</v></c></row>', False),
        ('<row><c r="A1"><v>1</v></c></row>', False),
        ('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>', False),
    ],
)
def test_sheets_in_which_each_cell_has_its_name(row: str, named: bool) -> None:
    package = opened(by_hand(row))
    read_cells(package, "订单")
    assert bool(package.known.named) == named
    assert package.known.named <= package.known.plain
