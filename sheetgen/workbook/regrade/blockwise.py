"""The cells of a block of rows, where its tags are known, made into columns: arrays all the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetgen.workbook.patch.markup import unescaped
from sheetgen.workbook.regrade.columns import NO_FORMULA, NOTHING, NUMBER, Column, chunk
from sheetgen.workbook.regrade.converted import INLINE, SHARED, Converter
from sheetgen.workbook.regrade.looks import OWN, own_numbers

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.tags import Tagged

_LOOK: Final = re.compile(rb'(?: s="\d+")?(?: t="(?:n|s|str|b|e|inlineStr)")?')
_UNFIT: Final = re.compile(rb"\r|&(?!(?:amp|lt|gt|quot|apos);)")
_MOST: Final = 8
"""formulas of a column in a block of which copies are looked for"""
_ALONE: Final = ("", "", "")


@dataclass
class Blockwise:
    """Makes columns of blocks with the codes of ``convert.pools``.

    ``known``: column -> the formulas met in it, each as the pieces around the numbers of its row, and a code.
    """

    convert: Converter
    known: dict[int, list[tuple[list[bytes], int]]] = field(default_factory=dict)

    def columns(self, block: bytes, found: Tagged) -> dict[int, Column] | None:
        """Column -> its cells; None where a cell or a formula looks odd."""
        import numpy as np

        if not len(found.row):
            return {}  # rows that hold a height and no cell
        words, codes = _coded(_slices(block, found.looks))
        if not all(map(_LOOK.fullmatch, words)):
            return None
        own = np.asarray([self.convert.attributes[word] for word in words], dtype=np.int64)[codes]
        types, looks = (
            np.asarray(of, dtype=np.int32)[own] for of in (self.convert.types, self.convert.looks)
        )
        ruled, full = found.formulas[:, 0] > 0, found.values[:, 0] > 0
        if bool((((types == INLINE) != found.inline) & full).any()):
            return None  # a text in another place than its cell says
        kinds, values = self._values(block, found, types, ruled)
        digits = _digits(found.rows)
        order = np.argsort(found.col.astype(np.int16), kind="stable")
        columns, starts = np.unique(found.col[order], return_index=True)
        made: dict[int, Column] = {}
        for col, at in zip(columns.tolist(), np.split(order, starts[1:]), strict=True):
            rows = found.row[at]
            if bool((np.diff(rows) <= 0).any()):
                return None  # the same cell twice
            formulas = np.full(len(at), NO_FORMULA, dtype=np.int32)
            here = np.flatnonzero(ruled[at])
            if len(here):
                said = digits if len(here) == len(found.rows) else _digits(rows[here])
                told = self._formulas(col, rows[here], (_slices(block, found.formulas[at[here]]), said))
                if told is None:
                    return None
                formulas[here] = told
            made[col] = chunk(rows, kinds[at], values[at], formulas, looks[at])
        return made

    def _values(self, block: bytes, found: Tagged, types: Any, ruled: Any) -> tuple[Any, Any]:
        """Kind and value of each cell. ``ruled``: whether it has a formula."""
        import numpy as np

        full = found.values[:, 0] > 0
        kinds, values = np.full(len(types), NOTHING, dtype=np.uint8), np.zeros(len(types))
        for kind in np.unique(types).tolist():
            here = np.flatnonzero((types == kind) & full)
            if not len(here):
                continue
            raw = _slices(block, found.values[here])
            if kind in (NUMBER, SHARED):
                numbers = _numbers(raw, kind, len(self.convert.pools.shared))
                if numbers is not None:
                    kinds[here], values[here] = self.convert.kind(kind), numbers
                    continue
                words = raw.to_pylist()
                told = [
                    self.convert.value(kind, w, f) for w, f in zip(words, ruled[here].tolist(), strict=True)
                ]
                kinds[here], values[here] = zip(*told, strict=True)
                continue
            words, codes = _coded(raw)
            pool = self.convert.texts[kind]
            values[here] = np.asarray([pool[word] for word in words], dtype=np.float64)[codes]
            empty = np.asarray([not word for word in words], dtype=bool)[codes]
            kinds[here] = np.where(empty & ~ruled[here], NOTHING, self.convert.kind(kind))
        return kinds, values

    def _formulas(self, col: int, rows: Any, cells: tuple[Any, Any]) -> Any:
        """The codes of a column's formulas; None where one looks odd. ``cells``: their texts, and the numbers
        of their rows as text."""
        import numpy as np

        codes, left = np.full(len(rows), NO_FORMULA, dtype=np.int32), np.arange(len(rows))
        known = self.known.setdefault(col, [])
        for pieces, code in known[-_MOST:][::-1]:
            left = _met(codes, left, cells, pieces, code)
            if not len(left):
                return codes
        pools = self.convert.pools.formulas
        for count in range(len(left)):
            at = int(left[0])
            text, number = cells[0][at].as_py(), b"%d" % (rows[at] + 1)
            if _UNFIT.search(text):
                return None
            pieces = own_numbers(text, number)
            try:
                formula = unescaped(OWN.encode().join(pieces).decode())
            except UnicodeDecodeError:
                return None
            code = pools.setdefault((formula, _ALONE), len(pools))
            if count < _MOST:
                known.append((pieces, code))
                left = _met(codes, left, cells, pieces, code)
            else:
                codes[at], left = code, left[1:]
            if not len(left):
                break
        return codes


def _digits(rows: Any) -> Any:
    """The numbers of rows as they stand in formulas."""
    import pyarrow as pa

    return pa.array(rows + 1).cast(pa.string()).cast(pa.binary())


def _met(codes: Any, left: Any, cells: tuple[Any, Any], pieces: Sequence[bytes], code: int) -> Any:
    """Those of ``left`` that are no copy of a formula; the others get its code."""
    import pyarrow as pa
    import pyarrow.compute as pc

    raw, digits = cells if len(left) == len(codes) else (of.take(pa.array(left)) for of in cells)
    parts = [pa.scalar(pieces[0], pa.binary())]
    for piece in pieces[1:]:
        parts += (digits, pa.scalar(piece, pa.binary()))
    copy = pc.binary_join_element_wise(*parts, pa.scalar(b"", pa.binary())) if len(pieces) > 1 else parts[0]
    same = pc.equal(raw, copy).to_numpy(zero_copy_only=False)
    codes[left[same]] = code
    return left[~same]


def _slices(block: bytes, pairs: Any) -> Any:
    """The bytes from and to these places, which rise, in an array of pyarrow's."""
    import numpy as np
    import pyarrow as pa

    if not len(pairs):
        return pa.array([], pa.binary())
    offsets = np.ascontiguousarray(pairs, dtype=np.int32).ravel()
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(block)]
    found = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
    return found.take(pa.array(np.arange(0, len(offsets), 2)))


def _coded(found: Any) -> tuple[list[bytes], Any]:
    """What is there, and the place in that list of each."""
    made = found.dictionary_encode()
    return made.dictionary.to_pylist(), made.indices.to_numpy()


def _numbers(found: Any, kind: int, shared: int) -> Any:
    """Numbers, or the codes of shared strings; None where one of them is odd."""
    import numpy as np
    import pyarrow as pa

    try:
        text = pa.Array.from_buffers(pa.string(), len(found), found.buffers())
        numbers = text.cast(pa.float64() if kind == NUMBER else pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    if kind == NUMBER:
        return numbers if bool(np.isfinite(numbers).all()) else None
    good = not len(numbers) or (numbers.min() >= 0 and numbers.max() < shared)
    return numbers.astype(np.float64) if good else None
