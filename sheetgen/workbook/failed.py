"""The workbook of the rows that were held back: a sheet a table, bad cells red, ready to be mended.

A sheet has our own columns (file, row, columns to mend, reason, how to mend), then the table's own under
their own headers, then the raw text of what fits no header, and the mark that ties a row to its record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Final

from sheetgen.i18n import messages, text
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Book, Cell, Page, Sheet
from sheetgen.workbook.features import cut
from sheetgen.workbook.limits import MAX_NAME
from sheetgen.workbook.style import text_width

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.model import SourceFile

MOST_ROWS: Final = 10_000
"""rows of a sheet: nobody mends more by hand"""
HEADER: Final = 2
LEFT: Final = ("file", "line", "columns", "reason", "mend")
RIGHT: Final = ("raw", "mark")
WIDTHS: Final = {"file": 22, "line": 10, "columns": 18, "reason": 30, "mend": 34, "raw": 50, "mark": 12}
OWN: Final = "body.id#FFFFFF/#1A1A1A"
BAD: Final = "bad.id#F6CFC9/#8C1D13"
OURS: Final = "body.wrap#F5F7F9/#4A4A4A"
GREY: Final = "key.id#F5F7F9/#8A8A8A"
_NOT_IN_A_NAME: Final = re.compile(r"[\[\]:*?/\\'\x00-\x1f]+")


@dataclass(frozen=True)
class FailedTable:
    """The held-back records of one table. ``cells``: raw text by column id, the table's own columns in order.

    ``headers``: column id -> header. Record i is of line ``line[i]``, was held back for ``code[i]``, has the
    text ``raw[i]`` where it fits no header. ``faults``: (i, column id) -> code of each bad cell.
    """

    source: SourceFile
    headers: Mapping[str, str]
    cells: pd.DataFrame
    line: Sequence[int]
    code: Sequence[str]
    raw: Sequence[str]
    mark: Sequence[str]
    faults: Mapping[tuple[int, str], str] = field(default_factory=dict)

    @property
    def shown(self) -> int:
        """How many of the records go on the sheet."""
        return min(len(self.line), MOST_ROWS)


def compose_failed(tables: Sequence[FailedTable], lang: Lang, created: date) -> Book:
    """The workbook of ``tables``."""
    taken: set[str] = {"history"}  # Excel keeps that name for itself
    sheets = tuple(_sheet(table, _name(table.source, taken), lang) for table in tables)
    title = text("failed_book", lang)
    return Book(sheets, {}, title=title, subject=title, created=created)


def reason_of(code: str, lang: Lang, column: str = "") -> str:
    """Why a row is held back, in a few words."""
    known = messages()
    if f"reason_{code}" in known:
        return text(f"reason_{code}", lang)
    return text(code, lang, column=column, value="…", count=1) if code in known else code


def mend_of(code: str, lang: Lang) -> str:
    """How to mend what ``code`` says, or nothing where its own text says it."""
    return text(f"mend_{code}", lang) if f"mend_{code}" in messages() else ""


def _name(source: SourceFile, taken: set[str]) -> str:
    stem = re.split(r"[\\/]", source.path)[-1].rsplit(".", 1)[0]
    plain = _NOT_IN_A_NAME.sub("_", f"{stem}-{source.sheet}" if source.sheet else stem).strip()
    name, again = cut(plain, MAX_NAME) or "_", 2
    while name.casefold() in taken:
        name = f"{cut(plain, MAX_NAME - 4)} {again}"
        again += 1
    taken.add(name.casefold())
    return name


def _sheet(table: FailedTable, name: str, lang: Lang) -> Sheet:
    own = list(table.headers)
    raw = any(table.raw)
    order = [*LEFT, *own, *(key for key in RIGHT if raw or key != "raw")]
    cells = _top(table, lang)
    for col, key in enumerate(order):
        header = table.headers.get(key) or text(f"helper_{key}", lang)
        cells[HEADER, col] = Cell(header, "header" if key in table.headers else "header_calc")
    label = table.source.label
    columns = {key: table.cells[key].tolist() for key in own}
    heights = {0: 28.0, 1: 20.0, HEADER: 32.0}
    first, again = len(LEFT), cache(lambda code, bad: _told(table.headers, code, dict(bad), lang))
    for i in range(table.shown):
        row, bad = HEADER + 1 + i, {key: table.faults[i, key] for key in own if (i, key) in table.faults}
        told = again(table.code[i], tuple(bad.items()))
        cells[row, 0], cells[row, 1] = Cell(label, OURS), Cell(table.line[i], OURS)
        for col, words in enumerate(told, 2):
            cells[row, col] = Cell(words, OURS)
        for col, key in enumerate(own, first):
            cells[row, col] = Cell(columns[key][i], BAD if key in bad else OWN)
        if raw:
            cells[row, first + len(own)] = Cell(table.raw[i], OURS)
        cells[row, len(order) - 1] = Cell(table.mark[i], GREY)
        heights[row] = _height(table.raw[i], *told)
    widths = {col: WIDTHS[key] if key in WIDTHS else _width(table, key) for col, key in enumerate(order)}
    return Sheet(
        name,
        name,
        cells,
        freeze=(HEADER + 1, 2),
        widths=widths,
        heights=heights,
        page=Page(landscape=True, repeat=(HEADER, HEADER)),
        tab_color="#8C1D13",
    )


def _top(table: FailedTable, lang: Lang) -> dict[tuple[int, int], Cell]:
    source, n = table.source, len(table.line)
    kind = data_tables()[source.kind].label.text(lang)
    title = text("failed_title", lang, file=source.label, kind=kind, n=f"{n:,}")
    hint = text("failed_hint", lang)
    if table.shown < n:
        hint = f"{text('failed_cut', lang, n=f'{n:,}', shown=f'{table.shown:,}')} {hint}"
    return {(0, 0): Cell(title, "title"), (1, 0): Cell(hint, "hint")}


def _told(headers: Mapping[str, str], code: str, bad: Mapping[str, str], lang: Lang) -> tuple[str, str, str]:
    """Columns to mend, reason and how to mend of a record held back for ``code``, with ``bad`` cells."""
    separator = "、" if lang == "zh" else ", "
    codes = dict.fromkeys([*bad.values(), code])
    reasons = [
        f"{c} {reason_of(c, lang, separator.join(headers[key] for key in bad if bad[key] == c))}"
        for c in codes
    ]
    mends = filter(None, dict.fromkeys(mend_of(c, lang) for c in codes))
    return separator.join(headers[key] for key in bad), "\n".join(reasons), "\n".join(mends)


def _height(raw: str, *told: str) -> float:
    """Of a row: as many lines as the longest of its wrapped texts takes."""
    lines = [
        sum(ceil((text_width(line) + 2) / WIDTHS[key]) for line in words.split("\n"))
        for key, words in zip(("raw", "columns", "reason", "mend"), (raw, *told), strict=True)
    ]
    return 16.0 * min(max(lines), 12) + 2


def _width(table: FailedTable, key: str) -> float:
    longest = max((text_width(cell) for cell in table.cells[key].head(200).tolist()), default=0)
    return min(max(longest, text_width(table.headers[key]), 8) + 3, 36)
