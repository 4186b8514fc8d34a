"""Text as XML and back: nothing that looks like an escape becomes the character it spells."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from sheetgen.workbook.celltext import clean_text, has_escape, string_item


def read_back(item: str) -> str:
    """The text of ``<t>`` as a reader takes it, by openpyxl's own rule (ECMA-376, 22.9.2.19)."""
    body = re.fullmatch(r"<t[^>]*>(.*)</t>", item, re.DOTALL)
    assert body
    return unescape(body[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


@pytest.mark.parametrize(
    "text", ["_x0041_", "_x0000_x0000_", "__x000D__", "_x005F_x0041_", "_x00411_", "x0041_"]
)
def test_a_literal_escape_stays(text: str) -> None:
    assert read_back(string_item(text)) == text


@given(st.text("_x0F&<a\n", max_size=20))
def test_every_text_is_read_back(text: str) -> None:
    text = clean_text(text)
    assert read_back(string_item(text)) == text
    assert has_escape(text) == (re.search("_x[0-9A-Fa-f]{4}_", text) is not None)
