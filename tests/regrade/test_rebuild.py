"""``regrade --rebuild``: a book past patching comes out whole, and what cannot come along is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from sheetgen.errors import InputError
from sheetgen.i18n import text
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.report_regrade import regrade_json
from tests.books import sheet, sheets
from tests.office.office import Office
from tests.office.values import column_name
from tests.parity import edits as staff
from tests.parity.data import AS_OF, company
from tests.parity.desk import Desk

from .books import proved, typed
from .test_command import run

NEW = "新客1"
OWN_RUN = ("使用说明", "数据质量", "_sheetgen")
"""the sheets that tell of the run itself"""


def rebuilt(book: Path, out: Path, **more: object) -> Regraded:
    return regrade(RegradeRequest(book, out, rebuild=True, **more))  # type: ignore[arg-type]


def tiers_in(book: Path) -> dict[str, tuple[object, ...]]:
    """Customer -> what 客户级别 shows of them."""
    grid = sheet(book, "tiers")
    keys = ("最终级别", "系统级别", "上期级别", "人工调整", "调整原因", "有效期", "备注")
    rows = zip(grid.column("客户编号"), *(grid.column(key) for key in keys), strict=True)
    return {str(row[0]): row[1:] for row in rows if row[0] not in ("", None)}


@dataclass(frozen=True)
class Edited:
    """The first book as staff left it, and what a plain re-grade makes of it."""

    book: Path
    plain: Path
    found: Regraded


def edit(desk: Desk) -> None:
    """Every kind of entry, and every kind of thing that no fresh book can hold."""
    office, last = desk.office, len(desk.layout.columns["tiers"]) + 1
    staff.override(desk, "平5", "VIP级", until=30)
    desk.put("tiers", desk.row_of("tiers", "平7"), remark="老客户")
    desk.put("customers", desk.row_of("customers", "平8"), remark="只接受邮件")
    likes = sheet(desk.built.request.out, "preferences")
    cell = f"{column_name(likes.headers.index('偏好品类'))}{likes.row_of('平9')}"
    office.set("客户偏好", cell, "白茶")
    desk.set_named("p_tier_a", 150_000)
    staff.add(desk, "平6", 1_234.56)
    staff.change("平5", 0, amount=888.88)(desk)
    staff.new_customer(desk, NEW, remark="展会认识")
    staff.add(desk, NEW, 60_000.0)
    staff.call(desk, NEW, 5.0, "否")
    name = desk.sheet("tiers")
    office.set_many(name, {f"{column_name(last)}3": "我的列", f"{column_name(last)}4": "记"})
    office.set(desk.sheet("customers"), "Z2", "抬头")
    amount = desk.at("transactions", "amount", desk.row_of("transactions", "平7"))
    office.set(desk.sheet("transactions"), amount, "=100*2.5")
    office.comment(name, "B5", "批注")
    office.paint(name, "B6:B7", 0x12AB34)
    office.add_sheet("我的表", 2)
    office.set_many("我的表", {"A1": "目标", "B1": 12.5})
    office.add_chart("总览", "我的图", "A60:B64")
    office.recalc()


@pytest.fixture(scope="module")
def edited(built: Built, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Edited:
    folder = tmp_path_factory.mktemp("rebuild")
    office.open(built.request.out)
    edit(Desk(office, built, folder))
    book = office.save_as(folder / "edited.xlsx")
    return Edited(book, folder / "plain.xlsx", regrade(RegradeRequest(book, folder / "plain.xlsx")))


def test_an_unedited_book_comes_out_the_same(built: Built, tmp_path: Path) -> None:
    found = rebuilt(built.request.out, tmp_path / "out.xlsx")
    old, new = sheets(built.request.out), sheets(tmp_path / "out.xlsx")
    assert list(old) == list(new)
    assert {name for name in old if old[name].rows != new[name].rows} == set(OWN_RUN)
    assert (found.tiers, found.edits, found.changes) == (built.tiers, (), ())
    assert found.ledger.rows["used"] == built.clean.ledger.rows["used"]
    assert found.ledger.cents["used"] == built.clean.ledger.cents["used"]
    assert {i.code for i in found.issues} == {"SG818"}, "nothing is lost but the looks"


@pytest.mark.parametrize("scheme", ["hotel", "points"])
def test_further_tables_in_english(scheme: str, tmp_path: Path) -> None:
    kinds = company(scheme, seed=3, plain=2).write(tmp_path)
    request = BuildRequest(tmp_path / "book.xlsx", kinds=kinds, scheme=scheme, as_of=AS_OF, lang="en")
    built = build(request)
    found = rebuilt(request.out, tmp_path / "out.xlsx")
    old, new = sheets(request.out), sheets(tmp_path / "out.xlsx")
    assert {n for n in old if old[n].rows != new[n].rows} <= {"Guide", "Data quality", "_sheetgen"}
    assert (found.tiers, found.edits) == (built.tiers, ())


def test_a_book_with_a_past_keeps_its_period(second: Built, tmp_path: Path) -> None:
    """Last tiers, the ledger and what tracking remembers are those of the period that it was written in."""
    found = rebuilt(second.request.out, tmp_path / "out.xlsx")
    old, new = sheets(second.request.out), sheets(tmp_path / "out.xlsx")
    assert {name for name in old if old[name].rows != new[name].rows} <= set(OWN_RUN)
    assert found.tiers == second.tiers and second.graded.changes


def test_the_same_as_a_plain_regrade(edited: Edited, office: Office, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    found = rebuilt(edited.book, out)
    assert found.tiers == edited.found.tiers and found.customers == edited.found.customers
    assert tiers_in(out) == tiers_in(edited.plain)
    plain, mine = edited.found.ledger, found.ledger
    assert mine.balances and (mine.rows["used"], mine.cents["used"]) == (
        plain.rows["used"],
        plain.cents["used"],
    )
    assert {(c.customer, c.now) for c in found.changes} == {(c.customer, c.now) for c in edited.found.changes}
    assert proved(office, out, tmp_path).wrong == []
    again = regrade(RegradeRequest(out, dry_run=True))
    assert (again.changed, again.edits) == (False, ()), "what came out is a book like any other"


def test_nothing_of_staffs_is_lost(edited: Edited, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    found = rebuilt(edited.book, out)
    people, likes = sheet(out, "customers"), sheet(out, "preferences")
    assert people.of("平8")["备注"] == "只接受邮件" and people.of(NEW)["备注"] == "展会认识"
    assert likes.of("平9")["偏好品类"] == "白茶"
    sales = sheet(out, "transactions")
    rows = list(zip(sales.column("客户编号"), sales.column("金额"), sales.column("录入"), strict=True))
    assert ("平6", 1_234.56, "人工") in rows and (NEW, 60_000.0, "人工") in rows
    assert ("平5", 888.88, "") in rows and ("平7", 250.0, "") in rows
    kept = [grid.column("我的列") for name, grid in sheets(out).items()
            if name in ("客户级别", "客户信息") and "我的列" in grid.headers]  # fmt: skip
    assert [[cell for cell in column if cell] for column in kept] == [["记"]]
    assert sheets(out)["我的表"].rows[0] == ["目标", 12.5]
    kinds = {(e.kind, e.customer, e.was, e.now) for e in found.edits}
    assert kinds >= {
        ("override", "平5", "", "VIP级"), ("remark", "平7", "", "老客户"), ("remark", "平9", "", "白茶"),
        ("parameter", "", "200000", "150000"), ("added", NEW, "", NEW), ("added", "平6", "", "平6"),
    }  # fmt: skip
    day = (AS_OF + timedelta(days=30)).isoformat()
    assert ("override", "平5", "", day) in kinds


def test_the_next_book_finds_it_all(edited: Edited, built: Built, tmp_path: Path) -> None:
    """A build from the fresh book is the build from the book that staff handed in."""
    rebuilt(edited.book, tmp_path / "fresh.xlsx")
    day = AS_OF + timedelta(days=31)
    for name, previous in (("a", edited.book), ("b", tmp_path / "fresh.xlsx")):
        build(
            BuildRequest(
                tmp_path / f"{name}.xlsx", kinds=built.request.kinds, scheme="vip-abc", as_of=day,
                previous=previous,
            )
        )  # fmt: skip
    plain, fresh = tiers_in(tmp_path / "a.xlsx"), tiers_in(tmp_path / "b.xlsx")
    assert {c: row[:2] + row[3:] for c, row in fresh.items()} == {
        c: row[:2] + row[3:] for c, row in plain.items()
    }
    for name in ("客户信息", "客户偏好", "历史交易", "服务记录"):
        mine, theirs = (sheets(tmp_path / f"{n}.xlsx")[name].rows[3:] for n in "ab")
        assert sorted(map(str, mine)) == sorted(map(str, theirs)), name


def test_what_does_not_come_along_is_named(edited: Edited, tmp_path: Path) -> None:
    found = rebuilt(edited.book, tmp_path / "out.xlsx")
    lost = {(dict(i.facts)["sheet"], dict(i.facts)["what"]): dict(i.facts)["cells"]
            for i in found.issues if i.code == "SG800"}  # fmt: skip
    assert lost["客户级别", text("lost_comments", "zh")] == "B5"
    assert lost["客户级别", text("lost_colours", "zh")] == "B6, B7"
    assert lost["客户信息", text("lost_cells", "zh")] == "Z2"
    assert ("总览", text("lost_charts", "zh")) in lost
    assert lost["历史交易", text("lost_formulas", "zh")].startswith("C")
    assert len(lost) == 5
    said = json.loads(json.dumps(regrade_json(found, "en")))
    assert {one["sheet"] for one in said["not_carried"]} == {"客户级别", "客户信息", "总览", "历史交易"}


def drop(*names: str) -> Callable[[Office], None]:
    """Delete sheets."""

    def run(office: Office) -> None:
        for name in names:
            office.delete_sheet(name)

    return run


def rename(office: Office, **names: str) -> None:
    """Give sheets other names."""
    for old, new in names.items():
        office.rename_sheet(old, new)


BROKEN: dict[str, tuple[Callable[[Office], None], set[str]]] = {
    "sheets of formulas": (drop("价值评分", "_calc", "总览"), set()),
    "customers": (drop("客户信息"), {"SG801"}),
    "sales": (drop("历史交易"), {"SG801"}),
    "tiers": (drop("客户级别"), {"SG802"}),
    "parameters": (drop("参数设置"), {"SG802"}),
    "a column": (lambda office: office.delete_column("客户信息", 7), {"SG803"}),
    "the numbers of customers": (lambda office: office.delete_column("客户信息", 15), set()),
    "another name": (
        lambda office: rename(office, 客户级别="级别表", 参数设置="参数", 历史交易="流水"),
        {"SG821"},
    ),
    "the base": (drop("_base", "_transactions", "_service", "级别变动"), {"SG802"}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_gone_comes_back(built: Built, office: Office, tmp_path: Path, what: str) -> None:
    """Of a book that was not edited all comes back as it was, and what may be lost is told."""
    damage, codes = BROKEN[what]
    office.open(built.request.out)
    damage(office)
    book, out = office.save_as(tmp_path / "broken.xlsx"), tmp_path / "out.xlsx"
    found = rebuilt(book, out)
    assert found.tiers == built.tiers
    assert tiers_in(out) == tiers_in(built.request.out)
    for name in ("客户信息", "历史交易", "客户偏好", "参数设置"):
        assert sheets(out)[name].rows == sheets(built.request.out)[name].rows, name
    assert {i.code for i in found.issues} - {"SG818", "SG800"} == codes
    assert not regrade(RegradeRequest(out, dry_run=True)).changed


def test_a_broken_book_is_told_of_the_way_out(built: Built, office: Office, tmp_path: Path) -> None:
    office.open(built.request.out)
    office.delete_sheet("价值评分")
    book = office.save_as(tmp_path / "broken.xlsx")
    for lang in ("zh", "en"):
        done = run(book, "--lang", lang)
        assert done.returncode == 4 and "--rebuild" in done.stderr
    assert book.read_bytes() and not (tmp_path / "broken.xlsx.bak").exists()


def test_without_its_state_it_is_refused(built: Built, office: Office, tmp_path: Path) -> None:
    office.open(built.request.out)
    office.delete_sheet("_sheetgen")
    book = office.save_as(tmp_path / "broken.xlsx")
    with pytest.raises(InputError) as caught:
        rebuilt(book, tmp_path / "out.xlsx")
    assert caught.value.exit_code == 4 and "--previous" in text(caught.value.key, "zh", **caught.value.facts)
    assert not (tmp_path / "out.xlsx").exists()


def test_more_customers_than_prepared_rows(desk: Desk, office: Office, tmp_path: Path) -> None:
    """Those below the last formula count, and a row without a day or of nobody is held back with its line."""
    first = desk.next_row("customers")
    cells = {desk.at("customers", "customer_id", first + i): f"多{i:02d}" for i in range(40)}
    office.set_many(desk.sheet("customers"), cells)  # type: ignore[arg-type]
    for i in (0, 39):
        staff.add(desk, f"多{i:02d}", 300_000.0)
    staff.add(desk, "没有此人", 77.0)
    row = desk.next_row("transactions")
    desk.put("transactions", row, customer_id="平3", date="上周", amount=66.0)
    book, out = office.save_as(tmp_path / "full.xlsx"), tmp_path / "out.xlsx"
    patched = regrade(RegradeRequest(book, dry_run=True))
    found = rebuilt(book, out)
    assert (patched.customers, patched.tiers) == (found.customers, found.tiers)
    seen = tiers_in(out)
    assert (seen["多00"][0], seen["多39"][0]) == (
        "A级",
        "A级",
    ) and found.customers == desk.built.graded.frame.shape[0] + 40
    held = {i.code: (i.row, i.value) for i in found.issues if i.code.startswith("SG81") and i.code != "SG818"}
    assert held == {"SG810": (row, "上周"), "SG811": (row - 1, "没有此人")}
    assert found.held_back and found.ledger.balances
    assert found.ledger.rows["held_back"] == 2 and found.ledger.cents["held_back"] == 14_300
    assert proved(office, out, tmp_path).wrong == []


def test_the_command_keeps_the_old_book(built: Built, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    shutil.copy(built.request.out, book)
    tried = run(book, "--rebuild", "--dry-run", "--json")
    assert tried.returncode == 0 and book.read_bytes() == built.request.out.read_bytes()
    done = run(book, "--rebuild", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["tiers"], said["backup"]) == (0, built.tiers, f"{book}.bak")
    assert (tmp_path / "book.xlsx.bak").read_bytes() == built.request.out.read_bytes()
    assert typed(book)["客户信息", 3, 0] == typed(built.request.out)["客户信息", 3, 0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book.xlsx", "book.xlsx.bak"]
