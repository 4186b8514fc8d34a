"""The rows of a table block as sheet XML, rendered a chunk at a time.

A row is one f-string, compiled once a table from the pieces of its cells (slots.py).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, cast

from sheetgen.workbook.book import Table
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.slots import Look, Part, Strings, Take, Variants, cell_parts, raw

CHUNK = 2048
CHUNK_BYTES = 1 << 19
"""about as much XML as is rendered at a time: what fits into a processor's cache"""


@dataclass(frozen=True, slots=True)
class Beside:
    """What the skeleton has in a row of the block outside its columns."""

    attributes: str = ""
    left: str = ""
    right: str = ""


def _compiled(parts: Sequence[Part]) -> tuple[Callable[[int, list[list[Any]]], list[str]], list[Take]]:
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
            pieces[-1] = ast.Constant(cast("str", last.value) + raw(part))
        else:
            pieces.append(ast.Constant(raw(part)))
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
    parts: list[Part | Variants] = ['<row r="', "{r}", '">']
    for at, (column, ids) in enumerate(zip(table.columns, styles, strict=True), table.first_col):
        look = Look(*(f' s="{style}"' if style else "" for style in ids))
        parts += cell_parts(column, letters(at), look, strings)
    parts.append("</row>")
    variants = [part for part in parts if isinstance(part, Variants)]

    @cache
    def row_of(gappy: tuple[bool, ...]) -> tuple[Callable[[int, list[list[Any]]], list[str]], list[Take]]:
        chosen = iter([v.gappy if any_ else v.full for v, any_ in zip(variants, gappy, strict=True)])
        return _compiled(
            [p for part in parts for p in (next(chosen) if isinstance(part, Variants) else [part])]
        )

    first, at_once = table.first_row, max(1, min(CHUNK, 16))
    others, i = sorted(beside), 0
    while i < table.rows:
        j = min(i + at_once, table.rows)
        row, takes = row_of(tuple(v.gaps(i, j) for v in variants))
        lines = row(first + i + 1, [take(i, j) for take in takes])
        for at in others:
            if i <= at - first < j:
                near, (start, cells) = beside[at], lines[at - first - i].split(">", 1)
                left, right = raw(near.left), raw(near.right)
                cells = cells.removesuffix("</row>")
                lines[at - first - i] = f"{start}{near.attributes}>{left}{cells}{right}</row>"
        chunk = "".join(lines).encode("latin-1")
        yield j - i, chunk
        at_once = max(1, min(CHUNK, CHUNK_BYTES * (j - i) // len(chunk)))
        i = j
