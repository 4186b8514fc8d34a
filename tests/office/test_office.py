"""The harness itself: what LibreOffice and cellrune say about a small workbook whose answers are known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ..conftest import need
from .engine import recalc_cellrune
from .find import missing
from .office import Office, OfficeDied, OfficeError
from .poison import WRONG_NUMBER, WRONG_TEXT, poison, strip
from .values import CellError, Value, column_name, differences, position, same

ROWS = [
    (1, date(2024, 1, 5), "甲", 10.0),
    (1, date(2024, 2, 5), "乙", 20.0),
    (2, date(2024, 1, 9), "甲", 40.0),
    (2, date(2024, 3, 9), "甲", 80.0),
    (5, date(2024, 4, 1), "丙", 160.0),
]
FIRST = "IFERROR(MATCH(2-0.5,历史交易!$A$2:$A$6,1),0)+2"
LAST = "MATCH(2+0.5,历史交易!$A$2:$A$6,1)+1"
PLACES = "MATCH(历史交易!C2:C6,历史交易!C2:C6,0)"
FORMULAS: dict[str, tuple[str, Value]] = {
    "A1": ("SUMIFS(历史交易!$D:$D,历史交易!$A:$A,1)", 30.0),
    "A2": (FIRST, 4.0),
    "A3": (LAST, 5.0),
    "A4": ("SUM(INDEX(历史交易!$D:$D,A2):INDEX(历史交易!$D:$D,A3))", 120.0),
    "A5": ('COUNTIFS(历史交易!$B$2:$B$6,">"&起始日期,历史交易!$B$2:$B$6,"<="&截止日期)', 3.0),
    "A6": (f"SUMPRODUCT(--(FREQUENCY({PLACES},{{1;2;3;4;5}})>0))", 3.0),
    "A7": ('HYPERLINK("#历史交易!A1","查看明细")', "查看明细"),
    "A8": ('IF(A4>100,"黄金","普通")&"会员"', "黄金会员"),
    "A9": ('IF(A4<0,A4,"")', ""),
    "A10": ("A4>100", True),
    "A11": ("INDEX(历史交易!$D:$D,3)/(A4-120)", CellError("#DIV/0!")),
    "A12": ("MATCH(99,历史交易!$A$2:$A$6,0)", CellError("#N/A")),
    "A13": ("LARGE(历史交易!$D$2:$D$6,2)", 80.0),
    "A14": ("EDATE(截止日期,-12)", 45016.0),
}
ARRAY = ("A15", "SUM((历史交易!$A$2:$A$6=2)*历史交易!$D$2:$D$6)", 120.0)
EXPECTED: dict[str, Value] = {k: v for k, (_, v) in FORMULAS.items()} | {ARRAY[0]: ARRAY[2]}
ALWAYS_COMPUTED = {
    "A7",
    "A10",
    "A15",
}  # HYPERLINK, bools, arrays: LibreOffice does not load their cached values


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sheets, one hidden sheet with a formula on the others, two names."""
    import xlsxwriter

    path = tmp_path_factory.mktemp("book") / "客户级别.xlsx"
    with xlsxwriter.Workbook(path) as out:
        day = out.add_format({"num_format": "yyyy-mm-dd"})
        detail, query, hidden = (
            out.add_worksheet("历史交易"),
            out.add_worksheet("查询"),
            out.add_worksheet("暗"),
        )
        detail.write_row(0, 0, ["编号", "日期", "品类", "金额"])
        for r, (key, when, kind, amount) in enumerate(ROWS, 1):
            detail.write_number(r, 0, key)
            detail.write_datetime(r, 1, when, day)
            detail.write_string(r, 2, kind)
            detail.write_number(r, 3, amount)
        for cell, (formula, value) in FORMULAS.items():
            query.write_formula(
                cell, "=" + formula, None, value.text if isinstance(value, CellError) else value
            )
        query.write_array_formula(f"{ARRAY[0]}:{ARRAY[0]}", "{=" + ARRAY[1] + "}", None, ARRAY[2])
        query.write_datetime("D1", date(2024, 1, 8), day)
        query.write_datetime("D2", date(2024, 3, 31), day)
        out.define_name("起始日期", "=查询!$D$1")
        out.define_name("截止日期", "=查询!$D$2")
        hidden.write_formula("C5", '="共"&查询!A1', None, "共30")
        hidden.hide()
    return path


@pytest.fixture
def poisoned(book: Path, tmp_path: Path) -> Path:
    """The same with wrong cached values."""
    poison(book, tmp_path / "poisoned.xlsx")
    return tmp_path / "poisoned.xlsx"


def results(cells: dict[str, Value]) -> dict[str, Value]:
    """The formula column alone."""
    return {k: v for k, v in cells.items() if k.startswith("A")}


def test_cached_values_are_shown_until_recalculated(office: Office, book: Path, poisoned: Path) -> None:
    office.open(book)
    assert results(office.read_all()["查询"]) == EXPECTED
    office.open(poisoned)
    shown = results(office.read_all()["查询"])
    kept = {k: v for k, v in EXPECTED.items() if k not in ALWAYS_COMPUTED}
    assert {k: shown[k] for k in kept} == {
        k: WRONG_TEXT if isinstance(v, str) and v else WRONG_NUMBER for k, v in kept.items()
    }
    assert office.cell("暗", "C5") == WRONG_TEXT
    office.recalc()
    healed = office.read_all()
    assert results(healed["查询"]) == EXPECTED
    assert healed["暗"] == {"C5": "共30"}
    assert office.hidden() == ["暗"]


def test_stripped_values_are_computed_at_load(office: Office, book: Path, tmp_path: Path) -> None:
    assert strip(book, tmp_path / "bare.xlsx") == len(EXPECTED) + 1
    office.open(tmp_path / "bare.xlsx")
    assert results(office.read_all()["查询"]) == EXPECTED


def test_poison_touches_nothing_else(book: Path, tmp_path: Path) -> None:
    assert poison(book, tmp_path / "poisoned.xlsx") == len(EXPECTED) + 1
    with zipfile.ZipFile(book) as one, zipfile.ZipFile(tmp_path / "poisoned.xlsx") as two:
        assert one.namelist() == two.namelist()
        changed = {n for n in one.namelist() if one.read(n) != two.read(n)}
    assert changed == {"xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml"}


def test_poison_knows_all_shapes_of_cells(tmp_path: Path) -> None:
    cells = (
        '<x:row r="1"><x:c r="A1" s="3"><x:f>B1</x:f><x:v>1</x:v></x:c><x:c r="B1"><x:v>7</x:v></x:c>'
        "<x:c r='C1' t='s'><x:f t=\"shared\" si=\"0\"/><x:v>4</x:v></x:c>"
        '<x:c t="b" r="D1"><x:f>1&gt;0</x:f><x:v>1</x:v></x:c>'
        '<x:c r="E1"><x:f>B1</x:f></x:c><x:c r="F1" s="1"/>'
        '<x:c r="G1" t="e"><x:f>NA()</x:f><x:v>#N/A</x:v></x:c>'
        '<x:c r="H1" t="str"> <x:f>B1</x:f> <x:v/> </x:c></x:row>'
    )
    name, source, target = "xl/worksheets/sheet1.xml", tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    with zipfile.ZipFile(source, "w") as package:
        package.writestr(name, f"<x:worksheet><x:sheetData>{cells}</x:sheetData></x:worksheet>")
    assert poison(source, target) == 6
    with zipfile.ZipFile(target) as package:
        assert package.read(name).decode() == (
            '<x:worksheet><x:sheetData><x:row r="1">'
            '<x:c r="A1" s="3"><x:f>B1</x:f><x:v>-987654.25</x:v></x:c><x:c r="B1"><x:v>7</x:v></x:c>'
            '<x:c r=\'C1\' t="str"><x:f t="shared" si="0"/><x:v>毒</x:v></x:c>'
            '<x:c r="D1" t="b"><x:f>1&gt;0</x:f><x:v>0</x:v></x:c>'
            '<x:c r="E1"><x:f>B1</x:f><x:v>-987654.25</x:v></x:c><x:c r="F1" s="1"/>'
            '<x:c r="G1"><x:f>NA()</x:f><x:v>-987654.25</x:v></x:c>'
            '<x:c r="H1" t="str"><x:f>B1</x:f><x:v>毒</x:v></x:c>'
            "</x:row></x:sheetData></x:worksheet>"
        )


def test_poison_finds_every_cell_of_a_long_sheet(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1"><f>B1*2</f><v>1</v></c><c r="B1" t="inlineStr"><is><t>文字</t></is></c></row>'
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", "<sheetData>" + row * 120_000 + "</sheetData>")
    assert poison(tmp_path / "a.xlsx", tmp_path / "b.xlsx") == 120_000
    with zipfile.ZipFile(tmp_path / "b.xlsx") as package:
        text = package.read("xl/worksheets/sheet1.xml").decode()
    assert text == "<sheetData>" + row.replace("<v>1<", "<v>-987654.25<") * 120_000 + "</sheetData>"


def test_cellrune_agrees_with_libreoffice(office: Office, poisoned: Path) -> None:
    office.open(poisoned)
    office.recalc()
    second = recalc_cellrune(poisoned)
    assert results(second["查询"]) == EXPECTED
    assert list(differences(office.read_all(), second)) == []
    second["查询"]["A1"] = 31.0
    del second["暗"]["C5"]
    assert list(differences(office.read_all(), second)) == [
        ("查询", "A1", 30.0, 31.0),
        ("暗", "C5", "共30", None),
    ]


def test_distinct_count_with_computed_bins(office: Office, book: Path) -> None:
    """LibreOffice's alone: cellrune 0.2 takes only the first value of ROW(range) here and counts 2."""
    office.open(book)
    rows = "ROW(历史交易!C2:C6)-ROW(历史交易!C2)+1"
    office.set("查询", "F1", f"=SUMPRODUCT(--(FREQUENCY({PLACES},{rows})>0))")
    assert office.cell("查询", "F1") == 3.0


def test_edits_are_followed(office: Office, poisoned: Path) -> None:
    office.open(poisoned)
    office.recalc()
    office.set("历史交易", "D2", 110.0)
    assert office.cell("查询", "A1") == 130.0
    assert office.cell("暗", "C5") == "共130"
    office.set("查询", "D2", date(2024, 4, 1))
    assert office.cell("查询", "A5") == 4.0
    office.set_many("历史交易", {"A7": 1, "B7": date(2024, 1, 1), "C7": "丁", "D7": 1000})
    assert office.read("查询", "A1:A3") == [[1130.0], [4.0], [5.0]]
    office.set("查询", "B1", True)
    office.set("查询", "B2", '=IF(B1,截止日期-历史交易!B2,"否")')
    assert office.cell("查询", "B2") == 87.0
    office.clear("查询", "B1:B2")
    assert office.read("查询", "B1:B2") == [[None], [None]]
    office.set("历史交易", "D2", None)
    assert office.cell("查询", "A1") == 1020.0


def test_rows_come_and_go(office: Office, poisoned: Path) -> None:
    office.open(poisoned)
    office.recalc()
    office.insert_row("历史交易", 5)
    office.set_many("历史交易", {"A5": 2, "C5": "乙", "D5": 1.0})
    assert office.read("查询", "A2:A4") == [[4.0], [6.0], [121.0]]
    assert office.formulas("查询", "A13", excel=True) == [["=LARGE(历史交易!$D$2:$D$7,2)"]]
    office.delete_row("历史交易", 4, 2)
    assert office.read("查询", "A2:A4") == [[4.0], [4.0], [80.0]]
    office.sort("历史交易", "A2:D5", key=3, ascending=False)
    assert [row[3] for row in office.read("历史交易", "A2:D5")] == [160.0, 80.0, 20.0, 10.0]
    assert office.cell("查询", "A1") == 30.0
    office.sort("历史交易", "A1:D5", key=[(2, True), (3, False)], header=True)
    assert [row[0] for row in office.read("历史交易")] == ["编号", 5.0, 1.0, 2.0, 1.0]
    recalculated = office.read_all()
    office.recalc()
    assert list(differences(recalculated, office.read_all())) == []


def test_saved_file_is_the_same_workbook(office: Office, poisoned: Path, tmp_path: Path) -> None:
    office.open(poisoned)
    office.recalc()
    office.set("历史交易", "D2", 60.0)
    office.set_active("查询")
    before = office.read_all()
    saved = office.save_as(tmp_path / "另存.xlsx")
    assert office.cell("查询", "A1") == 80.0
    assert office.open(saved) == ["历史交易", "查询", "暗"]
    assert office.active() == "查询"
    assert office.hidden() == ["暗"]
    assert list(differences(before, office.read_all())) == []
    assert list(differences(before, recalc_cellrune(saved))) == []
    assert office.formulas("查询", "A15", excel=True)[0][0] == "{=" + ARRAY[1] + "}"


def test_the_file_stays_untouched_and_locks_do_not_matter(office: Office, poisoned: Path) -> None:
    lock = poisoned.with_name(f".~lock.{poisoned.name}#")
    lock.write_text(",someone,elsewhere,01.01.2024 00:00,file:///nowhere;")
    before = poisoned.read_bytes()
    office.open(poisoned)
    office.set("历史交易", "D2", 0)
    office.close()
    assert poisoned.read_bytes() == before
    assert sorted(p.name for p in poisoned.parent.iterdir()) == [lock.name, poisoned.name]


def test_mistakes_are_told(office: Office, book: Path, tmp_path: Path) -> None:
    office.open(book)
    with pytest.raises(OfficeError, match="no sheet '没有'"):
        office.read("没有")
    office.close()
    with pytest.raises(OfficeError, match="no workbook is open"):
        office.recalc()
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 this is no workbook")
    with pytest.raises(OfficeError, match="open"):
        office.open(broken)
    assert office.open(book) == ["历史交易", "查询", "暗"]


def running(groups: set[int]) -> list[str]:
    """The processes of these groups which are not dead (a dead one may wait as Z for init)."""
    listed = subprocess.run(
        ["ps", "-eo", "pgid=,stat=,comm="], capture_output=True, check=True, text=True
    ).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    return [name for group, state, name in lines if int(group) in groups and not state.startswith("Z")]


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_a_crash_or_a_hang_is_survived(book: Path) -> None:
    need(missing())
    with Office() as own:
        own.open(book)
        first = own.pid
        os.killpg(first, signal.SIGKILL)
        with pytest.raises(OfficeDied):
            own.recalc()
        own.open(book)
        second = own.pid
        os.killpg(second, signal.SIGSTOP)
        own.timeout = 1
        with pytest.raises(OfficeDied, match="no answer within 1 s"):
            own.recalc()
        own.timeout = 60
        own.open(book)
        assert own.cell("查询", "A1") == 30.0
        third = own.pid
        assert running({third})
    deadline = time.monotonic() + 10
    while running({first, second, third}) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not running({first, second, third})


def test_pages_are_drawn(render: Callable[..., list[Path]], book: Path, tmp_path: Path) -> None:
    (tmp_path / f"{book.stem}-9.png").write_bytes(b"old")
    pages = render(book, tmp_path, dpi=40)
    assert [p.name for p in pages] == [f"{book.stem}-1.png", f"{book.stem}-2.png"]
    assert sorted(tmp_path.iterdir()) == pages
    heads = [p.read_bytes()[:8] for p in pages]
    assert heads == [b"\x89PNG\r\n\x1a\n"] * 2
    command = [sys.executable, "-m", "tests.office.render", str(book), str(tmp_path / "out"), "30"]
    root = Path(__file__).parents[2]
    said = subprocess.run(command, cwd=root, capture_output=True, check=True, encoding="utf-8").stdout
    assert [Path(line).name for line in said.split()] == [p.name for p in pages]
    assert len(render(book, tmp_path / "first", pages=1)) == 1


def test_cell_names_and_sameness() -> None:
    assert [column_name(i) for i in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert position("$XFD$1048576") == (1048575, 16383)
    with pytest.raises(ValueError, match="not a cell"):
        position("A1:B2")
    assert same(0.1 + 0.2, 0.3)
    assert same(True, 1.0)
    assert not same("1", 1.0)
    assert not same("", None)
    assert same(CellError("Err:502"), CellError("#NUM!"))
    assert not same(CellError("#N/A"), CellError("#NUM!"))
