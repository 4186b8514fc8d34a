"""How time and memory of a build grow with the number of customers, 10 transactions each.

``python -m benchmarks.growth``. A second exponent leaves out the fixed cost (starting Python, loading
libraries): where the straight line through the two smallest sizes meets zero. 100,000 customers have
1,000,000 transactions, about as many as one sheet of Excel holds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.data import inputs
from benchmarks.draw import Point
from benchmarks.meter import PLAIN, child, exponent, interleaved, middle, table

SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
EACH = 10


def compare(sizes: Sequence[int], times: int) -> dict[str, Any]:
    """Medians by number of customers, interleaved."""
    for size in sizes:
        inputs(size, EACH * size)
    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as name:
        out = Path(name) / "out.xlsx"
        builds = {str(n): partial(child, "build", n, EACH * n, out, env=PLAIN) for n in sizes}
        runs = interleaved(builds, times)
    return {"runs": {int(size): middle(measured) for size, measured in runs.items()}, "times": times}


def ratios(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for the short table."""
    raw, net, memory = _exponents(found)
    small, large = min(found["runs"]), max(found["runs"])
    span = f"{small:,} to {large:,} customers"
    # two small sizes and one run say nothing about the fixed cost
    more = [("… without the fixed cost of starting", f"{net:.2f}")] if len(found["runs"]) > 3 else []
    return [
        (f"growth exponent of the build's CPU time, {span}", f"{raw:.2f}"),
        *more,
        ("growth exponent of its peak memory", f"{memory:.2f}"),
    ]


def points(found: dict[str, Any]) -> list[Point]:
    """What the drawing shows."""
    runs = found["runs"].items()
    return [Point("build", "sheetgen build", n, run.cpu, run.peak) for n, run in sorted(runs)]


def _exponents(found: dict[str, Any]) -> tuple[float, float, float]:
    runs = found["runs"]
    sizes = sorted(runs)
    cpu = [runs[n].cpu for n in sizes]
    slope = (cpu[1] - cpu[0]) / (sizes[1] - sizes[0])
    fixed = max(0.0, cpu[0] - slope * sizes[0])
    memory = exponent(sizes, [runs[n].peak for n in sizes])
    return exponent(sizes, cpu), exponent(sizes, [c - fixed for c in cpu]), memory


def report(found: dict[str, Any]) -> str:
    """The long table."""
    rows = []
    steps = ("start", "read", "clean", "measure", "grade", "compose", "write")
    for size, run in sorted(found["runs"].items()):
        stages = [f"{run.facts['stages'][step][1]:.1f}" for step in steps]
        line = [f"{size:,}", f"{EACH * size:,}", f"{run.cpu:.1f}", f"{run.wall:.1f}", f"{run.peak:.0f}"]
        rows.append([*line, f"{run.facts['mb']:.1f}", *stages])
    raw, net, memory = _exponents(found)
    head = (
        "customers",
        "transactions",
        "CPU s",
        "wall s",
        "peak MB",
        "file MB",
        *(f"{s}, CPU s" for s in steps),
    )
    title = f"### Growth of the build (median of {found['times']})"
    grown = f"Exponents: CPU {raw:.2f} ({net:.2f} without the fixed cost), memory {memory:.2f}."
    return "\n\n".join([title, table(head, rows), grown])


if __name__ == "__main__":
    result = compare(SIZES, 1)
    print(report(result))
    print("\n" + table(("figure", "value"), ratios(result)))
