"""What is kept of a file is bounded by what its columns say, not by how many bytes they take to say it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sheetgen.ingest.sources import read_inputs

ROWS = 40_000
MORE = 12
PEAK = """
import sys, tracemalloc
import pyarrow as pa
from sheetgen.ingest import blocks, stream
from sheetgen.ingest.clean import clean
from sheetgen.ingest.sources import read_inputs
stream.LARGE, stream.SIZE, blocks.SIZE = 1, 1 << 15, 1 << 15
tracemalloc.start()
found = clean(read_inputs(sys.argv[1:], {}))
pools = {pool.backend_name: pool.max_memory() for pool in (pa.default_memory_pool(), pa.system_memory_pool())}
print(len(found.tables["transactions"]), tracemalloc.get_traced_memory()[1] + sum(pools.values()))
"""
"""as much as was asked for at once, in small blocks: what the allocator makes of it is its own affair"""


def write(path: Path, rows: int, further: Sequence[str]) -> Path:
    """Sales with four columns that count, and ``further`` ones that no field claims and that repeat."""
    lines = [",".join(("客户编号,日期,金额,订单号", *further))]
    for i in range(rows):
        own = f"C{i % 9_001:06d},2024-{i % 12 + 1:02d}-{i % 28 + 1:02d},{i % 90_000 + 1}.50,XS{i:012d}"
        lines.append(
            ",".join((own, *(f"{name}之{(i + k) % (3 * k + 1)}号" for k, name in enumerate(further))))
        )
    path.write_text("\n".join(lines), "utf-8")
    return path


def peak(path: Path) -> int:
    """The memory in bytes that a process needs at most to read and clean the file."""
    done = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True)
    rows, found = map(int, done.stdout.split())
    assert rows == ROWS
    return found


HEADERS = [f"仓库{i}" for i in range(MORE)]


def test_further_columns_that_repeat_cost_little_memory(tmp_path: Path) -> None:
    """A cell is fifteen bytes of the file: held as text, it would take 23 and more."""
    narrow, wide = write(tmp_path / "narrow.csv", ROWS, []), write(tmp_path / "wide.csv", ROWS, HEADERS)
    per_cell = (wide.stat().st_size - narrow.stat().st_size) / ROWS / MORE
    assert per_cell > 14
    assert (peak(wide) - peak(narrow)) / ROWS / MORE < 14


def test_what_is_kept_of_them_is_a_byte_a_cell(tmp_path: Path) -> None:
    rows = 5_000
    table = read_inputs([str(write(tmp_path / "wide.csv", rows, HEADERS))], {}).tables[0]
    size = table.frame.memory_usage(deep=True, index=False)
    kept = size[[f"x:{header}" for header in HEADERS]]
    assert kept.max() < 2 * rows
    assert kept.sum() + size["date"] < 1.5 * (MORE + 1) * rows
    assert size["order_id"] > 14 * rows
