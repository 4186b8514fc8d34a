"""A column of a table block as pieces of its cells' XML: fixed text, the row number, and slots.

What a slot holds is worked out per column: for repeated text once a distinct value. No cell passes a library.
All text is UTF-8 whose bytes stand one in a character, which Python joins and encodes by copying them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from sheetgen.workbook.book import Column
from sheetgen.workbook.celltext import (
    all_plain,
    clean_text,
    clean_texts,
    escape,
    has_escape,
    needs_quote,
    result,
    string_item,
)

INLINE_FROM = 100_000
"""rows from which near-unique text stands in its cell: spares memory, but Apple Numbers does not show it"""
EPOCH = np.datetime64("1899-12-30", "D")
FIRST_SERIAL, LAST_SERIAL = 61, 2_958_465
"""1900-03-01, before which spreadsheets count days differently, and 9999-12-31"""

Array = npt.NDArray[Any]
Take = Callable[[int, int], list[Any]]
Part = str | Take
"""fixed text, ``{r}`` for the row number, or what fills a slot"""


@dataclass(frozen=True, slots=True)
class Variants:
    """The parts of a cell where ``gaps(i, j)`` finds an odd one among the rows, and the shorter ones else."""

    gaps: Callable[[int, int], bool]
    gappy: list[Part]
    full: list[Part]


@dataclass
class Strings:
    """The shared strings that the rows add, by text; ``start`` is how many the package has already."""

    start: int = 0
    uses: int = 0
    index: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> int:
        """The index of ``text``, which is clean."""
        return self.index.setdefault(text, self.start + len(self.index))


def raw(text: str) -> str:
    """The UTF-8 of ``text``, a character a byte."""
    return text if text.isascii() else text.encode().decode("latin-1")


def _blank(value: object) -> bool:
    return value is None or value == ""


@dataclass(frozen=True, slots=True)
class Look:
    """The style ids of a column, as attributes: ordinary, and for text that could be taken for a formula."""

    plain: str
    quoted: str

    def text(self, text: str, strings: Strings) -> str:
        """The rest of a cell with shared ``text``, which is clean."""
        return f'{self.quoted if needs_quote(text) else self.plain} t="s"><v>{strings.add(text)}</v></c>'

    def inline(self, text: str, strings: Strings) -> str:
        """The rest of a cell that holds clean ``text`` itself."""
        if has_escape(text):  # readers disagree about these in inline text, not in shared text
            strings.uses += 1
            return self.text(text, strings)
        style = self.quoted if needs_quote(text) else self.plain
        return f'{style} t="inlineStr"><is>{string_item(text)}</is></c>'

    @property
    def empty(self) -> str:
        """The rest of an empty cell."""
        return f"{self.plain}/>" if self.plain else "/>"


def _objects(values: Sequence[Any] | Array) -> Array:
    import pandas as pd

    array = np.empty(len(values), dtype=object)
    array[:] = values.to_numpy(dtype=object) if hasattr(values, "to_numpy") else list(values)
    array[pd.isna(array)] = None
    return array


def _picked(choices: list[str], codes: Array) -> Take:
    table = np.array(choices, dtype=object)
    return lambda i, j: cast("list[Any]", table[codes[i:j]].tolist())


def _numbers(column: Column) -> tuple[Array, Array, list[str]]:
    """Values as numbers (whole ones int64), which are empty, and text by row if some day is out of range."""
    if column.kind == "date":
        days = np.asarray(column.values).astype("datetime64[D]")
        values = (days - EPOCH).astype("int64")
        holes = np.isnat(days)
        odd = ~holes & ((values < FIRST_SERIAL) | (values > LAST_SERIAL))
        return values, holes, days.astype(str).tolist() if odd.any() else []
    values = np.asarray(column.values)
    if values.dtype.kind not in "iuf":
        values = values.astype("float64")
    holes = ~np.isfinite(values)
    whole = np.where(holes, 0, values)
    if values.dtype.kind == "f" and np.array_equal(whole, np.rint(whole)) and np.all(np.abs(whole) < 1e15):
        values = whole.astype("int64")
    return values, holes, []


def _odd(value: int) -> bool:
    return not FIRST_SERIAL <= value <= LAST_SERIAL


def _gaps_in(holes: Array) -> Callable[[int, int], bool]:
    """From the first hole on; everywhere, where that is early: each change of mind costs a compiled row."""
    first = int(holes.argmax()) if holes.any() else len(holes)
    until = first if 2 * first >= len(holes) else 0
    return lambda i, j: j > until


def _shortest(values: Array) -> list[Any]:
    """Numbers as Python's own, the whole ones among them as int: ``5``, not ``5.0``."""
    found: list[Any] = values.tolist()
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            whole = np.flatnonzero((values == np.rint(values)) & (np.abs(values) < 1e15))
        for i, v in zip(whole.tolist(), values[whole].astype("int64").tolist(), strict=True):
            found[i] = v
    return found


def _number_cells(column: Column, look: Look, strings: Strings) -> Variants:
    values, holes, days = _numbers(column)
    empty, plain = look.empty, look.plain
    odd = ~holes & ((values < FIRST_SERIAL) | (values > LAST_SERIAL)) if days else holes

    def gappy(i: int, j: int) -> list[Any]:
        texts = days[i:j] if days else [""] * (j - i)
        return [
            empty if hole else look.inline(day, strings) if days and _odd(v) else f"{plain}><v>{v}</v></c>"
            for v, hole, day in zip(_shortest(values[i:j]), holes[i:j].tolist(), texts, strict=True)
        ]

    full: list[Part] = [f"{plain}><v>", lambda i, j: _shortest(values[i:j]), "</v></c>"]
    return Variants(_gaps_in(holes | odd), [gappy], full)


def _factors(values: Sequence[Any] | Array) -> tuple[Array, list[str]]:
    import pandas as pd

    codes, found = pd.factorize(values if isinstance(values, pd.Series) else _objects(values))
    return codes.astype("int32"), [str(text) for text in found]


def _text_cells(column: Column, look: Look, strings: Strings) -> Take:
    values = column.values
    codes, found = _factors(values)
    if len(values) >= INLINE_FROM and len(found) * 2 > len(values):
        return lambda i, j: _inline_cells(_objects(values[i:j]).tolist(), look, strings)
    found = clean_texts(found) if found else []
    strings.uses += int(np.count_nonzero(codes >= 0))
    return _picked([look.text(text, strings) if text else look.empty for text in found] + [look.empty], codes)


def _inline_cells(values: list[Any], look: Look, strings: Strings) -> list[str]:
    texts = [value if isinstance(value, str) else "" for value in values]
    if all(texts) and all_plain(texts):
        return [f'{look.plain} t="inlineStr"><is><t>{raw(text)}</t></is></c>' for text in texts]
    cleaned = map(clean_text, texts)
    return [raw(look.inline(text, strings)) if text else look.empty for text in cleaned]


def _mixed_cells(column: Column, look: Look, strings: Strings) -> Take:
    values = _objects(column.values)

    def cell(value: Any) -> str:
        if _blank(value):
            return look.empty
        if isinstance(value, str):
            text = clean_text(value)
            strings.uses += 1
            return look.text(text, strings) if text else look.empty
        kind, text = result(value)
        return f"{look.plain}{kind}><v>{text}</v></c>" if text else look.empty

    return lambda i, j: [cell(value) for value in values[i:j].tolist()]


def _only_numbers(column: Column) -> Column:
    """A mixed column that has no text in it as one of numbers."""
    if column.kind != "mixed" or not set(map(type, column.values)) <= {float, int, type(None)}:
        return column
    return replace(column, kind="number", values=np.array(column.values, dtype="float64"))


def _results(column: Column) -> tuple[Callable[[int, int], bool], tuple[Part, Take], tuple[Part, Take]]:
    """Type attributes (one for all rows where possible) and values of a formula column's cached results.

    Twice, for rows where some result is not of the usual kind, and for the others.
    """
    if column.kind in ("number", "date"):
        values, holes, days = _numbers(column)
        if days:
            holes |= (values < FIRST_SERIAL) | (values > LAST_SERIAL)
        kinds = np.array(["", ' t="str"'], dtype=object)
        gappy: tuple[Part, Take] = (
            lambda i, j: cast("list[Any]", kinds[holes[i:j].astype("int8")].tolist()),
            lambda i, j: [
                "" if hole else v for v, hole in zip(_shortest(values[i:j]), holes[i:j].tolist(), strict=True)
            ],
        )
        return _gaps_in(holes), gappy, ("", lambda i, j: _shortest(values[i:j]))
    cells = _objects(column.values)
    if column.kind == "text" or set(map(type, cells)) <= {str, type(None)}:
        codes, found = _factors(cells)
        pairs = [*map(result, found), result(None)]
        texts = _picked([raw(text) for _, text in pairs], codes)
        same = {kind for kind, _ in pairs} == {' t="str"'}
        types: Part = ' t="str"' if same else _picked([kind for kind, _ in pairs], codes)
        return (lambda i, j: False), (types, texts), (types, texts)

    @lru_cache(maxsize=1)  # both slots ask for the same chunk
    def pairs_of(i: int, j: int) -> list[tuple[str, str]]:
        return [result(value) for value in cells[i:j].tolist()]

    each: tuple[Part, Take] = (
        lambda i, j: [kind for kind, _ in pairs_of(i, j)],
        lambda i, j: [raw(text) for _, text in pairs_of(i, j)],
    )
    return (lambda i, j: False), each, each


def cell_parts(column: Column, name: str, look: Look, strings: Strings) -> list[Part | Variants]:
    """The parts of one cell of ``column`` in the sheet column ``name``."""
    column = _only_numbers(column)
    if column.formula is None:
        cells: Part | Variants
        if column.kind == "text":
            cells = _text_cells(column, look, strings)
        elif column.kind == "mixed":
            cells = _mixed_cells(column, look, strings)
        else:
            cells = _number_cells(column, look, strings)
        return [f'<c r="{name}', "{r}", '"', cells]
    gaps, *both = _results(column)
    formula: list[Part] = ["><f>"]
    for piece in escape(column.formula).split("{r}"):
        formula += [piece, "{r}"]
    formula[-1] = "</f><v>"
    gappy, full = ([kinds, *formula, values, "</v></c>"] for kinds, values in both)
    return [f'<c r="{name}', "{r}", f'"{look.plain}', Variants(gaps, gappy, full)]
