"""Payments, stays and points are told by their headers, in both languages, and sales stay sales."""

from __future__ import annotations

import pytest

from sheetgen.ingest.headers import missing, recognise
from sheetgen.scheme.tables import data_tables

KINDS = ("payments", "stays", "points")
EXPORTS = {
    "客户编号 开票日期 发票号码 开票金额 账期 付款日期": "payments",
    "客户编码 单据日期 单据编号 应收金额 已收金额 到期日 收款日期 逾期天数": "payments",
    "Customer ID|Invoice No|Invoice Date|Invoice Amount|Due Date|Payment Date|Amount Paid": "payments",
    "会员卡号 到店日期 离店日期 房型 间夜 房费 渠道": "stays",
    "客户编号 入住日期 晚数 是否未到": "stays",
    "Guest ID|Check In|Nights|Room Type|Total Charge|No Show|Booking Source": "stays",
    "会员编号 变动时间 变动类型 获取积分 消耗积分 关联订单号": "points",
    "Member ID|Transaction date|Points earned|Points redeemed|Reward|Expiry date": "points",
    "客户编号 日期 金额 订单号 应付日期 付款日期": "transactions",
    "客户编码 客户名称 单据日期 单据编号 业务员 销售金额 数量 单价 已收金额 未收金额 到期日": "transactions",
    "订单编号 买家会员名 买家实际支付金额 买家实际支付积分 返点积分 订单付款时间 宝贝标题": "transactions",
    "客户编号 账期 套餐 月费": "usage",
    "客户编号 回访日期 客户满意度 下次联系时间": "service",
}


@pytest.mark.parametrize(("headers", "kind"), EXPORTS.items())
def test_exports(headers: str, kind: str) -> None:
    match = recognise(headers.split("|" if "|" in headers else " "), None, {})
    assert match is not None and match.kind == kind, match


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_our_own_sheets_are_read_back(kind: str, lang: str) -> None:
    headers = [getattr(field.label, lang) for field in data_tables()[kind].columns.values()]
    match = recognise(headers, None, {})
    assert match is not None and match.kind == kind
    assert set(match.fields) == set(data_tables()[kind].fields), "what is worked out is not read"


@pytest.mark.parametrize("kind", KINDS)
def test_what_lacks_is_named(kind: str) -> None:
    assert missing(kind, ["客户编号", "备注"], {})[0] == "date"
    assert recognise(["客户编号", "日期"], kind, {}) is None
