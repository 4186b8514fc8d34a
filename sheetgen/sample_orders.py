"""The orders of the sample company: who buys what, when and how it is paid, and the customers on the edges.

Only ``random.Random.random`` and integers are used, so that every Python version writes the same bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

START, END = date(2024, 1, 1), date(2025, 12, 31)


@dataclass(frozen=True, slots=True)
class Edge:
    """A customer who stands on an edge: net spend (cents) and orders of 2025, net spend of 2024 if fixed.

    ``refund`` cents were refunded within 2025; ``closed`` adds one closed order, which counts for nothing.
    """

    spend: int
    orders: int
    before: int = 0
    refund: int = 0
    closed: bool = False


EDGES = {
    "KH0018": Edge(500_000_00, 26),
    "KH0033": Edge(500_000_01, 28),
    "KH0041": Edge(499_999_99, 24),
    "KH0047": Edge(200_000_00, 16, refund=1_280_00),
    "KH0058": Edge(199_999_99, 15),
    "KH0072": Edge(50_000_00, 7),
    "KH0085": Edge(49_999_99, 6),
    "KH0104": Edge(78_600_00, 10),
    "KH0112": Edge(81_350_00, 11),
    "KH0120": Edge(64_200_00, 10, closed=True),
    "KH0127": Edge(120_000_00, 9, before=60_000_00),
}

# (yuan a year, orders a year): straight lines in between.
ORDERS = (
    *((0, 1), (5_000, 2), (20_000, 4), (50_000, 7), (200_000, 13), (500_000, 24), (1_000_000, 36)),
    (2_500_000, 58),
)
MONTHS = (95, 60, 100, 95, 100, 122, 85, 85, 100, 95, 118, 128)
PEAKS = ((6, 1, 18, 160), (11, 1, 11, 190), (12, 20, 31, 135))
SPRING = {2024: (date(2024, 2, 4), date(2024, 2, 18)), 2025: (date(2025, 1, 23), date(2025, 2, 5))}
HOLIDAYS = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
LATE_SHARE = (5, 35, 62)  # per cent of orders paid late, by the customer's punctuality


@dataclass(frozen=True, slots=True)
class Account:
    """A customer as the company knows it (``shown``), and what drives the orders (money in yuan a year)."""

    id: str
    shown: dict[str, str]
    registered: date
    yearly: int
    before: int
    first: date
    last: date
    liked: tuple[str, ...]
    channel: str
    terms: int
    punctual: int
    mood: int
    percent: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order."""

    product: str
    category: str
    quantity: int
    cents: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order and its lines; ``refund`` is a credit line at a later date."""

    customer: str
    day: date
    channel: str
    status: str
    due: date | None
    paid: date | None
    lines: tuple[Line, ...]
    refund: tuple[date, Line] | None = None


@cache
def sample_words() -> dict[str, Any]:
    """The word lists of sample_words.yml."""
    from ruamel.yaml import YAML

    words: dict[str, Any] = YAML(typ="safe").load(
        (Path(__file__).parent / "sample_words.yml").read_text("utf-8")
    )
    return words


def between(rng: Random, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``, both included."""
    return low + int(rng.random() * (high - low + 1))


def pick(rng: Random, items: Sequence[T]) -> T:
    """One of ``items``, each as likely."""
    return items[int(rng.random() * len(items))]


def weighted(rng: Random, weights: dict[str, int]) -> str:
    """One of the keys, as likely as its weight says."""
    steps = list(accumulate(weights.values()))
    return list(weights)[bisect_right(steps, int(rng.random() * steps[-1]))]


def shuffled(rng: Random, items: Iterable[T]) -> list[T]:
    """``items`` in a random order."""
    return [item for _, _, item in sorted((rng.random(), i, item) for i, item in enumerate(items))]


def height(points: Sequence[tuple[int, int]], x: int, scale: int = 1) -> int:
    """``scale`` times the height of the straight lines through ``points`` at ``x``, rounded down."""
    i = min(max(bisect_right([p[0] for p in points], x), 1), len(points) - 1)
    (x0, y0), (x1, y1) = points[i - 1], points[i]
    return max(scale * (y0 * (x1 - x0) + (y1 - y0) * (x - x0)) // (x1 - x0), 0)


def some_day(rng: Random, low: date, high: date) -> date:
    """A day from ``low`` to ``high``, both included."""
    return low + timedelta(between(rng, 0, (high - low).days))


@cache
def _season(year: int) -> tuple[int, ...]:
    """Running sum of the day weights of ``year``, from 0; Spring Festival and holidays are quiet."""
    weights = [0]
    for i in range((date(year, 12, 31) - date(year, 1, 1)).days + 1):
        day = date(year, 1, 1) + timedelta(i)
        weight = MONTHS[day.month - 1] * (10, 10, 10, 10, 10, 4, 2)[day.weekday()]
        for month, low, high, percent in PEAKS:
            if day.month == month and low <= day.day <= high:
                weight = weight * percent // 100
        if SPRING[year][0] <= day <= SPRING[year][1]:
            weight //= 12
        weights.append(0 if (day.month, day.day) in HOLIDAYS else weight)
    return tuple(accumulate(weights))


def _lines(rng: Random, account: Account, yuan: int) -> tuple[Line, ...]:
    """One to four different products that come to about ``yuan``."""
    products: dict[str, dict[str, list[int]]] = sample_words()["products"]
    count = 1 + bisect_right((30, 64, 86), int(rng.random() * 100))
    shares = [between(rng, 3, 10) for _ in range(count)]
    lines: list[Line] = []
    for share in shares:
        want = yuan * share // sum(shares)
        left = [
            (product, category, price * account.percent, most)
            for category in products
            for product, (price, most) in products[category].items()
            if all(product != line.product for line in lines)
        ]
        fitting = [x for x in left if x[2] <= want * 125 and x[2] * x[3] >= want * 100]
        liked = [x for x in fitting if x[1] in account.liked]
        pool = (
            (liked if rng.random() < 0.85 else fitting) or fitting or [min(left, key=lambda x: (x[2], x[0]))]
        )
        product, category, cents, most = pick(rng, pool)
        quantity = min(max((want * 200 + cents) // (2 * cents), 1), most)
        lines.append(Line(product, category, quantity, quantity * cents))
    return tuple(lines)


def _payment(rng: Random, account: Account, channel: str, day: date) -> tuple[date, date | None]:
    """When an order was to be paid and when it was (None: not by the end of the data)."""
    if channel in sample_words()["prepaid_channels"]:
        return day, day
    due = day + timedelta(account.terms)
    if rng.random() * 100 < LATE_SHARE[account.punctual]:
        paid = due + timedelta(between(rng, 1, (12, 30, 95)[account.punctual]))
        if account.punctual == 2 and rng.random() < 0.05:
            return due, None
    else:
        paid = max(due - timedelta(between(rng, 0, 14)), day)
    return due, paid if paid <= END else None


def _order(rng: Random, account: Account, day: date, yuan: int, status: str) -> Order:
    channel = account.channel if rng.random() < 0.7 else weighted(rng, sample_words()["channels"])
    lines = _lines(rng, account, yuan)
    due: date | None
    due, paid = _payment(rng, account, channel, day)
    refund = None
    back = day + timedelta(between(rng, 3, 35))
    if status != "交易成功":
        due, paid = (None if status == "交易关闭" else due), None
    elif account.id not in EDGES and rng.random() < 0.052 and back <= END:
        line = pick(rng, lines)
        quantity = line.quantity if rng.random() < 0.4 else between(rng, 1, line.quantity)
        cents = line.cents // line.quantity * quantity
        refund = back, Line(line.product, line.category, -quantity, -cents)
    return Order(account.id, day, channel, status, due, paid, lines, refund)


def _year(rng: Random, account: Account, year: int, pace: int, fixed: int = 0) -> list[Order]:
    """The orders of one year at ``pace`` yuan a year; ``fixed``: exactly so many of them."""
    season, new_year = _season(year), date(year, 1, 1)
    low = (max(account.first, new_year) - new_year).days
    high = (min(account.last, date(year, 12, 31)) - new_year).days + 1
    active = season[high] - season[low] if low < high else 0
    if not active:
        return []
    share = height(ORDERS, pace, 100) * active * between(rng, 70, 130) // (season[-1] * 100)
    count = fixed or max((share + int(rng.random() * 100)) // 100, 1)
    days: set[int] = set()
    while len(days) < min(count, (high - low) // 2 + 1):
        days.add(bisect_right(season, season[low] + int(rng.random() * active)) - 1)
    weights = [between(rng, 4, 12) for _ in days]
    orders = []
    for at, weight in zip(sorted(days), weights, strict=True):
        day, status = new_year + timedelta(at), "交易成功"
        if account.id not in EDGES and rng.random() < 0.009:
            status = "交易关闭"
        elif account.id not in EDGES and (END - day).days < 12 and rng.random() < 0.06:
            status = "待付款"
        orders.append(_order(rng, account, day, pace * active // season[-1] * weight // sum(weights), status))
    return orders


def _settled(orders: list[Order], cents: int) -> list[Order]:
    """The same orders at agreed prices that come to exactly ``cents``."""
    total, before, run = sum(line.cents for order in orders for line in order.lines), 0, 0
    settled = []
    for order in orders:
        lines = []
        for line in order.lines:
            run += line.cents
            lines.append(replace(line, cents=cents * run // total - before))
            before = cents * run // total
        settled.append(replace(order, lines=tuple(lines)))
    return settled


def _edge_orders(rng: Random, account: Account, edge: Edge) -> list[Order]:
    earlier = _year(rng, account, 2024, account.before)
    orders = _settled(_year(rng, account, 2025, account.yearly, edge.orders), edge.spend + edge.refund)
    if edge.before:
        earlier = _settled(earlier, edge.before)
    if edge.refund:
        at, line = max(((i, x) for i in range(6) for x in orders[i].lines), key=lambda x: x[1].cents)
        back = Line(line.product, line.category, -1, -edge.refund)
        orders[at] = replace(orders[at], refund=(orders[at].day + timedelta(9), back))
    if edge.closed:
        orders.append(_order(rng, account, date(2025, 9, 16), account.yearly // edge.orders, "交易关闭"))
    return earlier + orders


def orders_of(rng: Random, accounts: list[Account]) -> list[Order]:
    """All orders of both years, by day; those of EDGES come to their exact sums and counts."""
    orders: list[Order] = []
    for account in accounts:
        if account.id in EDGES:
            orders += _edge_orders(rng, account, EDGES[account.id])
        elif account.yearly:
            orders += _year(rng, account, 2024, account.before) + _year(rng, account, 2025, account.yearly)
    return sorted(shuffled(rng, orders), key=lambda order: order.day)
