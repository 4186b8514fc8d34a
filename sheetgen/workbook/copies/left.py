"""What a copy has beyond what can be merged: told by sheet and cell, never dropped in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sheetgen.model import Issue
from sheetgen.workbook.copies.leaf import ERROR, OWN, plain
from sheetgen.workbook.copies.sheet import is_ours
from sheetgen.workbook.layout import table_of
from sheetgen.workbook.patch.package import local
from sheetgen.workbook.regrade.columns import NO_FORMULA, NOTHING
from sheetgen.workbook.regrade.grids import Grid, grid_of, place

if TYPE_CHECKING:
    from sheetgen.workbook.copies.read import Copy

HIDDEN: Final = ("calc", "numbers", "base", "state")
COMPUTED: Final = ("changes",)
"""the sheets on which a re-grade itself writes rows"""
_NOTES: Final = ("comments", "threadedComment")
Spots = Mapping[int, Any]
"""column -> rows, an array"""


def left_over(copy: Copy, first: Copy) -> Iterator[Issue]:
    """Everything of ``copy`` that the book ``first`` does not get."""
    path = str(copy.path)
    for cell, old, new in copy.renamed:
        facts = (("sheet", copy.leaves["customers"].grid.name), ("cell", cell))
        yield Issue("SG587", "warning", path, column="customer_id", value=f"{old} → {new}", facts=facts)
    yield from _sheets(copy, first)
    yield from _errors(copy)
    same = copy.run_id == first.run_id
    mine = _of_tables(first)
    for table, sheets in _of_tables(copy).items():
        if table in mine and table not in HIDDEN and not table.startswith("tail_"):
            yield from _cells(copy, first, sheets, mine[table], same)
            yield from _drawn(copy, first, sheets, mine[table])


def _of_tables(copy: Copy) -> dict[str, list[str]]:
    """The sheets of ours that a book has, by table: one, or those that a detail table stands on."""
    found: dict[str, list[str]] = {}
    for sheet_id, name in copy.source.names.items():
        if name:
            found.setdefault(table_of(sheet_id), []).append(sheet_id)
    return found


def _errors(copy: Copy) -> Iterator[Issue]:
    """Errors where people write: what stood there before counts."""
    import numpy as np

    found = [
        (leaf.grid.name, leaf.place(i, list(leaf.cols)[j]))
        for leaf in copy.leaves.values()
        for i, j in np.argwhere((leaf.now == ERROR) & (leaf.was != ERROR)).tolist()
    ]
    for lines in copy.lines.values():
        for key in lines.columns:
            rows = np.flatnonzero(lines.now[key] == ERROR).tolist()
            found += [(lines.grid_of(row).name, lines.place(row, key)) for row in rows]
    for sheet, cell in found:
        yield Issue("SG582", "warning", str(copy.path), facts=(("sheet", sheet), ("cell", cell)))


def _sheets(copy: Copy, first: Copy) -> Iterator[Issue]:
    """Sheets of staff's own, but for those that the first book has just so."""
    ours = set(copy.source.names.values())
    mine = set(first.source.package.worksheets)
    for sheet in copy.source.package.sheets:
        name = sheet.name
        if name in ours or is_ours(copy.source.package, name):
            continue
        if name in copy.source.package.worksheets and name in mine:
            grids = [grid_of(book.source.package, name) for book in (copy, first)]
            if _constants(grids[0], {}) == _constants(grids[1], {}) and _formulas(grids[0]) == _formulas(
                grids[1]
            ):
                continue
        yield Issue("SG589", "warning", str(copy.path), facts=(("sheet", name),))


def _formulas(grid: Grid) -> Counter[str]:
    return Counter(
        grid.shape(row, col) or ""
        for row, cells in grid.cells.items()
        for col in cells
        if grid.at(row, col).formula is not None
    )


def _constants(grid: Grid, taken: Spots) -> dict[tuple[int, int], str]:
    """What stands in cells without formulas, but for those ``taken``."""
    import numpy as np

    found: dict[tuple[int, int], str] = {}
    for col, column in grid.table.columns.items():
        here = (column.kinds != NOTHING) & (column.formulas == NO_FORMULA)
        if col in taken:
            here &= ~np.isin(column.rows, taken[col])
        found |= {(row, col): plain(grid.at(row, col)) for row in column.rows[here].tolist()}
    return found


def _taken(copy: Copy, sheet_id: str) -> Spots:
    """The cells that merging itself looks at: column -> rows."""
    import numpy as np

    if (table := table_of(sheet_id)) in copy.lines:
        lines = copy.lines[table]
        home = [block.sheet_id for block in lines.blocks].index(sheet_id)
        rows = lines.compared.rows[lines.compared.homes == home]
        return dict.fromkeys((*lines.cols[home].values(), lines.blocks[home].columns["key"]), rows)
    if sheet_id not in copy.leaves:
        return {}
    leaf = copy.leaves[sheet_id]
    found: dict[int, list[int]] = {}
    for col in leaf.cols.values():
        cols = [col] * len(leaf.rows) if isinstance(col, int) else col
        for row, at in zip(leaf.rows, cols, strict=True):
            found.setdefault(at, []).append(row)
    return {col: np.asarray(rows, dtype=np.int64) for col, rows in found.items()}


def _cells(
    copy: Copy, first: Copy, sheets: Sequence[str], others: Sequence[str], same: bool
) -> Iterator[Issue]:
    """Columns of staff's own that the first book lacks, and single cells: notes beside a table, results
    typed over. Books of two runs differ in too much to tell single cells apart. ``sheets`` are those of one
    table, ``others`` the first book's: a row of theirs may stand on another one here."""
    own = {sheet_id: _missing(copy, first, sheet_id) for sheet_id in sheets}
    for sheet_id in sheets:
        yield from _columns(copy, sheet_id, own[sheet_id])
    if not same or sheets[0] in COMPUTED:
        return
    mine = Counter(
        words for s in others for words in _constants(first.source.grid(s), _taken(first, s)).values()
    )
    for sheet_id in sheets:
        grid = copy.source.grid(sheet_id)
        for at, words in sorted(_constants(grid, _taken(copy, sheet_id)).items()):
            if at[1] in own[sheet_id]:
                continue
            if mine[words]:
                mine[words] -= 1
            else:
                facts = (("sheet", grid.name), ("cell", place(*at)))
                yield Issue("SG582", "warning", str(copy.path), at[0] + 1, facts=facts)


def _columns(copy: Copy, sheet_id: str, own: Mapping[int, str]) -> Iterator[Issue]:
    """The columns ``own`` of a sheet, each with how much stands in it."""
    if not own:
        return
    grid, block = copy.source.grid(sheet_id), copy.blocks.get(sheet_id)
    header = block.header if block else -1
    skip = {col: rows for col, rows in _taken(copy, sheet_id).items() if col not in own}
    found = _constants(grid, skip)
    for col, words in own.items():
        cells = [at for at in found if at[1] == col and at[0] > header]
        if cells:
            whole = (("sheet", grid.name), ("column", words), ("cell", place(*min(cells))))
            yield Issue("SG588", "warning", str(copy.path), count=len(cells), facts=whole)


def _missing(copy: Copy, first: Copy, sheet_id: str) -> dict[int, str]:
    """The columns with headers of their own that the first book lacks, on that sheet if it has it."""
    if (table := table_of(sheet_id)) in copy.lines:
        lines, mine = copy.lines[table], first.lines.get(table)
        home = [block.sheet_id for block in lines.blocks].index(sheet_id)
        return {
            col: key.removeprefix(OWN)
            for key, col in lines.cols[home].items()
            if mine is None or not mine.has(key, home)
        }
    if sheet_id not in copy.leaves or sheet_id not in first.leaves:
        return {}
    cols, known = copy.leaves[sheet_id].cols, first.leaves[sheet_id].cols
    return {
        col: key.removeprefix(OWN) for key, col in cols.items() if isinstance(col, int) and key not in known
    }


def _drawn(copy: Copy, first: Copy, sheets: Sequence[str], others: Sequence[str]) -> Iterator[Issue]:
    """Comments, pictures and charts on the sheets of one table; ``others``: those of the first book."""
    mine = {sheet_id: _beside(first, sheet_id) for sheet_id in others}
    there = Counter(words for notes, _ in mine.values() for words in notes.values())
    for sheet_id in sheets:
        sheet, (notes, drawings) = copy.source.names[sheet_id], _beside(copy, sheet_id)
        for cell, words in sorted(notes.items()):
            if there[words]:
                there[words] -= 1
            else:
                yield Issue("SG590", "warning", str(copy.path), facts=(("sheet", sheet), ("cell", cell)))
        more = drawings - (mine[sheet_id][1] if sheet_id in mine else 0)
        if more > 0:
            yield Issue("SG591", "warning", str(copy.path), count=more, facts=(("sheet", sheet),))


def _beside(copy: Copy, sheet_id: str) -> tuple[dict[str, str], int]:
    """The comments of a sheet by cell, and how many pictures, charts and shapes are on it."""
    package, name = copy.source.package, copy.source.names[sheet_id]
    notes: dict[str, str] = {}
    drawings = 0
    for link in package.relationships(package.worksheets[name]):
        if link.outside or not package.has(link.target):
            continue
        if link.kind in _NOTES:
            for node in package.tree(link.target).iter():
                if local(node.tag) in _NOTES or local(node.tag) == "comment":
                    notes[node.get("ref") or ""] = "".join("".join(node.itertext()).split())
        elif link.kind == "drawing":
            drawings += sum(local(node.tag).endswith("Anchor") for node in package.tree(link.target))
    notes.pop("", None)
    return notes, drawings
