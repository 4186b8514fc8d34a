"""Books as other programs write them, and with parts of other books in them: done to the package by hand."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree

from tests import hostile

Parts = dict[str, bytes]
TYPES, WORKBOOK, LINKS = "[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
STYLES, STRINGS = "xl/styles.xml", "xl/sharedStrings.xml"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLED = re.compile(rb'(<(?:c|row|col)\b[^>]*?\s(?:s|style)=")(\d+)(")')
_SHARED = re.compile(rb'<c([^>]*?) t="s"([^>]*)><v>(\d+)</v></c>')
_FORMULA = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*><f')


def parts_of(source: Path | bytes) -> Parts:
    """Name -> content, in order."""
    with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as package:
        return {info.filename: package.read(info) for info in package.infolist()}


def saved(parts: Mapping[str, bytes], path: Path) -> Path:
    """A package of these parts."""
    path.write_bytes(hostile.zipped(dict(parts)))
    return path


def sheets(parts: Parts) -> dict[str, str]:
    """Sheet name -> part, of a book as XlsxWriter or we write it."""
    names = re.findall(r'<sheet name="([^"]*)"[^>]*r:id="([^"]*)"', parts[WORKBOOK].decode())
    targets = dict(re.findall(r'Id="([^"]*)"[^>]*Target="([^"]*)"', parts[LINKS].decode()))
    return {name: f"xl/{targets[id_].removeprefix('/xl/')}" for name, id_ in names}


def put_in(parts: Parts, name: str, before: str, more: str) -> None:
    """Write ``more`` into a part, before the last place of ``before``."""
    head, found, tail = parts[name].decode().rpartition(before)
    assert found, f"{before} is not in {name}"
    parts[name] = (head + more + found + tail).encode()


def link(parts: Parts, part: str, kind: str, target: str, id_: str) -> None:
    """A relationship of ``part``."""
    folder, _, name = part.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels"
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts.setdefault(rels, f'{hostile.HEAD}<Relationships xmlns="{space}"></Relationships>'.encode())
    put_in(parts, rels, "</Relationships>", f'<Relationship Id="{id_}" Type="{kind}" Target="{target}"/>')


def kind_of(parts: Parts, part: str, content_type: str) -> None:
    """The content type of a part."""
    put_in(parts, TYPES, "</Types>", f'<Override PartName="/{part}" ContentType="{content_type}"/>')


def as_excel(parts: Parts) -> None:
    """Styles numbered anew, some texts inline, a calculation chain, no very hidden sheet."""
    found = re.search(rb'(<cellXfs count="(\d+)">)(.*?)(</cellXfs>)', parts[STYLES], re.DOTALL)
    assert found
    looks = re.findall(rb"<xf [^>]*?(?:/>|>.*?</xf>)", found[3], re.DOTALL)
    n = int(found[2])
    assert len(looks) == n
    turned = b"".join([looks[0], *reversed(looks[1:])])
    parts[STYLES] = parts[STYLES].replace(found[0], found[1] + turned + found[4])

    def other(at: re.Match[bytes]) -> bytes:
        return at[1] + b"%d" % ((n - int(at[2])) % n) + at[3]

    texts = [b"".join(re.findall(rb"<t[^>]*>([^<]*)</t>", si)) for si in _strings(parts)]

    def inline(at: re.Match[bytes]) -> bytes:
        text = b'<is><t xml:space="preserve">%s</t></is>' % texts[int(at[3])]
        return b'<c%s t="inlineStr"%s>%s</c>' % (at[1], at[2], text)

    chain = []
    for number, (name, part) in enumerate(sheets(parts).items(), start=1):
        parts[part] = _STYLED.sub(other, parts[part])
        if name in ("客户信息", "服务记录"):
            parts[part] = _SHARED.sub(inline, parts[part])
        chain += [f'<c r="{at.decode()}" i="{number}"/>' for at in _FORMULA.findall(parts[part])]
    body = "".join(chain)
    parts["xl/calcChain.xml"] = f'{hostile.HEAD}<calcChain xmlns="{hostile.MAIN}">{body}</calcChain>'.encode()
    link(parts, WORKBOOK, f"{hostile.DOCUMENT}/calcChain", "calcChain.xml", "rIdChain")
    kind_of(parts, "xl/calcChain.xml", f"{KIND}.calcChain+xml")
    parts[WORKBOOK] = parts[WORKBOOK].replace(b'"veryHidden"', b'"hidden"')


def as_macros(parts: Parts) -> None:
    """A workbook with macros as Excel saves it: code, a ribbon of its own, a button on a sheet."""
    plain, macros = f"{KIND}.sheet.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert plain in parts[TYPES].decode()
    parts[TYPES] = parts[TYPES].replace(plain.encode(), macros.encode())
    parts["xl/vbaProject.bin"] = bytes(range(256)) * 9
    office = "http://schemas.microsoft.com/office/2006/relationships"
    link(parts, WORKBOOK, f"{office}/vbaProject", "vbaProject.bin", "rIdVba")
    kind_of(parts, "xl/vbaProject.bin", "application/vnd.ms-office.vbaProject")
    parts["customUI/customUI14.xml"] = (
        b'<customUI xmlns="http://schemas.microsoft.com/office/2009/07/customui"></customUI>'
    )
    ribbon = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
    put_in(
        parts, "_rels/.rels", "</Relationships>",
        f'<Relationship Id="rIdRibbon" Type="{ribbon}" Target="customUI/customUI14.xml"/>',
    )  # fmt: skip
    parts["xl/ctrlProps/ctrlProp1.xml"] = (
        b'<formControlPr xmlns="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
        b'objectType="Button" fmlaMacro="Run"/>'
    )
    link(
        parts, sheets(parts)["客户级别"], f"{hostile.DOCUMENT}/ctrlProp", "../ctrlProps/ctrlProp1.xml", "rIdC"
    )
    kind_of(parts, "xl/ctrlProps/ctrlProp1.xml", "application/vnd.ms-excel.controlproperties+xml")


def _strings(parts: Parts) -> list[bytes]:
    return re.findall(rb"<si>(.*?)</si>", parts[STRINGS], re.DOTALL)


def as_wps(parts: Parts) -> None:
    """Directory entries, a namespace and macros of its own, a picture in a cell."""
    space = b' xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData">'
    for part in sheets(parts).values():
        parts[part] = re.sub(rb"(<worksheet [^>]*)>", lambda at: at[1] + space, parts[part], count=1)
    parts["xl/cellimages.xml"] = (
        b'<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData">'
        b'<etc:cellImage><x name="ID_1"/></etc:cellImage></etc:cellImages>'
    )
    link(parts, WORKBOOK, "http://www.wps.cn/officeDocument/2020/cellImage", "cellimages.xml", "rIdImages")
    kind_of(parts, "xl/cellimages.xml", "application/vnd.wps-officedocument.cellimage+xml")
    parts["xl/jsaProject.bin"] = bytes(range(256))
    link(parts, WORKBOOK, "http://www.wps.cn/officeDocument/2018/jsaProject", "jsaProject.bin", "rIdJsa")
    kind_of(parts, "xl/jsaProject.bin", "application/vnd.wps-officedocument.jsaProject")
    picture = '<c r="BK5" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f><v>=DISPIMG("ID_1",1)</v></c>'
    tiers = sheets(parts)["客户级别"]
    row = re.search(rb'<row r="5".*?</row>', parts[tiers], re.DOTALL)
    assert row
    parts[tiers] = parts[tiers].replace(row[0], row[0].removesuffix(b"</row>") + picture.encode() + b"</row>")
    ordered = {"_rels/": b"", "docProps/": b"", "xl/": b"", **parts, "xl/worksheets/": b""}
    parts.clear()
    parts.update(ordered)


def grafted(parts: Parts, donor: Parts, prefix: str, only: Iterable[str] = ()) -> list[str]:
    """All parts of another book, under a folder of their own, and its worksheets among the tabs.

    Returns the names of the sheets that came.
    """
    took = []
    types = next(name for name in donor if name.lower() == TYPES.lower())
    kinds = ElementTree.fromstring(donor[types])
    known = parts[TYPES].decode()
    for node in kinds:
        if node.tag.endswith("Default") and f'Extension="{node.get("Extension")}"' not in known:
            more = f'<Default Extension="{node.get("Extension")}" ContentType="{node.get("ContentType")}"/>'
            put_in(parts, TYPES, "</Types>", more)
        elif node.tag.endswith("Override"):
            kind_of(parts, f"{prefix}{node.get('PartName')}", str(node.get("ContentType")))
    for name, content in donor.items():
        if name != types and not name.endswith("/"):
            absolute = name.endswith(".rels") and b'Target="/' in content
            own = f'Target="/{prefix}/'.encode()
            parts[f"{prefix}/{name}"] = content.replace(b'Target="/', own) if absolute else content
    wanted = set(only)
    for i, (name, part) in enumerate(_worksheets(donor).items()):
        if wanted and name not in wanted:
            continue
        label = f"{prefix}{i}"
        tab = f'<sheet name="{label}" sheetId="{900 + len(parts)}" r:id="{label}"/>'
        put_in(parts, WORKBOOK, "</sheets>", tab)
        link(parts, WORKBOOK, f"{hostile.DOCUMENT}/worksheet", f"/{prefix}/{part}", label)
        took.append(label)
    return took


def _worksheets(donor: Parts) -> dict[str, str]:
    """Sheet name -> part, whichever way the book was written."""
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.patch.package import open_package

    package = open_package(hostile.zipped(dict(donor)), look_through, "donor.xlsx")
    lower = {f"/{name.lower()}": name for name in donor}
    return {name: lower[part.lower()] for name, part in package.worksheets.items() if part.lower() in lower}


Change = Callable[[Parts], None]


def changed(source: Path, path: Path, *changes: Change) -> Path:
    """A book with its package changed."""
    parts = parts_of(source)
    for change in changes:
        change(parts)
    return saved(parts, path)
