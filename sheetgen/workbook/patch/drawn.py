"""What shows cells elsewhere and grows with them: charts of both kinds, sparklines' ranges, pivot tables.

A series that grew loses the values that were kept beside its range: they would be those of the old rows, and
every program reads the cells where none are kept. A pivot table is asked to read its source anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.markup import (
    ATTRIBUTES,
    attribute,
    changed_texts,
    tag,
    with_attribute,
)
from sheetgen.workbook.patch.refs import Growth, area_of, folded, grown, grown_formula, grown_list

if TYPE_CHECKING:
    from sheetgen.workbook.patch.package import Package

CHARTS: Final = ("chart", "chartEx")
PIVOTS: Final = "pivotCacheDefinition"
REFERENCES: Final = ("numRef", "strRef", "multiLvlStrRef", "numDim", "strDim", "datalabelsRange")
"""the elements of a chart that hold a range, ``f``"""
KEPT: Final = ("numCache", "strCache", "multiLvlStrCache", "lvl", "dlblRangeCache")
"""the values beside it"""


def _whole(names: Sequence[str]) -> re.Pattern[bytes]:
    return re.compile(
        rb"<(?P<p>(?:[\w.-]+:)?)(?P<n>%s)(?=[\s/>])%s>(?:(?<=/>)|.*?</(?P=p)(?P=n)>)"
        % ("|".join(names).encode(), ATTRIBUTES),
        re.DOTALL,
    )


_REFERENCE: Final = _whole(REFERENCES)
_KEPT: Final = _whole(KEPT)


def drawn_parts(package: Package) -> Iterator[str]:
    """The parts of all charts and of the sources of pivot tables, each once."""
    found: dict[str, None] = {}
    for sheet in (sheet for sheet in package.sheets if sheet.part):
        for link in package.relationships(sheet.part):
            if link.kind == "drawing" and package.has(link.target):
                links = package.relationships(link.target)
                found |= {r.target: None for r in links if r.kind in CHARTS and package.has(r.target)}
    links = package.relationships(package.workbook)
    found |= {r.target: None for r in links if r.kind == PIVOTS and package.has(r.target)}
    yield from found


def grown_drawn(xml: bytes, growths: Sequence[Growth]) -> bytes:
    """A part of a chart or a pivot table's source, with the ranges that end on a last data row longer."""
    if tag(PIVOTS).search(xml):
        return _pivot(xml, growths)
    return _REFERENCE.sub(lambda found: _reference(found[0], growths), xml)


def _reference(xml: bytes, growths: Sequence[Growth]) -> bytes:
    def longer(text: str) -> str:
        return folded(growths, text, lambda t, growth: grown_formula(t, "", growth, cells=True))

    made = changed_texts(xml, ("f",), longer)
    return xml if made == xml else _KEPT.sub(b"", made)


def _pivot(xml: bytes, growths: Sequence[Growth]) -> bytes:
    source = tag("worksheetSource").search(xml)
    if source is None:
        return xml
    ref, sheet = attribute(source[3], "ref"), attribute(source[3], "sheet") or ""
    mine = [growth for growth in growths if growth.sheet.casefold() == sheet.casefold()]
    longer = folded(mine, ref or "", grown_list)
    if longer == (ref or ""):
        return xml
    xml = xml[: source.start(3)] + with_attribute(source[3], "ref", longer) + xml[source.end(3) :]
    root = tag(PIVOTS).search(xml)
    if root is None:
        return xml
    return xml[: root.start(3)] + with_attribute(root[3], "refreshOnLoad", "1") + xml[root.end(3) :]


def grown_range(text: str, growths: Sequence[Growth]) -> str:
    """The range of a sparkline, ``订单!B4:B9``, with or without $."""
    sheet, mark, cells = text.rpartition("!")
    named = sheet.strip("'").replace("''", "'").casefold()
    area = area_of(cells)
    for growth in growths:
        if area is None or not mark or named != growth.sheet.casefold():
            continue
        longer = grown(area, growth)
        if longer != area:
            return f"{sheet}!{cells.removesuffix(str(area.last_row + 1))}{longer.last_row + 1}"
    return text
