"""The proof that formulas followed what grew and nothing else changed: every other byte is the same, and
each formula differs in the ends of such ranges alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import Final

from sheetgen.workbook.patch.markup import element, plain, unescaped
from sheetgen.workbook.patch.package import Package
from sheetgen.workbook.patch.refs import Growth, area_of
from sheetgen.workbook.patch.semantic import MOST, Difference
from sheetgen.workbook.patch.sheetpart import sheet_of

_FORMULA: Final = element("f")
_CALLED: Final = re.compile(rb"<(?:[\w.-]+:)?calcPr\b[^>]*>")
_PIECE: Final = re.compile(
    r"""("(?:[^"]|"")*")|(?:('(?:[^']|'')*'|[^\W\d][\w.]*)!)?(\$?[A-Za-z]{1,3}\$?\d+:\$?[A-Za-z]{1,3}\$?)(\d+)"""
)
"""a text, or a range: its sheet, all but the number of its last row, and that"""


def misfollowed(before: Package, after: Package, growths: Sequence[Growth]) -> tuple[Difference, ...]:
    """Everything that is not as it was, but for formulas that reach further; at most ``MOST``."""
    return tuple(islice(_all(before, after, growths), MOST))


def _all(before: Package, after: Package, growths: Sequence[Growth]) -> Iterator[Difference]:
    sheets = {part.lower(): name for name, part in before.worksheets.items()}
    for part in before.members.keys() ^ after.members.keys():
        yield Difference(part, "", "lost" if part in before.members else "added")
    for part in before.members.keys() & after.members.keys():
        was, now = before.read(part), after.read(part)
        if was == now:
            continue
        if part in sheets:
            yield from _sheet(part, sheets[part], was, now, growths)
        elif part != before.workbook.lower() or _CALLED.sub(b"", plain(was)) != _CALLED.sub(b"", now):
            yield Difference(part, "", "content")


def _sheet(part: str, name: str, was: bytes, now: bytes, growths: Sequence[Growth]) -> Iterator[Difference]:
    a, b = sheet_of(name, was), sheet_of(name, now)
    if (a.xml[: a.start], a.xml[a.stop :]) != (b.xml[: b.start], b.xml[b.stop :]):
        yield Difference(part, "", "content")
    old, new = (_FORMULA.finditer(sheet.xml, sheet.start, sheet.stop) for sheet in (a, b))
    at, to = a.start, b.start
    for x, y in zip_longest(old, new):
        if x is None or y is None or a.xml[at : x.start(4)] != b.xml[to : y.start(4)]:
            yield Difference(part, "", "content")
            return
        if x[4] != y[4] and not longer(unescaped(x[4].decode()), unescaped(y[4].decode()), name, growths):
            yield Difference(part, f"formula {unescaped(x[4].decode())[:80]}", "formula")
        at, to = x.end(4), y.end(4)
    if a.xml[at : a.stop] != b.xml[to : b.stop]:
        yield Difference(part, "", "content")


def longer(was: str, now: str, sheet: str, growths: Sequence[Growth]) -> bool:
    """Whether two formulas on ``sheet`` differ only in where ranges end that grew."""
    old, new = list(_PIECE.finditer(was)), list(_PIECE.finditer(now))
    if len(old) != len(new) or _PIECE.sub("\0", was) != _PIECE.sub("\0", now):
        return False
    return all(x[0] == y[0] or _grew(x, y, sheet, growths) for x, y in zip(old, new, strict=True))


def _grew(x: re.Match[str], y: re.Match[str], sheet: str, growths: Sequence[Growth]) -> bool:
    if x[1] is not None or (x[2], x[3]) != (y[2], y[3]):
        return False
    named = (x[2] or sheet).removeprefix("'").removesuffix("'").replace("''", "'")
    area, end, rows = area_of(f"{x[3]}{x[4]}"), int(x[4]) - 1, int(y[4]) - int(x[4])
    return area is not None and any(
        g.sheet.casefold() == named.casefold() and end == g.area.last_row and rows == g.rows
        and area.first_col <= g.area.last_col and g.area.first_col <= area.last_col
        for g in growths
    )  # fmt: skip
