"""What is known of a package's parts: each read to its end once, and its sum carried on with its bytes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import partial

import pytest

from sheetgen.errors import InputError
from sheetgen.inflate import inflated
from sheetgen.ingest.package import look_through
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Constant, Edits
from sheetgen.workbook.patch.known import content, inherited, whole
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.patch.stream import in_pieces
from tests import hostile

from .books import by_hand, opened

ROWS = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
SHEET = "/xl/worksheets/sheet1.xml"


def sums(data: bytes) -> Mapping[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def with_entry(data: bytes, name: str, at: int, size: int, value: int) -> bytes:
    """The package with another number in the directory's entry of a part."""
    start = data.rindex(name.encode()) - 46
    assert data[start : start + 4] == b"PK\1\2"
    return data[: start + at] + value.to_bytes(size, "little") + data[start + at + size :]


def test_every_part_is_summed_once_and_carried_on() -> None:
    before = opened(by_hand(ROWS))
    assert whole(before) == sums(before.data)
    after = inherited(before, opened(apply(before, Edits({"订单": {0: {0: Constant(9.0)}}}))))
    known = dict(after.known.sums)
    assert SHEET not in known and "/xl/styles.xml" in known
    assert whole(after) == sums(after.data)
    assert all(after.known.sums[part] == told for part, told in known.items())


def test_a_sheet_is_known_when_it_was_read_to_its_end() -> None:
    package = opened(by_hand(ROWS))
    flow = in_pieces(package, "订单")
    assert SHEET not in package.known.sums
    assert list(flow.blocks) == [ROWS.encode()] and SHEET in package.known.sums


@pytest.mark.parametrize(("at", "size", "value"), [(16, 4, 1), (24, 4, 10_000)])
def test_what_is_not_what_the_package_says_is_never_known(at: int, size: int, value: int) -> None:
    """Another checksum, and a sheet that is shorter than it says."""
    data = with_entry(by_hand(ROWS), "xl/worksheets/sheet1.xml", at, size, value)
    package = open_package(data, partial(look_through, later=True), "book.xlsx")
    for read in (lambda: list(content(package, SHEET)), lambda: package.read(SHEET), lambda: whole(package)):
        with pytest.raises(InputError) as caught:
            read()
        assert caught.value.code == "SG105" and SHEET not in package.known.sums
    with pytest.raises(InputError):
        look_through("book.xlsx", data)


def test_no_more_comes_out_than_the_package_says() -> None:
    data = with_entry(hostile.zipped({"a.xml": b"<a/>" * 1_000_000}), "a.xml", 24, 4, 2_500_000)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.infolist()[0]
    came = 0
    with pytest.raises(InputError):
        for block in inflated("book.xlsx", info, data):
            came += len(block)
    assert 1_000_000 < came <= 2_500_000


def test_a_doctype_is_found_where_a_sheet_is_only_begun() -> None:
    data = hostile.zipped(hostile.parts_of({"订单": hostile.LAUGHS + hostile.sheet_xml()}))
    with pytest.raises(InputError) as caught:
        look_through("book.xlsx", data, later=True)
    assert caught.value.code == "SG109"
