"""Links of ours to sheets that staff gave another name: they lead there again. Staff's own are told of.

A program that renames a sheet rewrites the references of formulas, but no text in them, and no link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from sheetgen.model import Issue
from sheetgen.workbook.celltext import escape
from sheetgen.workbook.layout import LINKS, title_of
from sheetgen.workbook.patch.edits import Edit, Edits, Formula
from sheetgen.workbook.patch.links import linked_sheets
from sheetgen.workbook.regrade.blocks import LOOK_AT, headers_of
from sheetgen.workbook.regrade.columns import NO_FORMULA
from sheetgen.workbook.regrade.grids import Grid, grid_of, place, text_of

if TYPE_CHECKING:
    from sheetgen.workbook.patch.proved import Look
    from sheetgen.workbook.regrade.source import Source

SHOWN: Final = 5
_TEXT: Final = re.compile(r"\"#(?:'((?:[^'\"]|''|\"\")*)'|([^'\"!]+))!")
"""in a formula, the text that a link to a place in the book begins with"""
Names = Mapping[str, str]
"""a sheet's old name -> its name now"""


def with_links(source: Source, look: Look) -> tuple[Source, tuple[Issue, ...]]:
    """The book with the links of our sheets mended, proved to be the same else, a note for each sheet that
    had such links (SG571), and one of formulas of staff's with such a link (SG538).

    Raises ReconcileError (SG533).
    """
    package, lang = source.package, source.lang
    every = {title_of(sheet_id).text(lang): name for sheet_id, name in source.renamed.items()}
    if not every:
        return source, ()
    names = {old: new for old, new in every.items() if old not in {sheet.name for sheet in package.sheets}}
    links, cells, dead = dict[str, Names](), dict[str, dict[int, dict[int, Edit]]](), dict[str, set[str]]()
    theirs, ours = list[str](), set(filter(None, source.names.values()))
    for name, part in package.worksheets.items():
        xml = package.read(part)
        if name in ours and (found := linked_sheets(xml) & names.keys()):
            links[name] = {old: names[old] for old in found}
            dead.setdefault(name, set()).update(found)
        if not any(escape(f"{old}{end}").encode() in xml for old in every for end in ("!", "'!")):
            continue
        grid = source.grid("customers") if name == source.names["customers"] else grid_of(package, name)
        mine = _link_columns(source, grid) if name == source.names["customers"] else set()
        for row, col, text in _links(grid):
            if col in mine and _named(text) & every.keys():
                mended = _TEXT.sub(partial(_renamed, names=every), text)
                cells.setdefault(name, {}).setdefault(row, {})[col] = Formula(mended)
                dead.setdefault(name, set()).update(_named(text) & every.keys())
            elif col not in mine and _named(text) & names.keys():
                theirs.append(f"{name}!{place(row, col)}")
    issues = [
        Issue("SG571", "note", f"#{name}", value=", ".join(sorted(found)), facts=(("sheet", name),))
        for name, found in dead.items()
    ]
    if theirs:
        said = (("cells", ", ".join(theirs[:SHOWN])), ("names", ", ".join(sorted(names))))
        issues.append(
            Issue("SG538", "note", f"#{theirs[0].rpartition('!')[0]}", count=len(theirs), facts=said)
        )
    return source.patched(Edits(cells, links=links), look), tuple(issues)


def _link_columns(source: Source, grid: Grid) -> set[int]:
    """The columns of 客户信息 that hold links of ours."""
    heads = headers_of("customers", source.scheme, source.lang)
    wanted = {heads[f"to_{name}"] for name in LINKS}
    rows = (grid.cells.get(row, {}) for row in range(LOOK_AT + 1))
    found = ({col for col, cell in cells.items() if text_of(cell).strip() in wanted} for cells in rows)
    return max(found, key=len)


def _links(grid: Grid) -> Iterator[tuple[int, int, str]]:
    """Row, column and formula of the cells that link to a place in the book."""
    for col in range(grid.columns):
        for row in (grid.formulas(col) != NO_FORMULA).nonzero()[0].tolist():
            text = grid.formula(row, col) or ""
            if '"#' in text:
                yield row, col, text


def _named(text: str) -> set[str]:
    """The sheets that links in a formula lead to."""
    return {_name(found) for found in _TEXT.finditer(text)}


def _name(found: re.Match[str]) -> str:
    return found[2] or (found[1] or "").replace("''", "'").replace('""', '"')


def _renamed(found: re.Match[str], names: Names) -> str:
    if _name(found) not in names:
        return found[0]
    quoted = names[_name(found)].replace("'", "''").replace('"', '""')
    return f"\"#'{quoted}'!"
