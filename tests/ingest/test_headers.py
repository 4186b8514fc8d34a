"""Headers: what they are compared as, and which table they open."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.errors import ColumnsError
from sheetgen.ingest.headers import Match, Rival, names, nearest, normalise, recognise, unit_scale
from sheetgen.ingest.keys import currency_of, stated_scale
from sheetgen.ingest.opening import find_opening, refuse_columns, refuse_unclear
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


@pytest.mark.parametrize(
    ("header", "key", "scale", "currency"),
    [
        ("金额（单位：万元）", "金额", 10_000, "CNY"),
        ("金额(人民币万元)", "金额", 10_000, "CNY"),
        ("单价(元/件)", "单价", 1, "CNY"),
        ("Amount (USD)", "amount", 1, "USD"),
        ("Amount USD", "amount", 1, "USD"),
        ("金额(美元)", "金额", 1, "USD"),
        ("金额(万美元)", "金额", 10_000, "USD"),
        ("订单金额 (￥)", "订单金额", 1, "CNY"),
        ("数量(件)", "数量", 1, ""),
        ("Billing State/Province", "billingstate/province", 1, ""),
    ],
)
def test_units_and_currencies(header: str, key: str, scale: int, currency: str) -> None:
    assert (normalise(header), unit_scale(header), currency_of(header)) == (key, scale, currency)


def test_units_that_a_line_states() -> None:
    assert [
        stated_scale(c) for c in ("单位：万元", "（金额单位：人民币万元）", "单位:元", "编制单位：万达公司")
    ] == [*(10_000, 10_000, 1, 1)]


@given(st.text(max_size=30))
def test_blanks_around_a_header_are_nothing(header: str) -> None:
    assert normalise(f"  {header}\n") == normalise(header)


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
        "Profit": "profit",
    }
    assert {"x:Ship Date", "x:Segment", "x:Sub-Category"} <= set(match.columns)


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


def match_of(*headers: str, **mapping: str) -> Match:
    found = recognise(headers, None, mapping)
    assert found is not None
    return found


def test_how_each_field_was_had_and_how_surely() -> None:
    match = match_of("客户编号", "成交时间", "实付金额(元)", "总价", "谁买的", customer_name="谁买的")
    assert {field: (sure, how) for field, sure, how in match.how} == {
        "customer_id": (1.0, "exact"),
        "date": (0.7, "weak"),
        "amount": (0.85, "synonym"),
        "customer_name": (1.0, "map"),
    }


def test_of_two_headers_the_stronger_is_taken_and_the_other_told() -> None:
    match = match_of("客户编号", "付款时间", "下单时间", "金额", "实付金额")
    assert match.fields["date"] == 2
    assert match.rivals == (
        Rival("date", "下单时间", "付款时间", equal=False),
        Rival("amount", "金额", "实付金额", equal=False),
    )
    refuse_unclear("a.csv", find_opening([match.headers], None, {}))  # type: ignore[arg-type]
    assert {field: sure for field, sure, _ in match.how}["date"] == 0.7


@pytest.mark.parametrize(
    ("headers", "field", "first"),
    [
        (("客户编号", "日期", "实付金额", "订单金额"), "amount", "实付金额"),
        (("客户编号", "日期", "订单金额", "实付金额"), "amount", "订单金额"),
        (("客户编号", "日期", "金额(元)", "金额(万元)"), "amount", "金额(元)"),
        (("客户编码", "会员编号", "日期", "金额"), "customer_id", "客户编码"),
        (("客户编号", "下单时间", "交易时间", "金额"), "date", "下单时间"),
    ],
)
def test_of_two_equal_headers_none_is_guessed(headers: tuple[str, ...], field: str, first: str) -> None:
    opening = find_opening([headers], None, {})
    assert opening is not None
    with pytest.raises(ColumnsError) as caught:
        refuse_unclear("a.csv", opening)
    assert (caught.value.code, caught.value.facts["field"]) == ("SG303", field)
    assert caught.value.facts["header"] == first
    solved = find_opening([headers], None, {field: first})
    assert solved is not None
    refuse_unclear("a.csv", solved)


def test_equal_headers_of_a_field_that_is_not_needed_are_no_obstacle() -> None:
    opening = find_opening([["客户编号", "客户名称", "手机", "手机号"]], None, {})
    assert opening is not None
    refuse_unclear("a.csv", opening)
    assert opening.match.fields["phone"] == 2


def test_the_plain_header_wins_over_the_same_with_a_unit() -> None:
    match = match_of("客户编号", "日期", "金额(万元)", "金额")
    assert match.columns == ("customer_id", "date", "x:金额(万元)", "amount")
    assert match.rivals == (Rival("amount", "金额", "金额(万元)", equal=False),)


def test_sales_that_lack_their_amount_are_no_list_of_customers() -> None:
    assert recognise(["客户编号", "日期", "金鹅"], None, {}) is None
    assert recognise(["客户编号", "客户名称", "订单号", "订单状态", "件数"], None, {}) is None
    with pytest.raises(ColumnsError) as caught:
        refuse_columns("a.csv", [["客户编号", "日期", "金鹅"], ["1", "2024-01-05", "3"]], None, {})
    assert caught.value.key == "columns_missing"
    assert caught.value.facts["missing"] == "amount"
    assert caught.value.facts["near"] == "金鹅 → amount"


GROUPED = ["客户", "", "交易", "", ""]
COLUMNS = ["编号", "名称", "日期", "金额", "渠道"]


def test_two_rows_of_headers_are_joined_where_one_does_not_do() -> None:
    record = ["K1", "甲", "2024-01-05", "3", ""]
    opening = find_opening([["月报", "", "", "", ""], GROUPED, COLUMNS, record], None, {})
    assert opening is not None
    assert opening.row == 2
    assert opening.match.headers == tuple(COLUMNS)
    assert opening.match.shown == ("客户编号", "客户名称", "交易日期", "交易金额", "渠道")
    assert opening.match.columns == ("customer_id", "customer_name", "date", "amount", "channel")


def test_a_plain_header_is_never_joined_with_the_record_below() -> None:
    rows = [["客户名称", "联系人", "备注"], ["公司", "客户", ""], ["乙公司", "李四", "金额"]]
    opening = find_opening(rows, None, {})
    assert opening is not None
    assert (opening.row, opening.match.shown) == (0, ())


def test_more_columns_than_anyone_needs() -> None:
    wide = ["客户编号", "日期", "金额", *(f"列{n}" for n in range(16_381))]
    assert find_opening([wide], None, {}) is None
    with pytest.raises(ColumnsError) as caught:
        refuse_columns("a.csv", [wide], None, {})
    assert (caught.value.code, caught.value.facts["count"]) == ("SG307", 16_384)


HEADERS = st.lists(
    st.sampled_from([name for kind in data_tables() for many in names(kind).values() for name in many])
    | st.text(max_size=8),
    max_size=12,
)


@given(HEADERS, st.randoms())
def test_each_column_has_a_name_of_its_own_and_a_field_one_column(headers: list[str], chance: Random) -> None:
    match = recognise(headers, None, {})
    if match is None:
        return
    assert len(match.columns) == len(headers)
    filled = [name for name in match.columns if name]
    assert len(filled) == len(set(filled))
    assert {field for field, _, _ in match.how} == match.have
    assert all(0 < sure <= 1 for _, sure, _ in match.how)
    if len(set(map(normalise, headers))) == len(headers):
        again = list(headers)
        chance.shuffle(again)
        other = recognise(again, None, {})
        assert other is not None
        if other.kind == match.kind:
            assert dict(other.sources) == dict(match.sources)
