"""References move as openpyxl moves them; ranges grow with their block and with nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator

from sheetgen.workbook.patch.refs import Area, Growth, area_of, grown_formula, grown_list, shifted

GROWTH = Growth("历史 交易", Area(3, 0, 9, 5), 2)
ONE_ROW = Growth("s", Area(3, 0, 3, 5), 2)
CELLS = st.builds(
    lambda a, c, b, r: f"{a}{c}{b}{r}",
    st.sampled_from(("", "$")),
    st.sampled_from(("K", "Z", "AB", "TAX")),
    st.sampled_from(("", "$")),
    st.integers(60, 900),
)
PIECES = st.one_of(
    CELLS,
    st.builds(lambda a, b: f"SUM({a}:{b})", CELLS, CELLS),
    st.builds(lambda a: f"'A1 b'!{a}", CELLS),
    st.builds(lambda a: f"Sheet2!{a}", CELLS),
    st.sampled_from(('"B12"', '"a""B12"', "LOG10(5)", "x_A1", "SUM(K:$M)", "SUM(70:$80)", "tbl[B12]", "1E5")),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=4), st.integers(-50, 50), st.integers(-10, 10))
def test_formulas_move_as_in_openpyxl(pieces: list[str], rows: int, cols: int) -> None:
    formula = "+".join(pieces)
    told = Translator(f"={formula}", "P100").translate_formula(row_delta=rows, col_delta=cols)
    assert shifted(formula, rows, cols) == told.removeprefix("=")


def test_what_leaves_the_sheet_is_an_error() -> None:
    assert shifted("A1+B2+$A$1", -1, 0) == "#REF!+B1+$A$1"
    assert shifted("A1+SUM(A:B)", 0, -1) == "#REF!+SUM(#REF!)"
    assert shifted("XFD1048576", 1, 0) == "#REF!"


def test_names_that_look_like_cells_stay() -> None:
    assert shifted("ABCD1+XFE1+A1048577+数A1+A1.b", 1, 1) == "ABCD1+XFE1+A1048577+数A1+A1.b"


def test_fixed_references_move_when_asked() -> None:
    assert shifted("客户!$B$5:$D$5", 1, 0, fixed=False) == "客户!$B$6:$D$6"


@pytest.mark.parametrize(
    ("formula", "sheet", "longer"),
    [
        ("'历史 交易'!$A$4:$A$10", "x", "'历史 交易'!$A$4:$A$12"),
        ("COUNTIF($A$4:$A$10,A4)", "历史 交易", "COUNTIF($A$4:$A$12,A4)"),
        ("$A$1:$Z$10", "历史 交易", "$A$1:$Z$12"),
        ("$A$4:$A$10", "x", None),
        ("别的!$A$4:$A$10", "历史 交易", None),
        ("[1]历史!$A$4:$A$10", "历史", None),
        ("$A$4:$A$9", "历史 交易", None),
        ("$A$4:A10", "历史 交易", None),
        ("$E$4:$H$10", "历史 交易", None),
        ('"$A$4:$A$10"', "历史 交易", None),
        ("$A$10:$B$10", "历史 交易", None),
    ],
)
def test_ranges_to_the_last_row_grow(formula: str, sheet: str, longer: str | None) -> None:
    assert grown_formula(formula, sheet, GROWTH) == (longer or formula)


def test_one_row_of_data() -> None:
    assert grown_formula("s!$D$4", "x", ONE_ROW, cells=True) == "s!$D$4:$D$6"
    assert grown_formula("s!$D$4", "x", ONE_ROW) == "s!$D$4"
    assert grown_formula("s!$D$4:$D$4", "x", ONE_ROW) == "s!$D$4:$D$6"
    assert grown_formula("s!$H$4", "x", ONE_ROW, cells=True) == "s!$H$4"


def test_a_list_of_areas_grows_where_it_is_about_the_column() -> None:
    assert grown_list("A4:A10", GROWTH) == "A4:A12"
    assert grown_list("A4:A8  A10", GROWTH) == "A4:A8 A10:A12"
    assert grown_list("B10", GROWTH) == "B10"
    assert grown_list("A4:A9  C3", GROWTH) == "A4:A9  C3"
    assert grown_list("H4:H10", GROWTH) == "H4:H10"


def test_areas() -> None:
    assert area_of("$B$3:D9") == Area(2, 1, 8, 3)
    assert area_of("D9:B3") == Area(2, 1, 8, 3)
    assert [area_of(text) for text in ("A:A", "A0", "XFE1", "A1048577", "x", "")] == [None] * 6
    assert Area(2, 1, 2, 1).text == "B3"
