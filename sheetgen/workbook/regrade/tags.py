"""Where the cells of a block of rows are, found by arrays: for rows of cells in the plainest of looks.

A tag is known by its first bytes. Each may stand only where one of its kind may, and text only in formulas
and values; a block in which anything else stands is not taken apart here at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy.typing as npt

PAD: Final = b"\0" * 16
"""behind a block, so that the bytes behind any of its tags can be looked at"""
_ODD, _ROW, _ROW_END, _CELL, _CELL_END, _EMPTY, _FORMULA, _FORMULA_END, _VALUE, _VALUE_END = range(10)
_INLINE, _INLINE_END, _TEXT, _TEXT_END = range(10, 14)
_NO_CELLS: Final = 14
"""a row without any"""
_TAGS: Final = {
    b"ro": _ROW, b"/r": _ROW_END, b"c ": _CELL, b"/c": _CELL_END, b"f>": _FORMULA, b"f ": _FORMULA,
    b"/f": _FORMULA_END, b"v>": _VALUE, b"/v": _VALUE_END, b"is": _INLINE, b"/i": _INLINE_END,
    b"t>": _TEXT, b"t ": _TEXT, b"/t": _TEXT_END,
}  # fmt: skip
"""the first bytes of a tag"""
_SIZES: Final = {
    _ROW_END: 6, _CELL_END: 4, _FORMULA_END: 4, _VALUE: 3, _VALUE_END: 4, _INLINE: 4, _INLINE_END: 5,
    _TEXT_END: 4,
}  # fmt: skip
"""bytes of those that have no attributes"""
_AFTER: Final = {
    _ROW: (_CELL, _EMPTY, _ROW_END), _ROW_END: (_ROW, _NO_CELLS), _NO_CELLS: (_ROW, _NO_CELLS),
    _CELL: (_FORMULA, _VALUE, _INLINE, _CELL_END), _CELL_END: (_CELL, _EMPTY, _ROW_END),
    _EMPTY: (_CELL, _EMPTY, _ROW_END), _FORMULA: (_FORMULA_END,), _FORMULA_END: (_VALUE, _CELL_END),
    _VALUE: (_VALUE_END,), _VALUE_END: (_CELL_END,), _INLINE: (_TEXT,), _TEXT: (_TEXT_END,),
    _TEXT_END: (_INLINE_END,), _INLINE_END: (_CELL_END,),
}  # fmt: skip
_MORE: Final = ((_FORMULA, b'<f aca="false">'), (_TEXT, b'<t xml:space="preserve">'))
"""what a tag may say, and the shortest one need not: LibreOffice says it of every formula"""
_LETTERS, _DIGITS = 3, 7
_QUOTE, _SLASH, _SPACE = b'"/ '


@dataclass(frozen=True)
class Tagged:
    """A block. ``rows``: the number of each, from 0. ``row``, ``col``: of each cell, in the order of the XML.

    ``looks``, ``formulas`` and ``values`` are where a cell's further attributes, formula and value begin and
    end in the block, a pair a cell; two zeros for no formula, no value. ``inline``: whether the value is an
    inline text.
    """

    rows: npt.NDArray[Any]
    row: npt.NDArray[Any]
    col: npt.NDArray[Any]
    looks: npt.NDArray[Any]
    formulas: npt.NDArray[Any]
    values: npt.NDArray[Any]
    inline: npt.NDArray[Any]


def tagged(block: bytes) -> Tagged | None:
    """The cells of a block that begins with a row and ends with one, PAD behind it; None for another look."""
    import numpy as np

    a = np.frombuffer(block, dtype=np.uint8)
    begin, end = np.flatnonzero(a == 60), np.flatnonzero(a == 62)
    if not len(begin) or len(begin) != len(end) or end[-1] + 1 + len(PAD) != len(a) or begin[0]:
        return None
    kinds = _table(tuple(_TAGS.items()))[_words(block, "<u2")[begin + 1]]
    bare = np.flatnonzero(a[end - 1] == _SLASH)
    kinds[bare] = _bare()[kinds[bare]]
    if kinds[0] not in (_ROW, _NO_CELLS) or kinds[-1] not in (_ROW_END, _NO_CELLS):
        return None
    gaps, sizes = begin[1:] - end[:-1], end - begin + 1
    within = (kinds == _FORMULA) | (kinds == _VALUE) | (kinds == _TEXT)
    good = _allowed()[kinds[:-1] * np.uint8(_NO_CELLS + 1) + kinds[1:]] & (sizes > 2)[1:]
    good &= (gaps == 1) | ((gaps > 1) & within[:-1])
    wanted = _sizes()[kinds]
    if not good.all() or not ((wanted == sizes) | (wanted == 0)).all():
        return None
    is_row = (kinds == _ROW) | (kinds == _NO_CELLS)
    is_cell = (kinds == _CELL) | (kinds == _EMPTY)
    rows, own = _rows(block, a, begin[is_row])
    tags = begin[is_cell]
    if not len(rows) or not _plain_tags(a, begin, sizes, kinds):
        return None
    whose = np.cumsum(is_row)[is_cell] - 1
    found = _names(block, a, tags, own[whose])
    if found is None:
        return None
    col, at = found
    stop = end[is_cell]
    empty = kinds[is_cell] == _EMPTY
    stop = stop - empty
    stop = stop - (empty & (a[stop - 1] == _SPACE))
    cell, pairs = np.cumsum(is_cell) - 1, np.zeros((2, len(tags), 2), dtype=np.int32)
    for kind, pair in ((_FORMULA, pairs[0]), (_VALUE, pairs[1]), (_TEXT, pairs[1])):
        here = np.flatnonzero(kinds == kind)
        pair[cell[here], 0], pair[cell[here], 1] = end[here] + 1, begin[here + 1]
    inline = np.zeros(len(tags), dtype=bool)
    inline[cell[kinds == _TEXT]] = True
    looks = np.column_stack([at, stop]).astype(np.int32)
    return Tagged(rows - 1, (rows - 1)[whose], col, looks, pairs[0], pairs[1], inline)


def _words(block: bytes, kind: str) -> Any:
    """The numbers that the bytes from each place on are."""
    import numpy as np

    size = np.dtype(kind).itemsize
    return np.ndarray((len(block) - size + 1,), kind, block, strides=(1,))


@cache
def _table(tags: tuple[tuple[bytes, int], ...]) -> Any:
    """Two bytes, as a number -> kind."""
    import numpy as np

    found = np.zeros(1 << 16, dtype=np.uint8)
    for tag, kind in tags:
        found[int.from_bytes(tag, "little")] = kind
    return found


@cache
def _bare() -> Any:
    """Kind -> the kind of an empty element of that name."""
    import numpy as np

    found = np.zeros(_NO_CELLS + 1, dtype=np.uint8)
    found[_CELL], found[_ROW] = _EMPTY, _NO_CELLS
    return found


@cache
def _sizes() -> Any:
    import numpy as np

    return np.asarray([_SIZES.get(kind, 0) for kind in range(_NO_CELLS + 1)])


@cache
def _allowed() -> Any:
    """Kind times the number of kinds, and the kind after it -> whether it may be there."""
    import numpy as np

    found = np.zeros((_NO_CELLS + 1, _NO_CELLS + 1), dtype=bool)
    for kind, after in _AFTER.items():
        found[kind, list(after)] = True
    return found.ravel()


def _plain_tags(a: Any, begin: Any, sizes: Any, kinds: Any) -> bool:
    """Whether no formula's and no text's tag says more than the little that is known."""
    import numpy as np

    for kind, wanted in _MORE:
        here = kinds == kind
        told = begin[here][sizes[here] > len(b"<f>")]
        if len(told) and (
            told[-1] + len(wanted) > len(a)
            or not (a[told[:, None] + np.arange(len(wanted))] == np.frombuffer(wanted, dtype=np.uint8)).all()
        ):
            return False
    return True


def _rows(block: bytes, a: Any, begin: Any) -> tuple[Any, Any]:
    """The numbers of the rows, from 1, whose tags begin there, and as eight bytes their digits and the quote
    behind them. Nothing where one says it in another way.
    """
    import numpy as np

    at = begin + len(b'<row r="')
    start, head = at, _words(block, "<u8")[begin] == int.from_bytes(b'<row r="', "little")
    value, going = np.zeros(len(at), dtype=np.int32), a[at] != ord("0")
    for _ in range(_DIGITS):
        digit = a[at].astype(np.int32) - 48
        going &= (digit >= 0) & (digit <= 9)
        value = np.where(going, value * 10 + digit, value)
        at = at + going
    if not bool((head & (value > 0) & (a[at] == _QUOTE)).all()):
        return value[:0], value[:0]
    return value, _first(_words(block, "<u8")[start], at - start + 1)


def _first(words: Any, size: Any) -> Any:
    """Eight bytes each, NUL but for the first ``size`` of them."""
    import numpy as np

    return words & (np.uint64(0xFFFFFFFFFFFFFFFF) >> (64 - 8 * size).astype(np.uint64))


def _names(block: bytes, a: Any, begin: Any, own: Any) -> tuple[Any, Any] | None:
    """The columns of the cells whose tags begin there, and where what else they say begins.

    None where one says it in another way. ``own``: the digits of its row, and the quote behind them.
    """
    import numpy as np

    words = _words(block, "<u8")
    head = words[begin] & np.uint64((1 << 48) - 1) == np.uint64(int.from_bytes(b'<c r="', "little"))
    at, col, going = begin + len(b'<c r="'), np.zeros(len(begin), dtype=np.int32), True
    for _ in range(_LETTERS):
        letter = a[at].astype(np.int32) - 64
        going = going & (letter >= 1) & (letter <= 26)
        col = np.where(going, col * 26 + letter, col)
        at = at + going
    size = np.ones(len(own), dtype=np.int64)
    for i in range(1, _DIGITS + 1):
        size += own >= np.uint64(1 << 8 * i)
    same = _first(words[at], size) == own
    return (col - 1, at + size) if bool((head & (col > 0) & same).all()) else None
