"""Hostile files: refused before a reader sees them, or read where a crash or a flood harms nobody."""

from __future__ import annotations

import gzip
import io
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sheetgen import inflate
from sheetgen.errors import ColumnsError, InputError, PasswordError, SheetgenError, UsageError
from sheetgen.i18n import messages
from sheetgen.ingest import guard, package
from sheetgen.ingest.bookfile import read_sheets
from sheetgen.ingest.child import MEGABYTE, Child, need
from sheetgen.ingest.paths import files_of, shown
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.ingest.scan import SheetScan
from sheetgen.ingest.sheets import Sheet
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Raw
from tests import hostile
from tests.hostile import ROWS, book, parts_of, row_xml, sheet_xml, write, zipped


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child() as started:
        yield started


def opened(data: bytes, name: str = "a.xlsx") -> guard.Opened:
    return guard.recognised(guard.Opened(name, data, "", "text"))


def sheets(data: bytes, child: Child, password: str = "", name: str = "a.xlsx") -> list[Sheet]:
    return read_sheets(opened(data, name), password, child)[1]


def read(tmp_path: Path, data: bytes | str, name: str = "a.xlsx", rules: ReadRules = NO_RULES) -> Raw:
    return read_inputs([str(write(tmp_path, name, data))], {}, rules)


def codes(raw: Raw) -> list[str]:
    return [issue.code for issue in raw.issues]


def refused(data: bytes, name: str = "a.xlsx") -> SheetgenError:
    with pytest.raises(SheetgenError) as caught:
        opened(data, name)
    assert caught.value.key in messages()
    return caught.value


def cpu() -> float:
    """Seconds of work of this process and of those it has waited for: a busy machine changes nothing."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


# what a package may not be


@pytest.mark.parametrize("what", hostile.with_dtd())
def test_a_dtd_is_refused_wherever_it_stands(what: str) -> None:
    error = refused(hostile.with_dtd()[what])
    assert (error.key, error.code) == ("file_with_dtd", "SG109")


def test_words_like_a_dtd_in_cells_are_read(child: Child) -> None:
    [sheet] = sheets(book(sheet_xml((*ROWS, ("&lt;!DOCTYPE x&gt;", "ENTITY")))), child)
    assert sheet.head(9)[3][:2] == ["<!DOCTYPE x>", "ENTITY"]


def test_a_bomb_costs_neither_time_nor_memory(tmp_path: Path) -> None:
    path = write(tmp_path, "bomb.xlsx", hostile.bomb())
    assert 3e6 < path.stat().st_size < 5e6
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom sheetgen.ingest.guard import open_input\n"
        "began = time.perf_counter()\n"
        "try: open_input(sys.argv[1])\n"
        "except Exception as error: print(error.code)\n"
        "peak = Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]\n"  # not the parent's
        "print(time.perf_counter() - began, int(peak) / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    answer, figures = done.stdout.splitlines()
    seconds, megabytes = map(float, figures.split())
    assert answer == "SG106"
    assert seconds < 5
    assert megabytes < 300


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv.gz", gzip.compress(bytes(64 * MEGABYTE)))
    with pytest.raises(InputError) as caught:
        guard.open_input(str(path))
    assert caught.value.code == "SG106"


def test_an_ordinary_book_may_pack_well(child: Child) -> None:
    """Every row alike, with a long remark: 40 times smaller, and no bomb."""
    rows = [ROWS[0], *([("001", "交易成功" * 60, "2024-01-05", 10.5)] * 20_000)]
    data = book(sheet_xml(rows))
    found = opened(data)
    assert found.package and found.package.unpacked > inflate.RATIO_FROM > 20 * len(data)
    assert sheets(data, child)[0].height == 20_001


def test_what_counts_is_what_comes_out() -> None:
    """A size that lies, either way, is a damaged part."""
    good = bytearray(book())
    at = good.rindex(b"xl/worksheets/sheet1.xml") - 46
    for size in (10, 10**6):
        good[at + 24 : at + 28] = size.to_bytes(4, "little")
        assert "sheet1.xml" in str(refused(bytes(good)).facts["reason"])


def test_a_damaged_part_is_named() -> None:
    good = book()
    at = good.index(b"xl/worksheets/sheet1.xml") + 60
    error = refused(good[:at] + bytes([good[at] ^ 255]) + good[at + 1 :])
    assert error.code == "SG105"
    assert "xl/worksheets/sheet1.xml" in str(error.facts["reason"])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_half_a_download_is_damaged(share: float) -> None:
    good = book()
    assert refused(good[: int(len(good) * share)]).code == "SG105"


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/abs.xml", "xl/../../evil.xml", "..\\evil.xml", "C:\\evil.xml"]
)
def test_parts_that_lead_out_are_refused(name: str) -> None:
    assert refused(book(extra={name: "x"})).code == "SG105"


def test_parts_of_one_name_are_refused() -> None:
    made = io.BytesIO(book())
    with zipfile.ZipFile(made, "a") as again, pytest.warns(UserWarning, match="Duplicate"):
        again.writestr("xl/workbook.xml", "<workbook/>")
    assert "one name" in str(refused(made.getvalue()).facts["reason"])
    assert refused(book(extra={"XL/Workbook.xml": "x"})).code == "SG105"


def test_thousands_of_parts_are_refused() -> None:
    many = {f"xl/media/{n}.txt": "" for n in range(package.MOST_PARTS)}
    assert refused(book(extra=many)).code == "SG106"


def test_overlapping_parts_are_refused() -> None:
    good = bytearray(book(extra={"a.xml": "x" * 100, "b.xml": "x" * 100}))
    first, second = (good.rindex(name) - 46 for name in (b"a.xml", b"b.xml"))
    good[second + 20 : second + 24] = (10**6).to_bytes(4, "little")
    good[first + 20 : first + 24] = (10**6).to_bytes(4, "little")
    assert "overlap" in str(refused(bytes(good)).facts["reason"])


def test_other_packing_and_zip_passwords_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
    assert "method 12" in str(refused(made.getvalue()).facts["reason"])
    flagged = bytearray(book())
    flagged[flagged.index(b"PK\x01\x02") + 8] |= 1
    assert (refused(bytes(flagged)).key, refused(bytes(flagged)).exit_code) == ("archive_encrypted", 12)


def test_an_archive_of_tables_says_what_to_do() -> None:
    error = refused(zipped({"1月.csv": "a,b", "2月.csv": "a,b"}), "export.zip")
    assert (error.key, error.code) == ("file_is_archive", "SG104")


@pytest.mark.parametrize("last", ["XFD1048576", "XFD20000", "ALL500000"])
def test_a_stray_cell_far_away_is_refused(last: str) -> None:
    assert refused(hostile.sparse(last)).code == "SG108"


def test_a_stray_cell_at_the_bottom_is_read(tmp_path: Path) -> None:
    raw = read(tmp_path, hostile.sparse("A1048576"))
    assert raw.tables[0].source.rows == 1_048_576
    assert raw.tables[0].line.tolist() == [2, 3, 1_048_576]
    assert [(i.code, i.row, i.count) for i in raw.issues if i.code == "SG113"] == [("SG113", 4, 1_048_572)]


def test_a_million_styled_empty_rows_are_read_quickly(child: Child) -> None:
    data = hostile.styled_empty()
    began = cpu()
    with Child() as alone:
        [sheet] = sheets(data, alone)
        assert alone.peak() < 300
    assert cpu() - began < 5
    assert sheet.height == 3


def test_the_scan_sees_the_same_whatever_the_blocks() -> None:
    xml = sheet_xml(
        more=row_xml(7, ("", "", "x"), ' hidden="1"') + '<row r="9"><c r="AB9" t="e"><v>#REF!</v></c></row>'
    )
    xml = xml.replace("</sheetData>", '<row r="99"><c r="ZZ99" s="1"/></row></sheetData>')
    for size in (1, 7, 64, 10**6):
        scan = SheetScan()
        for at in range(0, len(xml.encode()), size):
            scan.feed(xml.encode()[at : at + size])
        scan.feed(b"", final=True)
        if size >= 64:
            assert (scan.cells, scan.first, scan.last) == (14, (0, 0), (8, 27))
        assert scan.errors == {(8, 27): "#REF!"}
        assert scan.hidden == [6]


# what a file says it is, and is not


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "file_is_html"),
        ("\ufeff<META http-equiv=Content-Type><table>".encode("utf-16"), "file_is_html"),
        (b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="x"', "file_is_html"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook>', "file_is_xml"),
        (b"\x09\x08\x10\x00\x00\x06\x05\x00", "file_old_excel"),
        (b"%PDF-1.4", "file_is_foreign"),
        (b"\1\2\0\3garbage\0\xff", "file_damaged"),
    ],
)
def test_files_that_are_something_else(data: bytes, key: str) -> None:
    assert refused(data, "导出.xls").key == key


def test_ole_that_is_no_workbook_says_save_as_xlsx(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, guard.OLE + bytes(4096), "客户.et")
    assert (caught.value.key, caught.value.code) == ("file_old_excel", "SG116")


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "a.csv", "x")
    real = Path.read_bytes

    def growing(self: Path) -> bytes:
        found = real(self)
        with self.open("ab") as more:
            more.write(b"y")
        return found

    monkeypatch.setattr(Path, "read_bytes", growing)
    with pytest.raises(InputError) as caught:
        guard.open_input(str(path))
    assert caught.value.code == "SG112"


def test_names_that_turn_text_are_written_out(tmp_path: Path) -> None:
    name = "客户\u202excod.csv"
    raw = read(tmp_path, "客户编号,客户名称\n1,甲\n", name)
    assert raw.tables[0].source.label == "客户\\u202excod.csv"
    assert shown("a\n\u2066b\udcff") == "a\\u000a\\u2066b\\udcff"
    assert shown("报表 👨‍👩‍👧 2024.xlsx ") == "报表 👨‍👩‍👧 2024.xlsx "


# folders and patterns


def test_patterns_that_the_shell_left_alone(tmp_path: Path) -> None:
    for name in ("b.xlsx", "a.xlsx", "~$a.xlsx", "a.pdf", "c[1].csv"):
        write(tmp_path, name, "x")
    assert [Path(p).name for p in files_of(str(tmp_path / "*.xlsx"))] == ["a.xlsx", "b.xlsx"]
    assert [Path(p).name for p in files_of(str(tmp_path / "c[1].csv"))] == ["c[1].csv"]
    with pytest.raises(InputError) as caught:
        files_of(str(tmp_path / "*.ods"))
    assert (caught.value.key, caught.value.code) == ("pattern_empty", "SG101")


def test_a_mark_of_an_open_program_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        guard.open_input(str(write(tmp_path, "~$客户.xlsx", b"\x05user" + bytes(160))))
    assert caught.value.key == "file_is_mark"


def test_a_folder_holds_all_forms_and_no_finished_book(tmp_path: Path) -> None:
    write(tmp_path, "a.ods", hostile.ods())
    write(tmp_path, "b.csv", "客户编号,客户名称\n001,甲\n")
    write(tmp_path, "c.xlsx", zipped(parts_of({"客户信息": sheet_xml(), "_sheetgen": sheet_xml()})))
    raw = read_inputs([str(tmp_path)], {})
    assert [(t.source.label, t.source.encoding) for t in raw.tables] == [
        ("a.ods#订单", "ods"),
        ("b.csv", "utf-8"),
    ]
    assert [(i.code, i.file) for i in raw.issues] == [("SG125", "c.xlsx")]


# passwords


def test_a_locked_workbook_needs_its_password(tmp_path: Path) -> None:
    data = hostile.locked(book(extra=hostile.NOISE), "密码123")
    for password, key in (("", "file_encrypted"), ("wrong", "password_wrong")):
        with pytest.raises(PasswordError) as caught:
            read(tmp_path, data, rules=ReadRules(password=password))
        assert (caught.value.key, caught.value.code, caught.value.exit_code) == (key, "SG107", 12)
    raw = read(tmp_path, data, rules=ReadRules(password="密码123"))
    assert (codes(raw), len(raw.tables[0].frame), raw.tables[0].source.encoding) == ([], 2, "xlsx")


def test_what_is_behind_the_password_is_looked_through_too(tmp_path: Path) -> None:
    bad = book(hostile.sheet_xml().replace(hostile.HEAD, hostile.HEAD + hostile.LAUGHS), hostile.NOISE)
    hidden = hostile.locked(bad, "secret")
    with pytest.raises(InputError) as caught:
        read(tmp_path, hidden, rules=ReadRules(password="secret"))
    assert caught.value.code == "SG109"


# the reader process


def test_one_process_reads_all_and_is_gone_afterwards() -> None:
    with Child() as alone:
        numbers = set()
        for _ in range(3):
            sheets(book(), alone)
            assert alone._process
            numbers.add(alone._process.pid)
        process = alone._process
    assert len(numbers) == 1
    assert process.poll() is not None


def test_a_death_is_a_plain_refusal_and_the_next_file_is_read(child: Child) -> None:
    with pytest.raises(InputError) as caught:
        # past the guard: calamine lays out 17 thousand million cells, and the process aborts
        child.ask("book", "sparse.xlsx", hostile.sparse(), need(10_000))
    assert (caught.value.key, caught.value.code) == ("reader_died", "SG106")
    assert len(sheets(book(), child)) == 1
    child.start()
    assert child._process
    child._process.kill()
    child._process.wait()
    assert len(sheets(book(), child)) == 1


@pytest.mark.skipif(not hasattr(os, "kill"), reason="needs signals")
def test_a_reader_that_takes_too_long_is_stopped() -> None:
    big = book(sheet_xml([ROWS[0], *[ROWS[1]] * 100_000]))
    with Child() as alone, pytest.raises(InputError) as caught:
        alone.ask("book", "big.xlsx", big, replace(need(len(big) * 20), seconds=0))
    assert (caught.value.key, caught.value.code) == ("reader_slow", "SG106")


def test_nothing_outside_is_opened_and_nothing_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("TMPDIR", str(work))
    monkeypatch.setattr("tempfile.tempdir", None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        target = f'<Relationship Id="r" Type="t/externalLinkPath" Target="{url}" TargetMode="External"/>'
        dde = '<externalLink><ddeLink ddeService="cmd" ddeTopic="/C calc"/></externalLink>'
        data = book(
            extra={
                "xl/externalLinks/externalLink1.xml": dde,
                "xl/externalLinks/_rels/externalLink1.xml.rels": f"<Relationships>{target}</Relationships>",
                "xl/vbaProject.bin": b"macro",
            }
        )
        raw = read(tmp_path, data)
        with pytest.raises(TimeoutError):
            server.accept()
    assert codes(raw) == ["SG110", "SG111"]
    assert len(raw.tables[0].frame) == 2
    assert list(work.iterdir()) == []


# what stands in sheets


def serial_book(value: float, system: str = "") -> bytes:
    """A record whose date is ``value`` under a date format."""
    row = f'<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>{value}</v></c><c r="C2"><v>5</v></c></row>'
    parts = parts_of({"s": sheet_xml((("客户编号", "日期", "金额"),), row)}, system)
    styles = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    link = f'<Relationship Id="st" Type="{hostile.DOCUMENT}/styles" Target="styles.xml"/>'
    links = str(parts["xl/_rels/workbook.xml.rels"]).replace("</Relationships>", f"{link}</Relationships>")
    more = {
        "xl/styles.xml": f'<styleSheet xmlns="{hostile.MAIN}">{styles}</styleSheet>',
        "xl/_rels/workbook.xml.rels": links,
    }
    return zipped({**parts, **more})


@pytest.mark.parametrize(
    ("value", "system", "text"),
    [
        (45296, "", "2024-01-05"),
        (45296.75, "", "2024-01-05 18:00:00"),
        (43834, '<workbookPr date1904="1"/>', "2024-01-05"),
        (61, "", "1900-03-01"),
        (60, "", "serial 59"),
        (1, "", "serial 1"),
    ],
)
def test_dates_by_the_calendar_of_the_book(value: float, system: str, text: str, child: Child) -> None:
    assert sheets(serial_book(value, system), child)[0].head(2)[1][1] == text


def test_merged_cells_are_filled_down_but_never_amounts(tmp_path: Path) -> None:
    rows = (
        ("订单号", "客户编号", "日期", "金额", "商品"),
        ("A1", "001", "2024-01-05", 30, "茶"),
        ("", "", "", "", "壶"),
        ("", "", "", "", "杯"),
        ("A2", "002", "2024-01-06", 5, "茶"),
    )
    merged = "".join(f'<mergeCell ref="{c}2:{c}4"/>' for c in "ABCD")
    after = f'<mergeCells count="5">{merged}<mergeCell ref="D1:E1"/></mergeCells>'
    raw = read(tmp_path, book(sheet_xml(rows, after=after)))
    frame = raw.tables[0].frame
    assert frame["order_id"].tolist() == ["A1", "A1", "A1", "A2"]
    assert frame["customer_id"].tolist() == ["001", "001", "001", "002"]
    assert frame["amount"].tolist() == ["30", "", "", "5"]
    assert [(i.code, i.row, i.column, i.count) for i in raw.issues] == [("SG122", 2, "订单号", 3)]


def test_hidden_rows_are_read_and_counted(tmp_path: Path) -> None:
    more = "".join(
        row_xml(n, (f"00{n}", "丙", "2024-01-07", 1), ' hidden="1"' if n > 4 else "") for n in range(4, 8)
    )
    raw = read(tmp_path, book(sheet_xml(more=more)))
    assert len(raw.tables[0].frame) == 6
    assert [(i.code, i.row, i.count) for i in raw.issues] == [("SG123", 5, 3)]


def test_a_gap_of_blank_rows_divides_nothing(tmp_path: Path) -> None:
    far = "".join(row_xml(n, ("003", "丙", "2024-01-07", 1)) for n in (604, 605))
    raw = read(tmp_path, book(sheet_xml(more=far)))
    assert raw.tables[0].line.tolist() == [2, 3, 604, 605]
    assert [(i.code, i.row, i.count) for i in raw.issues] == [("SG113", 4, 600)]


def test_error_cells_keep_their_word(tmp_path: Path) -> None:
    more = '<row r="4"><c r="A4"><v>3</v></c><c r="D4" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
    raw = read(tmp_path, book(sheet_xml(more=more)))
    assert raw.tables[0].frame["amount"].tolist() == ["10.5", "20", "#DIV/0!"]


def test_a_margin_keeps_the_letters_of_the_columns(child: Child) -> None:
    [sheet] = sheets(book(sheet_xml((), '<row r="3"><c r="C3"><v>7</v></c></row>')), child)
    assert sheet.head(9) == [["", "", ""], ["", "", ""], ["", "", "7"]]


# which sheet

WIDE = (("客户编号", "客户名称", "电话"), ("001", "甲", "13800138000"))
OTHER = (("客户编号", "客户名称", "地区"), ("001", "甲", "北京"))


def test_sheets_that_could_both_be_meant_are_asked_about(tmp_path: Path) -> None:
    data = zipped(
        parts_of({"封面": sheet_xml((("公司",),)), "甲表": sheet_xml(WIDE), "乙表": sheet_xml(OTHER)})
    )
    with pytest.raises(ColumnsError) as caught:
        read(tmp_path, data)
    assert (caught.value.key, caught.value.facts["sheets"]) == ("sheets_tie", "甲表, 乙表")
    for pattern in ("a.xlsx", "*.XLSX"):
        raw = read(tmp_path, data, rules=ReadRules(sheets={pattern: "乙表"}))
        assert [t.source.sheet for t in raw.tables] == ["乙表"]
    with pytest.raises(UsageError) as missing:
        read(tmp_path, data, rules=ReadRules(sheets={"a*": "丙表"}))
    assert missing.value.key == "sheet_missing"


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_read_only_when_named(tmp_path: Path, state: str) -> None:
    parts = parts_of({"现": sheet_xml(WIDE), "旧": sheet_xml(OTHER)})
    workbook = str(parts["xl/workbook.xml"]).replace('name="旧"', f'name="旧" state="{state}"')
    data = zipped({**parts, "xl/workbook.xml": workbook})
    raw = read(tmp_path, data)
    assert ([t.source.sheet for t in raw.tables], codes(raw)) == (["现"], ["SG119"])
    raw = read(tmp_path, data, rules=ReadRules(sheets={"a.xlsx": "旧"}))
    assert ([t.source.sheet for t in raw.tables], codes(raw)) == (["旧"], [])


def test_totals_of_a_sheet_are_kept_for_the_cross_check(tmp_path: Path) -> None:
    more = row_xml(4, ("小计", "", "", 30.5)) + row_xml(6, ("", "合计", "", 30.5))
    found = read(tmp_path, book(sheet_xml(more=more))).tables[0]
    assert found.footers == ((4, ("小计", "", "", "30.5")), (6, ("", "合计", "", "30.5")))
    assert (found.source.rows, found.structure, len(found.frame)) == (6, 4, 2)
