"""Customers whom staff moved from one book of a split to another: they follow, and come back nowhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sheetgen.pipeline import Built
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.siblings import beside, nowhere, split_told
from tests.office.office import Office

from ..books import make, sheet
from ..regrade.apart import C, P, Place, R, T, at, cleared, edited, new_row
from ..regrade.apart import read as grids_of
from ..regrade.books import proved, regraded
from .test_split import AS_OF, company

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
WHO = "A003"


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Built:
    base = tmp_path_factory.mktemp("moved")
    return make(base / "out", paths=[company(base / "data")], split_by="负责人", as_of=AS_OF)


def rows_of(path: Path, name: str, customer: str) -> list[dict[str, object]]:
    """The plain cells of a customer's rows, by header."""
    grid = grids_of(path)[name]
    heads = {c: str(cell.value) for c, cell in grid.cells[2].items()}
    own = next(c for c, head in heads.items() if head == "客户编号")
    lines = [row for row, cells in sorted(grid.cells.items()) if row > 2 and own in cells]
    return [
        {heads[c]: cell.value for c, cell in grid.cells[row].items() if cell.formula is None and c in heads}
        for row in lines
        if grid.cells[row][own].value == customer
    ]


@pytest.fixture(scope="module")
def moved(split: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the rows of a customer of 甄一's were cut out and pasted into 贾二's book, after
    甄一 had written what they think of them."""
    folder = tmp_path_factory.mktemp("folder") / "books"
    shutil.copytree(split.request.out, folder)
    mine, other = split.request.out / "甄一.xlsx", split.request.out / "贾二.xlsx"
    cells: dict[Place, object] = {at(mine, T, WHO, "人工调整"): "VIP级", at(mine, T, WHO, "备注"): "重点跟进"}
    cells |= {at(mine, P, WHO, "方便联系时间"): "周三"}
    told = {C: rows_of(mine, C, WHO), R: rows_of(mine, R, WHO)}
    pasted: dict[Place, object] = {}
    for name, rows in told.items():
        for n, row in enumerate(rows):
            cells |= dict.fromkeys(cleared(mine, name, WHO, n))
            plain = {head: value for head, value in row.items() if head != "序号" and value not in (None, "")}
            pasted |= new_row(other, name, plain, n)
    edited(mine, folder / "甄一.xlsx", cells)
    edited(other, folder / "贾二.xlsx", pasted)
    return folder


def moves(found: Regraded) -> list[tuple[str, str]]:
    return [(e.customer, e.now) for e in found.edits if e.kind == "moved"]


def codes(found: Regraded) -> set[str]:
    return {issue.code for issue in found.issues}


def test_a_customer_who_stands_in_a_sibling_is_not_put_back(
    moved: Path, office: Office, tmp_path: Path
) -> None:
    folder = tmp_path / "books"
    shutil.copytree(moved, folder)
    found = regraded(folder / "甄一.xlsx", folder / "又.xlsx")
    assert moves(found) == [(WHO, "贾二.xlsx")] and {"SG551", "SG555", "SG536"}.isdisjoint(codes(found))
    said = next(issue for issue in found.issues if issue.code == "SG535")
    assert said.value == WHO and "贾二.xlsx" in said.message("zh") and "{" not in said.message("en")
    assert WHO not in sheet(folder / "又.xlsx", "customers").column("客户编号")
    wrong = proved(office, folder / "又.xlsx", tmp_path).wrong
    assert [cell for cell in wrong if cell[0] != "_calc"] == [], "an array of which the file says one value"


def test_without_the_siblings_they_are_back_and_it_is_said_why(moved: Path, tmp_path: Path) -> None:
    shutil.copy(moved / "甄一.xlsx", tmp_path)
    shutil.copy(moved / "Zoe.xlsx", tmp_path)
    found = regrade(RegradeRequest(tmp_path / "甄一.xlsx", tmp_path / "new.xlsx"))
    assert moves(found) == [] and {"SG551", "SG536"} <= codes(found)
    said = next(issue for issue in found.issues if issue.code == "SG536")
    assert dict(said.facts)["missing"] == "2" and WHO in said.message("en")
    assert WHO in sheet(tmp_path / "new.xlsx", "customers").column("客户编号")
    for path in (moved / "贾二.xlsx", moved / "未分配.xlsx"):
        shutil.copy(path, tmp_path)
    (tmp_path / "贾二.xlsx").write_bytes(b"PK no book")
    assert "SG536" in codes(regrade(RegradeRequest(tmp_path / "甄一.xlsx", dry_run=True)))


def test_one_book_of_all_has_them_once_with_what_was_typed(moved: Path, split: Built, tmp_path: Path) -> None:
    found = regrade(RegradeRequest(moved, tmp_path / "all.xlsx"))
    assert found.customers == 28 and found.ledger.cents["used"] == split.clean.ledger.cents["used"]
    tiers, likes = sheet(tmp_path / "all.xlsx", "tiers"), sheet(tmp_path / "all.xlsx", "preferences")
    assert (tiers.of(WHO)["人工调整"], tiers.of(WHO)["备注"]) == ("VIP级", "重点跟进")
    assert likes.of(WHO)["方便联系时间"] == "周三"
    assert sheet(tmp_path / "all.xlsx", "customers").column("客户编号").count(WHO) == 1
    assert moves(found) == [(WHO, "贾二.xlsx")] and {"SG816", "SG537"}.isdisjoint(codes(found))


def test_nobody_is_lost_who_stands_in_no_book(moved: Path, split: Built, tmp_path: Path) -> None:
    """A customer cut out of one book and pasted nowhere; another of whom a second book has a copy."""
    folder = tmp_path / "books"
    shutil.copytree(moved, folder)
    mine, other = split.request.out / "Zoe.xlsx", split.request.out / "未分配.xlsx"
    cells = dict.fromkeys(cleared(mine, C, "C002")) | {at(mine, T, "C002", "备注"): "不要丢"}
    edited(mine, folder / "Zoe.xlsx", cells)
    copied = {k: v for k, v in rows_of(mine, C, "C004")[0].items() if k != "序号" and v not in (None, "")}
    edited(other, folder / "未分配.xlsx", new_row(other, C, copied))
    found = regrade(RegradeRequest(folder, tmp_path / "all.xlsx"))
    assert found.customers == 28 and found.ledger.cents["used"] == split.clean.ledger.cents["used"]
    assert sheet(tmp_path / "all.xlsx", "tiers").of("C002")["备注"] == "不要丢"
    said = {issue.code: issue for issue in found.issues}
    assert said["SG537"].value == "C002" and said["SG537"].file.startswith("Zoe.xlsx")
    assert said["SG816"].value == "C004"
    assert {e.customer for e in found.edits if e.kind == "deleted" and e.sheet.endswith(C)} == {"C002"}
    (folder / "甄一.xlsx").unlink()
    alone = regrade(RegradeRequest(folder / "Zoe.xlsx", tmp_path / "fresh.xlsx", rebuild=True))
    assert alone.customers == 7 and {"SG536", "SG537"} <= codes(alone)


def test_whole_rows_may_be_pasted(split: Built, office: Office, tmp_path: Path) -> None:
    """With the numbers that they had in the other book: one that is taken here, and one that is not there."""
    mine, other = split.request.out / "甄一.xlsx", split.request.out / "贾二.xlsx"
    pasted: dict[Place, object] = {}
    for name in (C, R):
        for n, row in enumerate(rows_of(mine, name, WHO)):
            pasted |= new_row(other, name, {k: v for k, v in row.items() if v not in (None, "")}, n)
    far = {k: v for k, v in rows_of(mine, C, "A005")[0].items() if v not in (None, "")} | {"序号": 999.0}
    pasted |= new_row(other, C, far, 1)
    edited(other, tmp_path / "book.xlsx", pasted)
    found = regrade(RegradeRequest(tmp_path / "book.xlsx", tmp_path / "out.xlsx"))
    told = [dict(i.facts)["customer"] for i in found.issues if i.code == "SG539"]
    assert told == [WHO, "A005"] and found.customers == 9
    people = sheet(tmp_path / "out.xlsx", "customers")
    numbers = [n for n in people.column("序号") if n not in (None, "")]
    assert len(set(numbers)) == len(numbers) and people.of("B003")["序号"] == 3
    tiers = sheet(tmp_path / "out.xlsx", "tiers")
    assert {WHO, "A005", "B003"} <= set(tiers.column("客户编号"))
    assert tiers.of(WHO)["最终级别"] == sheet(mine, "tiers").of(WHO)["最终级别"]
    wrong = proved(office, tmp_path / "out.xlsx", tmp_path).wrong
    assert [cell for cell in wrong if cell[0] != "_calc"] == []
    again = regrade(RegradeRequest(tmp_path / "out.xlsx", dry_run=True))
    assert not again.changed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1",
        "[]",
        '["run"]',
        '{"run": 1}',
        '{"run": "1", "value": [], "books": 2}',
        '{"run": 1, "value": "", "books": "2"}',
    ],
)
def test_a_split_that_somebody_edited_is_none(tmp_path: Path, text: str) -> None:
    """It is text in a workbook: nobody is looked for by it, and nothing breaks."""
    told = {"split": text}
    assert split_told(told) == {} and beside(tmp_path / "a.xlsx", told) is nowhere
    assert split_told({"split": '{"run": "1", "value": "", "books": 2}'})["books"] == 2
