"""What staff type into a book is in the next one, and in the one after that."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sheetgen.errors import UsageError
from sheetgen.pipeline import BuildRequest, Built, build

SAMPLE = Path(__file__).parents[1] / "sample_data"
NEW = "KH9001"


def make(out: Path, previous: Path | None = None, extra: tuple[str, ...] = ()) -> Built:
    return build(BuildRequest(out, (str(SAMPLE), *extra), previous=previous, as_of=date(2025, 12, 31)))


def typed(office: Any, book: Path, out: Path) -> Path:
    """A new customer, two sales, a service entry, a remark, a threshold and an override, typed by hand."""
    office.open(book)
    office.set_many("客户信息", {"A340": NEW, "B340": "新来的公司", "K340": "展会认识"})
    office.set_many(
        "历史交易", {"A9266": NEW, "B9266": date(2025, 12, 30), "C9266": 60000, "D9266": "HAND-1"}
    )
    office.set_many(
        "历史交易", {"A9267": "KH0072", "B9267": date(2025, 12, 30), "C9267": 1.5, "D9267": "HAND-2"}
    )
    office.set_many(
        "服务记录",
        {"A1385": "KH0072", "B1385": date(2025, 12, 30), "D1385": "催货", "G1385": 1, "H1385": "是"},
    )
    office.set("客户级别", "D4", "VIP级")
    office.recalc()
    return office.save_as(out)


def customer(built: Built, customer_id: str) -> dict[str, Any]:
    frame = built.graded.frame
    return frame[frame["customer_id"] == customer_id].iloc[0].to_dict()


def test_typed_rows_move_on_from_week_to_week(office, tmp_path):
    first = make(tmp_path / "w1.xlsx")
    edited = typed(office, tmp_path / "w1.xlsx", tmp_path / "w1-staff.xlsx")
    second = make(tmp_path / "w2.xlsx", edited)
    third = make(tmp_path / "w3.xlsx", tmp_path / "w2.xlsx")
    for built in (second, third):
        assert len(built.graded.frame) == len(first.graded.frame) + 1
        assert customer(built, NEW)["spend"] == 60_000
        assert customer(built, NEW)["computed_tier"] == "B级"
        assert customer(built, "KH0072")["spend"] == 50_001.5
        assert customer(built, "KH0072")["complaints"] == customer(first, "KH0072")["complaints"] + 1
        assert customer(built, "KH0001")["final_tier"] == "VIP级"
        assert built.clean.ledger.balances
        assert built.clean.ledger.rows["used"] == first.clean.ledger.rows["used"] + 2
        people = built.clean.tables["customers"].set_index("customer_id")
        assert people.loc[NEW, "customer_name"] == "新来的公司"
        assert people.loc[NEW, "remark"] == "展会认识"
    moves = [(c.customer, c.was, c.now, c.cause) for c in second.graded.changes]
    assert moves == [("KH0001", "c", "vip", "override")]
    assert third.graded.changes == ()


def test_an_export_that_holds_a_typed_order_stands(office, tmp_path):
    make(tmp_path / "w1.xlsx")
    edited = typed(office, tmp_path / "w1.xlsx", tmp_path / "w1-staff.xlsx")
    export = tmp_path / "new.csv"
    export.write_text("客户编号,日期,金额,订单号\nKH0072,2025-12-30,2.00,HAND-2\n", "utf-8")
    built = make(tmp_path / "w2.xlsx", edited, (str(export),))
    assert customer(built, "KH0072")["spend"] == 50_002.0
    assert [i.count for i in built.issues if i.code == "SG516"] == [1]


def test_changed_parameters_move_on(office, tmp_path):
    make(tmp_path / "w1.xlsx")
    office.open(tmp_path / "w1.xlsx")
    rows = office.read("参数设置")
    line = next(i for i, row in enumerate(rows, 1) if row[0] == "A级")
    office.set("参数设置", f"B{line}", 300_000)
    office.recalc()
    edited = office.save_as(tmp_path / "w1-staff.xlsx")
    built = make(tmp_path / "w2.xlsx", edited)
    assert built.graded.settings.tables["tier_cut"][2] == 300_000
    assert customer(built, "KH0047")["computed_tier"] == "B级"
    moved = {c.customer: (c.was, c.now, c.cause) for c in built.graded.changes}
    assert moved["KH0047"] == ("a", "b", "rule"), "the ledger says what staff's new edge did"


def test_a_typed_expiry_is_understood_and_a_bad_one_is_named(office, tmp_path):
    make(tmp_path / "w1.xlsx")
    office.open(tmp_path / "w1.xlsx")
    office.set_many(
        "客户级别",
        {"D4": "VIP级", "F4": "2025/11/30", "D5": "VIP级", "F5": "月底", "D6": "VIP级", "F6": 46000},
    )
    office.recalc()
    edited = office.save_as(tmp_path / "w1-staff.xlsx")
    built = make(tmp_path / "w2.xlsx", edited)
    assert customer(built, "KH0001")["final_tier"] == "C级", "lapsed on 2025-11-30"
    assert customer(built, "KH0002")["final_tier"] == "VIP级"
    assert customer(built, "KH0003")["final_tier"] == "C级", "serial 46000 is 2025-12-09"
    assert [(i.count, i.value) for i in built.issues if i.code == "SG517"] == [(1, "KH0002")]


def test_customers_that_are_gone_are_named(tmp_path):
    make(tmp_path / "w1.xlsx")
    export = tmp_path / "new.csv"
    export.write_text("客户编号,日期,金额,订单号\nKH0072,2025-12-30,2.00,X-1\n", "utf-8")
    built = build(BuildRequest(tmp_path / "w2.xlsx", (str(export),), previous=tmp_path / "w1.xlsx"))
    assert [i.count for i in built.issues if i.code == "SG518"] == [335]


def test_the_last_book_is_never_overwritten(tmp_path):
    make(tmp_path / "w1.xlsx")
    with pytest.raises(UsageError):
        make(tmp_path / "w1.xlsx", tmp_path / "w1.xlsx")
