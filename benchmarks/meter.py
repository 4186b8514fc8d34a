"""How a contestant is measured: a process of its own, wall clock, CPU seconds, and the memory at its peak."""

from __future__ import annotations

import json
import math
import os
import pickle
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "pandas",
    "numpy",
    "xlsxwriter",
    "duckdb",
    "narwhals",
    "pyarrow",
    "openpyxl",
    "polars",
    "pyexcelerate",
    "isal",
)
PLAIN = {"SHEETGEN_DEFLATE": "zlib"}
"""for a contestant of ours: the standard library alone, though isal be installed"""
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """Seconds of wall clock and of CPU (user and system, children included), peak resident memory in MB."""

    wall: float
    cpu: float
    peak: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


def child(job: str, *arguments: object, env: dict[str, str] | None = None) -> Run:
    """Run a job of jobs.py in a fresh Python and return what it measured of itself.

    A job that times only a part of itself says so with ``timed``; else the whole process counts.
    """
    command = [sys.executable, "-m", "benchmarks.jobs", job, *map(str, arguments)]
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{job} {arguments} ended with {process.returncode}")
    facts = json.loads(said.splitlines()[-1])
    peak = facts.pop("peak")
    if timed := facts.pop("timed", None):
        return Run(timed[0], timed[1], peak, facts)
    return Run(wall, usage.ru_utime + usage.ru_stime, peak, facts)


def interleaved(contestants: Mapping[str, Callable[[], Run]], times: int) -> dict[str, list[Run]]:
    """All contestants in turn, ``times`` times, so that a busy machine is busy for each of them."""
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    for turn in range(times):
        for name, contestant in contestants.items():
            run = contestant()
            runs[name].append(run)
            note(f"{turn + 1}/{times} {name}: {run.wall:.2f} s, CPU {run.cpu:.2f} s, {run.peak:.0f} MB")
    return runs


def middle(runs: Sequence[Run]) -> Run:
    """The median of each figure; the facts of the run with the median CPU time."""
    ranked = sorted(runs, key=lambda run: run.cpu)
    facts = ranked[(len(ranked) - 1) // 2].facts
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        statistics.median(run.peak for run in runs),
        facts,
    )


def loaded(pickled: str) -> Any:
    """What a job pickled for others."""
    with Path(pickled).open("rb") as file:
        return pickle.load(file)


def own_cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    import resource

    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total


def own_peak() -> float:
    """The peak resident memory of this process in MB. (ru_maxrss would count the parent's memory too.)"""
    return _kilobytes(Path("/proc/self/status"), "VmHWM") / 1024


def own_memory() -> float:
    """The resident memory of this process now, in MB."""
    return _kilobytes(Path("/proc/self/status"), "VmRSS") / 1024


def group_cpu(pgid: int) -> float:
    """CPU seconds that the living processes of a process group have used, with the children they reaped."""
    return sum(sum(map(int, fields[11:15])) for _, fields in _group(pgid)) / TICK


def group_peak(pgid: int) -> float:
    """The peak resident memory of the largest process of a group, in MB."""
    return max((_kilobytes(path / "status", "VmHWM") for path, _ in _group(pgid)), default=0) / 1024


def _group(pgid: int) -> Iterator[tuple[Path, list[str]]]:
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == pgid:
            yield path, fields


def _kilobytes(status: Path, key: str) -> int:
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(key)), 0)


@contextmanager
def timed(facts: dict[str, Any]) -> Iterator[None]:
    """Put wall and CPU seconds of the block into ``facts`` as ``timed``."""
    wall, cpu = time.perf_counter(), own_cpu()
    yield
    facts["timed"] = [time.perf_counter() - wall, own_cpu() - cpu]


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of a straight line through the logarithms: 1 is linear, 2 is quadratic."""
    x, y = [math.log(v) for v in sizes], [math.log(max(v, 1e-3)) for v in costs]
    mx, my = statistics.fmean(x), statistics.fmean(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


def note(line: str) -> None:
    """Progress, on the error stream."""
    print(line, file=sys.stderr, flush=True)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def where() -> str:
    """The machine's kind and the versions, one line each."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    machine = f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}"
    return f"{machine}\n{', '.join([*found, *_office()])}"


def _office() -> list[str]:
    """The version of LibreOffice, if there is one."""
    if not (program := shutil.which("soffice")):
        return []
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return [" ".join(done.stdout.split()[:2])]


def commit() -> str:
    """The checkout's commit, with ``+`` when files differ from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    return (git("rev-parse", "--short", "HEAD") or "?") + (
        "+" if git("status", "--porcelain", "sheetgen") else ""
    )
