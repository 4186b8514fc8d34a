"""Columns of days and of detail tables that staff deleted in a spreadsheet program: back as they were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sheetgen.pipeline import Built
from tests.office.office import Office
from tests.parity.desk import Desk
from tests.regrade.books import proved, regraded

from .firm import CUSTOMERS, SALES, SERVICE, TIERS, Handled, Seen, plain

DELETED = (
    (CUSTOMERS, "登记日期"),
    (SALES, "序号"),
    (SALES, "金额"),
    (SALES, "日期"),
    (SERVICE, "满意度"),
    (SERVICE, "客户编号"),
    (TIERS, "下次跟进"),
    (TIERS, "有效期"),
)
"""from right to left on each sheet"""


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
            if header == "满意度":  # no other column of the book has its very look
                was, now = was[:2], now[:2]
            assert now == was, (sheet, header, row)
        assert made.width(sheet, header) == pytest.approx(first.width(sheet, header), abs=0.1)


class Look:
    """How cells look, as openpyxl reads it."""

    def __init__(self, path: Path) -> None:
        from openpyxl import load_workbook

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
