"""Where a table starts among rows of cells, and what to say when no row of headers is found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from sheetgen.errors import ColumnsError
from sheetgen.ingest import headers
from sheetgen.ingest.headers import Match

SEARCHED: Final = 60
_DATUM: Final = re.compile(r"[-+(]?[¥$]?\d[\d,./:\- T]*\)?%?")


@dataclass(frozen=True)
class Opening:
    """Where a table starts: its header row among the rows (-1: none, columns are mapped by position)."""

    row: int
    match: Match


def find_opening(
    rows: Sequence[Sequence[str]], kind: str | None, mapping: Mapping[str, str]
) -> Opening | None:
    """The row of headers that explains most columns, among the first rows; the topmost of equals."""
    best: Opening | None = None
    by_name = {f: h for f, h in mapping.items() if headers.position(h) is None}
    for i, row in enumerate(rows[:SEARCHED]):
        named = headers.recognise(row, kind, by_name)
        if named and (best is None or len(named.fields) > len(best.match.fields)):
            best = Opening(i, named)
    if best:
        whole = headers.recognise(best.match.headers, kind, mapping)
        return Opening(best.row, whole) if whole else best
    if len(by_name) < len(mapping):
        return _open_by_position(rows, kind, mapping)
    return None


def _open_by_position(
    rows: Sequence[Sequence[str]], kind: str | None, mapping: Mapping[str, str]
) -> Opening | None:
    first = next((i for i, row in enumerate(rows) if any(cell.strip() for cell in row)), None)
    if first is None:
        return None
    if looks_like_data(rows[first]):
        match = headers.recognise([f"#{i + 1}" for i in range(len(rows[first]))], kind, mapping)
        return Opening(-1, match) if match else None
    match = headers.recognise(rows[first], kind, mapping)
    return Opening(first, match) if match else None


def looks_like_data(row: Sequence[str]) -> bool:
    """True when most cells are numbers or dates, as no row of headers is."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(cells) > 1 and 2 * sum(bool(_DATUM.fullmatch(cell)) for cell in cells) >= len(cells)


def best_guess(rows: Sequence[Sequence[str]]) -> list[str]:
    """The row that was probably meant as the header: the first of the fullest ones."""
    filled = [[" ".join(c.split()) for c in row if c.strip()] for row in rows[:SEARCHED]]
    return max(filled, key=len, default=[])


def refuse_doubled(path: str, opening: Opening) -> None:
    """Raises ColumnsError (SG304) when two columns claim one field."""
    if opening.match.doubled:
        raise ColumnsError("header_doubled", "SG304", path=path, header=opening.match.doubled[0])


def refuse_columns(
    path: str, rows: Sequence[Sequence[str]], kind: str | None, mapping: Mapping[str, str]
) -> NoReturn:
    """Raises ColumnsError: SG305 where the rows have no header, else SG301 with what comes near."""
    first = next((row for row in rows if any(cell.strip() for cell in row)), [])
    if looks_like_data(first):
        raise ColumnsError(
            "no_header", "SG305", path=path, value="  ".join(c for c in first if c.strip())[:200]
        )
    guess = best_guess(rows)
    near = "; ".join(f"{theirs} → {ours}" for theirs, ours in headers.nearest(guess, kind))
    found = ", ".join(guess)[:1000]
    if kind:
        lack = ", ".join(headers.missing(kind, guess, mapping))
        raise ColumnsError(
            "columns_missing", "SG301", path=path, kind=kind, found=found, missing=lack, near=near
        )
    raise ColumnsError("columns_unknown", "SG301", path=path, found=found, near=near)
