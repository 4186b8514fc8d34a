"""The rows of a table block as sheet XML, rendered a chunk at a time.

A row is one f-string, compiled once a table: fixed text, the row number, and a slot a column and row. What a
slot holds is worked out per column: for repeated text once a distinct value. No cell passes a library.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from sheetgen.workbook.book import Column, Table
from sheetgen.workbook.celltext import (
    all_plain,
    clean_text,
    clean_texts,
    escape,
    has_escape,
    letters,
    needs_quote,
    result,
    string_item,
)

CHUNK = 2048
INLINE_FROM = 100_000
"""rows from which near-unique text stands in its cell: spares memory, but Apple Numbers does not show it"""
EPOCH = np.datetime64("1899-12-30", "D")
FIRST_SERIAL, LAST_SERIAL = 61, 2_958_465
"""1900-03-01, before which spreadsheets count days differently, and 9999-12-31"""

Array = npt.NDArray[Any]
Take = Callable[[int, int], list[Any]]
Part = str | Take
"""fixed text, ``{r}`` for the row number, or what fills a slot"""


@dataclass
class Strings:
    """The shared strings that the rows add, by text; ``start`` is how many the package has already."""

    start: int = 0
    uses: int = 0
    index: dict[str, int] = field(default_factory=dict)

    def add(self, text: str) -> int:
        """The index of ``text``, which is clean."""
        return self.index.setdefault(text, self.start + len(self.index))


@dataclass(frozen=True, slots=True)
class Beside:
    """What the skeleton has in a row of the block outside its columns."""

    attributes: str = ""
    left: str = ""
    right: str = ""


def _blank(value: object) -> bool:
    return value is None or value == ""


@dataclass(frozen=True, slots=True)
class _Look:
    """The style ids of a column, as attributes: ordinary, and for text that could be taken for a formula."""

    plain: str
    quoted: str

    def text(self, text: str, strings: Strings) -> str:
        return f'{self.quoted if needs_quote(text) else self.plain} t="s"><v>{strings.add(text)}</v></c>'

    def inline(self, text: str, strings: Strings) -> str:
        if has_escape(text):  # readers disagree about these in inline text, not in shared text
            strings.uses += 1
            return self.text(text, strings)
        style = self.quoted if needs_quote(text) else self.plain
        return f'{style} t="inlineStr"><is>{string_item(text)}</is></c>'

    @property
    def empty(self) -> str:
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


def _number_cells(column: Column, look: _Look, strings: Strings) -> Take:
    values, holes, days = _numbers(column)
    empty, plain = look.empty, look.plain
    if days:
        return lambda i, j: [
            empty if hole else look.inline(day, strings) if _odd(v) else f"{plain}><v>{v}</v></c>"
            for v, hole, day in zip(values[i:j].tolist(), holes[i:j].tolist(), days[i:j], strict=True)
        ]
    if not holes.any():
        return lambda i, j: [f"{plain}><v>{v}</v></c>" for v in values[i:j].tolist()]
    return lambda i, j: [
        empty if hole else f"{plain}><v>{v}</v></c>"
        for v, hole in zip(values[i:j].tolist(), holes[i:j].tolist(), strict=True)
    ]


def _factors(values: Array) -> tuple[Array, list[str]]:
    import pandas as pd

    codes, found = pd.factorize(values)
    return codes.astype("int32"), [str(text) for text in found]


def _text_cells(column: Column, look: _Look, strings: Strings) -> Take:
    values = _objects(column.values)
    codes, found = _factors(values)
    if len(values) >= INLINE_FROM and len(found) * 2 > len(values):
        return lambda i, j: _inline_cells(values[i:j].tolist(), look, strings)
    found = clean_texts(found) if found else []
    strings.uses += int(np.count_nonzero(codes >= 0))
    return _picked([look.text(text, strings) if text else look.empty for text in found] + [look.empty], codes)


def _inline_cells(values: list[Any], look: _Look, strings: Strings) -> list[str]:
    texts = [value if isinstance(value, str) else "" for value in values]
    if all(texts) and all_plain(texts):
        return [f'{look.plain} t="inlineStr"><is><t>{text}</t></is></c>' for text in texts]
    cleaned = map(clean_text, texts)
    return [look.inline(text, strings) if text else look.empty for text in cleaned]


def _mixed_cells(column: Column, look: _Look, strings: Strings) -> Take:
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


def _results(column: Column) -> tuple[Part, Take]:
    """Type attributes (one for all rows where possible) and values of a formula column's cached results."""
    if column.kind in ("number", "date"):
        values, holes, days = _numbers(column)
        if days:
            holes |= (values < FIRST_SERIAL) | (values > LAST_SERIAL)
        if not holes.any():
            return "", lambda i, j: cast("list[Any]", values[i:j].tolist())
        kinds = np.array(["", ' t="str"'], dtype=object)
        return (
            lambda i, j: cast("list[Any]", kinds[holes[i:j].astype("int8")].tolist()),
            lambda i, j: [
                "" if hole else v for v, hole in zip(values[i:j].tolist(), holes[i:j].tolist(), strict=True)
            ],
        )
    cells = _objects(column.values)
    if column.kind == "text":
        codes, found = _factors(cells)
        pairs = [*map(result, found), result(None)]
        same = {kind for kind, _ in pairs} == {' t="str"'}
        types = ' t="str"' if same else _picked([kind for kind, _ in pairs], codes)
        return types, _picked([text for _, text in pairs], codes)

    @lru_cache(maxsize=1)  # both slots ask for the same chunk
    def pairs_of(i: int, j: int) -> list[tuple[str, str]]:
        return [result(value) for value in cells[i:j].tolist()]

    return (
        lambda i, j: [kind for kind, _ in pairs_of(i, j)],
        lambda i, j: [text for _, text in pairs_of(i, j)],
    )


def _cell_parts(column: Column, name: str, look: _Look, strings: Strings) -> list[Part]:
    """The parts of one cell of ``column`` in the sheet column ``name``."""
    if column.formula is None:
        if column.kind == "text":
            cells = _text_cells(column, look, strings)
        elif column.kind == "mixed":
            cells = _mixed_cells(column, look, strings)
        else:
            cells = _number_cells(column, look, strings)
        return [f'<c r="{name}', "{r}", '"', cells]
    kinds, values = _results(column)
    parts: list[Part] = [f'<c r="{name}', "{r}", f'"{look.plain}', kinds, "><f>"]
    for piece in escape(column.formula).split("{r}"):
        parts += [piece, "{r}"]
    parts[-1] = "</f><v>"
    return [*parts, values, "</v></c>"]


def _compiled(parts: list[Part]) -> tuple[Callable[[int, list[list[Any]]], list[str]], list[Take]]:
    """One f-string from ``parts`` as a function of the first row number and a list a slot; and the slots."""
    takes: list[Take] = []
    pieces: list[ast.expr] = []
    for part in parts:
        if part == "{r}" or callable(part):
            name = "r" if isinstance(part, str) else f"v{len(takes)}"
            pieces.append(ast.FormattedValue(ast.Name(name, ast.Load()), -1, None))
            if callable(part):
                takes.append(part)
        elif pieces and isinstance(last := pieces[-1], ast.Constant):
            pieces[-1] = ast.Constant(cast("str", last.value) + part)
        else:
            pieces.append(ast.Constant(part))
    names = ", ".join(f"v{slot}" for slot in range(len(takes)))
    source = f"lambda first, slots: [0 for r, {names} in zip(map(str, count(first)), *slots)]"
    tree = ast.parse(source, mode="eval")
    cast("ast.ListComp", cast("ast.Lambda", tree.body).body).elt = ast.JoinedStr(pieces)
    code = compile(ast.fix_missing_locations(tree), "<row>", "eval")
    return eval(code, {"count": count, "zip": zip, "map": map, "str": str, "__builtins__": {}}), takes


def render(
    table: Table,
    styles: Sequence[tuple[int, int]],
    strings: Strings,
    beside: Mapping[int, Beside],
) -> Iterator[tuple[int, bytes]]:
    """The rows of ``table`` as XML, a chunk at a time with its number of rows.

    ``styles``: the ids of each column, ordinary and quote-prefixed. ``beside``: further cells by row from 0.
    """
    parts: list[Part] = ['<row r="', "{r}", '">']
    for at, (column, ids) in enumerate(zip(table.columns, styles, strict=True), table.first_col):
        look = _Look(*(f' s="{style}"' if style else "" for style in ids))
        parts += _cell_parts(column, letters(at), look, strings)
    row, takes = _compiled([*parts, "</row>"])
    first = table.first_row
    others = sorted(beside)
    for i in range(0, table.rows, CHUNK):
        j = min(i + CHUNK, table.rows)
        lines = row(first + i + 1, [take(i, j) for take in takes])
        for at in others:
            if i <= at - first < j:
                near, (start, cells) = beside[at], lines[at - first - i].split(">", 1)
                cells = cells.removesuffix("</row>")
                lines[at - first - i] = f"{start}{near.attributes}>{near.left}{cells}{near.right}</row>"
        yield j - i, "".join(lines).encode()
