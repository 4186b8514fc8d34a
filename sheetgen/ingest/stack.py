"""All tables of one kind, one below the other, with where each record came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetgen.ingest.headers import EXTRA, unit_scale
from sheetgen.model import RawTable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


@dataclass(frozen=True)
class Stack:
    """``cells``: text, a row a record. Record i is of table ``part[i]``, line ``line[i]``."""

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
        import pandas as pd

        if field in self.cells:
            found: pd.Series[str] = self.cells[field]
            return found
        return pd.Series([""] * len(self.cells), dtype="str")

    def header(self, part: int, field: str) -> str:
        """What the table calls ``field``; an extra column goes by its own header."""
        return dict(self.tables[part].source.mapping).get(field, field.removeprefix(EXTRA))

    def has(self, part: int, field: str) -> bool:
        """True when that table has a column for ``field``."""
        return field in self.tables[part].frame

    def scale(self, part: int, field: str) -> int:
        """The unit in the header of ``field``: 10,000 for 万元."""
        return unit_scale(self.header(part, field)) if self.has(part, field) else 1

    def where(self, part: int) -> npt.NDArray[np.bool_]:
        """The records of one table."""
        mask: npt.NDArray[np.bool_] = self.part == part
        return mask

    def by_part(self, read: Callable[[int, pd.DataFrame], Iterable[Any]]) -> list[Any]:
        """``read(part, its cells)`` for each table: what is inferred from a column is one file's affair."""
        import numpy as np

        columns = [
            tuple(read(i, self.cells[self.where(i)].reset_index(drop=True))) for i in range(len(self.tables))
        ]
        return [np.concatenate(pieces) for pieces in zip(*columns, strict=True)]


def stack(kind: str, tables: Iterable[tuple[int, RawTable]]) -> Stack:
    """The tables of ``kind`` as one."""
    import numpy as np
    import pandas as pd

    pairs = [(number, table) for number, table in tables if table.source.kind == kind]
    frames = [table.frame for _, table in pairs]
    names = list(dict.fromkeys(name for frame in frames for name in frame))
    filled = [frame.reindex(columns=names, fill_value="").astype("str") for frame in frames]
    cells = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
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


def same_records(cells: pd.DataFrame) -> npt.NDArray[np.int64]:
    """A number for each record, equal where all cells are (blanks around a cell aside)."""
    import numpy as np
    import pandas as pd

    numbers = np.zeros(len(cells), dtype=np.int64)
    for name in cells:
        codes, distinct = pd.factorize(cells[name].str.strip(), use_na_sentinel=False)
        numbers = pd.factorize(numbers * max(1, len(distinct)) + codes)[0].astype(np.int64)
    return numbers
