"""A company whose data come in two steps: what the book is built from, and the export of the week after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tests.parity.data import AS_OF, Company, Row, company

LATER = AS_OF + timedelta(days=6)
PERSON, DAY, ORDER, MONEY = "客户编号", "日期", "订单号", "金额"
KEPT = ("平", "全优", "ab1", "AB1", "=1+1", "服", "退", "KH000", "00123", "123")
"""begins the ids of those who are enough here"""
NEW = ("新来甲", "新来乙")


@dataclass(frozen=True)
class Feed:
    """``old``: what was known when the book was built; ``new``: everything, a week later."""

    old: Company
    new: Company


def feed(seed: int = 11, plain: int = 4) -> Feed:
    """About 35 customers and 200 sales; two customers, thirty sales and two calls are new."""
    whole = company("vip-abc", seed=seed, plain=plain)
    old, new = _copied(whole), _copied(whole)
    for i, name in enumerate(NEW):
        new.customers.insert(3 + i, {**old.customers[0], PERSON: name, "客户名称": f"{name}公司"})
    buyers = [*NEW, "平5", "全优", "平6", "ab1", "服1", "KH0003", "平5", "=1+1"]
    for i in range(30):
        order = f"周{i // 2}" if i % 7 else ""
        new.transactions.append(sale(buyers[i % 10], LATER - timedelta(days=i % 6), 61_000.0 + i, order, i))
    for who in ("平5", NEW[0]):
        call = {PERSON: who, DAY: LATER.isoformat(), "满意度": "2", "是否投诉": "是"}
        new.service.append({**old.service[0], **call})
    return Feed(old, new)


def _copied(whole: Company) -> Company:
    def some(rows: list[Row]) -> list[Row]:
        return [dict(row) for row in rows if _wanted(row)]

    return Company(some(whole.customers), some(whole.transactions), some(whole.service))


def _wanted(row: Row) -> bool:
    return row[PERSON].startswith(KEPT) and row.get(DAY, "") <= LATER.isoformat()


def sale(customer: str, day: date, amount: float, order: str, n: int = 0) -> Row:
    """A row of the transactions."""
    return {
        PERSON: customer, DAY: day.isoformat(), MONEY: f"{amount:.2f}", ORDER: order,
        "产品或服务": f"货{n % 3}", "品类": "茶叶", "数量": "2", "渠道": "网店",
    }  # fmt: skip


def write(part: Company, folder: Path) -> dict[str, list[str]]:
    """The files of one step."""
    folder.mkdir(exist_ok=True)
    return part.write(folder)
