"""XML as bytes: tags and attributes found and changed in place, and a plain form for parts that are odd."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final
from xml.parsers import expat

from sheetgen.workbook.celltext import escape

ATTRIBUTES: Final = rb"""[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*"""
_DECLARED: Final = re.compile(rb"""\s*<\?xml\b[^>]*?\sencoding\s*=\s*["']([\w.-]+)["'][^>]*>""")
_DECLARATION: Final = re.compile(r"\s*<\?xml\b[^>]*\?>")
_LOOSE: Final = re.compile(rb"</[\w.:-]+\s|<[!?]")
_ENTITY: Final = re.compile("&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_LITERAL: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_UNFIT: Final = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LONE: Final = re.compile("[\ud800-\udfff]")
_BOM: Final = b"\xef\xbb\xbf"


@cache
def tag(*names: str) -> re.Pattern[bytes]:
    """A start tag with one of these local names: [1] its prefix with the colon, [2] name, [3] attributes.

    The slash of an empty element is the last of the attributes.
    """
    return re.compile(
        rb"<((?:[\w.-]+:)?)(%s)(?=[\s/>])(%s)>" % ("|".join(names).encode(), ATTRIBUTES), re.DOTALL
    )


@cache
def element(*names: str) -> re.Pattern[bytes]:
    """An element with one of these local names, of text alone: [1] start tag, [4] text, [5] end tag."""
    words = "|".join(names).encode()
    return re.compile(
        rb"(<(?P<prefix>(?:[\w.-]+:)?)(?P<name>%s)(?:\s%s)?(?<!/)>)([^<]*)(</(?P=prefix)(?P=name)>)"
        % (words, ATTRIBUTES)
    )


@cache
def _attribute(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"""(?<=\s)%s\s*=\s*(?:"([^"]*)"|'([^']*)')""" % re.escape(name).encode())


def attribute(attributes: bytes, name: str) -> str | None:
    """The value of an attribute, None without it."""
    found = _attribute(name).search(attributes)
    if found is None:
        return None
    return unescaped((found[1] if found[1] is not None else found[2]).decode())


def with_attribute(attributes: bytes, name: str, value: str) -> bytes:
    """``attributes`` with one changed, or added before the slash."""
    new = f'{name}="{quoted(value)}"'.encode()
    if found := _attribute(name).search(attributes):
        return attributes[: found.start()] + new + attributes[found.end() :]
    slash = b"/" if attributes.endswith(b"/") else b""
    return attributes.removesuffix(b"/").rstrip() + b" " + new + slash


def without_attribute(attributes: bytes, name: str) -> bytes:
    """``attributes`` without this one."""
    if found := _attribute(name).search(attributes):
        return attributes[: found.start()].rstrip() + attributes[found.end() :]
    return attributes


def changed_attributes(
    xml: bytes, names: tuple[str, ...], attributes: tuple[str, ...], change: Callable[[str], str]
) -> bytes:
    """``xml`` with ``change`` done to these attributes of these elements."""

    def one(found: re.Match[bytes]) -> bytes:
        inner = found[3]
        for name in attributes:
            old = attribute(inner, name)
            if old is not None and (new := change(old)) != old:
                inner = with_attribute(inner, name, new)
        return found[0] if inner is found[3] else b"<%s%s%s>" % (found[1], found[2], inner)

    return tag(*names).sub(one, xml)


def changed_texts(xml: bytes, names: tuple[str, ...], change: Callable[[str], str]) -> bytes:
    """``xml`` with ``change`` done to the text of these elements."""

    def one(found: re.Match[bytes]) -> bytes:
        old = unescaped(found[4].decode())
        new = change(old)
        return found[0] if new == old else found[1] + escape(new).encode() + found[5]

    return element(*names).sub(one, xml)


def unescaped(text: str) -> str:
    """XML character data as text."""
    if "&" not in text:
        return text
    return _ENTITY.sub(
        lambda found: _NAMED[found[3]] if found[3] else chr(int(found[1], 16) if found[1] else int(found[2])),
        text,
    )


def quoted(text: str) -> str:
    """``text`` as it stands between double quotes."""
    text = escape(text).replace('"', "&quot;")
    return text.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def string_text(text: str) -> str:
    """``text`` as a spreadsheet's string: what XML cannot hold, and what looks like it, as ``_x000D_``.

    Lone surrogates become U+FFFD.
    """
    text = _LONE.sub("\ufffd", _LITERAL.sub("_x005F_", text))
    return escape(_UNFIT.sub(lambda found: f"_x{ord(found[0]):04X}_", text))


def plain_string(text: str) -> str:
    """What a spreadsheet shows for the string ``text``: ``_x000D_`` is a character."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def plain(xml: bytes) -> bytes:
    """``xml`` as it is if tags can be found in it by their looks; else written anew.

    Anew: UTF-8, no CDATA, no space before ``>`` in end tags; comments and processing instructions go.
    Raises ExpatError for what is no XML, LookupError and UnicodeDecodeError for encodings nobody knows.
    """
    return xml if is_plain(xml) else _rewritten(xml)


def is_plain(xml: bytes) -> bool:
    """Whether tags can be found by their looks in ``xml``, a part or its beginning."""
    start = xml.find(b"<", xml.find(b"?>") + 2 if xml.lstrip(_BOM).startswith(b"<?xml") else 0)
    return _plain_encoding(xml) and start >= 0 and not is_loose(xml, start)


def is_loose(xml: bytes, start: int = 0) -> bool:
    """Whether comments, CDATA, instructions or space in end tags are in ``xml`` from ``start`` on."""
    return _LOOSE.search(xml, start) is not None


def _plain_encoding(xml: bytes) -> bool:
    if xml[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in xml[:4]:
        return False
    return (_encoding(xml) or "utf-8").lower() in ("utf-8", "utf8", "us-ascii", "ascii")


def _encoding(xml: bytes) -> str:
    found = _DECLARED.match(xml.removeprefix(_BOM))
    return found[1].decode() if found else ""


def _rewritten(xml: bytes) -> bytes:
    known = (_encoding(xml) or "utf-8").lower()
    if known not in ("utf-8", "utf8", "utf-16", "us-ascii", "iso-8859-1") and b"\0" not in xml[:4]:
        xml = _DECLARATION.sub("", xml.decode(known), count=1).encode()  # expat knows the others itself
    pieces = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n']

    def start(name: str, attributes: list[str]) -> None:
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        pieces.append(f"<{name}")
        pieces.extend(f' {key}="{quoted(value)}"' for key, value in pairs)
        pieces.append(">")

    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: pieces.append(f"</{name}>")
    parser.CharacterDataHandler = lambda text: pieces.append(escape(text).replace("\r", "&#13;"))
    parser.Parse(xml, True)
    return "".join(pieces).encode()
