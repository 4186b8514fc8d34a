"""Charts, sparklines and pivot tables over a block grow with it; those that end elsewhere stay."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import openpyxl.chart
import pytest
import xlsxwriter

from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.archive import packed, rewritten
from sheetgen.workbook.patch.drawn import drawn_parts, grown_drawn, grown_range
from sheetgen.workbook.patch.edits import Append, Constant, Edits
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.refs import Area, Growth
from sheetgen.workbook.patch.semantic import differences
from tests.office.office import Office

from .books import opened, part

BLOCK = Area(1, 0, 6, 1)
NEW = [{0: Constant(f"新{n}"), 1: Constant(70.0 + n)} for n in range(3)]
EDITS = Edits(append=(Append("订单", BLOCK, NEW),))
GROWTHS = (Growth("订单", BLOCK, 3),)


def by_xlsxwriter() -> bytes:
    """One chart that ends on the last row, on another sheet; one that ends above; a sparkline."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, other = book.add_worksheet("订单"), book.add_worksheet("图 表")
        sheet.write_row(0, 0, ["名", "额"])
        for row in range(1, 7):
            sheet.write_row(row, 0, [f"客{row}", row * 10.0])
        for at, last in enumerate((7, 5)):
            chart: Any = book.add_chart({"type": "column"})
            chart.add_series({"categories": f"=订单!$A$2:$A${last}", "values": f"=订单!$B$2:$B${last}"})
            (sheet if at else other).insert_chart(2, 4, chart)
        other.add_sparkline("A1", {"range": "订单!B2:B7"})
        other.add_sparkline("A2", {"range": "订单!B2:B6"})
    return out.getvalue()


def by_openpyxl() -> bytes:
    """A line chart without any values kept."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "订单"
    for row in [("名", "额"), *((f"客{n}", n * 10.0) for n in range(1, 7))]:
        sheet.append(row)
    chart = openpyxl.chart.LineChart()
    chart.add_data(openpyxl.chart.Reference(sheet, min_col=2, min_row=1, max_row=7), titles_from_data=True)
    chart.set_categories(openpyxl.chart.Reference(sheet, min_col=1, min_row=2, max_row=7))
    sheet.add_chart(chart, "D2")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def grown(data: bytes) -> tuple[Package, Package]:
    package = opened(data)
    made = opened(apply(package, EDITS))
    assert differences(package, made, EDITS) == ()
    return package, made


def shown(package: Package) -> dict[str, list[str]]:
    """Range of a series -> the values kept beside it."""
    found = {}
    for name in drawn_parts(package):
        for ref in re.finditer(
            r"<(?:c:)?(?:num|str)Ref>(.*?)</(?:c:)?(?:num|str)Ref>", package.read(name).decode(), re.DOTALL
        ):
            where = re.search(r"<(?:c:)?f>([^<]*)<", ref[1])
            assert where is not None
            found[where[1].replace("'", "")] = re.findall(r"<(?:c:)?v>([^<]*)<", ref[1])
    return found


@pytest.mark.parametrize("make", [by_xlsxwriter, by_openpyxl])
def test_a_chart_shows_the_new_rows(make: Any, office: Office, tmp_path: Path) -> None:
    """As LibreOffice reads it, and keeps its values as it saves the book."""
    _, made = grown(make())
    assert shown(made)["订单!$B$2:$B$10"] == shown(made)["订单!$A$2:$A$10"] == []
    path = tmp_path / "grown.xlsx"
    path.write_bytes(made.data)
    office.open(path)
    saved = shown(opened(office.save_as(tmp_path / "saved.xlsx").read_bytes()))
    assert [float(v) for v in saved["订单!$B$2:$B$10"]] == [10, 20, 30, 40, 50, 60, 70, 71, 72]
    assert saved["订单!$A$2:$A$10"][-3:] == ["新0", "新1", "新2"]


def test_what_ends_elsewhere_stays() -> None:
    package, made = grown(by_xlsxwriter())
    assert shown(made)["订单!$B$2:$B$5"] == shown(package)["订单!$B$2:$B$5"] != []
    same = [name for name in drawn_parts(package) if package.read(name) == made.read(name)]
    assert len(same) == 1
    xml = part(made, "图 表")
    assert "<xm:f>订单!B2:B10</xm:f><xm:sqref>A1</xm:sqref>" in xml
    assert "<xm:f>订单!B2:B6</xm:f><xm:sqref>A2</xm:sqref>" in xml


def test_the_newer_charts() -> None:
    xml = (
        '<cx:chartSpace><cx:data id="0"><cx:strDim type="cat"><cx:f>订单!$A$2:$A$7</cx:f>'
        '<cx:lvl ptCount="1"><cx:pt idx="0">客1</cx:pt></cx:lvl></cx:strDim><cx:numDim type="val">'
        '<cx:f dir="row">订单!$B$2:$B$5</cx:f><cx:lvl ptCount="1"><cx:pt idx="0">10</cx:pt></cx:lvl>'
        "</cx:numDim></cx:data></cx:chartSpace>"
    ).encode()
    made = grown_drawn(xml, GROWTHS).decode()
    assert "<cx:f>订单!$A$2:$A$10</cx:f></cx:strDim>" in made
    assert "订单!$B$2:$B$5" in made and made.count("<cx:lvl") == 1


def test_a_pivot_table_reads_its_source_anew() -> None:
    xml = b'<pivotCacheDefinition r:id="rId1"><cacheSource><worksheetSource ref="%s" sheet="%s"/>'
    sheet = "订单".encode()
    made = grown_drawn(xml % (b"A1:B7", sheet), GROWTHS)
    assert b'refreshOnLoad="1"' in made and b'ref="A1:B10"' in made
    for ref, name in ((b"A1:B6", sheet), (b"A1:B7", b"x")):
        assert grown_drawn(xml % (ref, name), GROWTHS) == xml % (ref, name)


@pytest.mark.parametrize(
    ("text", "longer"),
    [("订单!$B$2:$B$7", "订单!$B$2:$B$10"), ("'订单'!B2:B7", "'订单'!B2:B10"), ("订单!B7:C7", "订单!B7:C7"),
     ("别的!B2:B7", "别的!B2:B7"), ("B2:B7", "B2:B7"), ("amounts", "amounts")],
)  # fmt: skip
def test_ranges_of_sparklines(text: str, longer: str) -> None:
    assert grown_range(text, GROWTHS) == longer


def test_the_proof_allows_just_that() -> None:
    """Another range, a value kept that is another one: told."""
    package, made = grown(by_xlsxwriter())
    name = next(n for n in drawn_parts(package) if "$B$2:$B$10" in made.read(n).decode())
    lower = made.members[name.lower()].info.filename
    for old, new in (("$B$10", "$B$11"), ("$B$10", "$B$7"), ("<c:axId val=", "<c:axId x=")):
        xml = made.read(name).decode().replace(old, new)
        other = opened(rewritten(made.data, made.members.values(), {lower: packed([xml.encode()])}))
        assert differences(package, other, EDITS), new
    kept = [n for n in drawn_parts(package) if n != name]
    xml = made.read(kept[0]).decode().replace("<c:v>10</c:v>", "<c:v>11</c:v>")
    lower = made.members[kept[0].lower()].info.filename
    other = opened(rewritten(made.data, made.members.values(), {lower: packed([xml.encode()])}))
    assert differences(package, other, EDITS)
