"""The rows are what XlsxWriter would have written cell by cell: value, formula, looks."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from math import isclose
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sheetgen.workbook import rows as rows_module
from sheetgen.workbook import splice as splice_module
from sheetgen.workbook.book import Book, Cell, Column, Sheet, Table
from sheetgen.workbook.celltext import clean_text, letters, needs_quote, number
from sheetgen.workbook.rows import render
from sheetgen.workbook.slots import Strings
from sheetgen.workbook.style import format_of
from sheetgen.workbook.write import write_book

NASTY = [
    None, "", "张三", "a&b<c>d", "\"quoted\" 'text'", " leading", "trailing ", "two\nlines", "tab\tinside",
    "\ttab", "=1+1", "+86 13800000000", "-5", "@SUM(1,1)", "＝1+1", "＋1", "－1", "＠x", "{=1+1}",
    "http://example.com/a?b=1&c", "internal:A1", "_x0041_", "_x000D_", "😀𠮷", "\x00\x01\x1f\x7f", "\ud800",
    "a\r\nb", "\rx", "00123", "1E5", "TRUE", "#N/A", "{r}", "{v0}", "%s{}", "\\n", "'", "x" * 40_000,
    "\ufffe", "]]>", "<![CDATA[", "\u2028", "É",
]  # fmt: skip


def plain_workbook(sheet: Sheet) -> BytesIO:
    """The table of ``sheet`` through XlsxWriter's own cell methods, as its manual has it."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    ws, table = book.add_worksheet(sheet.name), sheet.table
    assert table is not None
    for col, column in enumerate(table.columns, table.first_col):
        ws.write_string(table.header_row, col, column.header, book.add_format(format_of(column.header_style)))
        usual = book.add_format(format_of(column.style))
        quoted = book.add_format({**format_of(column.style), "quote_prefix": True})
        for row, value in enumerate(as_python(column), table.first_row):
            if column.formula is not None:
                text = "=" + column.formula.replace("{r}", str(row + 1))
                ws.write_formula(row, col, text, usual, "" if value is None else value)
            elif value is None or value == "":
                ws.write_blank(row, col, None, usual)
            elif isinstance(value, str):
                ws.write_string(row, col, value, quoted if needs_quote(value) else usual)
            elif isinstance(value, bool):
                ws.write_boolean(row, col, value, usual)
            else:
                ws.write_number(row, col, value, usual)
    book.close()
    return out


def as_python(column: Column) -> list[str | float | bool | None]:
    found: list[str | float | bool | None] = []
    for value in column.values:
        if isinstance(value, str):
            found.append(clean_text(value))
        elif value is None or pd.isna(value):
            found.append(None)
        elif column.kind == "date":
            found.append((pd.Timestamp(value) - pd.Timestamp("1899-12-30")).days)
        elif isinstance(value, bool | np.bool_):
            found.append(bool(value))
        else:
            found.append(float(value) if np.isfinite(value) else None)
    return found


def same(one: object, other: object) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int):
        return type(one) is type(other) is bool or isclose(one, other, rel_tol=1e-15, abs_tol=0)
    return (one or None) == (other or None)


def cells_of(file: object, **options: bool) -> dict[str, openpyxl.cell.cell.Cell]:
    ws = openpyxl.load_workbook(file, **options).worksheets[0]
    return {cell.coordinate: cell for row in ws.iter_rows() for cell in row}


def look_of(cell: openpyxl.cell.cell.Cell, known: dict[tuple[int, ...], str]) -> str:
    style = tuple(cell._style or ())
    if style not in known:
        known[style] = repr((cell.number_format, cell.fill, cell.font, cell.border, cell.alignment))
        known[style] += repr((cell.quotePrefix, cell.protection))
    return known[style]


def read_by_calamine(data: bytes) -> dict[tuple[int, int], object]:
    ws = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0)
    top, left = ws.start or (0, 0)
    rows = ws.to_python(skip_empty_area=True)
    return {(top + r, left + c): value for r, row in enumerate(rows) for c, value in enumerate(row)}


def compare(columns: tuple[Column, ...], **table: int) -> None:
    sheet = Sheet("s", "表", table=Table(table.pop("header_row", 2), columns, **table))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        write_book(Book((sheet,), {}, "t", "s", date(2026, 11, 22)), path)
        made = path.read_bytes()
    plain = plain_workbook(sheet)
    for data_only in (False, True):
        ours = cells_of(BytesIO(made), data_only=data_only)
        theirs = cells_of(plain, data_only=data_only)
        looks: tuple[dict[tuple[int, ...], str], ...] = ({}, {})
        for place in ours.keys() | theirs.keys():
            a, b = ours[place], theirs[place]
            assert same(a.value, b.value), (place, a.value, b.value)
            assert look_of(a, looks[0]) == look_of(b, looks[1]), place
            if a.value is not None:
                assert a.data_type.replace("inlineStr", "s") == b.data_type
    ours_read = read_by_calamine(made)
    theirs_read = read_by_calamine(plain.getvalue())
    for at in ours_read.keys() | theirs_read.keys():
        assert same(ours_read.get(at), theirs_read.get(at)), at


def every_kind(n: int) -> tuple[Column, ...]:
    rng = np.random.default_rng(7)
    money = np.round(rng.gamma(2, 5000, n), 2)
    holes = np.where(np.arange(n) % 3 == 0, np.nan, money / 7)
    wild = holes.copy()
    wild[1::5] = np.inf
    days = np.datetime64("2026-01-01", "D") - rng.integers(0, 900, n)
    gaps = days.copy()
    gaps[::4] = np.datetime64("NaT")
    texts = [NASTY[i % len(NASTY)] for i in range(n)]
    mixed = [(None, "资料不足", i / 3, float(i), "=1+1", True, "", "12")[i % 8] for i in range(n)]
    return (
        Column("id", "编号", "text", [f"{i:06d}" for i in range(n)], "body.id"),
        Column("a", "文字 & <头>", "text", texts, "input.text", header_style="header_input"),
        Column("b", "Series", "text", pd.Series(texts, dtype=object), "body.wrap"),
        Column("c", "money", "number", money, "body.money"),
        Column("d", "holes", "number", wild, "input.decimal"),
        Column("e", "whole", "number", np.arange(n), "key.integer"),
        Column("f", "whole floats", "number", np.where(np.arange(n) % 2, np.nan, 5.0), "body.integer"),
        Column("g", "days", "date", days, "body.date"),
        Column("h", "gaps", "date", gaps, "input.date"),
        Column("i", "mixed", "mixed", mixed, "plain.text"),
        Column("j", "fx", "number", money, "calc.money", 'IF($D{r}="","",ROUND(D{r}*6%,2))'),
        Column("k", "fx holes", "number", holes, "calc.money", "E{r}&\"<>\"&'表'!$A$1"),
        Column("l", "fx day", "date", gaps, "calc.date", "H{r}+1"),
        Column("m", "fx text", "text", texts, "calc.text", 'IF(A{r}<"b","{x}","\\n")'),
        Column("n", "fx mixed", "mixed", mixed, "calc.points", "A{r}"),
        Column("o", "fx same", "text", ["金"] * n, "calc.center", '"金"'),
    )


@pytest.mark.parametrize("n", [1, 2, 3, 47, 2500])
def test_every_kind_as_xlsxwriter_writes_it(n):
    compare(every_kind(n))


@pytest.mark.parametrize("n", [2, 300])
def test_inline_strings_read_the_same(n, monkeypatch):
    monkeypatch.setattr(splice_module, "SHARED", 1)
    texts = [f"{NASTY[i % len(NASTY)]}{i}" if i % 2 else f"客户{i}" for i in range(n)]
    plain = [f"plain {i}" for i in range(n)]
    compare(
        (Column("a", "a", "text", texts, "body.text"), Column("b", "b", "text", plain)),
        first_col=2,
        header_row=0,
    )


def test_chunks_join_without_a_seam(monkeypatch):
    monkeypatch.setattr(rows_module, "WINDOW", 4)
    for n in (3, 4, 5, 9):
        compare(every_kind(n))


def spare_rows(n: int, spare: int) -> tuple[Column, ...]:
    """Columns whose last rows are empty, as those of every data sheet are."""
    money = np.concatenate([np.arange(n) / 4, np.full(spare, np.nan)])
    days = np.concatenate(
        [np.datetime64("2026-01-01", "D") + np.arange(n), np.full(spare, np.datetime64("NaT"), "M8[D]")]
    )
    words = pd.Series([f"客户{i}" for i in range(n)] + [None] * spare, dtype="str")
    late = np.where(np.arange(n + spare) == n - 1, np.nan, 7.5)
    return (
        Column("a", "a", "number", money, "body.money"),
        Column("b", "b", "date", days, "body.date"),
        Column("c", "c", "text", words, "body.text"),
        Column("d", "d", "number", late, "calc.money", "A{r}*2"),
        Column("e", "e", "mixed", [*money[:n].tolist(), *([None] * spare)], "calc.money", "A{r}"),
        Column("f", "f", "mixed", [*words[:n].tolist(), *([None] * spare)], "calc.text", 'C{r}&"—"'),
    )


def test_rows_that_end_empty_are_rendered_in_two_ways(monkeypatch):
    monkeypatch.setattr(rows_module, "WINDOW", 4)
    for n in (9, 12, 13):
        compare(spare_rows(n, 5))


def test_whole_numbers_among_others_have_no_point():
    xml = rendered(Column("n", "n", "number", np.array([5.0, 0.5, -3.0, 1e300])))
    assert [part.split("<")[0] for part in xml.split("<v>")[1:]] == ["5", "0.5", "-3", "1e+300"]


text = st.none() | st.sampled_from(NASTY[:-8]) | st.text(max_size=30)
sizes = st.floats(1e-300, 1e300)
numbers = sizes | sizes.map(lambda x: -x) | st.sampled_from([0.0, 5.0, np.nan, np.inf, -np.inf])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(text, text, numbers, text | numbers | st.booleans()), min_size=2, max_size=12))
def test_whatever_text_and_numbers(records):
    texts, results, values, mixed = zip(*records, strict=True)
    mixed = [None if isinstance(v, float) and not np.isfinite(v) else v for v in mixed]
    compare(
        (
            Column("a", "a", "text", texts, "input.text"),
            Column("b", "b", "text", results, "calc.text", 'T("{r}<&")'),
            Column("c", "c", "number", np.array(values), "body.decimal"),
            Column("d", "d", "mixed", mixed, "body.text"),
            Column("e", "e", "mixed", mixed, "calc.text", "D{r}"),
        ),
        header_row=0,
    )


@pytest.mark.parametrize("value", [0.1 + 0.2, 1 / 3, 1e300, -1e-300, 123456789.12, 5e-324, 1e15, 2**53, -0.5])
def test_numbers_read_back_exactly(value):
    assert float(number(value)) == value


def test_whole_numbers_have_no_point():
    assert [number(5.0), number(-3.0), number(0.0), number(0.5)] == ["5", "-3", "0", "0.5"]


@pytest.mark.parametrize(
    ("col", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")]
)
def test_letters(col, name):
    assert letters(col) == name


def rendered(column: Column) -> str:
    table = Table(0, (column,))
    return b"".join(chunk for _, chunk in render(table, [(3, 4)], Strings(), {})).decode()


def test_a_day_no_spreadsheet_counts_is_text():
    days = np.array(["1850-01-01", "1900-02-28", "1900-03-01", "NaT"], dtype="datetime64[D]")
    xml = rendered(Column("d", "d", "date", days))
    assert "<t>1850-01-01</t>" in xml
    assert "<t>1900-02-28</t>" in xml
    assert '<c r="A4" s="3"><v>61</v></c>' in xml
    assert '<c r="A5" s="3"/>' in xml


def test_an_error_result_is_an_error():
    xml = rendered(Column("e", "e", "text", ["#N/A", "ok", None], formula="NA()"))
    assert '<c r="A2" s="3" t="e"><f>NA()</f><v>#N/A</v></c>' in xml
    assert '<c r="A4" s="3" t="str"><f>NA()</f><v></v></c>' in xml


def test_what_no_cell_can_hold_is_refused():
    with pytest.raises(TypeError, match="dict"):
        rendered(Column("x", "x", "mixed", [{}, None]))


def test_no_number_is_ever_nan():
    xml = rendered(Column("n", "n", "number", np.array([np.nan, np.inf, -np.inf, 1.5])))
    assert xml.count("<v>") == 1
    assert "nan" not in xml.lower()
    assert "inf" not in xml.lower()


def test_cells_and_heights_beside_the_block_stay(tmp_path):
    n = 20
    table = Table(1, (Column("a", "a", "text", list("abcdefghijklmnopqrst")),), first_col=3)
    cells = {(r, 0): Cell(r, "body.integer") for r in range(0, 30, 2)} | {
        (2, 6): Cell("right"),
        (3, 6): Cell("<&>"),
    }
    sheet = Sheet("s", "s", cells, table, heights={5: 39.0, 21: 33.0})
    path = tmp_path / "a.xlsx"
    write_book(Book((sheet,), {}, "t", "s", date(2026, 1, 1)), path)
    ws = openpyxl.load_workbook(path).active
    assert [ws.cell(3 + i, 4).value for i in range(n)] == list("abcdefghijklmnopqrst")
    assert [ws.cell(r + 1, 1).value for r in range(0, 30, 2)] == list(range(0, 30, 2))
    assert (ws["G3"].value, ws["G4"].value) == ("right", "<&>")
    assert (ws.row_dimensions[6].height, ws.row_dimensions[22].height) == (39, 33)
    assert ws.dimensions == "A1:G29"
    xml = ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    numbers = [int(part.split('"')[0]) for part in xml.split('<row r="')[1:]]
    assert numbers == sorted(set(numbers))


def test_shared_strings_count_and_stand_once(tmp_path):
    table = Table(
        0, (Column("a", "a", "text", ["x", "y", "x", None] * 50), Column("b", "b", "text", ["y"] * 200))
    )
    path = tmp_path / "a.xlsx"
    write_book(Book((Sheet("s", "s", table=table),), {}, "t", "s", date(2026, 1, 1)), path)
    xml = ZipFile(path).read("xl/sharedStrings.xml").decode()
    assert xml.count("<si>") == 4
    assert 'count="352" uniqueCount="4"' in xml


def test_dates_stay_dates(tmp_path):
    table = Table(
        0, (Column("d", "d", "date", np.array(["2026-11-22", "NaT"], "datetime64[D]"), "body.date"),)
    )
    path = tmp_path / "a.xlsx"
    write_book(Book((Sheet("s", "s", table=table),), {}, "t", "s", date(2026, 1, 1)), path)
    assert openpyxl.load_workbook(path).active["A2"].value == datetime(2026, 11, 22)


def test_clean_text_keeps_to_the_limit():
    cut = clean_text("😀" * 20_000)
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert cut.endswith("…")
    assert clean_text("x" * 32_767) == "x" * 32_767
    assert clean_text("\ud83d") == "\ufffd"
