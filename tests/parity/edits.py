"""What staff do to a book, by sheet: each step is a name and a function of the desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sheetgen.workbook.layout import FIRST
from tests.office.office import Input

from .data import AS_OF
from .desk import Desk

Edit = Callable[[Desk], object]
DAY = timedelta(days=1)
T, C, S = "transactions", "customers", "service"
BIG = "全优"
NASTY = ("ab1", "AB1", "A*1", "A?1", "A~1", "~", "<>", ">5", "123", "00123", "TRUE", "#1")
LONG = ("110101199003071234", "110101199003071235")


def number(name: str, value: float) -> Edit:
    return lambda desk: desk.set_named(f"p_{name}", value)


def as_of(days: int) -> Edit:
    return lambda desk: desk.set_named("p_as_of", AS_OF + days * DAY)


def add(
    desk: Desk,
    customer: Input,
    amount: Input = 1_000.5,
    back: int = 3,
    order: Input = "新单",
    category: Input = "新品",
) -> None:
    row, day = desk.next_row(T), AS_OF - back * DAY
    desk.put(T, row, customer_id=customer, date=day, amount=amount, order_id=order, category=category)


def call(
    desk: Desk, customer: str, stars: Input, complaint: Input, back: int = 1, again: int | None = None
) -> None:
    later = None if again is None else AS_OF + again * DAY
    cells = {"satisfaction": stars, "complaint": complaint, "next_contact": later}
    desk.put(S, desk.next_row(S), customer_id=customer, date=AS_OF - back * DAY, **cells)


def change(customer: str, n: int, **cells: Input) -> Edit:
    """Type into the ``n``-th transaction of a customer."""
    return lambda desk: desk.put(T, desk.row_of(T, customer, n), **cells)


def clear(desk: Desk, row: int, key: bool) -> None:
    """Clear a transaction, with or without its number."""
    columns = list(desk.layout.columns[T].values())
    desk.office.clear(desk.sheet(T), f"A{row}:{columns[-1 if key else -2]}{row}")


def copy_row(desk: Desk, source: int, target: int) -> None:
    """Copy a whole transaction, its number too."""
    columns = list(desk.layout.columns[T].values())
    values = desk.office.read(desk.sheet(T), f"A{source}:{columns[-1]}{source}", bools=False)[0]
    cells: dict[str, Input] = {f"{c}{target}": v for c, v in zip(columns, values, strict=True)}  # type: ignore[misc]
    desk.office.set_many(desk.sheet(T), cells)


def insert(desk: Desk, row: int, customer: str = "", amount: float = 77.0) -> None:
    desk.office.insert_row(desk.sheet(T), row)
    if customer:
        cells = {"date": AS_OF - DAY, "amount": amount, "order_id": "插单", "category": "插品"}
        desk.put(T, row, customer_id=customer, **cells)


def delete(sheet: str, customer: str, n: int = 0, count: int = 1) -> Edit:
    return lambda desk: desk.office.delete_row(desk.sheet(sheet), desk.row_of(sheet, customer, n), count)


def new_customer(desk: Desk, customer: Input, **cells: Input) -> None:
    desk.put(C, desk.next_row(C), customer_id=customer, customer_name="新客户", owner="苏望舒", **cells)


def override(desk: Desk, customer: str, tier: str, until: int | None = None) -> None:
    later = None if until is None else AS_OF + until * DAY
    cells = {"override": tier, "override_until": later, "override_reason": "试"}
    desk.put("tiers", desk.row_of("tiers", customer), **cells)


def all_of(*edits: Edit) -> Edit:
    def run(desk: Desk) -> None:
        for edit in edits:
            edit(desk)

    return run


def sort(sheet: str, column: str, ascending: bool = True) -> Edit:
    return lambda desk: desk.sort(sheet, column, ascending)


PARAMETERS: dict[str, Edit] = {
    "threshold": number("tier_a", 150_000),
    "strict threshold onto a sum": number("tier_vip", 200_000),
    "weight": number("orders_weight", 63.5),
    "weight of what may be unknown": number("satisfaction_weight", 0),
    "ends of a criterion": all_of(number("spend_high", 90_000), number("spend_low", 1_000.01)),
    "criterion upside down": all_of(number("orders_high", 0), number("orders_low", 12)),
    "criterion of no width": number("orders_low", 0),
    "lapsed a day earlier": number("lapsed_days", 179),
    "frequent": all_of(number("frequent_over", 9), number("frequent_bonus", 7.5)),
    "follow-up and rate": all_of(number("follow_up_b", 3), number("points_rate_c", 0.5)),
    "margin": all_of(number("margin", 0.123), number("retention", 0.99), number("discount", 0)),
    "as-of a day on": as_of(1),
    "as-of a month back": as_of(-31),
    "window before": number("prior_year_days", 1),
    "window short": number("year_days", 180),
    "window of one day": number("year_days", 1),
    "as-of two years on": as_of(700),
}
CELLS: dict[str, Edit] = {
    "amount": change(BIG, 3, amount=0.01),
    "amount below zero": change(BIG, 4, amount=-9_999_999.99),
    "amount cleared": change("单10", 3, amount=None),
    "amount is text": change("单2", 0, amount="abc"),
    "date out of the window": change("边50000+0", 0, date=AS_OF - 365 * DAY),
    "date on the window's first day": change("日365", 0, date=AS_OF - 364 * DAY),
    "date in the future": change("平3", 0, date=AS_OF + DAY),
    "date cleared": change("平4", 0, date=None),
    "order as another": all_of(*(change("单24", n, order_id="XS1") for n in (2, 5, 9))),
    "order cleared": all_of(*(change("单25", n, order_id=None) for n in (2, 5))),
    "order as a number": all_of(*(change("单11", n, order_id=o) for n, o in ((0, 77.0), (4, "77")))),
    "order in other case": all_of(
        *(change("单20", n, order_id=o) for n, o in ((0, "zz"), (4, "ZZ"), (8, "zZ")))
    ),
    "category": all_of(*(change("单24", n, category="全新") for n in (2, 5))),
    "category cleared": all_of(*(change(f"平{i}", n, category=None) for i in range(6) for n in (0, 1))),
    "category unknown beside an empty one": change("平2", 0, category="—"),
    "category in other case": all_of(
        *(change(f"平{i}", n, category=c) for i in range(6, 10) for n, c in ((0, "x"), (1, "X")))
    ),
}
BELOW: dict[str, Edit] = {
    "some": lambda d: [add(d, c) for c in (BIG, "无交易", BIG, "退只")],
    "ids in other case": lambda d: [add(d, c) for c in ("kh0001", "o'neil", "a1x", "É1", "é1")],
    "nasty ids": lambda d: [add(d, c, 10.0 + i) for i, c in enumerate((*NASTY, *LONG))],
    "ids as numbers": lambda d: [add(d, c, 50_000.0) for c in (123.0, 1000.0, -7.0)],
    "order and category known": lambda d: [
        add(d, "单10", order=o, category="咖啡豆") for o in ("xs1", "新", "新", "XS1")
    ],
    "order of the slice": lambda d: [add(d, "日跨", order=o, category="茶叶") for o in ("跨单", "糖浆")],
    "no order, no category": lambda d: [add(d, "平1", order=None, category=None) for _ in range(3)],
    "orders as numbers": lambda d: [add(d, "平1", order=o) for o in (1001.0, "1001", 1002.0)],
    "all dates": lambda d: [add(d, "平2", 9.99, back) for back in (-1, 0, 364, 365, 366, 729, 730)],
    "refund": lambda d: add(d, BIG, -5_000_000.0),
    "no day, no number": lambda d: [
        d.put(T, d.next_row(T), customer_id="平2", date=day, amount=amount, order_id="半")
        for day, amount in (("昨天", 5.0), (AS_OF, "五"), (None, 5.0), (AS_OF, None), (AS_OF, 5.0))
    ],
    "a copied row": lambda d: copy_row(d, d.row_of(T, BIG, 3), d.next_row(T)),
    "a copied row for another": lambda d: [
        copy_row(d, d.row_of(T, BIG, 3), d.next_row(T)),
        d.put(T, d.next_row(T) - 1, customer_id="平5"),
    ],
    "sorted in": lambda d: [add(d, "平6"), d.sort(T, "key"), add(d, "平6", 5.0)],
}
ROWS: dict[str, Edit] = {
    "insert in own slice": lambda d: insert(d, d.row_of(T, BIG, 3), BIG),
    "insert in another's slice": lambda d: insert(d, d.row_of(T, BIG, 3), "平5"),
    "insert above the first": lambda d: insert(d, FIRST, "平5"),
    "insert, leave empty, add below": lambda d: [insert(d, d.row_of(T, BIG, 3)), add(d, BIG)],
    "insert in many places": lambda d: [
        insert(d, FIRST + 9 * i, c, 1_000.0 * i) for i, c in enumerate(("平5", BIG, "ab1", "AB1", "平5"))
    ],
    "delete the first": lambda d: d.office.delete_row(d.sheet(T), FIRST, 6),
    "delete some": delete(T, BIG, 3, 5),
    "delete a whole slice": delete(T, "平4", 0, 2),
    "delete the last": lambda d: d.office.delete_row(d.sheet(T), d.next_row(T) - 3, 3),
    "clear a row": lambda d: clear(d, d.row_of(T, BIG, 3), False),
    "clear a row and its number": lambda d: clear(d, d.row_of(T, BIG, 6), True),
    "clear the first row": lambda d: [clear(d, FIRST, True), clear(d, FIRST + 1, False)],
    "clear the last row": lambda d: clear(d, d.next_row(T) - 1, True),
}
IDS: dict[str, Edit] = {
    "another's id": change(BIG, 3, customer_id="平5"),
    "a twin's id": change("ab1", 0, customer_id="AB1"),
    "own id in other case": change("A1X", 0, customer_id="a1x", amount=5.0),
    "an id cleared": change(BIG, 5, customer_id=None),
}
PEOPLE: dict[str, Edit] = {
    "name, owner and day": lambda d: d.put(
        C, d.row_of(C, "平5"), customer_name="改名", registered_on=AS_OF - 1_000 * DAY
    ),
    "new customer": lambda d: [
        new_customer(d, "新001", registered_on=AS_OF - 400 * DAY),
        add(d, "新001", 600_000.0),
        add(d, "新001", 1.0, 2, "b"),
    ],
    "new customer with a number": lambda d: [new_customer(d, 55555.0), add(d, "55555"), add(d, 55555.0, 2.0)],
    "new customer without anything": lambda d: new_customer(d, "新002"),
    "last tier typed": lambda d: [
        d.put("tiers", d.row_of("tiers", c), previous=t)
        for c, t in (("平5", "VIP级"), (BIG, "B级"), ("服1", "C级"))
    ],
    "override": lambda d: [
        override(d, c, t)
        for c, t in (("平5", "VIP级"), (BIG, "c"), ("服1", " a "), ("服2", "VIP"), ("新001", "b"))
    ],
    "override until yesterday, today, tomorrow": lambda d: [
        override(d, c, "VIP级", n) for c, n in (("平6", -1), ("平7", 0), ("平8", 1))
    ],
    "as-of after an override's end": as_of(1),
    "calls": lambda d: [call(d, "服0", 1.0, "是", 1, 5), call(d, "平5", 2.5, None), call(d, BIG, None, "是")],
    "calls in the window's corners": lambda d: [
        call(d, "平6", 1.0 + i % 5, "是", b, 9) for i, b in enumerate((-2, -1, 0, 363, 364, 365))
    ],
    "stars changed and cleared": lambda d: [
        d.put(S, d.row_of(S, BIG, 3), satisfaction=1.0, complaint="是"),
        d.put(S, d.row_of(S, "服3"), satisfaction=None),
    ],
    "call deleted": delete(S, "服1", 0, 3),
    "call inserted": lambda d: [
        d.office.insert_row(d.sheet(S), d.row_of(S, BIG, 3)),
        d.put(S, d.row_of(S, BIG, 3) - 1, customer_id="平9", date=AS_OF, satisfaction=1.0, complaint="是"),
    ],
    "service sorted by date, and a call": lambda d: [d.sort(S, "date"), call(d, "平10", 2.0, "是")],
}
GROUPS = {
    "parameters": PARAMETERS,
    "cells": CELLS,
    "below": BELOW,
    "rows": ROWS,
    "ids": IDS,
    "people": PEOPLE,
}
SAME = {"category unknown beside an empty one"}
"""these look as before"""
HALF = {"amount cleared", "amount is text", "no day, no number", "an id cleared"}
"""these leave rows that have a date, but no amount or no customer"""
QUIET: dict[str, Edit] = {
    "no tier for an override": lambda d: [
        override(d, c, t) for c, t in (("平5", "钻石"), ("平6", "*"), ("平7", "?级"), ("平8", "0"))
    ],
    "a number cleared": change(BIG, 3, key=None),
    "another's number": change(BIG, 6, key=1),
    "nobody's number": change(BIG, 9, key=900_000),
    "insert empty rows": lambda d: d.office.insert_row(d.sheet(T), FIRST + 20, 3),
    "sort by date": sort(T, "date"),
    "sort by amount, down": sort(T, "amount", False),
    "sort by customer": sort(T, "customer_id"),
    "back by number": sort(T, "key"),
    "sort service by date": sort(S, "date"),
    "sort service back": sort(S, "key"),
}
