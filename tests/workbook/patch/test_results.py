"""Results put into formulas and proved cell by cell: the short ways come to what the long ones do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetgen.errors import InputError
from sheetgen.workbook.patch import apply as patch
from sheetgen.workbook.patch.ahead import ahead
from sheetgen.workbook.patch.edits import Cached, Edits, Value
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.semantic import differences
from sheetgen.workbook.patch.stream import Flow, NotPlainError
from tests import hostile

from .books import by_hand, opened, part
from .test_semantic import altered, swap

SHEET = "/xl/worksheets/sheet1.xml"
CELL = '<c r="B1" s="1"><f>A1*2</f><v>6</v></c>'
WORD = '<c r="B1" s="1" t="str"><f>A1&amp;""</f><v>甲</v></c>'


@pytest.mark.parametrize("value", ["7", "7.0", "70E-1", "0.7e1"])
def test_a_number_is_the_one_told_however_it_is_written(value: str) -> None:
    package = opened(by_hand(f'<row r="1">{CELL}</row>'))
    after = altered(package.data, {SHEET: swap("<v>6<", f"<v>{value}<")})
    assert differences(package, after, Edits({"订单": {0: {1: Cached(7.0)}}})) == ()


@pytest.mark.parametrize(
    ("cell", "told", "made"),
    [
        (CELL, 7.0, CELL.replace("<v>6<", "<v>7.5<")),
        (CELL, 7.0, CELL.replace("<v>6<", "<v>7_0<")),
        (CELL, 7.0, CELL.replace("<v>6<", "<v/><v>7<").replace("A1*2", "A1*3")),
        (CELL, 7.0, CELL.replace("<v>6<", "<v>7<").replace('s="1"', 's="2"')),
        (CELL, 7.0, CELL.replace("<v>6<", "<v>7<").replace('s="1"', 's="1" t="str"')),
        (CELL, 7.0, CELL.replace("<v>6<", "<v>7<").replace('s="1"', 's="1" cm="1"')),
        (CELL, 7.0, CELL.replace("<v>6<", "<v>7<") + '<c r="C1"><v>1</v></c>'),
        (CELL, "7", CELL.replace("<v>6<", "<v>7<")),
        (CELL, True, CELL.replace("<v>6<", "<v>1<")),
        (CELL, None, CELL.replace("<v>6<", "<v>0<")),
        (WORD, "乙", WORD.replace("甲", "丙")),
        (WORD, "乙", WORD.replace("甲", "乙 ")),
        (WORD, "乙&amp;", WORD.replace("甲", "乙&amp;")),
        (WORD, "_x0041_", WORD.replace("甲", "_x0041_")),
        (WORD, "#N/A", WORD.replace("甲", "#N/A")),
        (WORD, "", WORD.replace("甲", "乙")),
    ],
)
def test_a_result_that_is_not_the_one_told_is_found(cell: str, told: Value, made: str) -> None:
    package = opened(by_hand(f'<row r="1">{cell}</row>'))
    after = altered(package.data, {SHEET: swap(cell, made)})
    assert differences(package, after, Edits({"订单": {0: {1: Cached(told)}}}))


VALUES = st.sampled_from([0.0, 2.5, -1e20, "", "甲", "a&b <c>", " x ", "_x0041_", "#N/A", True, None])
FOUND = st.sampled_from(
    ["<v>1</v>", "<v></v>", "<v/>", "", "<v>2.50</v>", '<v xml:space="preserve"> x </v>', "<v>a&amp;b</v>"]
)
FORMULA = st.sampled_from(
    ["<f>A{r}+1</f>", "<f>IF(A{r}&lt;5,1,2)</f>", '<f aca="false">B{r}</f>', "<f/>", ""]
)
KIND = st.sampled_from(["", ' t="str"', ' t="b"', ' t="e"', ' cm="1"', ' t="n"'])


@st.composite
def rows_of(draw: st.DrawFn) -> str:
    """Rows whose cells mostly rise and tell their places."""
    found = []
    for row in range(1, draw(st.integers(2, 6))):
        cells = []
        for letter in draw(st.sampled_from(["ABC", "ABC", "AC", "BA", "AABC", ""])):
            name = draw(st.sampled_from([f' r="{letter}{row}"'] * 9 + [""]))
            inner = draw(FORMULA).format(r=row) + draw(FOUND)
            cells.append(f"<c{name}{draw(KIND)}>{inner}</c>")
        found.append(f'<row r="{row}">{"".join(cells)}</row>')
    return "".join(found)


CELLS = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 2)), VALUES, min_size=1, max_size=5)


@given(rows_of(), CELLS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_in_pieces_become_what_they_do_as_a_whole(
    rows: str, cells: dict[tuple[int, int], object]
) -> None:
    package = opened(by_hand(rows))
    told: dict[int, dict[int, Cached]] = {}
    for (row, col), value in cells.items():
        told.setdefault(row, {})[col] = Cached(value)  # type: ignore[arg-type]

    def made() -> str:
        try:
            return part(opened(patch.apply(package, Edits({"订单": told}))))
        except InputError as refused:
            return f"{refused.key} {refused.facts}"

    def refuse(package: Package, name: str) -> Flow:
        raise NotPlainError

    quick = made()
    with pytest.MonkeyPatch.context() as here:
        here.setattr(patch, "in_pieces", refuse)
        assert quick == made()


def test_items_come_in_order_and_errors_at_their_place() -> None:
    def items() -> Iterator[int]:
        yield from range(100)
        raise NotPlainError

    drawn = []
    with pytest.raises(NotPlainError):
        for item in ahead(items()):
            drawn.append(item)
    assert drawn == list(range(100))
    assert next(ahead(iter([1, 2, 3]))) == 1, "nobody need draw all of them"


@pytest.mark.parametrize(
    "items",
    [
        "<si><t>甲</t></si><si><t xml:space='preserve'> a </t></si>",
        '<si><t>甲&amp;&lt;b</t></si><si><t xml:space="preserve"> _x0041_ </t></si>\n',
        "<si><t>a</t><phoneticPr/></si><si><r><t>b</t></r><rPh><t>c</t></rPh></si>",
        "<si><t>a&#10;b\r\nc</t></si><si><t/></si><si/>",
    ],
)
def test_shared_strings_are_what_a_parser_reads(items: str) -> None:
    from sheetgen.workbook.patch.package import local, text_of

    xml = f'{hostile.HEAD}<sst xmlns="{hostile.MAIN}">{items}</sst>'
    package = opened(by_hand("", {"xl/sharedStrings.xml": xml}))
    parsed = [text_of(n) for n in package.tree("/xl/sharedStrings.xml") if local(n.tag) == "si"]
    assert list(package.strings) == parsed


def test_shared_strings_that_are_no_xml_are_refused() -> None:
    for text in ("a&b", "a&bad;", "a\x01"):
        xml = f'{hostile.HEAD}<sst xmlns="{hostile.MAIN}"><si><t>{text}</t></si></sst>'
        with pytest.raises(InputError):
            _ = opened(by_hand("", {"xl/sharedStrings.xml": xml})).strings
