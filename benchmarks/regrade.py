"""Re-grading a large book against loading and saving it with openpyxl, and converting it with LibreOffice.

``python -m benchmarks.regrade [CUSTOMERS TRANSACTIONS]``. One book: as it was built, with a changed
threshold, and with another as-of day besides, so that every row's results change. openpyxl loses all results
by loading and saving; LibreOffice keeps what was cached.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.data import inputs
from benchmarks.meter import PLAIN, Run, child, interleaved, middle, note, table

CHANGED = "sheetgen regrade, a week later and another threshold"
EDITED = "sheetgen regrade, another threshold"
SAME = "sheetgen regrade, nothing to do"
FAST_CHANGED = "sheetgen[fast] regrade, a week later and another threshold"
FAST_EDITED = "sheetgen[fast] regrade, another threshold"
FAST_SAME = "sheetgen[fast] regrade, nothing to do"
OPENPYXL = "openpyxl, load and save"
OFFICE = "LibreOffice, convert to xlsx"


def compare(customers: int, transactions: int, times: int) -> dict[str, Any]:
    """Medians by contestant, interleaved."""
    inputs(customers, transactions)
    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as name:
        place = Path(name)
        book, edited = place / "book.xlsx", place / "edited.xlsx"
        child("build", customers, transactions, book)
        day = child("threshold", book, edited).facts["as_of"]
        contestants = {
            SAME: partial(child, "regrade", book, place / "same.xlsx", env=PLAIN),
            EDITED: partial(child, "regrade", edited, place / "edited_out.xlsx", env=PLAIN),
            CHANGED: partial(child, "regrade", edited, place / "changed.xlsx", day, env=PLAIN),
            FAST_SAME: partial(child, "regrade", book, place / "same.xlsx"),
            FAST_EDITED: partial(child, "regrade", edited, place / "edited_out.xlsx"),
            FAST_CHANGED: partial(child, "regrade", edited, place / "changed.xlsx", day),
            OPENPYXL: partial(child, "resave", book, place / "openpyxl.xlsx"),
        }
        if shutil.which("soffice"):
            contestants[OFFICE] = partial(child, "converted", book, place / "office")
        runs = interleaved(contestants, times)
        size = book.stat().st_size / 1e6
    found = {who: middle(measured) for who, measured in runs.items()}
    if found[SAME].facts["changed"] or not all(found[who].facts["changed"] for who in (EDITED, CHANGED)):
        raise SystemExit("a book as built must stay as it is, and an edited one must not")
    return {"size": (customers, transactions), "mb": size, "runs": found, "times": times}


def ratios(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for the short table: how many times less than the others."""
    runs, (customers, transactions) = found["runs"], found["size"]
    size = f"regrade {customers:,} x {transactions:,}"
    lines = []
    for other, called in ((OPENPYXL, "openpyxl load and save"), (OFFICE, "LibreOffice convert")):
        if other in runs:
            for ours in (CHANGED, EDITED, SAME, FAST_CHANGED, FAST_EDITED, FAST_SAME):
                lines += _lines(f"{size}: {called} / {ours}", runs[other], runs[ours])
    return lines


def _lines(what: str, other: Run, ours: Run) -> list[tuple[str, str]]:
    return [
        (f"{what}, CPU", f"{other.cpu / ours.cpu:.1f}x"),
        ("… wall clock", f"{other.wall / ours.wall:.1f}x"),
        ("… peak memory", f"{other.peak / ours.peak:.2f}x"),
    ]


def report(found: dict[str, Any]) -> str:
    """The long table."""
    rows = [
        [who, f"{run.cpu:.1f}", f"{run.wall:.1f}", f"{run.peak:.0f}", f"{run.facts['mb']:.1f}"]
        for who, run in sorted(found["runs"].items(), key=lambda item: float(item[1].cpu))
    ]
    customers, transactions = found["size"]
    size = f"{customers:,} customers x {transactions:,} transactions"
    title = f"### Re-grading {size} (median of {found['times']})"
    moved = found["runs"][CHANGED].facts["moved"]
    return "\n\n".join(
        [
            title,
            f"The book has {found['mb']:.1f} MB; {moved:,} customers changed their tier.",
            table(("contestant", "CPU s", "wall s", "peak MB", "file MB"), rows),
        ]
    )


def threshold(book: str, edited: str) -> dict[str, Any]:
    """The book with its second threshold 10 % higher, and the day a week after its own."""
    from datetime import date

    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.opened import open_book
    from sheetgen.workbook.patch.apply import apply
    from sheetgen.workbook.patch.edits import Constant, Edits
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.patch.refs import area_of
    from sheetgen.workbook.regrade.grids import grid_of, number_of

    opened = open_book(Path(book), "", look_through)
    package = open_package(opened.data, look_through, book)
    refers = next(refers for name, _, refers in package.names if name == "p_tier_a")
    sheet, _, cell = refers.replace("$", "").rpartition("!")
    at = area_of(cell)
    assert at is not None
    was = number_of(grid_of(package, sheet).at(at.first_row, at.first_col)) or 0.0
    edits = Edits({sheet: {at.first_row: {at.first_col: Constant(was * 1.1)}}})
    Path(edited).write_bytes(apply(package, edits))
    return {"as_of": (date.fromisoformat(opened.state["as_of"]) + timedelta(days=7)).isoformat()}


def regrade(book: str, out: str, as_of: str = "") -> dict[str, Any]:
    """The product: a book in, the re-graded one out. All of the process counts, imports too."""
    from datetime import date

    from sheetgen.regrade import RegradeRequest
    from sheetgen.regrade import regrade as run

    found = run(RegradeRequest(Path(book), Path(out), as_of=date.fromisoformat(as_of) if as_of else None))
    return {"changed": found.changed, "moved": len(found.changes), "mb": Path(out).stat().st_size / 1e6}


def resave(book: str, out: str) -> dict[str, Any]:
    """Load and save with openpyxl."""
    import warnings

    import openpyxl

    warnings.simplefilter("ignore")
    openpyxl.load_workbook(book).save(out)
    return {"mb": Path(out).stat().st_size / 1e6}


def converted(book: str, folder: str) -> dict[str, Any]:
    """Convert with LibreOffice, in a profile of its own. Its memory is that of its largest process."""
    import resource
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "xlsx"]
        subprocess.run([*command, "--outdir", folder, book], check=True, capture_output=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"mb": (Path(folder) / Path(book).name).stat().st_size / 1e6, "peak": peak}


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:3]] or [20_000, 400_000]
    result = compare(sizes[0], sizes[1], 1)
    note("")
    print(report(result))
    print("\n" + table(("figure", "ratio"), ratios(result)))
