"""Input rules and conditional formats that come to a sheet, wherever its lists stand, and the proof."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from sheetgen.workbook.book import Book, Highlight, Sheet, Validation
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Edits, Rules
from sheetgen.workbook.patch.ruled import drawn_rules, ruled_areas
from sheetgen.workbook.patch.semantic import differences
from sheetgen.workbook.write import book_bytes
from tests.workbook.patch.books import by_hand, opened

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

SHEET = "订单"
ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'
MADE = Sheet(
    "any",
    SHEET,
    validations=(
        Validation((3, 1, 9, 1), "list", "tier_label", prompt="选一个", error="<&>"),
        Validation((2, 1, 2, 1), "any", prompt="说明"),
    ),
    highlights=(
        Highlight((3, 1, 9, 1), "formula", '$A4="是"', "warn.center"),
        Highlight((3, 2, 9, 2), "data_bar", color="#5AA5E0"),
    ),
)
FORMAT = (
    '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="7"><formula>A1&gt;0</formula>'
    "</cfRule></conditionalFormatting>"
)
INPUT = (
    '<dataValidations count="1" disablePrompts="0"><dataValidation type="whole" sqref="A1:A2 C1">'
    "<formula1>1</formula1></dataValidation></dataValidations>"
)
NEWER = (
    '<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
    'uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"><x14:conditionalFormattings/></ext></extLst>'
)
OTHER = '<extLst><ext uri="{other}"/></extLst>'
TAILS = (
    "",
    "<pageMargins/>",
    FORMAT + "<pageMargins/>",
    INPUT + "<hyperlinks/>",
    FORMAT + INPUT,
    FORMAT + INPUT + "<pageMargins/>" + OTHER,
    INPUT.replace(' count="1"', "") + NEWER.replace("/></ext>", "></x14:conditionalFormattings></ext>"),
)


@pytest.fixture(scope="module")
def told() -> Edits:
    rules, looks = drawn_rules(book_bytes(Book((MADE,), {}, "", "", date(2026, 1, 1))), [SHEET])
    return Edits(rules=rules, looks=looks)


@pytest.mark.parametrize("tail", TAILS)
def test_rules_come_below_those_that_are_there(tail: str, told: Edits) -> None:
    before = opened(by_hand(ROW, tail=tail))
    data = apply(before, told)
    after = opened(data)
    assert differences(before, after, told) == ()
    assert differences(before, after) != ()
    sheet = load_workbook(BytesIO(data))[SHEET]
    rules = {str(v.sqref): v.prompt for v in sheet.data_validations.dataValidation}
    assert rules["B4:B10"] == "选一个" and rules["B3"] == "说明"
    assert ("A1:A2 C1" in rules) is ("dataValidation" in tail)
    ranks = {str(f.sqref): [r.priority for r in f.rules] for f in sheet.conditional_formatting}
    first = 8 if FORMAT in tail else 1
    assert ranks.pop("A1", [7]) == [7] and ranks == {"B4:B10": [first], "C4:C10": [first + 1]}
    look = next(f for f in sheet.conditional_formatting if str(f.sqref) == "B4:B10").rules[0].dxf
    assert look is not None and look.fill.bgColor.rgb is not None
    xml = after.read(after.worksheets[SHEET]).decode()
    assert xml.count("<x14:dataBar ") == 1 and xml.count("<extLst>") == 2
    order = [
        xml.find(name) for name in ("</sheetData>", "<conditionalFormatting", "<dataValidations", "<pageM")
    ]
    assert order[:3] == sorted(order[:3]) and order[3] in (-1, max(order))
    again = opened(apply(after, told))
    assert differences(after, again, told) == (), "once more, beside those"


def test_what_is_not_as_told_is_seen(told: Edits) -> None:
    before = opened(by_hand(ROW, tail=FORMAT + INPUT))
    after = opened(apply(before, told))
    rules = told.rules[SHEET]
    for other in (
        replace(rules, inputs=rules.inputs.replace(b"tier_label", b"other")),
        replace(rules, formats=rules.formats.replace(b"$A4", b"$B4")),
        replace(rules, newer=b""),
        Rules(b"", b"", b""),
    ):
        assert differences(before, after, replace(told, rules={SHEET: other})) != ()
    assert differences(before, after, replace(told, looks=())) != ()


def test_a_sheet_whose_tags_have_a_prefix(told: Edits) -> None:
    plain = opened(by_hand(ROW, tail=FORMAT + "<pageMargins/>"))
    part = plain.worksheets[SHEET]
    xml = re.sub(r"<(/?)(?=\w)", r"<\1x:", plain.read(part).decode()).replace("xmlns=", "xmlns:x=")
    before = opened(by_hand(ROW, {part.removeprefix("/"): xml}))
    after = opened(apply(before, told))
    assert differences(before, after, told) == ()
    sheet = load_workbook(BytesIO(after.data))[SHEET]
    assert {str(v.sqref) for v in sheet.data_validations.dataValidation} == {"B4:B10", "B3"}


def test_cells_under_a_rule() -> None:
    assert [area.text for area in ruled_areas(INPUT.encode())] == ["A1:A2", "C1"]
