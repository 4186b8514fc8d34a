"""What two packages differ in, but for what the edits told: the proof that a patch lost nothing.

Not compared, for nothing of it is content: dimension, calcPr, row spans, revision ids, line descents, the
calculation chain, and the properties that name the program and the time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Final
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from sheetgen.workbook.patch.added import growths
from sheetgen.workbook.patch.ahead import at_once
from sheetgen.workbook.patch.alike import UnlikeError, wrong_in_cells
from sheetgen.workbook.patch.drawn import KEPT, PIVOTS, REFERENCES, drawn_parts
from sheetgen.workbook.patch.edits import Edits
from sheetgen.workbook.patch.links import relink
from sheetgen.workbook.patch.markup import plain
from sheetgen.workbook.patch.package import CONTENT_TYPES, Package, Text, local
from sheetgen.workbook.patch.quotes import same_styles
from sheetgen.workbook.patch.refs import Growth, area_of
from sheetgen.workbook.patch.ruled import looks_in, same_rules, with_looks
from sheetgen.workbook.patch.stream import Flow, NotPlainError, as_a_whole, in_pieces
from sheetgen.workbook.patch.told import Told, told_of, wrong_cells
from sheetgen.workbook.patch.widths import same_widths

MOST: Final = 1_000
Wrong = Callable[..., Iterator[tuple[str, str]]]
"""finds the wrong cells of two sheets"""
_IGNORED: Final = ("uid", "dyDescent", "spans", "insertRow")
_SKIPPED: Final = ("dimension", "calcPr")
_RANGES: Final = ("ref", "sqref")
_TEXTS: Final = ("sqref", "f", "formula", "formula1", "formula2", "definedName")
_TOKEN: Final = re.compile(r"\$?[A-Za-z]{1,3}\$?\d{1,7}(?::\$?[A-Za-z]{1,3}\$?\d{1,7})?")
ASKED: Final = (PIVOTS, "refreshOnLoad", "1")
"""what a pivot table's source says once it is longer"""
_PROPERTIES: Final = ("/docprops/core.xml", "/docprops/app.xml")


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """``part``, ``where`` in it (a cell, an element), and ``what`` is not the same. Values are not told."""

    part: str
    where: str
    what: str


def differences(before: Package, after: Package, edits: Edits | None = None) -> tuple[Difference, ...]:
    """Everything that is not the same, but for what ``edits`` told; at most ``MOST``.

    Every edited cell must also hold what it was told to. Raises InputError (SG105, SG510) for a package that
    is no workbook any more.
    """
    found: list[Difference] = []
    for difference in _all(before, after, edits or Edits()):
        found.append(difference)
        if len(found) >= MOST:
            break
    return tuple(found)


def _all(before: Package, after: Package, edits: Edits) -> Iterator[Difference]:
    chains = {r.target.lower() for r in before.relationships(before.workbook) if r.kind == "calcChain"} - set(
        after.members
    )
    for part in before.members.keys() - after.members.keys() - chains:
        yield Difference(part, "", "lost")
    for part in after.members.keys() - before.members.keys():
        yield Difference(part, "", "added")
    sheets = {part.lower(): name for name, part in before.worksheets.items()}
    tables = {table.part.lower(): table.sheet for table in before.tables}
    drawn = {part.lower() for part in drawn_parts(before)}
    styles = _styles(before)
    quoted: dict[str, str] = {}
    for part in sorted(styles & before.members.keys() & after.members.keys()):
        same = same_styles(with_looks(before.read(part), edits.looks), after.read(part))
        if same is None:
            yield Difference(part, "", "styles")
        quoted |= same or {}

    def of_part(part: str) -> list[Difference]:
        equal = _identical(part, before, after)
        try:
            if part in sheets and not (equal and sheets[part] not in edits.cells):
                return list(islice(_sheet(part, sheets[part], before, after, edits, quoted), MOST))
            if equal or part in _PROPERTIES:
                return []
            growing = [g for g in growths(edits) if g.sheet == tables.get(part, g.sheet)]
            grows = part in tables or part in drawn or part == before.workbook.lower()
            return list(_part(part, before, after, growing if grows else [], bool(chains)))
        except (ElementTree.ParseError, ExpatError, LookupError, UnicodeDecodeError):
            return [Difference(part, "", "not well-formed")]

    for found in at_once(of_part, [p for p in before.members if p in after.members and p not in styles]):
        yield from found


def _styles(package: Package) -> set[str]:
    return {r.target.lower() for r in package.relationships(package.workbook) if r.kind == "styles"}


def _part(
    part: str, before: Package, after: Package, growing: Sequence[Growth], chain_gone: bool
) -> Iterator[Difference]:
    if not part.endswith((".xml", ".rels", ".vml")):
        yield Difference(part, "", "content")
    elif part == CONTENT_TYPES or part.endswith(".rels"):
        if _entries(before, part, chain_gone) != _entries(after, part, chain_gone):
            yield Difference(part, "", "entries")
    else:
        a, b = (ElementTree.fromstring(plain(package.read(part))) for package in (before, after))
        yield from _tree(part, a, b, growing)


def _identical(part: str, before: Package, after: Package) -> bool:
    a, b = before.members[part], after.members[part]
    if a.info.file_size != b.info.file_size or a.info.CRC != b.info.CRC:
        return False
    raw = before.data[a.start : a.stop] == after.data[b.start : b.stop]
    return raw or before.read(part) == after.read(part)


def _entries(package: Package, part: str, chain_gone: bool) -> Counter[tuple[tuple[str, str], ...]]:
    nodes = [tuple(sorted(node.items())) for node in package.tree(part)]
    return Counter(n for n in nodes if not (chain_gone and any("calcchain" in v.lower() for _, v in n)))


def _tree(
    part: str, a: ElementTree.Element, b: ElementTree.Element, growing: Sequence[Growth], path: str = ""
) -> Iterator[Difference]:
    name = local(a.tag)
    path = f"{path}/{name}"
    if a.tag != b.tag:
        yield Difference(part, path, "element")
        return
    if name in _SKIPPED:
        return
    old, new = _attributes(a), _attributes(b)
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        longer = local(key) in _RANGES and _longer(was or "", now or "", growing)
        if was != now and not longer and not (growing and (name, key, now) == ASKED):
            yield Difference(part, path, f"attribute {local(key)}")
    said, says = _text(a), _text(b)
    if said != says and not (name in _TEXTS and _longer(said[0], says[0], growing)):
        yield Difference(part, path, "text")
    if name == "sheetData":
        return
    mine, theirs = _children(a), _children(b)
    if name == "sparklines":
        theirs = _without_new(mine, theirs, growing)
    if name in REFERENCES and _told(a) != _told(b):
        mine = [node for node in mine if local(node.tag) not in KEPT]
    for x, y in zip_longest(mine, theirs):
        if x is None or y is None:
            known = x if x is not None else y
            yield Difference(part, f"{path}/{local(known.tag)}", "lost" if y is None else "added")
        else:
            yield from _tree(part, x, y, growing, path)


def _told(node: ElementTree.Element) -> list[str | None]:
    """The range that a series of a chart shows."""
    return [child.text for child in node if local(child.tag) == "f"]


def _text(node: ElementTree.Element) -> tuple[str, str]:
    """The text in an element and after it; space counts where there is nothing else in it."""
    inner = node.text or ""
    return inner.strip() if len(node) else inner, (node.tail or "").strip()


def _attributes(node: ElementTree.Element) -> dict[str, str]:
    return {key: value for key, value in node.items() if local(key) not in _IGNORED}


def _children(node: ElementTree.Element) -> list[ElementTree.Element]:
    return [child for child in node if local(child.tag) not in _SKIPPED]


def _without_new(
    mine: list[ElementTree.Element], theirs: list[ElementTree.Element], growing: Sequence[Growth]
) -> list[ElementTree.Element]:
    """The sparklines of ``theirs`` but those of added rows."""
    kept = []
    for node in theirs:
        places = [area_of((n.text or "").strip()) for n in node if local(n.tag) == "sqref"]
        if not any(p and g.added.holds(p.first_row, p.first_col) for p in places for g in growing):
            kept.append(node)
    return kept if len(theirs) > len(mine) else theirs


def _longer(was: str, now: str, growing: Sequence[Growth]) -> bool:
    """Whether only ranges differ, and each ends lower by what its block grew."""
    if _TOKEN.sub("A1", was) != _TOKEN.sub("A1", now):
        return False
    for old, new in zip(_TOKEN.findall(was), _TOKEN.findall(now), strict=True):
        a, b = area_of(old), area_of(new)
        if old == new:
            continue
        if not a or not b or (a.first_row, a.first_col, a.last_col) != (b.first_row, b.first_col, b.last_col):
            return False
        if not any(a.last_row == g.area.last_row and b.last_row == a.last_row + g.rows for g in growing):
            return False
    return True


def _sheet(
    part: str, name: str, before: Package, after: Package, edits: Edits, quoted: Mapping[str, str]
) -> Iterator[Difference]:
    told = told_of(name, edits, quoted, before.date1904)
    first_look = sum(looks_in(before.read(p)) for p in _styles(before)) if told.rules else 0

    strings = _strings(before, after)

    def found(read: Callable[..., Flow], wrong: Wrong, **unchecked: bool) -> list[Difference]:
        flows = read(before, name), read(after, name, **unchecked)
        wrongs = wrong(*flows, strings, told)
        return list(islice(_of_sheet(part, flows, wrongs, told, first_look, growths(edits)), MOST))

    # bytes that are as those of a checked sheet need no check of their own
    try:
        try:
            yield from found(in_pieces, wrong_in_cells, checked=False, ours=True)
        except UnlikeError:
            yield from found(in_pieces, wrong_cells, checked=False, ours=True)
    except NotPlainError:
        yield from found(as_a_whole, wrong_cells)


def _of_sheet(
    part: str, flows: tuple[Flow, Flow], wrong: Iterable[tuple[str, str]], told: Told, first_look: int,
    growing: Sequence[Growth],
) -> Iterator[Difference]:  # fmt: skip
    for where, what in wrong:
        yield Difference(part, where, what)
    x, y = (ElementTree.fromstring(flow.head + flow.tail) for flow in flows)
    relink(x, told.links)
    if told.columns and not same_widths(x, y, told.columns):
        yield Difference(part, "cols", "widths")
    if told.rules is not None and not same_rules(x, y, told.rules, first_look):
        yield Difference(part, "rules", "content")
    yield from _tree(part, x, y, growing)


def _strings(before: Package, after: Package) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
    """The shared strings of both, read once where they are the same."""
    found = {r.target.lower() for r in before.relationships(before.workbook) if r.kind == "sharedStrings"}
    there = found & before.members.keys()
    same = all(part in after.members and _identical(part, before, after) for part in there)
    return before.strings, before.strings if same else after.strings
