"""The zip package: what did not change keeps its very bytes, wherever it lies."""

from __future__ import annotations

import io
import struct
import zipfile

from sheetgen.inflate import inflated
from sheetgen.workbook.patch.archive import members_of, packed, rewritten


class _NoSeek(io.RawIOBase):
    """Makes zipfile write data descriptors behind the members."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:  # type: ignore[override]
        self.data += bytes(data)  # type: ignore[call-overload]
        return len(bytes(data))  # type: ignore[call-overload]


def archive(streamed: bool = False) -> bytes:
    out = _NoSeek() if streamed else io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:  # type: ignore[arg-type]
        for number, (name, content) in enumerate(
            {"a\\b.xml": b"a" * 999, "客户/": b"", "c.bin": b"c"}.items()
        ):
            info = zipfile.ZipInfo(name, (2020 + number, 1, 2, 3, 4, 6))
            info.external_attr, info.comment = 0o640 << 16, b"hi"
            info.extra = struct.pack("<2HL", 0x7075, 4, 7)
            made.writestr(info, content, zipfile.ZIP_DEFLATED if number == 0 else zipfile.ZIP_STORED)
        made.comment = b"all"
    return out.data if isinstance(out, _NoSeek) else out.getvalue()


def test_without_changes_it_is_the_same_file() -> None:
    for data in (archive(), archive(streamed=True)):
        assert rewritten(data, members_of(data), {}) == data


def test_a_changed_and_a_dropped_member() -> None:
    for data in (archive(), archive(streamed=True)):
        members = members_of(data)
        made = rewritten(data, members, {"a\\b.xml": packed([b"new", memoryview(b"er")]), "客户/": None})
        with zipfile.ZipFile(io.BytesIO(made)) as package:
            assert package.testzip() is None
            assert package.comment == b"all"
            assert package.read("a\\b.xml") == b"newer"
            assert package.namelist() == ["a\\b.xml", "c.bin"]
            first, last = package.infolist()
        assert (first.date_time, first.external_attr, first.comment) == (
            (2020, 1, 2, 3, 4, 6),
            0o640 << 16,
            b"hi",
        )
        old, new = members[2], members_of(made)[1]
        assert made[new.start : new.stop] == data[old.start : old.stop]
        assert last.extra == members[2].info.extra


def test_large_file_headers() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in ("a", "b"):
            with made.open(name, "w", force_zip64=True) as part:
                part.write(name.encode() * 9)
    data = out.getvalue()
    again = rewritten(data, members_of(data), {"a": packed([b"x"])})
    with zipfile.ZipFile(io.BytesIO(again)) as package:
        assert package.testzip() is None
        assert (package.read("a"), package.read("b")) == (b"x", b"b" * 9)
    assert b"".join(inflated("a.xlsx", members_of(again)[1].info, again)) == b"b" * 9
