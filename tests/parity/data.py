"""Random companies whose customers stand on edges: amounts, days, counts, ties, and nasty ids."""

# ruff: noqa: E501 (a record a line or two)

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from sheetgen.scheme.library import load_scheme

AS_OF = date(2026, 6, 30)
NASTY_IDS = (
    *("客户甲-01", "KH０２混", "110101199003071234", "110101199003071235", "00123", "123", "0123"),
    *("ab1", "AB1", "A*1", "A?1", "A~1", "A~*1", "A1X", "~", "a b", "TRUE", "1000", "1E3X", "1e-5"),
    *(">5", "<>", "=1+1", "-7", "+8", "12/5", "é1", "É1", 'say "x"', "O'Neil", "#1", "ß", "ＡＢ２", "1.50"),
)
EDGES = {
    "vip-abc": (50_000, 200_000, 500_000),
    "retail-diamond": (5_000, 20_000, 50_000),
    "rfm": (1_000, 2_000, 3_000),
    "weighted-score": (141_509.43, 150_000, 300_000),
}
ASSETS = (49_999_999, 50_000_000, 50_000_001, 599_999_999, 600_000_000, 600_000_001)
"""a cent below, on and above the edges of finance-crm"""
USUAL_EDGES = (1_000, 50_000, 200_000, 500_000)
CATEGORIES = ("咖啡豆", "茶叶", "糖浆", "器具", "Coffee", "coffee", "A*B", "服务", "")
OWNERS = ("苏望舒", "沈嘉禾", "陆知远")

Row = dict[str, str]


@dataclass
class Company:
    """Rows of the three files, by our Chinese headers."""

    customers: list[Row] = field(default_factory=list)
    transactions: list[Row] = field(default_factory=list)
    service: list[Row] = field(default_factory=list)
    further: dict[str, list[Row]] = field(default_factory=dict)

    def write(self, folder: Path) -> dict[str, list[str]]:
        """The files, by table, as BuildRequest takes them."""
        found = {}
        rows = {t: getattr(self, t) for t in ("customers", "transactions", "service")} | self.further
        for table in rows:
            path = folder / f"{table}.csv"
            write_rows(path, rows[table])
            found[table] = [str(path)]
        return found


def write_rows(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


class _Pen:
    """Writes rows into a company."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.company = Company()
        self.orders = 0

    def customer(self, customer: str, registered: date | None = None) -> str:
        n = len(self.company.customers) + 1
        self.company.customers.append(
            {
                "客户编号": customer,
                "客户名称": f"公司{n:03d}",
                "地区": self.dice.choice(("上海", "北京", "")),
                "负责人": OWNERS[n * n % 3],
                "登记日期": registered.isoformat() if registered else "",
            }
        )
        return customer

    def order_id(self) -> str:
        self.orders += 1
        return f"XS{self.orders:06d}"

    def line(
        self, customer: str, cents: int, day: date, order: str | None = None, category: str | None = None
    ) -> None:
        self.company.transactions.append(
            {
                "客户编号": customer,
                "日期": day.isoformat(),
                "金额": f"{cents / 100:.2f}",
                "订单号": self.order_id() if order is None else order,
                "产品或服务": "货",
                "品类": self.dice.choice(CATEGORIES) if category is None else category,
                "数量": str(self.dice.randint(1, 40)),
                "渠道": self.dice.choice(("门店", "网店", "")),
            }
        )

    def contact(
        self, customer: str, day: date, stars: str, complaint: str, again: date | None = None
    ) -> None:
        self.company.service.append(
            {
                "客户编号": customer,
                "日期": day.isoformat(),
                "渠道": "电话",
                "咨询问题": "问",
                "解决措施": "答",
                "处理人": "冯初夏",
                "满意度": stars,
                "是否投诉": complaint,
                "下次联系": again.isoformat() if again else "",
            }
        )

    def day(self, back: int = 364) -> date:
        """A random day of the last year."""
        return AS_OF - timedelta(days=self.dice.randint(0, back))


def company(scheme: str, seed: int = 1, plain: int = 25) -> Company:
    """About 110 customers and 600 rows round the edges of ``scheme``; ``plain``: ordinary customers."""
    pen = _Pen(seed)
    most = round(EDGES.get(scheme, USUAL_EDGES)[-1] * 40)
    for i, customer in enumerate(NASTY_IDS):
        pen.customer(customer, AS_OF - timedelta(days=i * 97))
        for _ in range(pen.dice.randint(1, 4)):
            pen.line(customer, pen.dice.randint(100, most), pen.day(800))
    _on_the_edges(pen, EDGES.get(scheme, USUAL_EDGES))
    _days(pen)
    _counts(pen)
    _best(pen, most)
    _refunds(pen)
    _ties(pen)
    _service(pen)
    for n in range(plain):
        customer = pen.customer(f"KH{n:04d}", pen.day(3_000))
        for _ in range(pen.dice.randint(0, 14)):
            order = pen.order_id()
            for _ in range(pen.dice.choice((1, 1, 1, 2, 3))):
                pen.line(customer, pen.dice.randint(-most // 9, most // 3) or 1, pen.day(760), order)
        for _ in range(pen.dice.randint(0, 3)):
            pen.contact(
                customer,
                pen.day(500),
                pen.dice.choice(("", "1", "2", "3", "4", "5")),
                pen.dice.choice("是否"),
            )
    pen.dice.shuffle(pen.company.customers)
    pen.dice.shuffle(pen.company.transactions)
    if scheme == "phone-pareto":
        _profits(pen.company.transactions, seed)
    wanted = load_scheme(scheme).detail_tables
    rows = further_rows([row["客户编号"] for row in pen.company.customers], seed)
    pen.company.further.update({table: rows[table] for table in wanted if table in rows})
    return pen.company


def _on_the_edges(pen: _Pen, edges: tuple[float, ...]) -> None:
    """A cent below, on, and a cent above each edge, in three lines; one is a refund of nothing known."""
    for edge in edges:
        for step in (-1, 0, 1):
            customer, cents = pen.customer(f"边{edge:g}{step:+d}", AS_OF), round(edge * 100) + step
            first = pen.dice.randint(1, cents)
            pen.line(customer, first, pen.day())
            pen.line(customer, cents - first + 12_345, pen.day())
            pen.line(customer, -12_345, pen.day())


def _days(pen: _Pen) -> None:
    """Every edge of the windows on both sides; one customer with all of them; one order across the edge."""
    backs = (-400, -1, 0, 1, 179, 180, 181, 363, 364, 365, 366, 729, 730, 731)
    everything = pen.customer("日全", AS_OF + timedelta(days=5))
    for i, back in enumerate(backs):
        day = AS_OF - timedelta(days=back)
        customer = pen.customer(f"日{back}", day)
        pen.line(customer, 10_000 + i, day)
        pen.line(everything, 1_000_00 + 7 * i, day)
        pen.contact(customer, day, "3", "是", day + timedelta(days=30))
        pen.contact(everything, day, str(1 + i % 5), "是" if i % 2 else "否")
    both = pen.customer("日跨")
    for back in (364, 365):
        pen.line(both, 500_00, AS_OF - timedelta(days=back), "跨单", "茶叶")
    for _ in range(3):
        pen.line(both, 100_00, AS_OF - timedelta(days=365), pen.order_id(), "糖浆")


def _counts(pen: _Pen) -> None:
    """10, 11, 20 and 24 orders of one or three lines; orders that differ in case; lines without order."""
    for count in (1, 2, 10, 11, 20, 24, 25):
        customer = pen.customer(f"单{count}", pen.day(1_200))
        for i in range(count):
            order = pen.order_id()
            for _ in range(1 + 2 * (i % 2)):
                pen.line(customer, 99_99, pen.day(), order)
    cases = pen.customer("单大小")
    for order, category in (
        ("so-1", "tea"),
        ("SO-1", "TEA"),
        ("So-2", "Tea"),
        ("0012", "茶"),
        ("12", "茶 "),
        ("", ""),
    ):
        pen.line(cases, 1_00, AS_OF, order, category)
    lines = pen.customer("单无号")
    for _ in range(4):
        pen.line(lines, 25_00, AS_OF, "", "")


def _best(pen: _Pen, most: int) -> None:
    """A customer with everything."""
    best = pen.customer("全优", AS_OF - timedelta(days=3_000))
    for i in range(26):
        pen.line(best, most, pen.day(), category=CATEGORIES[i % 9])
        pen.contact(best, pen.day(), "5", "否")


def _refunds(pen: _Pen) -> None:
    only = pen.customer("退只", AS_OF - timedelta(days=200))
    for _ in range(3):
        pen.line(only, -pen.dice.randint(100, 50_000), pen.day())
    back = pen.customer("退单")
    for sold, refunded in ((400, 10), (20, 20), (366, 365), (365, 364)):
        order = pen.order_id()
        pen.line(back, 80_000_00, AS_OF - timedelta(days=sold), order, "器具")
        pen.line(back, -30_000_00, AS_OF - timedelta(days=refunded), order, "器具")
    nothing = pen.customer("退零")
    pen.line(nothing, 12_34, AS_OF)
    pen.line(nothing, -12_34, AS_OF)
    pen.line(nothing, 0, AS_OF)
    pen.customer("无交易", AS_OF - timedelta(days=30))
    pen.customer("无交易无日期")


def _ties(pen: _Pen) -> None:
    """Equal customers, so that quantiles fall upon ties."""
    for i in range(12):
        customer = pen.customer(f"平{i}", AS_OF - timedelta(days=365))
        for back in (10, 40):
            pen.line(customer, 750_00, AS_OF - timedelta(days=back))


def _service(pen: _Pen) -> None:
    """Means with a 5 in the third decimal, calls agreed for the future, calls without stars."""
    for i, stars in enumerate(
        (("4", "4", "5", "4", "4", "4", "4", "4"), ("1", "2", "3", "4", "5", "5", "5", "4"), ("",), ("5",))
    ):
        customer = pen.customer(f"服{i}", AS_OF - timedelta(days=100))
        for star in stars:
            pen.contact(customer, pen.day(), star, "否", AS_OF + timedelta(days=pen.dice.randint(-20, 20)))
    future = pen.customer("服未来")
    pen.contact(future, AS_OF + timedelta(days=3), "1", "是", AS_OF + timedelta(days=9))
    pen.contact(future, AS_OF - timedelta(days=3), "4", "", AS_OF - timedelta(days=1))
    for back in (0, 7, 8, 90):
        pen.contact(
            pen.customer(f"服约{back}"), AS_OF - timedelta(days=back), "", "", AS_OF + timedelta(days=back)
        )


def _profits(transactions: list[Row], seed: int) -> None:
    """Between a loss and half of the amount; some lines do not tell."""
    dice = random.Random(f"profit {seed}")
    for row in transactions:
        told = dice.random() < 0.9
        row["利润"] = f"{float(row['金额']) * dice.uniform(-0.1, 0.5):.2f}" if told else ""


def large_company(seed: int = 5, customers: int = 300, each: int = 44) -> Company:
    """More rows than a small book has."""
    pen = _Pen(seed)
    for n in range(customers):
        customer = pen.customer(f"KH{n:04d}", pen.day(3_000))
        for _ in range(each + n % 3):
            pen.line(customer, pen.dice.randint(1_00, 40_000_00), pen.day(760))
        if n % 4 == 0:
            pen.contact(customer, pen.day(500), pen.dice.choice("12345"), pen.dice.choice("是否"))
    return pen.company


def further_rows(customers: list[str], seed: int = 4) -> dict[str, list[Row]]:
    """Rows on every edge of the window, with gaps, ties, words in two cases, money below zero."""
    dice, found = random.Random(seed), {"usage": [], "holdings": [], "survey": []}
    made = {"payments": _payments, "stays": _stays, "points": _points}
    found |= {table: make(customers, seed) for table, make in made.items()}
    for customer, cents in zip(customers, ASSETS, strict=False):
        found["holdings"].append(
            {"客户编号": customer, "估值日": (AS_OF - timedelta(days=91)).isoformat(), "产品": "存款", "产品类别": "存款",
             "持有金额": f"{cents / 100:.2f}", "贡献": "1"}
        )  # fmt: skip
    best = customers[len(ASSETS) : len(ASSETS) + 9]
    for i, customer in enumerate(best):
        for back in (3, 33):
            day = (AS_OF - timedelta(days=back)).isoformat()
            found["usage"].append(
                {"客户编号": customer, "账期": day, "通话分钟": f"{95 * (i + 1)}", "流量(GB)": f"{6 * (i + 1)}", "套餐": "尊享",
                 "是否参加活动": "是" if i > 3 else "否", "费用": "299"}
            )  # fmt: skip
            found["survey"].append(
                {"客户编号": customer, "调查日期": day, "问卷": "年度", "问卷得分": f"{60 + 5 * i}", "访谈得分": "95", "观察得分": "90", "意见": ""}
            )  # fmt: skip
            for n in range(i):
                found["holdings"].append(
                    {"客户编号": customer, "估值日": day, "产品": f"产品{n}", "产品类别": "理财", "持有金额": f"{150_000 * i}", "贡献": "4000"}
                )  # fmt: skip
    for customer in customers[len(ASSETS) + 9 :]:
        if dice.random() < 0.2:
            continue
        for _ in range(dice.randint(0, 4)):
            day = (
                AS_OF - timedelta(days=dice.choice((0, 1, 364, 365, 366, dice.randint(0, 700))))
            ).isoformat()
            found["usage"].append(
                {"客户编号": customer, "账期": day, "通话分钟": dice.choice(("", "0", f"{dice.randint(0, 9000) / 10}")),
                 "流量(GB)": dice.choice(("", f"{dice.randint(0, 999) / 8:.3f}")), "套餐": dice.choice(("畅享", "Plus", "PLUS", "")),
                 "是否参加活动": dice.choice(("是", "否", "")), "费用": dice.choice(("20.00", "20.01", "19.99", "128", ""))}
            )  # fmt: skip
            found["holdings"].append(
                {"客户编号": customer, "估值日": day, "产品": dice.choice(("存款", "基金", "保险", "fund", "FUND", "")),
                 "产品类别": "理财", "持有金额": dice.choice(("0", "0.01", "-500.25", f"{dice.randint(0, 90_000_000) / 100:.2f}")),
                 "贡献": dice.choice(("", "-3.5", "12.34"))}
            )  # fmt: skip
            found["survey"].append(
                {"客户编号": customer, "调查日期": day, "问卷": "年度", "问卷得分": dice.choice(("", "0", "100", "66.5", "33")),
                 "访谈得分": "8", "观察得分": "", "意见": "好"}
            )  # fmt: skip
    return found


def _back(days: int) -> str:
    return (AS_OF - timedelta(days=days)).isoformat()


def _payments(customers: list[str], seed: int) -> list[Row]:
    """Due and paid on both sides of each other and of the as-of date; terms, parts, credit notes, gaps."""
    dice, found = random.Random(f"payments {seed}"), []
    for i, customer in enumerate(customers):
        if dice.random() < 0.15:
            continue
        for n in range(12 if i % 7 == 0 else dice.randint(1, 5)):
            back = dice.choice((0, 1, 29, 30, 31, 364, 365, 366, dice.randint(0, 500)))
            term = dice.choice((0, 15, 30, 60))
            due = back - term
            late = 0 if i % 3 == 0 else dice.choice((-5, -1, 0, 1, 40, back - term, back - term + 1))
            paid = "" if dice.random() < 0.2 else _back(due - late)
            billed = dice.choice(("", "0", "-120.50", "0.01", f"{dice.randint(1, 9_000_000) / 100:.2f}"))
            part = dice.choice(("", "", billed, "0.01", f"{dice.randint(1, 100_000) / 100:.2f}"))
            found.append(
                {"客户编号": customer, "开票日期": _back(back), "发票号": f"FP{i:03d}{n:02d}", "应收金额": billed,
                 "账期(天)": dice.choice(("", str(term))), "到期日": dice.choice(("", _back(due), _back(due))),
                 "付款日期": paid, "已付金额": part if paid or dice.random() < 0.1 else ""}
            )  # fmt: skip
    return found


def _stays(customers: list[str], seed: int) -> list[Row]:
    """A cent below, on and above forty nights' worth of spend; three and four no-shows; the window's edges."""
    dice, found = random.Random(f"stays {seed}"), []

    def stay(customer: str, back: int, nights: str, charge: str, no_show: str) -> None:
        room = dice.choice(("套房", "Suite", "SUITE", ""))
        found.append(
            {"客户编号": customer, "入住日期": _back(back), "房晚": nights, "消费金额": charge, "预订未到": no_show,
             "房型": room, "预订渠道": "官网", "酒店": "店", "预订号": f"YD{len(found)}"}
        )  # fmt: skip

    worth = ("31995.99", "31996.00", "31999.99", "32000.00", "32003.99", "32004.00", "32008.00")
    for customer, charge in zip(customers, worth, strict=False):
        stay(customer, 364, "1", charge, "否")
    for customer, nights in zip(customers[len(worth) :], ("39.99", "40", "40.01"), strict=False):
        stay(customer, 0, nights, "", "")
    for missed, customer in enumerate(customers[len(worth) + 3 : len(worth) + 8]):
        stay(customer, 10, "45", "100.00", "否")
        for _ in range(missed + 1):
            stay(customer, 20, "0", "50.00", "是")
    for customer in customers[len(worth) + 8 :]:
        for _ in range(dice.randint(0, 4)):
            back = dice.choice((-3, 0, 364, 365, 366, dice.randint(0, 700)))
            charge = dice.choice(("", "-80.00", f"{dice.randint(1, 3_000_000) / 100:.2f}"))
            nights = dice.choice(("", "1", "2", "0.5", "30"))
            stay(customer, back, nights, charge, dice.choice(("是", "否", "否", "")))
    return found


def _points(customers: list[str], seed: int) -> list[Row]:
    """Points that expire on both sides of the as-of date and of thirty days; some customers have none."""
    dice, found = random.Random(f"points {seed}"), []
    for customer in customers:
        if dice.random() < 0.4:
            continue
        for n in range(dice.randint(1, 5)):
            ends = dice.choice(("", *(_back(days) for days in (1, 0, -1, -29, -30, -31, -300))))
            gained = dice.choice(("4999", "5000", "20000", "100001", "12.5", "1"))
            found.append(
                {"客户编号": customer, "日期": _back(dice.randint(0, 500)), "订单号": "", "获得积分": gained if n else "", "兑换积分":
                 dice.choice(("", "5000", "1")), "事由": "消费", "兑换商品": dice.choice(("", "券")), "有效期至": ends}
            )  # fmt: skip
    return found
