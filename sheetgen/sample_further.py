"""What the sample company's customers use, hold, answer, owe and collect: the samples of schemes that look
beyond sales.

``python -m sheetgen.sample_further DEST`` writes ``<scheme>/sample/<table>.csv`` for each of them. Customers
are those of the sample company; amounts are invented from a seed. Invoices and points are those of its
orders; its guests are as the source of the scheme ``hotel`` says: VIPs are 30 %, and spend 40 % more.
"""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from sheetgen.sample import CUSTOMERS, make_sample
from sheetgen.sample_orders import END, between, pick, shuffled, some_day, weighted
from sheetgen.scheme.tables import data_tables

MONTHS = [date(2025, month, 28) for month in range(7, 13)]
QUARTERS = [date(2025, 9, 30), date(2025, 12, 31)]
PACKAGES = (("畅享59", 59), ("畅享99", 99), ("全家享169", 169), ("尊享299", 299))
PRODUCTS = ("活期存款", "定期存款", "稳健理财", "混合基金", "养老保险", "贵金属")
KINDS = ("存款", "存款", "理财", "基金", "保险", "贵金属")
COMMENTS = ("送货很及时", "希望价格更优惠", "客服态度好", "想试新品", "")
VIPS, UPLIFT = 101, 140
"""hotel: the guests who are VIP (30 % of all), and their spend in per cent of the others'"""
ROOMS = {"标准间": 36, "大床房": 32, "商务房": 18, "家庭房": 8, "套房": 6}
HOTELS = ("云栖店", "江畔店", "高铁站店", "会展店", "古城店")
BOOKED = {"官网": 30, "电话": 12, "旅行平台": 38, "企业协议": 20}
REWARDS = (("礼品套装", 100_000), ("精选商品", 20_000), ("50元优惠券", 5_000))
Rows = list[dict[str, str]]


def _customers() -> list[str]:
    return [f"KH{i:04d}" for i in range(1, CUSTOMERS + 1)]


def usage(rng: Random) -> Rows:
    """Six bills a customer: minutes, data, package, and whether they joined a campaign that month."""
    rows = []
    for customer in _customers():
        if rng.random() < 0.06:
            continue
        package, fee = PACKAGES[min(between(rng, 0, 3), between(rng, 0, 3))]
        level, keen = rng.random() ** 2, rng.random() < 0.3
        for month in MONTHS:
            rows.append(
                {
                    "customer_id": customer,
                    "date": month.isoformat(),
                    "minutes": f"{60 + level * 640 * (0.7 + 0.6 * rng.random()):.1f}",
                    "data_gb": f"{2 + level * 42 * (0.6 + 0.8 * rng.random()):.2f}",
                    "package": package,
                    "campaign": "是" if keen and rng.random() < 0.4 else "否",
                    "fee": f"{fee + (between(rng, 0, 30) if rng.random() < 0.3 else 0)}.00",
                }
            )
    return rows


def holdings(rng: Random) -> Rows:
    """What each customer held on the last days of two quarters, and what it brought."""
    rows = []
    for customer in _customers():
        if rng.random() < 0.08:
            continue
        size = 10 ** (3.6 + 3.6 * rng.random() ** 1.7)
        held = [i for i in range(len(PRODUCTS)) if rng.random() < (0.75 if i == 0 else 0.28)] or [0]
        trend = pick(rng, (0.6, 0.9, 1.0, 1.05, 1.1, 1.3))
        for n, day in enumerate(QUARTERS):
            for i in held:
                balance = size / len(held) * (0.5 + rng.random()) * (trend if n else 1)
                rows.append(
                    {
                        "customer_id": customer,
                        "date": day.isoformat(),
                        "product": PRODUCTS[i],
                        "product_kind": KINDS[i],
                        "balance": f"{balance:.2f}",
                        "contribution": f"{balance * (0.001 + 0.004 * rng.random()):.2f}",
                    }
                )
    return rows


def survey(rng: Random) -> Rows:
    """A questionnaire for most, an interview for some, an observation for few."""
    rows = []
    for customer in _customers():
        if rng.random() < 0.35:
            continue
        mood = between(rng, 35, 98)
        said = {
            name: str(max(0, min(100, mood + between(rng, -12, 12)))) if rng.random() < share else ""
            for name, share in (("questionnaire", 0.9), ("interview", 0.35), ("observation", 0.2))
        }
        rows.append(
            {
                "customer_id": customer,
                "date": date(2025, between(rng, 2, 12), between(rng, 1, 28)).isoformat(),
                "form": "2025年度客户调查",
                **said,
                "comment": pick(rng, COMMENTS),
            }
        )
    return rows


@dataclass(frozen=True, slots=True)
class Sold:
    """An order of the sample company that counts."""

    customer: str
    id: str
    day: date
    cents: int
    due: date | None
    paid: date | None


@cache
def sold() -> tuple[Sold, ...]:
    """Its orders of 2025, by day."""
    found: dict[str, Sold] = {}
    for row in csv.DictReader(io.StringIO(make_sample()["transactions.csv"])):
        cents = round(float(row["金额"]) * 100)
        if row["状态"] != "交易成功" or cents <= 0 or row["日期"] < "2025":
            continue
        before = found.get(row["订单号"])
        due, paid = (date.fromisoformat(row[f]) if row[f] else None for f in ("应付日期", "付款日期"))
        day = date.fromisoformat(row["日期"])
        cents += before.cents if before else 0
        found[row["订单号"]] = Sold(row["客户编号"], row["订单号"], day, cents, due, paid)
    return tuple(found.values())


def payments(rng: Random) -> Rows:
    """An invoice an order on credit: some state a term in place of a due date, some are paid in part."""
    rows = []
    for n, order in enumerate((order for order in sold() if order.due), 1):
        term = (order.due - order.day).days if order.due else 0
        stated = rng.random() < 0.12
        part = order.paid is not None and rng.random() < 0.02
        paid = order.cents * 6 // 10 if part else order.cents
        rows.append(
            {
                "customer_id": order.customer,
                "date": order.day.isoformat(),
                "invoice_no": f"FP2025{n:05d}",
                "billed": f"{order.cents / 100:.2f}",
                "credit_days": str(term),
                "due_on": "" if stated or not order.due else order.due.isoformat(),
                "paid_on": order.paid.isoformat() if order.paid else "",
                "paid": f"{paid / 100:.2f}" if order.paid else "",
            }
        )
    return rows


def stays(rng: Random) -> Rows:
    """A year of stays: 101 of 336 guests stay 40 nights or more, and spend 1.4 times what the others do."""
    guests = shuffled(rng, _customers())
    made: list[tuple[bool, int, dict[str, str]]] = []
    for n, guest in enumerate(guests):
        vip, unreliable = n < VIPS, VIPS <= n < VIPS + 3
        target = between(rng, 40, 58) if vip else 41 if unreliable else between(rng, 8, 30)
        if not vip and rng.random() < 0.05:
            continue
        price, nights = (between(rng, 420, 560) if vip else between(rng, 700, 860)), 0
        while nights < target:
            many = min(between(rng, 2, 5), target - nights)
            nights += many
            room = weighted(rng, ROOMS)
            cents = many * price * (115 if room in ("套房", "家庭房") else 100) * between(rng, 90, 110) // 100
            made.append((vip, cents, _stay(rng, guest, str(many), room, "否")))
        for _ in range(4 if unreliable else between(rng, 0, 3) if rng.random() < 0.12 else 0):
            made.append((vip, 0, _stay(rng, guest, "0", weighted(rng, ROOMS), "是")))
    most = sum(cents for vip, cents, _ in made if vip) * (CUSTOMERS - VIPS) * 100
    whole = sum(cents for vip, cents, _ in made if not vip) * VIPS * UPLIFT
    rows = [
        row | {"charge": f"{(cents if vip else cents * most // whole) / 100:.2f}"} for vip, cents, row in made
    ]
    rows.sort(key=lambda row: (row["date"], row["customer_id"]))
    return [row | {"booking": f"YD2025{n:05d}"} for n, row in enumerate(rows, 1)]


def _stay(rng: Random, guest: str, nights: str, room: str, no_show: str) -> dict[str, str]:
    return {
        "customer_id": guest,
        "date": some_day(rng, date(2025, 1, 2), END).isoformat(),
        "hotel": pick(rng, HOTELS),
        "nights": nights,
        "room": room,
        "no_show": no_show,
        "channel": weighted(rng, BOOKED),
    }


def points(rng: Random) -> Rows:
    """What was left of the year before, points for each order by the tier, and what they bought."""
    spent: dict[str, int] = {}
    for order in sold():
        spent[order.customer] = spent.get(order.customer, 0) + order.cents
    rows: Rows = []

    def move(
        customer: str,
        day: date,
        reason: str,
        earned: int = 0,
        redeemed: int = 0,
        order: str = "",
        item: str = "",
    ) -> None:
        number = {"earned": str(earned) if earned else "", "redeemed": str(redeemed) if redeemed else ""}
        expires = date(day.year + (day != date(2025, 1, 1)), 12, 31) if earned else None
        words = {"reason": reason, "item": item, "expires_on": expires.isoformat() if expires else ""}
        rows.append({"customer_id": customer, "date": day.isoformat(), "order_id": order, **number, **words})

    left: dict[str, int] = {}
    for customer in sorted(spent):
        if rng.random() < 0.4:
            left[customer] = between(rng, 2, 90) * 100
            move(customer, date(2025, 1, 1), "上年结转", left[customer])
    for order in sold():
        whole = spent[order.customer]
        halves = 4 if whole >= 200_000_00 else 3 if whole >= 50_000_00 else 2
        earned = order.cents * halves // 200
        if earned:
            move(order.customer, order.day, "消费", earned, order=order.id)
            left[order.customer] = left.get(order.customer, 0) + earned
        if rng.random() < 0.12:
            day = min(order.day + timedelta(between(rng, 1, 20)), END)
            fits = [reward for reward in REWARDS if reward[1] <= left.get(order.customer, 0)]
            if fits:
                item, price = pick(rng, fits)
                left[order.customer] -= price
                move(order.customer, day, "兑换", redeemed=price, item=item)
    return sorted(rows, key=lambda row: row["date"])


SAMPLES = {
    "telecom": ("usage", usage),
    "finance-crm": ("holdings", holdings),
    "bank-aum": ("holdings", holdings),
    "survey": ("survey", survey),
    "credit": ("payments", payments),
    "hotel": ("stays", stays),
    "points": ("points", points),
}


def make_further(seed: int = 20251231) -> dict[str, str]:
    """Scheme/file -> CSV text with LF; equal seeds give equal text."""
    files = {}
    for scheme, (table, make) in SAMPLES.items():
        fields = [f for f in data_tables()[table].fields.values() if f.shown]
        rows = make(Random(f"{table} {seed}"))
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(field.label.zh for field in fields)
        writer.writerows([row[field.id] for field in fields] for row in rows)
        files[f"{scheme}/sample/{table}.csv"] = out.getvalue()
    return files


def write_further(folder: Path, seed: int = 20251231) -> list[Path]:
    """Write the files below ``folder`` (the templates), UTF-8 without BOM, and return their paths."""
    paths = []
    for name, content in make_further(seed).items():
        paths.append(folder / name)
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        paths[-1].write_bytes(content.encode("utf-8"))
    return paths


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m sheetgen.sample_further DEST")
    write_further(Path(sys.argv[1]))
