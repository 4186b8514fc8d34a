"""The line of 数据质量 that says which raw data were brought in last, below the files that the book was built
from. There is one free row for it; where that is taken, the report alone tells."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.celltext import clean_text
from sheetgen.workbook.patch.edits import Append, Constant, Edit
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.regrade.grids import text_of
from sheetgen.workbook.regrade.left_out import header_of

if TYPE_CHECKING:
    from sheetgen.model import SourceFile
    from sheetgen.workbook.regrade.work import Worked

HEADS: Final = ("file", "kind", "encoding", "rows", "fingerprint")
Rows = dict[int, dict[int, Edit]]


def brought_line(worked: Worked, files: Sequence[SourceFile]) -> tuple[Rows, Append | None]:
    """The line as cells where it stands already, else as a row below the sources."""
    grid, say = worked.source.grid("quality"), worked.content.say
    heads = [say(key) for key in HEADS]
    header, places = header_of(grid, heads)
    if header < 0 or not files:
        return {}, None
    cols = [places[head] for head in heads]
    last = header
    while (words := text_of(grid.at(last + 1, cols[0]))) and words != say("section_live"):
        last += 1
    names = dict.fromkeys(file.path.replace("\\", "/").rsplit("/", 1)[-1] for file in files)
    prints = [file.sha256 for file in files]
    mark = prints[0] if len(prints) == 1 else sha256("\n".join(prints).encode()).hexdigest()
    told = (
        clean_text("; ".join(names)),
        say("edit_data"),
        None,
        float(sum(f.rows for f in files)),
        mark[:12],
    )
    line: dict[int, Edit] = {col: Constant(value) for col, value in zip(cols, told, strict=True)}
    if last > header and text_of(grid.at(last, cols[1])) == told[1]:
        return {last: line}, None
    free = all(cell.kind == "" and cell.formula is None for cell in grid.cells.get(last + 1, {}).values())
    if last == header or not free:
        return {}, None
    return {}, Append(grid.name, Area(header + 1, min(cols), last, max(cols)), [line])
