"""A worksheet of ours that comes to a book, takes the place of an older one, or leaves it again.

It stands last, behind hidden sheets too, so that no other sheet gets another number: names and filters go by
numbers. Its styles are those of cells that the book has.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sheetgen.workbook.celltext import clean_text, letters
from sheetgen.workbook.patch.cells import Placed, Style, new_cell
from sheetgen.workbook.patch.edits import Constant
from sheetgen.workbook.patch.grow import without_chain
from sheetgen.workbook.patch.markup import (
    ATTRIBUTES,
    attribute,
    changed_attributes,
    plain,
    quoted,
    tag,
    with_attribute,
)
from sheetgen.workbook.patch.newpart import (
    Change,
    NewPart,
    changed_package,
    only_for,
    relationships_of,
    with_entry,
    without_entries,
)
from sheetgen.workbook.patch.package import CONTENT_TYPES, Package, open_package
from sheetgen.workbook.patch.quotes import Marked, marked, with_added
from sheetgen.workbook.patch.semantic import Difference, differences
from sheetgen.workbook.patch.sheetpart import look_at, sheet_of

KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
LONGEST: Final = 31
_ID: Final = re.compile(rb"(?<=\s)((?:[\w.-]+:)?id)\s*=")
_ALIGNMENT: Final = re.compile(rb"<(?:[\w.-]+:)?alignment\b%s>(?:(?<=/>)|\s*</[^>]*>)" % ATTRIBUTES)
_PREFIX: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Like:
    """The look of a cell that the book has. ``wrap``: as text, in lines, from the top."""

    sheet: str
    row: int
    col: int
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its texts, its look (a name in ``NewSheet.looks``), its height in points (0: as it comes)."""

    texts: tuple[str, ...]
    look: str = ""
    height: float = 0.0


@dataclass(frozen=True)
class NewSheet:
    """A sheet of texts. ``frozen``: how many rows do not scroll; ``widths``: of its columns."""

    name: str
    lines: Sequence[Line]
    looks: Mapping[str, Like] = field(default_factory=dict)
    widths: Sequence[float] = ()
    frozen: int = 0
    tab: str = ""
    """the colour of its tab, as ``1F3A5F``"""


def with_sheet(package: Package, sheet: NewSheet) -> bytes:
    """The book with ``sheet`` behind all others, in place of a sheet of that very name.

    Raises InputError (SG105, SG510) for a damaged part.
    """
    if any(s.name.casefold() == sheet.name.casefold() for s in package.sheets):
        package = open_package(without_sheet(package, sheet.name), lambda name, data: None, package.name)
    styles_part = next((r.target for r in package.relationships(package.workbook) if r.kind == "styles"), "")
    old = package.read(styles_part) if styles_part and package.has(styles_part) else b""
    styles = marked(old)
    content = _sheet_xml(package, sheet, styles)
    name = _free_part(package)
    new = {**_listed(package, sheet.name, name)}
    if len(styles.styles) > styles.known:
        new[styles_part] = with_added(old, styles)
    return changed_package(package, Change(new, (NewPart(name, KIND, content),)))


def without_sheet(package: Package, name: str) -> bytes:
    """The book without the sheet ``name``; its own bytes if it has none, or no other that can be seen.

    Names for the sheet alone go with it, as does all that only it points at.
    """
    at = next((i for i, s in enumerate(package.sheets) if s.name.casefold() == name.casefold()), -1)
    seen = [i for i, s in enumerate(package.sheets) if not s.hidden and i != at]
    if at < 0 or not seen:
        return package.data
    part = package.sheets[at].part
    workbook = plain(package.read(package.workbook))
    gone = list(tag("sheet").finditer(workbook))[at]
    link = _ID.search(gone[3])
    wanted = attribute(gone[3], link[1].decode()) if link else ""
    links = plain(package.read(relationships_of(package.workbook)))
    links = without_entries(links, "Relationship", "Id", [wanted or ""])
    dropped = [part, relationships_of(part), *only_for(package, part)] if part else []
    dropped += [relationships_of(one) for one in dropped[2:]]
    types = plain(package.read(CONTENT_TYPES))
    changed = {relationships_of(package.workbook): without_chain(links)}
    if without_chain(types) != types:
        chains = [r.target for r in package.relationships(package.workbook) if r.kind == "calcChain"]
        dropped += chains
    end = _element_end(workbook, gone)
    workbook = workbook[: gone.start()] + workbook[end:]
    changed[package.workbook] = _renumbered(workbook, at, seen[0] - (seen[0] > at))
    dropped = [one for one in dict.fromkeys(dropped) if package.has(one)]
    return changed_package(package, Change(changed, (), tuple(dropped)))


def beyond(before: Package, after: Package, name: str) -> tuple[Difference, ...]:
    """What two books differ in but for the sheet ``name``: nothing after ``with_sheet``."""
    a, b = (
        open_package(without_sheet(book, name), lambda part, data: None, book.name)
        for book in (before, after)
    )
    return differences(a, b)


def free_name(package: Package, name: str) -> str:
    """``name``, or with a number where a sheet has it already."""
    taken = {sheet.name.casefold() for sheet in package.sheets}
    made, n = name[:LONGEST], 1
    while made.casefold() in taken:
        n += 1
        made = f"{name[: LONGEST - len(str(n)) - 1]} {n}"
    return made


def _free_part(package: Package) -> str:
    """A name beside the other sheets' parts."""
    folders = [posixpath.dirname(part) for part in package.worksheets.values()]
    folder = folders[0] if folders else posixpath.join(posixpath.dirname(package.workbook), "worksheets")
    number = len(package.sheets) + 1
    while package.has(name := f"{folder}/sheet{number}.xml") or package.has(relationships_of(name)):
        number += 1
    return name


def _listed(package: Package, name: str, part: str) -> dict[str, bytes]:
    """The workbook's part and its relationships with the sheet in them."""
    workbook, listing = plain(package.read(package.workbook)), relationships_of(package.workbook)
    links = plain(package.read(listing))
    sheets = list(tag("sheet").finditer(workbook))
    last = sheets[-1]
    ids = {(attribute(m[3], "Id") or "").casefold() for m in tag("Relationship").finditer(links)}
    number = next(n for n in range(len(ids) + 1, 2 * len(ids) + 2) if f"rid{n}" not in ids)
    kind = next(
        attribute(m[3], "Type") or ""
        for m in tag("Relationship").finditer(links)
        if (attribute(m[3], "Type") or "").endswith("/worksheet")
    )
    target = posixpath.relpath(part, posixpath.dirname(package.workbook))
    entry = f'Id="rId{number}" Type="{quoted(kind)}" Target="{quoted(target)}"'
    known = [int(attribute(m[3], "sheetId") or 0) for m in sheets]
    link = _ID.search(last[3])
    of = (link[1] if link else b"r:id").decode()
    made = f'name="{quoted(name)}" sheetId="{max(known) + 1}" {of}="rId{number}"'
    space = f"xmlns:{of.partition(':')[0]}"
    if own := attribute(last[3], space):  # declared on each sheet
        made += f' {space}="{quoted(own)}"'
    end = _element_end(workbook, last)
    workbook = workbook[:end] + b"<%ssheet %s/>" % (last[1], made.encode()) + workbook[end:]
    return {package.workbook: workbook, listing: with_entry(links, "Relationships", "Relationship", entry)}


def _element_end(xml: bytes, opened: re.Match[bytes]) -> int:
    """Where an element without content ends."""
    if opened[3].endswith(b"/"):
        return opened.end()
    close = b"</%s%s>" % (opened[1], opened[2])
    return xml.index(close, opened.end()) + len(close)


def _renumbered(workbook: bytes, gone: int, front: int) -> bytes:
    """The workbook's part after its sheet number ``gone`` left; ``front`` comes to the front in its place."""

    def view(text: str) -> str:
        at = int(text) if text.isdigit() else 0
        return str(front if at == gone else at - (at > gone))

    workbook = changed_attributes(workbook, ("workbookView",), ("activeTab", "firstSheet"), view)
    pieces, at = [], 0
    for found in tag("definedName").finditer(workbook):
        here = attribute(found[3], "localSheetId") or ""
        if not here.isdigit() or int(here) < gone:
            continue
        pieces.append(workbook[at : found.start()])
        at = found.start()
        if int(here) == gone:
            at = _element_end(workbook, found)
            continue
        attributes = with_attribute(found[3], "localSheetId", str(int(here) - 1))
        pieces.append(b"<%s%s%s>" % (found[1], found[2], attributes))
        at = found.end()
    workbook = b"".join([*pieces, workbook[at:]])
    return re.sub(rb"<((?:[\w.-]+:)?)definedNames\s*>\s*</\1definedNames>", b"", workbook)


def _sheet_xml(package: Package, sheet: NewSheet, styles: Marked) -> bytes:
    """The sheet's part; ``styles`` gets those that it needs and the book lacks."""
    looks = {key: _style(package, like, styles) for key, like in sheet.looks.items()}
    style = Style(b"", False, lambda at: None, styles.twin)
    root = tag("workbook").search(plain(package.read(package.workbook)))
    space = attribute(root[3], f"xmlns:{root[1][:-1].decode()}" if root[1] else "xmlns") if root else ""
    width = max((len(line.texts) for line in sheet.lines), default=0)
    rows = []
    for row, line in enumerate(sheet.lines):
        look = looks.get(line.look, b"")
        cells = [
            new_cell((row, col), Placed(Constant(clean_text(text)), look), style)
            for col, text in enumerate(line.texts)
        ]
        high = f' ht="{line.height:g}" customHeight="1"' if line.height else ""
        rows.append(b'<row r="%d"%s>%s</row>' % (row + 1, high.encode(), b"".join(cells)))
    columns = "".join(
        f'<col min="{i}" max="{i}" width="{w:g}" customWidth="1"/>' for i, w in enumerate(sheet.widths, 1)
    )
    tab = f'<tabColor rgb="FF{sheet.tab}"/>' if sheet.tab else ""
    pane = ""
    if sheet.frozen:
        corner = f"A{sheet.frozen + 1}"
        pane = (
            f'<pane ySplit="{sheet.frozen}" topLeftCell="{corner}" activePane="bottomLeft" state="frozen"/>'
        )
        pane += f'<selection pane="bottomLeft" activeCell="{corner}" sqref="{corner}"/>'
    last = f"{letters(max(width - 1, 0))}{max(len(sheet.lines), 1)}"
    head = (
        f'<worksheet xmlns="{quoted(space or "")}"><sheetPr>{tab}<pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<dimension ref="A1:{last}"/>'
        f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/>{f"<cols>{columns}</cols>" if columns else ""}<sheetData>'
    )
    tail = (
        '</sheetData><pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/></worksheet>'
    )
    return b"".join([_PREFIX, head.encode(), *rows, tail.encode()])


def _style(package: Package, like: Like, styles: Marked) -> bytes:
    """The number of the style of a cell, or of one made from it."""
    if like.sheet not in package.worksheets:
        return b""
    there = look_at(sheet_of(like.sheet, package.read(package.worksheets[like.sheet])), {like.row})
    _, cells = there.get(like.row, (b"", {}))
    found = cells[like.col].style if like.col in cells else b""
    at = int(found or b"0")
    if not like.wrap or at >= len(styles.styles):
        return found
    made = _wrapped(styles.styles[at])
    if made not in styles.styles:
        styles.styles.append(made)
    return b"%d" % styles.styles.index(made)


def _wrapped(style: bytes) -> bytes:
    """A cell style for texts of several lines, never taken for a number."""
    found = tag("xf").match(style)
    if found is None:
        return style
    attributes = found[3].removesuffix(b"/").rstrip()
    for name, value in (("numFmtId", "49"), ("applyNumberFormat", "1"), ("applyAlignment", "1")):
        attributes = with_attribute(attributes, name, value)
    inner = _ALIGNMENT.sub(b"", style[found.end() :])
    if not inner:
        inner = b"</%sxf>" % found[1]
    return b'<%sxf%s><%salignment vertical="top" wrapText="1"/>%s' % (found[1], attributes, found[1], inner)
