"""Bad inputs: files."""

from __future__ import annotations

import gzip
import itertools
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests import hostile
from tests.corpus.base import Case
from tests.hostile import ROWS, book, parts_of, row_xml, sheet_xml, write, zipped

CSV = "客户编号,客户名称,日期,金额\n001,甲,2024-01-05,10.50\n002,乙,2024-01-06,20\n"
PLAIN = {"read": 3, "used": 2, "structure": 1}
MONEY = {"read": "30.50", "used": "30.50"}
Build = Callable[[Path], list[str | Path]]


def file(name: str, data: bytes | str | Callable[[], bytes]) -> Build:
    """A case of one file."""

    def build(folder: Path) -> list[str | Path]:
        return [write(folder, name, data() if callable(data) else data)]

    return build


def folder_of(files: Mapping[str, bytes | str], *arguments: str) -> Build:
    """A case of several files, given as their folder, or as named."""

    def build(folder: Path) -> list[str | Path]:
        for name, data in files.items():
            write(folder, name, data)
        return [folder / a for a in arguments] or [folder]

    return build


def issue(answer: Mapping[str, Any], code: str) -> dict[str, Any]:
    """The first issue of a code."""
    found: dict[str, Any] = next(i for i in answer["issues"] if i["code"] == code)
    return found


def says(code: str, *words: str) -> Callable[[Path, dict[str, Any]], None]:
    """The message of ``code`` holds all ``words``."""

    def then(folder: Path, answer: dict[str, Any]) -> None:
        message = issue(answer, code)["message"]
        assert all(word in message for word in words), message

    return then


def at_row(code: str, row: int) -> Callable[[Path, dict[str, Any]], None]:
    """The first issue of ``code`` names this row."""

    def then(folder: Path, answer: dict[str, Any]) -> None:
        assert issue(answer, code)["row"] == row

    return then


def sheets_are(*names: str) -> Callable[[Path, dict[str, Any]], None]:
    """These sheets were read."""

    def then(folder: Path, answer: dict[str, Any]) -> None:
        assert [f["sheet"] for f in answer["files"]] == list(names)

    return then


def damaged() -> bytes:
    """One wrong byte in the sheet."""
    made = bytearray(book())
    made[made.index(b"xl/worksheets/sheet1.xml") + 60] ^= 255
    return bytes(made)


def state(name: str) -> bytes:
    """A second sheet of the same kind that is hidden."""
    more = (("客户编号", "客户名称", "日期", "金额"), ("009", "旧", "2024-01-01", 99))
    parts = parts_of({"现": sheet_xml(), "旧": sheet_xml(more)})
    hidden = str(parts["xl/workbook.xml"]).replace('name="旧"', f'name="旧" state="{name}"')
    return zipped({**parts, "xl/workbook.xml": hidden})


def no_permission(folder: Path) -> list[str | Path]:
    """A file that the system will not give."""
    if os.name != "posix" or os.geteuid():
        path = write(folder, "a.csv", CSV)
        path.chmod(0)
        return [path]
    return [Path("/proc/self/mem")]  # root may read all but what has no bytes to give


_CHANGING = threading.Event()


def changing(folder: Path) -> list[str | Path]:
    """A file that another program goes on saving."""
    path = write(folder, "a.csv", CSV + "003,丙,2024-01-06,1\n" * 2_000_000)
    _CHANGING.clear()

    def save() -> None:
        for n in itertools.count(1):
            if _CHANGING.wait(0.001):
                return
            os.utime(path, ns=(n, n))

    threading.Thread(target=save, daemon=True).start()
    return [path]


def huge(folder: Path) -> list[str | Path]:
    """Ten gigabytes that take no room."""
    path = write(folder, "a.csv", CSV)
    with path.open("r+b") as stream:
        stream.truncate(10 * 1024**3)
    return [path]


def fifo(folder: Path) -> list[str | Path]:
    """A pipe that nobody writes to."""
    os.mkfifo(folder / "a.csv")
    return [folder / "a.csv"]


def own_output(folder: Path) -> list[str | Path]:
    """The output is the input."""
    path = write(folder, "a.xlsx", book())
    return [path, "-o", path]


def names_are(*names: str) -> Callable[[Path, dict[str, Any]], None]:
    """These files were read, by the names shown."""

    def then(folder: Path, answer: dict[str, Any]) -> None:
        assert [Path(f["path"]).name for f in answer["files"]] == list(names)

    return then


DDE = '<externalLink><ddeLink ddeService="cmd" ddeTopic="/C calc"/></externalLink>'
LINKED = {"xl/externalLinks/externalLink1.xml": DDE}
MERGED = '<mergeCells count="2"><mergeCell ref="A3:A4"/><mergeCell ref="B3:B4"/></mergeCells>'
ERROR = '<row r="4"><c r="A4"><v>3</v></c><c r="C4"><v>45296</v></c><c r="D4" t="e"><v>#REF!</v></c></row>'
HEADERS = (
    '<row r="1"><c r="A1" t="str"><f>"客户"&amp;"编号"</f><v>客户编号</v></c>'
    '<c r="B1" t="inlineStr"><is><t>日期</t></is></c><c r="C1" t="inlineStr"><is><t>金额</t></is></c>'
    '<c r="D1"><v>2024</v></c></row>'
)
COVER = {
    "封面": sheet_xml((("某某公司",), ("制表", "张三"))),
    "说明": sheet_xml((("说明",),)),
    "订单": sheet_xml(),
}
WIDE = (("客户编号", "客户名称", "电话"), ("001", "甲", "13800138000"))
OTHER = (("客户编号", "客户名称", "地区"), ("001", "甲", "北京"))
GAP = "".join(row_xml(n, ("003", "丙", "2024-01-07", 1)) for n in (604, 605))
WEEK = "订单号,客户编号,日期,金额\n"
WEEKS = {
    "第1-2周.csv": WEEK + "A1,001,2024-01-05,1\nA2,002,2024-01-09,2\n",
    "第2-3周.csv": WEEK + "A2,002,2024-01-09,2\nA3,003,2024-01-16,4\n",
}
NAMES = {
    "👨‍👩‍👧客户.csv": "emoji",
    "客" * 80 + ".csv": "80 Chinese characters",
    "报表.csv ": "a blank at the end",
}

CASES: tuple[Case, ...] = (
    Case("F01", "missing", lambda f: [f / "无.csv"], 4, {"SG101": 1}),
    Case(
        "F01",
        "wrong case",
        lambda f: [write(f, "Orders.CSV", CSV).with_name("ordrs.csv")],
        4,
        {"SG101": 1},
        then=says("SG101", "Orders.CSV"),
    ),
    Case("F01", "folder without tables", folder_of({"a.pdf": "x"}), 4, {"SG101": 1}),
    Case(
        "F01",
        "folder",
        folder_of({"a.csv": CSV}),
        rows=PLAIN,
        amount=MONEY,
        decided="a folder stands for the tables in it; the command says so",
    ),
    Case("F01", "pattern", lambda f: [write(f, "a.csv", CSV).with_name("*.csv")], rows=PLAIN, amount=MONEY),
    Case("F02", "empty", file("a.csv", ""), 4, {"SG102": 1}),
    Case("F03", "only a BOM", file("a.csv", "\ufeff"), 4, {"SG102": 1}),
    Case("F03", "only blank lines", file("a.csv", "\r\n  \r\n\t\r\n"), 4, {"SG102": 1}),
    Case("F03", "workbook without cells", file("a.xlsx", book(sheet_xml(()))), 4, {"SG102": 1}),
    Case("F04", "no rows at all", file("a.csv", CSV.splitlines()[0]), 4, {"SG103": 1}),
    Case(
        "F04",
        "one of two without rows",
        folder_of({"a.csv": CSV.splitlines()[0], "b.csv": CSV}),
        codes={"SG103": 1},
        rows={"used": 2},
    ),
    Case("F05", "xlsx is CSV", file("a.xlsx", CSV), codes={"SG104": 1}, rows=PLAIN, amount=MONEY),
    Case("F05", "xls is CSV", file("a.xls", CSV.encode("gb18030")), codes={"SG104": 1}, rows=PLAIN),
    Case(
        "F05",
        "xls is Unicode text",
        file("a.xls", CSV.replace(",", "\t").encode("utf-16")),
        codes={"SG104": 1},
        rows=PLAIN,
    ),
    Case("F05", "xls is xlsx", file("a.xls", book()), codes={"SG104": 1}, rows=PLAIN, amount=MONEY),
    Case(
        "F05",
        "xls is HTML",
        file("a.xls", "<html><table><tr><td>客户"),
        4,
        {"SG104": 1},
        then=says("SG104", "xlsx"),
    ),
    Case(
        "F05", "xls is XML", file("a.xls", '<?xml version="1.0"?><Workbook xmlns="urn:x">'), 4, {"SG104": 1}
    ),
    Case("F06", "CSV is xlsx", file("a.csv", book()), codes={"SG104": 1}, rows=PLAIN, amount=MONEY),
    Case("F07", "half a download", file("a.xlsx", book()[:-700]), 4, {"SG105": 1}),
    Case("F07", "half a gz", file("a.csv.gz", gzip.compress(CSV.encode())[:-20]), 4, {"SG105": 1}),
    Case(
        "F08",
        "damaged part",
        file("a.xlsx", damaged),
        4,
        {"SG105": 1},
        then=says("SG105", "xl/worksheets/sheet1.xml"),
    ),
    Case(
        "F09",
        "password",
        file("a.xlsx", lambda: hostile.locked(book(extra=hostile.NOISE), "secret")),
        12,
        {"SG107": 1},
        then=says("SG107", "--password-file"),
    ),
    Case("F10", "bomb of 4 GB", file("a.xlsx", hostile.bomb), 4, {"SG106": 1}),
    Case("F10", "bomb in a gz", file("a.csv.gz", lambda: gzip.compress(bytes(10**8))), 4, {"SG106": 1}),
    Case("F11", "XFD1048576", file("a.xlsx", hostile.sparse), 4, {"SG108": 1}),
    *(
        Case("F12", what, file("a.ods" if "ods" in what else "a.xlsx", data), 4, {"SG109": 1})
        for what, data in hostile.with_dtd().items()
    ),
    Case(
        "F13",
        "macros",
        file("a.xlsm", book(extra={"xl/vbaProject.bin": b"x"})),
        codes={"SG110": 1},
        rows=PLAIN,
    ),
    Case(
        "F14",
        "external links and DDE",
        file("a.xlsx", book(extra=LINKED)),
        codes={"SG111": 1},
        rows=PLAIN,
        amount=MONEY,
    ),
    Case(
        "F15",
        "styled empty rows",
        file("a.xlsx", lambda: hostile.styled_empty(columns=1)),
        rows=PLAIN,
        amount=MONEY,
    ),
    Case(
        "F16",
        "600 blank rows",
        file("a.xlsx", book(sheet_xml(more=GAP))),
        codes={"SG113": 600},
        rows={"read": 605, "used": 4, "structure": 601},
        amount={"used": "32.50"},
        then=at_row("SG113", 4),
    ),
    Case(
        "F17",
        "marks in a folder",
        folder_of({"a.csv": CSV, "~$客户.xlsx": b"x" * 165, ".~lock.a.csv#": "x", "._a.csv": b"\0\5"}),
        rows=PLAIN,
        then=names_are("a.csv"),
    ),
    Case("F17", "mark alone", file("~$客户.xlsx", b"\5user" + b" " * 160), 4, {"SG104": 1}),
    Case(
        "F18",
        "two names",
        folder_of({"a.csv": CSV, "b.csv": CSV}),
        codes={"SG114": None},
        rows={"read": 6, "used": 2},
        amount={"read": "61.00", "used": "30.50"},
        customers=2,
    ),
    Case(
        "F18",
        "named twice",
        folder_of({"a.xlsx": book()}, "a.xlsx", "."),
        codes={"SG114": None},
        amount={"read": "61.00", "used": "30.50"},
    ),
    Case(
        "F19",
        "overlapping weeks",
        folder_of(WEEKS),
        codes={"SG410": 1},
        rows={"read": 6, "used": 3, "duplicate": 1, "structure": 2},
        amount={"read": "9.00", "used": "7.00", "duplicate": "2.00"},
    ),
    Case(
        "F20",
        "saved while read",
        changing,
        4,
        {"SG112": 1},
        then=lambda folder, answer: _CHANGING.set(),
    ),
    Case("F21", "no permission", no_permission, 4, {"SG115": 1}),
    Case("F22", "output is input", own_output, 2, {"SG601": 1}),
    *(Case("F23", what, file(name, CSV), rows=PLAIN, then=names_are(name)) for name, what in NAMES.items()),
    Case(
        "F23",
        "right to left",
        file("客户\u202exslx.csv", CSV),
        rows=PLAIN,
        then=names_are("客户\\u202exslx.csv"),
    ),
    Case("F24", "ods", file("a.ods", hostile.ods()), rows=PLAIN, amount=MONEY, then=names_are("a.ods")),
    Case(
        "F24",
        "et that cannot be read",
        file("a.et", bytes.fromhex("D0CF11E0A1B11AE1") + bytes(2000)),
        4,
        {"SG116": 1},
        then=says("SG116", "save it as xlsx"),
    ),
    Case("F25", "cover first", file("a.xlsx", zipped(parts_of(COVER))), rows=PLAIN, then=sheets_are("订单")),
    Case(
        "F25",
        "two that may be meant",
        file("a.xlsx", zipped(parts_of({"甲": sheet_xml(WIDE), "乙": sheet_xml(OTHER)}))),
        5,
        {"SG126": 1},
        then=says("SG126", "甲, 乙", "reading.sheets"),
    ),
    *(
        Case("F26", name, file("a.xlsx", state(name)), codes={"SG119": 1}, rows=PLAIN, amount=MONEY)
        for name in ("hidden", "veryHidden")
    ),
    Case("F27", "pipe", fifo, 4, {"SG116": 1}),
    Case("F27", "device", lambda f: ["/dev/zero"], 4, {"SG116": 1}),
    Case("F27", "10 GB", huge, 4, {"SG106": 1}),
    Case(
        "R36",
        "merged cells in data",
        file("a.xlsx", book(sheet_xml((*ROWS, ("", "", "2024-01-07", 3)), after=MERGED))),
        codes={"SG122": 2},
        rows={"used": 3},
        amount={"used": "33.50"},
        customers=2,
        decided="filled down, but never amounts: what stands once for three rows would count three times",
    ),
    Case(
        "R37",
        "hidden rows",
        file("a.xlsx", book(sheet_xml(more=row_xml(4, ("003", "丙", "2024-01-07", 1), ' hidden="1"')))),
        codes={"SG123": 1},
        rows={"used": 3},
        then=at_row("SG123", 4),
    ),
    Case(
        "R39",
        "error cells",
        file("a.xlsx", book(sheet_xml(more=ERROR))),
        3,
        {"SG412": 1},
        rows={"used": 2, "held_back": 1},
        then=says("SG412", "#REF!"),
    ),
    Case(
        "H17",
        "headers are numbers and formulas",
        file("a.xlsx", book(sheet_xml((), HEADERS + row_xml(2, ("001", "2024-01-05", 5, 7))))),
        rows={"used": 1},
    ),
    Case(
        "H19",
        "16,384 columns of a workbook",
        file("a.xlsx", book(sheet_xml((tuple(f"列{n}" for n in range(16_384)), ("1",) * 16_384)))),
        5,
        {"SG307": 1},
    ),
)
