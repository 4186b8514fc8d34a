"""Staff work in LibreOffice, and the monitoring and the follow-ups on 总览 follow as Python says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sheetgen.i18n import text
from sheetgen.pipeline import BuildRequest, build
from sheetgen.workbook.read import read_previous
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import Value
from tests.office.values import differences as cells

from .cached import read_cached, without_empty
from .data import AS_OF, company
from .desk import Desk, differences, look
from .edits import BIG, T, add, call, number

NOW, BEFORE, REACHED = 1, 2, 6


def rows_below(desk: Desk, title: str, skip: int) -> list[list[Value]]:
    """The rows of a block of 总览, from below its headings to the first empty one."""
    rows = look(desk).overview
    top = next(i for i, row in enumerate(rows) if row[0] == title) + 1 + skip
    end = next((i for i, row in enumerate(rows) if i >= top and row[0] in (None, "")), len(rows))
    return rows[top:end]


def figures(desk: Desk) -> dict[str, list[Value]]:
    return {str(row[0]): row for row in rows_below(desk, "运营监测", 2)}


def waiting(desk: Desk) -> list[Value]:
    """The customers on the list of follow-ups."""
    return [row[1] for row in rows_below(desk, text("section_urgent", "zh"), 2)]


def overdue(desk: Desk) -> float:
    """Everybody's overdue customers, as the account managers' table adds them up."""
    rows = {row[0]: row for row in rows_below(desk, text("section_due", "zh"), 1)}
    return float(str(rows["合计"][2]))


def test_who_was_called_leaves_the_list(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("vip-abc")
    first, late = waiting(desk), overdue(desk)
    customer = str(first[0])
    call(desk, customer, 5.0, None, 0)
    assert customer not in waiting(desk)
    assert waiting(desk)[:10] == first[1:11]
    assert overdue(desk) == late - 1
    assert differences(desk) == []
    call(desk, customer, None, None, 0, again=1)
    assert overdue(desk) == late - 1
    assert differences(desk) == []


ODD = ("*", "?", "~", "Amy", "AMY", "=1+1", ">5", "123", "a*", "TRUE", "沈嘉禾", "沈*", "ß", "É", "é", "")


def test_account_managers_with_odd_names(office: Office, tmp_path: Path) -> None:
    rows = company("vip-abc", seed=3, plain=12)
    for i, row in enumerate(rows.customers):
        row["负责人"] = ODD[i % 7 if i % 3 else i % len(ODD)]
    kinds = rows.write(tmp_path)
    built = build(BuildRequest(tmp_path / "b.xlsx", kinds=kinds, as_of=AS_OF))
    poison(built.request.out, tmp_path / "p.xlsx")
    office.open(tmp_path / "p.xlsx")
    office.recalc()
    cached, _ = read_cached(built.request.out)
    found = {"总览": office.read_all(bools=False)["总览"]}
    assert list(cells(without_empty(found), {"总览": cached["总览"]})) == []


def test_sales_and_calls_move_the_figures(desk_of: Callable[[str], Desk], tmp_path: Path) -> None:
    desk = desk_of("vip-abc")
    first = figures(desk)
    add(desk, "无交易", 500.0, order="一")
    add(desk, "无交易", 500.0, order="二")
    add(desk, BIG, 100.0, 400, order="旧")
    call(desk, BIG, 1.0, "是")
    now = figures(desk)
    for key in ("有购买的客户", "复购率", "平均满意度", "投诉次数", "单均"):
        assert now[key][NOW] != first[key][NOW], key
    assert now["投诉次数"][NOW] == float(str(first["投诉次数"][NOW])) + 1
    assert now["年消费额合计"][BEFORE] == float(str(first["年消费额合计"][BEFORE])) + 100
    assert differences(desk) == []
    # what the book tells the next one is what staff see
    saved = desk.office.save_as(tmp_path / "left.xlsx")
    told = read_previous(saved, desk.built.scheme).figures
    assert told["buyers"] == now["有购买的客户"][NOW]
    assert told["repurchase"] == now["复购率"][NOW]
    assert told["complaints"] == now["投诉次数"][NOW]
    assert told["tier_vip"] == now["VIP级占比"][NOW]


def test_targets_and_periods_are_numbers_of_staff(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("rfm")
    before = figures(desk)["户均"]
    number("target_spend", -0.99)(desk)
    assert figures(desk)["户均"][REACHED] == "达标"
    number("target_spend", 9)(desk)
    assert figures(desk)["户均"][REACHED] == "未达标"
    number("year_days", 90)(desk)
    assert figures(desk)["户均"][BEFORE] != before[BEFORE]
    assert differences(desk) == []
    desk.set_named("p_as_of", AS_OF - timedelta(days=2_000))
    assert {row[NOW] for row in list(figures(desk).values())[:8]} <= {None, ""}
    assert differences(desk) == []


def test_a_book_that_withholds_its_tiers_tells_no_figures(desk_of: Callable[[str], Desk]) -> None:
    desk = desk_of("vip-abc")
    number("tier_b", 600_000)(desk)
    assert all(row[place] in (None, "") for row in figures(desk).values() for place in (NOW, BEFORE))
    assert waiting(desk) == []
    assert desk.next_row(T) > 0
