"""Files to raw tables: encodings, delimiters, headers, structure, workbooks, refusals."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from sheetgen import inflate
from sheetgen.errors import ColumnsError, InputError, SheetgenError, UsageError
from sheetgen.i18n import messages
from sheetgen.ingest.blocks import blocks, in_lines
from sheetgen.ingest.encoding import find_encoding
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Raw, RawTable

PLAIN = "客户编号,客户名称,日期,金额\n001,张伟,2024-01-05,10.50\n002,㛃𠮷龘公司,2024-01-06,20\n"


def read(tmp_path: Path, name: str, content: str | bytes, **mapping: str) -> Raw:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_inputs([str(tmp_path / name)], {}, ReadRules(mapping=mapping))


def decode(data: bytes) -> tuple[str, str]:
    """(text, encoding)"""
    found = find_encoding(lambda: in_lines([data]))
    return b"".join(block.data for block in blocks([data], found)).decode(), found.name


def table(raw: Raw) -> RawTable:
    assert len(raw.tables) == 1
    return raw.tables[0]


def book(path: Path, sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = ()) -> Path:
    from openpyxl import Workbook

    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    made.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    found = table(read(tmp_path, "a.csv", PLAIN.encode(encoding)))
    assert found.source.encoding == encoding
    assert found.frame["customer_name"].tolist() == ["张伟", "㛃𠮷龘公司"]
    assert found.frame["customer_id"].tolist() == ["001", "002"]


def test_utf16_without_bom(tmp_path: Path) -> None:
    found = table(read(tmp_path, "a.txt", PLAIN.replace(",", "\t").encode("utf-16-le")))
    assert found.source.encoding == "utf-16-le"
    assert len(found.frame) == 2


def test_one_chinese_name_far_below_is_gb18030() -> None:
    text = "customer_id,name\n" + "1,abc\n" * 2000 + "2001,张伟\n"
    assert decode(text.encode("gb18030")) == (text, "gb18030")


def test_big5_is_told_from_gb18030(tmp_path: Path) -> None:
    text = "客戶編號,客戶名稱,日期,金額\n1,臺灣積體電路製造公司,2024-01-05,5\n"
    assert decode(text.encode("cp950")) == (text, "big5")
    raw = read(tmp_path, "a.csv", text.encode("cp950"), customer_id="客戶編號", amount="金額")
    assert table(raw).source.encoding == "big5"
    assert [i.code for i in raw.issues] == ["SG202"]


def test_euro_of_code_page_936() -> None:
    assert decode("价格".encode("gbk") + b"\x80" + "元".encode("gbk")) == ("价格€元", "gb18030")


def test_gbk_lines_in_a_utf8_file_and_a_broken_byte(tmp_path: Path) -> None:
    lines = [line.encode() for line in PLAIN.splitlines()]
    lines += [f"00{n},李娜,2024-01-07,3".encode() for n in range(3, 9)]
    lines += ["009,王芳,2024-01-08,4".encode("gbk"), b"010,\xff\xff,2024-01-08,5"]
    raw = read(tmp_path, "a.csv", b"\n".join(lines))
    found = table(raw)
    assert found.frame["customer_name"].tolist()[-1] == "王芳"
    assert [line for line, _ in found.malformed] == [11]
    assert {i.code: i.row for i in raw.issues} == {"SG201": 10, "SG203": 11}


def test_bom_in_the_middle_and_nuls(tmp_path: Path) -> None:
    raw = read(tmp_path, "a.csv", "\ufeff" + PLAIN + "\ufeff" + PLAIN.replace("10.50", "1\x000"))
    found = table(raw)
    assert (len(found.frame), found.structure) == (4, 2)
    assert found.frame["amount"].tolist() == ["10.50", "20", "10", "20"]
    assert [i.code for i in raw.issues] == ["SG207"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "，"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, newline: str) -> None:
    found = table(read(tmp_path, "a.csv", PLAIN.replace(",", delimiter).replace("\n", newline)))
    assert found.frame["amount"].tolist() == ["10.50", "20"]
    assert found.line.tolist() == [2, 3]


def test_blank_separated_and_gzipped(tmp_path: Path) -> None:
    text = " customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n"
    found = table(read(tmp_path, "a.txt.gz", gzip.compress(text.encode())))
    assert found.frame.to_dict("list") == {
        "customer_id": ["00001"],
        "date": ["19970101"],
        "quantity": ["1"],
        "amount": ["11.77"],
    }


def test_structure_is_counted_and_dropped(tmp_path: Path) -> None:
    text = (
        "sep=,\n导出信息\n#---- 明细 ----\n\n客户编号,日期,金额,备注1\n001,2024-01-05,1,\n,,,\n"
        "客户编号,日期,金额,备注1\n002,2024-01-05,2,合计\n小计,,3,\n"
        "003,2024-01-06,4,\n合 计：,,7,\n共 3 条记录\n"
    )
    found = table(read(tmp_path, "a.csv", text))
    assert found.frame["customer_id"].tolist() == ["001", "002", "003"]
    assert found.line.tolist() == [6, 9, 11]
    assert found.structure == 10
    assert found.source.rows == 13


def test_a_customer_called_total_is_no_footer(tmp_path: Path) -> None:
    found = table(read(tmp_path, "a.csv", "客户名称,日期,金额\nTotal,2024-01-05,5\n总计,,5\n"))
    assert found.frame["customer_name"].tolist() == ["Total"]


def test_records_that_do_not_fit_are_kept_aside(tmp_path: Path) -> None:
    text = (
        "客户编号,日期,金额\n001,2024-01-05,1,200.50\n002,2024-01-05,5,,,\n003,2024-01-06\n004,2024-01-06,6\n"
    )
    raw = read(tmp_path, "a.csv", text)
    found = table(raw)
    assert found.frame["customer_id"].tolist() == ["002", "003", "004"]
    assert found.frame["amount"].tolist() == ["5", "", "6"]
    assert [line for line, _ in found.malformed] == [2]
    assert [(i.code, i.row, i.count) for i in raw.issues] == [("SG206", 2, 1)]


def test_line_feeds_inside_quotes_keep_physical_lines(tmp_path: Path) -> None:
    text = '客户编号,"备注\n(一)",日期,金额\n001,"a\nb,c",2024-01-05,1\n002,张"三",2024-01-05,2\n'
    found = table(read(tmp_path, "a.csv", text))
    assert found.line.tolist() == [3, 5]
    assert found.frame["x:备注 (一)"].tolist() == ["a\nb,c", '张"三"']


@pytest.mark.parametrize("broken", ['002,"开,2024-01-05,2', '002,开,2024-01-05,"2'])
def test_a_quote_never_closed_costs_one_line(tmp_path: Path, broken: str) -> None:
    rows = [f"1{n},名,2024-01-05,{n}" for n in range(10, 30)]
    text = "\n".join(["客户编号,客户名称,日期,金额", *rows[:5], broken, *rows[5:]]) + "\n"
    found = table(read(tmp_path, "a.csv", text))
    assert len(found.frame) == 20
    assert [line for line, _ in found.malformed] == [7]


def test_two_quotes_never_closed_cost_two_lines(tmp_path: Path) -> None:
    good = [f"1{n},名,2024-01-05,{n}" for n in range(10, 30)]
    lines = [
        "客户编号,客户名称,日期,金额",
        *good[:5],
        '1,"x,2024-01-05,2',
        *good[5:9],
        '2,"y,2024-01-05,2',
        *good[9:],
    ]
    found = table(read(tmp_path, "a.csv", "\n".join(lines)))
    assert len(found.frame) == 20
    assert [line for line, _ in found.malformed] == [7, 12]


def test_an_absurdly_long_line_is_kept_aside(tmp_path: Path) -> None:
    raw = read(tmp_path, "a.csv", PLAIN + "003," + "x" * 200_000 + ",2024-01-05,1\n")
    assert len(table(raw).frame) == 2
    assert [i.code for i in raw.issues] == ["SG205"]


def test_unnamed_columns_with_content_are_kept(tmp_path: Path) -> None:
    found = table(read(tmp_path, "a.csv", "客户编号,日期,金额,,\n1,2024-01-05,2,看这里,\n"))
    assert list(found.frame) == ["customer_id", "date", "amount", "x:col_D"]


def test_workbook_with_several_tables(tmp_path: Path) -> None:
    path = book(
        tmp_path / "全部.xlsx",
        {
            "封面": [["公司", "某某"], ["制表", 2024]],
            "订单": [
                ["订单明细"],
                [],
                ["订单号", "客户编号", "日期", "金额"],
                [123456789012, "001", datetime(2024, 1, 5), 12.0],
                [2, "002", date(2024, 1, 6), 0.1 + 0.2],
                ["合计", None, None, 12.3],
            ],
            "客户": [["客户编号", "客户名称"], ["001", "甲"]],
            "旧": [["客户编号", "客户名称", "地区"], ["009", "乙", "北京"]],
        },
        hidden=("旧",),
    )
    raw = read_inputs([str(path)], {})
    tables = {t.source.kind: t for t in raw.tables}
    assert {k: t.source.sheet for k, t in tables.items()} == {"transactions": "订单", "customers": "客户"}
    sales = tables["transactions"]
    assert sales.frame.to_dict("list") == {
        "order_id": ["123456789012", "2"],
        "customer_id": ["001", "002"],
        "date": ["2024-01-05", "2024-01-06"],
        "amount": ["12", "0.3"],
    }
    assert sales.line.tolist() == [4, 5]
    assert (sales.structure, sales.source.rows) == (4, 6)
    assert [(i.code, i.file) for i in raw.issues] == [("SG119", "全部.xlsx#旧")]


def test_sheets_a_month_are_all_read(tmp_path: Path) -> None:
    rows: list[list[object]] = [["客户编号", "日期", "金额"], ["1", "2024-01-05", 5]]
    path = book(
        tmp_path / "a.xlsx",
        {
            "1月": rows,
            "2月": rows,
            "汇总": [["客户编号", "日期", "金额", "品类"], [1, "2024-01-05", 10, "茶"]],
        },
    )
    raw = read_inputs([str(path)], {})
    assert [t.source.sheet for t in raw.tables] == ["汇总"]
    assert [i.code for i in raw.issues if i.code == "SG309"] == ["SG309", "SG309"]
    path = book(tmp_path / "b.xlsx", {"1月": rows, "2月": rows})
    assert [t.source.sheet for t in read_inputs([str(path)], {}).tables] == ["1月", "2月"]


def test_folder_takes_tables_by_name_and_passes_the_rest_over(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "~$c.xlsx", "._d.csv", ".~lock.e.csv", "f.pdf"):
        (tmp_path / name).write_text(PLAIN, "utf-8")
    (tmp_path / "LICENSE.txt").write_text(
        "The MIT License\n\nPermission is hereby granted, free of charge\n", "utf-8"
    )
    raw = read_inputs([str(tmp_path)], {})
    assert [Path(t.source.path).name for t in raw.tables] == ["a.csv", "b.csv"]
    assert [(i.code, i.file) for i in raw.issues] == [("SG118", "LICENSE.txt")]


def test_sha256_is_of_the_file_and_the_file_is_untouched(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN.encode(), mtime=0)
    found = table(read(tmp_path, "a.csv.gz", packed))
    assert found.source.sha256 == hashlib.sha256(packed).hexdigest()
    assert (tmp_path / "a.csv.gz").read_bytes() == packed


def test_content_counts_more_than_the_extension(tmp_path: Path) -> None:
    raw = read(tmp_path, "a.xlsx", PLAIN)
    assert [i.code for i in raw.issues] == ["SG104"]
    assert len(table(raw).frame) == 2
    made = book(tmp_path / "b.xlsx", {"s": [["客户编号", "客户名称"], ["1", "甲"]]}).read_bytes()
    assert [i.code for i in read(tmp_path, "c.csv", made).issues] == ["SG104"]


def refused(code: str, tmp_path: Path, name: str, content: bytes) -> SheetgenError:
    with pytest.raises(SheetgenError) as caught:
        read(tmp_path, name, content)
    assert caught.value.code == code
    assert caught.value.key in messages()
    return caught.value


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name.replace("__", "/") + ".xml", content)
    return made.getvalue()


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate, "LARGEST_PART", 1024**2)
    refused("SG102", tmp_path, "a.csv", b"")
    refused("SG102", tmp_path, "b.csv", b"\xef\xbb\xbf\r\n  \r\n")
    refused("SG104", tmp_path, "c.xlsx", b"<html><table><tr><td>1</td></tr></table></html>")
    good = book(tmp_path / "good.xlsx", {"s": [["客户编号", "客户名称"], ["1", "甲"]]}).read_bytes()
    refused("SG105", tmp_path, "d.xlsx", good[: len(good) // 2])
    refused("SG105", tmp_path, "e.csv.gz", gzip.compress(PLAIN.encode())[:-12])
    refused("SG106", tmp_path, "f.xlsx", zipped(xl__worksheets__sheet1=b"\0" * (1024**2 + 1)))
    encrypted = bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    refused("SG107", tmp_path, "g.xlsx", encrypted)
    sparse = b'<worksheet><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></worksheet>'
    refused("SG108", tmp_path, "h.xlsx", zipped(xl__worksheets__sheet1=sparse))
    refused("SG109", tmp_path, "i.xlsx", zipped(xl__workbook=b'<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'))
    refused("SG116", tmp_path, "j.xls", bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600)
    refused("SG103", tmp_path, "k.csv", "客户编号,客户名称\n".encode())


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "订单2024.csv").write_text(PLAIN, "utf-8")
    with pytest.raises(InputError) as caught:
        read_inputs([], {"transactions": [str(tmp_path / "订单2023.csv")]})
    assert (caught.value.key, caught.value.code) == ("file_missing", "SG101")
    assert caught.value.facts["near"] == "订单2024.csv"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_a_fifo_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError) as caught:
        read_inputs([str(tmp_path / "pipe.csv")], {})
    assert caught.value.code == "SG116"


def test_unknown_columns_are_listed_with_the_nearest(tmp_path: Path) -> None:
    error = refused("SG301", tmp_path, "a.csv", "客户编hao,日期,备用\n1,2024-01-05,x\n".encode())
    assert error.facts["found"] == "客户编hao, 日期, 备用"
    assert "客户编hao → customer_id" in str(error.facts["near"])


def test_a_named_kind_tells_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("客户编号,日期\n1,2024-01-05\n", "utf-8")
    with pytest.raises(ColumnsError) as caught:
        read_inputs([], {"transactions": [str(tmp_path / "a.csv")]})
    assert caught.value.facts["missing"] == "amount"


def test_no_header_is_refused_unless_mapped_by_position(tmp_path: Path) -> None:
    rows = b"00004,0001,19970101,2,29.33\n00021,0002,19970102,1,11.77\n"
    refused("SG305", tmp_path, "a.csv", rows)
    found = table(read(tmp_path, "a.csv", rows, customer_id="#2", date="#3", amount="#5"))
    assert found.frame["customer_id"].tolist() == ["0001", "0002"]
    assert (found.structure, found.source.rows) == (0, 2)


def test_doubled_header_is_refused_unless_mapped(tmp_path: Path) -> None:
    text = "客户编号,日期,金额,金额\n1,2024-01-05,5,6\n"
    refused("SG304", tmp_path, "a.csv", text.encode())
    found = table(read(tmp_path, "a.csv", text, amount="#4"))
    assert found.frame["amount"].tolist() == ["6"]
    assert found.frame["x:金额"].tolist() == ["5"]


def test_mapping_that_fits_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ColumnsError) as caught:
        read(tmp_path, "a.csv", PLAIN, amount="实收")
    assert caught.value.code == "SG302"
    with pytest.raises(UsageError):
        read(tmp_path, "a.csv", PLAIN, amonut="金额")
