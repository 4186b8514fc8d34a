"""The parts of re-grading by themselves: formulas told apart, columns found, sheets aligned."""

from __future__ import annotations

import pytest

from sheetgen.errors import InputError
from sheetgen.workbook.patch.view import Cell
from sheetgen.workbook.regrade.blocks import block_of
from sheetgen.workbook.regrade.grids import EMPTY, OWN, Grid, shape_of, text_of
from sheetgen.workbook.regrade.single import met_places


def said(text: str) -> Cell:
    return EMPTY._replace(kind="str", value=text)


def counted(formula: str) -> Cell:
    return EMPTY._replace(kind="n", value=1.0, formula=formula)


def grid(*rows: list[str | None]) -> Grid:
    cells = {r: {c: said(w) for c, w in enumerate(row) if w is not None} for r, row in enumerate(rows)}
    return Grid("表", cells, {})


@pytest.mark.parametrize(
    ("one", "other", "same", "same_columns"),
    [
        ("SUM($A4:$A9)*2", "=SUM($A5:$A11)*2", True, True),
        ("SUM($A4:$A9)", "SUM( B4:B9 )", True, False),
        ("IF(历史交易!$A:$A=1,2)", "IF('历史交易'!$C:$C=1,2)", True, False),
        ("A4+1E+9", "A4+1000000000", True, True),
        ("-9E+99", "-9E+099", True, True),
        ('A1&"A1"', 'A2&"A1"', True, True),
        ('A1&"A1"', 'A1&"A2"', False, False),
        ("SMALL(B1:B9,1)", "SMALL(B1:B9,2)", False, False),
        ("_xlfn.MAXIFS(A1:A2,B1:B2,3)", "maxifs(a1:a2,b1:b2,3)", True, True),
        ("win_1_end", "win_2_end", False, False),
        ("LOG10(A1)", "LOG10(A2)", True, True),
    ],
)
def test_shapes(one: str, other: str, same: bool, same_columns: bool) -> None:
    assert (shape_of(one) == shape_of(other)) is same
    assert (shape_of(one, True) == shape_of(other, True)) is same_columns


def test_a_formula_is_kept_once_and_read_back() -> None:
    cells = {3: {0: counted(f"$B{OWN}+4")}, 4: {0: counted(f"$B{OWN}+4")}}
    found = Grid("表", cells, {"7": ("B2*2", 1, 0)})
    assert (found.formula(3, 0), found.formula(4, 0)) == ("$B4+4", "$B5+4")
    assert found.shape(3, 0) == found.shape(4, 0) == "#+4"
    shared = EMPTY._replace(kind="n", value=1.0, formula="", grouping=("shared", "", "7"))
    assert Grid("表", {5: {0: shared}}, found.masters).formula(5, 0) == "B6*2"


def test_columns_are_found_by_their_headers() -> None:
    wanted = {"id": "编号", "name": "名称", "again": "名称", "key": "序号"}
    moved = block_of(grid(["标题"], ["名称", "自己的", "编号", "序号", "名称"]), "x", wanted)
    assert (moved.header, moved.columns) == (1, {"id": 2, "name": 0, "again": 4, "key": 3})
    with pytest.raises(InputError) as stop:
        block_of(grid(["编号", "名称", "序号"]), "x", wanted)
    assert stop.value.facts["column"] == "名称"
    assert "again" not in block_of(grid(["编号", "名称", "序号"]), "x", wanted, ("again",)).columns


def test_cells_are_met_where_a_sheet_has_moved() -> None:
    ours = {(1, 0): "a", (2, 0): "b", (3, 0): "b"}
    assert met_places(ours, {(2, 0): "a", (3, 0): "b", (4, 0): "b"}) == {
        (1, 0): (2, 0),
        (2, 0): (3, 0),
        (3, 0): (4, 0),
    }
    assert met_places(ours, {(1, 0): "a", (2, 0): "b"}) == {(1, 0): (1, 0), (2, 0): (2, 0)}
    assert met_places(ours, {(2, 0): "a", (3, 0): "b"}) == {(1, 0): (2, 0)}, (
        "moved, and one is gone: which is not known"
    )


def test_texts_are_what_formulas_make_of_cells() -> None:
    numbers = {1003.0: "1003", -7.0: "-7", 1.5: "1.5", 0.1: "0.1"}
    assert [text_of(EMPTY._replace(kind="n", value=n)) for n in numbers] == list(numbers.values())
    assert text_of(EMPTY._replace(kind="b", value="1")) == "TRUE"
    assert text_of(EMPTY._replace(kind="e", value="#N/A")) == ""
