"""A whole book, part by part, is what XlsxWriter makes of it when every cell passes through its own methods.

What may differ is listed here and nowhere else: the number of a shared string or its place (inline), the
number of a look (its font, fill, border and format are compared), hints of a row's width and height, digits
that stand for the same number, and an empty text result, which XlsxWriter leaves without a type.
"""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from sheetgen.workbook import write as write_module
from sheetgen.workbook.write import write_book

from .test_write import sample_made, shortened

STRINGS, LOOKS = "xl/sharedStrings.xml", "xl/styles.xml"
ITEM = re.compile(r"<si>(.*?)</si>", re.DOTALL)
ROW = re.compile(r"<row ([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
CELL = re.compile(r'<c r="(\w+)"(?: s="(\d+)")?(?: t="(\w+)")?(?:/>|>(.*?)</c>)', re.DOTALL)
HINTS = re.compile(r' ?(?:spans|x14ac:dyDescent)="[\d:.]+"')
VALUE = re.compile(r"(<f[ >].*?</f>)?(?:<v>(.*?)</v>|<is>(.*?)</is>)?", re.DOTALL)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    """The parts of ours, and of XlsxWriter's."""
    folder = tmp_path_factory.mktemp("parts")
    book = shortened(sample_made().book, 60)
    write_book(book, folder / "ours.xlsx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_module, "SPLICE_FROM", 1_000)
        patch.setattr(write_module, "LONG", 100_000)
        write_book(book, folder / "theirs.xlsx")
    return parts(folder / "ours.xlsx"), parts(folder / "theirs.xlsx")


def parts(path: Path) -> dict[str, str]:
    with ZipFile(path) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def test_parts_without_table_rows_are_the_same_bytes(packages):
    ours, theirs = packages
    assert list(ours) == list(theirs)
    others = [
        name for name in ours if name not in (STRINGS, LOOKS) and not name.startswith("xl/worksheets/sheet")
    ]
    assert len(others) > 10
    for name in others:
        assert ours[name] == theirs[name], name
    for tag in ("cellStyleXfs", "cellStyles", "dxfs", "tableStyles"):
        assert element(ours[LOOKS], tag) == element(theirs[LOOKS], tag) != "", tag


def test_sheets_are_the_same_around_their_rows(packages):
    for name, one, other in sheets(packages):
        assert outside(one) == outside(other), name


def test_rows_and_cells_are_the_same_but_for_what_is_listed(packages):
    ours, theirs = map(Legend, packages)
    count = 0
    for name, one, other in sheets(packages):
        mine, yours = ours.rows(one), theirs.rows(other)
        assert [row for row, _ in mine] == [row for row, _ in yours], name
        for (_, some), (_, others) in zip(mine, yours, strict=True):
            for cell, other_cell in zip(some, others, strict=True):
                assert cell == other_cell, name
        count += sum(len(cells) for _, cells in mine)
    assert count > 10_000


def sheets(packages: tuple[dict[str, str], dict[str, str]]) -> list[tuple[str, str, str]]:
    ours, theirs = packages
    return [(name, ours[name], theirs[name]) for name in ours if name.startswith("xl/worksheets/sheet")]


def outside(xml: str) -> tuple[str, str]:
    return xml.partition("<sheetData")[0], xml.rpartition("</sheetData>")[2]


def element(xml: str, tag: str) -> str:
    found = re.search(rf"<{tag}(?: [^>]*)?(?:/>|>.*?</{tag}>)", xml, re.DOTALL)
    return found[0] if found else ""


class Legend:
    """What the numbers of a package's strings and looks stand for."""

    def __init__(self, package: dict[str, str]) -> None:
        xml = package[LOOKS]
        self.strings = ITEM.findall(package[STRINGS])
        formats = dict(re.findall(r'<numFmt numFmtId="(\d+)" formatCode="([^"]*)"/>', xml))
        kinds = {"font": "fonts", "fill": "fills", "border": "borders"}
        known = {
            kind: re.findall(rf"<{kind}(?:/>|[ >].*?</{kind}>)", element(xml, tag), re.DOTALL)
            for kind, tag in kinds.items()
        }
        self.looks = []
        for look in re.findall(r"<xf .*?(?:/>|</xf>)", element(xml, "cellXfs"), re.DOTALL):
            told = re.sub(r'numFmtId="(\d+)"', lambda id_: formats.get(id_[1], id_[1]), look)
            for kind, each in known.items():
                told = re.sub(rf'{kind}Id="(\d+)"', lambda id_, each=each: each[int(id_[1])], told)
            self.looks.append(told)

    def rows(self, xml: str) -> list[tuple[str, list[tuple[str, ...]]]]:
        """The attributes of each row, and its cells: place, look, type, formula, value."""
        inside = xml.partition("<sheetData>")[2].rpartition("</sheetData>")[0]
        return [
            (HINTS.sub("", row[1]).strip(), [self.meaning(cell) for cell in CELL.finditer(row[2] or "")])
            for row in ROW.finditer(inside)
        ]

    def meaning(self, cell: re.Match[str]) -> tuple[str, ...]:
        place, look, kind, content = cell.groups("")
        found = VALUE.fullmatch(content)
        assert found, content
        formula, value, inline = found.groups("")
        if kind == "s":
            kind, value = "text", self.strings[int(value)]
        elif kind == "inlineStr":
            kind, value = "text", inline
        elif formula and not value:
            kind = "str"
        elif not kind and value:
            value = repr(float(value))
        return place, self.looks[int(look)] if look else "", kind, formula, value


@pytest.mark.parametrize("planted", ["value", "look", "formula"])
def test_a_cell_that_differs_is_seen(packages, planted):
    name, xml, _ = max(sheets(packages), key=lambda sheet: sheet[1].count("<f>"))
    was, new = {
        "value": ("</f><v>", "</f><v>1"),
        "look": (' s="1', ' s="2'),
        "formula": ("<f>IF(", "<f>IF(1+"),
    }[planted]
    assert was in xml
    legend = Legend(packages[0])
    assert legend.rows(xml) != legend.rows(xml.replace(was, new, 1)), name
