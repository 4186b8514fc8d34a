"""From rows of cells below a header to a table: what is only structure, and records that do not fit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.opening import Opening
from sheetgen.ingest.words import FOOTER
from sheetgen.model import RawTable, SourceFile

if TYPE_CHECKING:
    import pandas as pd

_FOOTER_STARTS: Final = frozenset(word[0] for word in FOOTER) | frozenset("TGSＴ共#导制审打注（(")
_CLOSING: Final = re.compile(r"#.*|共\s*\d+\s*[条笔行].*|导出.*|制表.*|审核.*|打印.*|以上.*")
_NAMING: Final = ("customer_id", "customer_name", "date", "order_id")


@dataclass(frozen=True)
class Body:
    """The table below an opening: text columns, lines, how many rows are structure, what does not fit."""

    frame: pd.DataFrame
    line: pd.Series[int]
    structure: int
    malformed: tuple[tuple[int, str, str], ...]


def body(
    rows: list[list[str]],
    lines: Sequence[int],
    opening: Opening,
    malformed: Sequence[tuple[int, str, str]] = (),
) -> Body:
    """Everything below the header. Short records are filled; those with too many cells are malformed."""
    import pandas as pd

    header, width = list(opening.match.headers), len(opening.match.headers)
    broken = list(malformed)
    kept: list[list[str]] = []
    kept_lines: list[int] = []
    structure = opening.row + 1
    naming = [i for f, i in opening.match.fields.items() if f in _NAMING]
    for i in range(opening.row + 1, len(rows)):
        row = rows[i]
        if len(row) != width:
            row = _fitted(row, width)
            if len(row) > width:
                broken.append((lines[i], "SG206", " ┆ ".join(rows[i])))
                continue
        first = row[0]
        if (
            not first or first[0] in _FOOTER_STARTS or first[0].isspace() or first == header[0]
        ) and is_structure(row, header, naming):
            structure += 1
            continue
        kept.append(row)
        kept_lines.append(lines[i])
    columns = list(zip(*kept, strict=True)) if kept else [()] * width
    named: dict[str, tuple[str, ...]] = {}
    for i, name in enumerate(opening.match.columns):
        if name:
            named[name] = columns[i]
        elif any(cell.strip() for cell in columns[i]):
            named[f"{EXTRA}{column_letters(i)}"] = columns[i]
    frame = pd.DataFrame({name: pd.Series(column, dtype="str") for name, column in named.items()})
    order = sorted(broken)
    return Body(frame, pd.Series(kept_lines, dtype="int64"), structure, tuple(order))


def _fitted(row: list[str], width: int) -> list[str]:
    if len(row) < width:
        return row + [""] * (width - len(row))
    end = len(row)
    while end > width and not row[end - 1].strip():
        end -= 1
    return row[:end]


def is_structure(row: Sequence[str], header: Sequence[str], naming: Sequence[int]) -> bool:
    """True for blank rows, the header once more, totals, and closing lines such as 制表人."""
    cells = [unicodedata.normalize("NFKC", cell).strip() for cell in row]
    filled = [cell for cell in cells if cell]
    if not filled:
        return True
    if [c.strip() for c in row] == [h.strip() for h in header]:
        return True
    if len(filled) == 1 and len(row) > 1 and _CLOSING.fullmatch(filled[0]):
        return True
    return _is_total(filled[0]) and all(not cells[i] or _is_total(cells[i]) for i in naming)


def _is_total(cell: str) -> bool:
    word = "".join(cell.casefold().split()).rstrip(":").split("(")[0]
    return word in FOOTER or word in {"grandtotal", "subtotal"}


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
    return RawTable(
        source=SourceFile(
            path=source.path,
            kind=match.kind,
            encoding=source.encoding,
            sha256=source.sha256,
            rows=len(found.frame) + found.structure + len(found.malformed),
            sheet=source.sheet,
            mapping=tuple((f, " ".join(match.headers[i].split())) for f, i in match.fields.items()),
        ),
        frame=found.frame,
        line=found.line,
        structure=found.structure,
        malformed=tuple((line, raw[:1000]) for line, _, raw in found.malformed),
    )
