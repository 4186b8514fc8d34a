"""A sheet in pieces: whole rows, in order, however the bytes come and however large the blocks are to be."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.workbook.patch.stream import NotPlainError, as_a_whole, in_pieces

from .books import by_hand, opened, part

CELLS = st.sampled_from(
    ['<c r="A{0}"><v>1</v></c>', '<c r="A{0}"/>', '<c r="B{0}" t="str"><f>A{0}</f><v>甲</v></c>', ""]
)
ROWS = st.lists(st.lists(CELLS, max_size=3), min_size=1, max_size=12)
TAILS = st.sampled_from(["", "<autoFilter ref='A1:B2'/>", "<pageMargins left='1'/>" * 9])


def xml_of(rows: list[list[str]]) -> str:
    return "".join(f'<row r="{i}">{"".join(cells).format(i)}</row>' for i, cells in enumerate(rows, 1))


@settings(max_examples=150, deadline=None)
@given(ROWS, TAILS, st.integers(1, 90), st.integers(0, 200), st.sampled_from(["", "\n"]))
def test_blocks_are_whole_rows_whatever_the_pieces(
    rows: list[list[str]], tail: str, piece: int, size: int, space: str
) -> None:
    package = opened(by_hand(xml_of(rows) + space, tail=tail))
    whole = part(package).encode()
    with patch("sheetgen.inflate.BLOCK", piece):
        flow = in_pieces(package, "订单")
        flow.size = size
        blocks = list(flow.blocks)
    assert flow.head + b"".join(blocks) + flow.tail == whole
    assert flow.tail.startswith(b"</sheetData>") and flow.head.endswith(b"<sheetData>")
    body = [block for block in blocks if block.strip()]
    assert all(block.startswith(b"<row ") and block.rstrip().endswith(b"</row>") for block in body)
    assert all(len(block) >= size for block in blocks[:-2]), "but for the last ones"
    other = as_a_whole(package, "订单")
    assert b"".join(other.blocks) + other.tail == b"".join(blocks) + flow.tail


@pytest.mark.parametrize("odd", ["<!-- </row> -->", "<?x y?>"])
@pytest.mark.parametrize("piece", [3, 50, 1 << 20])
def test_tags_that_may_not_be_where_they_look_to_be_are_refused_here(odd: str, piece: int) -> None:
    package = opened(by_hand(xml_of([[], []]) + odd + '<row r="3"></row>'))
    with patch("sheetgen.inflate.BLOCK", piece), pytest.raises(NotPlainError):
        list(in_pieces(package, "订单").blocks)


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_rows_that_never_end_are_refused_here(piece: int) -> None:
    package = opened(
        by_hand(xml_of([[], []]), more={"xl/worksheets/sheet1.xml": "<worksheet><sheetData><row>"})
    )
    with patch("sheetgen.inflate.BLOCK", piece), pytest.raises(NotPlainError):
        list(in_pieces(package, "订单").blocks)
