"""What a copy has beyond what can be merged: told by sheet and cell, never dropped in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from sheetgen.model import Issue
from sheetgen.workbook.copies.leaf import ERROR, OWN, plain
from sheetgen.workbook.copies.sheet import is_ours
from sheetgen.workbook.patch.package import local
from sheetgen.workbook.regrade.grids import Grid, grid_of, place

if TYPE_CHECKING:
    from sheetgen.workbook.copies.read import Copy
    from sheetgen.workbook.patch.package import Package

HIDDEN: Final = ("calc", "numbers", "base", "state")
COMPUTED: Final = ("changes",)
"""the sheets on which a re-grade itself writes rows"""
_NOTES: Final = ("comments", "threadedComment")


def left_over(copy: Copy, first: Copy) -> Iterator[Issue]:
    """Everything of ``copy`` that the book ``first`` does not get."""
    path = str(copy.path)
    for cell, old, new in copy.renamed:
        facts = (("sheet", copy.leaves["customers"].grid.name), ("cell", cell))
        yield Issue("SG587", "warning", path, column="customer_id", value=f"{old} → {new}", facts=facts)
    yield from _sheets(copy, first)
    yield from _errors(copy)
    same = copy.run_id == first.run_id
    for sheet_id, name in copy.source.names.items():
        if not name or not first.source.names.get(sheet_id) or sheet_id.startswith("tail_"):
            continue
        if sheet_id in HIDDEN:
            continue
        yield from _cells(copy, first, sheet_id, same)
        yield from _drawn(copy, first, sheet_id)


def _errors(copy: Copy) -> Iterator[Issue]:
    """Errors where people write: what stood there before counts."""
    import numpy as np

    found = [
        (leaf.grid.name, leaf.place(i, list(leaf.cols)[j]))
        for leaf in copy.leaves.values()
        for i, j in np.argwhere((leaf.now == ERROR) & (leaf.was != ERROR)).tolist()
    ]
    for lines in copy.lines.values():
        for key, col in lines.cols.items():
            rows = np.flatnonzero(lines.now[key] == ERROR).tolist()
            found += [(lines.block.grid.name, place(lines.rows[row], col)) for row in rows]
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


def _constants(grid: Grid, taken: Mapping[int, frozenset[int]]) -> dict[tuple[int, int], str]:
    """What stands in cells without formulas, but for those ``taken``: row -> columns."""
    nothing: frozenset[int] = frozenset()
    found = {}
    for row, cells in grid.cells.items():
        skip = taken.get(row, nothing)
        for col in cells:
            if col not in skip:
                cell = grid.at(row, col)
                if cell.formula is None and cell.kind != "":
                    found[row, col] = plain(cell)
    return found


def _taken(copy: Copy, sheet_id: str) -> dict[int, frozenset[int]]:
    """The cells that merging itself looks at: row -> columns."""
    if sheet_id in copy.lines:
        lines = copy.lines[sheet_id]
        cols = frozenset((*lines.cols.values(), lines.block.columns["key"]))
        return dict.fromkeys(lines.rows, cols)
    if sheet_id not in copy.leaves:
        return {}
    leaf = copy.leaves[sheet_id]
    found: dict[int, set[int]] = {}
    for i, row in enumerate(leaf.rows):
        found.setdefault(row, set()).update(c if isinstance(c, int) else c[i] for c in leaf.cols.values())
    return {row: frozenset(cols) for row, cols in found.items()}


def _cells(copy: Copy, first: Copy, sheet_id: str, same: bool) -> Iterator[Issue]:
    """Columns of staff's own that the first book lacks, and single cells: notes beside a table, results
    typed over. Books of two runs differ in too much to tell single cells apart."""
    grid, theirs = copy.source.grid(sheet_id), _taken(copy, sheet_id)
    own = _missing(copy, first, sheet_id)
    header = copy.blocks[sheet_id].header if sheet_id in copy.blocks else -1
    if own:
        skip = {row: cols - set(own) for row, cols in theirs.items()}
        found = _constants(grid, skip)
        for col, words in own.items():
            cells = [at for at in found if at[1] == col and at[0] > header]
            if cells:
                whole = (("sheet", grid.name), ("column", words), ("cell", place(*min(cells))))
                yield Issue("SG588", "warning", str(copy.path), count=len(cells), facts=whole)
    if not same or sheet_id in COMPUTED:
        return
    gone = {**theirs}
    mine = Counter(_constants(first.source.grid(sheet_id), _taken(first, sheet_id)).values())
    for at, words in sorted(_constants(grid, gone).items()):
        if at[1] in own:
            continue
        if mine[words]:
            mine[words] -= 1
        else:
            facts = (("sheet", grid.name), ("cell", place(*at)))
            yield Issue("SG582", "warning", str(copy.path), at[0] + 1, facts=facts)


def _missing(copy: Copy, first: Copy, sheet_id: str) -> dict[int, str]:
    """The columns with headers of their own that the first book lacks."""
    if sheet_id in copy.lines:
        cols: Mapping[str, object] = copy.lines[sheet_id].cols
        mine = first.lines[sheet_id].cols if sheet_id in first.lines else {}
    elif sheet_id in copy.leaves and sheet_id in first.leaves:
        cols, mine = copy.leaves[sheet_id].cols, first.leaves[sheet_id].cols  # type: ignore[assignment]
    else:
        return {}
    return {
        col: key.removeprefix(OWN) for key, col in cols.items() if isinstance(col, int) and key not in mine
    }


def _drawn(copy: Copy, first: Copy, sheet_id: str) -> Iterator[Issue]:
    """Comments, pictures and charts."""
    sides = [(book.source.package, book.source.names[sheet_id]) for book in (copy, first)]
    (notes, drawings), (mine, others) = (_beside(package, name) for package, name in sides)
    there = Counter(mine.values())
    for cell, words in sorted(notes.items()):
        if there[words]:
            there[words] -= 1
        else:
            facts = (("sheet", sides[0][1]), ("cell", cell))
            yield Issue("SG590", "warning", str(copy.path), facts=facts)
    if drawings > others:
        there_on = (("sheet", sides[0][1]),)
        yield Issue("SG591", "warning", str(copy.path), count=drawings - others, facts=there_on)


def _beside(package: Package, name: str) -> tuple[dict[str, str], int]:
    """The comments of a sheet by cell, and how many pictures, charts and shapes are on it."""
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
