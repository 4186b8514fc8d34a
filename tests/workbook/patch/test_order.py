"""Rows put in another order: nothing lost, each row whole at its place, and what hangs on it goes along."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from sheetgen.errors import InputError
from sheetgen.workbook.patch.beside import moved_list
from sheetgen.workbook.patch.order import Order, reordered
from sheetgen.workbook.patch.order_proof import misplaced
from sheetgen.workbook.patch.refs import area_of, shifted

from .books import by_hand, opened, part

FIRST = 2
CELLS = st.lists(
    st.sampled_from(["", "n", "text", "formula", "shared", "blank", "bare"]), min_size=3, max_size=3
)


def row_xml(row: int, kinds: list[str], tall: bool) -> str:
    """A row; its number stands in attributes and texts too."""
    cells = []
    for col, kind in enumerate(kinds):
        at = f"{'ABC'[col]}{row}"
        cells.append({
            "": "", "n": f'<c r="{at}" s="{row % 5}"><v>{row}</v></c>',
            "text": f'<c t="inlineStr" r="{at}"><is><t>{row}" r="{at}"</t></is></c>',
            "formula": f'<c r="{at}" s="1"><f>A{row}*2+$A$1+A{row + 1}</f><v>{row}</v></c>',
            "shared": f'<c r="{at}"><f t="shared" si="0"/><v>7</v></c>',
            "blank": f'<c r="{at}" s="3"/>', "bare": f'<c r="{at}" t="b"><v>1</v></c>',
        }[kind])  # fmt: skip
    look = ' ht="30" customHeight="1" hidden="1"' if tall else ""
    return f'<row r="{row}"{look} spans="1:3">{"".join(cells)}</row>'


@st.composite
def blocks(draw: st.DrawFn) -> tuple[bytes, Order]:
    """A sheet whose rows from the third on are to be put in order; some are missing."""
    kinds = draw(st.lists(st.one_of(st.none(), CELLS), min_size=1, max_size=14))
    order = draw(st.permutations(range(FIRST, FIRST + len(kinds))))
    master = '<row r="1"><c r="D1"><f t="shared" ref="A1:D99" si="0">$A$1+E1</f><v>7</v></c></row>'
    lines = [row_xml(i, k, draw(st.booleans())) for i, k in enumerate(kinds, FIRST + 1) if k is not None]
    below = row_xml(FIRST + len(kinds) + 1, ["n", "shared", "text"], False)
    return by_hand("".join([master, *lines, below])), Order("订单", FIRST, np.asarray(order))


def seen(data: bytes) -> dict[tuple[int, int], Any]:
    """Row, column -> formula or value, style; 0 for the row's look."""
    sheet = load_workbook(io.BytesIO(data))["订单"]
    cells = [cell for line in sheet.iter_rows() for cell in line if cell.value is not None]
    found: dict[tuple[int, int], Any] = {(c.row - 1, c.column - 1): (c.value, c._style) for c in cells}
    for number, look in sheet.row_dimensions.items():
        found[number - 1, -1] = (look.height, look.hidden) if look.height else None
    return {place: value for place, value in found.items() if value}


@given(blocks())
def test_every_row_is_whole_at_its_place(given_: tuple[bytes, Order]) -> None:
    data, order = given_
    package = opened(data)
    made = opened(reordered(package, order))
    assert misplaced(package, made, order) == ()
    was, now = seen(data), seen(made.data)
    wanted = {}
    for (row, col), value in was.items():
        place = order.place(row)
        told = value[0] if isinstance(value, tuple) else None
        moved = isinstance(told, str) and told.startswith("=")
        wanted[place, col] = (shifted(told, place - row, 0), value[1]) if moved else value
    assert now == wanted
    back = Order("订单", FIRST, np.argsort(np.asarray(order.rows)) + FIRST)
    assert seen(reordered(made, back)) == was


@given(blocks())
def test_in_order_already_it_is_the_same_book(given_: tuple[bytes, Order]) -> None:
    data, order = given_
    package = opened(data)
    same = Order("订单", FIRST, np.sort(np.asarray(order.rows)))
    assert reordered(package, same) is package.data


def test_the_proof_sees_rows_at_wrong_places() -> None:
    data = by_hand("".join(row_xml(i, ["n", "text", "formula"], False) for i in range(1, 8)))
    package, order = opened(data), Order("订单", FIRST, np.asarray([5, 3, 2, 4]))
    made = opened(reordered(package, order))
    assert misplaced(package, made, order) == ()
    other = Order("订单", FIRST, np.asarray([5, 2, 3, 4]))
    assert {d.where.split(",")[0] for d in misplaced(package, made, other)} == {"row 4", "row 5"}
    assert misplaced(package, package, order)


def test_a_calculation_chain_goes() -> None:
    data = by_hand("".join(row_xml(i, ["n", "", "formula"], False) for i in range(1, 6)), chain=True)
    package, order = opened(data), Order("订单", FIRST, np.asarray([3, 2]))
    made = opened(reordered(package, order))
    assert package.has("/xl/calcChain.xml") and not made.has("/xl/calcChain.xml")
    assert misplaced(package, made, order) == ()


def noted_book() -> bytes:
    """Ten rows with a comment, a link, a merge of one row, formats and a validation."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("订单")
        red = book.add_format({"bg_color": "#FF0000"})
        for row in range(10):
            sheet.write(row, 0, row)
            sheet.write_formula(row, 1, f"=A{row + 1}*2", None, row * 2)
        sheet.write_comment("A5", "看这里")
        sheet.write_url("C6", "https://example.com/x", string="x")
        sheet.merge_range("D7:E7", "一行")
        sheet.conditional_format("A3:A10", {"type": "cell", "criteria": ">", "value": 5, "format": red})
        rule = {"type": "formula", "criteria": "=$B5>$A$1", "format": red}
        sheet.conditional_format("A5", rule)
        sheet.conditional_format("B4:B6", {**rule, "criteria": "=$A4=3"})
        sheet.data_validation("F5:F6", {"validate": "custom", "value": "=F5>A5"})
    return out.getvalue()


def test_what_hangs_on_a_row_goes_with_it() -> None:
    package = opened(noted_book())
    order = Order("订单", FIRST, np.asarray([9, 8, 7, 6, 5, 4, 3, 2]))  # rows 3 to 10, the last one first
    made = opened(reordered(package, order))
    assert misplaced(package, made, order) == ()
    xml = part(made)
    for text in (
        '<hyperlink ref="C7"', '<mergeCell ref="D6:E6"', 'conditionalFormatting sqref="A3:A10"',
        'sqref="A8"><cfRule type="expression" dxfId="0" priority="2"><formula>$B8&gt;$A$1</formula>',
        'sqref="B7:B9"', "<formula>$A7=3</formula>", 'sqref="F7:F8"><formula1>F7&gt;A7</formula1>',
    ):  # fmt: skip
        assert text in xml, text
    sheet = load_workbook(io.BytesIO(made.data))["订单"]
    assert sheet["A8"].comment is not None and "看这里" in sheet["A8"].comment.text
    (box,) = [made.read(name) for name in made.members if name.endswith(".vml")]
    assert b"<x:Row>7</x:Row>" in box


def test_what_spans_rows_is_refused_by_name() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("订单")
        for row in range(6):
            sheet.write(row, 0, row)
        sheet.merge_range("B4:B5", "两行")
    with pytest.raises(InputError) as caught:
        reordered(opened(out.getvalue()), Order("订单", FIRST, np.asarray([4, 3, 2])))
    assert (caught.value.code, caught.value.facts["cells"]) == ("SG574", "B4:B5")


@given(st.permutations(range(2, 12)), st.lists(st.integers(0, 14), min_size=1, max_size=8, unique=True))
def test_areas_cover_the_rows_that_they_did(rows: list[int], covered: list[int]) -> None:
    order = Order("订单", 2, np.asarray(rows))
    told = moved_list(order, " ".join(f"B{row + 1}" for row in covered))
    areas = [area_of(token) for token in told.split()]
    now = sorted(row for area in areas if area for row in range(area.first_row, area.last_row + 1))
    assert now == sorted(order.place(row) for row in covered)
