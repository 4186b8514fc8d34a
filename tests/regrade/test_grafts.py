"""Rich books: what Excel, WPS and staff put into a book of ours is there after a re-grade, to the byte.

The proof here is another one than the product's: parts are compared as bytes, the cells of a sheet that had
to change as the XML parser of the standard library sees them.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sheetgen.errors import SheetgenError
from sheetgen.ingest.package import look_through
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.patch.edits import Constant
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.regrade.grids import grid_of
from tests import hostile
from tests.fuzzing import ODD
from tests.workbook.patch.books import rich_book

from .cases.firm import AS_OF, CUSTOMERS, DAY, SALES, SERVICE, TIERS, Seen, book_of, edited
from .cases.surgery import STYLES, WORKBOOK, Parts, changed, grafted, kind_of, link, parts_of, put_in
from .cases.surgery import sheets as sheets_of

CHANGES = "级别变动"
PARTS = {
    "xl/threadedComments/threadedComment1.xml": "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment",
    "xl/slicers/slicer1.xml": "http://schemas.microsoft.com/office/2007/relationships/slicer",
    "xl/pivotTables/pivotTable1.xml": f"{hostile.DOCUMENT}/pivotTable",
    "xl/ctrlProps/ctrlProp1.xml": f"{hostile.DOCUMENT}/ctrlProp",
    "xl/embeddings/oleObject1.bin": f"{hostile.DOCUMENT}/oleObject",
    "xl/printerSettings/printerSettings1.bin": f"{hostile.DOCUMENT}/printerSettings",
}
"""part of a sheet -> the kind of its relationship"""
WHOLE = {
    "xl/persons/person.xml": "http://schemas.microsoft.com/office/2017/10/relationships/person",
    "xl/pivotCache/pivotCacheDefinition1.xml": f"{hostile.DOCUMENT}/pivotCacheDefinition",
    "xl/slicerCaches/slicerCache1.xml": "http://schemas.microsoft.com/office/2007/relationships/slicerCache",
    "customXml/item1.xml": f"{hostile.DOCUMENT}/customXml",
}
"""part of the book"""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return book_of(tmp_path_factory.mktemp("grafts"))


def enrich(parts: Parts) -> None:
    """All that staff and their programs may add to a book: sheets, parts, formats, rules of their own."""
    tiers = sheets_of(parts)[TIERS]
    grafted(parts, parts_of(rich_book()), "own")
    for number, (name, kind) in enumerate({**PARTS, **WHOLE}.items()):
        parts[name] = (
            bytes(range(256)) * 3 if name.endswith(".bin") else b'<x xmlns="urn:x">\n <y a="1"/></x>'
        )
        owner = tiers if name in PARTS else WORKBOOK
        link(parts, owner, kind, f"/{name}", f"rIdMore{number}")
        kind_of(parts, name, "application/x-anything")
    caches = '<pivotCaches><pivotCache cacheId="7" r:id="rIdMore7"/></pivotCaches>'
    put_in(parts, WORKBOOK, "</workbook>", caches)
    format_ = '<conditionalFormatting sqref="C4:C33"><cfRule type="expression" dxfId="0" priority="99">'
    format_ += "<formula>$C4=&quot;A级&quot;</formula></cfRule></conditionalFormatting>"
    rule = (
        '<dataValidation type="whole" allowBlank="1" sqref="BB4:BB33"><formula1>1</formula1></dataValidation>'
    )
    put_in(parts, tiers, "<conditionalFormatting ", format_)
    put_in(parts, tiers, "</dataValidations>", rule)
    xml = parts[tiers].decode()
    xml = re.sub(r'<row r="7"', '<row r="7" hidden="1"', xml, count=1)
    xml = re.sub(
        r'(<autoFilter ref="[^"]*")/>',
        r'\1><filterColumn colId="2"><filters><filter val="A级"/></filters></filterColumn></autoFilter>',
        xml,
        count=1,
    )
    # a picture in a cell of their own, with the mark of a rich value
    xml = re.sub(
        r'(<row r="6".*?)</row>', r'\1<c r="BC6" vm="1" t="e"><v>#VALUE!</v></c></row>', xml, count=1
    )
    parts[tiers] = xml.encode()


def skeleton(xml: bytes) -> tuple[list[object], dict[str, object]]:
    """Everything in a sheet but results: what stands outside the rows, in order; and each cell."""
    outside: list[object] = []
    cells: dict[str, object] = {}

    def walk(node: ElementTree.Element, path: str) -> None:
        name = node.tag.rpartition("}")[2]
        if name == "row":
            outside.append(("row", sorted((k, v) for k, v in node.items() if k != "spans")))
            for cell in node:
                of = {item.tag.rpartition("}")[2]: item for item in cell}
                style = [(k, v) for k, v in sorted(cell.items()) if k not in ("r", "t")]
                said: object = "".join(cell.itertext())
                if "f" in of:
                    said = (sorted(of["f"].items()), of["f"].text)
                cells[str(cell.get("r"))] = (style, "f" in of, said)
            return
        if name != "dimension":
            outside.append((path + name, sorted(node.items()), (node.text or "").strip()))
            for child in node:
                walk(child, f"{path}{name}/")

    walk(ElementTree.fromstring(xml), "")
    return outside, cells


def test_nothing_is_lost_and_one_cell_comes_back(firm: Built, tmp_path: Path) -> None:
    """A formula typed over is all that a re-grade has to change: the rest is equal, part by part."""
    rich = changed(firm.request.out, tmp_path / "rich.xlsx", enrich)
    cell = Seen(firm.request.out).place(TIERS, "KH04", "最终级别")
    book, out = edited(rich, tmp_path / "book.xlsx", {cell: Constant("VIP级")}), tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(book, out))
    assert [e.kind for e in found.edits] == ["typed_over"]
    before, after, first = parts_of(book), parts_of(out), parts_of(rich)
    assert list(after) == list(before)
    tiers = sheets_of(before)[TIERS]
    touched = {name for name in after if after[name] != before[name]}
    stale = {f"own/xl/worksheets/sheet{n}.xml" for n in (1, 2)}
    assert touched - stale == {tiers}
    assert after[tiers] == first[tiers], "as if nobody had typed over it"
    for part in touched & stale:  # formulas of their own that see other sheets: no result, nothing else
        assert skeleton(after[part]) == skeleton(before[part])
    assert {*PARTS, *WHOLE} <= after.keys()
    assert not regrade(RegradeRequest(out, dry_run=True)).changed


def test_results_change_and_nothing_else(firm: Built, tmp_path: Path) -> None:
    """An override and a threshold: results all over the book, no formula, format, rule or part of staff's."""
    first = Seen(firm.request.out)
    rich = changed(firm.request.out, tmp_path / "rich.xlsx", enrich)
    sheet, row, col, _ = _named(rich, "p_tier_a")
    asked = {first.place(TIERS, "KH04", "人工调整"): Constant("vip"), (sheet, row, col): Constant(150_000.0)}
    book, out = edited(rich, tmp_path / "book.xlsx", asked), tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(book, out))
    assert found.changes
    before, after = parts_of(book), parts_of(out)
    assert list(after) == list(before)
    names = {part: name for name, part in sheets_of(before).items()}
    touched = {name for name in after if after[name] != before[name]}
    assert touched <= names.keys() | {"xl/workbook.xml", STYLES} | {
        f"own/xl/worksheets/sheet{n}.xml" for n in (1, 2)
    }
    for part in touched & (names.keys() | {"own/xl/worksheets/sheet1.xml"}):
        (was, cells), (now, shown) = skeleton(before[part]), skeleton(after[part])
        new = {at for at in shown if cells.get(at) != shown[at]}
        if names.get(part) == CHANGES:
            assert cells.items() <= shown.items(), "the ledger only grows"
            continue
        assert now == was, part
        assert new <= ({"D8"} if names.get(part) == TIERS else set()), (part, new)
    assert Seen(out).says("KH04", "人工调整") == "VIP级"


def _named(path: Path, name: str) -> tuple[str, int, int, int]:
    from sheetgen.scheme.library import load_scheme
    from sheetgen.workbook.regrade.source import Source

    package = open_package(path.read_bytes(), look_through, path.name)
    return Source(package, {}, {}, load_scheme("vip-abc")).named()[name]


def odd(parts: Parts) -> None:
    """Sheets of ours in other spellings: UTF-16, CDATA and comments, a prefix, shared formulas."""
    at = sheets_of(parts)
    wide = parts[at[CUSTOMERS]].decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    parts[at[CUSTOMERS]] = wide.encode("utf-16")
    service = parts[at[SERVICE]]
    parts[at[SERVICE]] = service.replace(b"<sheetData>", b"<!-- c --><sheetData><?p x?>").replace(
        b"<v>1</v>", b"<v><![CDATA[1]]></v>"
    )
    sales = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1x:", parts[at[SALES]])
    parts[at[SALES]] = sales.replace(b" xmlns=", b" xmlns:x=")
    tiers = parts[at[TIERS]].decode()
    cells = re.findall(r'<c r="U(\d+)"([^>]*)><f>([^<]*)</f>', tiers)
    assert len(cells) == 30
    for i, (row, look, text) in enumerate(cells):
        shared = f'<f t="shared" ref="U4:U33" si="0">{text}</f>' if i == 0 else '<f t="shared" si="0"/>'
        tiers = tiers.replace(f'<c r="U{row}"{look}><f>{text}</f>', f'<c r="U{row}"{look}>{shared}', 1)
    parts[at[TIERS]] = tiers.encode()


def strict(parts: Parts) -> None:
    """The namespaces of Strict Open XML."""
    for name, content in parts.items():
        if name.endswith((".xml", ".rels")):
            content_ = content.replace(
                hostile.MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main"
            )
            to = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
            parts[name] = content_.replace(hostile.DOCUMENT.encode(), to)


@pytest.mark.parametrize("spelling", [odd, strict], ids=["odd", "strict"])
def test_other_spellings_of_the_same_book(firm: Built, tmp_path: Path, spelling: object) -> None:
    first = Seen(firm.request.out)
    cells = {
        first.place(TIERS, "KH04", "最终级别"): Constant("VIP级"),
        first.place(TIERS, "KH05", "说明"): Constant("手写"),
        (TIERS, 5, 20): Constant(99.0),
    }
    plain = changed(firm.request.out, tmp_path / "plain.xlsx", spelling)  # type: ignore[arg-type]
    book, out = edited(plain, tmp_path / "book.xlsx", cells), tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(book, out))
    assert {e.kind for e in found.edits} == {"typed_over"}
    made = Seen(out)
    for name in (CUSTOMERS, TIERS, SALES, SERVICE, "总览"):
        there, here = first.grid(name), made.grid(name)
        for row in range(there.height):
            for col in range(there.columns):
                assert (here.at(row, col).kind, here.at(row, col).value) == (
                    there.at(row, col).kind,
                    there.at(row, col).value,
                ), (name, row, col)
                assert here.formula(row, col) == there.formula(row, col)
    before, after = parts_of(book), parts_of(out)
    assert {n for n in after if after[n] != before[n]} <= {sheets_of(before)[TIERS]}
    assert not regrade(RegradeRequest(out, dry_run=True)).changed


def test_the_ledger_grows_with_all_that_is_about_it(firm: Built, tmp_path: Path) -> None:
    """Filters, formats of both kinds, validations and names of staff's that end on its last row."""
    later = AS_OF + 31 * DAY
    cell = Seen(firm.request.out).place(TIERS, "KH04", "人工调整")
    last = edited(firm.request.out, tmp_path / "last.xlsx", {cell: Constant("VIP级")})
    regrade(RegradeRequest(last))
    request = BuildRequest(
        tmp_path / "second.xlsx", kinds=firm.request.kinds, scheme="vip-abc", as_of=later, previous=last
    )
    second = build(request).request.out
    grid = Seen(second).grid(CHANGES)
    end = grid.height
    assert end > 3, "there is a row to grow from"

    def rules(parts: Parts) -> None:
        part = sheets_of(parts)[CHANGES]
        xml = parts[part].decode()
        tail = xml.index("<pageMargins") if "<pageMargins" in xml else xml.index("</worksheet>")
        own = f'<conditionalFormatting sqref="B4:B{end}"><cfRule type="duplicateValues" priority="9"/>'
        own += '</conditionalFormatting><dataValidations count="1">'
        own += f'<dataValidation type="list" sqref="H4:H{end}">'
        own += f"<formula1>$H$4:$H${end}</formula1></dataValidation></dataValidations>"
        assert "<dataValidations" not in xml
        x14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
        more = '<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}" xmlns:x14="' + x14 + '">'
        more += '<x14:conditionalFormattings><x14:conditionalFormatting xmlns:xm="urn:xm">'
        more += f'<x14:cfRule type="dataBar"/><xm:sqref>C4:C{end}</xm:sqref></x14:conditionalFormatting>'
        more += "</x14:conditionalFormattings></ext></extLst>"
        parts[part] = (xml[:tail] + own + xml[tail:].replace("</worksheet>", more + "</worksheet>")).encode()
        name = f'<definedName name="own_weeks">{CHANGES}!$A$4:$A${end}</definedName>'
        put_in(parts, WORKBOOK, "</definedNames>", name)

    left = changed(second, tmp_path / "left.xlsx", rules)
    asked = {Seen(left).place(TIERS, who, "人工调整"): Constant("VIP级") for who in ("KH01", "KH02")}
    book, out = edited(left, tmp_path / "book.xlsx", asked), tmp_path / "out.xlsx"
    regrade(RegradeRequest(book, out))
    made = Seen(out)
    new = made.grid(CHANGES).height
    assert new == end + 2
    parts = parts_of(out)
    xml = parts[sheets_of(parts)[CHANGES]].decode()
    for ends in (f'sqref="B4:B{new}"', f'sqref="H4:H{new}"', f"$H$4:$H${new}", f"<xm:sqref>C4:C{new}<"):
        assert ends in xml, ends
    filters = re.findall(r'<autoFilter ref="[A-Z]+\d+:[A-Z]+(\d+)"', xml)
    assert filters in ([], [str(new)])
    assert f"{CHANGES}!$A$4:$A${new}" in parts[WORKBOOK].decode()
    old = [made.grid(CHANGES).at(end - 1, col).style for col in range(8)]
    assert [made.grid(CHANGES).at(new - 1, col).style for col in range(8)] == old


def _readable(data: bytes) -> bool:
    try:
        package = open_package(data, look_through, "odd.xlsx")
        return bool([grid_of(package, name) for name in package.worksheets])
    except SheetgenError:
        return False


@pytest.mark.skipif(not ODD.is_dir(), reason="the odd workbooks are not here")
def test_sheets_of_odd_workbooks_move_in(firm: Built, tmp_path: Path) -> None:
    """Every workbook of other projects that can be read at all, as sheets of one book of ours."""
    donors = {p.stem: p.read_bytes() for p in sorted(ODD.glob("*.xlsx"))}
    donors = {name: data for name, data in donors.items() if _readable(data)}
    rich = [line.split("\t")[0][:3] for line in (ODD / "MANIFEST.tsv").read_text("utf-8").splitlines()
            if "rich in parts" in line]  # fmt: skip
    assert len(rich) == 35 and set(rich) <= donors.keys()

    def move_in(parts: Parts) -> None:
        for name, data in donors.items():
            grafted(parts, parts_of(data), f"g{name}")

    full = changed(firm.request.out, tmp_path / "full.xlsx", move_in)
    cell = Seen(firm.request.out).place(TIERS, "KH04", "最终级别")
    book, out = edited(full, tmp_path / "book.xlsx", {cell: Constant("VIP级")}), tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(book, out))
    assert [e.kind for e in found.edits] == ["typed_over"]
    before, after = parts_of(book), parts_of(out)
    assert list(after) == list(before) and len(after) > 1_000
    assert {n for n in after if after[n] != before[n]} == {sheets_of(before)[TIERS]}
    assert not regrade(RegradeRequest(out, dry_run=True)).changed
