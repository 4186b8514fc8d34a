"""More transactions than a sheet of Excel has rows: the book is built, and its formulas proved over them all.

``python -m benchmarks.beyond [CUSTOMERS TRANSACTIONS]``: 60,000 and 1,300,000 where nothing else is said.
The cached results of the book are made wrong, LibreOffice recalculates, and every cell of 价值评分, 客户级别,
总览 and 客户信息 must be what the program wrote. It takes minutes and some gigabytes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from benchmarks.data import inputs
from benchmarks.meter import Run, child, group_cpu, group_peak, note
from benchmarks.recalc import CHECKED, TIMEOUT, same
from tests.office.find import missing
from tests.office.office import SPREADSHEET_ZERO, Office, OfficeError
from tests.office.poison import poison
from tests.office.values import Value

CUSTOMERS, TRANSACTIONS = 60_000, 1_300_000
DAY_ZERO = SPREADSHEET_ZERO.toordinal()
Rows = list[list[Value]]


@dataclass(frozen=True)
class Beyond:
    """``sheets``: those of the transactions; ``cells``: compared ones, ``spoilt``: wrong before, and ``bad``
    after the recalculation."""

    sheets: list[str]
    build: Run
    bytes: int
    load: Run
    recalculation: Run
    poisoned: int
    cells: int
    spoilt: int
    bad: int


def prove(customers: int = CUSTOMERS, transactions: int = TRANSACTIONS) -> Beyond:
    """Build, poison, recalculate, compare. Raises SystemExit where LibreOffice is not there."""
    if reason := missing():
        raise SystemExit(f"LibreOffice: {reason}")
    inputs(customers, transactions)
    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as name:
        book, wrong = Path(name) / "book.xlsx", Path(name) / "poisoned.xlsx"
        build = child("build", customers, transactions, book)
        note(f"built: {build.cpu:.0f} s CPU, {build.peak:.0f} MB")
        wanted, sheets = _cached(book)
        poisoned = poison(book, wrong)
        with Office(timeout=TIMEOUT) as office:
            started = time.perf_counter()
            office.open(wrong)
            load = Run(time.perf_counter() - started, group_cpu(office.pid), group_peak(office.pid))
            note(f"loaded: {load.cpu:.0f} s CPU, {load.peak:.0f} MB")
            before = {sheet: office.read(sheet, bools=False) for sheet in CHECKED}
            cpu = group_cpu(office.pid)
            seconds = office.recalc()
            calc = Run(seconds, group_cpu(office.pid) - cpu, group_peak(office.pid))
            note(f"recalculated: {calc.cpu:.0f} s CPU, {calc.peak:.0f} MB")
            spoilt = sum(_different(wanted[sheet], before.pop(sheet))[1] for sheet in CHECKED)
            found = [_different(wanted[sheet], office.read(sheet, bools=False)) for sheet in CHECKED]
        cells, bad = (sum(counts) for counts in zip(*found, strict=True))
        return Beyond(sheets, build, book.stat().st_size, load, calc, poisoned, cells, spoilt, bad)


def _cached(book: Path) -> tuple[dict[str, Rows], list[str]]:
    """The results as the program wrote them, and the names of the transactions' sheets."""
    from python_calamine import CalamineWorkbook

    read = CalamineWorkbook.from_path(str(book))
    sheets = [name for name in read.sheet_names if name.startswith("历史交易")]
    rows = {sheet: read.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in CHECKED}
    return {sheet: [[_plain(cell) for cell in row] for row in rows[sheet]] for sheet in CHECKED}, sheets


def _plain(cell: Any) -> Value:
    """A cell as Office.read gives it: days as serial numbers."""
    if isinstance(cell, datetime | date):
        return float((cell.date() if isinstance(cell, datetime) else cell).toordinal() - DAY_ZERO)
    found: Value = float(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell
    return found


def _different(wanted: Rows, found: Rows) -> tuple[int, int]:
    """How many cells there are, and how many are not the same; what one side lacks is empty."""
    pairs = [
        (a, b)
        for i in range(max(len(wanted), len(found)))
        for a, b in _padded(wanted[i] if i < len(wanted) else [], found[i] if i < len(found) else [])
    ]
    return len(pairs), sum(not same(a, b) for a, b in pairs)


def _padded(one: list[Value], other: list[Value]) -> list[tuple[Value, Value]]:
    width = max(len(one), len(other))
    return list(zip(*((*row, *[None] * (width - len(row))) for row in (one, other)), strict=True))


def ratios(found: Beyond) -> list[tuple[str, str]]:
    """The figures for the short table. Raises SystemExit where a cell is wrong."""
    if found.bad or not found.spoilt:
        raise SystemExit(f"{found.bad} of {found.cells} cells differ ({found.spoilt} were poisoned)")
    size = f"{len(found.sheets)} sheets of transactions"
    return [(f"{size}: cells that differ after a recalculation, of {found.cells:,}", f"{found.bad}")]


def report(found: Beyond) -> str:
    """What came of it, in words."""
    build, load, calc = found.build, found.load, found.recalculation
    return "\n".join(
        [
            f"transactions on {', '.join(found.sheets)}; the book has {found.bytes / 1e6:.0f} MB",
            f"build {build.cpu:.0f} s CPU, {build.peak:.0f} MB",
            f"LibreOffice: start and load {load.cpu:.0f} s CPU, recalculation {calc.cpu:.0f} s CPU, "
            f"{calc.peak:.0f} MB",
            f"{found.poisoned:,} results poisoned, {found.spoilt:,} of {found.cells:,} cells wrong before, "
            f"{found.bad:,} after the recalculation",
        ]
    )


if __name__ == "__main__":
    try:
        proved = prove(*map(int, sys.argv[1:3]))
    except OfficeError as error:
        raise SystemExit(str(error)) from error
    print(report(proved))
    ratios(proved)
