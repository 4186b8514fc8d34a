"""Lines of a table that are no records: blanks, the header once more, totals, closing lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.cells import Chunk, chunks
from sheetgen.ingest.words import FOOTER

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from sheetgen.ingest.reading import Layout

_FOOTER_STARTS: Final = frozenset(word[0] for word in FOOTER) | frozenset("TGSＴ共#导制审打注以（(")
_CLOSING: Final = re.compile(r"#.*|共\s*\d+\s*[条笔行].*|导出.*|制表.*|审核.*|打印.*|以上.*")


def may_be_structure(row: Sequence[str], header: Sequence[str]) -> bool:
    """A quick look at the first cell that spares most records the full question."""
    first = row[0]
    return not first or first[0] in _FOOTER_STARTS or first[0].isspace() or first == header[0]


def is_structure(row: Sequence[str], header: Sequence[str], naming: Sequence[int]) -> bool:
    """True for blank rows, the header once more, totals, and closing lines such as 制表人.

    ``naming``: the columns that only a record fills in (id, name, date, order).
    """
    cells = [unicodedata.normalize("NFKC", cell).strip() for cell in row]
    filled = [cell for cell in cells if cell]
    if not filled:
        return True
    if [c.strip() for c in row] == [h.strip() for h in header]:
        return True
    if len(filled) == 1 and len(row) > 1 and _CLOSING.fullmatch(filled[0]):
        return True
    return _is_total(filled[0]) and all(not cells[i] or _is_total(cells[i]) for i in naming)


def _is_total(cell: str) -> bool:
    word = "".join(cell.casefold().split()).rstrip(":").split("(")[0]
    return word in FOOTER or word in {"grandtotal", "subtotal"}


def structural(cells: pa.Table, layout: Layout) -> npt.NDArray[np.bool_]:
    """``is_structure`` for each row of ``cells``, asked only where the first cells leave it open."""
    import numpy as np
    import pyarrow as pa

    mask = np.zeros(len(cells), dtype=bool)
    for chunk in chunks(cells.column(0).cast(pa.large_string())):
        mask[chunk.at : chunk.at + len(chunk)] = _candidates(chunk, layout.headers[0])
    rows = np.flatnonzero(mask)
    if len(rows):
        some = cells.take(pa.array(rows))
        some = some.cast(pa.schema([(name, pa.large_string()) for name in some.column_names]))
        open_ = _left_open(some, layout.headers)
        rows, some = rows[open_], some.filter(pa.array(open_))
    mask[:] = False
    if len(rows):
        everyone = np.ones(len(rows), dtype=bool)
        header, naming = layout.headers, layout.naming
        mask[rows] = [is_structure(row, header, naming) for row in rows_of(some, everyone)]
    return mask


def rows_of(cells: pa.Table, mask: npt.NDArray[np.bool_]) -> list[list[str]]:
    """The rows in ``mask`` as lists."""
    import pyarrow as pa

    some = cells.filter(pa.array(mask))
    return [list(row) for row in zip(*(column.to_pylist() for column in some.columns), strict=True)]


def is_total(row: Sequence[str]) -> bool:
    """Whether the first filled cell of a line that is structure says that it is a total."""
    filled = (unicodedata.normalize("NFKC", cell).strip() for cell in row)
    return _is_total(next((cell for cell in filled if cell), ""))


def _candidates(chunk: Chunk, header: str) -> npt.NDArray[np.bool_]:
    """The cells that ``may_be_structure`` would not rule out, by their first bytes."""
    import numpy as np

    first = chunk.byte(0)
    known = {n: np.array(codes, dtype=np.uint32) for n, codes in _start_codes(header[:1]).items()}
    mask = np.isin(np.arange(256), known[1]).take(first)
    mask |= chunk.lengths == 0
    if (first >= 0xC2).any():
        one, two, three = first.astype(np.uint32), *(chunk.byte(i).astype(np.uint32) for i in (1, 2))
        mask |= np.isin(one << 8 | two, known[2]) & (one >= 0xC2) & (one < 0xE0)
        mask |= np.isin(one << 16 | two << 8 | three, known[3]) & (one >= 0xE0) & (one < 0xF0)
        mask |= one >= 0xF0 if len(header[:1].encode()) > 3 else False
    return mask


@cache
def _start_codes(also: str) -> dict[int, tuple[int, ...]]:
    """The first characters of structure, as numbers of their UTF-8 bytes, by how many these are."""
    spaces = {chr(i) for i in range(0x3001) if chr(i).isspace()}
    codes: dict[int, list[int]] = {1: [], 2: [], 3: [], 4: []}
    for ch in _FOOTER_STARTS | spaces | set(also):
        encoded = ch.encode()
        codes[len(encoded)].append(int.from_bytes(encoded, "big"))
    return {n: tuple(sorted(found)) for n, found in codes.items()}


def _left_open(some: pa.Table, header: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Rows whose first filled cell is nothing at all, a total, a closing word or a header."""
    import numpy as np
    import pyarrow.compute as pc

    filled = []
    for column in some.columns:
        bare = pc.utf8_trim_whitespace(column)
        filled.append(pc.if_else(pc.equal(bare, ""), None, bare))
    first = pc.coalesce(*filled, "").combine_chunks().dictionary_encode()
    first = first.chunk(0) if hasattr(first, "chunks") else first
    headers = {h.strip() for h in header}
    answers = np.array([_opens(cell, headers) for cell in first.dictionary.to_pylist()], dtype=bool)
    found: npt.NDArray[Any] = answers[first.indices.to_numpy()]
    return found


def _opens(cell: str, headers: set[str]) -> bool:
    plain = unicodedata.normalize("NFKC", cell).strip()
    return not plain or cell.strip() in headers or bool(_CLOSING.fullmatch(plain)) or _is_total(plain)
