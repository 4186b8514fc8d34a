"""Text columns that say the same few things again and again: each of these once, and a number a cell.

A coded column is a pandas category whose categories are text, the empty one always among them. It takes a
byte or two a cell, and what is asked of its cells is asked of the few different ones. ``in_full`` makes it
text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

FEW: Final = 8
"""a column is coded where its cells are at least as many times as many as the different ones"""
_SAMPLE: Final = 2_000


def is_coded(column: pd.Series[Any]) -> bool:
    """True for a coded column, False for one of text."""
    return str(column.dtype) == "category"


def text_series(column: pa.ChunkedArray | pa.Array) -> pd.Series[str]:
    """An Arrow column as a text column of pandas, without a copy."""
    import numpy as np
    import pandas as pd

    dtype: Any = pd.StringDtype(na_value=np.nan)
    return pd.Series(dtype.__from_arrow__(column))


def in_full(column: pd.Series[Any]) -> pd.Series[str]:
    """The column as text; itself where it is text."""
    import pyarrow as pa

    if not is_coded(column):
        return column
    cells = pa.array(column.cat.categories, pa.large_string(), from_pandas=True)
    return text_series(cells.take(pa.array(column.cat.codes))).set_axis(column.index)


def all_in_full(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with its coded columns as text."""
    import pandas as pd

    return pd.DataFrame({n: in_full(c) if is_coded(c) else c for n, c in frame.items()}, copy=False)


def of_codes(codes: npt.NDArray[Any], cells: pd.Series[str]) -> pd.Series[Any]:
    """The coded column whose cell i is ``cells[codes[i]]``; equal ``cells`` become one."""
    import pandas as pd

    numbers, different = pd.factorize(cells, use_na_sentinel=False)
    if len(different) < len(cells):
        codes = numbers.take(codes)
    known = different.tolist()
    if "" not in known:
        known.append("")
    categories = pd.Index(known, dtype="str")
    return pd.Series(pd.Categorical.from_codes(codes, categories, validate=False))


def parts_of(column: pd.Series[Any]) -> tuple[npt.NDArray[Any], pd.Series[str]]:
    """(codes, the different cells that there are) of a coded column: no cell is told that no record has."""
    import numpy as np

    codes, cells = listed(column)
    there = np.bincount(codes) > 0
    if there.all():
        return codes, cells.iloc[: len(there)]
    numbers = (np.cumsum(there) - 1).astype(codes.dtype)
    return numbers.take(codes), cells.iloc[np.flatnonzero(there)].reset_index(drop=True)


def listed(column: pd.Series[Any]) -> tuple[npt.NDArray[Any], pd.Series[str]]:
    """(codes, all cells on the list) of a coded column, those too that no record has."""
    import pandas as pd

    return column.cat.codes.to_numpy(), pd.Series(column.cat.categories)


def compact(column: pa.ChunkedArray) -> pd.Series[Any]:
    """A column of text, or of dictionaries of text, as pandas holds it: coded where that is much shorter."""
    import numpy as np
    import pyarrow as pa

    given = pa.types.is_dictionary(column.type)
    if given or repeats(column):
        whole = (column if given else column.dictionary_encode()).unify_dictionaries()
        cells = whole.chunk(0).dictionary if whole.num_chunks else pa.array([], pa.large_string())
        # the narrowest numbers that count the cells and the empty one
        small = np.min_scalar_type(-len(cells) - 1)
        none = np.empty(0, dtype=small)
        codes = np.concatenate([none, *(np.asarray(c.indices).astype(small) for c in whole.chunks)])
        if FEW * len(cells) <= len(codes):
            return of_codes(codes, text_series(cells.cast(pa.large_string())))
    return text_series(column.cast(pa.large_string()) if given else column)


def repeats(column: pa.ChunkedArray) -> bool:
    """Whether cells of a text column seem to repeat: some of them, from all over it, are told apart."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    places = np.linspace(0, max(0, len(column) - 1), min(_SAMPLE, len(column)), dtype=np.int64)
    different: int = pc.count_distinct(column.take(pa.array(places))).as_py()
    return 2 * different <= len(places)


def all_blank(n: int) -> pd.Series[Any]:
    """A coded column of ``n`` empty cells."""
    import numpy as np
    import pandas as pd

    return of_codes(np.zeros(n, dtype=np.int8), pd.Series([""], dtype="str"))


def numbers_of(column: pd.Series[Any]) -> tuple[npt.NDArray[Any], int]:
    """A number for each cell, the same for equal ones only, and how many numbers there are."""
    import pandas as pd

    if is_coded(column):
        return column.cat.codes.to_numpy(), len(column.cat.categories)
    codes, cells = pd.factorize(column, use_na_sentinel=False)
    return codes, len(cells)


def joined(pieces: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    """The columns one below the other: coded where all of them are."""
    import numpy as np
    import pandas as pd

    if len(pieces) == 1:
        return pieces[0]
    if not pieces or not all(is_coded(piece) for piece in pieces):
        none = pd.Series([], dtype="str")
        return pd.concat([none, *(in_full(piece) for piece in pieces)], ignore_index=True)
    codes, cells, at = [], [], 0
    for piece in pieces:
        codes.append(piece.cat.codes.to_numpy().astype(np.int64) + at)
        cells.append(pd.Series(piece.cat.categories))
        at += len(cells[-1])
    return of_codes(np.concatenate(codes), pd.concat(cells, ignore_index=True))
