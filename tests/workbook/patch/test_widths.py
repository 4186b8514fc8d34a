"""New columns' widths among spans of others, and links that follow their sheets."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from sheetgen.workbook.patch.edits import NewColumn
from sheetgen.workbook.patch.links import linked_sheets, relink, relinked_tail
from sheetgen.workbook.patch.widths import same_widths, with_widths

NEW = {2: NewColumn(0, 9, ("1", "2"), 14.0), 5: NewColumn(0, 9, ("1", "2"), 0.0)}


@pytest.mark.parametrize(
    "cols",
    [
        "",
        '<cols><col min="1" max="9" width="8.43" style="3"/></cols>',
        '<cols><col min="3" max="3" width="5" hidden="1"/><col min="5" max="16384" width="9"></col></cols>',
        "<cols/>",
    ],
)
def test_only_new_columns_get_another_width(cols: str) -> None:
    head = f"<worksheet>{cols}<sheetData>".encode()
    made = with_widths(head, NEW)

    def parsed(xml: bytes) -> ElementTree.Element:
        return ElementTree.fromstring(xml + b"</sheetData></worksheet>")

    assert same_widths(parsed(head), parsed(made), NEW)
    assert not same_widths(parsed(head), parsed(made), {2: NEW[2]})
    assert not same_widths(parsed(head), parsed(head), NEW)
    spans = [(int(n.get("min") or 0), int(n.get("max") or 0)) for n in parsed(made)[0]]
    assert spans == sorted(spans) and all(a[1] < b[0] for a, b in pairwise(spans))


def test_links_follow_their_sheet() -> None:
    tail = (
        b'</sheetData><hyperlinks><hyperlink ref="A1" location="Old!A1"/><hyperlink ref="A2" r:id="rId1"/>'
        b'<hyperlink ref="A3" location="\'It\'\'s\'!B2"/><hyperlink ref="A4" location="#Old!C3"/>'
        b"</hyperlinks>"
    )
    names = {"Old": "New's <1>", "Other": "x"}
    made = relinked_tail(tail, names)
    assert linked_sheets(tail) == {"Old", "It's"}
    assert linked_sheets(made) == {"New's <1>", "It's"}
    assert b"\"'New''s &lt;1&gt;'!A1\"" in made and b"\"#'New''s &lt;1&gt;'!C3\"" in made
    root = b'<w xmlns:r="r"><sheetData>'
    x, y = (ElementTree.fromstring(root + xml + b"</w>") for xml in (tail, made))
    relink(x, names)
    assert ElementTree.tostring(x) == ElementTree.tostring(y)
