"""The cells of a column as pieces of XML, some rows at a time: fixed text, and Arrow strings, one a row.

``{r}`` in fixed text is the row's number. What repeats is worked out once a distinct value; no cell passes a
library, and only columns of mixed kinds pass Python cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sheetgen.workbook.book import Column
from sheetgen.workbook.celltext import (
    ERRORS,
    all_plain,
    clean_text,
    clean_texts,
    escape,
    escaped,
    has_escape,
    needs_quote,
    number,
    result,
    string_item,
)

SHARED = 1 << 16
"""how many texts are shared; later ones stand in their cells: spares memory, but Apple Numbers shows none"""
POOL = pa.system_memory_pool()
"""where rows are joined: Arrow's usual pool keeps blocks of every size it ever gave"""
EPOCH = np.datetime64("1899-12-30", "D")
FIRST_SERIAL, LAST_SERIAL = 61, 2_958_465
"""1900-03-01, before which spreadsheets count days differently, and 9999-12-31"""

Array = npt.NDArray[Any]
Piece = Any
"""fixed text (str), or a pyarrow array of strings without nulls"""
Take = Callable[[int, int], list[Piece]]
"""the pieces for some rows of a column"""


@dataclass
class Strings:
    """The shared strings by text: those that the package has already, as far as they may be looked up, and
    those that the rows add. ``offset`` is what the next one's index is above their number, ``room`` how many
    there may be.
    """

    index: dict[str, int] = field(default_factory=dict)
    offset: int = 0
    room: int = SHARED
    uses: int = 0

    def add(self, text: str, always: bool = False) -> int | None:
        """The index of ``text``, which is clean; None for a new one where there is no room left for it, which
        there is ``always`` for a few.
        """
        if always and self.room:
            return self.index.setdefault(text, self.offset + len(self.index))
        return self.all([text])[0]

    def all(self, texts: list[str]) -> list[int | None]:
        """``add`` of each."""
        index, offset = self.index, self.offset
        if len(index) + len(texts) <= self.room:
            return [index.setdefault(text, offset + len(index)) for text in texts]
        return [
            index.setdefault(text, offset + len(index)) if len(index) < self.room else index.get(text)
            for text in texts
        ]


@dataclass(frozen=True, slots=True)
class Look:
    """The style ids of a column, as attributes: ordinary, and for text that could be taken for a formula.

    Its methods give the rest of a cell, after the reference.
    """

    plain: str
    quoted: str

    def text(self, text: str, strings: Strings, always: bool = False) -> str:
        """Of a cell with clean ``text``, shared ``always`` or where there is room."""
        style = self.quoted if needs_quote(text) else self.plain
        # readers disagree about escapes in inline text, not in shared text
        at = strings.add(text, always or has_escape(text))
        return self.inline(text) if at is None else f'{style} t="s"><v>{at}</v></c>'

    def inline(self, text: str) -> str:
        """Of a cell that holds clean ``text`` itself."""
        style = self.quoted if needs_quote(text) else self.plain
        return f'{style} t="inlineStr"><is>{string_item(text)}</is></c>'

    def texts(self, texts: list[str], strings: Strings) -> list[str]:
        """``text`` of each, fast when nothing is to be escaped or quoted; of an empty one an empty cell."""
        if not all_plain(texts):
            return [self.text(text, strings) if text else self.empty for text in texts]
        shared, inline = f'{self.plain} t="s"><v>', f'{self.plain} t="inlineStr"><is><t>'
        return [
            f"{inline}{text}</t></is></c>" if at is None else f"{shared}{at}</v></c>"
            for text, at in zip(texts, strings.all(texts), strict=True)
        ]

    @property
    def empty(self) -> str:
        """Of an empty cell."""
        return f"{self.plain}/>" if self.plain else "/>"


def joined(*pieces: Piece) -> Any:
    """Fixed text and arrays, joined row by row; at least one is an array."""
    return pc.binary_join_element_wise(*pieces, "", memory_pool=POOL)


def _strings(values: Sequence[Any] | Array) -> Any:
    """Texts as an Arrow array, None and NaN as null. Their text is not clean yet."""
    try:
        found = pa.array(values, pa.string(), from_pandas=True)
    except (pa.ArrowException, UnicodeEncodeError):  # a lone surrogate, or what is no text
        texts = [None if _missing(value) else clean_text(str(value)) for value in values]
        found = pa.array(texts, pa.string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is None or bool(pd.isna(value))


def _codes(values: Sequence[Any] | Array) -> tuple[list[str], Array]:
    """The distinct texts, clean, and for each row the index of its own: one past the last for none."""
    coded = _strings(values).dictionary_encode()
    texts = coded.dictionary.to_pylist()
    return clean_texts(texts), coded.indices.fill_null(len(texts)).to_numpy()


def _picked(choices: list[str], codes: Array) -> Piece:
    """Each row's choice; fixed text where there is but one."""
    if len(set(choices)) == 1:
        return choices[0]
    return pa.array(choices, pa.string()).take(pa.array(codes))


def _numbers(values: Sequence[Any] | Array, kind: str) -> tuple[Array, Array]:
    """Numbers as a spreadsheet counts, and which are none."""
    if kind == "date":
        days = np.asarray(values).astype("datetime64[D]")
        return (days - EPOCH).astype("int64"), np.isnat(days)
    found = np.asarray(values)
    if found.dtype.kind not in "iuf":
        found = found.astype("float64")
    return found, ~np.isfinite(found)


def _digits(values: Array) -> Any:
    """Finite numbers as text, in the fewest digits that read back as the same number."""
    if values.dtype.kind == "f":
        if np.array_equal(values, np.rint(values)) and np.all(np.abs(values) < 1e15):
            return pa.array(values.astype("int64")).cast(pa.string())
        texts = pa.array(values).cast(pa.string())
        if pc.any(pc.match_substring(texts, "e")).as_py():  # Arrow's powers of ten come early
            texts = pa.array([number(value) for value in values.tolist()], pa.string())
        return texts
    return pa.array(values).cast(pa.string())


def _number_cells(values: Sequence[Any] | Array, kind: str, look: Look) -> list[Piece]:
    found, holes = _numbers(values, kind)
    if holes.all():
        return [look.empty]
    if kind == "date":
        odd = ~holes & ((found < FIRST_SERIAL) | (found > LAST_SERIAL))
        if odd.any():
            return [_days_with_odd_ones(values, found, holes, odd, look)]
    cells: list[Piece] = [f"{look.plain}><v>", _digits(np.where(holes, 0, found)), "</v></c>"]
    return [pc.if_else(pa.array(holes), look.empty, joined(*cells))] if holes.any() else cells


def _days_with_odd_ones(
    values: Sequence[Any] | Array, found: Array, holes: Array, odd: Array, look: Look
) -> Piece:
    """Days of which some are none that a spreadsheet counts; those are text."""
    days = np.asarray(values).astype("datetime64[D]").astype(str).tolist()
    rows = zip(found.tolist(), holes.tolist(), odd.tolist(), days, strict=True)
    return pa.array(
        [
            look.empty if hole else look.inline(day) if text else f"{look.plain}><v>{value}</v></c>"
            for value, hole, text, day in rows
        ],
        pa.string(),
    )


def _text_cells(values: Sequence[Any] | Array, look: Look, strings: Strings) -> list[Piece]:
    texts, codes = _codes(values)
    cells = [*look.texts(texts, strings), look.empty]
    shared = np.array([cell.endswith("</v></c>") for cell in cells])
    strings.uses += int(np.count_nonzero(shared[codes]))
    return [_picked(cells, codes)]


def _mixed_cell(value: Any, look: Look, strings: Strings) -> str:
    if isinstance(value, str):
        text = clean_text(value)
        return text_cell(text, look, strings) if text else look.empty
    if value is None:
        return look.empty
    kind, text = result(value)
    return f"{look.plain}{kind}><v>{text}</v></c>" if text else look.empty


def text_cell(text: str, look: Look, strings: Strings, always: bool = False) -> str:
    """The rest of one cell with clean ``text``, shared ``always`` or where there is room."""
    cell = look.text(text, strings, always)
    strings.uses += cell.endswith("</v></c>")
    return cell


def _kind_of(values: Sequence[Any] | Array, kind: str) -> str:
    """What ``values`` of a mixed column are: all text, all numbers, or indeed mixed."""
    if kind != "mixed":
        return kind
    found = set(map(type, values)) - {type(None)}
    if found <= {str}:
        return "text"
    return "number" if found <= {float, int} else "mixed"


def _slice(values: Sequence[Any] | Array, i: int, j: int, kind: str) -> tuple[Any, str]:
    """Some of the values, and of what kind they are."""
    part = values.iloc[i:j] if hasattr(values, "iloc") else values[i:j]
    kind = _kind_of(part, kind)
    return (np.array(part, dtype="float64") if kind == "number" and isinstance(part, list) else part), kind


def _results(values: Any, kind: str) -> tuple[Piece, Piece]:
    """Type attributes and texts of a formula's cached results."""
    if kind in ("number", "date"):
        found, holes = _numbers(values, kind)
        if kind == "date":
            holes |= (found < FIRST_SERIAL) | (found > LAST_SERIAL)
        if holes.all():
            return ' t="str"', ""
        digits = _digits(np.where(holes, 0, found))
        if not holes.any():
            return "", digits
        where = pa.array(holes)
        return pc.if_else(where, ' t="str"', ""), pc.if_else(where, "", digits)
    if kind == "text":
        texts, codes = _codes(values)
        errors = [' t="e"' if text in ERRORS else ' t="str"' for text in texts]
        return _picked([*errors, ' t="str"'], codes), _picked([*escaped(texts), ""], codes)
    pairs = [result(value) for value in values]
    kinds, shown = (pa.array([pair[at] for pair in pairs], pa.string()) for at in (0, 1))
    return kinds, shown


def cells_of(column: Column, name: str, look: Look, strings: Strings) -> Take:
    """The cells of ``column`` in the sheet column ``name``."""
    if column.formula is not None:
        formula = f"><f>{escape(column.formula)}</f><v>"

        def live(i: int, j: int) -> list[Piece]:
            kinds, texts = _results(*_slice(column.values, i, j, column.kind))
            return [f'<c r="{name}{{r}}"{look.plain}', kinds, formula, texts, "</v></c>"]

        return live

    def plain(i: int, j: int) -> list[Piece]:
        values, kind = _slice(column.values, i, j, column.kind)
        if kind == "text":
            cells = _text_cells(values, look, strings)
        elif kind == "mixed":
            cells = [pa.array([_mixed_cell(value, look, strings) for value in values], pa.string())]
        else:
            cells = _number_cells(values, kind, look)
        return [f'<c r="{name}{{r}}"', *cells]

    return plain
