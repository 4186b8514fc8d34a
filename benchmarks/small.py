"""Many small books, as a split makes them, and the start of the program.

``python -m benchmarks.small [BOOKS]``. Both writers get the same composed book of 200 customers; ours writes
it with everything in it, checks it and works out its digest, XlsxWriter writes the cells of its tables.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data import inputs
from benchmarks.meter import PLAIN, child, interleaved, middle, note, table

CUSTOMERS, TRANSACTIONS = 200, 4_000
OURS = "sheetgen, writing only"
CELLS = "XlsxWriter cell by cell, formulas"
HELP = "sheetgen --help"
BARE = "a bare typer program, --help"


def compare(books: int, times: int) -> dict[str, Any]:
    """Medians by contestant, interleaved: seconds a book of ``books`` (ours) or of one (XlsxWriter)."""
    inputs(CUSTOMERS, TRANSACTIONS)
    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as name:
        place = Path(name)
        book = place / "book.pkl"
        child("book", CUSTOMERS, TRANSACTIONS, book)
        runs = interleaved(
            {
                OURS: lambda: child("many", book, place / "ours.xlsx", books, env=PLAIN),
                CELLS: lambda: child("plain", book, place / "plain.xlsx"),
                HELP: lambda: child("help"),
                BARE: lambda: child("bare"),
            },
            times,
        )
    return {"books": books, "times": times, "runs": {name: middle(found) for name, found in runs.items()}}


def ratios(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for the short table."""
    runs, each = found["runs"], found["runs"][OURS].cpu / found["books"]
    return [
        (
            f"write {found['books']} books of {CUSTOMERS} customers: XlsxWriter cell by cell / sheetgen, CPU",
            f"{runs[CELLS].cpu / each:.1f}x",
        ),
        ("start: sheetgen --help / a bare typer program, CPU", f"{runs[HELP].cpu / runs[BARE].cpu:.2f}x"),
    ]


def report(found: dict[str, Any]) -> str:
    """The long table."""
    runs, books = found["runs"], found["books"]
    rows = []
    for name, run in runs.items():
        count = books if name == OURS else 1
        size = f"{run.facts['mb']:.2f}" if "mb" in run.facts else ""
        rows.append([name, f"{run.cpu / count:.3f}", f"{run.wall / count:.3f}", f"{run.peak:.0f}", size])
    head = f"### Small: {books} books of {CUSTOMERS} customers, and the start (median of {found['times']})"
    return f"{head}\n\n{table(('contestant', 'CPU s each', 'wall s each', 'peak MB', 'file MB'), rows)}"


if __name__ == "__main__":
    result = compare(int(sys.argv[1]) if sys.argv[1:] else 20, 1)
    note("")
    print(report(result))
    print("\n" + table(("figure", "ratio"), ratios(result)))
