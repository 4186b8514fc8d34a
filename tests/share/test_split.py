"""--split-by: each customer in one book with the tier of the whole, and no trace of anybody else in it."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sheetgen.errors import PasswordError, SheetgenError, UsageError
from sheetgen.pipeline import Built
from sheetgen.scheme.library import shipped
from sheetgen.share.plan import LONGEST_NAME, MOST_BOOKS, file_name, find_column
from sheetgen.workbook.opened import open_book
from sheetgen.workbook.read import read_previous
from sheetgen.workbook.written import read_written

from ..books import SAMPLE, make, sheet, sheets, write_csv

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
OWNERS = ["甄一", "贾二", "Zoe", ""]
AS_OF = date(2025, 12, 31)


def company(folder: Path) -> Path:
    """A firm whose every word tells whose it is: 甄一's customers are A…, 贾二's B…, Zoe's C…, nobody's D…"""
    folder.mkdir()
    people, sales, served, likes = [], [], [], []
    for number, owner in enumerate(OWNERS):
        mark = "ABCD"[number]
        for i in range(1, 8):
            key = f"{mark}{i:03d}"
            phone = f"13{number}0000{i:04d}" if i > 1 else "13912345678"  # one phone shared by all firsts
            people.append((key, f"{key}公司", f"{key}联系人", phone, owner, f"{key}备注", f"{key}介绍"))
            for week in range(i + number):
                day = AS_OF - timedelta(days=7 * week + i)
                price = f"{1000 * i * (number + 1) + week}.50"
                sales.append((key, day, price, f"{key}-{week}", f"{key}产品", "已付款", ""))
            sales.append((key, AS_OF, "77.00", f"{key}-关", f"{key}产品", "交易关闭", "1"))
            sales.append((key, "2025-13-45", "88.00", f"{key}-坏", f"{key}产品", "已付款", "1"))
            sales.append((key, AS_OF, "1.005", f"{key}-分", f"{key}产品", f"{key}状态", f"{key}多"))
            served.append((key, AS_OF, f"{key}问题", f"{key}处理", "5"))
            likes.append((key, f"{key}喜欢"))
    sales.append(("", AS_OF, "99.00", "无主-1", "无主产品", "已付款", "1"))
    write_csv(
        folder / "c.csv", ["客户编号", "客户名称", "联系人", "联系方式", "负责人", "备注", "介绍人"], people
    )
    write_csv(folder / "t.csv", ["客户编号", "日期", "金额", "订单号", "产品", "状态", "数量"], sales)
    write_csv(folder / "s.csv", ["客户编号", "日期", "咨询问题", "解决措施", "满意度"], served)
    write_csv(folder / "p.csv", ["客户编号", "偏好品类"], likes)
    return folder


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company(tmp_path_factory.mktemp("firm") / "data")


@pytest.fixture(scope="module")
def split(firm: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return make(tmp_path_factory.mktemp("split") / "out", paths=[firm], split_by="负责人", as_of=AS_OF)


def words(path: Path) -> str:
    """Everything that a package holds, as it stands and without its tags; what is packed in it, unpacked."""
    with zipfile.ZipFile(path) as package:
        parts = [f"{n}\n{package.read(n).decode('utf-8', 'replace')}" for n in package.namelist()]
    written = read_written(open_book(path).state) if "索引" not in path.name else {}
    packed = re.compile(r"[A-Za-z0-9+/]{500,}={0,2}")
    whole = packed.sub("", "\n".join(parts)) + "\n".join(frame.to_csv() for frame in written.values())
    assert "索引" in path.name or len(written) >= 3
    return whole + re.sub(r"<[^>]*>", "", whole) + re.sub(r"_x[0-9A-Fa-f]{4}_", "", whole)


def test_a_book_a_value_and_an_index(split: Built) -> None:
    folder = split.request.out
    assert [b.value for b in split.books] == ["zoe".title(), "甄一", "贾二", ""]
    assert [b.out.name for b in split.books] == ["Zoe.xlsx", "甄一.xlsx", "贾二.xlsx", "未分配.xlsx"]
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [*(b.out.name for b in split.books), "索引.xlsx"]
    )
    assert [b.customers for b in split.books] == [7, 7, 7, 7]
    assert split.written and len({b.digest for b in split.books}) == 4


@pytest.mark.parametrize("number", range(4))
def test_no_trace_of_others(split: Built, number: int) -> None:
    mine = "ABCD"[number]
    book = next(b for b in split.books if b.value == OWNERS[number])
    found = words(book.out)
    assert f"{mine}001公司" in found and f"{mine}003介绍" in found, "its own are there"
    for other in set("ABCD") - {mine}:
        # an id, a name, a phone, an order, a product, a remark: each begins with the id of its customer
        assert not re.search(rf"{other}00[1-7]", found), re.findall(rf".{{60}}{other}00[1-7].{{60}}", found)[
            :3
        ]
        assert f"13{'ABCD'.index(other)}0000" not in found
    for owner in set(OWNERS) - {OWNERS[number], ""}:
        assert owner not in found
    assert "无主" not in found, "what belongs to nobody is told of in the index only"


def test_the_index_tells_of_all(split: Built) -> None:
    index = split.request.out / "索引.xlsx"
    grid = sheets(index)["索引"]
    assert grid.column("负责人") == ["Zoe", "甄一", "贾二", "未分配", "合计"]
    assert grid.column("客户数") == [7, 7, 7, 7, 28]
    assert grid.column("文件")[:4] == [b.out.name for b in split.books]
    ledger = split.clean.ledger
    assert grid.column("交易总额")[-1] == ledger.cents["used"] / 100
    tiers = {tier.id: tier.label.zh for tier in split.scheme.file.tiers}
    for key, label in tiers.items():
        assert grid.column(label)[-1] == split.tiers[key] == sum(b.tiers[key] for b in split.books)
    left_out = "\n".join(str(cell) for row in sheets(index)["数据质量"].rows for cell in row)
    assert "2025-13-45" in left_out and "SG404" in left_out
    ws = load_workbook(index)["索引"]
    assert ws["C4"].value == '=HYPERLINK($B4,"打开")' and ws["B4"].value == "Zoe.xlsx"
    assert ws["D8"].value == "=SUM(D4:D7)"


@pytest.mark.parametrize("scheme", shipped())
def test_tiers_are_those_of_the_single_book(scheme: str, tmp_path: Path) -> None:
    """Quantiles, shares and ranks are of the whole company."""
    whole = make(tmp_path / "whole.xlsx", scheme=scheme).graded
    built = make(tmp_path / "out", scheme=scheme, split_by="owner")
    tiers = dict(zip(whole.frame["customer_id"], whole.frame["final_tier"], strict=True))
    seen: dict[str, str] = {}
    for book in built.books:
        grid = sheet(book.out, "tiers")
        rows = zip(grid.column("客户编号"), grid.column("最终级别"), strict=True)
        mine = {key: tier for key, tier in rows if key and tier}
        assert not seen.keys() & mine.keys(), "each customer in one book"
        seen |= mine
    assert seen == tiers


def test_a_split_book_that_is_graded_alone_keeps_the_cuts(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.xlsx", scheme="rfm").graded.settings
    built = make(tmp_path / "out", scheme="rfm", split_by="owner")
    last = read_previous(built.books[0].out, built.scheme)
    assert last.parameters
    again = make(tmp_path / "again.xlsx", scheme="rfm", previous=built.books[0].out)
    for key in built.scheme.cuts:
        assert again.graded.settings.tables[f"{key}_cut"] == whole.tables[f"{key}_cut"]


def test_each_book_is_in_balance(split: Built) -> None:
    total = 0
    for book in split.books:
        grid = sheet(book.out, "quality")
        lines = {row[0]: row[1:3] for row in grid.rows if len(row) > 2}
        assert lines["读入"] == lines["已用"] and lines["差额"] == [0, 0]
        assert lines["已用"][1] == pytest.approx(book.cents / 100)
        total += round(lines["已用"][0])
    assert total == split.clean.ledger.rows["used"]


def test_own_doubtful_cells_are_told_of(split: Built) -> None:
    """A quantity that is none stands on 数据质量 of the book that has the sale, and of no other."""
    for book in split.books:
        mine = "ABCD"[OWNERS.index(book.value)]
        told = [str(cell) for row in sheet(book.out, "quality").rows for cell in row]
        assert sorted(cell for cell in told if cell.endswith("多")) == [
            f"{mine}{i:03d}多" for i in range(1, 8)
        ]


def test_the_same_bytes_by_one_process_or_two(firm: Path, split: Built, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    from sheetgen.pipeline import BuildRequest, build

    request = BuildRequest(tmp_path / "out", [str(firm)], split_by="负责人", as_of=AS_OF, processes=2)
    again = build(request, each=lambda done, all_: told.append((done, all_)))
    assert again.digest == split.digest
    assert told == [(i, 5) for i in range(1, 6)]
    for book, other in zip(again.books, split.books, strict=True):
        assert book.out.read_bytes() == other.out.read_bytes()
    index = "索引.xlsx"
    assert (again.request.out / index).read_bytes() == (split.request.out / index).read_bytes()


def test_another_run_replaces_the_books(firm: Path, tmp_path: Path) -> None:
    first = make(tmp_path / "out", paths=[firm], split_by="owner", as_of=AS_OF)
    (tmp_path / "out" / "mine.txt").write_text("mine")
    second = make(tmp_path / "out", paths=[firm], split_by="owner", as_of=AS_OF)
    assert first.digest == second.digest
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"
    assert not list((tmp_path / "out").glob("*.tmp"))


def test_changes_and_answers_of_others_do_not_move_on(firm: Path, tmp_path: Path) -> None:
    """The ledger of last week's book and the pairs of possible duplicates are split as well."""
    make(tmp_path / "w1.xlsx", paths=[firm], as_of=AS_OF - timedelta(days=60))
    built = make(tmp_path / "out", paths=[firm], split_by="owner", as_of=AS_OF, previous=tmp_path / "w1.xlsx")
    assert built.graded.changes and built.clean.merges, "else this proves nothing"
    for book in built.books:
        mine = "ABCD"[OWNERS.index(book.value)]
        found = words(book.out)
        assert not re.search(rf"[{'ABCD'.replace(mine, '')}]00[1-7]", found)
        moved = [row for row in sheet(book.out, "changes").column("客户编号") if row]
        assert moved == [c.customer for c in built.graded.changes if c.customer.startswith(mine)]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("owner", "owner"), ("负责人", "owner"), ("Account manager", "owner"), (" 客户经理 ", "owner"),
        ("地区", "region"), ("介绍人", "x:介绍人"), ("客户编号", "customer_id"),
    ],
)  # fmt: skip
def test_a_column_by_any_of_its_names(split: Built, asked: str, name: str) -> None:
    assert find_column(asked, split.clean, "zh").name == name


def test_their_own_header_names_the_column(tmp_path: Path) -> None:
    write_csv(tmp_path / "c.csv", ["客户编号", "客户名称", "片区"], [("K1", "甲", "东"), ("K2", "乙", "西")])
    write_csv(
        tmp_path / "t.csv",
        ["客户编号", "日期", "金额"],
        [("K1", "2025-01-01", "5"), ("K3", "2025-01-01", "6")],
    )
    built = make(tmp_path / "out", paths=[tmp_path / "c.csv", tmp_path / "t.csv"], split_by="片区")
    assert [(b.value, b.customers) for b in built.books] == [("东", 1), ("西", 1), ("", 1)]
    assert sheets(tmp_path / "out" / "索引.xlsx")["索引"].headers[0] == "片区"


def test_an_unknown_column(firm: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        make(tmp_path / "out", paths=[firm], split_by="负责任")
    assert caught.value.facts["near"] == "负责人" and "介绍人" in str(caught.value.facts["known"])
    assert not (tmp_path / "out").exists()


def test_values_alike_are_one_book(tmp_path: Path) -> None:
    rows = [
        ("K1", "甲", "Ann Lee"),
        ("K2", "乙", "ANN  LEE"),
        ("K3", "丙", "Ａnn Lee "),
        ("K4", "丁", "a/b"),
        ("K5", "戊", "a:b"),
    ]
    write_csv(tmp_path / "c.csv", ["客户编号", "客户名称", "负责人"], rows)
    write_csv(tmp_path / "t.csv", ["客户编号", "日期", "金额"], [("K1", "2025-01-01", "5")])
    built = make(tmp_path / "out", paths=[tmp_path / "c.csv", tmp_path / "t.csv"], split_by="owner")
    assert [(b.value, b.out.name, b.customers) for b in built.books] == [
        ("a/b", "a_b.xlsx", 1),
        ("a:b", "a_b (2).xlsx", 1),
        ("Ann Lee", "Ann Lee.xlsx", 3),
    ]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd.xlsx"), ("CON", "_CON.xlsx"), ("con.txt", "_con.txt.xlsx"),
        ("a\u202eb\x00c", "abc.xlsx"), ("  ", "_.xlsx"), ("...", "_.xlsx"), ("-x", "x.xlsx"),
        ("~$x", "x.xlsx"),
        ("a. .", "a.xlsx"), ("50%#1", "50__1.xlsx"), ("[甲]", "_甲_.xlsx"), ("é", "é.xlsx"),
        ("索引", "索引 (2).xlsx"), ("INDEX", "INDEX (2).xlsx"), ("LPT1.", "_LPT1.xlsx"),
    ],
)  # fmt: skip
def test_file_names_for_any_system(value: str, name: str) -> None:
    assert file_name(value, {"索引", "index"}) == name


def test_long_names_stay_apart() -> None:
    taken: set[str] = set()
    names = [file_name("龘" * 300 + str(i), taken) for i in range(12)]
    assert len(set(names)) == 12
    assert all(len(n.encode()) <= LONGEST_NAME and n.endswith(".xlsx") for n in names)


def test_too_many_books(tmp_path: Path) -> None:
    rows = [(f"K{i}", f"{i}") for i in range(MOST_BOOKS + 1)]
    write_csv(tmp_path / "c.csv", ["客户编号", "客户名称"], rows)
    with pytest.raises(UsageError, match="split_many"):
        make(tmp_path / "out", paths=[tmp_path / "c.csv"], split_by="客户编号", as_of=AS_OF)
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be(firm: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    for out in ("a.xlsx", "file", "no/such/out", "link"):
        with pytest.raises(SheetgenError) as caught:
            make(tmp_path / out, paths=[firm], split_by="owner")
        assert caught.value.exit_code == 2, out
    for out in (firm, firm.parent):
        with pytest.raises(UsageError, match="split_into_input"):
            make(out, paths=[firm / "c.csv", firm / "t.csv"], split_by="owner")


def test_a_dry_run_and_strict_write_nothing(firm: Path, tmp_path: Path) -> None:
    for more in ({"dry_run": True}, {"strict": True}):
        built = make(tmp_path / "out", paths=[firm], split_by="owner", as_of=AS_OF, **more)  # type: ignore[arg-type]
        assert not built.written and [b.customers for b in built.books] == [7, 7, 7, 7]
        assert not (tmp_path / "out").exists()


def test_books_under_a_password(firm: Path, tmp_path: Path) -> None:
    from sheetgen.ingest.rules import ReadRules

    rules = ReadRules(password="correct horse 1")
    built = make(tmp_path / "out", paths=[firm], split_by="owner", as_of=AS_OF, rules=rules)
    for path in (tmp_path / "out").iterdir():
        assert not zipfile.is_zipfile(path), path
    assert read_previous(built.books[0].out, built.scheme, "correct horse 1").tiers
    with pytest.raises(PasswordError):
        read_previous(built.books[0].out, built.scheme, "wrong")


def test_the_command(firm: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from sheetgen.cli import main

    def run(*more: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as done:
            main("build", str(firm), "--split-by", "owner", "-o", str(tmp_path / "out"), *more)
        return int(str(done.value.code)), capfd.readouterr().out

    code, said = run("--json", "--lang", "en")
    found: dict[str, Any] = json.loads(said)
    assert code == 3 and found["out"] == str(tmp_path / "out")
    assert [b["value"] for b in found["books"]] == ["Zoe", "甄一", "贾二", "Unassigned"]
    assert found["books"][0].keys() == {"value", "out", "customers", "tiers"}
    assert (tmp_path / "out" / "Index.xlsx").exists()
    code, said = run()
    assert code == 3 and "已写出 4 个表格和索引" in said and "索引.xlsx" in said.splitlines()[-1]


def test_the_sample_by_region(tmp_path: Path) -> None:
    built = make(tmp_path / "out", paths=[SAMPLE], split_by="region", lang="en")
    assert sum(b.customers for b in built.books) == 336 and len(built.books) > 3
    assert {p.name for p in (tmp_path / "out").iterdir()} == {b.out.name for b in built.books} | {
        "Index.xlsx"
    }
