"""Styles with the quote mark: a text that looks like a formula stays one when somebody edits its cell.

A cell keeps its style but for that mark; styles that lack a marked twin get one at the end of the list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sheetgen.workbook.patch.markup import ATTRIBUTES, attribute, plain, tag, with_attribute

_MARK: Final = "quotePrefix"
_CELL_STYLES: Final = re.compile(
    rb"(<(?P<p>(?:[\w.-]+:)?)cellXfs(?=[\s/>])%s>)(.*?)(</(?P=p)cellXfs>)" % ATTRIBUTES, re.DOTALL
)
_STYLE: Final = re.compile(
    rb"<(?P<p>(?:[\w.-]+:)?)xf(?=[\s/>])(%s)>(?:(?<=/>)|(.*?)</(?P=p)xf>)" % ATTRIBUTES, re.DOTALL
)
_PAIR: Final = re.compile(rb"""([\w.:-]+)\s*=\s*["']([^"']*)["']""")
_Key = tuple[bool, frozenset[tuple[bytes, bytes]], bytes]


@dataclass
class Marked:
    """The styles of a book, one by one; those from ``known`` on were added."""

    styles: list[bytes]
    known: int
    twins: dict[bytes, bytes] = field(default_factory=dict)

    def twin(self, style: bytes) -> bytes:
        """The style that is ``style`` with the mark. One that is not in the list stays as it is."""
        if style not in self.twins:
            at = int(style or b"0")
            self.twins[style] = self._twin(at) if at < len(self.styles) else style
        return self.twins[style]

    def _twin(self, at: int) -> bytes:
        wanted = _key(self.styles[at], True)
        for i, other in enumerate(self.styles):
            if _has_mark(other) and _key(other, True) == wanted:
                return b"%d" % i
        self.styles.append(_with_mark(self.styles[at]))
        return b"%d" % (len(self.styles) - 1)


def marked(xml: bytes) -> Marked:
    """The cell styles of a styles part; none if it has no such list."""
    found = _styles(plain(xml)) if xml else []
    return Marked(found, len(found))


def with_added(xml: bytes, found: Marked) -> bytes:
    """The styles part with the styles that were added."""
    more = b"".join(found.styles[found.known :])
    xml = plain(xml)
    block = _CELL_STYLES.search(xml)
    if not more or block is None:
        return xml
    head = tag("cellXfs").search(block[1])
    opened = block[1]
    if head and attribute(head[3], "count"):
        opened = b"<%scellXfs%s>" % (head[1], with_attribute(head[3], "count", str(len(found.styles))))
    return xml[: block.start()] + opened + block[3] + more + block[4] + xml[block.end() :]


def same_styles(before: bytes, after: bytes) -> Mapping[str, str] | None:
    """Style -> the first one that is the same but for the mark; None if more than styles at the end came."""
    a, b = plain(before), plain(after)
    old, new = _styles(a), _styles(b)
    if new[: len(old)] != old or with_added(a, Marked(new, len(old))) != b:
        return None
    firsts: dict[_Key, str] = {}
    return {str(at): firsts.setdefault(_key(style, False), str(at)) for at, style in enumerate(new)}


def _styles(xml: bytes) -> list[bytes]:
    block = _CELL_STYLES.search(xml)
    return [found[0] for found in _STYLE.finditer(block[3])] if block else []


def _key(style: bytes, mark: bool) -> _Key:
    """A style with or without the mark, however its attributes are ordered."""
    found = tag("xf").match(style)
    pairs = dict(_PAIR.findall(found[3])) if found else {}
    pairs.pop(_MARK.encode(), None)
    return mark, frozenset(pairs.items()), style[found.end() :] if found else style


def _with_mark(style: bytes) -> bytes:
    found = tag("xf").match(style)
    if found is None:
        return style
    return style[: found.start(3)] + with_attribute(found[3], _MARK, "1") + style[found.end(3) :]


def _has_mark(style: bytes) -> bool:
    found = tag("xf").match(style)
    return found is not None and attribute(found[3], _MARK) in ("1", "true")
