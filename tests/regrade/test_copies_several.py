"""Copies of a book whose details stand on several sheets: their rows come together by key, on any of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from sheetgen.pipeline import Built
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.report_regrade import regrade_json
from sheetgen.workbook.opened import open_book
from tests.office.office import Office
from tests.parity.desk import Desk

from .apart import (
    C,
    Place,
    R,
    S,
    T,
    at,
    cleared,
    col,
    edited,
    free,
    joined,
    merged,
    new_row,
    read,
    row,
    said,
    small,
)
from .books import proved, shown

R2, R3 = f"{R}2", f"{R}3"
SHEET, SHEET2, SHEET3 = "transactions", "transactions.2", "transactions.3"
SALES = (R, R2, R3)
SALE = {"客户编号": "K8", "日期": date(2026, 6, 20), "金额": 300_000.5, "订单号": "新1", "产品或服务": "新品"}
VISIT = {"客户编号": "K1", "日期": date(2026, 6, 21), "渠道": "上门", "咨询问题": "量尺", "满意度": 5.0}
TOTAL = sum(10_000 * (n + 1) + m for n in range(8) for m in (2, 5))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """K1 to K3, K4 to K6, K7 and K8 on the sheets of sales, all calls on one."""
    return small(tmp_path_factory.mktemp("several"), part_rows=6)


@pytest.fixture
def path(book: Built) -> Path:
    return book.request.out


def amounts(path: Path, sheets: tuple[str, ...] = SALES) -> dict[str, list[object]]:
    """What stands in 金额, sheet by sheet."""
    return {
        sheet: [
            value
            for line in sorted(grid.cells)
            if line > 2 and (value := shown(grid.at(line, col(path, sheet, "金额")))) is not None
        ]
        for sheet, grid in read(path).items()
        if sheet in sheets
    }


def whose(path: Path, sheet: str) -> list[str]:
    """The customers of a sheet, from top to bottom."""
    grid, own = read(path)[sheet], col(path, sheet, "客户编号")
    return [
        str(grid.at(line, own).value) for line in sorted(grid.cells) if line > 2 and grid.at(line, own).kind
    ]


def moved(
    path: Path, source: str, key: str, target: str, numbered: bool = True, **new: object
) -> dict[Place, object]:
    """A customer's first row cut from one sheet and pasted below another; ``new``: cells corrected there."""
    grid, line, number = read(path)[source], row(path, source, key), col(path, source, "序号")
    kept = {c: cell for c, cell in grid.cells[line].items() if cell.formula is None}
    cells: dict[Place, object] = {(source, line, c): None for c in kept}
    below = free(path, target)
    cells |= {(target, below, c): shown(cell) for c, cell in kept.items() if numbered or c != number}
    return cells | {(target, below, col(path, target, header)): value for header, value in new.items()}


def test_the_book_has_several_sheets(path: Path) -> None:
    assert open_book(path).sheets("transactions") == [*SALES]
    assert [whose(path, sheet)[::2] for sheet in SALES] == [
        ["K1", "K2", "K3"],
        ["K4", "K5", "K6"],
        ["K7", "K8"],
    ]


def test_cells_and_rows_of_every_sheet_come_together(path: Path, tmp_path: Path) -> None:
    a = edited(
        path,
        tmp_path / "a.xlsx",
        {
            at(path, R, "K1", "金额"): 1.0,
            at(path, R2, "K5", "产品或服务"): "甲",
            at(path, T, "K2", "备注"): "记",
        },
    )
    b = edited(
        path,
        tmp_path / "b.xlsx",
        {
            at(path, R2, "K4", "金额"): 500_000.0,
            at(path, R3, "K7", "日期", 1): date(2026, 6, 29),
            at(path, R2, "K5", "产品或服务"): "乙",
            at(path, R2, "K6", "仓库"): "西",
            **cleared(path, R3, "K8", 1),
            **new_row(path, S, VISIT),
        },
    )
    out = tmp_path / "out.xlsx"
    found = merged(out, a, b)
    assert found.merged is not None
    assert {(t.sheet, t.customer, t.kind) for t in found.merged.taken} == {
        (R2, "K4", "cell"), (R3, "K7", "cell"), (R2, "K6", "cell"), (R3, "K8", "deleted"), (S, "K1", "row")
    }  # fmt: skip
    (conflict,) = found.merged.conflicts
    place = f"{R2}!E{row(path, R2, 'K5') + 1}"
    assert (conflict.sheet, conflict.kept, conflict.was) == (R2, "甲", "品2")
    assert [(s.place, s.words) for s in conflict.said] == [(place, "甲"), (place, "乙")]
    told = json.loads(json.dumps(regrade_json(found, "zh")))["conflicts"]
    assert [(c["sheet"], c["kept"], {v["is"] for v in c["values"]}) for c in told] == [
        (R2, "甲", {"甲", "乙"})
    ]
    assert [cell.value for cell in read(out)["冲突"].cells[3].values()][:3] == [R2, "K5", "产品或服务"]
    assert (said(out, R2, "K6", "仓库"), said(out, T, "K4", "最终级别")) == ("西", "VIP级")
    numbers = amounts(out)
    assert sum(map(len, numbers.values())) == 15
    assert sum(float(str(n)) for own in numbers.values() for n in own) == (
        TOTAL - 10_002 + 1 - 40_002 + 500_000 - 80_005
    )


def test_a_row_moved_to_another_sheet_is_the_same_one(path: Path, tmp_path: Path) -> None:
    """Moved and corrected in one copy, corrected else in the other; without its number it only moves."""
    target = free(path, R)
    for numbered in (False, True):
        amount = 7.0 if numbered else 70_002.0
        there = moved(path, R3, "K7", R, numbered, 金额=amount)
        a = edited(path, tmp_path / "a.xlsx", there)
        b = edited(
            path, tmp_path / "b.xlsx", {at(path, R3, "K7", "产品或服务"): "乙", **cleared(path, R, "K2")}
        )
        for name, books, sheet, line in (
            ("ab", (a, b), R, target),
            ("ba", (b, a), R3, row(path, R3, "K7")),
        ):
            out = tmp_path / f"{name}.xlsx"
            found = joined(out, *books)
            assert {(t.customer, t.kind) for t in found.taken} <= {("K2", "deleted"), ("K7", "cell")}
            assert (found.conflicts, found.issues) == ((), ()), "nothing of it is left behind"
            grid = read(out)[sheet]
            said_there = [shown(grid.at(line, col(out, sheet, h))) for h in ("金额", "产品或服务", "订单号")]
            assert said_there == [amount, "乙", "DK72"]
            assert sum(map(len, amounts(out).values())) == 15
    gone = edited(path, tmp_path / "gone.xlsx", cleared(path, R3, "K7"))
    (conflict,) = joined(tmp_path / "kept.xlsx", a, gone).conflicts
    assert (conflict.sheet, conflict.cell, conflict.customer) == (R, f"A{target + 1}", "K7")


def test_typed_rows_go_to_the_sheet_of_their_customer(path: Path, tmp_path: Path) -> None:
    new = {"客户编号": "N1", "客户名称": "新客", "负责人": "甲"}
    sales = {
        R: [("K8", "单1"), ("N1", "单2"), ("散客", "单3")],
        R2: [("K8", "单4"), ("K4", "单5")],
        R3: [("K1", "单6"), ("K5", "单7")],
    }
    cells = new_row(path, C, new)
    for sheet, typed in sales.items():
        for n, (who, order) in enumerate(typed):
            cells |= new_row(path, sheet, {**SALE, "金额": 600_000.0, "客户编号": who, "订单号": order}, n)
    copy = edited(path, tmp_path / "b.xlsx", cells)
    mine = edited(path, tmp_path / "a.xlsx", new_row(path, R, {**SALE, "金额": 600_000.0, "订单号": "单1"}))
    out = tmp_path / "out.xlsx"
    found = merged(out, mine, copy)
    assert found.merged is not None and found.merged.conflicts == ()
    orders = {
        sheet: [shown(read(out)[sheet].at(n, col(out, sheet, "订单号"))) for n in range(9, free(out, sheet))]
        for sheet in SALES
    }
    assert orders[R] == ["单1", "单6"], "it stands where the first book typed it"
    assert orders[R2] == ["单5", "单7"]
    last = [shown(read(out)[R3].at(n, col(out, R3, "订单号"))) for n in range(7, free(out, R3))]
    assert last == ["单2", "单3", "单4"]
    told = {i.code: dict(i.facts) for i in found.issues}
    assert told["SG583"] == {"cell": f"{R}!A{free(path, R) + 1}", "other": f"{R}!A{free(path, R) + 1}"}
    assert said(out, T, "N1", "最终级别") == said(out, T, "K8", "最终级别") == "VIP级"
    again = regrade(RegradeRequest(out, tmp_path / "third.xlsx", copies=(copy,)))
    assert again.merged is not None and again.merged.taken == () and not again.changed
    newer = edited(copy, copy, {(R2, free(path, R2), col(path, R2, "金额")): 9.0})
    less = edited(out, tmp_path / "less.xlsx", cleared(out, R3, "N1"))
    last_one = joined(tmp_path / "last.xlsx", less, newer)
    assert [(t.sheet, t.customer, t.now) for t in last_one.taken] == [(R3, "K8", "9")]


def test_a_row_deleted_here_and_corrected_there_comes_back_to_its_sheet(path: Path, tmp_path: Path) -> None:
    a = edited(path, tmp_path / "a.xlsx", cleared(path, R2, "K4"))
    b = edited(path, tmp_path / "b.xlsx", moved(path, R2, "K4", R3, 金额=4.0))
    out = tmp_path / "out.xlsx"
    found = merged(out, a, b)
    assert found.merged is not None
    (conflict,) = found.merged.conflicts
    assert (conflict.sheet, conflict.cell) == (R2, f"A{free(path, R2) + 1}")
    assert [s.place for s in conflict.said] == ["", f"{R3}!A{free(path, R3) + 1}"]
    assert amounts(out)[R2][-1] == 4.0 and sum(map(len, amounts(out).values())) == 16


def test_three_copies_and_their_order(path: Path, tmp_path: Path) -> None:
    place = at(path, R3, "K7", "金额")
    books = [
        edited(path, tmp_path / f"{n}.xlsx", {place: n, **new_row(path, sheet, {**SALE, "订单号": f"单{n}"})})
        for n, sheet in enumerate(SALES, 1)
    ]
    for first in range(3):
        own = [*books[first:], *books[:first]]
        out = tmp_path / "out.xlsx"
        (conflict,) = joined(out, *own).conflicts
        assert [s.words for s in conflict.said] == [str(1 + (first + n) % 3) for n in range(3)]
        grid = read(out)[R3]
        assert shown(grid.at(*place[1:])) == first + 1
        orders = [v for sheet in SALES for v in _orders(out, sheet) if str(v).startswith("单")]
        assert sorted(map(str, orders)) == ["单1", "单2", "单3"]
        assert len(_orders(out, R3)) == 4 + (3 if first == 2 else 2)


def _orders(path: Path, sheet: str) -> list[object]:
    grid = read(path)[sheet]
    return [shown(grid.at(n, col(path, sheet, "订单号"))) for n in range(3, free(path, sheet))]


def test_columns_of_one_sheet_alone(path: Path, tmp_path: Path) -> None:
    """A raw column that a copy deleted on one sheet is no edit of its rows; a column of staff's own comes
    where the first book has it on that sheet, and is told where it lacks it."""
    own = col(path, R2, "序号") + 2

    def noted(sheet: str, key: str, words: str) -> dict[Place, object]:
        return {(sheet, 2, own): "我的列", (sheet, row(path, sheet, key), own): words}

    store = col(path, R2, "仓库")
    less = {(R2, line, store): None for line in read(path)[R2].cells if line > 1}
    a = edited(path, tmp_path / "a.xlsx", {**noted(R2, "K4", "甲")})
    b = edited(path, tmp_path / "b.xlsx", {**less, **noted(R2, "K5", "乙"), **noted(R3, "K7", "丙")})
    out = tmp_path / "out.xlsx"
    found = joined(out, a, b)
    assert (said(out, R2, "K4", "我的列"), said(out, R2, "K5", "我的列")) == ("甲", "乙")
    assert [(t.customer, t.now) for t in found.taken] == [("K5", "乙")] and found.conflicts == ()
    assert said(out, R2, "K4", "仓库") == "东"
    assert [(i.code, dict(i.facts)) for i in found.issues] == [
        ("SG588", {"sheet": R3, "column": "我的列", "cell": f"{_letter(own)}{row(path, R3, 'K7') + 1}"})
    ]
    typed = new_row(path, R2, {**SALE, "客户编号": "K8"}) | {
        (R2, 2, own): "我的列",
        (R2, free(path, R2), own): "丁",
    }
    c = edited(path, tmp_path / "c.xlsx", typed)
    found = joined(out, a, c)
    assert [(t.sheet, t.kind) for t in found.taken] == [(R3, "row")]
    assert [(i.code, dict(i.facts)["cell"]) for i in found.issues] == [
        ("SG582", f"{_letter(own)}{free(path, R2) + 1}")
    ]
    gone = edited(path, tmp_path / "gone.xlsx", cleared(path, R2, "K4") | cleared(path, R2, "K5"))
    found = joined(out, a, gone)
    assert [t.customer for t in found.taken] == ["K5"] and said(out, R2, "K4", "我的列") == "甲"
    assert [(c.customer, [s.words for s in c.said][1]) for c in found.conflicts] == [("K4", "（已删除）")]


def _letter(column: int) -> str:
    from sheetgen.workbook.layout import letter

    return letter(column)


def test_what_is_not_carried_is_told_on_every_sheet(path: Path, office: Office, tmp_path: Path) -> None:
    office.open(path)
    office.comment(R3, "C5", "问过了")
    office.set(R2, "Z9", "旁注")
    office.add_chart(R3, "图", "A4:C6")
    copy = office.save_as(tmp_path / "copy.xlsx")
    found = joined(tmp_path / "out.xlsx", path, copy)
    assert {(i.code, dict(i.facts)["sheet"], dict(i.facts).get("cell")) for i in found.issues} == {
        ("SG590", R3, "C5"), ("SG582", R2, "Z9"), ("SG591", R3, None)
    }  # fmt: skip
    assert found.taken == () and (tmp_path / "out.xlsx").read_bytes() == path.read_bytes()


def test_books_of_one_and_of_several_sheets(path: Path, tmp_path: Path) -> None:
    """An older copy of several sheets comes into this week's book of one, and the other way round."""
    week = date(2026, 7, 7)
    one = small(tmp_path, week, path, "one.xlsx").request.out
    old = edited(
        path,
        tmp_path / "old.xlsx",
        {at(path, R3, "K8", "金额"): 8.0, **cleared(path, R2, "K6"), **new_row(path, R2, SALE)},
    )
    out = tmp_path / "out.xlsx"
    found = joined(out, one, old)
    assert [i.code for i in found.issues] == ["SG581"] and found.conflicts == ()
    assert {(t.sheet, t.customer, t.kind) for t in found.taken} == {
        (R, "K8", "cell"), (R, "K6", "deleted"), (R, "K8", "row")
    }  # fmt: skip
    assert said(out, R, "K8", "金额") == 8.0
    single = small(tmp_path, name="single.xlsx").request.out
    (tmp_path / "next").mkdir()
    three = small(tmp_path / "next", week, single, part_rows=6).request.out
    sale = new_row(single, R, {**SALE, "客户编号": "K5"})
    late = edited(single, tmp_path / "late.xlsx", {at(single, R, "K8", "金额"): 8.0, **sale})
    found = joined(out, three, late)
    assert {(t.sheet, t.customer, t.kind) for t in found.taken} == {(R3, "K8", "cell"), (R2, "K5", "row")}


def test_all_of_it_in_libreoffice(book: Built, office: Office, tmp_path: Path) -> None:
    """Two copies saved by LibreOffice, with sheets sorted and renamed, rows inserted, moved and deleted."""
    path = book.request.out

    def desk() -> Desk:
        office.open(path)
        return Desk(office, book, tmp_path)

    day = date(2026, 6, 20)
    one = desk()
    one.put(SHEET2, one.row_of(SHEET2, "K5"), amount=123.0)
    one.put(SHEET, one.next_row(SHEET), customer_id="K8", date=day, amount=600_000.0, order_id="甲单")
    office.sort(R2, "A4:P9", 2, True)
    office.rename_sheet(R3, "第三张")
    first = office.save_as(tmp_path / "甲.xlsx")
    other = desk()
    office.delete_row(R, other.row_of(SHEET, "K2"))
    other.put(SHEET2, other.row_of(SHEET2, "K5"), amount=321.0, product="别")
    other.put(SHEET3, other.row_of(SHEET3, "K7", 1), amount=700_000.0)
    other.put(SHEET3, other.next_row(SHEET3), customer_id="K1", date=day, amount=900_000.0, order_id="乙单")
    spot = other.row_of(SHEET2, "K6")
    office.insert_row(R2, spot)
    other.put(SHEET2, spot, customer_id="K4", date=day, amount=800_000.0, order_id="插单")
    office.sort(R3, "A4:P7", 2, False)
    second = office.save_as(tmp_path / "乙.xlsx")
    out = tmp_path / "out.xlsx"
    found = merged(out, first, second)
    assert found.merged is not None
    assert [(c.sheet, c.customer, c.kept) for c in found.merged.conflicts] == [(R2, "K5", "123")]
    sheets = {(t.sheet, t.customer, t.kind) for t in found.merged.taken}
    assert sheets == {
        (R, "K2", "deleted"), (R2, "K5", "cell"), ("第三张", "K7", "cell"), (R, "K1", "row"),
        (R2, "K4", "row"),
    }  # fmt: skip
    assert {c: said(out, T, c, "最终级别") for c in ("K1", "K4", "K7", "K8")} == dict.fromkeys(
        ("K1", "K4", "K7", "K8"), "VIP级"
    )
    numbers = [float(str(n)) for own in amounts(out, (R, R2, "第三张")).values() for n in own]
    changed = -50_002 + 123 + 600_000 - 20_002 - 70_005 + 700_000 + 900_000 + 800_000
    assert (len(numbers), sum(numbers)) == (18, TOTAL + changed)
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []
    assert {sheet for sheet, _ in proof.unsaid} <= {"_calc", "_transactions", "_service"}


def test_a_fresh_book_takes_copies_too(path: Path, tmp_path: Path) -> None:
    copy = edited(path, tmp_path / "b.xlsx", {at(path, R3, "K7", "金额"): 7.0, **new_row(path, R, SALE)})
    out = tmp_path / "fresh.xlsx"
    found = regrade(RegradeRequest(path, out, copies=(copy,), rebuild=True))
    assert {(e.customer, e.kind) for e in found.edits} == {
        ("K7", "correction"), ("K8", "added")
    }  # fmt: skip
    assert _orders(out, open_book(out).sheets("transactions")[-1]).count("新1") == 1
