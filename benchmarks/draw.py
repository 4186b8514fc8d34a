"""How the cost grows, as a picture: docs/growth.png, from the points of the last full runs (points.txt)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.meter import ROOT, commit, exponent, note

POINTS = Path(__file__).with_name("points.txt")
PICTURE = ROOT / "docs" / "growth.png"
HEAD = "part\tcontestant\tcustomers\tCPU s\tpeak MB\tcommit"
COLOURS = ("#1f5f99", "#c8641c", "#8a8a8a")


@dataclass(frozen=True)
class Point:
    """What one contestant needed at one number of customers. ``part``: build or recalculation."""

    part: str
    contestant: str
    customers: int
    cpu: float
    peak: float


def note_points(found: Sequence[Point]) -> None:
    """Put ``found`` in place of its parts' points in points.txt."""
    parts = {point.part for point in found}
    lines = POINTS.read_text("utf-8").splitlines()[1:] if POINTS.exists() else []
    kept = [line for line in lines if line.split("\t")[0] not in parts]
    now = commit()
    kept += [f"{p.part}\t{p.contestant}\t{p.customers}\t{p.cpu:.2f}\t{p.peak:.0f}\t{now}" for p in found]
    POINTS.write_text("\n".join([HEAD, *sorted(kept, key=_order)]) + "\n", "utf-8")


def _order(line: str) -> tuple[str, str, int]:
    part, contestant, customers = line.split("\t")[:3]
    return part, contestant, int(customers)


def read_points() -> list[Point]:
    """The points of points.txt."""
    lines = [line.split("\t") for line in POINTS.read_text("utf-8").splitlines()[1:]]
    return [Point(part, who, int(n), float(cpu), float(peak)) for part, who, n, cpu, peak, _ in lines]


def draw() -> None:
    """Draw points.txt; a note when Matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        note("no picture: matplotlib is not installed (pip install -e '.[bench]')")
        return
    points = read_points()
    figure = Figure(figsize=(10, 4.6), dpi=110, layout="constrained")
    sides = figure.subplots(1, 2)
    titles = {
        "build": "sheetgen build: CSV in, finished live book out",
        "recalculation": "LibreOffice recalculates the book",
    }
    for axes, (part, title) in zip(sides, titles.items(), strict=True):
        shown = [point for point in points if point.part == part]
        if not shown:
            continue
        for colour, who in zip(COLOURS, sorted({p.contestant for p in shown}, key=_ours_first), strict=False):
            mine = [p for p in shown if p.contestant == who]
            sizes, cpu = [p.customers for p in mine], [p.cpu for p in mine]
            label = who if part == "build" else f"{who} (exponent {exponent(sizes, cpu):.2f})"
            axes.plot(sizes, cpu, marker="o", color=colour, label=label)
        scale = "linear" if part == "build" else "log"  # a straight line is linear in both
        axes.set(xscale=scale, yscale=scale, title=title, xlabel="customers", ylabel="CPU seconds")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:,g}")
        if scale == "linear":
            axes.set(xlim=0, ylim=0)
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.14))
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    figure.savefig(PICTURE, metadata={"Software": "sheetgen benchmarks"})
    note(f"drawn: {PICTURE.relative_to(ROOT)}")


def _ours_first(who: str) -> tuple[bool, str]:
    return not who.startswith("sheetgen"), who


if __name__ == "__main__":
    draw()
