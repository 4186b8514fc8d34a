"""Parts that come to a package or leave it, with their content types and relationships.

Members that stay keep their bytes and places; new ones come last, dated as the first one is.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from sheetgen.workbook.patch.archive import Packed, members_of, packed, rewritten
from sheetgen.workbook.patch.markup import ATTRIBUTES, attribute, plain, quoted, tag
from sheetgen.workbook.patch.package import CONTENT_TYPES, Package

_RECORD: Final = struct.Struct("<4s6H3L5H2L")
_HEADER: Final = struct.Struct("<4s5H3L2H")
_END: Final = struct.Struct("<4s4H2LH")
_UTF8: Final = 0x800
_MOST: Final = 0xFFFF


@dataclass(frozen=True)
class NewPart:
    """A part to be: its name from ``/``, its content type and its content."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Change:
    """What becomes of a package. ``changed``: part -> its new content; ``dropped``: parts that leave."""

    changed: Mapping[str, bytes]
    added: tuple[NewPart, ...] = ()
    dropped: tuple[str, ...] = ()


def changed_package(package: Package, change: Change) -> bytes:
    """The package with these parts changed, come and gone; content types follow."""
    types = plain(package.read(CONTENT_TYPES))
    types = without_entries(types, "Override", "PartName", change.dropped)
    for part in change.added:
        entry = f'PartName="{quoted(part.name)}" ContentType="{quoted(part.content_type)}"'
        types = with_entry(types, "Types", "Override", entry)
    contents = {**change.changed, CONTENT_TYPES: types}
    new: dict[str, Packed | None] = {
        package.members[part.lower()].info.filename: packed([content]) for part, content in contents.items()
    }
    new |= {package.members[part.lower()].info.filename: None for part in change.dropped if package.has(part)}
    data = rewritten(package.data, package.members.values(), new)
    return with_members(data, {part.name.lstrip("/"): part.content for part in change.added})


def with_members(data: bytes, new: Mapping[str, bytes]) -> bytes:
    """The archive with further members. Raises ValueError for more than a plain archive can hold."""
    members = members_of(data)
    if len(members) + len(new) > _MOST:
        raise ValueError("too many members")
    with ZipFile(io.BytesIO(data)) as archive:
        begin, comment = int(archive.start_dir), archive.comment
    out, directory = io.BytesIO(), b"".join(member.record for member in members)
    out.write(data[:begin])
    moment = _RECORD.unpack_from(members[0].record)[5:7]
    for name, content in new.items():
        raw, made, at = name.encode(), packed([content]), out.tell()
        flags = 0 if name.isascii() else _UTF8
        sizes = (made.crc, len(made.data), made.size)
        out.write(
            _HEADER.pack(b"PK\3\4", 20, flags, ZIP_DEFLATED, *moment, *sizes, len(raw), 0) + raw + made.data
        )
        fields = (20, 20, flags, ZIP_DEFLATED, *moment, *sizes, len(raw), 0, 0, 0, 0, 0, at)
        directory += _RECORD.pack(b"PK\1\2", *fields) + raw
    begin, count = out.tell(), len(members) + len(new)
    out.write(directory)
    out.write(_END.pack(b"PK\5\6", 0, 0, count, count, len(directory), begin, len(comment)) + comment)
    return out.getvalue()


def with_entry(xml: bytes, root: str, name: str, attributes: str) -> bytes:
    """``xml`` (plain) with one more empty element at the end of its root element."""
    opened = tag(root).search(xml)
    if opened is None:
        raise ValueError(f"no {root}")
    prefix = opened[1]
    made, close = (
        b"<%s%s %s/>" % (prefix, name.encode(), attributes.encode()),
        b"</%s%s>" % (prefix, opened[2]),
    )
    if opened[3].endswith(b"/"):
        bare = xml[: opened.end() - 2].rstrip() + b">"
        return bare + made + close + xml[opened.end() :]
    at = xml.rfind(close)
    return xml[:at] + made + xml[at:]


def without_entries(xml: bytes, name: str, key: str, values: Iterable[str]) -> bytes:
    """``xml`` (plain) without the elements whose attribute ``key`` is one of ``values``, in any case."""
    gone = {value.lower() for value in values}
    if not gone:
        return xml
    element = re.compile(
        rb"<(?P<p>(?:[\w.-]+:)?)%s(?=[\s/>])(%s)>(?:(?<=/>)|\s*</(?P=p)%s>)"
        % (name.encode(), ATTRIBUTES, name.encode())
    )
    return element.sub(lambda m: b"" if (attribute(m[2], key) or "").lower() in gone else m[0], xml)


def relationships_of(part: str) -> str:
    """The name of the part that lists the relationships of ``part``."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def only_for(package: Package, part: str) -> tuple[str, ...]:
    """The parts that ``part`` points at and no other part does, and those that only they point at."""
    pointed: dict[str, set[str]] = {}
    for name in package.members:
        folder, base = posixpath.split(name)
        if base.endswith(".rels") and posixpath.basename(folder) == "_rels":
            owner = (
                posixpath.join(posixpath.dirname(folder), base.removesuffix(".rels"))
                if base != ".rels"
                else "/"
            )
            for link in package.relationships(owner):
                if not link.outside and package.has(link.target):
                    pointed.setdefault(link.target.lower(), set()).add(owner)
    gone, more = {part.lower()}, True
    while more:
        new = {target for target, owners in pointed.items() if owners <= gone and target not in gone}
        gone, more = gone | new, bool(new)
    return tuple(sorted(gone - {part.lower()}))
