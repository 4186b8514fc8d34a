"""The package as zipfile would write it, and every byte of it proved."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest

from sheetgen.errors import DiskError
from sheetgen.workbook import pack as pack_module
from sheetgen.workbook.pack import BULK, FINE, LIVE, WIDE, Pace, finish, put, read_back
from sheetgen.workbook.publish import digest, prove

CONTENTS = {
    "[Content_Types].xml": b"<Types/>",
    "xl/worksheets/sheet1.xml": b"<d>" + b'<row r="1"><c r="A1"/></row>' * 900 + b"</d>",
    "xl/little.xml": b"<e/>",
}
ROWS = {"xl/worksheets/sheet1.xml": 900}


def packed(big: str = "", pace: Pace = FINE) -> tuple[BytesIO, list[pack_module.Part]]:
    file = BytesIO()
    parts = []
    for name, content in CONTENTS.items():
        halves = (content[: len(content) // 2], memoryview(content)[len(content) // 2 :])
        parts.append(put(file, name, halves, pace, big in name if big else False))
    finish(file, parts)
    return file, parts


def by_zipfile(big: str = "") -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=FINE.zlib) as package:
        for name, content in CONTENTS.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 0
            with package.open(info, "w", force_zip64=big in name if big else False) as part:
                part.write(content)
    return file.getvalue()


def test_the_package_is_what_zipfile_writes():
    assert packed()[0].getvalue() == by_zipfile()
    assert packed("sheet1")[0].getvalue() == by_zipfile("sheet1")


def test_past_the_limit_of_plain_headers(monkeypatch):
    monkeypatch.setattr(pack_module, "_LIMIT", 150)
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 150)
    assert packed("xml")[0].getvalue() == by_zipfile("xml")
    with zipfile.ZipFile(packed("xml")[0]) as package:
        assert package.testzip() is None
        assert {name: package.read(name) for name in package.namelist()} == CONTENTS
    with pytest.raises(ValueError, match="sheet1"):
        packed("Types")


def test_the_sums_are_those_of_the_content(tmp_path):
    file, parts = packed()
    path = tmp_path / "a.xlsx"
    path.write_bytes(file.getvalue())
    for part, (name, content) in zip(parts, CONTENTS.items(), strict=True):
        assert (part.name, part.size) == (name, len(content))
        assert (part.sums[0], part.sha256) == (zlib.crc32(content), hashlib.sha256(content).hexdigest())
    assert prove(file, parts, ROWS, ROWS, path) == digest(path)


@pytest.mark.parametrize("asked", ["isal", "zlib", "1", "9", ""])
@pytest.mark.parametrize("pace", [FINE, WIDE, LIVE, BULK])
def test_any_deflater_writes_the_same_content(asked, pace, monkeypatch):
    monkeypatch.setenv("SHEETGEN_DEFLATE", asked)
    if not asked:
        monkeypatch.delenv("SHEETGEN_DEFLATE")
    file, parts = packed(pace=pace)
    prove(file, parts, ROWS, ROWS, Path("a.xlsx"))
    with zipfile.ZipFile(file) as package:
        assert package.testzip() is None
        assert {name: package.read(name) for name in package.namelist()} == CONTENTS


class Spoilt(BytesIO):
    """A file in which one byte is not what was written there."""

    def __init__(self, data: bytes, at: int) -> None:
        super().__init__(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_a_byte_gone_wrong_is_found_wherever_it_lies():
    file, parts = packed()
    data = file.getvalue()
    for at in range(len(data)):
        with pytest.raises(zipfile.BadZipFile):
            read_back(Spoilt(data, at), parts)
    read_back(BytesIO(data), parts)


@pytest.mark.parametrize("spoil", [lambda d: d[:-1], lambda d: d[:200], lambda d: b"", lambda d: d + b"\0"])
def test_a_file_torn_off_or_grown_is_found(spoil):
    file, parts = packed()
    with pytest.raises(DiskError) as caught:
        prove(BytesIO(spoil(file.getvalue())), parts, ROWS, ROWS, Path("a.xlsx"))
    assert caught.value.key == "output_damaged"


def test_a_missing_row_is_found_in_small_parts_and_large(monkeypatch):
    file, parts = packed()
    more = {"xl/worksheets/sheet1.xml": 901}
    with pytest.raises(DiskError) as caught:
        prove(file, parts, more, more, Path("a.xlsx"))
    assert caught.value.facts["part"] == "xl/worksheets/sheet1.xml"
    monkeypatch.setattr("sheetgen.workbook.publish.PARSE_UP_TO", 100)
    with pytest.raises(DiskError) as caught:
        prove(file, parts, more, ROWS, Path("a.xlsx"))
    assert caught.value.facts["part"] == "xl/worksheets/sheet1.xml"


def test_a_part_that_is_no_xml_is_found(monkeypatch):
    monkeypatch.setitem(CONTENTS, "xl/worksheets/sheet2.xml", b"<a><b></a>")
    file, parts = packed()
    with pytest.raises(DiskError):
        prove(file, parts, ROWS, ROWS, Path("a.xlsx"))
