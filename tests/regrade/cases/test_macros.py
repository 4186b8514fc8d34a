"""A book of ours saved as a workbook with macros: graded like any other, not a byte of the macros touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.check_book import check_book
from sheetgen.errors import InputError, UsageError
from sheetgen.pipeline import Built
from sheetgen.rebuild import rebuild
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.patch.edits import Constant

from .firm import TIERS, Seen, edited, next_book, plain
from .surgery import TYPES, as_macros, changed, parts_of, sheets


@pytest.fixture
def book(firm: Built, tmp_path: Path) -> Path:
    """The firm's book with macros, and an override of staff's."""
    asked = {Seen(firm.request.out).place(TIERS, "KH04", "人工调整"): Constant("VIP级")}
    return changed(edited(firm.request.out, tmp_path / "e.xlsx", asked), tmp_path / "book.xlsm", as_macros)


def test_w14_macros_stay_in_the_book(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "book.xlsm"
    out.parent.mkdir()
    found = regrade(RegradeRequest(book, out))
    assert Seen(out).says("KH04", "最终级别") == "VIP级"
    before, after = parts_of(book), parts_of(out)
    assert list(after) == list(before)
    touched = {name for name in after if after[name] != before[name]}
    ours = set(sheets(before).values())
    assert touched and touched <= ours, "code, ribbon, button and content types are the same bytes"
    assert b"macroEnabled" in after[TYPES]
    (issue,) = [i for i in found.issues if i.code == "SG552"]
    assert plain(issue)
    assert not regrade(RegradeRequest(out)).changed


def test_w14_in_place_the_old_one_is_kept(book: Path) -> None:
    before = book.read_bytes()
    found = regrade(RegradeRequest(book))
    assert found.written and found.backup is not None and found.backup.read_bytes() == before


def test_w14_macros_are_never_dropped_by_a_suffix(firm: Built, book: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as stop:
        regrade(RegradeRequest(book, tmp_path / "out.xlsx"))
    assert stop.value.key == "output_macros"
    with pytest.raises(UsageError):
        regrade(RegradeRequest(firm.request.out, tmp_path / "out.xlsm"))
    renamed = tmp_path / "renamed.xlsx"
    renamed.write_bytes(book.read_bytes())
    with pytest.raises(InputError) as refused:
        regrade(RegradeRequest(renamed))
    assert (refused.value.key, refused.value.code) == ("patch_other_suffix", "SG510")


def test_w14_checked_and_handed_on(firm: Built, book: Path, tmp_path: Path) -> None:
    assert "SG552" in {i.code for i in check_book(book).regraded.issues}
    later = next_book(firm, book, tmp_path / "later.xlsx")
    assert Seen(later.request.out).says("KH04", "最终级别") == "VIP级"


def test_w14_a_fresh_book_has_no_macros_and_says_so(book: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as stop:
        rebuild(RegradeRequest(book, rebuild=True))
    assert stop.value.key == "rebuild_macros"
    found = rebuild(RegradeRequest(book, tmp_path / "fresh.xlsx", rebuild=True))
    assert "macros" in " ".join(issue.message("en") for issue in found.issues) or "宏" in " ".join(
        plain(issue) for issue in found.issues
    )
    assert Seen(tmp_path / "fresh.xlsx").says("KH04", "最终级别") == "VIP级"
    assert "xl/vbaProject.bin" not in parts_of(tmp_path / "fresh.xlsx")


def test_w16_a_copy_with_macros_is_merged(firm: Built, book: Path, tmp_path: Path) -> None:
    found = regrade(RegradeRequest(firm.request.out, tmp_path / "out.xlsx", copies=(book,)))
    assert not [edit for edit in found.edits if edit.kind == "conflict"]
    assert Seen(tmp_path / "out.xlsx").says("KH04", "最终级别") == "VIP级"
