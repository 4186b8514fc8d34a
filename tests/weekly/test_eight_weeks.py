"""Eight weeks in a row: new exports each week, one of them corrected later, staff at work in each book.

At the end nothing of it is lost, and every tier change is right by an independent count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from sheetgen.config import read_config
from sheetgen.ingest.rules import NO_RULES
from sheetgen.pipeline import Built
from sheetgen.weekly import Week, WeeklyRequest, weekly

from ..books import make, write_csv
from ..office.office import Office
from .desk import Desk, read
from .firm import EDGES, TWINS, WEEKS, Hand, day_of, moves, tiers, write_week

CONFIG = """
weekly:
  sources: [data]
  folder: out
  name: "客户表 {date}.xlsx"
"""
LAPSES = day_of(7)
TYPED = [
    ("P05", "2025-06-14", "30000", "HAND-1", ""),
    ("N01", "2025-07-05", "260000", "HAND-2", ""),
]


def hands() -> list[Hand]:
    """What staff have done by each week, in the words of firm.py."""
    one = Hand()
    two = replace(one, overrides={"P04": ("vip", None)})
    three = replace(two, edges={**EDGES, "b": 60_000})
    four = replace(three, typed=TYPED[:1])
    five = replace(four, amounts={"W3-fix": "6000"})
    six = five
    seven = replace(six, typed=TYPED, overrides={**six.overrides, "P10": ("a", LAPSES)})
    return [one, two, three, four, five, six, seven, replace(seven, merged={TWINS[1]: TWINS[0]})]


@dataclass(frozen=True)
class Run:
    """The folder, and what came of each week."""

    folder: Path
    weeks: list[Week]

    @property
    def last(self) -> Path:
        """The book of the eighth week."""
        return self.weeks[-1].built.request.out


def work(week: int, desk: Desk) -> None:
    """What staff do in the book of a week."""
    if week == 1:
        desk.type("tiers", "P04", "人工调整", "VIP级")
        desk.type("tiers", "P04", "调整原因", "战略客户")
        desk.type("tiers", "P07", "备注", "七月回访")
        desk.type("customers", "P02", "备注", "只收邮件")
    if week == 2:
        desk.type("preferences", "P01", "偏好品类", "白茶")
        desk.parameter("B级", 60_000.0)
    if week == 3:
        desk.add(
            "service", 客户编号="P03", 日期=date(2025, 6, 13), 咨询问题="催货", 满意度=2.0, 是否投诉="是"
        )
        desk.add("transactions", 客户编号="P05", 日期=date(2025, 6, 14), 金额=30_000.0, 订单号="HAND-1")
    if week == 4:
        desk.type("customers", "P06", "地区", "西南")
        desk.order("W3-fix", "金额", 6_000.0)
    if week == 5:
        desk.column("customers", "拜访计划", {"P01": 3.0, "P02": 5.0})
        desk.column("tiers", "销售意见", {"P01": "可升", "P03": "观察"})
        desk.office.add_sheet("会议纪要", 3)
        desk.office.set_many("会议纪要", {"A1": "七月例会", "B2": 42.0, "C3": date(2025, 7, 4)})
    if week == 6:
        desk.type("tiers", "P10", "人工调整", "A级")
        desk.type("tiers", "P10", "有效期", LAPSES)
        rows = desk.grid("customers").column("客户编号")
        row = 4 + sum(v not in ("", None) for v in rows)
        desk.office.set_many("客户信息", {f"A{row}": "N01", f"B{row}": "新来的公司"})
        desk.add("transactions", 客户编号="N01", 日期=date(2025, 7, 5), 金额=260_000.0, 订单号="HAND-2")
    if week == 7:
        grid = desk.grid("merges")
        at = grid.headers.index("是否合并")
        row = next(i for i, cells in enumerate(grid.rows, 1) if set(TWINS) <= set(map(str, cells)))
        desk.office.set("疑似重复", f"{'ABCDEFGHIJ'[at]}{row}", "是")


@pytest.fixture(scope="module")
def run(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All eight weeks, one after the other."""
    folder = tmp_path_factory.mktemp("eight")
    request = WeeklyRequest(read_config(CONFIG), folder)
    weeks = []
    for week in range(1, WEEKS + 1):
        write_week(folder / "data", week)
        weeks.append(weekly(request))
        if week < WEEKS:
            desk = Desk(office, weeks[-1].built.request.out)
            work(week, desk)
            desk.save()
    return Run(folder, weeks)


def test_each_week_follows_the_one_before(run: Run) -> None:
    names = [f"客户表 {day_of(week)}.xlsx" for week in range(1, WEEKS + 1)]
    assert [week.built.request.out.name for week in run.weeks] == names
    assert [week.last_path.name if week.last_path else None for week in run.weeks] == [None, *names[:-1]]
    pages = {path.name for path in (run.folder / "out").iterdir()} - set(names)
    assert pages == {name.replace(".xlsx", ".html") for name in names}


def test_every_tier_of_every_week_is_right(run: Run) -> None:
    for number, (week, hand) in enumerate(zip(run.weeks, hands(), strict=True), 1):
        frame = week.built.graded.frame
        ids = ["c", "b", "a", "vip"]
        found = {c: ids[int(r) - 1] for c, r in zip(frame["customer_id"], frame["final_rank"], strict=True)}
        assert found == tiers(number, hand)


def test_the_ledger_holds_every_change_once(run: Run) -> None:
    grid = read(run.last, "changes")
    labels = {"C级": "c", "B级": "b", "A级": "a", "VIP级": "vip"}
    week, customer, _, was, now, _, cause = grid.headers[:7]
    rows = [dict(zip(grid.headers, row, strict=False)) for row in grid.rows[3:] if row[1]]
    found = [(str(r[week])[:10], r[customer], labels[r[was]], labels[r[now]]) for r in rows]
    wanted = moves(hands())
    assert sorted(found) == wanted
    assert sum(m[2] != m[3] for m in wanted) > 10
    causes = {(r[customer], str(r[week])[:10]): r[cause] for r in rows}
    assert causes["P04", str(day_of(2))] == "人工调整"


def test_everything_that_staff_did_is_in_the_last_book(run: Run) -> None:
    tiers_, people = read(run.last, "tiers"), read(run.last, "customers")
    assert (tiers_.of("P04")["人工调整"], tiers_.of("P04")["调整原因"]) == ("VIP级", "战略客户")
    assert tiers_.of("P04")["最终级别"] == "VIP级"
    assert tiers_.of("P07")["备注"] == "七月回访"
    assert (tiers_.of("P10")["人工调整"], tiers_.of("P10")["有效期"]) == ("A级", LAPSES)
    assert [tiers_.of(c)["销售意见"] for c in ("P01", "P03")] == ["可升", "观察"]
    assert people.of("P02")["备注"] == "只收邮件"
    assert people.of("P06")["地区"] == "西南"
    assert [people.of(c)["拜访计划"] for c in ("P01", "P02")] == [3.0, 5.0]
    assert people.of("N01")["客户名称"] == "新来的公司"
    assert TWINS[1] not in people.column("客户编号")
    assert read(run.last, "preferences").of("P01")["偏好品类"] == "白茶"
    shown = {row[0]: row[1] for row in read(run.last, "parameters").rows}
    assert shown["B级"] == 60_000
    orders = dict(zip(*(read(run.last, "transactions").column(h) for h in ("订单号", "金额")), strict=True))
    assert (orders["HAND-1"], orders["HAND-2"], orders["W3-fix"]) == (30_000, 260_000, 6_000)
    notes = read(run.last, "会议纪要").rows
    assert (notes[0][0], notes[1][1], notes[2][2]) == ("七月例会", 42.0, date(2025, 7, 4))


def test_service_entries_typed_by_staff_count_in_every_later_week(run: Run) -> None:
    for week in run.weeks[3:]:
        frame = week.built.graded.frame.set_index("customer_id")
        assert (frame["satisfaction"]["P03"], frame["complaints"]["P03"]) == (2.0, 1.0)
    scores = read(run.last, "scores").of("P03")
    assert (scores["平均满意度"], scores["投诉次数"]) == (2.0, 1.0)
    assert run.weeks[2].built.graded.frame.set_index("customer_id")["complaints"]["P03"] == 0


def test_a_correction_over_data_that_changed_too_is_told_once_and_stays(run: Run) -> None:
    told = [[(i.column, i.value) for i in w.built.issues if i.code == "SG565"] for w in run.weeks]
    assert told == [[], [], [], [], [], [], [("金额", "66000.00")], []]
    assert all(week.built.clean.ledger.balances for week in run.weeks)


def test_the_last_book_equals_one_built_from_everything_at_once(run: Run, tmp_path: Path) -> None:
    """What staff typed and corrected is an export here, what they set a setting; no other book is read."""
    data = tmp_path / "data"
    data.mkdir()
    for path in sorted((run.folder / "data").iterdir()):
        words = path.read_text("utf-8")
        if path.name == "sales-3.csv":
            words = words.replace("66000.00,W3-fix", "6000.00,W3-fix")
        (data / path.name).write_text(words, "utf-8")
    heads = ["客户编号", "日期", "金额", "订单号"]
    write_csv(data / "typed.csv", heads, [row[:4] for row in TYPED])
    write_csv(data / "typed-people.csv", ["客户编号", "客户名称", "手机"], [("N01", "新来的公司", "")])
    write_csv(
        data / "typed-service.csv",
        ["客户编号", "日期", "咨询问题", "满意度", "是否投诉"],
        [("P03", "2025-06-13", "催货", "2", "是")],
    )
    whole = make(
        tmp_path / "whole.xlsx", [data], as_of=day_of(WEEKS), parameters={"tier_b": 60_000.0},
        rules=NO_RULES.with_merges(((TWINS[1], TWINS[0]),)),
    )  # fmt: skip
    assert by_customer(whole, "scores") == by_customer(run.weeks[-1].built, "scores")
    assert sales_of(whole.request.out) == sales_of(run.last)
    assert whole.clean.ledger.cents["used"] == run.weeks[-1].built.clean.ledger.cents["used"]
    for column in ("computed_tier", "score", "spend", "gap", "keep"):
        a, b = (
            built.graded.frame.set_index("customer_id")[column].sort_index()
            for built in (whole, run.weeks[-1].built)
        )
        assert a.astype(str).tolist() == b.astype(str).tolist()


def by_customer(built: Built, sheet_id: str) -> dict[str, dict[str, object]]:
    grid = read(built.request.out, sheet_id)
    skip = {
        "序号",
        "state",
        *(h for h in grid.headers if h.endswith(("_first", "_last", "_n", "_wrong", "_loose"))),
    }
    return {
        str(c): {h: v for h, v in grid.of(c).items() if h not in skip} for c in grid.column("客户编号") if c
    }


def sales_of(path: Path) -> list[tuple[str, ...]]:
    grid = read(path, "transactions")
    return sorted(
        tuple(str(v) for v in row)
        for row in zip(*(grid.column(h) for h in ("客户编号", "日期", "金额", "订单号", "品类")), strict=True)
    )


def test_the_same_week_again_changes_no_byte(run: Run) -> None:
    before = {path.name: path.read_bytes() for path in (run.folder / "out").iterdir()}
    again = weekly(run.weeks[-1].request)
    assert again.unchanged
    assert {path.name: path.read_bytes() for path in (run.folder / "out").iterdir()} == before
