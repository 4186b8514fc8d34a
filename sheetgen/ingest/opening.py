"""Where a table starts among rows of cells, and what to say when no row of headers is found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NoReturn

from sheetgen.errors import ColumnsError
from sheetgen.ingest import headers
from sheetgen.ingest.headers import Match
from sheetgen.ingest.keys import normalise, position, stated_scale
from sheetgen.ingest.platforms import platforms, told

SEARCHED: Final = 60
MOST_COLUMNS: Final = 2_000
_DATUM: Final = re.compile(r"[-+(]?[¥$]?\d[\d,./:\- T]*\)?%?")


@dataclass(frozen=True)
class Opening:
    """Where a table starts: its header row among the rows (-1: none, columns are mapped by position).

    ``scale``: what a line above the header says of all money below (``单位：万元``: 10,000).
    """

    row: int
    match: Match
    scale: int = 1


def find_opening(
    rows: Sequence[Sequence[str]], kind: str | None, mapping: Mapping[str, str]
) -> Opening | None:
    """The row of headers that explains most columns, among the first rows; the topmost of equals.

    Two rows are joined where that explains more: a group's name above (客户 | 订单), its columns below.
    """
    best: Opening | None = None
    head = [row for row in rows[:SEARCHED] if sum(map(bool, row)) <= MOST_COLUMNS]
    if len(head) < len(rows[:SEARCHED]):
        return None
    by_name = {f: h for f, h in mapping.items() if position(h) is None}
    for i, row in enumerate(head):
        named = headers.recognise(row, kind, by_name)
        if named and (best is None or len(named.fields) > len(best.match.fields)):
            best = Opening(i, named)
    best = _joined(head, kind, by_name, best) or best
    if best:
        whole = headers.recognise(best.match.names, kind, mapping)
        match = replace(whole, headers=best.match.headers, shown=best.match.shown) if whole else best.match
        scales = [stated_scale(cell) for row in head[: best.row] for cell in row if cell]
        return Opening(best.row, match, max(scales, default=1))
    if len(by_name) < len(mapping):
        return _open_by_position(rows, kind, mapping)
    return None


def _joined(
    rows: Sequence[Sequence[str]], kind: str | None, mapping: Mapping[str, str], best: Opening | None
) -> Opening | None:
    found: Opening | None = None
    for i, (upper, lower) in enumerate(pairwise(rows)):
        if len(upper) != len(lower) or not _grouped(upper, lower):
            continue
        names = _names(upper, lower)
        named = headers.recognise(names, kind, mapping)
        most = max((len(o.match.fields) for o in (best, found) if o), default=0)
        if named and len(named.fields) > most:
            found = Opening(i + 1, replace(named, headers=tuple(lower), shown=tuple(names)))
    return found


def _grouped(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """True when ``upper`` may be the groups of the headers ``lower``: words in both, and gaps in one."""
    gaps = any(not cell.strip() for cell in (*upper, *lower))
    data = any(_DATUM.fullmatch(cell.strip()) for cell in (*upper, *lower) if cell.strip())
    return gaps and not data and any(c.strip() for c in upper) and sum(bool(c.strip()) for c in lower) > 1


def _names(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """The header of each column: the group and it, or it alone where only that is a field's name."""
    known = headers.known_names()
    names, group = [], ""
    for above, below in zip(upper, lower, strict=True):
        group = above.strip() or (group if below.strip() else "")
        both = f"{group}{below}"
        alone = normalise(both) not in known and (normalise(below) in known or not group)
        names.append(above if not below.strip() else below if alone else both)
    return names


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


def refuse_unclear(path: str, opening: Opening) -> None:
    """Raises ColumnsError where two columns claim a field that counts: SG304 by one name, SG303 by two."""
    match = opening.match
    if match.doubled:
        raise ColumnsError("header_doubled", "SG304", path=path, header=match.doubled[0])
    must = set(headers.needed(match))
    for rival in match.rivals:
        if rival.equal and rival.field in must:
            equal = {rival.taken, *(r.other for r in match.rivals if r.equal and r.field == rival.field)}
            shown = [" ".join(header.split()) for header in match.names if header in equal]
            raise ColumnsError(
                "header_unclear",
                "SG303",
                path=path,
                field=rival.field,
                headers=", ".join(shown),
                header=shown[0],
            )


def refuse_columns(
    path: str, rows: Sequence[Sequence[str]], kind: str | None, mapping: Mapping[str, str]
) -> NoReturn:
    """Raises ColumnsError: SG307 for too many columns, SG305 where the rows have no header, else SG301."""
    widest = max((sum(bool(cell.strip()) for cell in row) for row in rows[:SEARCHED]), default=0)
    if widest > MOST_COLUMNS:
        raise ColumnsError("columns_too_many", "SG307", path=path, count=widest, most=MOST_COLUMNS)
    first = next((row for row in rows if any(cell.strip() for cell in row)), [])
    if looks_like_data(first):
        raise ColumnsError(
            "no_header", "SG305", path=path, value="  ".join(c for c in first if c.strip())[:200]
        )
    guess = best_guess(rows)
    found = ", ".join(guess)[:1000]
    export = next((e for row in rows[:SEARCHED] if (e := told([normalise(c) for c in row], kind))), None)
    kind = kind or (export.kind if export else headers.likeliest(guess, mapping))
    near = "; ".join(f"{theirs} → {ours}" for theirs, ours in headers.nearest(guess, kind))
    if kind:
        lack = ", ".join(headers.missing(kind, guess, mapping))
        name = platforms()[export.platform].label.zh if export else kind
        key = "platform_columns_missing" if export else "columns_missing"
        raise ColumnsError(
            key, "SG301", path=path, kind=kind, platform=name, found=found, missing=lack, near=near
        )
    raise ColumnsError("columns_unknown", "SG301", path=path, found=found, near=near)
