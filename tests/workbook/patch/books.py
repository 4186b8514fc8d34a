"""Books for the patcher: one by hand, one with all that XlsxWriter can put into it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping

from sheetgen.ingest.package import look_through
from sheetgen.workbook.patch.edits import Cached, Constant, Edit, Edits
from sheetgen.workbook.patch.package import Package, open_package
from sheetgen.workbook.patch.sheetpart import grouped, rows, sheet_of
from sheetgen.workbook.patch.view import Cell, parsed, source_of
from tests import hostile

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLES = (
    f'{hostile.HEAD}<styleSheet xmlns="{hostile.MAIN}"><fonts count="1"><font><sz val="11"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf/><xf numFmtId="1"/><xf numFmtId="2"/>'
    '<xf numFmtId="4"/><xf numFmtId="9"/></cellXfs></styleSheet>'
)
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")


def opened(data: bytes) -> Package:
    """The package, guarded as in the product."""
    return open_package(data, look_through, "book.xlsx")


def by_hand(
    rows: str, more: Mapping[str, str | bytes] | None = None, tail: str = "", chain: bool = False
) -> bytes:
    """A workbook of one sheet, 订单, with five styles, the string 甲, and perhaps a calculation chain."""
    body = f"<sheetData>{rows}</sheetData>{tail}"
    parts = hostile.parts_of({"订单": f'{hostile.HEAD}<worksheet xmlns="{hostile.MAIN}">{body}</worksheet>'})
    kinds = ["sharedStrings", "styles", *(["calcChain"] if chain else [])]
    types = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    )
    types += f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    types += f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
    links = ""
    for kind in kinds:
        types += f'<Override PartName="/xl/{kind}.xml" ContentType="{KIND}.{kind}+xml"/>'
        links += f'<Relationship Id="{kind}" Type="{hostile.DOCUMENT}/{kind}" Target="{kind}.xml"/>'
    for name, added in (("[Content_Types].xml", types), ("xl/_rels/workbook.xml.rels", links)):
        head, close, rest = str(parts[name]).rpartition("</")
        parts[name] = head + added + close + rest
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{hostile.MAIN}"><si><t>甲</t></si></sst>'
    parts["xl/styles.xml"] = STYLES
    if chain:
        parts["xl/calcChain.xml"] = "<calcChain/>"
    return hostile.zipped({**parts, **(more or {})})


def part(package: Package, name: str = "订单") -> str:
    """The XML of a sheet."""
    return package.read(package.worksheets[name]).decode()


def cell_of(package: Package, row: int, col: int, name: str = "订单") -> Cell | None:
    """A cell as the XML parser sees it."""
    return cells_of(package, name).get((row, col))


def cells_of(package: Package, name: str = "订单") -> dict[tuple[int, int], Cell]:
    """All cells of a sheet."""
    source = source_of(sheet_of(name, package.read(package.worksheets[name])), package.strings)
    found = [parsed(source, row) for row in rows(source.sheet)]
    return {(row.row, col): cell for row in found for col, cell in row.cells.items()}


def png() -> io.BytesIO:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head, body = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0), zlib.compress(b"\0\xff\0\0")
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def rich_book(records: int = 6) -> bytes:
    """A table (A4 with ``records`` rows) on 客户, with all that must grow or stay; another sheet, 其他."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    bold, red = book.add_format({"bold": True, "num_format": "0.00"}), book.add_format({"font_color": "red"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet, other = book.add_worksheet("客户"), book.add_worksheet("其他")
    first, last = 5, 4 + records
    body = [[f"C{i}", i * 10.5, 45_000 + i, "", ""] for i in range(1, records + 1)]
    sheet.write("A1", "标题")
    columns: list[dict[str, object]] = [
        {"header": "编号"},
        {"header": "金额", "format": bold},
        {"header": "日期", "format": day},
        {"header": "双倍"},
        {"header": "备注", "format": red},
    ]
    sheet.add_table(f"A4:E{last}", {"name": "tx", "data": body, "columns": columns})
    for i in range(records):
        row = first + i
        sheet.write_formula(row - 1, 3, f"=ROUND(B{row}*2,2)", bold, (i + 1) * 21)
    sheet.set_row(last - 1, 21)
    sheet.conditional_format(f"B{first}:B{last}", {"type": "data_bar", "data_bar_2010": True})
    doubled = f"=COUNTIF($A${first}:$A${last},$A5)>1"
    warning = {"type": "formula", "criteria": doubled, "format": red}
    sheet.conditional_format(f"A{first}:E{last}", warning)
    sheet.data_validation(f"E{first}:E{last}", {"validate": "list", "source": ["甲", "乙"]})
    other.data_validation("A1", {"validate": "list", "source": f"=客户!$A${first}:$A${last}"})
    sheet.ignore_errors({"number_stored_as_text": f"A{first}:A{last}"})
    sparks = {"location": [f"E{r}" for r in range(first, last + 1)]}
    sheet.add_sparkline("E5", {**sparks, "range": [f"客户!B{r}:D{r}" for r in range(first, last + 1)]})
    book.define_name("amounts", f"=客户!$B${first}:$B${last}")
    sheet.print_area(f"A1:E{last}")
    sheet.write_comment("A5", "批注")
    sheet.insert_image("J2", "dot.png", {"image_data": png()})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": f"=客户!$B${first}:$B${last}"})
    other.insert_chart("D2", chart)
    other.write_rich_string("A2", "平", bold, "粗", "尾")
    other.write_array_formula("A5:A7", "{=ROW(A1:A3)*2}", bold, 2)
    other.write("A6", 4)
    other.write("A7", 6)
    other.write_formula("B1", f"=SUM(客户!B{first}:B{last})", bold, sum(row[1] for row in body))
    other.write_formula("B2", '=IF(B1>0,"有","无")', None, "有")
    other.write_formula("B3", "=B1>0", None, True)
    other.write_formula("B4", "=1/0", None, "#DIV/0!")
    other.write_url("C1", "https://example.com/")
    other.merge_range("A10:B11", "合并")
    book.close()
    return out.getvalue()


def own_values(package: Package, wrong: bool = False) -> Edits:
    """Every result and every constant of a book told again; ``wrong``: something else for each.

    Left out: formatted text, table headers, rich values, and the cells inside of array formulas.
    """
    found: dict[str, dict[int, dict[int, Edit]]] = {}
    for name, target in package.worksheets.items():
        sheet = sheet_of(name, package.read(target))
        groups = grouped(sheet)
        headers = [t.whole for t in package.tables if t.sheet == name and t.header]
        for (row, col), cell in cells_of(package, name).items():
            value: float | str | bool | None = cell.value
            if cell.kind in ("", "b"):
                value = {"": None, "b": cell.value == "1"}[cell.kind]
            told = "zz" if value != "zz" else "yy"
            if cell.formula is not None:
                known = cell.kind in ("", "n", "b", "str") or (cell.kind == "e" and value in ERRORS)
                if known and not (cell.kind == "str" and value in ERRORS):
                    found.setdefault(name, {}).setdefault(row, {})[col] = Cached(told if wrong else value)
                continue
            header = any(h.first_row == row and h.holds(row, col) for h in headers)
            inside = groups.in_block(row, col)
            if header or inside or cell.rich or any(cell.marks[:2]) or cell.kind not in ("n", "b", "str"):
                continue
            found.setdefault(name, {}).setdefault(row, {})[col] = Constant(told if wrong else value)
    return Edits(found)
