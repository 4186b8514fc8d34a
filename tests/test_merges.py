"""Possible duplicates: proposed on a sheet, merged only where staff say so, and nothing of them is lost."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from sheetgen.pipeline import Built
from tests.books import HEADER, make, write_csv
from tests.office.office import Office

CUSTOMERS = [
    ("K1", "张三丰商贸有限公司", "13800138000", "上海"),
    ("K2", "张三丰商贸", "138-0013-8000", "上海"),
    ("K3", "李四", "13911112222", "北京"),
    ("00077", "王五", "", ""),
    ("77", "赵六", "", ""),
]
SALES = [
    ("K1", "2025-01-02", "30000.00", "O1"),
    ("K1", "2025-02-02", "1000.00", "O4"),
    ("K2", "2025-03-04", "25000.00", "O2"),
    ("K3", "2025-03-05", "9.99", "O3"),
    ("77", "2025-03-05", "9.99", "O5"),
]


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    customers = write_csv(tmp_path / "客户.csv", ("客户编号", "客户名称", "手机", "地区"), CUSTOMERS)
    return [customers, write_csv(tmp_path / "订单.csv", ("客户编号", "日期", "金额", "订单号"), SALES)]


def row_of(built: Built, customer: str) -> int:
    """The row of a customer on the sheets that have one a customer."""
    return HEADER + 1 + built.clean.tables["customers"]["customer_id"].tolist().index(customer)


def lines(built: Built) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(built.request.out, read_only=True)
    return [row for row in book["疑似重复"].iter_rows(min_row=HEADER + 1, values_only=True) if row[0]]


def test_pairs_are_proposed_and_nothing_is_merged(tmp_path: Path, inputs: list[Path]) -> None:
    built = make(tmp_path / "a.xlsx", inputs)
    shown = {(row[0], row[2]): row for row in lines(built)}
    assert set(shown) == {("K1", "K2"), ("77", "00077")}
    assert shown["K1", "K2"][1] == "张三丰商贸有限公司"
    assert shown["K1", "K2"][-1] is None, "the answer is staff's"
    assert "13800138000" not in str(shown["K1", "K2"][5])
    assert len(built.graded.frame) == 5
    assert {m.other for m in built.clean.merges} == {"K2", "00077"}


def test_an_accepted_pair_is_one_customer_in_the_next_book_and_after(
    tmp_path: Path, inputs: list[Path], office: Office
) -> None:
    first = make(tmp_path / "1.xlsx", inputs)
    row = {(line[0], line[2]): n for n, line in enumerate(lines(first), HEADER + 1)}
    heads = openpyxl.load_workbook(first.request.out, read_only=True)["客户级别"]
    remark = next(c.column_letter for c in next(heads.iter_rows(HEADER, HEADER)) if c.value == "备注")
    office.open(first.request.out)
    office.set("疑似重复", f"G{row['K1', 'K2']}", "是")
    office.set("疑似重复", f"G{row['77', '00077']}", "否")
    office.set("客户级别", f"{remark}{row_of(first, 'K1')}", "老客户")
    office.set("客户级别", f"{remark}{row_of(first, 'K2')}", "喜欢周五送货")
    staff = office.save_as(tmp_path / "staff.xlsx")
    second = make(tmp_path / "2.xlsx", inputs, previous=staff)
    customers = second.clean.tables["customers"]["customer_id"].tolist()
    assert customers == ["K1", "K3", "00077", "77"]
    spend = dict(zip(customers, second.graded.frame["spend"], strict=True))
    assert spend["K1"] == 56_000.00
    sales = second.clean.tables["transactions"]
    assert sales.loc[sales["x:original_id"] == "K2", "customer_id"].tolist() == ["K1"]
    assert dict(zip(customers, second.graded.frame["remark"], strict=True))["K1"] == "老客户；喜欢周五送货"
    assert not [issue for issue in second.issues if issue.code == "SG518"], "he is not gone"
    assert second.clean.ledger.balances
    shown = {(line[0], line[2]): line[-1] for line in lines(second)}
    assert shown == {("K1", "K2"): "是", ("77", "00077"): "否"}
    third = make(tmp_path / "3.xlsx", inputs, previous=second.request.out)
    assert third.clean.tables["customers"]["customer_id"].tolist() == customers
    assert [line[:4] for line in lines(third)] == [line[:4] for line in lines(second)]


def test_a_book_without_proposals_has_no_such_sheet(tmp_path: Path, inputs: list[Path]) -> None:
    book = make(tmp_path / "a.xlsx", inputs[1:]).request.out
    assert "疑似重复" not in openpyxl.load_workbook(book, read_only=True).sheetnames
