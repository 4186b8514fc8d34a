"""The proof finds whatever a patch should not have done."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Append, Cached, Constant, Edits, Formula
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.semantic import Difference, differences

from .books import by_hand, opened, rich_book

SHEET, OTHER = "/xl/worksheets/sheet1.xml", "/xl/worksheets/sheet2.xml"
SPARKLINES = "/worksheet/extLst/ext/sparklineGroups/sparklineGroup/sparklines"
EDITS = Edits({"其他": {0: {1: Cached(7)}, 1: {1: Formula("B1*2", 14)}, 30: {0: Constant("新")}}})


def altered(data: bytes, change: dict[str, Callable[[str], str | None]]) -> Package:
    """The package with parts rewritten, or dropped."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content: bytes | None = old.read(name)
            if f"/{name}" in change and content is not None:
                text = change[f"/{name}"](content.decode())
                assert text != content.decode(), "the fault was planted"
                content = None if text is None else text.encode()
            if content is not None:
                new.writestr(name, content)
    return opened(out.getvalue())


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("part", "change", "found"),
    [
        (SHEET, swap("<v>10.5</v>", "<v>10.6</v>"), Difference(SHEET, "B5", "value")),
        (SHEET, swap("ROUND(B6*2,2)", "ROUND(B6*3,2)"), Difference(SHEET, "D6", "formula")),
        (SHEET, swap('<c r="B5" s="1"', '<c r="B5" s="2"'), Difference(SHEET, "B5", "style")),
        (SHEET, swap('ht="21"', 'ht="22"'), Difference(SHEET, "row 10", "attributes")),
        (SHEET, swap('sqref="E5:E10"', 'sqref="E5:E11"'), Difference(
            SHEET, "/worksheet/dataValidations/dataValidation", "attribute sqref")),
        (SHEET, swap("<xm:sqref>E7<", "<xm:sqref>E8<"), Difference(
            SHEET, f"{SPARKLINES}/sparkline/sqref", "text")),
        (SHEET, swap("<drawing ", "<drawing xmlns='u' "), Difference(SHEET, "/worksheet/drawing", "element")),
        (SHEET, swap("</worksheet>", "</worksheet"), Difference(SHEET, "", "not well-formed")),
        ("/xl/charts/chart1.xml", swap("UTF-8", "UTF-x"), Difference(
            "/xl/charts/chart1.xml", "", "not well-formed")),
        (OTHER, swap("<v>7</v>", "<v>8</v>"), Difference(OTHER, "B1", "value is not the one told")),
        (OTHER, swap("B1*2", "B1*3"), Difference(OTHER, "B2", "formula is not the one told")),
        (OTHER, swap("<is><t>新</t></is>", ""), Difference(OTHER, "A31", "value is not the one told")),
        (OTHER, swap("SUM(客户!B5:B10)", "SUM(客户!B5:B11)"), Difference(OTHER, "B1", "formula")),
        ("/xl/charts/chart1.xml", swap("$B$5", "$B$6"), Difference(
            "/xl/charts/chart1.xml", "/chartSpace/chart/plotArea/barChart/ser/val/numRef/f", "text")),
        ("/xl/workbook.xml", swap("$B$5:$B$10", "$B$5:$B$12"), Difference(
            "/xl/workbook.xml", "/workbook/definedNames/definedName", "text")),
        ("/xl/sharedStrings.xml", swap("C1<", "C0<"), Difference(
            "/xl/sharedstrings.xml", "/sst/si/t", "text")),
        ("/xl/styles.xml", swap("0.00", "0.0"), Difference("/xl/styles.xml", "", "styles")),
        ("/xl/_rels/workbook.xml.rels", swap("theme1", "theme2"), Difference(
            "/xl/_rels/workbook.xml.rels", "", "entries")),
        ("/[Content_Types].xml", swap("theme+xml", "theme+x"), Difference(
            "/[content_types].xml", "", "entries")),
        ("/xl/sharedStrings.xml", swap(">平<", "> 平<"), Difference(
            "/xl/sharedstrings.xml", "/sst/si/r/t", "text")),
        ("/xl/comments1.xml", lambda text: None, Difference("/xl/comments1.xml", "", "lost")),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(part: str, change: Callable[[str], str | None], found: Difference) -> None:
    package = opened(rich_book())
    patched = apply(package, EDITS)
    assert differences(package, opened(patched), EDITS) == ()
    result = differences(package, altered(patched, {part: change}), EDITS)
    assert found in result


def test_an_edit_that_was_not_done_is_found() -> None:
    package = opened(rich_book())
    assert {d.where for d in differences(package, package, EDITS)} == {"B1", "B2", "A31"}


def test_growth_by_too_much_is_found() -> None:
    package = opened(rich_book())
    edits = Edits(append=[Append("客户", package.tables[0].area, [{0: Constant("x")}])])
    patched = apply(package, edits)
    assert differences(package, opened(patched), edits) == ()
    for part, change in (
        ("/xl/tables/table1.xml", swap("A4:E11", "A4:E12")),
        (SHEET, swap('sqref="E5:E11"', 'sqref="E5:E12"')),
        (SHEET, swap('<c r="E11"', '<c r="F11"><v>1</v></c><c r="E11"')),
        (SHEET, swap("<xm:f>客户!B10:D10</xm:f><xm:sqref>E10", "<xm:f>客户!B10:D10</xm:f><xm:sqref>E13")),
    ):
        assert differences(package, altered(patched, {part: change}), edits)


def test_shared_formulas_are_compared_as_what_they_say() -> None:
    rows = '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>1</v></c></row>'
    rows += '<row r="2"><c r="A2"><f t="shared" si="0"/><v>1</v></c></row>'
    package = opened(by_hand(rows))
    apart = altered(package.data, {SHEET: lambda text: text.replace('<f t="shared" si="0"/>', "<f>B2</f>")})
    assert differences(package, apart) == ()
    wrong = altered(package.data, {SHEET: swap(">B1<", ">C1<")})
    assert [d.where for d in differences(package, wrong)] == ["A1", "A2"]


def test_what_is_no_content_is_not_compared() -> None:
    package = opened(rich_book())
    other = altered(
        package.data,
        {
            SHEET: lambda text: text.replace('dimension ref="A1', 'dimension ref="A2').replace(
                ' spans="1:8"', ""
            ),
            "/xl/workbook.xml": swap("calcId=", 'fullPrecision="1" calcId='),
            "/docProps/core.xml": swap("</cp:coreProperties>", "<x/></cp:coreProperties>"),
        },
    )
    assert differences(package, other) == ()
