"""The cells of a sheet, column by column: arrays, and a Python object only where one is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.patch.view import Cell

if TYPE_CHECKING:
    import numpy.typing as npt

    from sheetgen.workbook.patch.package import Text

KINDS: Final = ("", "n", "str", "b", "e")
"""what cells show; further kinds of a sheet come after these"""
NOTHING, NUMBER, TEXT, FLAG, ERROR = range(5)
NO_FORMULA: Final = -1
Formula = tuple[str, tuple[str, str, str]]
"""a formula as it is kept, and its group"""
Look = tuple[str, tuple[str, ...]]
"""style and marks"""


@dataclass(frozen=True)
class Pools:
    """What many cells of a sheet have in common, by code. ``shared``: the book's strings, the first texts."""

    shared: Sequence[Text] = ()
    texts: dict[tuple[str, bool], int] = field(default_factory=dict)
    """texts of the sheet's own, and whether they have formats"""
    formulas: dict[Formula, int] = field(default_factory=dict)
    looks: dict[Look, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=lambda: {kind: i for i, kind in enumerate(KINDS)})
    _listed: dict[str, list[Any]] = field(default_factory=dict)

    def text(self, words: str, rich: bool = False) -> int:
        """The code of a text."""
        return self.texts.setdefault((words, rich), len(self.shared) + len(self.texts))

    def told(self, code: int) -> tuple[str, bool]:
        """The text of a code, and whether it has formats."""
        if code < len(self.shared):
            return self.shared[code].text, self.shared[code].rich
        words, rich = self._list("texts", self.texts)[code - len(self.shared)]
        return words, rich

    def words(self, codes: Iterable[int]) -> list[str]:
        """The texts of codes, as many at once."""
        shared, own, n = self.shared, self._list("texts", self.texts), len(self.shared)
        return [shared[code].text if code < n else own[code - n][0] for code in codes]

    def formula(self, code: int) -> Formula:
        """The formula of a code."""
        text, group = self._list("formulas", self.formulas)[code]
        return text, group

    def look(self, code: int) -> Look:
        """Style and marks of a code."""
        style, marks = self._list("looks", self.looks)[code]
        return style, marks

    def kind(self, code: int) -> str:
        """The kind of a code."""
        return str(self._list("kinds", self.kinds)[code]).rstrip("?")

    @property
    def odd_number(self) -> int:
        """The kind of a number that is none."""
        return self.kinds.setdefault("n?", len(self.kinds))

    def _list(self, name: str, pool: dict[Any, int]) -> list[Any]:
        found = self._listed.get(name)
        if found is None or len(found) < len(pool):
            found = self._listed[name] = list(pool)
        return found


@dataclass(frozen=True)
class Column:
    """The cells of a column from top to bottom. ``rows``: theirs, from 0; ``kinds``, ``formulas``, ``looks``:
    codes; ``values``: the number, or the code of the text.
    """

    rows: npt.NDArray[Any]
    kinds: npt.NDArray[Any]
    values: npt.NDArray[Any]
    formulas: npt.NDArray[Any]
    looks: npt.NDArray[Any]

    @cached_property
    def span(self) -> tuple[int, int]:
        """The first row and the one after the last, where no row between them lacks a cell; else nothing."""
        n = len(self.rows)
        whole = n > 0 and int(self.rows[-1]) - int(self.rows[0]) == n - 1
        return (int(self.rows[0]), int(self.rows[0]) + n) if whole else (0, 0)

    def place(self, row: int) -> int:
        """Where the cell of a row is; -1: nowhere."""
        first, stop = self.span
        if stop:
            return row - first if first <= row < stop else -1
        at = int(self.rows.searchsorted(row))
        return at if at < len(self.rows) and self.rows.item(at) == row else -1


class Cells(Mapping[int, Mapping[int, Cell]]):
    """Row -> column -> cell, of columns. ``rows``: all there are, with cells or without."""

    def __init__(self, rows: npt.NDArray[Any], columns: Mapping[int, Column], pools: Pools) -> None:
        self.rows, self.columns, self.pools = rows, columns, pools

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows.tolist())

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, row: object) -> bool:
        at = int(self.rows.searchsorted(row)) if isinstance(row, int) else len(self.rows)
        return at < len(self.rows) and bool(self.rows[at] == row)

    def __getitem__(self, row: int) -> dict[int, Cell]:
        if row not in self:
            raise KeyError(row)
        found = {col: self.at(row, col) for col in self.columns}
        return {col: cell for col, cell in found.items() if cell is not None}

    def at(self, row: int, col: int) -> Cell | None:
        """The cell there."""
        column = self.columns.get(col)
        at = column.place(row) if column is not None else -1
        if column is None or at < 0:
            return None
        kind, code = column.kinds.item(at), column.formulas.item(at)
        value, rich = self._value(kind, column.values.item(at))
        formula, group = self.pools.formula(code) if code >= 0 else (None, ("", "", ""))
        style, marks = self.pools.look(column.looks.item(at))
        return Cell(self.pools.kind(kind), value, rich, formula, group, style, marks)

    def _value(self, kind: int, value: float) -> tuple[str | float, bool]:
        if kind == NUMBER:
            return value, False
        return self.pools.told(int(value)) if kind != NOTHING else ("", False)


def cells_of(rows: Mapping[int, Mapping[int, Cell]], shared: Sequence[Text] = ()) -> Cells:
    """``rows`` column by column."""
    import numpy as np

    pools, told = Pools(shared), Gathered()
    for row in sorted(rows):
        for col, cell in rows[row].items():
            told.add(pools, row, col, cell)
    return Cells(np.asarray(sorted(rows), dtype=np.int32), joined(told.chunks()), pools)


@dataclass(frozen=True)
class Gathered:
    """Cells taken one by one, by column."""

    found: dict[int, list[tuple[int, int, float, int, int]]] = field(default_factory=dict)

    def add(self, pools: Pools, row: int, col: int, cell: Cell) -> None:
        """One more cell."""
        kind, value, rich, formula, group, style, marks = cell
        number = kind == "n" and isinstance(value, float)
        if number or kind == "":
            code, told = KINDS.index(kind), float(value) if number else 0.0
        else:
            code = pools.odd_number if kind == "n" else pools.kinds.setdefault(kind, len(pools.kinds))
            told = float(pools.text(str(value), rich))
        look = pools.looks.setdefault((style, marks), len(pools.looks))
        of = NO_FORMULA
        if formula is not None:
            of = pools.formulas.setdefault((formula, group), len(pools.formulas))
        self.found.setdefault(col, []).append((row, code, told, of, look))

    def chunks(self) -> dict[int, list[Column]]:
        """Column -> its cells, in one piece."""
        return {col: [chunk(*map(list, zip(*cells, strict=True)))] for col, cells in self.found.items()}


def chunk(
    rows: Iterable[int], kinds: Iterable[int], values: Iterable[float], formulas: Iterable[int],
    looks: Iterable[int],
) -> Column:  # fmt: skip
    """A piece of a column."""
    import numpy as np

    return Column(
        np.asarray(rows, dtype=np.int32), np.asarray(kinds, dtype=np.uint8),
        np.asarray(values, dtype=np.float64), np.asarray(formulas, dtype=np.int32),
        np.asarray(looks, dtype=np.int32),
    )  # fmt: skip


def joined(pieces: Mapping[int, Sequence[Column]]) -> dict[int, Column]:
    """The columns that pieces make, each from top to bottom; equal rows are kept once."""
    import numpy as np

    found: dict[int, Column] = {}
    known: list[Any] = []
    for col in sorted(pieces):
        parts = pieces[col]
        rows = np.concatenate([p.rows for p in parts])
        order = None if len(rows) < 2 or bool((np.diff(rows) > 0).all()) else np.argsort(rows, kind="stable")

        def whole(name: str, parts: Sequence[Column] = parts, order: Any = order) -> Any:
            values = np.concatenate([getattr(p, name) for p in parts])
            return values if order is None else values[order]

        rows = rows if order is None else rows[order]
        rows = next((k for k in known if np.array_equal(k, rows)), rows)
        if not any(k is rows for k in known[-4:]):
            known = [*known[-3:], rows]
        found[col] = Column(
            rows, whole("kinds"), whole("values"), _small(whole("formulas")), _small(whole("looks"))
        )
    return found


def _small(codes: Any) -> Any:
    """Codes in as few bytes as hold them; the same one everywhere as one."""
    import numpy as np

    if len(codes) and bool((codes == codes[0]).all()):
        return np.broadcast_to(codes[0], codes.shape)
    return codes.astype(np.min_scalar_type(-int(np.abs(codes).max()) - 1)) if len(codes) else codes
