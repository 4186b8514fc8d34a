"""Rows added to a block: what ends on its last row grows, LibreOffice shows right values, the rest stays."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sheetgen.errors import InputError
from sheetgen.workbook.patch.added import typed_below
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Adopt, Append, Cached, Constant, Edit, Edits, Formula
from sheetgen.workbook.patch.grow import grown_tail, recalculated
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.refs import Area, Growth
from sheetgen.workbook.patch.semantic import differences
from tests.office.office import Office

from .books import by_hand, cell_of, cells_of, opened, part, rich_book

NEW: list[dict[int, Edit]] = [
    {0: Constant("C98"), 1: Constant(1.5), 2: Constant(45_300), 3: Cached(3)},
    {0: Constant("C99"), 1: Constant(2.25), 4: Constant("乙")},
]
BODY = Area(0, 0, 1, 1)
BLOCK = (
    '<row r="1"><c r="A1" s="1"><v>1</v></c>'
    '<c r="B1" s="2"><f t="shared" ref="B1:B2" si="0">A1*2</f><v>2</v></c></row>'
    '<row r="2" ht="30" customHeight="1" hidden="1"><c r="A2" s="1"><v>2</v></c>'
    '<c r="B2" s="2"><f t="shared" si="0"/><v>4</v></c></row>'
)


def grown_book(records: int = 6) -> tuple[Package, Package, Edits]:
    package = opened(rich_book(records))
    edits = Edits(append=[Append("客户", package.tables[0].area, NEW)])
    made = opened(apply(package, edits))
    assert differences(package, made, edits) == ()
    return package, made, edits


def refused(data: bytes, edits: Edits) -> str:
    with pytest.raises(InputError) as caught:
        apply(opened(data), edits)
    assert caught.value.code == "SG519"
    return caught.value.key


def test_all_that_ends_on_the_last_row_grows() -> None:
    package, made, _ = grown_book()
    (table,) = made.tables
    assert table.whole == Area(3, 0, 11, 4)
    assert b'<autoFilter ref="A4:E12"/>' in made.read(table.part)
    xml, other = part(made, "客户"), part(made, "其他")
    for text in (
        'dimension ref="A1:E12"',
        'conditionalFormatting sqref="B5:B12"',
        'conditionalFormatting sqref="A5:E12"',
        "<formula>COUNTIF($A$5:$A$12,$A5)&gt;1</formula>",
        "<xm:sqref>B5:B12</xm:sqref>",
        'sqref="E5:E12"',
        'ignoredError sqref="A5:A12"',
        "<xm:f>客户!B10:D10</xm:f><xm:sqref>E10</xm:sqref>",
        "<xm:f>客户!B12:D12</xm:f><xm:sqref>E12</xm:sqref>",
    ):
        assert text in xml, text
    assert "<formula1>客户!$A$5:$A$12</formula1>" in other
    assert ("amounts", "", "客户!$B$5:$B$12") in made.names
    assert ("_xlnm.Print_Area", "客户", "客户!$A$1:$E$12") in made.names
    assert "<f>SUM(客户!B5:B10)</f>" in other  # formulas of cells are the caller's
    changed = {name for name in package.members if package.read(name) != made.read(name)}
    assert changed == {
        "/xl/worksheets/sheet1.xml",
        "/xl/worksheets/sheet2.xml",
        "/xl/tables/table1.xml",
        "/xl/charts/chart1.xml",
        "/xl/workbook.xml",
    }


def test_new_rows_look_like_the_last_one() -> None:
    _, made, _ = grown_book()
    cells = cells_of(made, "客户")
    for col in range(5):
        assert {cells[row, col].style for row in (9, 10, 11)} == {cells[9, col].style}
    assert [cells[row, 3].formula for row in (9, 10, 11)] == [
        "ROUND(B10*2,2)",
        "ROUND(B11*2,2)",
        "ROUND(B12*2,2)",
    ]
    assert (cells[10, 3].value, cells[11, 3].kind) == (3.0, "")
    assert re.findall(r'<row r="1[0-2]"[^>]*ht="21"', part(made, "客户")) != []
    sheet = load_workbook(io.BytesIO(made.data))["客户"]
    assert (sheet["A12"].value, sheet["C11"].number_format, sheet.tables["tx"].ref) == (
        "C99",
        "yyyy-mm-dd",
        "A4:E12",
    )


def test_libreoffice_shows_them(office: Office, tmp_path: Path) -> None:
    _, made, _ = grown_book()
    path = tmp_path / "made.xlsx"
    path.write_bytes(made.data)
    office.open(path)
    assert office.read("客户", "A11:E12") == [
        ["C98", 1.5, 45_300.0, 3.0, None],
        ["C99", 2.25, None, 4.5, "乙"],
    ]  # the second has no result in the file: LibreOffice computes it
    office.set("其他", "B20", "=SUM(amounts)")
    assert office.cell("其他", "B20") == sum(i * 10.5 for i in range(1, 7)) + 3.75
    saved = load_workbook(office.save_as(tmp_path / "saved.xlsx"))
    sheet = saved["客户"]
    assert sheet.tables["tx"].ref == "A4:E12"
    assert {"B5:B12", "A5:E12"} <= {str(found.sqref) for found in sheet.conditional_formatting}
    assert "E5:E12" in {str(found.sqref) for found in sheet.data_validations.dataValidation}


def test_patched_again_after_libreoffice(office: Office, tmp_path: Path) -> None:
    """What LibreOffice writes is patched as well: rows to the end of the sheet, its own filters."""
    _, made, _ = grown_book()
    path = tmp_path / "made.xlsx"
    path.write_bytes(made.data)
    office.open(path)
    office.set_many("客户", {"A13": "C100", "B13": 7.0, "A14": "C101", "B14": 8.0, "B5": 99.5})
    package = opened(office.save_as(tmp_path / "saved.xlsx").read_bytes())
    area = package.tables[0].area
    assert typed_below(package, "客户", area) == 2
    edits = Edits(
        {"客户": {4: {3: Cached(199)}}},
        adopt=[Adopt("客户", area, 2, [{3: Cached(14)}, {3: Cached(16)}])],
        append=[Append("客户", area, [{0: Constant("C102"), 1: Constant(9), 3: Cached(18)}])],
    )
    again = opened(apply(package, edits))
    assert differences(package, again, edits) == ()
    assert again.tables[0].whole == Area(3, 0, 14, 4)
    path.write_bytes(again.data)
    office.open(path)
    assert office.read("客户", "A13:B15") == [["C100", 7.0], ["C101", 8.0], ["C102", 9.0]]
    assert [row[0] for row in office.read("客户", "D13:D15")] == [14.0, 16.0, 18.0]
    office.recalc()
    assert [row[0] for row in office.read("客户", "D13:D15")] == [14.0, 16.0, 18.0]
    assert office.cell("客户", "D5") == 199.0


def test_a_table_of_one_row() -> None:
    _, made, _ = grown_book(records=1)
    assert ("amounts", "", "客户!$B$5:$B$7") in made.names
    assert 'sqref="E5:E7"' in part(made, "客户")
    assert made.tables[0].whole == Area(3, 0, 6, 4)


def test_a_block_without_a_table() -> None:
    rows: list[dict[int, Edit]] = [{0: Constant(3), 1: Cached(6)}, {0: Constant(4), 1: Constant(0)}]
    package = opened(by_hand(BLOCK + '<row r="3"><c r="D3"><v>9</v></c></row><row r="1048576"/>'))
    edits = Edits(append=[Append("订单", BODY, rows)])
    made = opened(apply(package, edits))
    assert differences(package, made, edits) == ()
    xml = part(made)
    assert (
        '<row r="3"><c r="A3" s="1"><v>3</v></c><c r="B3" s="2"><f>A3*2</f><v>6</v></c><c r="D3"><v>9' in xml
    )
    assert (
        '<row r="4" ht="30" customHeight="1"><c r="A4" s="1"><v>4</v></c><c r="B4" s="2"><v>0</v></c></row>'
        in xml
    )
    assert 'si="0"/>' in xml


def test_a_formula_told_for_the_last_row_is_the_one_that_goes_on() -> None:
    package = opened(by_hand(BLOCK))
    edits = Edits({"订单": {1: {1: Formula("A2*3", 6)}}}, append=[Append("订单", BODY, [{0: Constant(3)}])])
    made = opened(apply(package, edits))
    assert differences(package, made, edits) == ()
    assert cells_of(made)[2, 1].formula == "A3*3"


def test_adopted_rows_keep_what_staff_typed() -> None:
    typed = (
        '<row r="3"><c r="A3" t="inlineStr"><is><t>三</t></is></c></row>'
        '<row r="4"><c r="A4" s="4"><v>4</v></c><c r="B4"><v>1</v></c></row>'
    )
    package = opened(by_hand(BLOCK + typed))
    assert typed_below(package, "订单", BODY) == 2
    edits = Edits(adopt=[Adopt("订单", BODY, 2, [{1: Cached(None)}])])
    made = opened(apply(package, edits))
    assert differences(package, made, edits) == ()
    assert '<c r="A3" t="inlineStr" s="1"><is><t>三</t></is></c><c r="B3" s="2"><f>A3*2</f></c>' in part(made)
    assert '<c r="A4" s="4"><v>4</v></c><c r="B4" s="2"><v>1</v></c>' in part(made)
    again = Edits(adopt=[Adopt("订单", Area(0, 0, 3, 1), 0)])
    assert apply(made, again) is made.data


def test_what_is_in_the_way() -> None:
    package = opened(rich_book())
    area, data = package.tables[0].area, package.data
    below = opened(apply(package, Edits({"客户": {11: {2: Constant("占")}}})))
    assert refused(below.data, Edits(append=[Append("客户", area, NEW)])) == "patch_occupied"
    assert differences(package, below)[0].where == "C12"
    short = Area(area.first_row, 0, area.last_row - 1, 4)
    assert refused(data, Edits(append=[Append("客户", short, NEW)])) == "patch_occupied"
    end = Area(1_048_574, 0, 1_048_574, 3)
    assert refused(data, Edits(append=[Append("其他", end, NEW)])) == "patch_sheet_full"
    merged = Area(7, 0, 8, 1)
    assert refused(data, Edits(append=[Append("其他", merged, [{}])])) == "patch_occupied"
    array = Area(4, 0, 4, 0)
    assert refused(data, Edits(append=[Append("其他", array, [{}])])) in ("patch_in_array", "patch_occupied")
    lone = Edits(append=[Append("订单", BODY, [{0: Cached(1)}])])
    assert refused(by_hand(BLOCK), lone) == "patch_no_formula"


def test_a_totals_row_is_in_the_way() -> None:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("客户")
    columns = [{"header": "a"}, {"header": "b", "total_function": "sum"}]
    sheet.add_table("A1:B4", {"total_row": True, "columns": columns})
    book.close()
    package = opened(out.getvalue())
    assert package.tables[0].area == Area(1, 0, 2, 1)
    assert (
        refused(package.data, Edits(append=[Append("客户", package.tables[0].area, [{}])]))
        == "patch_totals_row"
    )


def test_a_calculated_column_without_a_formula_in_the_last_row() -> None:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("客户")
    sheet.add_table(
        "A1:B3", {"name": "tx", "columns": [{"header": "a"}, {"header": "b", "formula": "=[@a]*2"}]}
    )
    sheet.write("B3", "手填")
    book.close()
    package = opened(out.getvalue())
    rows: list[dict[int, Edit]] = [{0: Constant(4), 1: Cached(8)}]
    made = opened(apply(package, Edits(append=[Append("客户", package.tables[0].area, rows)])))
    cell = cell_of(made, 3, 1, "客户")
    assert cell is not None
    assert (cell.formula, cell.value) == (package.tables[0].formulas[1], 8.0)


def test_filters_sorts_and_newer_validations() -> None:
    growth = Growth("甲", Area(3, 0, 9, 5), 5)
    tail = (
        b'</sheetData><autoFilter ref="A3:F10"><filterColumn colId="0"/></autoFilter>'
        b"<sortState ref='A4:F10'><sortCondition ref=\"B4:B10\"/></sortState>"
        b"<x14:dataValidation><x14:formula1><xm:f>$A$4:$A$10</xm:f></x14:formula1>"
        b"<xm:sqref>B4:B10 D3</xm:sqref>"
        b"</x14:dataValidation>"
    )
    made = grown_tail(tail, "甲", [growth])
    assert made == tail.replace(b"10", b"15").replace(b"'A4:F15'", b'"A4:F15"')
    assert grown_tail(tail, "乙", [growth]) == tail


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "<sheets><sheet/></sheets><oleSize/>",
            '<sheets><sheet/></sheets><calcPr fullCalcOnLoad="1"/><oleSize/>',
        ),
        ("<sheets/><definedNames/>", '<sheets/><definedNames/><calcPr fullCalcOnLoad="1"/>'),
        ("<sheets/><calcPr calcId='1'/>", "<sheets/><calcPr calcId='1' fullCalcOnLoad=\"1\"/>"),
        ('<sheets/><calcPr fullCalcOnLoad="0"></calcPr>', '<sheets/><calcPr fullCalcOnLoad="1"></calcPr>'),
    ],
)
def test_excel_is_asked_to_calculate(before: str, after: str) -> None:
    assert recalculated(f"<workbook>{before}</workbook>".encode()) == f"<workbook>{after}</workbook>".encode()
    assert recalculated(recalculated(before.encode())) == recalculated(before.encode())


def test_what_does_not_fit_the_block() -> None:
    data = by_hand(BLOCK)
    for edits in (
        Edits(append=[Append("订单", BODY, [{2: Constant(1)}])]),
        Edits(adopt=[Adopt("订单", BODY, 1, [{}, {}])]),
    ):
        with pytest.raises(ValueError, match=r"block|values"):
            apply(opened(data), edits)
