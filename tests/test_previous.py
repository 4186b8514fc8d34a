"""The weekly round: staff edit last week's book as in Excel, and this week's book keeps what they did."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sheetgen.i18n import Lang
from sheetgen.pipeline import Built
from sheetgen.workbook.layout import letter

from .books import field, make, sheet, sheets, write_csv
from .office.office import Office

WEEK1, WEEK2, WEEK3 = date(2025, 6, 1), date(2025, 6, 8), date(2025, 6, 15)
PEOPLE = [(f"0{i}", f"客户{i}", "张三") for i in range(1, 9)]
SALES1 = [
    ("01", "2025-05-01", "600000.00", "o1"),
    ("02", "2025-05-02", "250000.00", "o2"),
    ("03", "2025-05-03", "60000.00", "o3"),
    ("04", "2025-05-04", "100.00", "o4"),
    ("05", "2025-05-05", "60000.00", "o5"),
    ("06", "2025-05-06", "60000.00", "o6"),
    ("07", "2025-05-07", "100.00", "o7"),
]
SALES2 = [*SALES1, ("03", "2025-06-05", "150000.00", "o8"), ("02", "2025-06-06", "-60000.00", "o2")]
SERVED = [("01", "2025-05-20", "电话", "交期", "已答复", "王五", "5", "否")]


@dataclass(frozen=True)
class Weeks:
    """Folder with raw data, the first book, and the same book as staff left it."""

    folder: Path
    first: Built
    edited: Path


def raw(folder: Path, sales: list[tuple[str, str, str, str]]) -> list[Path]:
    """The raw data of a week."""
    folder.mkdir(exist_ok=True)
    return [
        write_csv(folder / "customers.csv", ["客户编号", "客户名称", "负责人"], PEOPLE),
        write_csv(folder / "transactions.csv", ["客户编号", "日期", "金额", "订单号"], sales),
        write_csv(
            folder / "service.csv",
            ["客户编号", "日期", "渠道", "咨询问题", "解决措施", "处理人", "满意度", "是否投诉"],
            SERVED,
        ),
    ]


def type_in(office: Office, path: Path, lang: Lang, edits: list[tuple[str, str, str, Any]]) -> None:
    """Type values by sheet, customer and header."""
    from sheetgen.workbook.layout import SHEETS

    key = field("customers", "customer_id", lang)
    for name, customer, header, value in edits:
        grid = sheet(path, name, lang)
        cell = f"{letter(grid.headers.index(header))}{grid.row_of(customer, key)}"
        office.set(SHEETS[name].text(lang), cell, value)


EDITS: list[tuple[str, str, str, Any]] = [
    ("tiers", "04", "人工调整", "VIP级"),
    ("tiers", "04", "调整原因", "战略客户，王总批准"),
    ("tiers", "05", "人工调整", "A级"),
    ("tiers", "05", "有效期", date(2025, 6, 7)),
    ("tiers", "06", "人工调整", "a"),
    ("tiers", "06", "有效期", date(2025, 6, 8)),
    ("tiers", "07", "备注", "七月回访"),
    ("tiers", "08", "人工调整", "VIP级"),
    ("tiers", "08", "备注", "新开发"),
    ("customers", "02", "备注", "只接受邮件联系"),
    ("preferences", "01", "偏好品类", "白茶"),
    ("preferences", "01", "方便联系时间", "周三下午"),
    ("preferences", "07", "偏好备注", "不要电话"),
]


@pytest.fixture(scope="module")
def weeks(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Weeks:
    """Week 1 built, edited and saved by LibreOffice, which recalculates as Excel would."""
    folder = tmp_path_factory.mktemp("weeks")
    first = make(folder / "1.xlsx", raw(folder / "data1", SALES1), as_of=WEEK1)
    office.open(first.request.out)
    type_in(office, first.request.out, "zh", EDITS)
    grid = sheet(first.request.out, "service")
    row = 4 + sum(v not in ("", None) for v in grid.column("客户编号"))
    typed = {
        "客户编号": "03",
        "日期": date(2025, 5, 30),
        "咨询问题": "员工补记",
        "满意度": 2.0,
        "是否投诉": "是",
    }
    for header, value in typed.items():
        office.set("服务记录", f"{letter(grid.headers.index(header))}{row}", value)
    names = {c[0]: i for i, c in enumerate(sheet(first.request.out, "parameters").rows, 1)}
    office.set("参数设置", f"B{names['B级']}", 70_000.0)
    office.set("参数设置", f"B{names['高频标准：年订单数超过']}", 6.0)
    office.recalc()
    edited = office.save_as(folder / "1 edited.xlsx")
    return Weeks(folder, first, edited)


@pytest.fixture(scope="module")
def second(weeks: Weeks) -> Built:
    """Week 2, from new data and the edited book."""
    return make(
        weeks.folder / "2.xlsx", raw(weeks.folder / "data2", SALES2), as_of=WEEK2, previous=weeks.edited
    )


def tier_rows(built: Built) -> dict[str, dict[str, Any]]:
    grid = sheet(built.request.out, "tiers")
    return {str(c): grid.of(c) for c in grid.column("客户编号") if c}


def test_the_edited_book_already_shows_the_overrides(weeks: Weeks) -> None:
    grid = sheet(weeks.edited, "tiers")
    assert [grid.of(c)["最终级别"] for c in ("04", "05", "06", "08")] == ["VIP级", "A级", "A级", "VIP级"]
    assert grid.of("04")["系统级别"] == "C级"


def test_overrides_reasons_and_remarks_are_kept(second: Built) -> None:
    rows = tier_rows(second)
    assert (rows["04"]["人工调整"], rows["04"]["调整原因"], rows["04"]["最终级别"]) == (
        "VIP级",
        "战略客户，王总批准",
        "VIP级",
    )
    assert rows["07"]["备注"] == "七月回访"
    assert (rows["08"]["人工调整"], rows["08"]["备注"]) == ("VIP级", "新开发")
    assert rows["05"]["有效期"] == date(2025, 6, 7)
    assert sheet(second.request.out, "customers").of("02")["备注"] == "只接受邮件联系"


def test_an_expired_override_stays_visible_but_lapses(second: Built) -> None:
    rows = tier_rows(second)
    assert (rows["05"]["人工调整"], rows["05"]["最终级别"]) == ("A级", "C级")
    assert (rows["06"]["人工调整"], rows["06"]["最终级别"]) == ("a", "A级")  # its last day is the as-of day


def test_preferences_are_kept(second: Built) -> None:
    grid = sheet(second.request.out, "preferences")
    assert (grid.of("01")["偏好品类"], grid.of("01")["方便联系时间"]) == ("白茶", "周三下午")
    assert grid.of("07")["偏好备注"] == "不要电话"
    assert grid.of("02")["偏好品类"] in ("", None)


def test_last_tiers_moves_and_changes(second: Built) -> None:
    rows = tier_rows(second)
    assert {c: (r["上期级别"], r["最终级别"], r["变动"]) for c, r in rows.items()} == {
        "01": ("VIP级", "VIP级", "—"),
        "02": ("A级", "B级", "▼降级"),
        "03": ("B级", "A级", "▲升级"),
        "04": ("C级", "VIP级", "▲升级"),
        "05": ("B级", "C级", "▼降级"),
        "06": ("B级", "A级", "▲升级"),
        "07": ("C级", "C级", "—"),
        "08": ("C级", "VIP级", "▲升级"),
    }
    assert {(c.customer, c.was, c.now, c.cause) for c in second.graded.changes} == {
        ("02", "a", "b", "data"),
        ("03", "b", "a", "data"),
        ("04", "c", "vip", "override"),
        ("05", "b", "c", "rule"),
        ("06", "b", "a", "override"),
        ("08", "c", "vip", "override"),
    }
    assert rows["05"]["说明"].endswith("；较上期（B级）▼降级：规则变化")
    assert rows["04"]["说明"].endswith("；人工调整为 VIP级；较上期（C级）▲升级：人工调整")


def test_the_ledger_lists_the_changes(second: Built) -> None:
    grid = sheet(second.request.out, "changes")
    entries = {(str(row[0])[:10], row[1]) for row in grid.rows[3:] if row[1]}
    assert entries == {("2025-06-08", c) for c in ("02", "03", "04", "05", "06", "08")}


def test_parameters_that_staff_changed_are_used(second: Built) -> None:
    assert second.graded.settings.tables["tier_cut"][1] == 70_000
    assert second.graded.settings.numbers["frequent_over"] == 6
    assert second.graded.settings.tables["tier_cut"][2:] == (200_000, 500_000.01)
    shown = {r[0]: r[1] for r in sheet(second.request.out, "parameters").rows}
    assert (shown["B级"], shown["高频标准：年订单数超过"]) == (70_000, 6)


def test_service_entries_that_staff_typed_count(second: Built) -> None:
    grid = sheet(second.request.out, "service")
    assert "员工补记" in grid.column("咨询问题")
    scores = sheet(second.request.out, "scores").of("03")
    assert (scores["平均满意度"], scores["投诉次数"]) == (2.0, 1.0)


def test_the_third_week_still_knows_all_of_it(weeks: Weeks, second: Built) -> None:
    """Nobody touched the second book."""
    third = make(
        weeks.folder / "3.xlsx", raw(weeks.folder / "data3", SALES2), as_of=WEEK3, previous=second.request.out
    )
    rows = tier_rows(third)
    assert (rows["04"]["最终级别"], rows["04"]["调整原因"], rows["07"]["备注"]) == (
        "VIP级",
        "战略客户，王总批准",
        "七月回访",
    )
    assert rows["06"]["最终级别"] == "C级"  # lapsed on the 8th
    grid = sheet(third.request.out, "changes")
    days = [(str(r[0])[:10], r[1]) for r in grid.rows[3:] if r[1]]
    assert days == [*(("2025-06-08", f"0{i}") for i in (2, 3, 4, 5, 6, 8)), ("2025-06-15", "06")]
    assert third.graded.changes[0].cause == "override", "it lapsed"
    assert sheet(third.request.out, "preferences").of("01")["偏好品类"] == "白茶"


def test_the_third_week_still_has_the_changed_parameters(weeks: Weeks, second: Built) -> None:
    third = make(
        weeks.folder / "3p.xlsx",
        raw(weeks.folder / "data3", SALES2),
        as_of=WEEK3,
        previous=second.request.out,
    )
    assert third.graded.settings.tables["tier_cut"][1] == 70_000
    assert third.graded.settings.numbers["frequent_over"] == 6


def test_the_third_week_still_has_the_service_entries(weeks: Weeks, second: Built) -> None:
    third = make(
        weeks.folder / "3s.xlsx",
        raw(weeks.folder / "data3", SALES2),
        as_of=WEEK3,
        previous=second.request.out,
    )
    assert sheet(third.request.out, "service").column("咨询问题").count("员工补记") == 1


def test_the_same_week_again_adds_nothing_twice(weeks: Weeks, second: Built) -> None:
    again = make(
        weeks.folder / "2 again.xlsx", raw(weeks.folder / "data2", SALES2), as_of=WEEK2, previous=weeks.edited
    )
    assert again.request.out.read_bytes() == second.request.out.read_bytes()
    onto_itself = make(
        weeks.folder / "2 itself.xlsx",
        raw(weeks.folder / "data2", SALES2),
        as_of=WEEK2,
        previous=second.request.out,
    )
    assert onto_itself.graded.changes == ()
    ledgers = [[r[:7] for r in sheet(b.request.out, "changes").rows[3:]] for b in (second, onto_itself)]
    assert ledgers[0] == ledgers[1]
    assert sheet(onto_itself.request.out, "service").column("咨询问题").count("员工补记") == 1


def test_a_book_in_one_language_follows_one_in_the_other(weeks: Weeks, second: Built) -> None:
    english = make(
        weeks.folder / "2en.xlsx",
        raw(weeks.folder / "data2", SALES2),
        as_of=WEEK2,
        previous=weeks.edited,
        lang="en",
    )
    assert english.tiers == second.tiers
    assert [(c.customer, c.was, c.now) for c in english.graded.changes] == [
        (c.customer, c.was, c.now) for c in second.graded.changes
    ]
    grid = sheet(english.request.out, "tiers", "en")
    at = grid.column("Customer ID").index("04")
    assert (grid.column("Final tier")[at], grid.column("Reason")[at]) == ("VIP", "战略客户，王总批准")
    back = make(
        weeks.folder / "3zh.xlsx",
        raw(weeks.folder / "data3", SALES2),
        as_of=WEEK3,
        previous=english.request.out,
    )
    assert tier_rows(back)["04"]["最终级别"] == "VIP级"
    assert tier_rows(back)["03"]["上期级别"] == "A级"


def test_customers_come_and_go(weeks: Weeks, tmp_path: Path) -> None:
    people = write_csv(tmp_path / "c.csv", ["客户编号", "客户名称"], [("04", "新名称"), ("99", "新客户")])
    sales = write_csv(tmp_path / "t.csv", ["客户编号", "日期", "金额"], [("99", "2025-06-01", "70000.00")])
    built = make(tmp_path / "b.xlsx", [people, sales], as_of=WEEK2, previous=weeks.edited)
    rows = tier_rows(built)
    assert list(rows) == ["04", "99", "03"]  # 03: only because staff typed a service entry for it
    mine = [rows["04"][header] for header in ("客户名称", "人工调整", "变动")]
    assert mine == ["新名称", "VIP级", "▲升级"]
    assert (rows["99"]["最终级别"], rows["99"]["上期级别"], rows["99"]["变动"]) == ("B级", "", "新")


def test_sorted_moved_and_extra_columns_do_not_confuse(office: Office, weeks: Weeks, tmp_path: Path) -> None:
    """Staff sort 客户级别 by name descending: inputs stay with their customers."""
    office.open(weeks.edited)
    grid = sheet(weeks.edited, "tiers")
    last = letter(len(grid.rows[2]) - 1)
    office.sort("客户级别", f"A4:{last}11", key=grid.headers.index("客户名称"), ascending=False)
    office.recalc()
    mixed = office.save_as(tmp_path / "mixed.xlsx")
    assert sheet(mixed, "tiers").column("客户编号")[:8] == [f"0{i}" for i in range(8, 0, -1)]
    built = make(tmp_path / "b.xlsx", raw(tmp_path / "data", SALES2), as_of=WEEK2, previous=mixed)
    straight = make(tmp_path / "c.xlsx", raw(tmp_path / "data", SALES2), as_of=WEEK2, previous=weeks.edited)
    assert tier_rows(built) == tier_rows(straight)


def test_the_raw_data_are_not_written_to(weeks: Weeks) -> None:
    with (weeks.folder / "data2" / "transactions.csv").open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == len(SALES2) + 1
    assert sheets(weeks.first.request.out)["客户级别"].of("04")["人工调整"] in ("", None)
    assert WEEK1 + timedelta(days=7) == WEEK2


def test_a_book_that_looks_back_says_so(weeks: Weeks, second: Built, tmp_path: Path) -> None:
    data = raw(tmp_path / "data", SALES1)
    back = make(tmp_path / "b.xlsx", data, as_of=WEEK1, previous=second.request.out)
    assert [i.value for i in back.issues if i.code == "SG522"] == ["2025-06-08"]
    assert not any(i.code == "SG522" for i in second.issues)


def test_the_order_of_the_files_does_not_matter(weeks: Weeks, second: Built, tmp_path: Path) -> None:
    """Nor how the sales are cut into files: the same tiers, states and ledger."""
    people, _, served = raw(tmp_path / "data", SALES2)
    half = len(SALES2) // 2
    head = ["客户编号", "日期", "金额", "订单号"]
    parts = [
        write_csv(tmp_path / f"{i}.csv", head, rows) for i, rows in enumerate((SALES2[half:], SALES2[:half]))
    ]
    built = make(tmp_path / "b.xlsx", [served, *parts, people], as_of=WEEK2, previous=weeks.edited)
    columns = ["customer_id", "held_rank", "start_rank", "below", "start_since", "final_tier", "why", "cause"]
    assert built.graded.frame[columns].equals(second.graded.frame[columns])
    assert sorted(built.graded.changes, key=str) == sorted(second.graded.changes, key=str)
