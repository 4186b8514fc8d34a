"""Headers: what they are compared as, and which table they open."""

from __future__ import annotations

import pytest

from sheetgen.ingest.headers import names, nearest, normalise, recognise, unit_scale
from sheetgen.scheme.tables import data_tables

SUPERSTORE = [
    *(
        "Row ID",
        "Order ID",
        "Order Date",
        "Ship Date",
        "Ship Mode",
        "Customer ID",
        "Customer Name",
        "Segment",
    ),
    *("Country", "City", "State", "Postal Code", "Region", "Product ID", "Category", "Sub-Category"),
    *("Product Name", "Sales", "Quantity", "Discount", "Profit"),
]
UCI = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]


@pytest.mark.parametrize(
    "header",
    [
        "金额",
        " 金 额 ",
        "金额（元）",
        "金额(元)",
        "金额\n（元）",
        "＊金额",
        "金额：",
        "金额/元",
        "金额 (RMB)",
    ],
)
def test_the_same_header_in_other_clothes(header: str) -> None:
    assert normalise(header) == "金额"
    assert unit_scale(header) == 1


def test_units_scale() -> None:
    assert [
        unit_scale(h) for h in ("金额(万元)", "金额（千元）", "销售额/亿元", "金额万元", "单元", "元")
    ] == [*(10_000, 1000, 10**8, 10_000, 1, 1)]
    assert normalise("销售额（万元）") == "销售额"
    assert normalise("单元") == "单元"


@pytest.mark.parametrize("kind", list(data_tables()))
def test_no_header_means_two_fields_of_one_table(kind: str) -> None:
    called = [name for many in names(kind).values() for name in many]
    assert len(called) == len(set(called))


def test_superstore() -> None:
    match = recognise(SUPERSTORE, None, {})
    assert match is not None
    assert match.kind == "transactions"
    assert {SUPERSTORE[i]: f for f, i in match.fields.items()} == {
        "Order ID": "order_id",
        "Order Date": "date",
        "Customer ID": "customer_id",
        "Customer Name": "customer_name",
        "Region": "region",
        "Category": "category",
        "Product Name": "product",
        "Sales": "amount",
        "Quantity": "quantity",
    }
    assert {"x:Ship Date", "x:Profit", "x:Segment", "x:Sub-Category"} <= set(match.columns)


def test_uci_has_no_amount_but_quantity_and_price() -> None:
    match = recognise(UCI, None, {})
    assert match is not None
    assert match.columns == (
        *("order_id", "x:StockCode", "product", "quantity", "date", "unit_price", "customer_id", "region"),
    )


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (["客户编号", "客户名称", "地区"], "customers"),
        (["会员名", "手机号"], "customers"),
        (["客户名称", "单据日期", "金额"], "transactions"),
        (["客户编号", "回访时间", "客户满意度"], "service"),
        (["客户编号", "偏好品类", "方便联系时间"], "preferences"),
        (
            ["订单编号", "买家会员名", "买家实际支付金额", "订单状态", "订单创建时间", "宝贝标题"],
            "transactions",
        ),
        (["日期", "金额"], None),
        (["公司"], None),
        (["00001", "19970101"], None),
    ],
)
def test_the_kind_is_told_by_the_headers(headers: list[str], kind: str | None) -> None:
    match = recognise(headers, None, {})
    assert (match.kind if match else None) == kind


def test_the_stronger_name_wins_and_the_other_stays_an_extra() -> None:
    match = recognise(["客户编号", "订单金额", "金额", "日期"], None, {})
    assert match is not None
    assert match.columns == ("customer_id", "x:订单金额", "amount", "date")


def test_mapping_wins_by_field_by_kind_and_by_position() -> None:
    headers = ["谁", "几时", "金额", "实收"]
    mapping = {"customer_id": "谁", "transactions.date": "#2", "amount": "实收"}
    match = recognise(headers, None, mapping)
    assert match is not None
    assert match.columns == ("customer_id", "date", "x:金额", "amount")


def test_doubled_headers_are_told_and_extras_kept_apart() -> None:
    match = recognise(["客户编号", "日期", "金额", "金额", "分销员", "分销员", ""], None, {})
    assert match is not None
    assert match.doubled == ("金额",)
    assert match.columns[4:] == ("x:分销员", "x:分销员 (2)", "")


def test_near_misses_are_named() -> None:
    assert ("客户编hao", "customer_id") in nearest(["客户编hao", "zzz"], "customers")
