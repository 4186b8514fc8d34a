"""Text to records with the csv module: previews, and the lines of a block that are no plain records."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sheetgen.ingest.lines import Lines

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DELIMITERS: Final = (",", "\t", ";", "|", "，", " ")
"""`` `` stands for runs of blanks"""
PREVIEW: Final = 100
LONGEST_RECORD: Final = 16 * 1024**2
"""bytes after which a quote counts as never closed"""


@dataclass
class Careful:
    """What the careful way found in a block: (first line, line after the last, cells) of each record.

    ``unclosed``: the lines with a quote that is never closed. ``stop``: the line where the first record
    starts that needs the next block.
    """

    stop: int
    rows: list[tuple[int, int, list[str]]] = field(default_factory=list)
    unclosed: list[int] = field(default_factory=list)


def physical_lines(text: str) -> list[str]:
    """The lines of ``text`` with their ends; LF, CRLF and CR all end one."""
    return list(io.StringIO(text, newline=""))


def preview(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The first records, split by ``delimiter``, for the search of the header."""
    head = lines[:PREVIEW]
    if delimiter == " ":
        return [line.split() for line in head]
    with long_fields():
        return list(csv.reader(head, delimiter=delimiter))


def split_line(line: str, delimiter: str) -> list[str]:
    """The cells of a record that is one line."""
    with long_fields():
        return next(csv.reader([line], delimiter=delimiter), [])


def careful(lines: Lines, odd: npt.NDArray[np.bool_], delimiter: str, width: int, last: bool) -> Careful:
    """The records that start on an odd line, and what they swallow.

    A quote that is never closed costs its own line only: reading resumes on the next one. ``last``: no block
    follows.
    """
    import numpy as np

    found = Careful(len(lines))
    if delimiter == " ":
        found.rows = [(i, i + 1, lines.text(i).split()) for i in np.flatnonzero(odd).tolist()]
        return found
    start = 0
    with long_fields():
        for at in np.flatnonzero(odd).tolist():
            if at < start:
                continue
            start = at
            while start < found.stop and odd[start]:
                start = _read_on(lines, odd, start, delimiter, width, last, found)
            if found.stop < len(lines):
                break
    return found


def _read_on(
    lines: Lines, odd: npt.NDArray[np.bool_], at: int, delimiter: str, width: int, last: bool, found: Careful
) -> int:
    """Read records from line ``at`` until one ends before a line that is not odd; the line to go on with."""
    feed = _Feed(lines, at)
    start = at
    for row in csv.reader(feed, delimiter=delimiter):
        end = feed.at
        if feed.ran_out and not last and lines.ends[-1] - lines.starts[start] < LONGEST_RECORD:
            found.stop = start
            return start
        if end - start > 1 and _runs_on([lines.text(i) for i in range(start, end)], row, delimiter, width):
            found.unclosed.append(start)
            return start + 1
        found.rows.append((start, end, row))
        start = end
        if start >= len(lines) or not odd[start]:
            break
    return start


@dataclass
class _Feed:
    """The lines of a block from one on; says when a reader wanted more."""

    lines: Lines
    at: int
    ran_out: bool = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            self.ran_out = True
            raise StopIteration
        self.at += 1
        return self.lines.text(self.at - 1)


def consistent(rows: Sequence[Sequence[str]]) -> bool:
    """True when the rows look like a table: two columns at least, and nearly always as many."""
    widths = [len(row) for row in rows if any(row)]
    most = max(set(widths), key=widths.count, default=0)
    return most >= 2 and widths.count(most) >= 0.8 * len(widths)


def _runs_on(lines: Sequence[str], row: Sequence[str], delimiter: str, width: int) -> bool:
    # a field may well hold line feeds; a stray quote swallows whole records instead
    if len(row) != width:
        return True
    full = [line.count(delimiter) >= width - 1 for line in lines]
    return width > 2 and full[0] and any(full[1:])


@contextmanager
def long_fields() -> Iterator[None]:
    """The csv module without its limit of 128 KB a field: what is too long is judged elsewhere."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)
