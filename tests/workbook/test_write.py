"""A book as a file: everything the model can say arrives, and the old file is never half gone."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from xml.dom import minidom
from zipfile import ZipFile

import numpy as np
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from sheetgen.errors import DiskError, OutputBusyError, SheetgenError, UsageError
from sheetgen.i18n import messages
from sheetgen.workbook import publish as publish_module
from sheetgen.workbook import write as write_module
from sheetgen.workbook.book import (
    Book,
    Cell,
    Chart,
    Column,
    Highlight,
    Page,
    Series,
    Sheet,
    Table,
    Validation,
)
from sheetgen.workbook.publish import sweep, verify
from sheetgen.workbook.style import TIER_COLORS, format_of
from sheetgen.workbook.write import check_limits, digest, write_book
from tests.workbook.contents import sample_made

ROOT = Path(__file__).parents[2]
TIERS = ("钻石", "金", "银", "铜", "沉睡")


def customers(n: int = 60) -> Sheet:
    amounts = np.round(np.linspace(100, 50_000, n), 2)
    moved = np.sign(np.arange(n) - n // 2).astype(float)
    table = Table(
        3,
        (
            Column(
                "id", "客户编号", "text", [f"{i:05d}" for i in range(n)], "body.id", width=14, note="唯一"
            ),
            Column("name", "客户名称", "text", ["=1+1", *(f"客户{i}" for i in range(1, n))][:n], "body.text"),
            Column("tier", "级别", "text", [TIERS[i % 5] for i in range(n)], "input.center", width=10),
            Column("amount", "累计消费金额（元，含税）", "number", amounts, "calc.money", "ROUND(A{r}*1,2)"),
            Column("moved", "变动", "number", moved, "body.integer"),
            Column("day", "日期", "date", np.full(n, "2026-11-22", "datetime64[D]"), "body.date"),
            Column("key", "键", "number", np.arange(n), "key.integer", hidden=True),
        ),
        filter_rows=n - 10 if n > 10 else None,
    )
    last = 3 + n
    cells = {
        (0, 0): Cell("客户总表", "title"),
        (0, 8): Cell("去总览", "plain.link", link="'总览'!A1"),
        (1, 8): Cell(3, "calc.integer", formula="ROW(A3)", array=1),
        (2, 8): Cell("12", "calc.text", formula='TEXT(12,"0")', array=1),
        (3, 8): Cell(True, "calc.text", formula="SUM(D5:D6)>0", array=1),
        (4, 8): Cell(2, "calc.integer", formula="ROW(A2:A4)", array=3),
        (5, 8): Cell(3, "calc.integer"),
        (8, 8): Cell(None, "calc.text", formula='""'),
        (9, 8): Cell(False, "body.flag"),
        (10, 8): Cell(date(2026, 11, 22), "input.date"),
        (11, 8): Cell("0086", "body.id"),
        (12, 8): Cell("http://example.com", "body.text"),
        (13, 8): Cell("@SUM(1)", "body.text"),
        (14, 8): Cell(float("nan"), "body.decimal"),
        (15, 8): Cell("#N/A", "calc.text", formula="NA()"),
    }
    return Sheet(
        "customers",
        "客户总表",
        cells,
        table,
        freeze=(4, 2),
        widths={8: 18},
        heights={0: 30},
        merges=((0, 0, 0, 3),),
        validations=(
            Validation(
                (4, 2, last, 2), "list", "级别表", title="级别", prompt="从列表选", error="不在列表中"
            ),
            Validation((4, 5, last, 5), "date", low=date(2020, 1, 1), high=date(2030, 1, 1), blocking=False),
            Validation((4, 4, last, 4), "integer", high=9),
            Validation((4, 1, last, 1), "length", high=60),
            Validation((10, 8, 10, 8), "custom", "I11>0"),
            Validation((14, 8, 14, 8), "decimal"),
        ),
        highlights=(
            Highlight((4, 2, last, 2), "equals", "钻石", "tier_1"),
            Highlight((4, 4, last, 4), "equals", "0", "warn"),
            Highlight((4, 3, last, 3), "data_bar", color="#5AA5E0"),
            Highlight((4, 4, last, 4), "arrows"),
            Highlight((4, 0, last, 1), "formula", "$D5>30000", "good"),
        ),
        page=Page(repeat=(3, 3), header="甲&乙"),
        tab_color="#0B3C5D",
        protect=True,
        zoom=90,
        gridlines=False,
    )


def dashboard() -> Sheet:
    counts, sums = (1.0, 2.0, 3.0, 4.0, 5.0), (10.5, 20.0, 30.0, 40.0, 50.0)
    where = "'总览'!$A$2:$A$6"
    head = Series("人数", where, "'总览'!$B$2:$B$6", TIERS, counts)
    line = Series("=x!A1", where, "'总览'!$C$2:$C$6", TIERS, sums, kind="line", secondary=True)
    ring = replace(head, point_colors=tuple(background for background, _ in TIER_COLORS[:5]))
    cells = {(0, 0): Cell("总览", "title")}
    for row, (tier, count, amount) in enumerate(zip(TIERS, counts, sums, strict=True), 1):
        cells |= {(row, 0): Cell(tier, f"tier_{row}"), (row, 1): Cell(count), (row, 2): Cell(amount)}
    charts = (
        Chart("doughnut", "级别分布", (ring,), 8, 0, 400, 260, "各级别人数占比"),
        Chart("column", "=人数与金额", (head, line), 8, 7, 460, 260, "人数与金额", "#,##0", "级别", "人数"),
        Chart("bar", "人数", (head,), 22, 0, 400, 260, "条形图"),
        Chart("line", "趋势", (head,), 22, 7, 460, 260, "折线图"),
        Chart("pie", "饼", (head,), 36, 0, 400, 260, "饼图"),
    )
    return Sheet("dashboard", "总览", cells, charts=charts, page=Page(landscape=False, fit_wide=False))


def sample(n: int = 60) -> Book:
    lists = Sheet("lists", "列表", {(i, 0): Cell(tier) for i, tier in enumerate(TIERS)}, state="hidden")
    state = Sheet("state", "_sheetgen", {(0, 0): Cell("x" * 40_000)}, state="very_hidden")
    names = {"级别表": "'列表'!$A$1:$A$5", "as_of": "'客户总表'!$I$11"}
    return Book(
        (lists, dashboard(), customers(n), state),
        names,
        "客户级别管理表格",
        "测试",
        date(2026, 11, 22),
        {"run": "r&1"},
    )


def small(text: str = "one") -> Book:
    table = Table(0, (Column("a", "a", "text", [text] * 5),))
    return Book((Sheet("s", "表", table=table),), {}, "t", "s", date(2026, 11, 22))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    out = tmp_path_factory.mktemp("book") / "客户.xlsx"
    write_book(sample(), out)
    return out


@pytest.fixture(scope="module")
def parts(path):
    with ZipFile(path) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def folder_of(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def test_every_part_is_well_formed(parts):
    for content in parts.values():
        minidom.parseString(content.encode())


def test_cells_arrive(path):
    ws = openpyxl.load_workbook(path)["客户总表"]
    values = openpyxl.load_workbook(path, data_only=True)["客户总表"]
    assert (ws["A5"].value, ws["A5"].number_format, ws["A5"].data_type) == ("00000", "@", "s")
    assert (ws["B5"].value, ws["B5"].data_type, ws["B5"].quotePrefix) == ("=1+1", "s", True)
    assert (ws["B6"].value, ws["B6"].quotePrefix) == ("客户1", False)
    assert (ws["D64"].value, values["D64"].value) == ("=ROUND(A64*1,2)", 50_000)
    assert values["F64"].value == datetime(2026, 11, 22)
    assert ws["I2"].value.text == "=ROW(A3)"
    assert [values[f"I{row}"].value for row in (2, 3, 4, 5, 6, 7)] == [3, "12", True, 2, 3, None]
    assert (ws["I9"].value, values["I9"].value) == ('=""', None)
    assert ws["I10"].value is False
    assert (values["I11"].value, ws["I11"].protection.locked) == (datetime(2026, 11, 22), False)
    assert (ws["I13"].value, ws["I13"].hyperlink) == ("http://example.com", None)
    assert (ws["I14"].value, ws["I14"].quotePrefix) == ("@SUM(1)", True)
    assert ws["I15"].value is None
    assert ws["C5"].protection.locked is False
    assert ws["D5"].protection.locked is True
    assert ws["I1"].hyperlink.location == "'总览'!A1"
    assert ws["I1"].value == "去总览"


def test_calamine_reads_the_same(path):
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("客户总表").to_python()
    assert len(rows) == 64
    assert rows[4][:3] == ["00000", "=1+1", "钻石"]
    assert rows[63][3:6] == [50_000, 1, date(2026, 11, 22)]


def test_formulas_without_a_result_are_text_not_zero(parts):
    sheet = parts["xl/worksheets/sheet3.xml"]
    assert re.search(r'<c r="I9" s="\d+" t="str"><f>""</f><v></v></c>', sheet)
    assert re.search(r'<c r="I3" s="\d+" t="str"><f t="array" ref="I3">[^<]*</f><v>12</v></c>', sheet)
    assert re.search(r'<c r="I4" s="\d+" t="b"><f t="array" ref="I4">[^<]*</f><v>1</v></c>', sheet)
    assert re.search(r'<c r="I16" s="\d+" t="e"><f>NA\(\)</f><v>#N/A</v></c>', sheet)
    assert "fullCalcOnLoad" in parts["xl/workbook.xml"]


def test_sheet_furniture_arrives(path):
    book = openpyxl.load_workbook(path)
    ws = book["客户总表"]
    assert [sheet.sheet_state for sheet in book] == ["hidden", "visible", "visible", "veryHidden"]
    assert book.active.title == "总览"
    assert (ws.freeze_panes, ws.sheet_view.zoomScale, ws.sheet_view.showGridLines) == ("C5", 90, False)
    assert ws.auto_filter.ref == "A4:G54"
    assert [str(area) for area in ws.merged_cells.ranges] == ["A1:D1"]
    assert ws.sheet_properties.tabColor.rgb == "FF0B3C5D"
    assert ws.column_dimensions["G"].hidden
    assert ws.column_dimensions["A"].width == pytest.approx(14, abs=1)
    assert (ws.row_dimensions[1].height, ws.row_dimensions[4].height) == (30, 51)
    protection = ws.protection
    assert (protection.sheet, protection.password) == (True, None)
    assert not any((protection.sort, protection.autoFilter, protection.formatColumns, protection.formatRows))
    assert protection.insertRows
    assert set(book.defined_names) == {"级别表", "as_of"}
    assert book.defined_names["级别表"].attr_text == "'列表'!$A$1:$A$5"


def test_print_set_up_arrives(path):
    book = openpyxl.load_workbook(path)
    ws = book["客户总表"]
    assert (ws.page_setup.paperSize, ws.page_setup.orientation) == (9, "landscape")
    assert (ws.page_setup.fitToWidth, ws.page_setup.fitToHeight) == (None, 0)  # 1 wide by default
    assert ws.print_title_rows == "$4:$4"
    assert ws.print_area == "'客户总表'!$A$1:$I$64"
    assert ws.oddHeader.left.text == "甲&&乙"
    assert ws.oddFooter.center.text == "&P / &N"
    assert book["总览"].page_setup.orientation in (None, "portrait", "default")


def test_input_rules_arrive(path):
    rules = {
        str(rule.sqref): rule
        for rule in openpyxl.load_workbook(path)["客户总表"].data_validations.dataValidation
    }
    tier = rules["C5:C64"]
    assert (tier.type, tier.formula1, tier.errorStyle) == ("list", "级别表", None)
    assert (tier.promptTitle, tier.prompt, tier.error) == ("级别", "从列表选", "不在列表中")
    day = rules["F5:F64"]
    assert (day.type, day.formula1, day.formula2, day.errorStyle) == ("date", "43831", "47484", "warning")
    assert (rules["E5:E64"].operator, rules["E5:E64"].formula1) == ("lessThanOrEqual", "9")
    assert (rules["B5:B64"].type, rules["B5:B64"].formula1) == ("textLength", "60")
    assert (rules["I11"].type, rules["I11"].formula1) == ("custom", "I11>0")
    assert (rules["I15"].type, rules["I15"].operator) == ("decimal", "greaterThanOrEqual")
    assert rules["A4"].prompt == "唯一"


def test_highlights_arrive(parts, path):
    rules = {
        (str(area.sqref), rule.type): rule
        for area, found in openpyxl.load_workbook(path)["客户总表"].conditional_formatting._cf_rules.items()
        for rule in found
    }
    equal = rules["C5:C64", "cellIs"]
    assert (equal.formula, equal.dxf.fill.bgColor.rgb) == (['"钻石"'], "FF0B3C5D")
    assert rules["E5:E64", "cellIs"].formula == ["0"]
    assert rules["A5:B64", "expression"].formula == ["$D5>30000"]
    icons = rules["E5:E64", "iconSet"].iconSet
    assert (icons.iconSet, [limit.val for limit in icons.cfvo]) == ("3Arrows", [0, 0, 1])
    assert rules["D5:D64", "dataBar"]
    assert "x14:dataBar" in parts["xl/worksheets/sheet3.xml"]


def test_charts_carry_their_data_and_words_for_those_who_cannot_see(parts):
    charts = [parts[name] for name in sorted(parts) if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
    assert len(charts) == 5
    ring = next(chart for chart in charts if "doughnutChart" in chart)
    for tier, count in zip(TIERS, range(1, 6), strict=True):
        assert f"<c:v>{tier}</c:v>" in ring
        assert f"<c:v>{count}.0</c:v>" in ring or f"<c:v>{count}</c:v>" in ring
    assert 'c:showPercent val="1"' in ring
    assert "0B3C5D" in ring
    both = next(chart for chart in charts if "lineChart" in chart and "barChart" in chart)
    assert "<c:f>x!A1</c:f>" not in both
    assert "=x！A1" in both
    assert "=人数与金额" in both
    assert both.count("<c:valAx>") == 2
    drawing = parts["xl/drawings/drawing1.xml"]
    for words in ("各级别人数占比", "人数与金额", "条形图", "折线图", "饼图"):
        assert f'descr="{words}"' in drawing
    assert "decorative" not in drawing


def test_digits_kept_as_text_are_not_marked(parts):
    marked = re.search(
        r'<ignoredError sqref="([^"]*)" numberStoredAsText="1"/>', parts["xl/worksheets/sheet3.xml"]
    )
    assert marked
    assert set(marked[1].split()) == {"I12", "A5:A64", "B5:B64", "C5:C64"}


def test_document_properties_name_no_person(parts, path):
    properties = openpyxl.load_workbook(path).properties
    assert (properties.title, properties.subject, properties.creator) == (
        "客户级别管理表格",
        "测试",
        "sheetgen",
    )
    assert properties.created.date() == date(2026, 11, 22)
    assert "r&amp;1" in parts["docProps/custom.xml"]
    assert all(user not in parts["docProps/core.xml"] for user in {os.environ.get("USER", "\0")} - {""})


def test_no_text_becomes_a_link_or_a_formula(parts):
    sheet = parts["xl/worksheets/sheet3.xml"]
    assert sheet.count("<hyperlink ") == 1
    assert "1+1" not in sheet
    assert not any("externalLink" in name for name in parts)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_short_tables(n, tmp_path):
    out = tmp_path / "a.xlsx"
    sheet = replace(customers(n), validations=(), highlights=(), protect=False, cells={})
    write_book(Book((sheet,), {}, "t", "s", date(2026, 1, 1)), out)
    ws = openpyxl.load_workbook(out).active
    assert [ws.cell(4, col).value for col in (1, 2)] == ["客户编号", "客户名称"]
    assert [ws.cell(5 + i, 1).value for i in range(n)] == [f"{i:05d}" for i in range(n)]
    assert ws.max_row == 4 + n
    assert ws.auto_filter.ref == (f"A4:G{4 + n}" if n else None)
    if n:
        assert ws["D5"].value == "=ROUND(A5*1,2)"
        assert ws["B5"].quotePrefix


def test_empty_entry_rows_keep_their_looks(tmp_path):
    out = tmp_path / "a.xlsx"
    columns = (
        Column("a", "a", "text", [None] * 4, "input.text"),
        Column("b", "b", "number", np.full(4, np.nan), "input.money"),
    )
    write_book(Book((Sheet("s", "s", table=Table(0, columns)),), {}, "t", "s", date(2026, 1, 1)), out)
    ws = openpyxl.load_workbook(out).active
    yellow = "FF" + str(format_of("input")["bg_color"])[1:]
    for row in range(2, 6):
        for col in (1, 2):
            cell = ws.cell(row, col)
            assert (cell.value, cell.fill.fgColor.rgb, cell.border.left.style) == (None, yellow, "thin")
            assert cell.protection.locked is False


def test_progress_counts_the_rows(tmp_path):
    heard: list[int] = []
    write_book(sample(5000), tmp_path / "a.xlsx", progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 5000


# --- the same book, the same bytes


def fingerprint(folder: Path, **env: str) -> str:
    code = (
        f"import runpy, pathlib; m = runpy.run_path({str(Path(__file__))!r});"
        "p = pathlib.Path('a.xlsx'); m['write_book'](m['sample'](300), p);"
        "import hashlib; print(hashlib.sha256(p.read_bytes()).hexdigest(), m['digest'](p))"
    )
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_same_book_same_bytes_whatever_the_surroundings(tmp_path):
    surroundings = [
        {"PYTHONHASHSEED": "0", "TZ": "Asia/Shanghai"},
        {"PYTHONHASHSEED": "1", "TZ": "America/New_York", "LANG": "C"},
        {"PYTHONHASHSEED": "random", "TZ": "UTC", "USER": "someone", "SOURCE_DATE_EPOCH": "5"},
    ]
    found = {fingerprint(tmp_path / str(i), **env) for i, env in enumerate(surroundings)}
    assert len(found) == 1


def test_digest_follows_the_content_not_the_compression(tmp_path):
    write_book(small(), tmp_path / "a.xlsx")
    write_book(small("two"), tmp_path / "b.xlsx")
    with ZipFile(tmp_path / "a.xlsx") as source, ZipFile(tmp_path / "c.xlsx", "w") as stored:
        for name in reversed(source.namelist()):
            stored.writestr(name, source.read(name))
    assert digest(tmp_path / "a.xlsx") == digest(tmp_path / "c.xlsx") != digest(tmp_path / "b.xlsx")
    assert re.fullmatch("[0-9a-f]{64}", digest(tmp_path / "a.xlsx"))


def test_the_digest_is_known_once_a_book_is_written(tmp_path):
    assert write_book(sample(), tmp_path / "a.xlsx") == digest(tmp_path / "a.xlsx")
    assert write_book(small(), tmp_path / "b.xlsx", seal=lambda plain: plain[::-1]) == digest(
        tmp_path / "b.xlsx", lambda sealed: sealed[::-1]
    )


def test_a_level_of_zlib_may_be_asked_for(tmp_path, monkeypatch):
    usual = write_book(sample(3000), tmp_path / "a.xlsx")
    monkeypatch.setenv("SHEETGEN_DEFLATE", "6")
    assert write_book(sample(3000), tmp_path / "b.xlsx") == usual
    assert (tmp_path / "b.xlsx").stat().st_size < (tmp_path / "a.xlsx").stat().st_size


def test_another_compressor_changes_no_content(tmp_path, monkeypatch):
    monkeypatch.setenv("SHEETGEN_DEFLATE", "zlib")
    write_book(sample(), tmp_path / "a.xlsx")
    monkeypatch.setenv("SHEETGEN_DEFLATE", "isal")  # zlib again where isal is not installed
    write_book(sample(), tmp_path / "b.xlsx")
    assert digest(tmp_path / "a.xlsx") == digest(tmp_path / "b.xlsx")


def shortened(book: Book, rows: int) -> Book:
    """The first rows of each table."""
    tables = {
        sheet.id: replace(
            sheet.table, columns=tuple(replace(c, values=c.values[:rows]) for c in sheet.table.columns)
        )
        for sheet in book.sheets
        if sheet.table
    }
    return replace(book, sheets=tuple(replace(s, table=tables.get(s.id)) for s in book.sheets))


def test_at_level_6_a_book_is_no_larger_than_what_xlsxwriter_makes_of_its_cells(tmp_path, monkeypatch):
    monkeypatch.setenv("SHEETGEN_DEFLATE", "6")
    book = shortened(sample_made().book, 40)
    ours, theirs = tmp_path / "ours.xlsx", tmp_path / "theirs.xlsx"
    write_book(book, ours)
    monkeypatch.setattr(write_module, "SPLICE_FROM", 100)  # every cell passes XlsxWriter
    monkeypatch.setattr(write_module, "LONG", 100_000)
    write_book(book, theirs)
    a, b = (CalamineWorkbook.from_path(str(path)) for path in (ours, theirs))
    for name in a.sheet_names:
        assert a.get_sheet_by_name(name).to_python() == b.get_sheet_by_name(name).to_python()
    assert ours.stat().st_size <= theirs.stat().st_size


def test_long_texts_arrive_as_others_do(tmp_path):
    texts = ["x" * 5000, "=1+" * 2000, "<&>" * 2000, "_x0041_" * 1000, " 客户\n" * 2000, "x" * 5000, "短"]
    sheet = Sheet("s", "s", {(i, 0): Cell(text, "body.text") for i, text in enumerate(texts)})
    write_book(replace(small(), sheets=(sheet,)), tmp_path / "a.xlsx")
    ws = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert [ws.cell(i, 1).value for i in range(1, 8)] == texts
    assert [ws.cell(i, 1).data_type for i in range(1, 8)] == ["s"] * 7
    assert [ws.cell(i, 1).quotePrefix for i in range(1, 8)] == [False, True, *[False] * 5]
    shared = ZipFile(tmp_path / "a.xlsx").read("xl/sharedStrings.xml")
    assert b'count="7" uniqueCount="6"' in shared
    assert shared.count(b"<si>") == 6


def test_a_long_text_may_be_the_only_one(tmp_path):
    sheet = Sheet("s", "s", {(0, 0): Cell("x" * 5000, "body.text")})
    write_book(replace(small(), sheets=(sheet,)), tmp_path / "a.xlsx")
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A1"].value == "x" * 5000


MEMORY = """
import sys
from datetime import date
from pathlib import Path
import numpy as np, pandas as pd
from sheetgen.workbook.book import Book, Cell, Column, Sheet, Table
from sheetgen.workbook.write import write_book

n, numbers = int(sys.argv[1]), np.arange(int(sys.argv[1]))
columns = (
    Column("id", "id", "text", pd.Series(numbers, dtype="str") + "-2026"),
    Column("name", "name", "text", "customer " + pd.Series(numbers // 3, dtype="str")),
    Column("day", "day", "date", np.datetime64("2020-01-01", "D") + numbers % 2000),
    Column("money", "money", "number", numbers / 4),
    Column("live", "live", "number", numbers / 8, formula='IF(A{r}="","",ROUND(D{r}*0.5,2)+B{r}*0)'),
)
state = {(i, 0): Cell("%09d" % i * 3500) for i in range(n // 1000)}
sheets = (Sheet("s", "s", table=Table(0, columns)), Sheet("t", "t", state))
book = Book(sheets, {}, "t", "s", date(2026, 11, 22))

def kilobytes(what):
    status = Path("/proc/self/status").read_text()
    return int(status.split(what + ":")[1].split()[0])

Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
before = kilobytes("VmRSS")
write_book(book, Path(sys.argv[2]))
print((kilobytes("VmHWM") - before) / 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is read from Linux's /proc")
def test_what_writing_adds_to_memory_does_not_grow_with_the_rows(tmp_path):
    added = {}
    for n in (60_000, 240_000):
        command = [sys.executable, "-c", MEMORY, str(n), str(tmp_path / "a.xlsx")]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        added[n] = float(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)
    assert added[240_000] < 64
    assert added[240_000] < added[60_000] + 12


def test_zip_dates_are_fixed(path):
    with ZipFile(path) as package:
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert package.testzip() is None


# --- the old file or the new file


@pytest.fixture
def old(tmp_path):
    out = tmp_path / "old.xlsx"
    write_book(small("old"), out)
    return out


@pytest.mark.parametrize("error", [RuntimeError("stop"), KeyboardInterrupt()])
def test_a_stop_midway_leaves_the_old_file_and_nothing_else(old, error):
    before = old.read_bytes()

    def stop(_rows: int) -> None:
        raise error

    with pytest.raises(type(error)):
        write_book(small("new"), old, progress=stop)
    assert old.read_bytes() == before
    assert folder_of(old) == ["old.xlsx"]


@pytest.mark.parametrize(
    ("number", "key"),
    [(errno.ENOSPC, "disk_full"), (errno.EIO, "disk_failed"), (errno.EDQUOT, "disk_full")],
)
def test_a_failing_disk_leaves_the_old_file(old, monkeypatch, number, key):
    before = old.read_bytes()

    def fail(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(publish_module.os, "fsync", fail)
    with pytest.raises(DiskError) as caught:
        write_book(small("new"), old)
    assert caught.value.key == key
    assert caught.value.facts["path"] == str(old)
    assert old.read_bytes() == before
    assert folder_of(old) == ["old.xlsx"]


def test_a_full_disk_for_real(old):
    before = old.read_bytes()
    code = (
        f"import runpy, pathlib, resource; m = runpy.run_path({str(Path(__file__))!r});"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"try: m['write_book'](m['sample'](20_000), pathlib.Path({str(old)!r}))\n"
        "except m['DiskError'] as e: print(e.key)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "disk_full"
    assert old.read_bytes() == before
    assert folder_of(old) == ["old.xlsx"]


def test_kill_9_leaves_the_old_file_and_the_next_run_clears_up(old):
    before = old.read_bytes()
    code = (
        f"import runpy, pathlib, os, signal; m = runpy.run_path({str(Path(__file__))!r});"
        f"m['write_book'](m['small']('new'), pathlib.Path({str(old)!r}),"
        "progress=lambda rows: os.kill(os.getpid(), signal.SIGKILL))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, check=False)
    assert done.returncode == -signal.SIGKILL
    assert old.read_bytes() == before
    left = [name for name in folder_of(old) if name != "old.xlsx"]
    assert len(left) == 1
    assert re.fullmatch(r"\.old\.xlsx\.sheetgen-\d+\.tmp", left[0])
    write_book(small("new"), old)
    assert folder_of(old) == ["old.xlsx"]


def test_sweep_spares_the_living(tmp_path):
    living = tmp_path / f".a.xlsx.sheetgen-{os.getppid()}.tmp"
    foreign = tmp_path / ".a.xlsx.sheetgen-.tmp"
    for file in (living, foreign):
        file.touch()
    sweep(tmp_path)
    assert living.exists()
    assert foreign.exists()


@pytest.mark.parametrize("lock", ["~$old.xlsx", ".~lock.old.xlsx#"])
def test_an_open_file_is_left_alone_and_the_new_one_kept(old, lock):
    before = old.read_bytes()
    (old.parent / lock).touch()
    for number, name in enumerate(["old(新 2026-11-22).xlsx", "old(新 2026-11-22 2).xlsx"]):
        with pytest.raises(OutputBusyError) as caught:
            write_book(small(f"new{number}"), old)
        assert caught.value.key == "output_busy"
        beside = Path(str(caught.value.facts["path"]))
        assert beside.name == name
        assert openpyxl.load_workbook(beside).active["A2"].value == f"new{number}"
    assert old.read_bytes() == before
    assert not any(name.endswith(".tmp") for name in folder_of(old))


def test_a_lock_without_a_file_is_no_hindrance(tmp_path):
    (tmp_path / "~$a.xlsx").touch()
    write_book(small(), tmp_path / "a.xlsx")
    assert (tmp_path / "a.xlsx").exists()


def test_a_refused_replace_counts_as_open(old, monkeypatch):
    real = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target == old:
            raise PermissionError(errno.EACCES, "in use")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputBusyError):
        write_book(small("new"), old)
    assert folder_of(old) == ["old(新 2026-11-22).xlsx", "old.xlsx"]


def test_the_mode_of_the_old_file_stays(tmp_path):
    out = tmp_path / "a.xlsx"
    mask = os.umask(0o027)
    try:
        write_book(small(), out)
    finally:
        os.umask(mask)
    assert out.stat().st_mode & 0o777 == 0o640
    out.chmod(0o604)
    write_book(small(), out)
    assert out.stat().st_mode & 0o777 == 0o604


def test_what_is_no_file_is_refused(tmp_path, old):
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "link.xlsx").symlink_to(old)
    keys = []
    for out in (tmp_path / "folder.xlsx", tmp_path / "link.xlsx", tmp_path / "nowhere" / "a.xlsx"):
        with pytest.raises(UsageError) as caught:
            write_book(small(), out)
        keys.append(caught.value.key)
    assert keys == ["output_not_a_file", "output_not_a_file", "output_no_folder"]


def test_verify_finds_damage(path, tmp_path):
    def check(there, wanted, ours=True):
        torn = tmp_path / "torn.xlsx"
        torn.write_bytes(there)
        with torn.open("rb") as file:
            return verify(file, wanted, path, ours)

    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    assert check(whole, whole) == digest(path)
    for there in (whole[:-200], whole + b"x", bytes(flipped)):
        with pytest.raises(DiskError):
            check(there, whole)
    for wanted in (whole[:-200], bytes(flipped)):
        with pytest.raises(DiskError):
            check(wanted, wanted)


def test_verify_parses_what_is_ours(path, tmp_path):
    broken = tmp_path / "broken.xlsx"
    with ZipFile(path) as old, ZipFile(broken, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info, data[:-1] if info.filename.endswith("styles.xml") else data)
    with broken.open("rb") as file:
        verify(file, broken.read_bytes(), broken, ours=False)
        with pytest.raises(DiskError):
            verify(file, broken.read_bytes(), broken)


# --- the limits of Excel


def with_sheet(**changes: object) -> Book:
    return replace(small(), sheets=(replace(small().sheets[0], **changes),))


def with_column(**changes: object) -> Book:
    column = replace(Column("a", "a", "text", ["x", "y"]), **changes)
    return with_sheet(table=Table(0, (column,)))


def rows_of(count: int) -> Book:
    return with_sheet(table=Table(1, (Column("a", "a", "number", np.zeros(count)),)))


@pytest.mark.parametrize(
    ("book", "key"),
    [
        (with_sheet(name="一" * 32), "excel_sheet_name_length"),
        (with_sheet(name="😀" * 16), "excel_sheet_name_length"),
        (with_sheet(name=""), "excel_sheet_name_length"),
        (with_sheet(name="a/b"), "excel_sheet_name_characters"),
        (with_sheet(name="'a"), "excel_sheet_name_characters"),
        (with_sheet(name="hisTory"), "excel_sheet_name_reserved"),
        (replace(small(), sheets=(Sheet("a", "Ab"), Sheet("b", "aB"))), "excel_sheet_name_twice"),
        (with_sheet(state="hidden"), "excel_no_visible_sheet"),
        (replace(small(), names={"A1": "'表'!$A$1"}), "excel_bad_name"),
        (replace(small(), names={"a b": "'表'!$A$1"}), "excel_bad_name"),
        (replace(small(), properties={"a": "x" * 256}), "excel_long_property"),
        (rows_of(1_048_575), "excel_rows"),
        (with_sheet(cells={(1_048_576, 0): Cell(1)}), "excel_rows"),
        (with_sheet(cells={(0, 16_384): Cell(1)}), "excel_columns"),
        (with_sheet(cells={(2, 0): Cell(1)}), "excel_cell_in_table"),
        (with_column(formula="1+" * 4096 + "1"), "excel_long_formula"),
        (with_column(formula="A{r}&" * 1000 + '""'), "excel_long_formula"),
        (with_column(formula="MAXIFS(A:A,B:B,A{r})"), "excel_new_function"),
        (with_column(formula="1-STDEV.S(A:A)"), "excel_new_function"),
        (replace(small(), names={"ab": "'表'!$A$1", "AB": "'表'!$A$1"}), "excel_name_twice"),
        (with_sheet(cells={(0, 3): Cell(1, formula="1+" * 4096 + "1")}), "excel_long_formula"),
        (
            with_sheet(table=Table(0, (Column("a", "a", "text", ["x"]), Column("b", "b", "text", [])))),
            "excel_uneven_table",
        ),
        (with_sheet(validations=(Validation((1, 0, 2, 0), "length", title="x" * 33),)), "excel_long_prompt"),
        (
            with_sheet(validations=(Validation((1, 0, 2, 0), "length", prompt="x" * 256),)),
            "excel_long_prompt",
        ),
        (with_sheet(validations=(Validation((1, 0, 2, 0), "length", error="x" * 256),)), "excel_long_prompt"),
        (with_sheet(validations=(Validation((1, 0, 2, 0), "list"),)), "excel_long_list"),
    ],
)
def test_a_limit_passed_is_an_error_before_anything_is_written(book, key, tmp_path):
    with pytest.raises(SheetgenError) as caught:
        write_book(book, tmp_path / "a.xlsx")
    assert caught.value.key == key
    assert list(tmp_path.iterdir()) == []
    label = messages()[key]
    for fact in caught.value.facts:
        assert label.zh
        assert "{" + fact + "}" in label.en or fact in ("limit", "count", "row", "column")


@pytest.mark.parametrize(
    "book",
    [
        with_sheet(name="一" * 31),
        with_sheet(name="历史"),
        rows_of(1_048_574),
        with_column(formula='"' + "x" * 8_190 + '"'),
        with_column(formula='_xlfn.IFS(A{r}="IFS(",SUMIFS(A:A,A:A,1))'),
        with_sheet(validations=(Validation((1, 0, 2, 0), "length", title="x" * 32, prompt="题" * 255),)),
        replace(small(), names={"_x.y": "'表'!$A$1", "级别表": "'表'!$A$1"}),
    ],
)
def test_just_within_the_limits(book):
    check_limits(book)


@pytest.mark.parametrize("key", [k for k in messages() if k.startswith(("excel_", "output_", "disk_"))])
def test_messages_have_the_same_places_in_both_languages(key):
    label = messages()[key]
    assert set(re.findall(r"\{(\w+)\}", label.zh)) == set(re.findall(r"\{(\w+)\}", label.en))


def test_bytes_are_what_was_promised(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_book(sample(), tmp_path / name)
    first, second = (hashlib.sha256((tmp_path / n).read_bytes()).hexdigest() for n in ("a.xlsx", "b.xlsx"))
    assert first == second
