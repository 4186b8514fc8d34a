"""Every usual way from a table to an .xlsx file, in one run, on the cells of one of our books.

``python -m benchmarks.peers [CUSTOMERS TRANSACTIONS]``. Peers get all cells ready-made in the form they take
fastest, with their library loaded; only writing is on their clock. None but XlsxWriter cell by cell writes
formulas with their values, and none checks what it wrote; ours does both.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from itertools import starmap
from pathlib import Path
from typing import Any

from benchmarks.data import inputs
from benchmarks.meter import PLAIN, child, interleaved, loaded, middle, note, own_memory, table, timed

OURS = "sheetgen, writing only"
FLOOR = "zlib-6 over the XML of ours"
PEERS = {
    "pandas.to_excel, XlsxWriter": ("pandas", ""),
    "pandas.to_excel, openpyxl": ("pandas_openpyxl", ""),
    "XlsxWriter cell by cell": ("plain", ""),
    "openpyxl, write-only": ("write_only", ""),
    "polars.write_excel": ("polars_excel", "polars"),
    "PyExcelerate": ("excelerate", "pyexcelerate"),
}
"""contestant -> its job, and the package beyond ours that it needs"""
WRITES = {OURS: "formulas and values", "XlsxWriter cell by cell": "formulas and values"}


def compare(customers: int, transactions: int, times: int) -> dict[str, Any]:
    """Medians by contestant, interleaved."""
    inputs(customers, transactions)
    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as name:
        place = Path(name)
        book = place / "book.pkl"
        counted = child("book", customers, transactions, book).facts
        contestants = {OURS: partial(child, "splice", book, place / "ours.xlsx", env=PLAIN)}
        contestants[FLOOR] = partial(child, "floor", place / "ours.xlsx")
        for who, (job, needs) in PEERS.items():
            if needs and not find_spec(needs):
                note(f"{who}: not installed, left out")
                continue
            contestants[who] = partial(child, job, book, place / f"{job}.xlsx")
        runs = interleaved(contestants, times)
    found = {who: middle(measured) for who, measured in runs.items()}
    return {"size": (customers, transactions), "counted": counted, "runs": found, "times": times}


def ratios(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for the short table: how many times less CPU than the others."""
    runs, (customers, transactions) = found["runs"], found["size"]
    size = f"write {customers:,} x {transactions:,}"
    return [
        (f"{size}: {who} / sheetgen, CPU", f"{runs[who].cpu / runs[OURS].cpu:.1f}x")
        for who in PEERS
        if who in runs
    ]


def report(found: dict[str, Any]) -> str:
    """The long table."""
    runs, counted, (customers, transactions) = found["runs"], found["counted"], found["size"]
    rows = []
    for who, run in sorted(runs.items(), key=lambda item: float(item[1].cpu)):
        size = f"{run.facts['mb']:.1f}" if "mb" in run.facts else ""
        added = f"{run.peak - run.facts['loaded']:.0f}" if "loaded" in run.facts else ""
        what = "" if who == FLOOR else WRITES.get(who, "formulas" if who in _BARE else "values")
        times = f"{run.cpu / runs[OURS].cpu:.2f}"
        rows.append([who, what, f"{run.cpu:.2f}", f"{run.wall:.2f}", added, size, times])
    size = f"{customers:,} customers x {transactions:,} transactions"
    head = ("contestant", "writes", "CPU s", "wall s", "added MB", "file MB", "CPU / ours")
    title = f"### Writing the book of {size} (median of {found['times']})"
    cells = f"{counted['formulas']:,} formula cells and {counted['values']:,} other cells in table blocks."
    return "\n\n".join([title, cells, table(head, rows)])


_BARE = ("openpyxl, write-only",)
"""writes formulas without their values: it has no way to give both"""


def _columns(pickled: str) -> Iterator[tuple[str, list[str], list[Any]]]:
    """Each table block: sheet, headers, columns as lists or arrays."""
    made = loaded(pickled)
    for sheet in made.sheets:
        if sheet.table:
            columns = sheet.table.columns
            yield sheet.name, [c.id for c in columns], [c.values for c in columns]


def pandas_openpyxl(pickled: str, out: str) -> dict[str, Any]:
    """All table blocks as plain values with ``DataFrame.to_excel`` on openpyxl. Only the writing is timed."""
    import openpyxl  # noqa: F401  # loaded before the clock starts
    import pandas as pd

    frames = [
        (sheet, pd.DataFrame(dict(zip(heads, map(_framed, columns), strict=True))))
        for sheet, heads, columns in _columns(pickled)
    ]
    before, facts = own_memory(), dict[str, Any]()
    with timed(facts), pd.ExcelWriter(out, engine="openpyxl") as writer:
        for sheet, frame in frames:
            frame.to_excel(writer, sheet_name=sheet, index=False)
    return {**facts, "mb": Path(out).stat().st_size / 1e6, "loaded": before}


def _framed(values: Any) -> Any:
    import numpy as np

    return values if isinstance(values, np.ndarray) else list(values)


def write_only(pickled: str, out: str) -> dict[str, Any]:
    """All table blocks with openpyxl's write-only mode, formulas too. Only the writing is timed."""
    from openpyxl import Workbook

    blocks = []
    for sheet in loaded(pickled).sheets:
        if sheet.table:
            columns = [
                [f"={column.formula}".replace("{r}", str(row)) for row in range(1, sheet.table.rows + 1)]
                if column.formula
                else _plain(column.values)
                for column in sheet.table.columns
            ]
            blocks.append((sheet.name, [c.header for c in sheet.table.columns], columns))
    before, facts = own_memory(), dict[str, Any]()
    with timed(facts):
        workbook = Workbook(write_only=True)
        for sheet, heads, columns in blocks:
            ws = workbook.create_sheet(sheet)
            ws.append(heads)
            for row in zip(*columns, strict=True):
                ws.append(row)
        workbook.save(out)
    return {**facts, "mb": Path(out).stat().st_size / 1e6, "loaded": before}


def polars_excel(pickled: str, out: str) -> dict[str, Any]:
    """All table blocks as plain values with ``polars.DataFrame.write_excel``. Only the writing is timed."""
    import polars as pl
    import xlsxwriter

    frames = []
    for sheet, heads, columns in _columns(pickled):
        series = [pl.Series(head, _plain(c), strict=False) for head, c in zip(heads, columns, strict=True)]
        frames.append((sheet, pl.DataFrame(series)))
    before, facts = own_memory(), dict[str, Any]()
    with timed(facts), xlsxwriter.Workbook(out) as workbook:
        for sheet, frame in frames:
            frame.write_excel(workbook, worksheet=sheet, autofilter=False)
    return {**facts, "mb": Path(out).stat().st_size / 1e6, "loaded": before}


def excelerate(pickled: str, out: str) -> dict[str, Any]:
    """All table blocks as plain values with PyExcelerate. Only the writing is timed."""
    from pyexcelerate import Workbook

    blocks = [
        (sheet, [heads, *map(list, zip(*map(_plain, columns), strict=True))])
        for sheet, heads, columns in _columns(pickled)
    ]
    before, facts = own_memory(), dict[str, Any]()
    with timed(facts):
        workbook = Workbook()
        for sheet, rows in blocks:
            workbook.new_sheet(sheet, data=rows)
        workbook.save(out)
    return {**facts, "mb": Path(out).stat().st_size / 1e6, "loaded": before}


def _plain(values: Any) -> list[Any]:
    """A column as Python's own values, None where it is empty."""
    import pandas as pd

    cells = pd.Series(values)
    if str(cells.dtype).startswith("datetime64"):
        return list(starmap(_day, zip(cells.dt.to_pydatetime(), cells.notna(), strict=True)))
    return cells.astype(object).where(cells.notna(), None).tolist()


def _day(day: Any, there: bool) -> Any:
    return day.date() if there else None


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:3]] or [5_000, 100_000]
    result = compare(sizes[0], sizes[1], 3)
    note("")
    print(report(result))
    print("\n" + table(("figure", "ratio"), ratios(result)))
