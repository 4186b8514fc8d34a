"""From rows of cells below a header to a table: what is only structure, and records that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.coded import compact
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.opening import Opening
from sheetgen.ingest.quirks import settle
from sheetgen.ingest.structure import is_structure, is_total, may_be_structure
from sheetgen.ingest.text import distinct
from sheetgen.model import RawTable, SourceFile

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

_NAMING: Final = ("customer_id", "customer_name", "date", "order_id")


@dataclass(frozen=True)
class Layout:
    """What every record below an opening is held against. ``naming``: the columns that say whose it is."""

    headers: tuple[str, ...]
    naming: tuple[int, ...]
    delimiter: str = ","


@dataclass
class Sorted:
    """Records sorted out: those to keep with their lines, how many are structure, and what does not fit."""

    layout: Layout
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    structure: int = 0
    malformed: list[tuple[int, str, str]] = field(default_factory=list)
    footers: list[tuple[int, list[str]]] = field(default_factory=list)


@dataclass(frozen=True)
class Body:
    """The table below an opening: text columns, lines, how many rows are structure, what does not fit."""

    frame: pd.DataFrame
    line: pd.Series[int]
    structure: int
    malformed: tuple[tuple[int, str, str], ...]
    header_row: int = 0
    """the physical line of the header (0: none)"""
    footers: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """(line, cells in the order of ``frame``'s columns) of totals"""


def layout_of(opening: Opening, delimiter: str = ",") -> Layout:
    """The layout of the table that ``opening`` opens."""
    naming = tuple(i for f, i in opening.match.fields.items() if f in _NAMING)
    return Layout(opening.match.headers, naming, delimiter)


def sort_out(found: Sorted, row: list[str], line: int) -> None:
    """One record more. Short records are filled; those with too many cells are malformed."""
    header = found.layout.headers
    fitted = row if len(row) == len(header) else _fitted(row, len(header))
    if len(fitted) > len(header):
        found.malformed.append((line, "SG206", " ┆ ".join(row)))
    elif may_be_structure(fitted, header) and is_structure(fitted, header, found.layout.naming):
        found.structure += 1
        if is_total(fitted):
            found.footers.append((line, fitted))
    else:
        found.rows.append(fitted)
        found.lines.append(line)


def body(
    rows: list[list[str]],
    lines: Sequence[int],
    opening: Opening,
    malformed: Sequence[tuple[int, str, str]] = (),
) -> Body:
    """Everything below the header."""
    import numpy as np
    import pyarrow as pa

    found = Sorted(layout_of(opening), malformed=list(malformed))
    for i in range(opening.row + 1, len(rows)):
        sort_out(found, rows[i], lines[i])
    width = len(found.layout.headers)
    columns = zip(*found.rows, strict=True) if found.rows else [()] * width
    cells = [pa.chunked_array([pa.array(column, pa.large_string())]) for column in columns]
    line = np.array(found.lines, dtype=np.int64)
    header_row = lines[opening.row] if opening.row >= 0 else 0
    structure = opening.row + 1 + found.structure
    return whole_body(opening, cells, line, structure, found.malformed, header_row, found.footers)


def whole_body(
    opening: Opening,
    cells: Sequence[pa.ChunkedArray],
    line: npt.NDArray[np.int64],
    structure: int,
    malformed: Iterable[tuple[int, str, str]],
    header_row: int,
    footers: Iterable[tuple[int, list[str]]] = (),
) -> Body:
    """A column of ``cells`` for each header, as a table of our fields and further columns.

    ``cells``: text, or dictionaries of it.
    """
    import pandas as pd

    places: dict[str, int] = {}
    columns: dict[str, pd.Series[Any]] = {}
    for i, name in enumerate(opening.match.columns):
        column = compact(cells[i])
        called = name or (f"{EXTRA}col_{column_letters(i)}" if _filled(column) else "")
        if called:
            places[called], columns[called] = i, column
    frame = pd.DataFrame(columns, copy=False)
    totals = tuple((at, tuple(row[i] for i in places.values())) for at, row in footers)
    return Body(frame, pd.Series(line), structure, tuple(sorted(malformed)), header_row, totals)


def _filled(column: pd.Series[Any]) -> bool:
    return any(cell.strip() for cell in distinct(column)[1])


def _fitted(row: list[str], width: int) -> list[str]:
    if len(row) < width:
        return row + [""] * (width - len(row))
    end = len(row)
    while end > width and not row[end - 1].strip():
        end -= 1
    return row[:end]


def column_letters(index: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def raw_table(source: SourceFile, opening: Opening, found: Body) -> RawTable:
    """``found`` as a RawTable of ``source`` (kind, rows and mapping are filled in here)."""
    match = opening.match
    frame, issues = settle(found.frame, found.line, match, source.label, opening.scale)
    return RawTable(
        source=SourceFile(
            path=source.path,
            kind=match.kind,
            encoding=source.encoding,
            sha256=source.sha256,
            rows=len(found.frame) + found.structure + len(found.malformed),
            sheet=source.sheet,
            mapping=match.sources,
            header_row=found.header_row,
            platform=match.export.platform if match.export else "",
            export=match.export.id if match.export else "",
            confidence=match.how,
            extra=tuple(str(name).removeprefix(EXTRA) for name in frame if str(name).startswith(EXTRA)),
            scale=opening.scale,
        ),
        frame=frame,
        line=found.line,
        structure=found.structure,
        malformed=tuple((line, raw[:1000]) for line, _, raw in found.malformed),
        issues=issues,
        footers=found.footers,
        flaws=tuple((line, code) for line, code, _ in found.malformed if code != "SG206"),
    )
