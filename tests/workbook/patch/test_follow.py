"""Formulas of cells reach as far as the data that they are about; the proof sees what else changed."""

from __future__ import annotations

import pytest

from sheetgen.workbook.patch.archive import packed, rewritten
from sheetgen.workbook.patch.follow import followed, grown_cells
from sheetgen.workbook.patch.follow_proof import longer, misfollowed
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.refs import Area, Growth

from .books import cells_of, opened, rich_book

DATA = Growth("客户", Area(4, 0, 9, 4), 3)


def cell(formula: str, more: str = "") -> bytes:
    return f'<c r="A1" t="str"><f{more}>{formula}</f><v>7</v></c>'.encode()


@pytest.mark.parametrize(
    ("formula", "grown"),
    [
        ("SUM(客户!$B$5:$B$10)", "SUM(客户!$B$5:$B$13)"),
        ("SUM(客户!B5:B10)", "SUM(客户!B5:B13)"),
        ("VLOOKUP(A1,客户!A4:E10,2,0)", "VLOOKUP(A1,客户!A4:E13,2,0)"),
        ("SUM(客户!B$5:B10)", None),
        ("SUM(客户!B6:B10)", None),
        ("客户!B10+客户!$B$10", None),
        ("SUM($B$5:$B$10)", None),
        ('"客户!$B$5:$B$10"&amp;SUM(客户!$B$5:$B$10)', '"客户!$B$5:$B$10"&amp;SUM(客户!$B$5:$B$13)'),
        ("SUM(客户!$B$5:$B$100)", None),
        ("SUM(客户!$G$5:$G$10)", None),
    ],
)
def test_a_formula_on_another_sheet(formula: str, grown: str | None) -> None:
    body, wanted = cell(formula), cell(grown or formula)
    assert grown_cells(body, "其他", [DATA]) == wanted
    assert longer(formula, grown or formula, "其他", [DATA])
    assert grown_cells(wanted, "其他", [DATA]) == wanted, "once is enough"


def test_a_shared_formula_stays_shared() -> None:
    """Its ends move from cell to cell, but for those with a $."""
    shared = ' t="shared" ref="A1:A9" si="0"'
    body = cell("SUM(B5:B10)+SUM(C$5:C$10)", shared) + b'<c r="A2"><f t="shared" si="0"/><v>1</v></c>'
    assert grown_cells(body, "客户", [DATA]) == body.replace(b"C$10", b"C$13")


def with_cell(package: Package, sheet: str, old: bytes, new: bytes) -> Package:
    """The package with some bytes of a sheet replaced."""
    member = package.members[package.worksheets[sheet].lower()]
    xml = package.read(package.worksheets[sheet])
    assert xml.count(old) >= 1
    changes = {member.info.filename: packed([xml.replace(old, new, 1)])}
    return opened(rewritten(package.data, package.members.values(), changes))


def test_a_book_and_its_proof() -> None:
    package = opened(rich_book())
    after = opened(followed(package, [DATA]))
    assert misfollowed(package, after, [DATA]) == ()
    assert "SUM(客户!B5:B13)" in {c.formula for c in cells_of(after, "其他").values()}
    assert {name for name in package.members if package.read(name) != after.read(name)} == {
        package.worksheets["其他"]
    }
    assert followed(after, [DATA]) == after.data
    for old, new in (
        (b"B5:B13", b"B5:B14"), (b"B5:B13", b"A5:B13"), (b"SUM(", b"MAX("), (b"<v>", b"<v>1"),
        (b"</f>", b"+1</f>"), (b"<row ", b'<row ht="9" '), (b"<sheetData>", b"<sheetData> "),
    ):  # fmt: skip
        wrong = misfollowed(package, with_cell(after, "其他", old, new), [DATA])
        assert len(wrong) == 1, (old, new)
    assert len(misfollowed(package, with_cell(after, "客户", b"<v>", b"<v>1"), [DATA])) == 1
    assert misfollowed(package, after, [Growth("别的", DATA.area, 3)])
