"""Links inside a book: a sheet that gets another name keeps its old one in them, whatever the program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from sheetgen.workbook.patch.markup import attribute, changed_attributes, tag
from sheetgen.workbook.patch.package import local

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LINK: Final = "hyperlink"
WHERE: Final = "location"
_SHEET: Final = re.compile(r"(#?)(?:'((?:[^']|'')*)'|([^'!]+))!(.*)", re.DOTALL)
Names = Mapping[str, str]
"""a sheet's old name -> its name now"""


def linked_sheets(tail: bytes) -> set[str]:
    """The sheets that links in ``tail``, all that stands below a sheet's rows, lead to."""
    places = (attribute(found[3], WHERE) for found in tag(LINK).finditer(tail))
    found = (_SHEET.fullmatch(place or "") for place in places)
    return {_name(place) for place in found if place}


def relinked_tail(tail: bytes, names: Names) -> bytes:
    """``tail`` with its links leading to where the sheets are now."""
    return changed_attributes(tail, (LINK,), (WHERE,), partial(_relinked, names=names)) if names else tail


def relink(sheet: Element, names: Names) -> None:
    """The same for a sheet that was parsed."""
    for node in sheet.iter():
        if local(node.tag) == LINK and (place := node.get(WHERE)) is not None:
            node.set(WHERE, _relinked(place, names))


def _relinked(place: str, names: Names) -> str:
    found = _SHEET.fullmatch(place)
    if found is None or _name(found) not in names:
        return place
    quoted = names[_name(found)].replace("'", "''")
    return f"{found[1]}'{quoted}'!{found[4]}"


def _name(found: re.Match[str]) -> str:
    return found[3] or (found[2] or "").replace("''", "'")
