"""The words of exports for blanks, footers, states, answers, units. Compared after NFKC and casefold."""

from __future__ import annotations

from typing import Final


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


BLANK: Final = _words("- — —— – / \\ 无 空 暂无 n/a #n/a na nan null none nil") | {""}
"""cells of a typed column that say nothing; a name may well be one of them"""

FOOTER: Final = _words(
    "合计 总计 小计 累计 共计 汇总 总合计 本页合计 本页小计 本月合计 本期合计 本年累计 合计金额",
    "total totals subtotal sub-total grandtotal sum",
)

PAID: Final = _words(
    "交易成功 已完成 完成 已付款 已支付 已结清 已收款 已发货 待发货 待收货 已收货 已签收 已确认",
    "成功 已成交 成交 部分退款 交易完成 付款成功 支付成功 已出库 已生效 赢单",
    "卖家已发货 买家已付款 等待卖家发货 等待买家确认 等待买家确认收货",
    "paid completed complete done shipped delivered success succeeded closedwon fulfilled processing",
)
CLOSED: Final = _words(
    "交易关闭 已关闭 关闭 已取消 取消 订单取消 交易取消 已作废 作废 无效 失败 交易失败 输单",
    "cancelled canceled closed void voided failed closedlost",
)
UNPAID: Final = _words(
    "待付款 等待买家付款 未付款 待支付 未支付 未结清 草稿 待确认 待审核",
    "unpaid pending open draft awaitingpayment",
)
REFUNDED: Final = _words("退款成功 已退款 全额退款 退款完成 已退货 退货成功", "refunded returned chargeback")

REFUND_WHOLE: Final = _words(
    "退款成功 已退款 全额退款 已全额退款 全部退款 退款完成 退货退款成功 退货退款完成 已退货 退货成功",
    "仅退款成功 退款成功(全额退款) 售后完成 refunded fullrefund fullyrefunded returned",
)
REFUND_PART: Final = _words(
    "部分退款 已部分退款 部分退款成功 部分退货 退款成功(部分退款) partial partialrefund partiallyrefunded"
)
REFUND_NONE: Final = _words(
    "无退款 未退款 未申请退款 无售后 无售后或售后取消 售后取消 售后关闭 退款关闭 退款取消 退款失败 已取消",
    "已关闭 拒绝退款 退款中 退款处理中 售后中 售后处理中 待退款 申请退款 退款申请中 等待退款",
    "售后已关闭 待商家处理 待买家处理 待买家退货 待商家收货 同意退款,退款中",
    "norefund pending processing cancelled canceled closed rejected",
)
"""words of a column of its own for what became of a refund; those of REFUND_NONE gave nothing back"""

YES: Final = _words("是 有 对 真 同意 已同意 √ ✓ ✔ y yes true t 1 1.0 on")
NO: Final = _words("否 无 没有 错 假 不同意 未同意 × ✗ ✘ x n no false f 0 0.0 off")

RATING: Final[dict[str, float]] = {
    word: points
    for points, said in (
        (5.0, "很满意 非常满意 十分满意 极满意 五星 五星级 五分 非常好 excellent verysatisfied"),
        (4.0, "满意 比较满意 较满意 四星 四星级 四分 好 good satisfied"),
        (3.0, "一般 基本满意 尚可 三星 三星级 三分 中 average neutral"),
        (2.0, "不满意 较不满意 比较不满意 二星 二星级 两星 二分 差 poor dissatisfied"),
        (1.0, "很不满意 非常不满意 十分不满意 极不满意 一星 一星级 一分 很差 bad verydissatisfied"),
    )
    for word in said.split()
}

SCALE: Final[dict[str, int]] = {"亿": 10**8, "千万": 10**7, "百万": 10**6, "万": 10**4, "千": 10**3}
"""units that stand behind a number"""

MONTHS: Final[dict[str, int]] = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
