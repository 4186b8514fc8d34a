"""Text to records: what divides the fields, where each record starts, and which ones do not fit."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

DELIMITERS: Final = (",", "\t", ";", "|", "，", " ")
"""`` `` stands for runs of blanks"""
LONGEST_LINE: Final = 100_000
PREVIEW: Final = 100


@dataclass(frozen=True)
class Records:
    """``rows`` of cells, the physical line each starts at, and (line, code, raw text) of what is none."""

    rows: list[list[str]]
    lines: list[int]
    malformed: list[tuple[int, str, str]]


def physical_lines(text: str) -> list[str]:
    """The lines of ``text`` with their ends; LF, CRLF and CR all end one."""
    return list(io.StringIO(text, newline=""))


def preview(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The first records, split by ``delimiter``, for the search of the header."""
    head = lines[:PREVIEW]
    if delimiter == " ":
        return [line.split() for line in head]
    with _long_fields():
        return list(csv.reader(head, delimiter=delimiter))


def split(lines: list[str], delimiter: str, width: int) -> Records:
    """All records. A quote that is never closed costs its own line only: reading resumes on the next one."""
    if delimiter == " ":
        return Records([line.split() for line in lines], list(range(1, len(lines) + 1)), [])
    rows: list[list[str]] = []
    starts: list[int] = []
    malformed: list[tuple[int, str, str]] = []
    start = 0
    with _long_fields():
        while start < len(lines):
            broken = False
            base, reader = start, csv.reader(_from(lines, start), delimiter=delimiter)
            for row in reader:
                end = base + reader.line_num
                if end - start > 1 and _runs_on(lines[start:end], row, delimiter, width):
                    malformed.append((start + 1, "SG206", lines[start].rstrip("\r\n")))
                    start, broken = start + 1, True
                    break
                rows.append(row)
                starts.append(start + 1)
                start = end
            if not broken:
                break
    return Records(rows, starts, malformed)


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


def _from(lines: list[str], start: int) -> Iterator[str]:
    it = iter(lines)
    it.__setstate__(start)  # type: ignore[attr-defined]  # a list iterator that starts anywhere at no cost
    return it


@contextmanager
def _long_fields() -> Iterator[None]:
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)
