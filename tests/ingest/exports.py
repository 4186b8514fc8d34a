"""Exports as the platforms write them, with their headers and their habits: built here, never copied."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Rows = Sequence[Sequence[object]]


def as_csv(headers: str, rows: Sequence[Mapping[str, str]], encoding: str = "utf-8-sig") -> bytes:
    """``headers`` divided by blanks, ``rows`` by header; cells that are not named are empty."""
    names = headers.split(" ")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        assert set(row) <= set(names), set(row) - set(names)
        writer.writerow([row.get(name, "") for name in names])
    return out.getvalue().encode(encoding)


def as_book(rows: Rows) -> bytes:
    """One sheet with ``rows``."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@dataclass(frozen=True)
class Example:
    """One file, what it is told as, and what must come of it. ``used`` is in cents."""

    id: str
    name: str
    data: bytes
    platform: str
    kind: str
    mapping: Mapping[str, str]
    rows: Mapping[str, int] = field(default_factory=dict)
    used: int = 0
    customers: int = 0
    orders: int = 0
    days: tuple[str, ...] = ()
    codes: Mapping[str, int] = field(default_factory=dict)
    """issues that must be there, with their counts"""


_TAOBAO = (
    "订单编号 买家会员名 买家支付宝账号 买家应付货款 买家应付邮费 买家支付积分 总金额 返点积分 "
    "买家实际支付金额 "
    "买家实际支付积分 订单状态 订单关闭原因 收货人姓名 收货地址 联系电话 联系手机 订单创建时间 "
    "订单付款时间 "
    "确认收货时间 宝贝标题 宝贝总数量 店铺名称 打款商家金额 物流单号 物流公司 订单备注"
)


def _taobao(order: str, buyer: str, paid: str, state: str, made: str, at: str, **more: str) -> dict[str, str]:
    return {
        "订单编号": f'="{order}"',
        "买家会员名": buyer,
        "买家应付货款": "999.00",
        "总金额": "999.00",
        "买家实际支付金额": paid,
        "订单状态": state,
        "收货人姓名": "某人",
        "联系电话": "'null",
        "订单创建时间": made,
        "订单付款时间": at,
        "宝贝标题": "陶瓷杯",
        "宝贝总数量": "1",
        "打款商家金额": f"{paid}元",
        **more,
    }


TAOBAO = Example(
    "taobao",
    "ExportOrderList.csv",
    as_csv(
        _TAOBAO,
        [
            _taobao(
                "3712345678901234567", "小明", "100.50", "交易成功", "2024-01-05 23:59:00",
                "2024-01-06 00:03:00",
            ),
            _taobao(
                "3712345678901234568", "小明", "20.00", "卖家已发货，等待买家确认", "2024-01-07 09:00:00",
                "2024-01-07 09:01:00",
            ),
            _taobao("3712345678901234569", "小红", "30.00", "交易关闭", "2024-01-08 09:00:00", ""),
            _taobao("3712345678901234570", "小红", "0.00", "等待买家付款", "2024-01-09 09:00:00", ""),
            _taobao("3712345678901234571", "小红", "40.00", "交易成功", "2024-01-10 09:00:00", ""),
        ],
        "gbk",
    ),
    "taobao",
    "transactions",
    {
        "order_id": "订单编号",
        "customer_id": "买家会员名",
        "date": "订单付款时间",
        "amount": "买家实际支付金额",
        "status": "订单状态",
        "product": "宝贝标题",
        "quantity": "宝贝总数量",
    },
    {"used": 3, "status": 2, "structure": 1},
    used=16_050,
    customers=2,
    orders=3,
    days=("2024-01-06", "2024-01-07", "2024-01-10"),
    codes={"SG424": 2, "SG315": 3},
)  # fmt: skip

TAOBAO_NEW = Example(
    "taobao-new",
    "订单报表.csv",
    as_csv(
        "订单编号 买家会员名 买家实付金额 订单状态 买家下单时间 买家付款时间 宝贝标题 宝贝规格 "
        "宝贝总数量 运单号",
        [
            {
                "订单编号": "\t3712345678901234567",
                "买家会员名": "小明",
                "买家实付金额": "8.80",
                "订单状态": "买家已付款，等待卖家发货",
                "买家下单时间": "2024-02-01 10:00:00",
                "买家付款时间": "2024-02-01 10:02:00",
            }
        ],
        "gbk",
    ),
    "taobao",
    "transactions",
    {"amount": "买家实付金额", "date": "买家付款时间", "customer_id": "买家会员名"},
    {"used": 1, "structure": 1},
    used=880,
    customers=1,
    orders=1,
    days=("2024-02-01",),
)

TAOBAO_REFUNDS = Example(
    "taobao-refunds",
    "退款导出.csv",
    as_csv(
        "订单编号 退款编号 买家会员名称 买家退款金额 退款的申请时间 退款完结时间 是否需要退货 退款状态 "
        "宝贝标题",
        [
            {
                "订单编号": "3712345678901234567",
                "退款编号": "1",
                "买家会员名称": "小明",
                "买家退款金额": "10.25",
                "退款的申请时间": "2024-02-01 10:00:00",
                "退款完结时间": "2024-02-03 10:00:00",
                "是否需要退货": "否",
                "退款状态": "退款成功",
            },
            {
                "订单编号": "3712345678901234568",
                "退款编号": "2",
                "买家会员名称": "小明",
                "买家退款金额": "20.00",
                "退款的申请时间": "2024-02-02 10:00:00",
                "退款完结时间": "",
                "是否需要退货": "是",
                "退款状态": "退款关闭",
            },
        ],
        "gbk",
    ),
    "taobao",
    "transactions",
    {"amount": "买家退款金额", "date": "退款完结时间", "customer_id": "买家会员名称"},
    {"used": 1, "status": 1, "structure": 1},
    used=-1025,
    customers=1,
    orders=1,
    days=("2024-02-03",),
    codes={"SG313": 2},
)

ALIBABA = Example(
    "1688",
    "1688订单.xlsx",
    as_book(
        [
            [
                *(
                    "订单编号",
                    "买家公司名",
                    "买家会员名",
                    "货品总价(元)",
                    "运费(元)",
                    "涨价或折扣(元)",
                    "实付款(元)",
                ),
                *("订单状态", "订单创建时间", "订单付款时间", "货品标题", "单价(元)", "数量", "退款状态"),
            ],
            [
                *("2112345678901234567", "甲公司", "jia01", "100.00", "8.00", "-3.00", "105.00", "交易成功"),
                *("2024-01-05 10:00:00", "2024-01-05 10:05:00", "轴承", "10.00", "5", ""),
            ],
            [*([""] * 10), "螺母", "5.00", "10", ""],
            [
                *("2112345678901234568", "乙公司", "yi02", "50.00", "0.00", "0.00", "50.00", "等待买家付款"),
                *("2024-01-06 10:00:00", "", "轴承", "10.00", "5", ""),
            ],
        ]
    ),
    "alibaba1688",
    "transactions",
    {
        "customer_id": "买家会员名",
        "customer_name": "买家公司名",
        "amount": "实付款(元)",
        "date": "订单付款时间",
    },
    {"used": 2, "status": 1, "structure": 1},
    used=10_500,
    customers=2,
    orders=1,
    days=("2024-01-05", "2024-01-05"),
    codes={"SG314": 1},
)


def _jd(order: str, who: str, product: str, amount: str, state: str) -> dict[str, str]:
    return {
        "订单号": order,
        "商品ID": "100001",
        "商品名称": product,
        "订购数量": "1",
        "支付方式": "在线支付",
        "下单时间": "2024-03-01 08:00:00",
        "京东价": "60.00",
        "订单金额": "130.00",
        "结算金额": amount,
        "余额支付": "20.00",
        "应付金额": "100.00",
        "订单状态": state,
        "下单帐号": who,
        "客户姓名": "张先生",
        "联系电话": "138****0000",
    }


JD = Example(
    "jd",
    "京东订单.csv",
    as_csv(
        "订单号 商品ID 商品名称 订购数量 支付方式 下单时间 京东价 订单金额 结算金额 余额支付 应付金额 "
        "订单状态 "
        "订单类型 下单帐号 客户姓名 客户地址 联系电话 订单备注 发票类型 发票抬头 发票内容 商家备注 "
        "运费金额 "
        "付款确认时间 货号 订单完成时间 订单来源 订单渠道 仓库id 仓库名称 服务费",
        [
            _jd("28912345678", "jd_aaa", "水杯", "120.00", "完成"),
            _jd("28912345678", "jd_aaa", "杯垫", "120.00", "完成"),
            _jd("28912345679", "jd_bbb", "水杯", "60.00", "等待出库"),
            _jd("28912345680", "jd_bbb", "水杯", "60.00", "(删除)等待出库"),
            _jd("28912345681", "jd_bbb", "水杯", "60.00", "等待付款"),
        ],
        "gb18030",
    ),
    "jd",
    "transactions",
    {
        "customer_id": "下单帐号",
        "customer_name": "客户姓名",
        "amount": "结算金额",
        "date": "下单时间",
        "unit_price": "京东价",
        "quantity": "订购数量",
        "channel": "订单来源",
    },
    {"used": 3, "status": 2, "structure": 1},
    used=18_000,
    customers=2,
    orders=2,
    days=("2024-03-01",) * 3,
    codes={"SG314": 1, "SG424": 2},
)

_PDD = (
    "商品 订单号 订单状态 商品总价(元) 店铺优惠折扣(元) 平台优惠折扣(元) 多多支付立减金额(元) "
    "用户实付金额(元) "
    "商家实收金额(元) 商品数量(件) 省 市 订单成交时间 支付时间 确认收货时间 商品id 商品规格 售后状态 "
    "快递单号"
)


def _pdd(order: str, paid: str, state: str, after: str = "无售后或售后取消", **more: str) -> dict[str, str]:
    return {
        "商品": "袜子",
        "订单号": f"{order}\t",
        "订单状态": state,
        "商品总价(元)": "30.00",
        "用户实付金额(元)": paid,
        "商家实收金额(元)": "29.00",
        "商品数量(件)": "1",
        "省": "****",
        "市": "****",
        "支付时间": "2024-04-02 12:00:00\t",
        "售后状态": after,
        **more,
    }


PINDUODUO = Example(
    "pinduoduo",
    "orders_export.csv",
    as_csv(
        f"{_PDD} 收货人 手机",
        [
            _pdd("240402-111", "25.50", "已发货，待签收", 收货人="李四", 手机="13800000001"),
            _pdd("240402-112", "10.00", "已收货", "售后处理中", 收货人="李四", 手机="13800000001"),
            _pdd("240402-113", "12.00", "未发货，退款成功", "退款成功", 收货人="王五", 手机="13800000002"),
            _pdd("240402-114", "0.00", "已取消", 收货人="王五", 手机="13800000002"),
        ],
    ),
    "pinduoduo",
    "transactions",
    {
        "order_id": "订单号",
        "customer_id": "手机",
        "customer_name": "收货人",
        "amount": "用户实付金额(元)",
        "date": "订单成交时间",
        "refund_status": "售后状态",
        "quantity": "商品数量(件)",
    },
    {"used": 2, "status": 2, "structure": 1},
    used=3550,
    customers=2,
    orders=2,
    days=("2024-04-02",) * 2,
    codes={"SG315": 4, "SG424": 2},
)

PINDUODUO_NAMELESS = as_csv(_PDD, [_pdd("240402-111", "25.50", "已签收")])


def _douyin(main: str, sub: str, amount: str, state: str, phone: str, after: str = "-") -> dict[str, str]:
    return {
        "主订单编号": f"\t{main}",
        "子订单编号": f"\t{sub}",
        "选购商品": "面膜;精华",
        "商品数量": "1",
        "商品ID": "\t9001",
        "商品金额": "88.00",
        "订单应付金额": amount,
        "商家收入金额": amount,
        "运费": "0",
        "收件人": "##Ab3dE/密文",
        "收件人手机号": phone,
        "订单提交时间": "2024-05-01 20:00:00",
        "支付完成时间": "-",
        "订单完成时间": "-",
        "订单状态": state,
        "售后状态": after,
        "取消原因": "-",
    }


DOUYIN = Example(
    "douyin",
    "抖店订单.csv",
    as_csv(
        "主订单编号 子订单编号 选购商品 商品规格 商品数量 商品ID 商家编码 商品金额 订单应付金额 "
        "商家收入金额 运费 收件人 "
        "收件人手机号 订单提交时间 支付方式 支付完成时间 订单完成时间 订单状态 售后状态 取消原因",
        [
            _douyin("6911", "6911", "50.00", "已完成", "##m1"),
            _douyin("6911", "6912", "38.00", "已完成", "##m1"),
            _douyin("6921", "6921", "88.00", "已关闭", "##m2"),
            _douyin("6931", "6931", "88.00", "已发货", "##m2", "售后中"),
            _douyin("6941", "6941", "88.00", "待支付", "##m2"),
        ],
    ),
    "douyin",
    "transactions",
    {
        "order_id": "主订单编号",
        "customer_id": "收件人手机号",
        "customer_name": "收件人",
        "amount": "订单应付金额",
        "date": "支付完成时间",
        "product": "选购商品",
    },
    {"used": 3, "status": 2, "structure": 1},
    used=17_600,
    customers=2,
    orders=2,
    days=("2024-05-01",) * 3,
    codes={"SG312": 5, "SG424": 2},
)

YOUZAN = Example(
    "youzan",
    "有赞订单.csv",
    as_csv(
        "订单号 归属店铺 订单状态 订单创建时间 买家付款时间 交易成功时间 付款方式 支付流水号 "
        "商品金额合计 运费 店铺优惠合计 "
        "应收订单金额 订单实付金额 订单实收金额 全部商品名称 商品种类数 收货人/提货人 "
        "收货人手机号/提货人手机号 买家昵称 买家姓名 "
        "买家是否会员 买家手机号 订单退款状态 订单已退款金额 商家订单备注 分销员 分销员",
        [
            {
                "订单号": "E20240601001",
                "订单状态": "交易完成",
                "订单创建时间": "2024-06-01 10:00:00",
                "买家付款时间": "2024-06-01 10:01:00",
                "订单实付金额": "99.00",
                "订单实收金额": "99.00",
                "全部商品名称": "蜂蜜",
                "买家昵称": "小花",
                "买家姓名": "——",
                "买家手机号": "18600000005",
                "订单退款状态": "——",
                "订单已退款金额": "0.00",
            },
            {
                "订单号": "E20240602001",
                "订单状态": "待发货",
                "订单创建时间": "2024-06-02 10:00:00",
                "买家付款时间": "2024-06-02 10:01:00",
                "订单实付金额": "50.00",
                "买家昵称": "小草",
                "买家姓名": "曹先生",
                "买家手机号": "18600000006",
            },
            {
                "订单号": "E20240603001",
                "订单状态": "交易关闭",
                "订单创建时间": "2024-06-03 10:00:00",
                "买家付款时间": "——",
                "订单实付金额": "0.00",
                "买家昵称": "小草",
                "买家手机号": "18600000006",
            },
        ],
    ),
    "youzan",
    "transactions",
    {
        "customer_id": "买家手机号",
        "customer_name": "买家姓名",
        "amount": "订单实付金额",
        "date": "买家付款时间",
        "refund_status": "订单退款状态",
        "refunded": "订单已退款金额",
    },
    {"used": 2, "status": 1, "structure": 1},
    used=14_900,
    customers=2,
    orders=2,
    days=("2024-06-01", "2024-06-02"),
)

YOUZAN_CUSTOMERS = Example(
    "youzan-customers",
    "有赞客户.csv",
    as_csv(
        "客户姓名 客户昵称 客户手机号 客户生日 客户性别 标签 是否会员 成长值 免费等级 付费等级 权益卡 "
        "客户积分 "
        "客户储值余额 消费次数 消费金额 累计退款金额 累计退款订单数 笔单价 上次消费时间 分销员 导购员 "
        "来源渠道 成为客户时间 "
        "成为会员时间 ",
        [
            {
                "客户姓名": "——",
                "客户昵称": "小花",
                "客户手机号": "18600000005",
                "消费金额": "99.00",
                "导购员": "李导",
                "成为客户时间": "2024-01-01 00:00:00",
            },
            {
                "客户姓名": "曹先生",
                "客户昵称": "小草",
                "客户手机号": "186******06",
                "上次消费时间": "——",
                "来源渠道": "微信",
            },
        ],
    ),
    "youzan",
    "customers",
    {
        "customer_id": "客户手机号",
        "customer_name": "客户姓名",
        "phone": "客户手机号",
        "owner": "导购员",
        "source": "来源渠道",
    },
    customers=2,
    codes={"SG312": 1},
)  # fmt: skip

FXIAOKE = Example(
    "fxiaoke",
    "AccountObj.csv",
    as_csv(
        "account_no name account_level account_source account_status deal_status high_seas_name "
        "last_deal_closed_amount last_deal_closed_time last_followed_time owner owner_department "
        "province tel "
        "transfer_count remark create_time custom__c",
        [
            {
                "account_no": "C0001",
                "name": "甲公司",
                "account_level": "A",
                "account_source": "展会",
                "last_deal_closed_time": "1704067200000",
                "owner": "王五",
                "province": "浙江",
                "tel": "0571-88888888",
                "create_time": "1672531200000",
                "custom__c": "x",
            },
            {"account_no": "C0002", "name": "乙公司", "create_time": "1672502400000"},
        ],
    ),
    "fxiaoke",
    "customers",
    {
        "customer_id": "account_no",
        "customer_name": "name",
        "source": "account_source",
        "owner": "owner",
        "region": "province",
        "phone": "tel",
        "registered_on": "create_time",
    },
    customers=2,
)

FXIAOKE_LABELS = Example(
    "fxiaoke-labels",
    "客户.xlsx",
    as_book(
        [
            [
                *(
                    "客户名称",
                    "客户编号",
                    "客户级别",
                    "成交状态",
                    "来源",
                    "1级行业",
                    "负责人",
                    "负责人主属部门",
                    "所属公海",
                    "省",
                ),
                *("电话", "最后跟进时间", "最后一次成交金额", "剩余保有时间", "锁定状态", "创建时间"),
            ],
            [
                *("甲公司", "C0001", "重点客户", "已成交", "展会", "制造", "王五", "销售一部", "", "浙江"),
                *("0571-88888888", "2024-01-01 10:00", "1000.00", "30", "未锁定", "2023-01-01 08:00"),
            ],
        ]
    ),
    "fxiaoke",
    "customers",
    {
        "customer_id": "客户编号",
        "customer_name": "客户名称",
        "industry": "1级行业",
        "owner": "负责人",
        "region": "省",
    },
    customers=1,
)

ZOHO = Example(
    "zoho",
    "Accounts_001.csv",
    as_csv(
        "Record_Id Account_Owner Account_Name Phone Website Account_Type Billing_Street Billing_City "
        "Billing_State Billing_Code Description",
        [
            {"Record_Id": "zcrm_4150868000000376008", "Account_Owner": "Ann", "Account_Name": "Acme"},
            {"Record_Id": "4150868000000376009", "Account_Owner": "Bob", "Account_Name": "Beta"},
        ],
    ),
    "zoho",
    "customers",
    {"customer_id": "Record_Id", "customer_name": "Account_Name", "owner": "Account_Owner"},
    customers=2,
)

ZOHO_LEADS = Example(
    "zoho-leads",
    "线索.csv",
    as_csv(
        "线索所有者 公司* 线索来源 行业 年收入 电话 手机 邮件 网站 评级 员工数量 创建者 修改者",
        [
            {
                "线索所有者": "王五",
                "公司*": "甲公司",
                "线索来源": "广告",
                "电话": "0571-88888888",
                "手机": "",
            },
            {"线索所有者": "王五", "公司*": "乙公司", "电话": "", "手机": "13800000001"},
        ],
    ),
    "zoho",
    "customers",
    {
        "customer_name": "公司*",
        "owner": "线索所有者",
        "phone": "手机",
        "source": "线索来源",
        "industry": "行业",
    },
    customers=2,
)

HUBSPOT = Example(
    "hubspot",
    "hubspot-crm-exports-all-deals.csv",
    b"\n".join(
        line.encode()
        for line in (
            "Record ID,Deal Name,Deal Stage,Amount,Deal owner,Close Date,Create Date,Pipeline,"
            "Associated Company,Associated Company IDs,Last Activity Date",
            '9001,Renewal,Closed Won,"$1,200.50",Ann,2024-01-31 10:00,2024-01-01 09:00,Sales,Acme,101,',
            "9002,Add-on,closedwon,$300,Ann,,2024-02-01 09:00,Sales,Acme;Beta,101;102,",
            "9003,Lost,Closed Lost,$500,Ann,2024-02-05 10:00,2024-02-01 09:00,Sales,Beta,102,",
            "9004,Open,Contract Sent,$500,Ann,2024-12-05 10:00,2024-02-01 09:00,Sales,Beta,102,",
        )
    ),
    "hubspot",
    "transactions",
    {
        "order_id": "Record ID",
        "customer_id": "Associated Company IDs",
        "customer_name": "Associated Company",
        "amount": "Amount",
        "date": "Close Date",
        "status": "Deal Stage",
    },
    {"used": 2, "status": 2, "structure": 1},
    used=150_050,
    customers=2,
    orders=2,
    days=("2024-01-31", "2024-02-01"),
    codes={"SG316": 1},
)

HUBSPOT_COMPANIES = Example(
    "hubspot-companies",
    "hubspot-crm-exports-all-companies.csv",
    b"Record ID,Company name,Domain,Company owner,Industry,Create Date\n"
    b"101,Acme,acme.test,Ann,MACHINERY,2023-05-01 10:00\n102,Beta,beta.test,Bob,,2023-06-01 10:00\n",
    "hubspot",
    "customers",
    {"customer_id": "Record ID", "customer_name": "Company name", "owner": "Company owner"},
    customers=2,
)

SALESFORCE = Example(
    "salesforce",
    "report.csv",
    b"Account ID,Account Owner,Account Name,Billing State/Province,Type,Last Activity,Last Modified Date,"
    b"Website,Created Date\n"
    b"0015g00000AAAAAAA1,Ann,Acme,CA,Customer,1/12/2026,1/11/2026,acme.test,1/12/2024\n"
    b"0015g00000BBBBBBB2,Bob,Beta,NY,Customer,2/3/2026,2/1/2026,beta.test,2/3/2024\n",
    "salesforce",
    "customers",
    {"customer_id": "Account ID", "customer_name": "Account Name", "registered_on": "Created Date"},
    customers=2,
)

SALESFORCE_DEALS = Example(
    "salesforce-deals",
    "opportunities.csv",
    b"Opportunity ID,Opportunity Name,Account ID,Account Name,Stage,Amount,Close Date,Opportunity Owner\n"
    b"006A,Renewal,0015g00000AAAAAAA1,Acme,Closed Won,1200.50,1/12/2024,Ann\n"
    b"006B,Add-on,0015g00000AAAAAAA1,Acme,Closed Lost,300,3/4/2024,Ann\n",
    "salesforce",
    "transactions",
    {"order_id": "Opportunity ID", "customer_id": "Account ID", "amount": "Amount", "date": "Close Date"},
    {"used": 1, "status": 1, "structure": 1},
    used=120_050,
    customers=1,
    orders=1,
    days=("2024-01-12",),
)

ERP = Example(
    "erp",
    "销售明细.xlsx",
    as_book(
        [
            ["某某公司销售明细表", *[""] * 8],
            ["期间：2024-01-01 至 2024-01-31", *[""] * 8],
            [
                "客户编码",
                "客户名称",
                "单据日期",
                "单据编号",
                "业务员",
                "商品编码",
                "销售金额(万元)",
                "已收金额(万元)",
                "到期日",
            ],
            ["K001", "甲公司", "2024-01-05", "XS0001", "王五", "P1", "1.25", "1.25", "2024-02-05"],
            ["K001", "甲公司", "2024-01-05", "XS0001", "王五", "P2", "0.5", "0", "2024-02-05"],
            ["K002", "乙公司", "2024-01-09", "XS0002", "李四", "P1", "-0.25", "0", "2024-02-09"],
            ["合计", "", "", "", "", "", "1.5", "1.25", ""],
        ]
    ),
    "erp",
    "transactions",
    {
        "customer_id": "客户编码",
        "customer_name": "客户名称",
        "date": "单据日期",
        "order_id": "单据编号",
        "amount": "销售金额(万元)",
        "due_on": "到期日",
    },
    {"used": 3, "structure": 4},
    used=1_500_000,
    customers=2,
    orders=2,
    days=("2024-01-05", "2024-01-05", "2024-01-09"),
    codes={"SG310": 1},
)

EXAMPLES: tuple[Example, ...] = (
    *(TAOBAO, TAOBAO_NEW, TAOBAO_REFUNDS, ALIBABA, JD, PINDUODUO, DOUYIN, YOUZAN, YOUZAN_CUSTOMERS, FXIAOKE),
    *(FXIAOKE_LABELS, ZOHO, ZOHO_LEADS, HUBSPOT, HUBSPOT_COMPANIES, SALESFORCE, SALESFORCE_DEALS, ERP),
)
