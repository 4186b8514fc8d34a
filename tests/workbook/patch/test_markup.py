"""XML changed in place says the same to a parser, but for what was changed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.workbook.patch.markup import (
    attribute,
    changed_attributes,
    changed_texts,
    plain,
    plain_string,
    string_text,
    with_attribute,
    without_attribute,
)

NAME = "客户<&>\"'"


def canonical(xml: bytes) -> str:
    return ElementTree.canonicalize(xml.decode("utf-8-sig"), with_comments=False)


def test_plain_xml_stays_the_very_same() -> None:
    xml = b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n<a x='1>2'><b/>\xe5\xae\xa2</a>"
    assert plain(xml) is xml


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "gb18030", "big5", "utf-8"])
def test_other_encodings_and_odd_markup_become_plain(encoding: str) -> None:
    text = "caf\xe9" if encoding == "iso-8859-1" else "客戶"
    body = f'<x:a xmlns:x="u" k="1&amp;2&#10;3"><!-- <c> --><![CDATA[<c>{text}]]>'
    body += "<x:b ></x:b ><?p <c>?>&#13;</x:a >"
    made = plain(f'<?xml version="1.0" encoding="{encoding}"?>{body}'.encode(encoding))
    assert canonical(made) == ElementTree.canonicalize(body.replace("<?p <c>?>", ""), with_comments=False)
    assert b"<!" not in made
    assert b"CDATA" not in made
    assert plain(made) is made


def test_attributes_in_either_quotes() -> None:
    attributes = b' a=\'1 > 0\' bb="x" b = "&lt;&#65;"/'
    assert [attribute(attributes, name) for name in ("a", "b", "bb", "c")] == ["1 > 0", "<A", "x", None]
    assert with_attribute(attributes, "b", NAME).endswith(b"&quot;'\"/")
    assert with_attribute(b' a="1"/', "n", "2") == b' a="1" n="2"/'
    assert without_attribute(attributes, "b") == b" a='1 > 0' bb=\"x\"/"


def test_only_the_named_elements_change() -> None:
    xml = b"<p:dv error=\"a > b\" sqref='A1'><f>A&lt;1</f></p:dv>"
    xml += b'<dvx sqref="A1"/><dv sqref="B2"/><f/><ff>A</ff>'
    made = changed_attributes(xml, ("dv",), ("sqref",), lambda text: text.replace("A1", "C3"))
    assert made == xml.replace(b"sqref='A1'", b'sqref="C3"', 1)
    assert changed_texts(xml, ("f",), lambda text: text + ">") == xml.replace(b"A&lt;1", b"A&lt;1&gt;")
    assert changed_texts(xml, ("f",), lambda text: text) == xml


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec="utf-8")) | st.sampled_from(("_x0041_", "_x005F_x0041_", "a\r\nb\t\x01")))
def test_strings_survive_xml(text: str) -> None:
    node = ElementTree.fromstring(f"<t>{string_text(text)}</t>")
    assert plain_string(node.text or "") == text


def test_a_lone_surrogate_is_replaced() -> None:
    assert string_text("a\ud800b") == "a\ufffdb"
