"""The weekly run: which book it follows, what a repeated run does, who may run, what it says and writes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sheetgen.cli import main
from sheetgen.config import read_config
from sheetgen.errors import AnotherRunError, UsageError
from sheetgen.lock import only_run
from sheetgen.weekbooks import WeekBook, books_in, last_of, one_of
from sheetgen.weekly import Week, WeeklyRequest, weekly

from ..books import write_csv
from .desk import read

PEOPLE = [(f"K{i}", f"客户{i}", "张三" if i % 2 else "李四", "华东") for i in range(1, 7)]
SALES = [
    ("K1", "2025-05-01", "600000", "o1"),
    ("K2", "2025-05-02", "250000", "o2"),
    ("K3", "2025-05-03", "60000", "o3"),
    ("K4", "2025-06-01", "100", "o4"),
]
LATER = [("K3", "2025-06-08", "200000", "o5")]
CONFIG = "weekly:\n  sources: [data]\n  folder: out\n"


def put(folder: Path, sales: list[tuple[str, ...]], people: list[tuple[str, ...]] = PEOPLE) -> None:
    data = folder / "data"
    data.mkdir(exist_ok=True)
    write_csv(data / "c.csv", ["客户编号", "客户名称", "负责人", "地区"], people)
    write_csv(data / "t.csv", ["客户编号", "日期", "金额", "订单号"], sales)


def run(folder: Path, config: str = CONFIG, **more: Any) -> Week:
    (folder / "sheetgen.yml").write_text(config, "utf-8")
    return weekly(WeeklyRequest(read_config(config), folder, **more))


def write_in(path: Path, sheet: str, customer: str, header: str, value: Any, at: int = 0) -> None:
    """Type a value by hand, as a program other than ours does; formulas lose their results by it."""
    book = load_workbook(path)
    ws = book[sheet]
    heads = [cell.value for cell in ws[3]]
    ids = [str(cell.value) for cell in book["客户信息"]["A"]] if sheet == "客户级别" else [
        str(cell.value) for cell in ws["A"]
    ]  # fmt: skip
    ws.cell(at or ids.index(customer) + 1, heads.index(header) + 1, value)
    book.save(path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first week's run."""
    folder = tmp_path_factory.mktemp("week")
    put(folder, SALES)
    run(folder)
    return folder


@pytest.fixture
def folder(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "w"))


def test_a_week_makes_a_book_a_page_and_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, [*SALES, ("K5", "无日期", "9", "o9")])
    (tmp_path / "sheetgen.yml").write_text(CONFIG, "utf-8")
    with pytest.raises(SystemExit) as done:
        main("weekly", "--config", str(tmp_path / "sheetgen.yml"), "--json", "--no-input")
    assert done.value.code == 3, "a row was held back"
    found = json.loads(capsys.readouterr().out)
    assert (found["command"], found["as_of"], found["previous"]) == ("weekly", "2025-06-01", None)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["sheetgen.log", "客户级别管理表格 2025-06-01.html", "客户级别管理表格 2025-06-01.xlsx"]
    line = (tmp_path / "out" / "sheetgen.log").read_text("utf-8")
    assert line.count("\n") == 1
    assert "exit=3" in line and "as_of=2025-06-01" in line and "held_back=1" in line
    assert not any(words in line for words in ("K5", "客户1", "张三"))


def test_the_next_week_follows_it_and_the_page_tells_who_rose(folder: Path) -> None:
    book = folder / "out" / "客户级别管理表格 2025-06-01.xlsx"
    write_in(book, "客户级别", "K4", "人工调整", "A级")
    shutil.move(book, book.with_name("张三改过.xlsx"))
    put(folder, [*SALES, *LATER])
    week = run(folder)
    assert week.last_path is not None and week.last_path.name == "张三改过.xlsx"
    assert {(c.customer, c.was, c.now, c.cause) for c in week.built.graded.changes} == {
        ("K3", "b", "a", "data"),
        ("K4", "c", "a", "override"),
    }
    assert week.summary is not None
    page = week.summary.read_text("utf-8")
    assert page.startswith("<!doctype html>") and "客户3" in page and "B级 → A级" in page


def test_a_repeated_run_keeps_every_byte_and_what_staff_wrote_since(folder: Path) -> None:
    put(folder, [*SALES, *LATER])
    out = run(folder).built.request.out
    once = out.read_bytes()
    again = run(folder)
    assert again.unchanged and again.backup is None and out.read_bytes() == once
    write_in(out, "客户级别", "K4", "备注", "下周回电")
    write_in(out, "客户信息", "K2", "地区", "西北")
    kept = run(folder)
    assert not kept.unchanged and kept.backup is not None
    assert kept.built.graded.changes == again.built.graded.changes, "the ledger still starts from last week"
    assert read(out, "tiers").of("K4")["备注"] == "下周回电"
    assert read(out, "customers").of("K2")["地区"] == "西北"
    twice = out.read_bytes()
    settled = run(folder)
    assert settled.unchanged and out.read_bytes() == twice
    put(folder, [*SALES, *LATER, ("K5", "2025-06-07", "70000", "o6")])
    fresh = run(folder)
    assert fresh.built.tiers["b"] == 1 and read(out, "tiers").of("K4")["备注"] == "下周回电"
    assert run(folder).unchanged


def test_two_books_of_a_day_are_never_guessed_between(folder: Path) -> None:
    book = folder / "out" / "客户级别管理表格 2025-06-01.xlsx"
    shutil.copy(book, book.with_name("副本.xlsx"))
    put(folder, [*SALES, *LATER])
    books = books_in(folder / "out")
    assert len(books) == 2
    assert last_of(books, date(2025, 6, 8), "vip-abc") is not None, "the same bytes under two names"
    write_in(book, "客户级别", "K4", "备注", "甲")
    assert last_of(books_in(folder / "out"), date(2025, 6, 8), "vip-abc").path == book  # type: ignore[union-attr]
    write_in(book.with_name("副本.xlsx"), "客户级别", "K4", "备注", "乙")
    with pytest.raises(UsageError, match="weekly_two_books"):
        run(folder)
    assert run(folder, previous=book).last_path == book


def test_locks_backups_and_strangers_are_passed_over(folder: Path) -> None:
    out = folder / "out"
    book = out / "客户级别管理表格 2025-06-01.xlsx"
    for name in ("~$a.xlsx", ".~lock.b.xlsx#", ".hidden.xlsx"):
        (out / name).write_bytes(b"no book")
    shutil.copy(book, out / f"{book.name}.bak")
    shutil.copytree(out, out / "old.bak2")
    write_csv(out / "notes.csv", ["a"], [["b"]])
    stranger = load_workbook(book)
    for name in stranger.sheetnames[1:]:
        del stranger[name]
    stranger.custom_doc_props.props.clear()
    stranger.save(out / "stranger.xlsx")
    assert [b.path.name for b in books_in(out)] == [book.name]


@pytest.mark.parametrize(
    ("days", "wanted"), [((1, 3, 5), 5), ((9, 10), None), ((5, 10, 2), 5), ((), None)]
)  # fmt: skip
def test_the_newest_book_before_the_day_counts(days: tuple[int, ...], wanted: int | None) -> None:
    books = [WeekBook(Path(f"{d}.xlsx"), date(2025, 1, d), "vip-abc", False) for d in days]
    found = last_of(books, date(2025, 1, 9), "vip-abc")
    assert (found.as_of.day if found else None) == wanted


def test_of_one_day_the_same_scheme_and_then_the_saved_one_counts() -> None:
    day = date(2025, 1, 1)
    a, b, c = (
        WeekBook(Path("a"), day, "rfm", True),
        WeekBook(Path("b"), day, "vip-abc", False),
        WeekBook(Path("c"), day, "vip-abc", True),
    )
    assert one_of([a, b, c], "vip-abc") == c
    assert one_of([a, b], "vip-abc") == b
    assert one_of([a, b], "telecom") == a


def test_another_run_is_refused_and_leaves_nothing(folder: Path) -> None:
    hold = "import sys; from pathlib import Path; from sheetgen.lock import only_run\n"
    hold += "with only_run(Path(sys.argv[1])):\n print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(folder / "out")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline().strip() == b"held"
        with pytest.raises(AnotherRunError) as refused:
            run(folder)
        assert refused.value.exit_code == 11
        other.communicate(b"")
    assert not (folder / "out" / ".sheetgen.lock").exists()
    with only_run(folder / "out"):
        assert (folder / "out" / ".sheetgen.lock").exists()
    assert run(folder).unchanged


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    put(folder, [*SALES, *LATER])
    before = sorted(path.name for path in (folder / "out").iterdir())
    week = run(folder, dry_run=True)
    assert not week.built.written and week.summary is None
    assert sorted(path.name for path in (folder / "out").iterdir()) == before


def test_what_the_config_refuses_does_not_move_on(folder: Path) -> None:
    book = folder / "out" / "客户级别管理表格 2025-06-01.xlsx"
    write_in(book, "客户信息", "K2", "地区", "西北")
    put(folder, [*SALES, *LATER])
    week = run(folder, CONFIG + "  carry: {corrections: false}\n")
    assert read(week.built.request.out, "customers").of("K2")["地区"] == "华东"


def test_a_split_week_is_a_folder_and_the_next_one_reads_all_of_it(tmp_path: Path) -> None:
    put(tmp_path, SALES)
    config = CONFIG + "  split_by: 负责人\n"
    one = run(tmp_path, config).built.request.out
    assert {p.name for p in one.iterdir()} == {"张三.xlsx", "李四.xlsx", "索引.xlsx"}
    write_in(one / "张三.xlsx", "客户级别", "K1", "备注", "甲")
    write_in(one / "李四.xlsx", "客户信息", "K2", "地区", "西北")
    kept = run(tmp_path, config)
    assert not kept.unchanged and kept.backup is not None and kept.backup.is_dir()
    assert run(tmp_path, config).unchanged
    put(tmp_path, [*SALES, *LATER])
    week = run(tmp_path, config)
    assert week.last_path == one
    two = week.built.request.out
    assert read(two / "张三.xlsx", "tiers").of("K1")["备注"] == "甲"
    assert read(two / "李四.xlsx", "customers").of("K2")["地区"] == "西北"
    assert [(c.customer, c.was, c.now) for c in week.built.graded.changes] == [("K3", "b", "a")]
    assert run(tmp_path, config).unchanged


def test_an_encrypted_week_names_nobody_outside_the_book(tmp_path: Path) -> None:
    put(tmp_path, SALES)
    (tmp_path / "password.txt").write_text("correct horse battery\n", "utf-8")
    config = CONFIG + "  password_file: password.txt\n"
    run(tmp_path, config)
    put(tmp_path, [*SALES, *LATER])
    week = run(tmp_path, config)
    assert week.last_path is not None and week.summary is not None
    page = week.summary.read_text("utf-8")
    assert "客户" in page and not any(name in page for _, name, *_ in PEOPLE)
    assert run(tmp_path, config).unchanged
