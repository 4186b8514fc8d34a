"""What of an edited book a fresh one does not hold, each thing named with its sheet and cells.

Both packages are looked through alike, and what only the old one has is told: whatever program saved it, what
is ours stands in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sheetgen.handed.sheets import is_filled
from sheetgen.i18n import text
from sheetgen.ingest.package import look_through
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.celltext import letters
from sheetgen.workbook.layout import RECORDS, title_of
from sheetgen.workbook.patch.package import Package, local, open_package
from sheetgen.workbook.patch.refs import column

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from sheetgen.handed.book import Handed
    from sheetgen.handed.sheets import Found

CODE: Final = "SG800"
VISIBLE: Final = (
    "guide", "overview", "customers", "scores", "tiers", "preferences", "merges", "changes", "parameters",
    "quality", *RECORDS,
)  # fmt: skip
PLAIN: Final = ("overview", "parameters")
"""sheets that stand alike in both books, cell by cell"""
SHOWN: Final = 5
WIDE: Final = 40
"""columns of such a sheet that are looked at"""
_CELL: Final = re.compile(rb"<(?:\w+:)?c\s([^>]*?)/?>(\s*<(?:\w+:)?f[\s/>])?")
_PLACE: Final = re.compile(rb'\br="([A-Z]{1,3})(\d+)"')
_STYLE: Final = re.compile(rb'\bs="(\d+)"')
_WHITE: Final = ("FFFFFF",)


def lost(handed: Handed, fresh: bytes) -> tuple[Issue, ...]:
    """All of it, sheet by sheet, compared with the ``fresh`` package."""
    old, new = handed.package, open_package(fresh, look_through, handed.name)
    if old is None:
        return ()
    issues = []
    for sheet_id in (*VISIBLE, *handed.further):
        label = title_of(sheet_id)
        names = [n for n in (label.zh, label.en) if n in old.worksheets]
        if not names or label.text(handed.lang) not in new.worksheets:
            continue
        mine, theirs = _Part(old, names[0]), _Part(new, label.text(handed.lang))
        for what, places in _of_sheet(handed, sheet_id, mine, theirs):
            issues.append(_issue(handed, names[0], what, places))
    own = {name for name, _, _ in old.names} - {name for name, _, _ in new.names}
    words = sorted(name for name in own if not name.lower().startswith(("_xlnm.", "_filterdatabase", "_xl")))
    if words:
        issues.append(_issue(handed, handed.name, "lost_names", words))
    if old.with_macros:
        issues.append(_issue(handed, handed.name, "lost_macros", ["vbaProject"]))
    issues.append(Issue("SG818", "note", handed.name))
    return tuple(issues)


def _issue(handed: Handed, sheet: str, what: str, places: list[str]) -> Issue:
    cells = ", ".join(places[:SHOWN])
    facts = (("sheet", sheet), ("cells", cells), ("what", text(what, handed.lang)))
    return Issue(CODE, "warning", f"{handed.name}#{sheet}", count=len(places), facts=facts)


@dataclass(frozen=True)
class _Part:
    """One sheet of a package."""

    package: Package
    name: str

    @property
    def part(self) -> str:
        """Where its cells are."""
        return self.package.worksheets[self.name]

    @cached_property
    def kinds(self) -> dict[str, list[str]]:
        """What the sheet points at, by kind."""
        found: dict[str, list[str]] = {}
        for link in self.package.relationships(self.part):
            if not link.outside and self.package.has(link.target):
                found.setdefault(link.kind.lower(), []).append(link.target)
        return found

    def trees(self, kind: str) -> list[Element]:
        """The parts of a kind that the sheet points at."""
        return [self.package.tree(part) for part in self.kinds.get(kind, [])]


def _of_sheet(handed: Handed, sheet_id: str, old: _Part, new: _Part) -> Iterator[tuple[str, list[str]]]:
    """(message, places) of what only the old sheet has."""
    comments = [c for c in _comments(old) if c not in set(_comments(new))]
    if comments:
        yield "lost_comments", comments
    drawn, ours = _drawn(old), _drawn(new)
    for what, places in drawn.items():
        more = len(places) - len(ours.get(what, []))
        if more > 0:
            known = set(ours.get(what, []))
            strange = [p for p in places if p not in known]
            yield what, (strange or places)[-more:]
    for kind, what in (("pivottable", "lost_pivots"), ("table", "lost_tables")):
        more = len(old.kinds.get(kind, [])) - len(new.kinds.get(kind, []))
        if more > 0:
            yield what, [part.rpartition("/")[2] for part in old.kinds[kind][-more:]]
    coloured = _coloured(old, new)
    if coloured:
        yield "lost_colours", coloured
    found = handed.places.get(sheet_id)
    if found is not None:
        if found.loose:
            yield "lost_cells", list(found.loose)
        formulas = _formulas(old, found)
        if formulas:
            yield "lost_formulas", formulas
    if sheet_id in PLAIN:
        ours, cells = _filled(new), _filled(old)
        known = set(ours) if sheet_id == "parameters" else set()
        words = {cell for cell in ours.values() if isinstance(cell, str)}
        beside = [
            place for place, cell in cells.items()
            if place not in known and cell not in words and (known or isinstance(cell, str))
        ]  # fmt: skip
        if beside:
            yield "lost_cells", beside


def _comments(part: _Part) -> list[str]:
    return [
        node.get("ref") or ""
        for tree in part.trees("comments")
        for node in tree.iter()
        if local(node.tag) == "comment"
    ]


def _drawn(part: _Part) -> dict[str, list[str]]:
    """Charts, pictures and shapes: the cell that each begins in."""
    kinds = {
        "graphicFrame": "lost_charts",
        "pic": "lost_pictures",
        "sp": "lost_shapes",
        "cxnSp": "lost_shapes",
    }
    found: dict[str, list[str]] = {}
    for tree in part.trees("drawing"):
        for anchor in tree:
            inside = [n for n in anchor.iter() if local(n.tag) in kinds]
            if inside:
                found.setdefault(kinds[local(inside[0].tag)], []).append(_from(anchor))
    return found


def _from(anchor: Element) -> str:
    start = next((n for n in anchor if local(n.tag) == "from"), None)
    at = {local(n.tag): int(n.text or 0) for n in start or () if local(n.tag) in ("row", "col")}
    return f"{letters(at['col'])}{at['row'] + 1}" if len(at) == 2 else "A1"


def _cells(part: _Part) -> Iterator[tuple[bytes, int, int, bool]]:
    """Style, row and column (from 1 and 0) of each cell, and whether it has a formula."""
    for cell in _CELL.finditer(part.package.read(part.part)):
        place, style = _PLACE.search(cell[1]), _STYLE.search(cell[1])
        if place:
            yield style[1] if style else b"0", int(place[2]), column(place[1].decode()), bool(cell[2])


def _coloured(old: _Part, new: _Part) -> list[str]:
    """Cells filled with a colour that the program gives to none on this sheet."""
    fills = _fills(old.package)
    if not fills:
        return []
    ours = _fills(new.package)
    known = {ours[style] for style, _, _, _ in _cells(new) if style in ours}
    strange = {style for style, colour in fills.items() if colour not in known}
    return [f"{letters(col)}{row}" for style, row, col, _ in _cells(old) if style in strange]


def _fills(package: Package) -> Mapping[bytes, str]:
    """Style of cells -> the colour that it fills them with."""
    parts = [r.target for r in package.relationships(package.workbook) if r.kind == "styles"]
    if not parts or not package.has(parts[0]):
        return {}
    groups: dict[str, list[Any]] = {local(n.tag): list(n) for n in package.tree(parts[0])}
    colours = [_colour(fill) for fill in groups.get("fills", [])]
    found = {}
    for i, xf in enumerate(groups.get("cellXfs", [])):
        number = int(xf.get("fillId") or 0)
        if number < len(colours) and colours[number] not in ("", *_WHITE):
            found[str(i).encode()] = colours[number]
    return found


def _colour(fill: Element) -> str:
    for pattern in fill:
        if local(pattern.tag) != "patternFill" or pattern.get("patternType") in (None, "none", "gray125"):
            continue
        for node in pattern:
            if local(node.tag) == "fgColor":
                told = dict(node.items())
                rgb = told.pop("rgb", "")
                return rgb[-6:].upper() if rgb else str(sorted(told.items()))
    return ""


def _formulas(part: _Part, found: Found) -> list[str]:
    """Formulas in cells for data, whose values alone came along."""
    table = data_tables().get(found.sheet_id)
    if table is not None:
        mine = {found.columns[key] for key in table.fields if key in found.columns}
        mine |= set(found.others.values())
        mine -= {found.columns["customer_id"]} if found.sheet_id == "preferences" else set()
    else:
        staff = ("override", "override_reason", "override_until", "override_by", "remark")
        mine = {found.columns[key] for key in staff if key in found.columns}
    lines = set(found.line.tolist())
    return [
        f"{letters(col)}{row}" for _, row, col, formula in _cells(part)
        if formula and col in mine and row in lines
    ]  # fmt: skip


def _filled(part: _Part) -> dict[str, Any]:
    """The cells that hold anything but a formula."""
    from sheetgen.workbook.regrade.grids import grid_of

    grid = grid_of(part.package, part.name)
    cells = {(row, col): grid.at(row, col) for row in range(grid.height) for col in range(WIDE)}
    return {
        f"{letters(col)}{row + 1}": cell.value
        for (row, col), cell in cells.items()
        if cell.formula is None and cell.kind and is_filled(cell.value)
    }
