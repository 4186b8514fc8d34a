"""Blank books as they are written: every scheme opens clean in LibreOffice, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sheetgen.blank import MOST_ROWS, TemplateRequest, template
from sheetgen.errors import UsageError
from sheetgen.i18n import Lang
from sheetgen.scheme.library import shipped
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.blank.words import entries
from sheetgen.workbook.layout import FIRST, HEADER_ROW, LINKS, RECORDS
from tests.books import field
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import CellError, differences
from tests.parity.cached import read_cached, without_empty

from .filling import Blank, blank

LANGUAGES: dict[str, Lang] = {"hotel": "en", "rfm": "en", "phone-pareto": "en", "points": "en"}
COMPARED = ("vip-abc", "phone-pareto", "points", "electronics-rank")


@pytest.mark.parametrize("scheme", shipped())
def test_every_scheme_opens_clean(office: Office, scheme: str, tmp_path: Path) -> None:
    """No error anywhere, and (of some schemes) each cell as Python wrote it."""
    book, poisoned = tmp_path / "blank.xlsx", tmp_path / "poisoned.xlsx"
    template(TemplateRequest(scheme, book, 6, LANGUAGES.get(scheme, "zh")))
    assert poison(book, poisoned) > 1_000
    office.open(poisoned)
    office.recalc()
    shown = without_empty(office.read_all(bools=False))
    errors = [(s, at) for s, cells in shown.items() for at, v in cells.items() if isinstance(v, CellError)]
    assert errors == []
    if scheme in COMPARED:  # of an array over 200 cells the file says the first value only
        found = differences(shown, read_cached(book)[0])
        assert [d for d in found if d[0] != "_calc" or d[2:] != (0.0, None)] == []


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Lang], Blank]:
    """Language -> a little book of a scheme with tables of its own."""
    books: dict[Lang, Blank] = {}

    def get(lang: Lang) -> Blank:
        if lang not in books:
            path = tmp_path_factory.mktemp(lang) / "blank.xlsx"
            books[lang] = blank(path, "credit", 5, lang)
        return books[lang]

    return get


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_sheet_has_one_header_and_nothing_below_that_counts(
    small: Callable[[Lang], Blank], lang: Lang
) -> None:
    cached, formulas = read_cached(small(lang).path)
    for table in ("customers", "preferences", "transactions", "service", "payments"):
        name = small(lang).sheet(table)
        cells = cached[name]
        assert cells[f"A{HEADER_ROW + 1}"] == field(table, "customer_id", lang), "no star in the cell itself"
        typed = {at for at in cells if int(at.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) >= FIRST}
        numbers = {small(lang).at("customers", "key", FIRST + i) for i in range(5)}
        assert typed == (numbers if table == "customers" else set())
        above = [v for at, v in cells.items() if int(at.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) <= HEADER_ROW]
        assert above and all(isinstance(v, str) for v in above), "an example is never a number or a date"
        assert not any(name == "A2" for name in formulas[name])
    example = {"zh": "例：KH0001", "en": "e.g. C0001"}[lang]
    assert cached[small(lang).sheet("transactions")]["A2"] == example


def test_only_what_people_fill_is_unlocked(small: Callable[[Lang], Blank]) -> None:
    import openpyxl

    book = openpyxl.load_workbook(small("zh").path)
    visible = [s for s in book.worksheets if s.sheet_state == "visible"]
    assert all(s.protection.sheet and not s.protection.password for s in visible)
    assert all(not s.protection.sort and not s.protection.autoFilter for s in visible), "both allowed"
    for name in ("客户信息", "历史交易", "付款记录"):
        sheet = book[name]
        filtered = sheet.auto_filter.ref
        rows = sheet[filtered.replace(f"{HEADER_ROW + 1}:", f"{FIRST}:")]
        assert all(not cell.protection.locked for row in rows for cell in row), "sorting needs it"
        computed = [c for c in sheet[FIRST] if c.data_type == "f"]
        assert all(cell.protection.locked for cell in computed)
        outside = sheet.cell(FIRST + small("zh").content.layout.customers * 4 + 1, 1)
        assert outside.protection.locked
    links = [book["客户信息"][small("zh").at("customers", f"to_{name}")] for name in LINKS]
    assert all(cell.protection.locked and cell.data_type == "f" for cell in links)
    tiers = {c.value: book["客户级别"].cell(FIRST, c.column) for c in book["客户级别"][HEADER_ROW + 1]}
    assert {h for h, c in tiers.items() if not c.protection.locked} == {
        "人工调整", "调整原因", "有效期", "调整人", "备注",
    }  # fmt: skip


def test_input_rules_speak_plainly(small: Callable[[Lang], Blank]) -> None:
    import openpyxl

    sheet = openpyxl.load_workbook(small("zh").path)["历史交易"]
    rules = {str(r.sqref).split(":")[0]: r for r in sheet.data_validations.dataValidation if r.type}
    kinds = {at: rule.type for at, rule in rules.items() if at.endswith(str(FIRST))}
    assert kinds["A4"] == "list" and kinds["B4"] == "date" and kinds["C4"] == "decimal"
    assert all(rules[at].prompt and rules[at].error and rules[at].promptTitle for at in kinds)
    assert all(str(rules[at].sqref).endswith(str(FIRST + 19)) for at in kinds), "20 prepared rows"


def test_every_column_is_explained_with_an_example() -> None:
    tables = data_tables()
    for table in ("customers", "preferences", *RECORDS):
        shown = {f.id for f in tables[table].fields.values() if f.shown}
        told = entries()[table]
        assert shown <= set(told) <= shown | {"customer_name"}
        assert told["customer_id"].need
        for entry in told.values():
            for label in (entry.note, entry.example):
                assert label.zh.strip() and label.en.strip()
            assert len(entry.note.zh) <= 30 and len(entry.note.en) <= 70


def test_the_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    made = [template(TemplateRequest("hotel", tmp_path / f"{i}.xlsx", 5)) for i in range(2)]
    assert (tmp_path / "0.xlsx").read_bytes() == (tmp_path / "1.xlsx").read_bytes()
    assert made[0].prepared == made[1].prepared == {
        "customers": 5, "preferences": 5, "transactions": 20, "service": 20, "stays": 20,
    }  # fmt: skip


@pytest.mark.parametrize("rows", [0, -3, MOST_ROWS + 1])
def test_too_few_and_too_many_rows_are_refused(rows: int, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        template(TemplateRequest("vip-abc", tmp_path / "b.xlsx", rows))
    assert refused.value.facts["value"] == rows
    assert not (tmp_path / "b.xlsx").exists()
