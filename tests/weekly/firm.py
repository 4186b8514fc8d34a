"""A small firm over eight weeks: its exports, and what it comes to, worked out without the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from ..books import write_csv

FIRST = date(2025, 6, 1)
WEEKS = 8
PEOPLE = [f"P{i:02d}" for i in range(1, 61)]
TWINS = ("P21", "P20")
"""two ids with one phone: a customer twice"""
WORTH = (300, 2_500, 9_000, 45_000)
RISING = ("c", "b", "a", "vip")
EDGES = {"b": 50_000, "a": 200_000, "vip": 500_000}
Sale = tuple[str, str, str, str, str]
"""customer, day, amount, order, category"""


def day_of(week: int) -> date:
    """The as-of date of a week (from 1)."""
    return FIRST + timedelta(days=7 * (week - 1))


def people() -> list[tuple[str, ...]]:
    """Id, name, account manager, region, phone, day of registration."""
    found = []
    for i, customer in enumerate(PEOPLE, 1):
        phone = f"1380000{2000 if customer in TWINS else i:04d}"
        owner = ("张三", "李四", "王五")[i % 3]
        found.append((customer, f"企业{i}号", owner, "华东" if i % 2 else "华北", phone, "2020-01-01"))
    return found


def history() -> list[Sale]:
    """The year before the first week, and a little more, so that sales leave the window week by week."""
    found = []
    for i, customer in enumerate(PEOPLE, 1):
        for k in range(1 + i % 6):
            day = FIRST - timedelta(days=1 + (k * 61 + i * 7) % 390)
            amount = ((i * 37 + k * 13) % 23 + 1) * WORTH[i % 4]
            found.append((customer, day.isoformat(), f"{amount}.50", f"H{i}-{k}", f"品类{(i + k) % 5}"))
    return found


def sales(week: int, corrected: bool = False) -> list[Sale]:
    """A week's export. That of the third week is sent again later, with another amount in it."""
    last = day_of(week)
    found = [("P60", last.isoformat(), "10.00", f"W{week}-last", "品类0")]
    for n in range(9):
        i = (week * 11 + n * 7) % 60 + 1
        day = last - timedelta(days=n % 6)
        amount = ((i * 29 + week * 17) % 19 + 1) * WORTH[(i + week) % 4]
        found.append((f"P{i:02d}", day.isoformat(), f"{amount}.00", f"W{week}-{n}", f"品类{n % 5}"))
    if week == 3:
        found.append(("P08", last.isoformat(), "60000.00", "W3-fix", "品类1"))
        found.append(("P02", last.isoformat(), "350000.00" if corrected else "3500.00", "W3-typo", "品类1"))
    if week == 2:
        found.append(("P03", last.isoformat(), "-120.00", "W2-0", "品类0"))
    return found


def write_week(folder: Path, week: int) -> None:
    """What the week's exports put into the folder of raw data."""
    folder.mkdir(exist_ok=True)
    heads = ["客户编号", "日期", "金额", "订单号", "品类"]
    if week == 1:
        write_csv(
            folder / "customers.csv", ["客户编号", "客户名称", "负责人", "地区", "手机", "登记日期"], people()
        )
        write_csv(folder / "sales-0.csv", heads, history())
        served = [("P01", "2025-05-20", "电话", "交期", "已答复", "王五", "5", "否")]
        write_csv(
            folder / "service.csv",
            ["客户编号", "日期", "渠道", "咨询问题", "解决措施", "处理人", "满意度", "是否投诉"],
            served,
        )
    write_csv(folder / f"sales-{week}.csv", heads, sales(week))
    if week == 5:
        write_csv(folder / "sales-3.csv", heads, sales(3, corrected=True))
    if week == 7:
        later = [(*s[:2], "66000.00", *s[3:]) if s[3] == "W3-fix" else s for s in sales(3, corrected=True)]
        write_csv(folder / "sales-3.csv", heads, later)


def known(week: int) -> list[Sale]:
    """All sales that the folder holds in a week."""
    found = history()
    for earlier in range(1, week + 1):
        rows = sales(earlier, corrected=week >= 5)
        if earlier == 3 and week >= 7:
            rows = [(*s[:2], "66000.00", *s[3:]) if s[3] == "W3-fix" else s for s in rows]
        found += rows
    return found


@dataclass(frozen=True)
class Hand:
    """What staff have done by a week: typed sales, amounts by order, edges, overrides with their last day."""

    typed: Sequence[Sale] = ()
    amounts: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[str, int] = field(default_factory=lambda: EDGES)
    overrides: Mapping[str, tuple[str, date | None]] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)


def tiers(week: int, hand: Hand) -> dict[str, str]:
    """Customer -> tier of the week, by plain sums over the last 365 days."""
    last = day_of(week)
    spend = dict.fromkeys([*PEOPLE, *(s[0] for s in hand.typed)], 0)
    for customer, day, amount, order, _ in [*known(week), *hand.typed]:
        cents = round(float(hand.amounts.get(order, amount)) * 100)
        if last - timedelta(days=365) < date.fromisoformat(day) <= last:
            spend[hand.merged.get(customer, customer)] += cents
    found = {}
    for customer, cents in spend.items():
        if customer in hand.merged:
            continue
        edge = hand.edges
        tier = (
            "vip" if cents > edge["vip"] * 100
            else "a" if cents >= edge["a"] * 100
            else "b" if cents >= edge["b"] * 100
            else "c"
        )  # fmt: skip
        override, until = hand.overrides.get(customer, ("", None))
        found[customer] = override if override and (until is None or last <= until) else tier
    return found


def moves(hands: Sequence[Hand]) -> list[tuple[str, str, str, str]]:
    """Week's day, customer, tier before, tier now, of every change; ``hands``: one a week."""
    found = []
    before: dict[str, str] = {}
    for week, hand in enumerate(hands, 1):
        now = tiers(week, hand)
        found += [
            (day_of(week).isoformat(), c, before[c], t)
            for c, t in now.items()
            if c in before and before[c] != t
        ]
        before = now
    return sorted(found)
