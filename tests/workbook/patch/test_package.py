"""A book is found by its relationships, however its members are named; what is no xlsx is refused."""

from __future__ import annotations

import pytest

from sheetgen.errors import InputError, PasswordError
from sheetgen.i18n import text
from sheetgen.share.encrypt import seal
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.patch.refs import Area
from tests import hostile

from .books import opened, rich_book


def test_what_a_rich_book_holds() -> None:
    package = opened(rich_book())
    assert [(s.name, s.kind) for s in package.sheets] == [("客户", "worksheet"), ("其他", "worksheet")]
    (table,) = package.tables
    assert (table.name, table.sheet, table.whole, table.area) == (
        "tx",
        "客户",
        Area(3, 0, 9, 4),
        Area(4, 0, 9, 4),
    )
    assert table.columns == ("编号", "金额", "日期", "双倍", "备注")
    assert table.column("双倍") == 3
    assert ("amounts", "", "客户!$B$5:$B$10") in package.names
    assert ("_xlnm.Print_Area", "客户", "客户!$A$1:$E$10") in package.names
    assert ("平粗尾", True) in [(s.text, s.rich) for s in package.strings]
    assert not (package.date1904 or package.signed or package.macros)


def test_members_with_odd_names() -> None:
    parts = hostile.parts_of({"订单": hostile.sheet_xml()})
    odd = {name.replace("/", "\\").upper(): content for name, content in parts.items()} | {"xl\\": b""}
    package = opened(hostile.zipped(odd))
    assert [(s.name, s.kind) for s in package.sheets] == [("订单", "worksheet")]
    assert b"sheetData" in package.read(package.worksheets["订单"])


def test_targets_of_every_kind() -> None:
    parts = hostile.parts_of(
        {"甲": hostile.sheet_xml(), "乙": hostile.sheet_xml(), "丙": hostile.sheet_xml()}
    )
    links = str(parts["xl/_rels/workbook.xml.rels"])
    links = links.replace("worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml")
    links = links.replace("worksheets/sheet2.xml", "..\\xl\\./worksheets/sheet2.xml")
    links = links.replace("worksheets/sheet3.xml", "../../gone.xml")
    package = opened(hostile.zipped({**parts, "xl/_rels/workbook.xml.rels": links}))
    assert [s.name for s in package.sheets] == ["甲", "乙", "丙"]
    assert list(package.worksheets) == ["甲", "乙"]


def test_a_strict_book() -> None:
    strict = {
        name: str(content)
        .replace(hostile.MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        .replace(hostile.DOCUMENT, "http://purl.oclc.org/ooxml/officeDocument/relationships")
        for name, content in hostile.parts_of({"订单": hostile.sheet_xml()}).items()
    }
    assert list(opened(hostile.zipped(strict)).worksheets) == ["订单"]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "patch_not_xlsx"),
        (b"a,b\n1,2\n", "patch_not_xlsx"),
        (bytes.fromhex("D0CF11E0A1B11AE1") + b"x" * 600, "patch_not_xlsx"),
        (b"PK\3\4" + b"x" * 100, "file_damaged"),
        (hostile.zipped({"mimetype": "x", "content.xml": "<a/>"}), "patch_not_xlsx"),
        (hostile.zipped({**hostile.parts_of({"a": ""}), "XL/workbook.xml": ""}), "file_damaged"),
        (next(iter(hostile.with_dtd().values())), "file_with_dtd"),
    ],
)
def test_what_is_refused(data: bytes, key: str) -> None:
    with pytest.raises(InputError) as caught:
        opened(data)
    assert caught.value.key == key
    assert text(key, "zh", **caught.value.facts)


def test_under_a_password() -> None:
    with pytest.raises(PasswordError):
        opened(seal(hostile.book(extra=hostile.NOISE), "1"))


def test_two_parts_of_one_name_without_the_guard() -> None:
    parts = hostile.parts_of({"a": ""})
    with pytest.raises(InputError) as caught:
        open_package(hostile.zipped({**parts, "XL/workbook.xml": ""}), lambda *_: None)
    assert caught.value.key == "file_damaged"
