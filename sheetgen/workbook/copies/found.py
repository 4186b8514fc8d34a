"""What merging comes to: edits of the first book, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sheetgen.model import Issue
from sheetgen.workbook.copies.adopted import Adopted
from sheetgen.workbook.patch.edits import Append, Constant, Edit, Edits, Value
from sheetgen.workbook.patch.refs import Area


@dataclass(frozen=True, slots=True)
class Said:
    """What a copy says: which one (0: the first book), where (``客户级别!D5``, empty: nowhere), and what."""

    book: int
    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One cell or row that copies changed differently. ``cell``: where in the first book; ``kept``: what
    stands there."""

    sheet: str
    cell: str
    customer: str
    column: str
    was: str
    said: tuple[Said, ...]
    kept: str


@dataclass(frozen=True, slots=True)
class Taken:
    """One change of a copy that the first book got. ``kind``: cell, row or deleted."""

    book: int
    sheet: str
    cell: str
    customer: str
    column: str
    was: str
    now: str
    kind: str = "cell"


@dataclass
class Found:
    """``cells``: sheet -> row -> column -> edit; ``rows``: what comes below a sheet's last row."""

    cells: dict[str, dict[int, dict[int, Edit]]] = field(default_factory=dict)
    rows: list[Append] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    adopted: Adopted = field(default_factory=Adopted)

    def put(self, sheet: str, row: int, col: int, value: Value) -> None:
        """A value for a cell."""
        self.cells.setdefault(sheet, {}).setdefault(row, {})[col] = Constant(value)

    def below(self, sheet: str, area: Area, values: dict[int, Value]) -> None:
        """A row below ``area``."""
        cells = {col: Constant(value) for col, value in values.items()}
        self.rows.append(Append(sheet, area, [cells]))

    @property
    def edits(self) -> Edits:
        """All edits of the first book."""
        return Edits(self.cells, append=tuple(self.rows))
