"""``sheetgen check BOOK``: one flipped cell among all is found; what staff did is told and is no fault."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sheetgen.check_book import check_book, is_book
from sheetgen.pipeline import BuildRequest, Built, build
from tests.office.office import Office
from tests.parity.data import AS_OF, company

SHOWN = re.compile(rb'<c r="([A-Z]+\d+)"([^>]*)><f>[^<]*</f><v>([^<]+)</v></c>')


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A book with more than 100,000 computed cells."""
    folder = tmp_path_factory.mktemp("large")
    kinds = company("vip-abc", seed=5, plain=1200).write(folder)
    return build(BuildRequest(folder / "book.xlsx", kinds=kinds, scheme="vip-abc", as_of=AS_OF))


def rewritten(book: Path, out: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A copy of a book whose parts went through ``change``."""
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item, change(item.filename, old.read(item)))
    return out


def _computed(book: Path) -> list[tuple[str, int]]:
    """Part and place of every computed cell with a result."""
    with zipfile.ZipFile(book) as package:
        parts = [n for n in package.namelist() if n.startswith("xl/worksheets/sheet")]
        return [(part, found.start(3)) for part in parts for found in SHOWN.finditer(package.read(part))]


def test_a_fresh_book_is_intact(large: Built) -> None:
    found = check_book(large.request.out)
    assert found.intact
    assert (found.regraded.edits, found.regraded.issues, found.wrong) == ((), (), ())
    assert (found.regraded.digest, found.regraded.tiers) == (large.digest, large.tiers)


def test_one_flipped_cell_among_100_000_is_found(large: Built, tmp_path: Path) -> None:
    cells = _computed(large.request.out)
    assert len(cells) > 100_000
    part, at = random.Random(7).choice(cells)
    told = {}

    def flip(name: str, xml: bytes) -> bytes:
        if name != part:
            return xml
        found = next(m for m in SHOWN.finditer(xml) if m.start(3) == at)
        told["cell"], was = found[1].decode(), found[3]
        numeric = b't="' not in found[2]
        now = str(float(was) + 1).encode() if numeric else was + b"!"
        return xml[:at] + now + xml[at + len(was) :]

    found = check_book(rewritten(large.request.out, tmp_path / "flipped.xlsx", flip))
    assert [cell.cell for cell in found.wrong] == [told["cell"]]
    assert not found.intact
    assert [issue.code for issue in found.regraded.issues] == ["SG595"]


def test_a_formula_that_was_made_a_number_is_found(large: Built, tmp_path: Path) -> None:
    part, at = random.Random(8).choice(
        [c for c in _computed(large.request.out) if c[0].endswith("sheet4.xml")]
    )

    def flip(name: str, xml: bytes) -> bytes:
        if name != part:
            return xml
        found = next(m for m in SHOWN.finditer(xml) if m.start(3) == at)
        return xml[: found.start()] + re.sub(rb"<f>[^<]*</f>", b"", found[0]) + xml[found.end() :]

    found = check_book(rewritten(large.request.out, tmp_path / "flat.xlsx", flip))
    assert [edit.kind for edit in found.regraded.edits] == ["typed_over"]
    assert not found.intact


def test_what_staff_change_is_told_and_no_fault(office: Office, tmp_path: Path, large: Built) -> None:
    small = tmp_path / "small"
    small.mkdir()
    kinds = company("vip-abc", seed=6, plain=6).write(small)
    book = build(BuildRequest(small / "book.xlsx", kinds=kinds, scheme="vip-abc", as_of=AS_OF)).request.out
    office.open(book)
    head = next(row for row in office.read("客户级别") if "备注" in row)
    col = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    place = head.index("备注")
    letters = col[place] if place < 26 else f"A{col[place - 26]}"
    row = next(i for i, cells in enumerate(office.read("客户级别"), 1) if "备注" in cells) + 1
    office.set("客户级别", f"{letters}{row}", "下周拜访")
    edited = office.save_as(tmp_path / "edited.xlsx")
    before = edited.read_bytes()
    found = check_book(edited)
    assert found.intact
    assert [(edit.kind, edit.now) for edit in found.regraded.edits] == [("remark", "下周拜访")]
    assert edited.read_bytes() == before


def test_a_book_without_results(tmp_path: Path, large: Built) -> None:
    def bare(name: str, xml: bytes) -> bytes:
        if not name.startswith("xl/worksheets/sheet"):
            return xml
        return re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", xml)

    found = check_book(rewritten(large.request.out, tmp_path / "bare.xlsx", bare))
    assert found.uncalculated
    assert not found.intact
    assert [issue.code for issue in found.regraded.issues] == ["SG596"]


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", "-m", "sheetgen.cli", "check", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")


def test_the_command(tmp_path: Path) -> None:
    kinds = company("vip-abc", seed=6, plain=6).write(tmp_path)
    built = build(BuildRequest(tmp_path / "book.xlsx", kinds=kinds, scheme="vip-abc", as_of=AS_OF))
    book = built.request.out
    done = _run(book, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert (said["command"], said["intact"], said["wrong"], said["digest"]) == (
        "check", True, {"count": 0, "cells": []}, built.digest,
    )  # fmt: skip
    assert said["rows"]["read"] == said["rows"]["used"] > 0
    assert "公式完好" in _run(book).stdout

    def flip(name: str, xml: bytes) -> bytes:
        return xml.replace(b"<v>A\xe7\xba\xa7</v>", b"<v>VIP\xe7\xba\xa7</v>", 1) if "sheet5" in name else xml

    bad = rewritten(book, tmp_path / "bad.xlsx", flip)
    assert bad.read_bytes() != book.read_bytes()
    done = _run(bad)
    assert done.returncode == 6
    assert "应为「A级」" in done.stdout


def test_only_books_of_ours(tmp_path: Path, large: Built) -> None:
    assert is_book(large.request.out)
    for name, data in {"a.xlsx": b"PK", "b.xlsx": b"", "c.csv": b"x"}.items():
        (tmp_path / name).write_bytes(data)
        assert not is_book(tmp_path / name)
    shutil.copy(large.request.out, tmp_path / "d.csv")
    assert not is_book(tmp_path / "d.csv")
    assert not is_book(tmp_path / "none.xlsx")
