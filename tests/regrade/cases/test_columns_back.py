"""Columns of days and of detail tables that staff deleted in a spreadsheet program: back as they were."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from sheetgen.pipeline import Built
from sheetgen.workbook.celltext import letters
from tests.office.office import Office
from tests.parity.desk import Desk
from tests.regrade.books import proved, regraded

from .firm import CUSTOMERS, SALES, SERVICE, TIERS, Handled, Seen, plain

DELETED = (
    (CUSTOMERS, "已删除"),
    (CUSTOMERS, "登记日期"),
    (SALES, "序号"),
    (SALES, "金额"),
    (SALES, "日期"),
    (SERVICE, "满意度"),
    (SERVICE, "客户编号"),
    (TIERS, "下次跟进"),
    (TIERS, "最终级别"),
    (TIERS, "有效期"),
    (TIERS, "人工调整"),
)
"""from right to left on each sheet"""
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


@pytest.fixture(scope="module")
def back(firm: Built, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Handled:
    """A book without these columns, its sales sorted and one of them corrected."""
    folder = tmp_path_factory.mktemp("back")
    office.open(firm.request.out)
    desk, seen = Desk(office, firm, folder), Seen(firm.request.out)
    desk.sort("transactions", "order_id")
    row = desk.row_of("transactions", "KH03")
    desk.put("transactions", row, product="换货")
    for sheet, header in DELETED:
        office.delete_column(sheet, seen.column(sheet, header))
    left, out = office.save_as(folder / "left.xlsx"), folder / "out.xlsx"
    found = regraded(left, out)
    return Handled(left, out, found, proved(office, out, folder))


def test_w04_every_cell_is_as_libreoffice_computes_it(back: Handled, firm: Built) -> None:
    assert back.proof.wrong == []
    assert {sheet for sheet, _ in back.proof.unsaid} <= {"_transactions"}
    assert back.found.tiers == firm.tiers


def test_w04_each_column_is_told(back: Handled) -> None:
    assert {(dict(i.facts)["sheet"], i.value) for i in back.found.issues} == set(DELETED)
    assert {i.code for i in back.found.issues} == {"SG556"} and len(back.found.issues) == len(DELETED)
    assert all(map(plain, back.found.issues))
    assert [(e.kind, e.customer, e.now) for e in back.found.edits] == [("correction", "KH03", "换货")]


def test_w04_rows_have_their_own_cells(back: Handled, firm: Built) -> None:
    """By what is left of each row, in whatever order the rows stand."""
    first, made = Seen(firm.request.out), Seen(back.out)
    for sheet in (SALES, SERVICE):
        heads = [cell.value for cell in first.grid(sheet).cells[2].values() if cell.value]
        assert rows_of(made, sheet, heads) == rows_of(first, sheet, heads)
    for n in range(10):
        assert made.says(f"KH{n:02d}", "登记日期", CUSTOMERS) == first.says(
            f"KH{n:02d}", "登记日期", CUSTOMERS
        )


def rows_of(seen: Seen, sheet: str, heads: Sequence[object]) -> list[list[str]]:
    """All rows of a sheet but for what staff corrected, sorted."""
    columns = [seen.column(sheet, str(head)) for head in heads if head != "产品或服务"]
    grid = seen.grid(sheet)
    rows = ([str(grid.at(row, col).value) for col in columns] for row in range(3, grid.height))
    return sorted(row for row in rows if any(row))


def test_w04_they_look_as_before(back: Handled, firm: Built) -> None:
    """Formats, borders and widths; days as days."""
    first, made = Look(firm.request.out), Look(back.out)
    for sheet, header in DELETED:
        for row in (2, 3, 4):
            was, now = first.of(sheet, header, row), made.of(sheet, header, row)
            if header in ("满意度", "已删除", "人工调整"):  # no other column of the book has its very look
                was, now = was[:2], now[:2]
            assert now == was, (sheet, header, row)
        assert made.width(sheet, header) == pytest.approx(first.width(sheet, header), abs=0.1)


class Look:
    """How cells look, as openpyxl reads it."""

    def __init__(self, path: Path) -> None:
        self.seen, self.book = Seen(path), load_workbook(path)

    def of(self, sheet: str, header: str, row: int) -> tuple[object, ...]:
        cell = self.book[sheet].cell(row + 1, self.seen.column(sheet, header) + 1)
        border, fill = cell.border.left.style, cell.fill.fgColor.rgb
        return (
            cell.number_format.replace("\\", "").lower(),
            border,
            fill,
            cell.alignment.horizontal or "general",
        )

    def width(self, sheet: str, header: str) -> float:
        at = self.seen.column(sheet, header) + 1
        spans = self.book[sheet].column_dimensions.values()
        return next(float(span.width) for span in spans if (span.min or 0) <= at <= (span.max or 0))


class Ruled:
    """The rules of a book by the header of the column that they stand on."""

    def __init__(self, path: Path) -> None:
        self.book: Workbook = load_workbook(path)

    @staticmethod
    @cache
    def of(path: Path) -> Ruled:
        return Ruled(path)

    def columns(self, sheet: str) -> dict[str, str]:
        """Letters -> header."""
        return {letters(i): str(c.value) for i, c in enumerate(self.book[sheet][3]) if c.value is not None}

    def inputs(self, sheet: str, header: str) -> set[tuple[object, ...]]:
        """What may be typed into a cell of the column, and the note on its header."""
        ws, col = self.book[sheet], self._column(sheet, header)
        return {
            (row, v.type, v.formula1, v.formula2, v.operator, v.promptTitle, v.prompt, v.error, v.errorStyle)
            for row in (3, 4, 9)
            for v in ws.data_validations.dataValidation
            if f"{col}{row}" in v.sqref
        }

    def formats(self, sheet: str, header: str) -> list[tuple[object, ...]]:
        """The formats of the column in their rank, with the headers that their formulas look at."""
        ws, col = self.book[sheet], self._column(sheet, header)
        rules = [r for f in ws.conditional_formatting if f"{col}4" in f.sqref for r in f.rules]
        return [
            (r.type, [self._said(sheet, f) for f in r.formula], colours(r))
            for r in sorted(rules, key=lambda r: int(r.priority))
            if not any("#REF!" in f for f in r.formula)
        ]

    def _column(self, sheet: str, header: str) -> str:
        return next(col for col, head in self.columns(sheet).items() if head == header)

    def _said(self, sheet: str, formula: str) -> str:
        heads = self.columns(sheet)
        return re.sub(r"\$([A-Z]+)(?=\d)", lambda m: f"[{heads[m[1]]}]", formula)


def colours(rule: object) -> tuple[object, ...]:
    look = getattr(rule, "dxf", None)
    if look is None:
        return ()
    return (look.font and look.font.color and look.font.color.rgb, look.fill and look.fill.bgColor.rgb)


@pytest.mark.parametrize(("sheet", "header"), DELETED)
def test_w04_what_may_be_typed_is_as_it_was(sheet: str, header: str, back: Handled, firm: Built) -> None:
    assert Ruled.of(back.out).inputs(sheet, header) == Ruled.of(firm.request.out).inputs(sheet, header)


def test_w04_formats_are_as_they_were(back: Handled, firm: Built) -> None:
    """Also where a format of a column that stayed looks at one that is back."""
    made, first = Ruled.of(back.out), Ruled.of(firm.request.out)
    for header in ("最终级别", "下次跟进", "人工调整", "系统级别", "调整原因", "到期状态", "变动"):
        heads = made.columns(TIERS).values()
        if header in heads:
            assert sorted(map(repr, made.formats(TIERS, header))) == sorted(
                map(repr, first.formats(TIERS, header))
            ), header
    assert first.formats(TIERS, "最终级别") == made.formats(TIERS, "最终级别") != []
    assert made.formats(CUSTOMERS, "登记日期") == first.formats(CUSTOMERS, "登记日期") != []
