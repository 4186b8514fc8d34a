"""LibreOffice's hard recalculation of our book, against SUMIFS over the whole history, and how both grow.

``python -m benchmarks.recalc``. Before anything is timed it is proved that the formulas compute: the cached
values of a book are made wrong, LibreOffice recalculates, and every cell must be what the program wrote;
and the SUMIFS book must come to the same metrics, scores and tiers as ours.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.data import inputs
from benchmarks.draw import Point
from benchmarks.meter import Run, child, exponent, group_cpu, group_peak, middle, note, table
from tests.office.find import missing
from tests.office.office import Office, OfficeError
from tests.office.poison import poison
from tests.office.values import CellError, Value

OURS, ALL, SUMS = "sheetgen", "SUMIFS, all metrics", "SUMIFS, without the two distinct counts"
CHECKED = ("价值评分", "客户级别", "总览", "客户信息")
TIMEOUT = 1800
LONG = 20
"""seconds after which a recalculation is not repeated"""


def compare(ours: Sequence[int], naive: Sequence[int], check: int, times: int) -> dict[str, Any]:
    """Runs by contestant and number of customers (20 transactions each)."""
    if reason := missing():
        raise SystemExit(f"LibreOffice: {reason}")
    found: dict[str, Any] = {"load": {}, OURS: {}, ALL: {}, SUMS: {}}
    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as name:
        place = Path(name)
        found["checks"] = [*_proved(_book(place, check)), *_agreed(place, min(naive))]
        for size in sorted({*ours, *naive}):
            contestants = [OURS] if size in ours else []
            contestants += [ALL, SUMS] if size in naive else []
            for contestant in contestants:
                book = _book(place, size, contestant)
                load, calc = _timed(book, times)
                found[contestant][size] = calc
                if contestant == OURS:
                    found["load"][size] = load
                note(f"{contestant} {size}: load {load.cpu:.2f} s CPU, recalculation {calc.cpu:.2f} s CPU")
                book.unlink()
    return found


def _book(place: Path, size: int, contestant: str = OURS) -> Path:
    inputs(size, 20 * size)
    book = place / f"{contestant}-{size}.xlsx"
    if contestant == OURS:
        child("build", size, 20 * size, book)
    else:
        child("sumifs", size, 20 * size, book, "distinct" if contestant == ALL else "sums")
    return book


def _timed(book: Path, times: int) -> tuple[Run, Run]:
    """Load, and the median of ``times`` hard recalculations, in a LibreOffice of its own."""
    with Office(timeout=TIMEOUT) as office:
        office.open(_tiny(book.parent))
        cpu, wall = group_cpu(office.pid), time.perf_counter()
        office.open(book)
        load = Run(time.perf_counter() - wall, group_cpu(office.pid) - cpu, group_peak(office.pid))
        runs: list[Run] = []
        while len(runs) < times and (not runs or runs[0].wall < LONG):
            cpu = group_cpu(office.pid)
            seconds = office.recalc()
            runs.append(Run(seconds, group_cpu(office.pid) - cpu, group_peak(office.pid)))
    return load, middle(runs)


def _tiny(place: Path) -> Path:
    """A book with one cell: LibreOffice has started and has loaded its filter when ours comes."""
    import xlsxwriter

    path = place / "tiny.xlsx"
    if not path.exists():
        workbook = xlsxwriter.Workbook(path)
        workbook.add_worksheet().write(0, 0, 1)
        workbook.close()
    return path


def _proved(book: Path) -> list[str]:
    """Poison, recalculate, compare with the cached values of the file as built. Raises SystemExit."""
    wrong = book.with_suffix(".poisoned.xlsx")
    cells = poison(book, wrong)
    with Office(timeout=TIMEOUT) as office:
        office.open(book)
        cached = {sheet: office.read(sheet, bools=False) for sheet in CHECKED}
        office.open(wrong)
        poisoned = {sheet: office.read(sheet, bools=False) for sheet in CHECKED}
        office.recalc()
        live = {sheet: office.read(sheet, bools=False) for sheet in CHECKED}
    total, bad, spoilt = 0, 0, 0
    for sheet in CHECKED:
        pairs = list(zip(_flat(cached[sheet]), _flat(live[sheet]), strict=True))
        spoilt += sum(
            not same(a, b) for a, b in zip(_flat(cached[sheet]), _flat(poisoned[sheet]), strict=True)
        )
        total, bad = total + len(pairs), bad + sum(not same(a, b) for a, b in pairs)
    if bad or not spoilt:
        raise SystemExit(f"{bad} of {total} cells differ after a recalculation ({spoilt} were poisoned)")
    return [
        f"{cells:,} formula cells poisoned ({spoilt:,} cells wrong on {len(CHECKED)} sheets), recalculated: "
        f"all {total:,} cells of those sheets equal the cached values"
    ]


def _agreed(place: Path, size: int) -> list[str]:
    """The SUMIFS books, recalculated, show what ours shows. Raises SystemExit."""
    seen: dict[str, list[Value]] = {}
    shape = ("价值评分", "客户级别")
    for contestant in (OURS, ALL, SUMS):
        book = _book(place, size, contestant)
        wrong = book.with_suffix(".poisoned.xlsx")
        poison(book, wrong)
        with Office(timeout=TIMEOUT) as office:
            office.open(wrong)
            office.recalc()
            seen[contestant] = [v for sheet in shape for v in _flat(office.read(sheet, bools=False))]
    for contestant in (ALL, SUMS):
        pairs = list(zip(seen[OURS], seen[contestant], strict=True))
        if bad := sum(not same(a, b) for a, b in pairs):
            raise SystemExit(f"{contestant} differs from {OURS} in {bad} of {len(pairs)} cells at {size}")
    cells = f"all {len(pairs):,} cells of {'、'.join(shape)}"
    return [f"at {size:,} customers both SUMIFS books agree with ours in {cells}"]


def _flat(rows: list[list[Value]]) -> list[Value]:
    return [value for row in rows for value in row]


def same(a: Value, b: Value) -> bool:
    """Equal texts, or numbers equal to 12 digits. Empty text is no text; an error equals nothing."""
    if isinstance(a, CellError) or isinstance(b, CellError):
        return False
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-9)
    return (a or "") == (b or "")


def _growth(runs: dict[int, Run], field: str = "cpu") -> float:
    return exponent(list(runs), [float(getattr(run, field)) for run in runs.values()])


def ratios(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for the short table."""
    lines = []
    for name in (ALL, SUMS):
        shared = [size for size in found[name] if size in found[OURS]]
        for size in shared[-1:]:
            factor = found[name][size].cpu / found[OURS][size].cpu
            lines.append((f"recalculation, {size:,} customers: {name} / sheetgen, CPU", f"{factor:.0f}x"))
        if len(found[name]) < 4:  # too few points to extrapolate
            continue
        largest, last = max(found[OURS]), max(found[name])
        power = _growth(found[name])
        grown = found[name][last].cpu * (largest / last) ** power / found[OURS][largest].cpu
        lines.append((f"… at {largest:,}, extrapolated (exponent {power:.2f})", f"~{grown:.0f}x"))
    largest = max(found[OURS])
    ours, load = found[OURS][largest], found["load"][largest]
    what = f"recalculation / load in LibreOffice, {largest:,} customers"
    lines += [(f"{what}, CPU", f"{ours.cpu / load.cpu:.2f}x"), ("… wall", f"{ours.wall / load.wall:.2f}x")]
    lines.append(("growth exponent of the recalculation, sheetgen", f"{_growth(found[OURS]):.2f}"))
    for name in (ALL, SUMS):
        lines.append((f"growth exponent of the recalculation, {name}", f"{_growth(found[name]):.2f}"))
    return lines


def points(found: dict[str, Any]) -> list[Point]:
    """What the drawing shows."""
    return [
        Point("recalculation", name, size, run.cpu, run.peak)
        for name in (OURS, SUMS, ALL)
        for size, run in sorted(found[name].items())
    ]


def report(found: dict[str, Any]) -> str:
    """The long tables."""
    rows = []
    for size in sorted({*found[OURS], *found[ALL]}):
        row = [f"{size:,}", f"{20 * size:,}"]
        for name in (OURS, SUMS, ALL):
            run = found[name].get(size)
            row.append(f"{run.cpu:.2f} ({run.wall:.2f})" if run else "")
        load = found["load"].get(size)
        row += [f"{load.cpu:.1f} ({load.wall:.1f})", f"{load.peak:.0f}"] if load else ["", ""]
        rows.append(row)
    grown = ["growth exponent", "", *(f"{_growth(found[name]):.2f}" for name in (OURS, SUMS, ALL))]
    rows.append([*grown, f"{_growth(found['load']):.2f}", ""])
    head = ("customers", "transactions", OURS, SUMS, ALL, "load, sheetgen", "peak MB after load")
    title = "### LibreOffice: hard recalculation and load, CPU s (wall s)"
    return "\n\n".join([title, table(head, rows), *(f"Proved first: {line}." for line in found["checks"])])


if __name__ == "__main__":
    try:
        result = compare((250, 500, 1_000, 2_000, 5_000, 10_000, 20_000), (250, 500, 1_000, 2_000), 1_000, 3)
    except OfficeError as error:
        raise SystemExit(str(error)) from error
    print(report(result))
    print("\n" + table(("figure", "ratio"), ratios(result)))
