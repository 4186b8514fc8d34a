"""Cells read column by column are those that the XML parser reads cell by cell, whoever wrote the book."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.errors import InputError
from sheetgen.pipeline import Built
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.stream import NotPlainError, in_pieces
from sheetgen.workbook.patch.view import Cell
from sheetgen.workbook.regrade.columns import Cells
from sheetgen.workbook.regrade.grids import Grid, grid_of, number_of, text_of
from sheetgen.workbook.regrade.looks import OWN
from sheetgen.workbook.regrade.reading import read_by_parser, read_cells
from tests.office.office import Office
from tests.workbook.patch.books import by_hand, opened, rich_book

SHEET = "订单"


def plain(cells: Cells) -> dict[int, dict[int, Cell]]:
    """All cells, with formulas as they say in their own row."""

    def said(cell: Cell, row: int) -> Cell:
        return cell._replace(formula=cell.formula and cell.formula.replace(OWN, str(row + 1)))

    return {row: {c: said(cell, row) for c, cell in of.items()} for row, of in cells.items()}


def assert_same(package: Package) -> None:
    for name in package.worksheets:
        (fast, masters), (slow, others) = read_cells(package, name), read_by_parser(package, name)
        assert masters == others
        assert plain(fast) == plain(slow), name


VALUES = {
    "": ("", "<v></v>", "<v/>"),
    ' t="n"': ("<v>1.5</v>", "<v>-0</v>", "<v>1E3</v>", "<v></v>", "<v>eins</v>"),
    ' t="s"': ("<v>0</v>", "<v>7</v>", "<v></v>", "<v>x</v>"),
    ' t="str"': ("<v>a&amp;b</v>", "<v></v>", "<v/>", "<v>_x0041_\r\n </v>", ""),
    ' t="b"': ("<v>1</v>", "<v>false</v>", "<v></v>"),
    ' t="e"': ("<v>#N/A</v>", "<v></v>"),
    ' t="inlineStr"': ("<is><t>甲</t></is>", "<is><r><t>a</t></r><r><t>b</t></r></is>"),
    ' t="d"': ("<v>2024-01-01</v>",),
    ' cm="1"': ("<v>2</v>",),
}
FORMULAS = (
    "",
    "",
    "<f>A{r}*2</f>",
    "<f>$B{r}+B10</f>",
    "<f>SUM(A$1:A{r})&amp;&quot;x{r}&quot;</f>",
    '<f aca="false">C{r}</f>',
    '<f t="shared" ref="A1:A9" si="0">A{r}+1</f>',
    '<f t="shared" si="0"/>',
    '<f t="array" ref="C{r}">A{r}</f>',
    "<f>A&#49;0</f>",
    "<f/>",
)


@st.composite
def sheets(draw: st.DrawFn) -> str:
    """Rows of a table: mostly alike, as a program writes them, with some that are not."""
    kinds = list(VALUES)
    cell = st.tuples(st.sampled_from(kinds), st.sampled_from(FORMULAS))
    head = draw(st.lists(cell, min_size=1, max_size=5))
    rng = random.Random(draw(st.integers(0, 2**32)))
    rows, row = [], 0
    for _ in range(draw(st.integers(1, 30))):
        row += 1 if rng.random() < 0.9 else rng.randrange(1, 4)
        cells = []
        for col, usual in enumerate(head):
            other = (rng.choice(kinds), rng.choice(FORMULAS))
            kind, formula = other if rng.random() < 0.15 else usual
            body = formula.replace("{r}", str(row)) + rng.choice(VALUES[kind])
            if rng.random() < 0.1:
                continue
            style = rng.choice(("", ' s="1"', ' s="4"'))
            place = "" if col == 0 and rng.random() < 0.03 else f' r="{letters(col)}{row}"'
            cells.append(f"<c{place}{style}{kind}>{body}</c>" if body else f"<c{place}{style}/>")
        tag = f'<row r="{row}"' if rng.random() < 0.95 else f'<row spans="1:9" r="{row}"'
        rows.append(f"{tag}>{''.join(cells)}</row>" if cells or rng.random() < 0.5 else f"{tag}/>")
    return rng.choice(("", "\n")).join(rows)


@given(sheets())
@settings(max_examples=60, deadline=None)
def test_rows_of_any_kind(rows: str) -> None:
    assert_same(opened(by_hand(rows)))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><!-- a --><row r="2"><c r="A2"><v>2</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v><![CDATA[<c>]]></v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row ><row r="2"><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>2</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="B1"><v>2</v></c></row>',
        '<row r="1"/><row r="2" spans="1:1"/><row r="3"></row>',
        "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>",
        "",
    ],
)
def test_rows_that_are_not_as_they_look(rows: str) -> None:
    assert_same(opened(by_hand(rows)))


def test_what_is_no_xml_is_refused() -> None:
    for rows in ('<row r="1"><c r="A1"><v>1</c></row>', '<row r="1"><c r="A1"/></row>x'):
        with pytest.raises(InputError) as stop:
            read_cells(opened(by_hand(rows)), SHEET)
        assert stop.value.code == "SG510"


def test_blocks_are_whole_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """However the sheet is cut, also in the middle of its tags."""
    from sheetgen import inflate

    row = '<row r="{}"><c r="A{}" t="str"><v>{}</v></c></row>'
    xml = "".join(row.format(r, r, "y" * (r * 7 % 90)) for r in range(1, 40))
    package = opened(by_hand(xml, tail="<pageMargins/>"))
    whole = package.read(package.worksheets[SHEET])
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr(inflate, "BLOCK", size)
        flow = in_pieces(package, SHEET)
        blocks = list(flow.blocks)
        assert flow.head + b"".join(blocks) + flow.tail == whole
        assert all(b.startswith(b"<row") and b.endswith(b"</row>") for b in blocks)
    with pytest.raises(NotPlainError):
        in_pieces(opened(by_hand("<!-- a -->")), SHEET).blocks.__next__()


def test_our_book_and_what_programs_make_of_it(built: Built, office: Office, tmp_path: Path) -> None:
    """Also that all of its rows but a few were met by patterns."""
    import openpyxl

    package = opened(built.request.out.read_bytes())
    assert_same(package)
    grid = grid_of(package, "价值评分")
    assert len(grid.table.pools.formulas) <= grid.columns + 5, "a formula is kept once"
    office.open(built.request.out)
    assert_same(opened(office.save_as(tmp_path / "office.xlsx").read_bytes()))
    book = openpyxl.load_workbook(built.request.out)
    book.save(tmp_path / "openpyxl.xlsx")
    assert_same(opened((tmp_path / "openpyxl.xlsx").read_bytes()))
    assert_same(opened(rich_book()))


def test_columns_tell_what_cells_do(built: Built) -> None:
    package = opened(built.request.out.read_bytes())
    for name in ("客户级别", "历史交易", "_base"):
        grid = grid_of(package, name)
        for col in range(grid.columns):
            cells = [grid.at(row, col) for row in range(grid.height)]
            assert grid.words(col).tolist() == [text_of(cell) for cell in cells]
            numbers = [None if math.isnan(v) else v for v in grid.numbers(col).tolist()]
            assert numbers == [number_of(cell) for cell in cells]
            assert grid.typed(col).tolist() == [c.formula is None and c.kind != "" for c in cells]


def test_a_grid_of_cells_has_columns_too() -> None:
    cell = Cell("n", 2.0, False, f"A{OWN}+1", ("", "", ""), "0", ("", "", ""))
    grid = Grid("表", {4: {2: cell}}, {})
    assert (grid.height, grid.columns, grid.formula(4, 2)) == (5, 3, "A5+1")
    assert grid.numbers(2).tolist()[4] == 2.0 and dict(grid.table[4]) == {2: cell}
