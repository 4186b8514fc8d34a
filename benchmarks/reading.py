"""What reading and cleaning transactions cost, against DuckDB's ``read_csv`` of the same file and a GROUP BY.

``python -m benchmarks.reading``. Both have their libraries loaded before the clock starts. DuckDB gives the
sum, the number of orders and the last day of each customer; we give every record a fate and check that rows
and cents add up. Two files: ``plain``, the transactions of data.py (11 columns, nothing quoted, several lines
an order, refunds, closed orders), and ``quoted`` (one line an order, in the order of the days; half of the
rows have commas or quotes inside quotes, each has a remark of its own). ``plain`` also comes packed, in
GB18030, half as long, with four of its columns only, and with as many again that no field claims: what a
column costs in memory.
"""

from __future__ import annotations

import gzip
import sys
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.data import CHANNELS, SEED, days_back, folder, pick
from benchmarks.meter import Run, child, interleaved, middle, table

DUCKDB = "DuckDB, read_csv and GROUP BY"
LOADED = "DuckDB, read_csv into a table and GROUP BY"
OURS = "sheetgen, read and clean"
MORE = ("half as many rows", "packed as .gz", "in GB18030", "four columns", "twice the columns")
NARROW = ("客户编号", "日期", "金额", "订单号")
UNKNOWN = ("仓库", "门店", "班次", "收银台", "物流公司", "发票类型", "活动", "组别", "片区", "批次", "经办")
"""headers that no field claims, as many as ``plain`` has columns"""
KNOWN = len(UNKNOWN)
QUOTED = ("抛光砖", "水龙头", 'A "x" b', "灯, 大")


def compare(customers: int, transactions: int, times: int) -> dict[str, Any]:
    """Medians by file and contestant, interleaved."""
    plain = folder(customers, transactions) / "transactions.csv"
    packed, chinese = plain.with_suffix(".csv.gz"), plain.with_name("transactions-gb18030.csv")
    if not packed.exists():
        with gzip.open(packed, "wb", compresslevel=1) as out:
            out.write(plain.read_bytes())
    if not chinese.exists():
        chinese.write_bytes(plain.read_text("utf-8").encode("gb18030"))
    half = folder(customers // 2, transactions // 2) / "transactions.csv"
    narrow, wide = columns_of(plain)
    files = {"plain": plain, "quoted": quoted(plain.parent, customers, transactions)}
    contestants = {
        (name, who): partial(child, job, file)
        for name, file in files.items()
        for who, job in ((DUCKDB, "read_duckdb"), (LOADED, "load_duckdb"), (OURS, "read_clean"))
    }
    for what, file in zip(MORE, (half, packed, chinese, narrow, wide), strict=True):
        contestants["plain", f"{OURS}, {what}"] = partial(child, "read_clean", file)
    measured = interleaved({" | ".join(key): run for key, run in contestants.items()}, times)
    runs = {key: middle(measured[" | ".join(key)]) for key in contestants}
    for name in files:
        if runs[name, DUCKDB].facts["cents"] != runs[name, OURS].facts["cents"]:
            raise SystemExit(f"{name}: the sums differ")
    sizes = {name: file.stat().st_size / 1e6 for name, file in files.items()}
    more = (wide.stat().st_size - plain.stat().st_size) / transactions / len(UNKNOWN)
    return {"runs": runs, "rows": transactions, "mb": sizes, "times": times, "unknown": more}


def quoted(place: Path, customers: int, rows: int) -> Path:
    """The file of orders with quotes, made at the first call."""
    import numpy as np
    import pandas as pd

    path = place / "quoted.csv"
    if not path.exists():
        rng = np.random.default_rng(SEED)
        number = np.arange(rows)
        columns = {
            "客户编号": np.char.add("C", rng.integers(10_000, 10_000 + customers, rows).astype(str)),
            "日期": days_back(np.sort(rng.integers(0, 700, rows))[::-1]),
            "金额": rng.integers(100, 999_999, rows) / 100,
            "订单号": np.char.add("DD2024", number.astype(str)),
            "产品": pick(rng, QUOTED, rows),
            "品类": pick(rng, ("甲", "乙", "丙", "丁"), rows),
            "数量": rng.integers(1, 9, rows),
            "渠道": pick(rng, CHANNELS, rows),
            "备注": np.char.add("备注", rng.integers(0, rows, rows).astype(str)),
        }
        pd.DataFrame(columns).to_csv(path, index=False, lineterminator="\n")
    return path


def columns_of(plain: Path) -> tuple[Path, Path]:
    """``plain`` with four of its columns, and with as many more again, which no field claims; made once."""
    import numpy as np
    import pandas as pd

    narrow, wide = plain.with_name("narrow.csv"), plain.with_name("wide.csv")
    if not wide.exists():
        rng = np.random.default_rng(SEED)
        frame = pd.read_csv(plain, dtype="str", keep_default_na=False)
        frame[list(NARROW)].to_csv(narrow, index=False, lineterminator="\n")
        for i, header in enumerate(UNKNOWN):
            frame[header] = pick(rng, [f"{header}{n}" for n in range(1, 10 * i + 2)], len(frame))
        frame.to_csv(wide, index=False, lineterminator="\n")
    return narrow, wide


def ratios(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for the short table."""
    runs: dict[tuple[str, str], Run] = found["runs"]
    lines = []
    for name, mb in found["mb"].items():
        duck, loaded, ours = runs[name, DUCKDB], runs[name, LOADED], runs[name, OURS]
        lines += [
            (
                f"read and clean {found['rows']:,} rows, {name} ({mb:.0f} MB): sheetgen / DuckDB, CPU",
                f"{ours.cpu / duck.cpu:.2f}x",
            ),
            ("… wall", f"{ours.wall / duck.wall:.2f}x"),
            ("… CPU against DuckDB with all columns read, as we do", f"{ours.cpu / loaded.cpu:.2f}x"),
            ("… reading alone, CPU", f"{ours.facts['read'] / duck.cpu:.2f}x"),
            ("… peak memory", f"{ours.peak / duck.peak:.2f}x"),
        ]
    ours = runs["plain", OURS]
    half, _, _, narrow, wide = (runs["plain", f"{OURS}, {what}"] for what in MORE)
    row = (ours.peak - half.peak) * 1e6 / (found["rows"] / 2)
    text = found["mb"]["plain"] * 1e6 / found["rows"]
    known, unknown = KNOWN - len(NARROW), len(UNKNOWN)
    return [
        *lines,
        (f"memory of a further row, bytes (its text: {text:.0f})", f"{row:.0f}"),
        (
            "… of a further known cell beyond four columns, bytes",
            f"{(ours.peak - narrow.peak) * 1e6 / found['rows'] / known:.0f}",
        ),
        (
            f"… of a further unknown cell that repeats, bytes (its text: {found['unknown']:.0f})",
            f"{(wide.peak - ours.peak) * 1e6 / found['rows'] / unknown:.1f}",
        ),
        ("twice the columns / all known columns, CPU", f"{wide.cpu / ours.cpu:.2f}x"),
    ]


def report(found: dict[str, Any]) -> str:
    """The long table."""
    runs: dict[tuple[str, str], Run] = found["runs"]
    rows = [
        [
            name,
            who,
            *(f"{run.cpu:.2f}", f"{run.wall:.2f}", f"{run.peak:.0f}"),
            f"{run.cpu / runs[name, DUCKDB].cpu:.2f}",
        ]
        for (name, who), run in sorted(runs.items())
    ]
    title = f"### Reading and cleaning {found['rows']:,} rows (median of {found['times']})"
    head = ("file", "contestant", "CPU s", "wall s", "peak MB", "CPU / DuckDB")
    return "\n\n".join([title, table(head, rows), "Both give the same sums, to the cent."])


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:3]] or [50_000, 1_000_000]
    result = compare(sizes[0], sizes[1], 3)
    print(report(result))
    print("\n" + table(("figure", "value"), ratios(result)))
