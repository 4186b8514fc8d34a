"""Cells told anew: what is touched holds just that, and not a byte of the rest changes."""

from __future__ import annotations

import io
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from sheetgen.errors import InputError
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Cached, Constant, Edit, Edits, Formula
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.semantic import differences
from tests import hostile

from .books import by_hand, cell_of, cells_of, opened, own_values, part, rich_book

KEEP = 'xml:space="preserve"'
ROWS = (
    '<row r="1" spans="1:3" x="1"><c r="A1" s="3" t="s"><v>0</v></c><c r=\'B1\' t=\'str\'>'
    '<f aca="false">IF(A1&gt;"r=",1,"t")</f><v>t</v></c><c r="C1" cm="1" vm="2"><v>1</v></c></row>\n'
    '<row r="3"><c r="B3"><f t="shared" ref="B3:B5" si="0">A3*$C$1</f><v>1</v></c></row>'
    '<row r="4"><c r="B4"><f t="shared" si="0"/><v>2</v></c></row>'
    '<row r="5"><c r="B5"><f t="shared" si="0"/><v>3</v></c>'
    '<c r="D5" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    '<row r="7"><c r="A7"><f t="array" ref="A7:B7">{1,2}</f><v>1</v></c><c r="B7"><v>2</v></c></row>'
    '<row r="9" s="4" customFormat="1"/>'
)


def told(data: bytes, cells: dict[int, dict[int, Edit]], name: str = "订单") -> Package:
    """The patched book, after the proof that nothing else changed."""
    package, edits = opened(data), Edits({name: cells})
    made = opened(apply(package, edits))
    assert differences(package, made, edits) == ()
    return made


@pytest.mark.parametrize(
    ("edit", "xml"),
    [
        (Cached(2.5), "<c r='B1'>{f}<v>2.5</v></c>"),
        (Cached(np.int64(7)), "<c r='B1'>{f}<v>7</v></c>"),
        (Cached("a<b\r"), "<c r='B1' t='str'>{f}<v>a&lt;b_x000D_</v></c>"),
        (Cached(""), "<c r='B1' t='str'>{f}<v></v></c>"),
        (Cached(True), "<c r='B1' t=\"b\">{f}<v>1</v></c>"),
        (Cached("#N/A"), "<c r='B1' t=\"e\">{f}<v>#N/A</v></c>"),
        (Cached(None), "<c r='B1'>{f}</c>"),
        (Constant(date(2024, 2, 29)), "<c r='B1'><v>45351</v></c>"),
        (Constant(datetime(2024, 2, 29, 12)), "<c r='B1'><v>45351.5</v></c>"),
        (Constant(None), "<c r='B1'/>"),
        (Constant("#N/A"), "<c r='B1' t=\"inlineStr\"><is><t>#N/A</t></is></c>"),
        (Constant(" _x0041_"), f"<c r='B1' t=\"inlineStr\"><is><t {KEEP}> _x005F_x0041_</t></is></c>"),
        (Formula("=A1&\"<\"", "x"), "<c r='B1' t='str'><f>A1&amp;\"&lt;\"</f><v>x</v></c>"),
        (Formula("A1"), "<c r='B1'><f>A1</f></c>"),
        (Formula('IF(A1>"r=",1,"t")', 3), "<c r='B1'>{f}<v>3</v></c>"),
    ],
)  # fmt: skip
def test_one_cell_in_bytes(edit: Edit, xml: str) -> None:
    made = told(by_hand(ROWS), {0: {1: edit}})
    kept = '<f aca="false">IF(A1&gt;"r=",1,"t")</f>'
    old = f"<c r='B1' t='str'>{kept}<v>t</v></c>"
    assert part(made) == part(opened(by_hand(ROWS))).replace(old, xml.replace("{f}", kept))


def test_only_the_sheet_and_the_workbook_change() -> None:
    package = opened(rich_book())
    made = opened(apply(package, Edits({"其他": {0: {1: Cached(1.5)}}})))
    changed = {name for name in package.members if package.read(name) != made.read(name)}
    assert changed <= {"/xl/worksheets/sheet2.xml", "/xl/workbook.xml"}
    for name in package.members.keys() - changed:
        old, new = package.members[name], made.members[name]
        assert package.data[old.start : old.stop] == made.data[new.start : new.stop]
    assert b'fullCalcOnLoad="1"' in made.read("/xl/workbook.xml")


def test_nothing_told_nothing_changed() -> None:
    for data in (rich_book(), by_hand(ROWS, chain=True)):
        package = opened(data)
        assert apply(package, Edits()) is data
        assert apply(package, own_values(package)) is data


def test_every_value_changed_and_changed_back() -> None:
    for data in (rich_book(), by_hand(ROWS, chain=True)):
        package = opened(data)
        wrong, right = own_values(package, wrong=True), own_values(package)
        made = opened(apply(package, wrong))
        assert differences(package, made, wrong) == ()
        assert len(differences(package, made)) >= 7
        assert differences(package, opened(apply(made, right)), right) == ()


def test_the_second_time_changes_nothing() -> None:
    first: dict[int, Edit] = {0: Constant("=x"), 1: Formula("A1", "=x"), 2: Constant("a\r\n_x000D_ ")}
    edits = Edits(
        {"订单": {0: first, 20: {3: Constant(1), 4: Constant(None)}, 2: {1: Formula("A3*$C$1", None)}}}
    )
    once = opened(apply(opened(by_hand(ROWS, chain=True)), edits))
    assert apply(once, edits) is once.data


def test_the_calculation_chain_goes_when_formulas_come_or_go() -> None:
    data = by_hand(ROWS, chain=True)
    for edit, stays in ((Cached(1), True), (Formula("A1*2", 1), True), (Constant(5), False)):
        made = told(data, {0: {1: edit}})
        assert made.has("/xl/calcChain.xml") == stays
        assert (b"calcChain" in made.read("/xl/_rels/workbook.xml.rels")) == stays
        assert (b"calcChain" in made.read("/[Content_Types].xml")) == stays
    assert not told(data, {0: {0: Formula("1", 1)}}).has("/xl/calcChain.xml")


def test_a_shared_formula_without_its_master() -> None:
    made = told(by_hand(ROWS, chain=True), {2: {1: Constant(9)}, 3: {1: Cached(8)}})
    assert [cell_of(made, row, 1) for row in (3, 4)] != [None, None]
    book = load_workbook(io.BytesIO(made.data))
    assert [book["订单"][f"B{row}"].value for row in (3, 4, 5)] == [9, "=A4*$C$1", "=A5*$C$1"]
    assert 't="shared"' not in part(made)


def test_a_shared_formula_without_a_member() -> None:
    made = told(by_hand(ROWS, chain=True), {3: {1: Constant(9)}})
    assert part(made).count('t="shared"') == 2


def test_marks_of_rich_values_go_with_them() -> None:
    assert '<c r="C1"><v>2</v></c>' in part(told(by_hand(ROWS), {0: {2: Constant(2)}}))
    assert '<c r="C1" cm="1" vm="2"><v>1</v></c>' in part(told(by_hand(ROWS), {0: {2: Constant(1)}}))


def test_array_formulas() -> None:
    assert '<c r="B7"><v>5</v></c>' in part(told(by_hand(ROWS), {6: {1: Cached(5)}}))
    for col in (0, 1):
        with pytest.raises(InputError) as caught:
            told(by_hand(ROWS), {6: {col: Constant(5)}})
        assert caught.value.key == "patch_in_array"
    assert caught.value.facts == {"sheet": "订单", "cell": "B7"}


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ({0: {0: Cached(1)}}, "patch_no_formula"),
        ({50: {0: Cached(1)}}, "patch_no_formula"),
        ({1_048_576: {0: Constant(1)}}, "patch_sheet_full"),
        ({0: {16_384: Constant(1)}}, "patch_sheet_full"),
    ],
)
def test_what_cannot_be_told(cells: dict[int, dict[int, Edit]], key: str) -> None:
    with pytest.raises(InputError) as caught:
        apply(opened(by_hand(ROWS)), Edits({"订单": cells}))
    assert (caught.value.key, caught.value.code) == (key, "SG519")


def test_sheets_headers_and_values_that_do_not_fit() -> None:
    package = opened(rich_book())
    for name, edit, key in (
        ("没有", Constant(1), "patch_sheet_missing"),
        ("客户", Constant("x"), "patch_header"),
    ):
        with pytest.raises(InputError) as caught:
            apply(package, Edits({name: {3: {1: edit}}}))
        assert caught.value.key == key
    assert apply(package, Edits({"客户": {3: {1: Constant("金额")}}})) is package.data
    for value in (float("nan"), float("inf"), "x" * 32_768, "\U00020bb7" * 16_384):
        with pytest.raises(ValueError, match="cell"):
            apply(package, Edits({"其他": {30: {0: Constant(value)}}}))
    with pytest.raises(TypeError):
        apply(package, Edits({"其他": {30: {0: Constant([1])}}}))  # type: ignore[arg-type]


def test_a_text_that_looks_like_a_formula_is_marked() -> None:
    package = opened(rich_book())
    cells: dict[int, dict[int, Edit]] = {
        30: {0: Constant("=1+1")},
        31: {0: Constant("+86")},
        4: {1: Constant("@x")},
    }
    made = told(rich_book(), cells, "客户")
    book = load_workbook(io.BytesIO(made.data))
    sheet = book["客户"]
    assert [sheet[c].value for c in ("A31", "A32", "B5")] == ["=1+1", "+86", "@x"]
    assert all(sheet[c].quotePrefix and sheet[c].data_type == "s" for c in ("A31", "A32", "B5"))
    assert sheet["B5"].number_format == sheet["B6"].number_format == "0.00"
    assert not sheet["B6"].quotePrefix
    plain, marked = cells_of(package, "客户")[4, 1].style, cells_of(made, "客户")[4, 1].style
    again = told(made.data, {5: {1: Constant("=y")}}, "客户")
    assert again.read("/xl/styles.xml") == made.read("/xl/styles.xml")
    assert cells_of(again, "客户")[5, 1].style == marked != plain


REST = '<extLst><ext uri="x"/></extLst>'
CDATA = '<is><t><![CDATA[<c r="B1">]]></t></is>'
ODD = {
    "no references": '<row><c><v>1</v></c><c t="str"><f>A1</f><v>x</v></c></row>'
    '<row r="4"><c r="B4"/><c><v>3</v></c></row>',
    "cdata": f'<row r="1"><c r="A1" t="inlineStr">{CDATA}</c><!--<c r="B1"/>--><c r="B1"><f>1</f></c></row>',
    "line breaks": '<row\n r="1"\n><c\tr="A1"\n/>\n <c r="B1" ><f\n>1</f ><v\n>2</v></c >\n</row >',
    "nothing": "",
    "lower case": '<row r="1"><c r="b1"><f>1</f><v>1</v></c></row>',
    "extension": f'<row r="1"><c r="B1"><f>1</f><v>1</v>{REST}</c>{REST}</row>',
}


@pytest.mark.parametrize("what", ODD)
def test_oddly_written_rows(what: str) -> None:
    edits: dict[int, dict[int, Edit]] = {0: {1: Formula("A1+1", 5), 2: Constant("新")}, 2: {0: Constant(7)}}
    made = told(by_hand(ODD[what]), edits)
    book = load_workbook(io.BytesIO(made.data))["订单"]
    assert (book["B1"].value, book["C1"].value, book["A3"].value) == ("=A1+1", "新", 7)
    if what == "extension":
        assert part(made).count("extLst") == 4
        return  # calamine does not read such cells
    values = CalamineWorkbook.from_filelike(io.BytesIO(made.data)).get_sheet_by_index(0).to_python(False)
    assert (values[0][1:3], values[2][0]) == ([5.0, "新"], 7.0)


def test_prefixes_and_other_encodings() -> None:
    plain = part(opened(by_hand(ROWS)))
    prefixed = (
        plain.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    )
    wide = plain.replace("UTF-8", "UTF-16").encode("utf-16")
    edits: dict[int, dict[int, Edit]] = {0: {1: Cached(4)}, 9: {0: Constant("b")}}
    wanted = cells_of(told(by_hand(ROWS), edits))
    assert wanted[9, 0].value == "b"
    for xml in (prefixed, wide):
        assert cells_of(told(by_hand("", more={"xl/worksheets/sheet1.xml": xml}), edits)) == wanted


def test_days_from_1904() -> None:
    parts = hostile.parts_of({"订单": hostile.sheet_xml()}, '<workbookPr date1904="1"/>')
    made = told(hostile.zipped(parts), {1: {2: Constant(date(2024, 2, 29))}})
    cell = cell_of(made, 1, 2)
    assert cell is not None
    assert cell.value == 45351 - 1462


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"/></row><x/><row r="2"/>',
        '<row r="1"><c r="A1"/><x/><c r="B1"/></row>',
        '<row r="1"><c r="A1"/></row><row r="1"><c r="B1"/></row>',
        '<row r="1"><c r="B1"/><c r="B1"/></row>',
        '<row r="1"><c r="B1"><v>1</v><f>1</f></c></row>',
    ],
)
def test_what_is_no_sheet_is_refused(rows: str) -> None:
    with pytest.raises(InputError) as caught:
        apply(opened(by_hand(rows)), Edits({"订单": {0: {1: Constant(1)}}}))
    assert caught.value.key == "patch_sheet_odd"


LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.text(LETTERS, min_size=1, max_size=12),
)
PLACES = st.tuples(st.integers(0, 12), st.integers(0, 5))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(PLACES, VALUES, max_size=12), st.dictionaries(PLACES, VALUES, max_size=6))
def test_random_constants_and_formulas_read_back(
    constants: dict[tuple[int, int], float | str | bool], results: dict[tuple[int, int], float | str | bool]
) -> None:
    cells: dict[int, dict[int, Edit]] = {}
    for (row, col), value in constants.items():
        cells.setdefault(row, {})[col] = Constant(value)
    for (row, col), value in results.items():
        cells.setdefault(row, {})[col] = Formula("1+1", value)
    made = told(by_hand(ROWS.replace('<f t="array" ref="A7:B7">{1,2}</f>', "")), cells)
    sheet = load_workbook(io.BytesIO(made.data))["订单"]
    shown = CalamineWorkbook.from_filelike(io.BytesIO(made.data)).get_sheet_by_index(0).to_python(False)
    for (row, col), value in {**constants, **results}.items():
        known = sheet.cell(row + 1, col + 1)
        text = isinstance(value, str) and value in ("#N/A",)
        if (row, col) in results:
            assert known.value == "=1+1"
        else:
            assert known.value == value
        assert text or shown[row][col] == value


def test_an_array_formula_of_many_rows() -> None:
    rows = "".join(f'<row r="{r}"><c r="A{r}"><v>{r}</v></c></row>' for r in range(2, 1_500))
    first = '<row r="1"><c r="A1"><f t="array" ref="A1:A1499">ROW(A1:A1499)</f><v>1</v></c>'
    first += '<c r="B1"><v>1</v></c></row>'
    made = told(by_hand(first + rows), {1_400: {0: Cached(7)}, 0: {0: Cached(2), 1: Constant(3)}})
    assert cells_of(made)[1_400, 0].value == 7
    with pytest.raises(InputError):
        told(made.data, {1_400: {0: Constant(7)}})
    lone = '<row r="1"><c r="A1"><f t="array" ref="A1">SUM(B1:C1)</f><v>1</v></c></row>'
    assert cells_of(told(by_hand(lone), {0: {0: Formula("B1", 4)}}))[0, 0].formula == "B1"


def test_a_damaged_part_is_refused() -> None:
    edits = Edits({"订单": {0: {1: Cached(1)}}})
    for xml in (
        part(opened(by_hand(ROWS))).encode().replace(b"<v>t</v>", b"<v>\xff</v>"),
        b"<worksheet",
        b"\xff",
    ):
        with pytest.raises(InputError) as caught:
            apply(opened(by_hand("", more={"xl/worksheets/sheet1.xml": xml})), edits)
        assert caught.value.code in ("SG105", "SG510")
