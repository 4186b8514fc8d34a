"""Text columns seen as bytes: questions to a million cells that touch no cell one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sheetgen.ingest.coded import in_full, is_coded, listed, of_codes, text_series

_ODD: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
"""odd numbers that spread bits well"""

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True)
class Chunk:
    """Some cells of a column, in UTF-8: cell ``at + i`` of it is ``data[starts[i]:stops[i]]``."""

    data: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    at: int

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """The length of each cell in bytes."""
        return self.stops - self.starts

    @property
    def used(self) -> npt.NDArray[np.uint8]:
        """The bytes of all cells, one after the other."""
        return self.data[self.starts[0] : self.stops[-1]] if len(self) else self.data[:0]

    def byte(self, i: int) -> npt.NDArray[np.uint8]:
        """Byte i of each cell (from the end where negative); 0 where the cell is shorter."""
        import numpy as np

        place = self.starts + i if i >= 0 else self.stops + i
        inside = (place < self.stops) if i >= 0 else (place >= self.starts)
        if inside.all():
            return self.data[place]
        found = np.zeros(len(self), dtype=np.uint8)
        found[inside] = self.data[place[inside]]
        return found

    def at_places(self, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """The cells with at least one byte that is ``marked`` among all the ``used`` ones."""
        import numpy as np

        mask = np.zeros(len(self), dtype=bool)
        places = np.flatnonzero(marked)
        if len(places):
            mask[np.searchsorted(self.stops, places + self.starts[0], side="right")] = True
        return mask

    def holding(self, characters: str) -> npt.NDArray[np.bool_]:
        """The cells with at least one of these ASCII ``characters``."""
        import numpy as np

        raw = self.used
        marked = np.zeros(len(raw), dtype=bool)
        for ch in characters:
            marked |= raw == ord(ch)
        return self.at_places(marked)


def arrow(column: pd.Series[str] | pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as Arrow's text, without a copy where it is that already."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return column
    column = in_full(column)
    convert = getattr(column.array, "__arrow_array__", None)
    found = convert() if convert else pa.array(column.tolist(), pa.large_string())
    if isinstance(found, pa.Array):
        found = pa.chunked_array([found])
    return found if pa.types.is_large_string(found.type) else found.cast(pa.large_string())


def chunks(column: pd.Series[str] | pa.ChunkedArray) -> Iterator[Chunk]:
    """The cells of a column (none of them missing) as bytes."""
    import numpy as np

    at = 0
    for chunk in arrow(column).chunks:
        if not len(chunk):
            continue
        _, offsets, data = chunk.buffers()
        bounds = np.frombuffer(offsets, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
        raw = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
        yield Chunk(raw, bounds[:-1], bounds[1:], at)
        at += len(chunk)


def between(raw: npt.NDArray[np.uint8], low: int, high: int) -> npt.NDArray[np.bool_]:
    """The bytes from ``low`` to ``high``. (Comparing all is a hundred times faster than a table of 256.)"""
    import numpy as np

    found: npt.NDArray[np.bool_] = (raw - np.uint8(low)) <= np.uint8(high - low)
    return found


def holding(column: pd.Series[str], characters: str) -> npt.NDArray[np.bool_]:
    """The cells of a column with at least one of these ASCII ``characters``."""
    import numpy as np

    if is_coded(column):
        codes, cells = listed(column)
        return holding(cells, characters).take(codes)
    mask = np.zeros(len(column), dtype=bool)
    for chunk in chunks(column):
        mask[chunk.at : chunk.at + len(chunk)] = chunk.holding(characters)
    return mask


def size_of(column: pd.Series[str]) -> int:
    """The bytes of all cells together."""
    return sum(len(chunk.used) for chunk in chunks(column))


def filled(column: pd.Series[str]) -> npt.NDArray[np.bool_]:
    """The cells that are not empty."""
    import numpy as np

    if is_coded(column):
        codes, cells = listed(column)
        return filled(cells).take(codes)
    return np.concatenate([np.empty(0, dtype=bool), *(chunk.lengths > 0 for chunk in chunks(column))])


def kept(frame: pd.DataFrame, mask: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """The rows in ``mask``, numbered anew: ``frame[mask]``, six times faster where most columns are text."""
    import pandas as pd
    import pyarrow as pa

    if mask.all():
        return frame.reset_index(drop=True)
    chosen = pa.array(mask)
    columns = {
        name: text_series(arrow(column).filter(chosen)) if column.dtype == "str" else column.array[mask]
        for name, column in frame.items()
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(int(mask.sum())), copy=False)


def bare(column: pd.Series[str]) -> pd.Series[str]:
    """The cells without blanks around them; no copy where all begin and end with visible ASCII."""
    if is_coded(column):
        codes, cells = listed(column)
        return of_codes(codes, bare(cells))
    ends = (between(chunk.byte(i), 0x21, 0x7E).all() for chunk in chunks(column) for i in (0, -1))
    return column if all(ends) else column.str.strip()


def digest(column: pd.Series[str]) -> npt.NDArray[np.uint64]:
    """A number for each cell, the same for equal cells: of its length, its first and its last 8 bytes."""
    import numpy as np

    if is_coded(column):
        codes, cells = listed(column)
        return digest(cells).take(codes)
    one, two, three = (np.uint64(factor) for factor in _ODD)
    found = np.zeros(len(column), dtype=np.uint64)
    for chunk in chunks(column):
        raw = np.concatenate([chunk.used, np.zeros(8, dtype=np.uint8)])
        # at each byte, it and the seven that follow as one number
        eights = np.ndarray(len(raw) - 7, dtype="<u8", buffer=raw, strides=(1,))
        lengths = chunk.lengths
        shown = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)[np.minimum(lengths, 8)]
        starts, ends = chunk.starts - chunk.starts[0], chunk.stops - chunk.starts[0]
        first, last = (eights[at] & shown for at in (starts, np.maximum(ends - 8, starts)))
        mixed = first * one ^ last * two ^ lengths.astype(np.uint64) * three
        found[chunk.at : chunk.at + len(chunk)] = mixed ^ mixed >> np.uint64(29)
    return found


def numbered(column: pd.Series[str]) -> npt.NDArray[np.intp]:
    """A number for each cell, the same for equal cells: at little cost where the column is in order.

    In order, rising or falling: shorter ones first, then by bytes, as order numbers are in exports.
    """
    import numpy as np
    import pandas as pd
    import pyarrow.compute as pc

    whole = arrow(column).combine_chunks()
    if len(whole) < 2:
        return np.zeros(len(whole), dtype=np.intp)
    bounds = np.frombuffer(whole.buffers()[1], dtype=np.int64)[whole.offset : whole.offset + len(whole) + 1]
    longer = np.diff(np.diff(bounds))
    one, two = whole.slice(0, len(whole) - 1), whole.slice(1)
    for grows, before in ((longer > 0, pc.less_equal), (longer < 0, pc.greater_equal)):
        inside = before(one, two).to_numpy(zero_copy_only=False)
        if (grows | ((longer == 0) & inside)).all():
            changes = pc.not_equal(one, two).to_numpy(zero_copy_only=False)
            return np.concatenate([np.zeros(1, dtype=np.intp), np.cumsum(changes, dtype=np.intp)])
    codes: npt.NDArray[np.intp] = pd.factorize(column, use_na_sentinel=False)[0]
    return codes
