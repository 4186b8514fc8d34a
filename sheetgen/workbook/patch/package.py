"""A book as a package of parts, found by their relationships alone: sheets, tables, names, strings."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from xml.etree import ElementTree
from zipfile import BadZipFile

from sheetgen.errors import InputError, PasswordError
from sheetgen.share.encrypt import is_sealed
from sheetgen.workbook.patch.archive import Member, members_of
from sheetgen.workbook.patch.known import Known, content
from sheetgen.workbook.patch.markup import is_plain, plain_string, unescaped
from sheetgen.workbook.patch.refs import Area, area_of

CONTENT_TYPES: Final = "/[content_types].xml"
_WITH_MACROS: Final = "macroenabled"
_OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_RELATIONSHIPS: Final = ".rels"
_PLAIN_STRING: Final = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_TAGS: Final = 4
_ENTITIES: Final = (b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&apos;")
_UNFIT: Final = re.compile(rb"[\x00-\x08\x0b-\x1f]")
_SHEETS: Final = ("worksheet", "chartsheet", "dialogsheet", "macrosheet", "xlmacrosheet")


@dataclass(frozen=True)
class Relationship:
    """A part's pointer to another: ``kind`` ends its type, ``target`` is a part or, outside, an address."""

    id: str
    kind: str
    target: str
    outside: bool


@dataclass(frozen=True)
class Sheet:
    """A sheet of the book. ``part`` is empty where its relationship dangles."""

    name: str
    part: str
    kind: str
    hidden: bool


@dataclass(frozen=True)
class Table:
    """A table: ``whole`` with its header and totals, ``area`` its data rows."""

    part: str
    sheet: str
    name: str
    whole: Area
    header: int
    totals: int
    columns: tuple[str, ...]
    formulas: tuple[str, ...]

    @property
    def area(self) -> Area:
        """The data rows."""
        whole = self.whole
        first, last = whole.first_row + self.header, whole.last_row - self.totals
        return Area(first, whole.first_col, last, whole.last_col)

    def column(self, header: str) -> int:
        """The sheet's column of a header. Raises KeyError."""
        if header not in self.columns:
            raise KeyError(header)
        return self.whole.first_col + self.columns.index(header)


@dataclass(frozen=True)
class Text:
    """A shared string: what it shows, and whether it has formats of its own."""

    text: str
    rich: bool


@dataclass(frozen=True)
class Package:
    """A book's bytes and its members by part name (lower case, from ``/``). ``workbook``: the main part;
    ``known``: what was found out of the others.
    """

    name: str
    data: bytes
    members: Mapping[str, Member]
    workbook: str
    known: Known = field(default_factory=Known, compare=False)

    def read(self, part: str) -> bytes:
        """The content of a part. Raises KeyError, InputError (SG105)."""
        return b"".join(content(self, part))

    def tree(self, part: str) -> ElementTree.Element:
        """The XML of a part. Raises KeyError, InputError (SG105)."""
        content = self.read(part)
        try:
            return ElementTree.fromstring(content)
        except (ElementTree.ParseError, LookupError) as error:
            raise InputError("file_damaged", "SG105", path=self.name, reason=f"{part}: {error}") from error

    def relationships(self, part: str = "/") -> tuple[Relationship, ...]:
        """What ``part`` (``/``: the package) points at; targets need not be there."""
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", name + _RELATIONSHIPS)
        if listed.lower() not in self.members:
            return ()
        found = []
        for node in self.tree(listed):
            if local(node.tag) == "Relationship":
                target = (node.get("Target") or "").replace("\\", "/")
                outside = (node.get("TargetMode") or "").lower() == "external" or target.startswith("#")
                if not outside:
                    target = posixpath.normpath(posixpath.join("/", folder, target))
                kind = (node.get("Type") or "").rstrip("/").rsplit("/", 1)[-1]
                found.append(Relationship(node.get("Id") or "", kind, target, outside))
        return tuple(found)

    def has(self, part: str) -> bool:
        """Whether the part is there."""
        return part.lower() in self.members

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """All sheets in the order of their tabs."""
        targets = {r.id: r for r in self.relationships(self.workbook) if not r.outside}
        found = []
        for node in self._workbook_nodes("sheets", "sheet"):
            ids = [value for key, value in node.items() if key.endswith("}id")]
            link = targets.get(ids[0]) if ids else None
            ok = link is not None and link.kind.lower() in _SHEETS and self.has(link.target)
            hidden = (node.get("state") or "visible") != "visible"
            part, kind = (link.target, link.kind) if ok and link else ("", "")
            found.append(Sheet(node.get("name") or "", part, kind, hidden))
        return tuple(found)

    @cached_property
    def worksheets(self) -> Mapping[str, str]:
        """Sheet name -> part, of the sheets that have cells."""
        return {s.name: s.part for s in self.sheets if s.kind == "worksheet"}

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """All tables, sheet by sheet."""
        found = []
        for sheet, part in self.worksheets.items():
            for link in self.relationships(part):
                if link.kind == "table" and self.has(link.target):
                    table = _table(self.tree(link.target), link.target, sheet)
                    found.extend([table] if table else [])
        return tuple(found)

    @cached_property
    def names(self) -> tuple[tuple[str, str, str], ...]:
        """The defined names: name, the sheet it is for or "", and what it stands for."""
        found = []
        for node in self._workbook_nodes("definedNames", "definedName"):
            at = node.get("localSheetId") or ""
            here = self.sheets[int(at)].name if at.isdigit() and int(at) < len(self.sheets) else ""
            found.append((node.get("name") or "", here, node.text or ""))
        return tuple(found)

    @cached_property
    def strings(self) -> tuple[Text, ...]:
        """The shared strings."""
        parts = [r.target for r in self.relationships(self.workbook) if r.kind == "sharedStrings"]
        if not parts or not self.has(parts[0]):
            return ()
        found = _plain_strings(self.read(parts[0]))
        if found is not None:
            return found
        return tuple(text_of(node) for node in self.tree(parts[0]) if local(node.tag) == "si")

    @cached_property
    def date1904(self) -> bool:
        """Whether days count from 1904."""
        root = self.tree(self.workbook)
        return any(node.get("date1904") in ("1", "true") for node in root if local(node.tag) == "workbookPr")

    @property
    def signed(self) -> bool:
        """Whether a digital signature is in it, which any change breaks."""
        return any(name.startswith("/_xmlsignatures/") for name in self.members)

    @property
    def with_macros(self) -> bool:
        """Whether it is the kind of workbook that may hold macros, by the content type of its main part."""
        nodes = list(self.tree(CONTENT_TYPES)) if self.has(CONTENT_TYPES) else []
        own = [n for n in nodes if (n.get("PartName") or "").lower() == self.workbook.lower()]
        ending = posixpath.splitext(self.workbook)[1].removeprefix(".").lower()
        usual = [n for n in nodes if (n.get("Extension") or "").lower() == ending]
        kind = ((own or usual)[0].get("ContentType") or "") if own or usual else ""
        return _WITH_MACROS in kind.lower()

    @property
    def macros(self) -> bool:
        """Whether program code is in it."""
        return any(name.endswith(("vbaproject.bin", "jsaproject.bin")) for name in self.members)

    def _workbook_nodes(self, outer: str, inner: str) -> list[ElementTree.Element]:
        root = self.tree(self.workbook)
        return [n for group in root if local(group.tag) == outer for n in group if local(n.tag) == inner]


def open_package(data: bytes, look: Callable[[str, bytes], object], name: str = "") -> Package:
    """The book in ``data``. ``look`` is given name and bytes first, to refuse what is hostile.

    Raises PasswordError (SG107), InputError (SG105, SG510) and whatever ``look`` raises.
    """
    if is_sealed(data):
        raise PasswordError("file_encrypted", "SG107", path=name)
    if data.startswith(_OLE) or not data.startswith(b"PK"):
        raise InputError("patch_not_xlsx", "SG510", path=name)
    look(name, data)
    try:
        members = members_of(data)
    except (BadZipFile, ValueError, OSError) as error:
        raise InputError("file_damaged", "SG105", path=name, reason=str(error)) from error
    parts: dict[str, Member] = {}
    for member in members:
        part = "/" + member.info.filename.replace("\\", "/").lstrip("/").lower()
        if part in parts:
            raise InputError("file_damaged", "SG105", path=name, reason=f"two parts {part[:80]}")
        parts[part] = member
    package = Package(name, data, parts, "")
    main = [r.target for r in package.relationships() if r.kind == "officeDocument"]
    if not main or not package.has(main[0]) or local(_root_tag(package, main[0])) != "workbook":
        raise InputError("patch_not_xlsx", "SG510", path=name)
    return Package(name, data, parts, main[0])


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def text_of(node: ElementTree.Element) -> Text:
    """The text of a shared or an inline string; what is read aloud (phonetic runs) is no part of it."""
    runs = [run for run in node if local(run.tag) == "r"]
    holders = runs or [node]
    pieces = [t.text or "" for holder in holders for t in holder if local(t.tag) == "t"]
    return Text(plain_string("".join(pieces)), bool(runs))


def _plain_strings(xml: bytes) -> tuple[Text, ...] | None:
    """The shared strings if each is one text; None where anything else is among them, or seems wrong."""
    start, stop = xml.find(b">", xml.find(b"<sst")) + 1, xml.rfind(b"</sst>")
    texts = _PLAIN_STRING.findall(xml, start, stop) if start and xml[stop:].rstrip() == b"</sst>" else []
    if not texts or xml.count(b"<", start, stop) != _TAGS * len(texts) or not is_plain(xml):
        return None
    if _UNFIT.search(xml) or xml.count(b"&") != sum(map(xml.count, _ENTITIES)):
        return None
    try:
        return tuple([Text(plain_string(unescaped(text.decode())), False) for text in texts])
    except UnicodeDecodeError:
        return None


def _root_tag(package: Package, part: str) -> str:
    if part.lower().endswith(".bin"):
        return ""
    return package.tree(part).tag


def _count(text: str | None, usual: int) -> int:
    return int(text) if text and text.isdigit() else usual


def _table(root: ElementTree.Element, part: str, sheet: str) -> Table | None:
    whole = area_of(root.get("ref") or "")
    if whole is None:
        return None
    columns = [n for group in root if local(group.tag) == "tableColumns" for n in group]
    formulas = []
    for column in columns:
        texts = [n.text or "" for n in column if local(n.tag) == "calculatedColumnFormula"]
        formulas.append(texts[0] if texts else "")
    return Table(
        part,
        sheet,
        root.get("displayName") or root.get("name") or "",
        whole,
        _count(root.get("headerRowCount"), 1),
        _count(root.get("totalsRowCount"), 0),
        tuple(plain_string(n.get("name") or "") for n in columns),
        tuple(formulas),
    )
