"""Every composed book hangs together: columns, names, ranges, owners of cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

import numpy as np
import pytest
from openpyxl.formula import Tokenizer

from sheetgen.i18n import LANGS, Lang
from sheetgen.scheme.library import shipped
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Book, Sheet
from sheetgen.workbook.layout import FIRST, HEADER_ROW, letter

from .contents import Made, sample_made

CASES = [(scheme, lang) for scheme in shipped() for lang in LANGS]


@pytest.fixture(params=CASES, ids="-".join)
def run(request: pytest.FixtureRequest) -> Made:
    scheme, lang = request.param
    return sample_made(scheme, lang)


def formulas(sheet: Sheet) -> Iterator[str]:
    """Every formula of a sheet; of a column the one of its first row."""
    for cell in sheet.cells.values():
        if cell.formula:
            yield cell.formula
    for column in sheet.table.columns if sheet.table else ():
        if column.formula:
            yield column.formula.replace("{r}", str(FIRST))


def test_columns_are_equally_long_and_named_once(run: Made) -> None:
    for sheet in run.book.sheets:
        if sheet.table is None:
            continue
        lengths = {len(c.values) for c in sheet.table.columns}
        ids = [c.id for c in sheet.table.columns]
        assert len(lengths) == 1, sheet.id
        assert len(ids) == len(set(ids)), sheet.id
        shown = [c.header for c in sheet.table.columns if not c.hidden]
        assert len(shown) == len(set(shown)), sheet.id
        assert all(shown), sheet.id


def test_data_sheets_stand_where_formulas_look(run: Made) -> None:
    layout = run.content.layout
    for name in ("customers", "scores", "tiers", "transactions", "service"):
        table = run.book.sheet(name).table
        assert table is not None
        assert (table.header_row, table.first_col) == (HEADER_ROW, 0)
        assert {c.id: letter(i) for i, c in enumerate(table.columns)} == layout.columns[name]
    for name in ("customers", "scores", "tiers"):
        table = run.book.sheet(name).table
        assert table is not None
        assert table.rows == layout.customers == run.content.n + layout.spare["customers"]


def names_used(formula: str) -> set[str]:
    found = set()
    for token in Tokenizer("=" + formula).items:
        if (
            token.type == "OPERAND"
            and token.subtype == "RANGE"
            and re.fullmatch(r"[a-z][a-z0-9_]*", token.value)
        ):
            found.add(token.value)
    return found


def sheets_used(text: str) -> set[str]:
    return {a or b for a, b in re.findall(r"(?:'([^']+)'|([\w\u4e00-\u9fff]+))!", text)}


def test_every_name_of_a_formula_is_defined_and_every_sheet_is_there(run: Made) -> None:
    titles = {s.name for s in run.book.sheets}
    used: set[str] = set()
    for sheet in run.book.sheets:
        for formula in formulas(sheet):
            used |= names_used(formula)
            assert sheets_used(re.sub(r'"[^"]*"', "", formula)) <= titles, formula
            assert "{" not in re.sub(r"\{[0-9;,]+\}", "", formula), formula
        for validation in sheet.validations:
            if validation.kind == "list":
                used |= {validation.source} if "!" not in validation.source else set()
        for highlight in sheet.highlights:
            if highlight.kind == "formula":
                used |= names_used(highlight.rule)
    assert used <= set(run.book.names)
    for target in run.book.names.values():
        assert sheets_used(target) <= titles


def test_names_point_at_one_place_each(run: Made) -> None:
    parameters = run.book.sheet("parameters")
    places = {}
    for name, target in run.book.names.items():
        if name.startswith("p_"):
            cell = re.fullmatch(r".*!\$([A-Z]+)\$(\d+)", target)
            assert cell, target
            column = sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(cell[1]))) - 1
            places[name] = (int(cell[2]) - 1, column)
            assert parameters.cells[places[name]].style.startswith("input."), name
    assert len(set(places.values())) == len(places)
    declared = {f"p_{k}" for k in run.content.scheme.parameters} | {"p_as_of"}
    assert declared <= set(places)
    settings = run.content.graded.settings
    for key, value in settings.numbers.items():
        assert parameters.cells[places[f"p_{key}"]].value == value


def test_validations_and_highlights_lie_on_their_sheets(run: Made) -> None:
    for sheet in run.book.sheets:
        rows = (sheet.table.first_row + sheet.table.rows if sheet.table else 0) or 0
        last = max([rows - 1, *(row for row, _ in sheet.cells)], default=0)
        for top, left, bottom, right in chain(
            (v.where for v in sheet.validations), (h.where for h in sheet.highlights)
        ):
            assert 0 <= top <= bottom <= last, sheet.id
            assert 0 <= left <= right, sheet.id
        for validation in sheet.validations:
            assert len(validation.title) <= 32
            assert len(validation.prompt) <= 255
            assert len(validation.error) <= 255


def test_only_computed_cells_hold_formulas(run: Made) -> None:
    for name in ("transactions", "service", "preferences", "changes", "quality"):
        table = run.book.sheet(name).table
        assert table is not None
        derived = data_tables()[name].derived if name in data_tables() else {}
        assert not any(c.formula for c in table.columns if c.id not in derived), name
    for name in ("scores", "tiers"):
        table = run.book.sheet(name).table
        assert table is not None
        for column in table.columns:
            left = {i.id for i in run.built.scheme.inputs if i.hidden} | {"previous", "key"}
            staff = column.style.startswith("input.") or column.id in left
            assert bool(column.formula) or staff, column.id
            assert not (column.formula and column.style.startswith("input.")), column.id
    assert run.book.sheet("scores").protect


def test_staff_own_their_columns(run: Made) -> None:
    mine = {
        "tiers": {"override", "override_reason", "override_until", "override_by", "remark"},
        "customers": {f.id for f in data_tables()["customers"].sheet_fields if f.owner == "staff"},
        "preferences": {f.id for f in data_tables()["preferences"].sheet_fields if f.owner == "staff"},
    }
    for name, columns in mine.items():
        table = run.book.sheet(name).table
        assert table is not None
        assert {c.id for c in table.columns if c.style.startswith("input.")} == columns
        assert {c.id for c in table.columns if c.header_style == "header_input"} == columns


def test_cached_values_are_the_graded_frame(run: Made) -> None:
    frame, n = run.content.graded.frame, run.content.n
    for name in ("scores", "tiers"):
        table = run.book.sheet(name).table
        assert table is not None
        for column in table.columns:
            if column.id not in frame or column.id in ("customer_id", "override_until"):
                continue
            ours = frame[column.id].to_numpy()
            if any(i.id == column.id and i.hidden for i in run.built.scheme.inputs):
                ours = np.where(ours == 0, np.nan, ours)  # nothing known: an empty cell
            for shown, value in zip(list(column.values)[:n], ours.tolist(), strict=True):
                if isinstance(value, str):
                    assert (shown or "") == value, column.id
                else:
                    assert (np.isnan(value) and shown is None) or shown == value, column.id
            assert not any(list(column.values)[n:]), column.id


def test_charts_show_what_the_cells_hold(run: Made) -> None:
    overview = run.book.sheet("overview")
    assert len(overview.charts) >= 3
    for chart in overview.charts:
        assert chart.alt
        assert chart.title
        for series in chart.series:
            found = re.fullmatch(r".*!\$([A-Z])\$(\d+):\$[A-Z]\$(\d+)", series.values)
            assert found
            column = ord(found[1]) - 65
            cells = [overview.cells[row, column].value for row in range(int(found[2]) - 1, int(found[3]))]
            assert [float(v) for v in cells if isinstance(v, int | float)] == list(series.values_data)
            assert len(series.categories_data) == len(series.values_data)


def test_no_text_is_left_in_the_other_language() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    english = sample_made("vip-abc", "en").book
    for sheet in english.sheets:
        if sheet.state != "visible":
            continue
        for place, cell in sheet.cells.items():
            if isinstance(cell.value, str) and sheet.id not in ("guide", "overview"):
                assert not chinese.search(cell.value), (sheet.id, place, cell.value)
        for column in sheet.table.columns if sheet.table else ():
            assert not chinese.search(column.header) or column.id.startswith("x:"), (sheet.id, column.header)


def test_guide_and_overview_speak_one_language() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    english = sample_made("vip-abc", "en")
    people = english.content.clean.tables["customers"]
    names = {*people["owner"], *people["customer_name"]}
    for name in ("guide", "overview"):
        for place, cell in english.book.sheet(name).cells.items():
            if isinstance(cell.value, str) and cell.value not in names:
                assert not chinese.search(cell.value), (name, place, cell.value)


def visible(book: Book) -> list[str]:
    return [s.id for s in book.sheets if s.state == "visible"]


@pytest.mark.parametrize("lang", LANGS)
def test_the_seven_blocks_and_what_surrounds_them(lang: Lang) -> None:
    wanted = ["guide", "overview", "customers", "scores", "tiers", "transactions", "preferences", "service"]
    wanted += ["changes", "parameters", "quality"]
    assert visible(sample_made("vip-abc", lang).book) == wanted
