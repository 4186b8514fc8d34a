"""Hostile and odd files, built when they are needed, so that none lies in the tree."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ROWS = (
    ("客户编号", "客户名称", "日期", "金额"),
    ("001", "甲", "2024-01-05", 10.5),
    ("002", "乙", "2024-01-06", 20),
)
"""a header and two records, 30.50 in all"""
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
NOISE = {"xl/media/image1.png": random.Random(1).randbytes(6000)}
"""a part that does not pack: msoffcrypto-tool 6.1 cannot lock a package of less than 4,096 bytes"""
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'

Cells = Sequence[Sequence[str | float]]


def letters(column: int) -> str:
    """0 -> A."""
    return letters(column // 26 - 1) + chr(65 + column % 26) if column >= 26 else chr(65 + column)


def row_xml(number: int, cells: Sequence[str | float], attributes: str = "") -> str:
    """A <row> of inline texts and numbers."""
    found = []
    for i, value in enumerate(cells):
        at = f"{letters(i)}{number}"
        if isinstance(value, str):
            found.append(f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>' if value else "")
        else:
            found.append(f'<c r="{at}"><v>{value}</v></c>')
    return f'<row r="{number}"{attributes}>{"".join(found)}</row>'


def sheet_xml(rows: Cells = ROWS, more: str = "", after: str = "") -> str:
    """A worksheet part."""
    body = "".join(row_xml(n, row) for n, row in enumerate(rows, start=1))
    return f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{body}{more}</sheetData>{after}</worksheet>'


def parts_of(sheets: Mapping[str, str], workbook: str = "") -> dict[str, str | bytes]:
    """The parts of a workbook: sheet name -> its XML."""
    names = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{DOCUMENT}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
        f'Type="{DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{DOCUMENT}">{workbook}'
        f"<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{package}/relationships">'
        f"{links}</Relationships>",
        **{f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets.values(), start=1)},
    }


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """The parts as a package."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def book(sheet: str = "", extra: Mapping[str, str | bytes] | None = None) -> bytes:
    """A workbook of one sheet, 订单, with further parts or others in place of its own."""
    return zipped({**parts_of({"订单": sheet or sheet_xml()}), **(extra or {})})


def with_dtd() -> dict[str, bytes]:
    """A DTD in every corner of a workbook."""
    good = parts_of({"订单": sheet_xml()})
    named = {
        "entity in a sheet": ("xl/worksheets/sheet1.xml", LAUGHS),
        "laughs in the strings": ("xl/sharedStrings.xml", LAUGHS),
        "outside entity in the workbook": ("xl/workbook.xml", OUTSIDE),
        "outside entity in the properties": ("docProps/core.xml", OUTSIDE),
        "in the content types": ("[Content_Types].xml", LAUGHS),
        "parameter entity in the styles": (
            "xl/styles.xml",
            '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://a/b">%p;]>',
        ),
        "in the relations": ("xl/_rels/workbook.xml.rels", OUTSIDE),
        "in a part of another name": ("xl/worksheets/sheet1.dat", LAUGHS),
    }
    found = {}
    for what, (name, dtd) in named.items():
        old = good.get(name, f'{HEAD}<x xmlns="{MAIN}"/>')
        assert isinstance(old, str)
        found[what] = zipped({**good, name: old.replace(HEAD, HEAD + dtd)})
    wide = sheet_xml().replace(HEAD, '<?xml version="1.0" encoding="UTF-16"?>' + LAUGHS).encode("utf-16")
    found["in a sheet of UTF-16"] = zipped({**good, "xl/worksheets/sheet1.xml": wide})
    far = sheet_xml().replace(HEAD, f"{HEAD}<!--{'-x' * 700_000}-->{LAUGHS}")
    found["behind a comment of a megabyte"] = zipped({**good, "xl/worksheets/sheet1.xml": far})
    found["in an ods"] = zipped(
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": LAUGHS}
    )
    return found


def bomb(unpacked: int = 4 * 1024**3) -> bytes:
    """A workbook whose shared strings inflate to ``unpacked`` zeros, and whose directory says a thousand."""
    good = book()
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = machine.compress(bytes(1024**2)) + machine.flush(zlib.Z_FULL_FLUSH)
    packed = first * (unpacked // 1024**2) + machine.flush()
    name = b"xl/sharedStrings.xml"
    with zipfile.ZipFile(io.BytesIO(good)) as package:
        start = package.start_dir
        count = len(package.infolist())
    sizes = struct.pack("<III", 0, len(packed), 1000)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + struct.pack("<HH", len(name), 0)
    entry = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
    entry += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, start) + name
    listed = good[start : good.rindex(b"PK\x05\x06")] + entry
    at = start + len(local) + len(name) + len(packed)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count + 1, count + 1, len(listed), at, 0)
    return good[:start] + local + name + packed + listed + end


def sparse(last: str = "XFD1048576") -> bytes:
    """Two records and one stray cell far away."""
    number = "".join(ch for ch in last if ch.isdigit())
    return book(sheet_xml(more=f'<row r="{number}"><c r="{last}"><v>1</v></c></row>'))


def styled_empty(rows: int = 1_048_576, columns: int = 4) -> bytes:
    """Two records, and formats without values on every other row of the sheet."""
    empty = "".join(
        f'<row r="{n}" s="1" customFormat="1">'
        + "".join(f'<c r="{letters(i)}{n}" s="1"/>' for i in range(columns))
        + "</row>"
        for n in range(len(ROWS) + 1, rows + 1)
    )
    return book(sheet_xml(more=empty))


def ods(rows: Cells = ROWS, hidden: str = "") -> bytes:
    """A small OpenDocument spreadsheet."""
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = " ".join(f'xmlns:{n}="{office}{n}:1.0"' for n in ("office", "table", "text"))

    def cell(value: str | float) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (
        f'{HEAD}<office:document-content {spaces} office:version="1.2"><office:body><office:spreadsheet>'
    )
    content += f'<table:table table:name="订单">{body}</table:table></office:spreadsheet></office:body>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'{HEAD}<manifest:manifest xmlns:manifest="{office}manifest:1.0"><manifest:file-entry '
    manifest += f'manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    return zipped(
        {
            "mimetype": kind,
            "content.xml": content + "</office:document-content>",
            "META-INF/manifest.xml": manifest,
        }
    )


def locked(plain: bytes, password: str) -> bytes:
    """The workbook under a password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    assert len(plain) > 4096
    made = io.BytesIO()
    OOXMLFile(io.BytesIO(plain)).encrypt(password, made)
    return made.getvalue()


def write(folder: Path, name: str, data: bytes | str) -> Path:
    """A file."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
