"""A sheet that comes to a book, is replaced, leaves it: nothing else changes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from sheetgen.errors import SheetgenError
from sheetgen.workbook.patch.newsheet import (
    Like,
    Line,
    NewSheet,
    beyond,
    free_name,
    with_sheet,
    without_sheet,
)
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.semantic import differences
from tests import hostile
from tests.fuzzing import ODD
from tests.office.office import Office

from .books import by_hand, cell_of, opened, part, rich_book

NASTY = ("=1+1", "@x", "甲\n乙", "_x0041_", "<&>\"'", " 空 ", "\ud800", "007", "x" * 40_000)
LINES = (Line(("标题",), "head", 28), Line(("编号", "值")), Line(NASTY, "text"))


def page(name: str, sheet: str = "客户", lines: tuple[Line, ...] = LINES) -> NewSheet:
    looks = {"head": Like(sheet, 3, 0), "text": Like(sheet, 4, 1, wrap=True)}
    return NewSheet(name, lines, looks, (12, 30.5), 2, "D55E00")


def odd_parts() -> dict[str, str | bytes]:
    """A workbook with prefixes everywhere, absolute targets, capital part names, an own id prefix."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    space = "http://schemas.openxmlformats.org/package/2006"
    sheet = f'<x:worksheet xmlns:x="{hostile.MAIN}"><x:sheetData/></x:worksheet>'
    names = (
        '<x:definedNames><x:definedName name="a" localSheetId="0">甲!$A$1</x:definedName></x:definedNames>'
    )
    return {
        "[Content_Types].xml": f'<ct:Types xmlns:ct="{space}/content-types"><ct:Default Extension="xml" '
        'ContentType="application/xml"/>'
        f'<ct:Override PartName="/XL/Book.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<ct:Override PartName="/XL/S.xml" ContentType="{kind}.worksheet+xml"></ct:Override></ct:Types>',
        "_rels/.rels": f'<p:Relationships xmlns:p="{space}/relationships"><p:Relationship Id="a" '
        f'Type="{hostile.DOCUMENT}/officeDocument" Target="/XL/Book.xml"/></p:Relationships>',
        "XL/Book.xml": f"<x:workbook xmlns:x='{hostile.MAIN}' xmlns:q='{hostile.DOCUMENT}'><x:bookViews>"
        "<x:workbookView activeTab='0'/></x:bookViews><x:sheets><x:sheet name='甲' sheetId='7' q:id='rId2'>"
        f"</x:sheet></x:sheets>{names}</x:workbook>",
        "XL/_rels/Book.xml.rels": f'<p:Relationships xmlns:p="{space}/relationships">'
        f'<p:Relationship Id="rId2" Type="{hostile.DOCUMENT}/worksheet" Target="/XL/S.xml"/>'
        "</p:Relationships>",
        "XL/S.xml": sheet,
    }


def test_a_sheet_comes_and_goes() -> None:
    package = opened(rich_book())
    data = with_sheet(package, page("冲突"))
    made = opened(data)
    assert [s.name for s in made.sheets] == ["客户", "其他", "冲突"]
    assert beyond(package, made, "冲突") == ()
    assert len(differences(package, made)) == 4, "the sheet, its listing and its name in the workbook"
    texts = [cell_of(made, 2, col, "冲突") for col in range(len(NASTY))]
    assert [c.value for c in texts[:5] if c] == ["=1+1", "@x", "甲\n乙", "_x0041_", "<&>\"'"]
    assert all(c is not None and c.formula is None and c.kind == "str" for c in texts)
    back = opened(without_sheet(made, "冲突"))
    assert differences(package, back) == ()
    assert with_sheet(package, page("冲突")) == data, "same inputs, same bytes"
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


def test_another_takes_its_place() -> None:
    first = opened(with_sheet(opened(rich_book()), page("冲突")))
    second = opened(with_sheet(first, page("冲突", lines=(Line(("新",)),))))
    assert [s.name for s in second.sheets] == ["客户", "其他", "冲突"]
    assert len(second.members) == len(first.members)
    assert beyond(first, second, "冲突") == ()
    assert part(second, "冲突").count("<row") == 1
    assert opened(with_sheet(second, page("冲突"))).members.keys() == first.members.keys()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_staff_put_on_it_goes_with_it() -> None:
    """Notes, charts and names of the sheet alone; names of later sheets count on."""
    import openpyxl
    from openpyxl.chart import BarChart, Reference
    from openpyxl.comments import Comment

    book = openpyxl.load_workbook(io.BytesIO(with_sheet(opened(rich_book()), page("冲突"))))
    sheet, last = book["冲突"], book.create_sheet("后")
    sheet["B2"].comment = Comment("已定", "我")
    sheet["D9"] = "=1+1"
    chart = BarChart()
    chart.add_data(Reference(last, min_col=1, min_row=1, max_row=2))
    book.worksheets[2].add_chart(chart, "F2")
    sheet.print_area, last.print_area = "A1:B9", "A1:C9"
    book.active = 3
    out = io.BytesIO()
    book.save(out)
    package = opened(out.getvalue())
    made = opened(without_sheet(package, "冲突"))
    assert [s.name for s in made.sheets] == ["客户", "其他", "后"]
    gone = package.members.keys() - made.members.keys()
    assert {name.rsplit("/", 1)[1].rstrip("0123456789.xml") for name in gone} >= {
        "sheet3.xml.rels",
        "comment",
    }
    assert any("/charts/" in name for name in gone)
    areas = [(here, where) for name, here, where in made.names if name == "_xlnm.Print_Area"]
    assert ("后", "'后'!$A$1:$C$9") in areas and len(areas) == 2
    again = openpyxl.load_workbook(io.BytesIO(made.data))
    assert again.active is not None and again.active.title == "后"


def test_prefixes_and_own_names() -> None:
    package = opened(hostile.zipped(odd_parts()))
    made = opened(with_sheet(package, page("甲 2", "甲")))
    assert [(s.name, s.part) for s in made.sheets] == [("甲", "/XL/S.xml"), ("甲 2", "/XL/sheet2.xml")]
    assert made.read("/xl/book.xml").decode().count("sheetId=") == 2
    assert 'sheetId="8" q:id="rId3"' in made.read("/xl/book.xml").decode()
    assert cell_of(made, 1, 1, "甲 2") is not None
    assert beyond(package, made, "甲 2") == ()
    assert without_sheet(package, "甲") == package.data, "the last sheet that can be seen stays"


def test_names_that_are_taken() -> None:
    package = opened(rich_book())
    assert free_name(package, "冲突") == "冲突"
    assert free_name(package, "客户") == "客户 2"
    assert free_name(opened(with_sheet(package, page("客户 2"))), "客户") == "客户 3"
    assert len(free_name(opened(with_sheet(package, page("x" * 31))), "x" * 40)) == 31


def test_the_chain_of_calculation_knows_no_lost_sheet() -> None:
    book = by_hand('<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>', chain=True)
    package = opened(book)
    made = opened(with_sheet(package, NewSheet("新", LINES)))
    assert made.has("/xl/calcchain.xml")
    assert not opened(without_sheet(made, "新")).has("/xl/calcchain.xml")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_others_read_it(office: Office, tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "book.xlsx"
    path.write_bytes(with_sheet(opened(rich_book()), page("冲突")))
    sheet = openpyxl.load_workbook(path)["冲突"]
    assert (sheet["A3"].value, sheet["A3"].data_type, sheet["C3"].value) == ("=1+1", "s", "甲\n乙")
    assert (sheet.freeze_panes, sheet.column_dimensions["B"].width) == ("A3", 30.5)
    assert sheet["A3"].alignment.wrap_text and sheet["A3"].quotePrefix and sheet["A3"].number_format == "@"
    assert sheet["A1"].font.b == openpyxl.load_workbook(path)["客户"]["A4"].font.b
    assert office.open(path) == ["客户", "其他", "冲突"]
    office.recalc()
    assert office.read("冲突")[2][:3] == ["=1+1", "@x", "甲\n乙"]


def odd(path: Path) -> Package | None:
    try:
        return opened(path.read_bytes())
    except SheetgenError:
        return None


@pytest.mark.skipif(not list(ODD.glob("*.xlsx")), reason="the odd workbooks are not here")
def test_odd_books_take_it() -> None:
    packages = [package for path in sorted(ODD.glob("*.xlsx")) if (package := odd(path)) is not None]
    assert packages
    for package in packages:
        name = free_name(package, "冲突")
        made = opened(with_sheet(package, page(name, package.sheets[0].name)))
        assert made.sheets[-1].name == name
        assert beyond(package, made, name) == ()
        assert differences(package, opened(without_sheet(made, name))) == ()
