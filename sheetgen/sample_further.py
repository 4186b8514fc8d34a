"""What the sample company's customers use, hold and answer: the samples of schemes that look beyond sales.

``python -m sheetgen.sample_further DEST`` writes ``<scheme>/sample/<table>.csv`` for each of them. Customers
are those of the sample company; amounts are invented from a seed.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import date
from pathlib import Path
from random import Random

from sheetgen.sample import CUSTOMERS
from sheetgen.sample_orders import between, pick
from sheetgen.scheme.tables import data_tables

MONTHS = [date(2025, month, 28) for month in range(7, 13)]
QUARTERS = [date(2025, 9, 30), date(2025, 12, 31)]
PACKAGES = (("畅享59", 59), ("畅享99", 99), ("全家享169", 169), ("尊享299", 299))
PRODUCTS = ("活期存款", "定期存款", "稳健理财", "混合基金", "养老保险", "贵金属")
KINDS = ("存款", "存款", "理财", "基金", "保险", "贵金属")
COMMENTS = ("送货很及时", "希望价格更优惠", "客服态度好", "想试新品", "")
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


SAMPLES = {
    "telecom": ("usage", usage),
    "finance-crm": ("holdings", holdings),
    "bank-aum": ("holdings", holdings),
    "survey": ("survey", survey),
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
