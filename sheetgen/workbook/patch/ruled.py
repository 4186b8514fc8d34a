"""Input rules and conditional formats that come to a sheet, as the writer draws them, and the proof of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree
from zipfile import ZipFile
from zlib import crc32

from sheetgen.workbook.patch.edits import Rules
from sheetgen.workbook.patch.markup import ATTRIBUTES, attribute, plain, tag, with_attribute
from sheetgen.workbook.patch.package import local
from sheetgen.workbook.patch.refs import Area, area_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NEWER: Final = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
NEWER_FORMATS: Final = "{78C0D931-6437-407d-A8EE-F0AAD7539E65}"
BELOW_RULES: Final = (
    "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks",
    "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing",
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts",
    "extLst",
)  # fmt: skip
"""what stands below both lists, in this order"""
BELOW_LOOKS: Final = ("tableStyles", "colors", "extLst")
_RULE: Final = re.compile(rb"<dataValidation\s%s>(?:(?<=/>)|.*?</dataValidation>)" % ATTRIBUTES, re.DOTALL)
_FORMAT: Final = re.compile(rb"<conditionalFormatting\s.*?</conditionalFormatting>", re.DOTALL)
_NEWER: Final = re.compile(rb"<x14:conditionalFormatting\s.*?</x14:conditionalFormatting>", re.DOTALL)
_LOOK: Final = re.compile(rb"<dxf>.*?</dxf>", re.DOTALL)
_BAR: Final = re.compile(rb"\{[0-9A-F]{8}(-[0-9A-F-]{27}\})")
_RULES: Final = ("dataValidation", "conditionalFormatting")
_ROOT: Final = b'<rules xmlns:x14="%s">%%s</rules>' % NEWER.encode()
_Shape = tuple[Any, ...]


def drawn_rules(package: bytes, names: Sequence[str]) -> tuple[dict[str, Rules], tuple[bytes, ...]]:
    """The rules on the sheets of a ``package`` of the writer's, by ``names`` for them, and the looks of their
    formats, whose numbers they say.
    """
    found = {}
    with ZipFile(BytesIO(package)) as parts:
        for number, name in enumerate(names, 1):
            xml = parts.read(f"xl/worksheets/sheet{number}.xml")
            mark = b"%08X" % crc32(xml)  # a bar's id is its own in a sheet, also where others came before
            told = (b"".join(p.findall(xml)) for p in (_RULE, _FORMAT, _NEWER))
            rules, formats, newer = (_BAR.sub(rb"{%s\1" % mark, piece) for piece in told)
            found[name] = Rules(rules, formats, newer)
        looks = _LOOK.findall(parts.read("xl/styles.xml"))
    return found, tuple(looks)


def ruled_areas(tail: bytes) -> list[Area]:
    """The cells under an input rule; ``tail`` is all that stands below a sheet's rows."""
    lists = (attribute(found[3], "sqref") or "" for found in tag("dataValidation").finditer(tail))
    return [area for listed in lists for words in listed.split() if (area := area_of(words))]


@dataclass(frozen=True)
class _Host:
    """The part that rules come to: its tags' prefix, and the namespace that this stands for."""

    prefix: bytes
    space: bytes

    def named(self, element: bytes) -> bytes:
        """An element that was written without a prefix."""
        if not self.prefix:
            return element
        found = re.match(rb"<[\w]+", element)
        at = found.end() if found else 0
        return element[:at] + b' xmlns="%s"' % self.space + element[at:]


def _host(xml: bytes, root: str) -> _Host:
    found = tag(root).search(xml)
    prefix = found[1] if found else b""
    name = "xmlns:" + prefix[:-1].decode() if prefix else "xmlns"
    return _Host(prefix, (attribute(found[3], name) or "").encode() if found else b"")


def with_looks(styles: bytes, looks: Sequence[bytes]) -> bytes:
    """A styles part with further looks of conditional formats, below those that it has."""
    if not looks:
        return styles
    xml = plain(styles)
    host = _host(xml, "styleSheet")
    more, p = b"".join(map(host.named, looks)), host.prefix
    found = _list(xml, p, b"dxfs")
    if found is None:
        at = _before(xml, 0, p, BELOW_LOOKS, b"styleSheet")
        return xml[:at] + b'<%sdxfs count="%d">%s</%sdxfs>' % (p, len(looks), more, p) + xml[at:]
    return _lengthened(xml, found, p, b"dxfs", more, looks_in(xml) + len(looks))


def looks_in(styles: bytes) -> int:
    """How many looks of conditional formats a styles part has."""
    xml = plain(styles)
    found = _list(xml, _host(xml, "styleSheet").prefix, b"dxfs")
    return len(tag("dxf").findall(found[2] or b"")) if found else 0


def ruled_tail(head: bytes, tail: bytes, rules: Rules, first_look: int) -> bytes:
    """``tail``, all that stands below a sheet's rows, with ``rules`` after those that it has. ``head``: all
    that stands above them; ``first_look``: the number of the first look that came with them.
    """
    host, p = _host(head, "worksheet"), _host(head, "worksheet").prefix
    formats = _numbered(rules.formats, first_look, _last_priority(tail))
    _, closed, _ = tail.rpartition(b"</%sconditionalFormatting>" % p)
    start = tail.rfind(closed) + len(closed) if closed else 0
    at = _before(tail, start, p, ("dataValidations", *BELOW_RULES), b"worksheet")
    tail = tail[:at] + b"".join(host.named(m[0]) for m in _FORMAT.finditer(formats)) + tail[at:]
    inputs = [host.named(m[0]) for m in _RULE.finditer(rules.inputs)]
    if inputs:
        found = _list(tail, p, b"dataValidations")
        if found is None:
            at = _before(tail, at + len(formats), p, BELOW_RULES, b"worksheet")
            made = b'<%sdataValidations count="%d">%s</%sdataValidations>'
            tail = tail[:at] + made % (p, len(inputs), b"".join(inputs), p) + tail[at:]
        else:
            count = len(tag("dataValidation").findall(found[2] or b"")) + len(inputs)
            tail = _lengthened(tail, found, p, b"dataValidations", b"".join(inputs), count)
    return _with_newer(tail, p, rules.newer) if rules.newer else tail


def _with_newer(tail: bytes, p: bytes, newer: bytes) -> bytes:
    """``tail`` with further formats of the newer kind, which stand in an extension of the sheet."""
    named = newer.replace(b"<x14:conditionalFormatting ", b'<x14:conditionalFormatting xmlns:x14="%s" '
                          % NEWER.encode())  # fmt: skip
    there = list(re.finditer(rb"</[\w.-]+:conditionalFormattings>", tail))
    if there:
        return tail[: there[-1].start()] + named + tail[there[-1].start() :]
    made = (
        b'<%sext xmlns:x14="%s" uri="%s"><x14:conditionalFormattings>%s</x14:conditionalFormattings></%sext>'
    )
    whole = made % (p, NEWER.encode(), NEWER_FORMATS.encode(), newer, p)
    root = tail.rfind(b"</%sworksheet>" % p)
    end = b"</%sextLst>" % p
    at = tail.rfind(end, 0, root)
    if at >= 0 and not tail[at + len(end) : root].strip():
        return tail[:at] + whole + tail[at:]
    return tail[:root] + b"<%sextLst>%s</%sextLst>" % (p, whole, p) + tail[root:]


def _list(xml: bytes, p: bytes, name: bytes) -> re.Match[bytes] | None:
    """A list with this name: [1] attributes, [2] what is in it, None where it is written as empty."""
    whole = rb"<%s%s(?=[\s/>])(%s)>(?:(?<=/>)|(.*?)</%s%s>)" % (p, name, ATTRIBUTES, p, name)
    return re.search(whole, xml, re.DOTALL)


def _lengthened(xml: bytes, found: re.Match[bytes], p: bytes, name: bytes, more: bytes, count: int) -> bytes:
    told = with_attribute(found[1].removesuffix(b"/").rstrip(), "count", str(count))
    made = b"<%s%s %s>%s%s</%s%s>" % (p, name, told.lstrip(), found[2] or b"", more, p, name)
    return xml[: found.start()] + made + xml[found.end() :]


def _before(xml: bytes, start: int, p: bytes, names: Sequence[str], root: bytes) -> int:
    """Where the first of these elements begins, else where the root ends."""
    pattern = rb"<%s(?:%s)(?=[\s/>])" % (p, "|".join(names).encode())
    found = re.compile(pattern).search(xml, start)
    return found.start() if found else xml.rfind(b"</%s%s>" % (p, root))


def _numbered(formats: bytes, first_look: int, last: int) -> bytes:
    """Formats with the numbers of their looks in the book, below all others in rank."""

    def one(found: re.Match[bytes]) -> bytes:
        told = with_attribute(found[3], "priority", str(last + int(attribute(found[3], "priority") or 0)))
        if (look := attribute(found[3], "dxfId")) is not None:
            told = with_attribute(told, "dxfId", str(first_look + int(look)))
        return b"<%s%s%s>" % (found[1], found[2], told)

    return tag("cfRule").sub(one, formats)


def _last_priority(tail: bytes) -> int:
    ranks = (attribute(found[3], "priority") for found in tag("cfRule").finditer(tail))
    return max((int(rank) for rank in ranks if rank and rank.isdigit()), default=0)


def same_rules(before: Element, after: Element, rules: Rules, first_look: int) -> bool:
    """Whether ``after`` has all of the rules told, each as told.

    Takes them out of it; lists that are empty then, and what lists say of how many there are, out of both.
    """
    last = max((int(n.get("priority") or 0) for n in before.iter() if local(n.tag) == "cfRule"), default=0)
    whole = rules.inputs + _numbered(rules.formats, first_look, last) + rules.newer
    told = Counter(map(_shape, ElementTree.fromstring(_ROOT % whole)))
    for parent in list(after.iter()):
        for node in reversed(list(parent)):
            if local(node.tag) in _RULES and told[shape := _shape(node)] > 0:
                told[shape] -= 1
                parent.remove(node)
    for sheet in (before, after):
        for name in ("dataValidations", "conditionalFormattings", "ext", "extLst"):
            for parent in list(sheet.iter()):
                for node in [n for n in parent if local(n.tag) == name]:
                    node.attrib.pop("count", None)
                    if not len(node) and node.get("uri") in (None, NEWER_FORMATS):
                        parent.remove(node)
    return not any(told.values())


def _shape(node: Element) -> _Shape:
    told = tuple(sorted(node.attrib.items()))
    return (local(node.tag), told, (node.text or "").strip(), tuple(map(_shape, node)))
