"""Books to re-grade, and the proof that what came of it is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sheetgen.ingest.package import look_through
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.patch.view import Cell
from sheetgen.workbook.regrade.grids import Grid, grid_of
from tests.office.office import Office
from tests.office.poison import poison
from tests.office.values import CellError, Value, differences
from tests.parity.cached import without_empty


@dataclass(frozen=True)
class Proof:
    """``wrong``: cells that LibreOffice computes otherwise; ``unsaid``: those of ours that have no result."""

    wrong: list[tuple[str, str, Value, Value]]
    unsaid: list[tuple[str, str]]


def grids(path: Path) -> dict[str, Grid]:
    """All sheets of a book."""
    package = open_package(path.read_bytes(), look_through, str(path))
    return {name: grid_of(package, name) for name in package.worksheets}


def shown(cell: Cell) -> Value:
    """What a cell shows, as LibreOffice would say it."""
    if cell.kind == "e":
        return CellError(str(cell.value))
    if cell.kind == "b":
        return float(cell.value == "1")
    return cell.value or None if cell.kind == "str" else cell.value if cell.kind == "n" else None


def proved(office: Office, path: Path, folder: Path) -> Proof:
    """Every cell of the book against LibreOffice's, which had wrong values to start from."""
    poisoned = folder / "poisoned.xlsx"
    poison(path, poisoned)
    office.open(poisoned)
    office.recalc()
    there = grids(path)
    cached: dict[str, dict[str, Value]] = {}
    unsaid = []
    for name, grid in there.items():
        cells = cached.setdefault(name, {})
        for (row, col), cell in _cells(grid).items():
            if (value := shown(cell)) is not None:
                cells[at(row, col)] = value
            elif cell.formula is not None and cell.kind == "" and cell.value == "":
                unsaid.append((name, at(row, col)))
    found = list(differences(without_empty(office.read_all(bools=False)), cached))
    array = [
        d for d in found if d[0] == "_calc" and d[2:] == (0.0, None)
    ]  # the file says its first value only
    empty, differ = set(unsaid), {d[:2] for d in found}
    return Proof(
        [d for d in found if d not in array and d[:2] not in empty],
        [u for u in unsaid if u in differ],
    )


def at(row: int, col: int) -> str:
    """``B3``."""
    from sheetgen.workbook.regrade.grids import place

    return place(row, col)


def _cells(grid: Grid) -> dict[tuple[int, int], Cell]:
    return {(row, col): cell for row, cells in grid.cells.items() for col, cell in cells.items()}


def typed(path: Path) -> dict[tuple[str, int, int], Value]:
    """Everything in a book that is no formula and no result of one."""
    return {
        (name, *place): shown(cell)
        for name, grid in grids(path).items()
        for place, cell in _cells(grid).items()
        if cell.formula is None and cell.kind != ""
    }


def regraded(path: Path, out: Path) -> Regraded:
    """Re-grade, and once more: the second time changes nothing."""
    found = regrade(RegradeRequest(path, out))
    again = out.with_name("again.xlsx")
    second = regrade(RegradeRequest(out, again))
    assert not second.changed
    assert again.read_bytes() == out.read_bytes()
    assert (second.edits, second.changes) == (without_restored(found), found.changes)
    return found


def without_restored(found: Regraded) -> tuple[object, ...]:
    """The edits that a second look sees too: a formula is put back once."""
    return tuple(e for e in found.edits if e.kind != "typed_over")


def kinds(found: Regraded) -> Mapping[str, int]:
    """How many edits of each kind."""
    from collections import Counter

    return Counter(edit.kind for edit in found.edits)
