"""The sample company: an invented supplier of tea, coffee and water equipment, made from a seed.

``python -m sheetgen.sample DEST`` writes customers, two years of transactions, service log and preferences.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random

from sheetgen.sample_orders import (
    EDGES,
    END,
    START,
    Account,
    Edge,
    Order,
    between,
    height,
    orders_of,
    pick,
    sample_words,
    shuffled,
    some_day,
    weighted,
)
from sheetgen.scheme.tables import data_tables

__all__ = ["EDGES", "Edge", "make_sample", "write_sample"]

CUSTOMERS = 336
OLD, RECENT = 230, 30  # registered before START; registered in the last half year
SILENT, CHURNED, SERVED, ASKED = 12, 28, 252, 120
PREFIXES = (130, 135, 136, 137, 138, 139, 150, 158, 159, 186, 188)

COLUMNS = {
    "customers": (
        *("customer_id", "customer_name", "contact", "phone", "region", "industry", "source", "owner"),
        *("registered_on", "consent", "remark"),
    ),
    "transactions": (
        *("customer_id", "date", "amount", "order_id", "product", "category", "quantity", "channel"),
        *("status", "due_on", "paid_on"),
    ),
    "service": (
        *("customer_id", "date", "channel", "question", "resolution", "handler", "satisfaction"),
        *("complaint", "next_contact"),
    ),
    "preferences": ("customer_id", "likes_category", "likes_channel", "contact_time", "preference_note"),
}
FILES = {
    "customers": "customers.csv",
    "transactions": "transactions.csv",
    "service": "service_log.csv",
    "preferences": "preferences.csv",
}
# (rank by size, yuan a year): straight lines in between.
SIZE = (
    *((0, 1_650_000), (3, 1_150_000), (11, 600_000), (14, 450_000), (26, 315_000), (42, 200_000)),
    *((64, 125_000), (112, 55_000), (180, 23_000), (250, 9_000), (324, 2_000)),
)
TERMS = (15, 30, 30, 45, 60)
RATINGS = ((5, 5, 5, 4, 4), (5, 4, 4, 3, 4), (4, 3, 2, 2, 1))  # by mood; complaints come one lower


def _registrations(rng: Random) -> list[date]:
    """The registration days, ascending: customer ids are given in this order."""
    spans = (
        (OLD, date(2014, 3, 1), date(2023, 12, 20)),
        (CUSTOMERS - OLD - RECENT, date(2024, 1, 3), date(2025, 6, 25)),
        (RECENT, date(2025, 7, 2), date(2025, 12, 18)),
    )
    return sorted(some_day(rng, low, high) for count, low, high in spans for _ in range(count))


def _shown(rng: Random, i: int, registered: date, brand: str) -> dict[str, str]:
    """The row of customers.csv of the ``i``-th customer."""
    words, key = sample_words(), f"KH{i:04d}"
    cities = list(words["cities"])
    at = min(between(rng, 0, len(cities) - 1), between(rng, 0, len(cities) - 1))
    industry = pick(rng, list(words["industries"]))
    name = cities[at] + brand + pick(rng, words["industries"][industry]) + weighted(rng, words["suffixes"])
    contact = pick(rng, words["surnames"]) + pick(rng, words["given"])
    plain = {"name": name, "contact": contact, "city": cities[at], "industry": industry}
    known = words["notable"].get(key, plain)
    managers = words["managers"]  # each has their cities, and a few customers elsewhere
    owner = managers[at % len(managers)] if rng.random() < 0.85 else pick(rng, managers)
    return {
        "customer_id": key,
        "customer_name": known["name"],
        "contact": known["contact"],
        "phone": f"{pick(rng, PREFIXES)}0000{i * 29 + 187:04d}",
        "region": words["cities"][known["city"]],
        "industry": known["industry"],
        "source": weighted(rng, words["sources"]),
        "owner": owner,
        "registered_on": registered.isoformat(),
        "consent": weighted(rng, {"是": 68, "否": 13, "": 19}),
        "remark": pick(rng, words["remarks"]) if rng.random() < 0.09 else "",
    }


def _accounts(rng: Random) -> list[Account]:
    """All customers in the order of their ids; the biggest are old and have not left."""
    words, registered = sample_words(), _registrations(rng)
    brands = shuffled(rng, [a + b for a in words["brand_first"] for b in words["brand_last"]])
    ids = [f"KH{i:04d}" for i in range(1, CUSTOMERS + 1)]
    plain = [key for key in ids if key not in EDGES]
    silent = set(shuffled(rng, plain[:OLD])[:4] + shuffled(rng, plain[OLD:])[: SILENT - 4])
    buyers = shuffled(rng, [key for key in plain if key not in silent])
    old = [key for key in buyers if key < ids[OLD]]
    big, churned = old[:12], set(old[12 : 12 + CHURNED])
    rank = {key: i for i, key in enumerate(big + shuffled(rng, [key for key in buyers if key not in big]))}
    categories, accounts = list(words["products"]), []
    for i, key in enumerate(ids):
        yearly = EDGES[key].spend // 100 if key in EDGES else 0
        if key in rank:
            yearly = height(SIZE, rank[key]) * between(rng, 92, 108) // 100
        trend = rng.random()
        percent = between(rng, 30, 55) if trend < 0.15 else between(rng, 83, 111)
        if trend > 0.9:
            percent = between(rng, 145, 230)
        fixed = EDGES[key].before // 100 if key in EDGES else 0
        first = max(registered[i] + timedelta(between(rng, 0, 12)), START)
        accounts.append(
            Account(
                id=key,
                shown=_shown(rng, i + 1, registered[i], brands[i]),
                registered=registered[i],
                yearly=yearly,
                before=fixed or yearly * percent // 100,
                first=min(first, END),
                last=some_day(rng, date(2024, 3, 1), date(2025, 6, 30)) if key in churned else END,
                liked=tuple(shuffled(rng, categories)[: between(rng, 2, 4 + (yearly > 100_000))]),
                channel=weighted(rng, words["channels"]),
                terms=pick(rng, TERMS),
                punctual=pick(rng, (0, 0, 0, 0, 0, 1, 1, 1, 2, 0)),
                mood=pick(rng, (1, 2, 2) if key in churned else (0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2)),
                percent=between(rng, 82, 92) if yearly > 200_000 else between(rng, 90, 100),
            )
        )
    return accounts


def _money(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _transactions(orders: list[Order]) -> list[dict[str, str]]:
    """A row a line, by date; refunds stand at their own date under the number of their order."""
    dated: list[tuple[date, dict[str, str]]] = []
    counts: dict[date, int] = {}
    for order in orders:
        counts[order.day] = counts.get(order.day, 0) + 1
        head = {
            "customer_id": order.customer,
            "order_id": f"XS{order.day:%y%m%d}{counts[order.day]:03d}",
            "channel": order.channel,
            "status": order.status,
        }
        terms = {f: d.isoformat() if d else "" for f, d in (("due_on", order.due), ("paid_on", order.paid))}
        back = [(*order.refund, {"due_on": "", "paid_on": ""})] if order.refund else []
        for day, line, paying in [*((order.day, line, terms) for line in order.lines), *back]:
            row = {"date": day.isoformat(), "product": line.product, "category": line.category}
            number = {"amount": _money(line.cents), "quantity": str(line.quantity)}
            dated.append((day, head | row | number | paying))
    return [row for _, row in sorted(dated, key=lambda pair: pair[0])]


def _question(rng: Random, account: Account, text: str) -> str:
    """``text`` with its places filled: {p} goods, {m} a machine, {f} a consumable, {c} a category."""
    words = sample_words()
    for place, kinds in words["kinds"].items():
        category = pick(rng, [c for c in account.liked if c in kinds] or kinds)
        product = pick(rng, list(words["products"][category])).split(" ")[0]
        text = text.replace("{" + place + "}", product).replace("{c}", category)
    return text


def _service(rng: Random, accounts: list[Account]) -> list[dict[str, str]]:
    """What customers asked and complained about; a quarter of them never did."""
    words, rows = sample_words(), []
    for account in shuffled(rng, accounts)[:SERVED]:
        low, high = max(account.registered, date(2024, 1, 2)), min(account.last + timedelta(60), END)
        count = between(rng, 1, 6) + height(((0, 0), (300_000, 9), (1_500_000, 15)), account.yearly)
        days = {some_day(rng, low, high) for _ in range(count)}
        for day in sorted({d + timedelta(d.weekday() == 6) for d in days}):
            complaint = rng.random() < (0.02, 0.06, 0.32)[account.mood]
            question, resolution = pick(rng, words["complaints" if complaint else "questions"])
            rating = max(pick(rng, RATINGS[account.mood]) - complaint, 1)
            later = day + timedelta(between(rng, 7, 60))
            rows.append(
                {
                    "customer_id": account.id,
                    "date": day.isoformat(),
                    "channel": weighted(rng, words["service_channels"]),
                    "question": _question(rng, account, question),
                    "resolution": resolution,
                    "handler": pick(rng, words["handlers"]),
                    "satisfaction": str(rating) if rng.random() < 0.88 else "",
                    "complaint": "是" if complaint else "否",
                    "next_contact": later.isoformat() if rng.random() < 0.3 else "",
                }
            )
    return sorted(rows, key=lambda row: (row["date"], row["customer_id"]))


def _preferences(rng: Random, accounts: list[Account]) -> list[dict[str, str]]:
    """What staff noted of some buyers; not always what they buy most."""
    words = sample_words()
    asked = shuffled(rng, [account for account in accounts if account.yearly])[:ASKED]
    return [
        {
            "customer_id": account.id,
            "likes_category": pick(rng, account.liked if rng.random() < 0.8 else list(words["products"])),
            "likes_channel": pick(rng, words["contact_channels"]),
            "contact_time": pick(rng, words["contact_times"]),
            "preference_note": pick(rng, words["preference_notes"]),
        }
        for account in sorted(asked, key=lambda account: account.id)
    ]


def make_sample(seed: int = 20251231) -> dict[str, str]:
    """The four CSV files of the sample company (name -> text with LF); equal seeds give equal text."""
    rng = Random(seed)
    accounts = _accounts(rng)
    tables = {
        "customers": [account.shown for account in accounts],
        "transactions": _transactions(orders_of(rng, accounts)),
        "service": _service(rng, accounts),
        "preferences": _preferences(rng, accounts),
    }
    files = {}
    for table, rows in tables.items():
        fields = data_tables()[table].fields
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(fields[name].label.zh for name in COLUMNS[table])
        writer.writerows([row[name] for name in COLUMNS[table]] for row in rows)
        files[FILES[table]] = out.getvalue()
    return files


def write_sample(folder: Path, seed: int = 20251231) -> list[Path]:
    """Write the four files into ``folder`` (made if absent), UTF-8 without BOM, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in make_sample(seed).items():
        paths.append(folder / name)
        paths[-1].write_bytes(content.encode("utf-8"))
    return paths


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m sheetgen.sample DEST")
    write_sample(Path(sys.argv[1]))
