"""The optional column of profit: read like money, kept in proportion, and nothing where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.ingest.clean import clean
from sheetgen.ingest.headers import recognise
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean


def read(folder: Path, *lines: str) -> Clean:
    path = folder / "sales.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return clean(read_inputs([str(path)], {}))


@pytest.mark.parametrize(
    ("header", "cell", "cents"),
    [
        ("利润", "12.34", 1234),
        ("毛利(元)", "-0.005", -1),
        ("毛利额（万元）", "0.5", 500_000),
        ("Profit", "1,234.5", 123_450),
        ("净利", "(8)", -800),
    ],
)
def test_it_is_money(tmp_path: Path, header: str, cell: str, cents: int) -> None:
    cleaned = read(
        tmp_path, f"客户编号,日期,金额,{header}", f'C,2025-01-01,100,"{cell}"', "C,2025-01-02,100,"
    )
    profit = cleaned.tables["transactions"]["profit"]
    assert profit.iloc[0] == cents and profit.isna().tolist() == [False, True]
    assert cleaned.ledger.cents["used"] == 200_00, "the amount is the amount"


def test_what_cannot_be_read_is_told_and_the_record_counts(tmp_path: Path) -> None:
    cleaned = read(tmp_path, "客户编号,日期,金额,利润", "C,2025-01-01,100,不详")
    assert [(i.code, i.column) for i in cleaned.issues if i.code == "SG450"] == [("SG450", "利润")]
    assert len(cleaned.tables["transactions"]) == 1 and cleaned.tables["transactions"]["profit"].isna().all()


def test_of_a_sale_refunded_in_part_a_part_is_left(tmp_path: Path) -> None:
    cleaned = read(tmp_path, "客户编号,日期,订单号,金额,已退款金额,毛利", "C,2025-01-01,A1,100,25,33.33")
    row = cleaned.tables["transactions"].iloc[0]
    assert (row["cents"], row["profit"]) == (75_00, 25_00)


def test_without_the_column_there_is_none(tmp_path: Path) -> None:
    assert "profit" not in read(tmp_path, "客户编号,日期,金额", "C,2025-01-01,100").tables["transactions"]


@pytest.mark.parametrize("header", ["利润率", "毛利率", "利润(%)", "毛利（%）"])
def test_a_margin_is_no_profit(header: str) -> None:
    match = recognise(["客户编号", "日期", "金额", header], None, {})
    assert match is not None and match.columns[3] == f"x:{header}"
