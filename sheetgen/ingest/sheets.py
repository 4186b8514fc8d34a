"""Worksheets as columns of text: read by calamine in the reader process, kept as Arrow columns here."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest import wire
from sheetgen.ingest.wire import Answers, Refused

if TYPE_CHECKING:
    import pyarrow as pa

Span = tuple[int, int, int, int]
"""first row, first column, last row, last column, from 0"""
_SERIALS_AGREE: Final = date(1900, 3, 1)
_ZERO: Final = date(1899, 12, 31)
_OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_MOST_MERGED: Final = 500_000


@dataclass(frozen=True)
class Sheet:
    """One worksheet from A1 on. ``columns``: equally long columns of text; rows count from 0.

    ``merged``: regions of which only the first cell holds a value. ``hidden_rows``: rows nobody sees.
    """

    name: str
    hidden: bool
    columns: tuple[pa.ChunkedArray, ...]
    merged: tuple[Span, ...] = ()
    hidden_rows: tuple[int, ...] = ()

    @property
    def height(self) -> int:
        """Rows down to the last one that holds something."""
        return len(self.columns[0]) if self.columns else 0

    def head(self, rows: int) -> list[list[str]]:
        """The first rows."""
        return self.take(slice(0, rows))

    def take(self, rows: slice | Sequence[int]) -> list[list[str]]:
        """Some rows, as lists of cells."""
        if isinstance(rows, slice):
            columns = [c.slice(rows.start, rows.stop - rows.start).to_pylist() for c in self.columns]
        else:
            columns = [c.take(rows).to_pylist() for c in self.columns]
        return [list(row) for row in zip(*columns, strict=True)]


def workbook_cells(data: bytearray) -> Answers:
    """All worksheets of a workbook, in the reader process: a head each, then its cells in messages."""
    import python_calamine as calamine

    try:
        book = calamine.load_workbook(io.BytesIO(data))
    except calamine.PasswordError:
        raise Refused("password") from None
    except calamine.CalamineError as error:
        raise Refused("unsupported" if data.startswith(_OLE) else "damaged", str(error)) from None
    with book:
        for meta in book.sheets_metadata:
            if meta.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(meta.name)
            merged = (sheet.merged_cell_ranges or [])[:_MOST_MERGED]
            yield (
                {
                    "sheet": meta.name,
                    "hidden": meta.visible != calamine.SheetVisibleEnum.Visible,
                    "merged": [(*first, *last) for first, last in merged],
                },
                [],
            )
            margin = sheet.start[1] if sheet.start else 0
            yield from cells_of(sheet.iter_rows(), margin)


def cells_of(rows: Iterable[Sequence[Any]], margin: int = 0) -> Answers:
    """Rows of values as messages of text columns; ``margin`` empty columns stand before them."""
    source = iter(rows)
    while block := list(islice(source, wire.ROWS)):
        blank = wire.packed([""] * len(block))
        buffers = [buffer for _ in range(margin) for buffer in blank]
        for column in zip(*block, strict=True):
            buffers += wire.packed(texts(column))
        yield {"rows": len(block)}, buffers


def sheets_of(messages: Iterable[wire.Message]) -> list[Sheet]:
    """The worksheets that ``workbook_cells`` has told."""
    import pyarrow as pa

    heads: list[dict[str, Any]] = []
    blocks: list[list[list[Any]]] = []
    for head, buffers in messages:
        if "sheet" in head:
            heads.append(head)
            blocks.append([])
        else:
            pairs = zip(buffers[::2], buffers[1::2], strict=True)
            blocks[-1].append([wire.unpacked(offsets, text) for offsets, text in pairs])
    return [
        Sheet(
            str(head["sheet"]),
            bool(head["hidden"]),
            tuple(pa.chunked_array(chunks, pa.large_utf8()) for chunks in zip(*found, strict=True)),
            tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in head["merged"]),
        )
        for head, found in zip(heads, blocks, strict=True)
    ]


def texts(column: Sequence[Any]) -> Sequence[str]:
    """A column of cells as text."""
    kinds = set(map(type, column))
    if kinds == {str}:
        return column
    if kinds == {float}:
        return list(map(number_text, column))
    return [c if type(c) is str else _TEXT.get(type(c), cell_text)(c) for c in column]


def cell_text(value: object) -> str:
    """A cell as its text: numbers plain, dates ISO, what has lost digits with an exponent."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, date):
        return _date_text(value)
    return str(value)


def _date_text(value: date) -> str:
    if isinstance(value, datetime):
        if value.date() < _SERIALS_AGREE:
            return f"serial {(value - datetime.combine(_ZERO, time())).total_seconds() / 86400:.9g}"
        if value.time() != time():
            return value.isoformat(sep=" ", timespec="seconds")
        return value.date().isoformat()
    # before March 1900 spreadsheets disagree on the day, and such a cell is rarely meant as a date
    return value.isoformat() if value >= _SERIALS_AGREE else f"serial {(value - _ZERO).days}"


def number_text(value: float) -> str:
    """``12.0`` -> ``12``, ``0.1 + 0.2`` -> ``0.3``. From 16 digits on Excel has lost some: E notation."""
    text = repr(value)
    if len(text) <= 16 and "e" not in text and "n" not in text:
        return text[:-2] if text.endswith(".0") else text
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if abs(value) >= 1e15:
        return f"{value:.14E}"
    return format(Decimal(f"{value:.15g}"), "f")


_TEXT: Final[dict[type, Callable[[Any], str]]] = {float: number_text, int: str, date: _date_text}
