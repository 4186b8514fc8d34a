"""All tables of one kind, one below the other, with where each record came from."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.cells import bare, digest
from sheetgen.ingest.coded import all_blank, is_coded, joined, numbers_of
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.keys import unit_of, unit_scale
from sheetgen.model import RawTable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_SAMPLE: Final = 2_000


@dataclass(frozen=True)
class Stack:
    """``cells``: text, coded or in full, a row each. Record i is of table ``part[i]``, line ``line[i]``."""

    kind: str
    tables: tuple[RawTable, ...]
    numbers: tuple[int, ...]
    """the place of each table among all inputs, from 1"""
    cells: pd.DataFrame
    part: npt.NDArray[np.int64]
    line: npt.NDArray[np.int64]

    @property
    def files(self) -> list[str]:
        """The name of each table's file."""
        return [table.source.label for table in self.tables]

    def column(self, field: str) -> pd.Series[str]:
        """The text cells of ``field``; empty where no table has it."""
        if field in self.cells:
            found: pd.Series[str] = self.cells[field]
            return found
        return all_blank(len(self.cells))

    def header(self, part: int, field: str) -> str:
        """What the table calls ``field``; an extra column goes by its own header."""
        return dict(self.tables[part].source.mapping).get(field, field.removeprefix(EXTRA))

    def has(self, part: int, field: str) -> bool:
        """True when that table has a column for ``field``."""
        return field in self.tables[part].frame

    def scale(self, part: int, field: str) -> int:
        """The unit in the header of ``field``: 10,000 for 万元."""
        if not self.has(part, field):
            return 1
        header = self.header(part, field)
        return unit_scale(header) if unit_of(header) else self.tables[part].source.scale

    def where(self, part: int) -> npt.NDArray[np.bool_]:
        """The records of one table."""
        mask: npt.NDArray[np.bool_] = self.part == part
        return mask

    def by_part(self, field: str) -> Iterator[pd.Series[Any]]:
        """The cells of ``field``, table by table: what is inferred from a column is one file's affair."""
        column, at = self.column(field), 0
        for table in self.tables:
            yield column.iloc[at : at + len(table.frame)].reset_index(drop=True)
            at += len(table.frame)


def stack(kind: str, tables: Iterable[tuple[int, RawTable]]) -> Stack:
    """The tables of ``kind`` as one."""
    import numpy as np
    import pandas as pd

    pairs = [(number, table) for number, table in tables if table.source.kind == kind]
    frames = [table.frame for _, table in pairs]
    names = list(dict.fromkeys(name for frame in frames for name in frame))
    columns = {name: joined([_cells(frame, name) for frame in frames]) for name in names}
    cells = pd.DataFrame(columns, index=pd.RangeIndex(sum(map(len, frames))), copy=False)
    empty = np.empty(0, dtype=np.int64)
    return Stack(
        kind,
        tuple(table for _, table in pairs),
        tuple(number for number, _ in pairs),
        cells,
        np.concatenate([empty, *(np.full(len(t.frame), i) for i, (_, t) in enumerate(pairs))]).astype(
            np.int64
        ),
        np.concatenate([empty, *(t.line.to_numpy() for _, t in pairs)]).astype(np.int64),
    )


def _cells(frame: pd.DataFrame, name: Hashable) -> pd.Series[Any]:
    if name not in frame:
        return all_blank(len(frame))
    return frame[name] if is_coded(frame[name]) else frame[name].astype("str")


def repeated_records(
    cells: pd.DataFrame, key: npt.NDArray[np.intp] | None = None
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The records that stand more than once, and a number for each: equal where all cells are.

    Blanks around a cell do not count. ``key``: numbers that equal records share (unequal ones may, too).
    """
    import numpy as np
    import pandas as pd

    number = np.zeros(len(cells), dtype=np.intp) if key is None else key
    rows, number = _shared(np.arange(len(cells)), number)
    telling = _most_telling(cells)
    if len(rows):
        # what tells most, of the columns that equal keys leave open, and what is cheap to ask
        others = [name for name in telling if key is None or name != "order_id"]
        cheap = [name for name in others[1:] if is_coded(cells[name])]
        rows, number = _likely(cells, [*others[:1], *(cheap or others[1:])[:2]], rows, number)
    for name in telling:
        if not len(rows):
            break
        codes, different = numbers_of(bare(cells[name].take(rows)))
        number = pd.factorize(number.astype(np.int64) * max(1, different) + codes)[0]
        rows, number = _shared(rows, number)
    return rows, number


def _most_telling(cells: pd.DataFrame) -> list[str]:
    """The columns, those with most different cells among some records first."""
    some = cells.iloc[len(cells) // 2 :][:_SAMPLE]
    return sorted(map(str, cells), key=lambda name: -some[name].nunique())


def _likely(
    cells: pd.DataFrame, names: list[str], rows: npt.NDArray[np.intp], number: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The ``rows`` that seem to stand twice by a few columns: all that do, and hardly any that do not."""
    import numpy as np

    mixed = number.astype(np.uint64)
    for name in names:
        mixed = (mixed ^ digest(bare(cells[name]))[rows]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(32)
    ordered = np.sort(mixed)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return rows[:0], number[:0]
    shared = np.isin(mixed, twice)
    return rows[shared], number[shared]


def _shared(
    rows: npt.NDArray[np.intp], number: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The ``rows`` whose number another one has as well."""
    import numpy as np

    if not len(rows):
        return rows, number
    shared = np.bincount(number)[number] > 1
    return (rows, number) if shared.all() else (rows[shared], number[shared])
