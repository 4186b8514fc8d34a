"""The whole build, CSV in and finished live book out, against what only writes the same cells.

``python -m benchmarks.build [CUSTOMERS TRANSACTIONS]``. Opponents get the cells for nothing: neither reading,
cleaning nor grading is on their clock, nor loading Python and their library; all of that is on ours.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.data import inputs
from benchmarks.meter import PLAIN, Run, child, interleaved, middle, note, table

OURS = "sheetgen build"
ISAL = "sheetgen build, isal"
WRITER = "sheetgen, writing only"
WRITER_ISAL = "sheetgen, writing only, isal"
VALUES = "pandas.to_excel, values only"
CELLS = "XlsxWriter cell by cell, formulas"
FLOOR = "zlib-6 over the same XML"


def compare(customers: int, transactions: int, cells: int, times: int) -> dict[str, Any]:
    """Medians by contestant, interleaved. ``cells``: customers for the slow one, cell by cell."""
    inputs(customers, transactions)
    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as name:
        place = Path(name)
        book, small, out = place / "book.pkl", place / "small.pkl", place / "out.xlsx"
        counted = child("book", customers, transactions, book).facts
        whole = cells >= customers
        little = counted if whole else child("book", cells, 20 * cells, small).facts
        contestants = {
            OURS: lambda: child("build", customers, transactions, out, env=PLAIN),
            VALUES: lambda: child("pandas", book, place / "pandas.xlsx"),
            CELLS: lambda: child("plain", book if whole else small, place / "plain.xlsx"),
            WRITER: lambda: child("splice", book, place / "splice.xlsx", env=PLAIN),
            FLOOR: lambda: child("floor", place / "splice.xlsx"),
        }
        if find_spec("isal"):
            contestants[ISAL] = lambda: child("build", customers, transactions, place / "isal.xlsx")
            contestants[WRITER_ISAL] = lambda: child("splice", book, place / "isal.xlsx")
        runs = interleaved(contestants, times)
    found = {name: middle(measured) for name, measured in runs.items()}
    # formulas take nearly all its time; a larger book has more other cells for each: this says too little
    scale = counted["formulas"] / little["formulas"]
    cell = found[CELLS]
    if not whole:
        facts = {"mb": cell.facts["mb"] * scale, "from": cells}
        found[CELLS] = Run(cell.wall * scale, cell.cpu * scale, cell.peak * scale, facts)
    return {"size": (customers, transactions), "counted": counted, "runs": found, "times": times}


def ratios(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for the short table: how many times less CPU than the others."""
    runs, (customers, transactions) = found["runs"], found["size"]
    size, ours = f"{customers:,} x {transactions:,}", runs[OURS]
    writer, floor = runs[WRITER], runs[FLOOR]
    fast = [("… with isal", f"{runs[WRITER_ISAL].cpu / floor.cpu:.2f}x")] if WRITER_ISAL in runs else []
    return [
        (
            f"build {size}: pandas.to_excel (values only) / sheetgen build, CPU",
            f"{runs[VALUES].cpu / ours.cpu:.1f}x",
        ),
        ("… wall", f"{runs[VALUES].wall / ours.wall:.1f}x"),
        ("… peak memory, its frames included", f"{runs[VALUES].peak / ours.peak:.2f}x"),
        (
            f"build {size}: XlsxWriter cell by cell / sheetgen build, CPU",
            f"{runs[CELLS].cpu / ours.cpu:.1f}x",
        ),
        (
            f"write {size}: XlsxWriter cell by cell / sheetgen write, CPU",
            f"{runs[CELLS].cpu / runs[WRITER].cpu:.1f}x",
        ),
        (
            f"build {size}: sheetgen build / zlib-6 over the same XML, CPU",
            f"{ours.cpu / runs[FLOOR].cpu:.2f}x",
        ),
        (
            f"write {size}: sheetgen write / zlib-6 over the same XML, CPU",
            f"{writer.cpu / floor.cpu:.2f}x",
        ),
        *fast,
        ("… file size / zlib-6 of the same XML", f"{writer.facts['mb'] / floor.facts['mb']:.2f}x"),
        ("… memory added by writing", f"{writer.peak - writer.facts['loaded']:.0f} MB"),
        ("peak memory of the build", f"{ours.peak:.0f} MB"),
    ]


def report(found: dict[str, Any]) -> str:
    """The long tables."""
    runs, counted, (customers, transactions) = found["runs"], found["counted"], found["size"]
    ours = runs[OURS]
    rows = []
    for name, run in sorted(runs.items(), key=lambda item: float(item[1].cpu)):
        size = f"{run.facts['mb']:.1f}"
        if "xml_mb" in run.facts:
            size += f" (of {run.facts['xml_mb']:.0f})"
        label = f"{name} (from {run.facts['from']:,} customers)" if "from" in run.facts else name
        ratio = f"{run.cpu / ours.cpu:.2f}"
        added = f"{run.peak - run.facts['loaded']:.0f}" if "loaded" in run.facts else ""
        rows.append([label, f"{run.cpu:.1f}", f"{run.wall:.1f}", f"{run.peak:.0f}", added, size, ratio])
    stages = [
        [step, f"{cpu:.1f}", f"{wall:.1f}", f"{peak:.0f}"]
        for step, (wall, cpu, peak) in ours.facts["stages"].items()
    ]
    head = f"### Build, {customers:,} customers x {transactions:,} transactions (median of {found['times']})"
    return "\n\n".join(
        [
            head,
            f"{counted['formulas']:,} formula cells and {counted['values']:,} other cells in table blocks.",
            table(
                ("contestant", "CPU s", "wall s", "peak MB", "added by writing", "file MB", "CPU / build"),
                rows,
            ),
            table(("stage of the build", "CPU s", "wall s", "peak MB so far"), stages),
        ]
    )


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:3]] or [20_000, 400_000]
    result = compare(sizes[0], sizes[1], min(sizes[0], 5_000), 3)
    note("")
    print(report(result))
    print("\n" + table(("figure", "ratio"), ratios(result)))
