"""The books of a split come back from staff: one book of all, and nothing counts twice."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sheetgen.errors import InputError, PasswordError, UsageError
from sheetgen.ingest.rules import ReadRules
from sheetgen.pipeline import Built
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.report_regrade import regrade_json
from sheetgen.workbook.layout import SHEETS, letter
from tests.office.office import Input, Office

from ..books import HEADER, make, sheet, sheets
from ..regrade.books import proved
from .test_split import AS_OF, company

COPIED = ("客户编号", "日期", "金额", "订单号", "产品或服务", "品类", "状态")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


@dataclass(frozen=True)
class Paper:
    """A book open in LibreOffice; ``path``: as it was opened."""

    office: Office
    path: Path

    def put(self, sheet_id: str, row: int, **cells: Input) -> None:
        grid, name = sheet(self.path, sheet_id), SHEETS[sheet_id].zh
        places = {letter(grid.headers.index(head)): value for head, value in cells.items()}
        self.office.set_many(name, {f"{col}{row}": value for col, value in places.items()})

    def row(self, sheet_id: str, customer: str) -> int:
        return sheet(self.path, sheet_id).row_of(customer)

    def free(self, sheet_id: str, n: int = 0) -> int:
        ids = sheet(self.path, sheet_id).column("客户编号")
        return HEADER + 1 + max(i for i, cell in enumerate(ids) if cell) + 1 + n

    def set_cut(self, label: str, value: float) -> None:
        rows = {row[0]: i for i, row in enumerate(sheet(self.path, "parameters").rows, 1)}
        self.office.set("参数设置", f"B{rows[label]}", value)


def edit_a(paper: Paper) -> None:
    """What 甄一 does; one sale of theirs is of a customer of somebody else."""
    paper.put("tiers", paper.row("tiers", "A001"), 人工调整="VIP级", 调整原因="战略客户")
    paper.put("transactions", paper.row("transactions", "A003"), 金额=123_456.78)
    paper.put("transactions", paper.free("transactions"), 客户编号="A004", 日期=AS_OF, 金额=70_000.0)
    paper.put("transactions", paper.free("transactions", 1), 客户编号="B001", 日期=AS_OF, 金额=250_000.0)
    paper.put("preferences", paper.row("preferences", "A005"), 方便联系时间="周三")
    paper.set_cut("A级", 150_000.0)


def edit_b(paper: Paper) -> None:
    """What 贾二 does."""
    paper.put("tiers", paper.row("tiers", "B002"), 备注="七月回访")
    paper.put(
        "customers", paper.free("customers"), 客户编号="B900", 客户名称="新开发", 负责人="贾二", 备注="展会"
    )
    paper.put("transactions", paper.free("transactions"), 客户编号="B900", 日期=AS_OF, 金额=600_000.0)


@dataclass(frozen=True)
class Back:
    """A folder of books that staff edited, the same edits in the one book of all, and what came of both."""

    folder: Path
    whole: Path
    whole_found: Regraded
    out: Path
    found: Regraded


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company(tmp_path_factory.mktemp("firm") / "data")


@pytest.fixture(scope="module")
def split(firm: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return make(tmp_path_factory.mktemp("split") / "out", paths=[firm], split_by="负责人", as_of=AS_OF)


@pytest.fixture(scope="module")
def back(firm: Path, split: Built, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Back:
    base = tmp_path_factory.mktemp("back")
    folder, whole = base / "books", base / "whole.xlsx"
    shutil.copytree(split.request.out, folder)
    built = make(base / "built.xlsx", paths=[firm], as_of=AS_OF)
    for path, edits, out in (
        (folder / "甄一.xlsx", (edit_a,), folder / "甄一.xlsx"),
        (folder / "贾二.xlsx", (edit_b,), folder / "贾二.xlsx"),
        (built.request.out, (edit_a, edit_b_below), whole),
    ):
        office.open(path)
        for edit in edits:
            edit(Paper(office, split.request.out / path.name if path != built.request.out else path))
        office.recalc()
        office.save_as(out)
    plain = regrade(RegradeRequest(whole, base / "plain.xlsx"))
    found = regrade(RegradeRequest(folder, base / "all.xlsx"))
    return Back(folder, base / "plain.xlsx", plain, base / "all.xlsx", found)


def edit_b_below(paper: Paper) -> None:
    """What 贾二 does, below the rows that 甄一 typed into the same book."""
    paper.put("tiers", paper.row("tiers", "B002"), 备注="七月回访")
    paper.put(
        "customers", paper.free("customers"), 客户编号="B900", 客户名称="新开发", 负责人="贾二", 备注="展会"
    )
    paper.put("transactions", paper.free("transactions", 2), 客户编号="B900", 日期=AS_OF, 金额=600_000.0)


def shown(path: Path) -> Mapping[str, tuple[Any, ...]]:
    grid = sheet(path, "tiers")
    keys = ("最终级别", "系统级别", "人工调整", "调整原因", "备注")
    rows = zip(grid.column("客户编号"), *(grid.column(key) for key in keys), strict=True)
    return {str(row[0]): row[1:] for row in rows if row[0]}


def test_the_tiers_are_those_of_one_book_with_all_edits(back: Back) -> None:
    assert back.found.tiers == back.whole_found.tiers
    assert shown(back.out) == shown(back.whole)
    tiers = shown(back.out)
    assert tiers["A001"][0] == "VIP级" and tiers["B900"][0] == "VIP级" and tiers["B001"][0] == "A级"


def test_rows_and_money_are_those_of_all_books(back: Back, split: Built) -> None:
    mine, whole = back.found.ledger, back.whole_found.ledger
    assert mine.balances and mine.rows["held_back"] == 0
    assert (mine.rows["used"], mine.cents["used"]) == (whole.rows["used"], whole.cents["used"])
    assert mine.rows["used"] == split.clean.ledger.rows["used"] + 3
    assert back.found.customers == 29


def test_what_staff_wrote_is_in_the_one_book(back: Back) -> None:
    people = sheet(back.out, "customers")
    assert people.of("B900")["备注"] == "展会" and people.of("A001")["备注"] == "A001备注"
    assert sheet(back.out, "preferences").of("A005")["方便联系时间"] == "周三"
    said = {(e.kind, e.customer, e.now) for e in back.found.edits}
    assert said >= {("override", "A001", "VIP级"), ("remark", "B002", "七月回访"), ("added", "B900", "B900"),
                    ("added", "B001", "B001"), ("parameter", "", "150000")}  # fmt: skip
    where = {e.sheet for e in back.found.edits}
    assert {"甄一.xlsx#客户级别", "贾二.xlsx#客户级别", "甄一.xlsx#参数设置"} <= where
    rows = {row[0]: row[1] for row in sheet(back.out, "parameters").rows if len(row) > 1}
    assert rows["A级"] == 150_000


def test_the_one_book_is_right_and_a_book_like_any_other(back: Back, office: Office, tmp_path: Path) -> None:
    assert proved(office, back.out, tmp_path).wrong == []
    again = regrade(RegradeRequest(back.out, dry_run=True))
    assert (again.changed, again.edits) == (False, ())


def test_the_books_are_last_weeks_book(back: Back, firm: Path, tmp_path: Path) -> None:
    """build --previous of the folder gives what build --previous of the one book does."""
    day = date(2026, 1, 31)
    mine = make(tmp_path / "a.xlsx", paths=[firm], as_of=day, previous=back.folder)
    one = make(tmp_path / "b.xlsx", paths=[firm], as_of=day, previous=back.whole)
    assert shown(tmp_path / "a.xlsx") == shown(tmp_path / "b.xlsx")
    assert mine.tiers == one.tiers and mine.graded.settings.changed == one.graded.settings.changed
    assert mine.clean.ledger.cents["used"] == one.clean.ledger.cents["used"]


@pytest.mark.parametrize("scheme", ["rfm", "electronics-share"])
def test_cuts_by_the_data_are_the_companys(scheme: str, firm: Path, tmp_path: Path) -> None:
    """A split book keeps the company's cuts as numbers; in the one book they hang on the data again."""
    whole = make(tmp_path / "whole.xlsx", paths=[firm], as_of=AS_OF, scheme=scheme)
    make(tmp_path / "books", paths=[firm], as_of=AS_OF, scheme=scheme, split_by="owner")
    found = regrade(RegradeRequest(tmp_path / "books", tmp_path / "all.xlsx"))
    assert found.tiers == whole.tiers and found.edits == ()
    assert shown(tmp_path / "all.xlsx") == shown(tmp_path / "whole.xlsx")
    state = {row[0]: row[1] for row in sheets(tmp_path / "all.xlsx")["_sheetgen"].rows if len(row) > 1}
    assert json.loads(state["settings"])["changed"] == {}


def test_what_two_books_say_otherwise(split: Built, office: Office, tmp_path: Path) -> None:
    """A customer who stands in two books, and a number set to two: listed with both, nothing guessed."""
    folder = tmp_path / "books"
    shutil.copytree(split.request.out, folder)
    old = split.request.out / "Zoe.xlsx"
    sold = sheet(old, "transactions")
    rows = [row for row in sold.rows[HEADER:] if row[0] == "C003"]
    office.open(folder / "贾二.xlsx")
    paper = Paper(office, split.request.out / "贾二.xlsx")
    paper.put(
        "customers",
        paper.free("customers"),
        客户编号="C003",
        客户名称="改名公司",
        负责人="贾二",
        行业="新行业",
    )
    for i, row in enumerate([*rows, rows[0]]):
        cells = {head: cell for head, cell in zip(sold.headers, row, strict=False) if head in COPIED}
        paper.put("transactions", paper.free("transactions", i), **cells)
    paper.set_cut("A级", 150_000.0)
    office.save_as(folder / "贾二.xlsx")
    office.open(folder / "甄一.xlsx")
    Paper(office, split.request.out / "甄一.xlsx").set_cut("A级", 160_000.0)
    office.save_as(folder / "甄一.xlsx")
    found = regrade(RegradeRequest(folder, tmp_path / "all.xlsx"))
    ledger = found.ledger
    assert ledger.balances and ledger.rows["duplicate"] == len(rows)
    assert ledger.rows["used"] == split.clean.ledger.rows["used"] + 1, "the copies once, the one more row too"
    both = [dict(i.facts) for i in found.issues if i.code == "SG816"]
    assert both == [{"mine": "Zoe.xlsx", "other": "贾二.xlsx"}]
    conflicts = {(e.customer, e.sheet) for e in found.edits if e.kind == "conflict"}
    assert ("C003", "贾二.xlsx#客户信息") in conflicts and ("", "参数设置") in conflicts
    people = sheet(tmp_path / "all.xlsx", "customers").of("C003")
    assert people["客户名称"] == "C003公司" and people["行业"] == "新行业"
    cuts = {row[0]: row[1] for row in sheet(tmp_path / "all.xlsx", "parameters").rows if len(row) > 1}
    assert cuts["A级"] == 200_000
    said = json.loads(json.dumps(regrade_json(found, "zh")))
    assert any(
        e["kind"] == "conflict" and "160000" in e["was"] and "150000" in e["was"] for e in said["edits"]
    )


def test_a_broken_book_is_made_anew_first(split: Built, tmp_path: Path) -> None:
    """A fresh book of a split is still one of it; under a password all is."""
    rules = ReadRules(password="correct horse 1")
    folder = tmp_path / "books"
    built = make(folder, paths=split.request.paths, split_by="owner", as_of=AS_OF, rules=rules)
    for path in (folder / "甄一.xlsx", folder / "Zoe.xlsx"):
        found = regrade(RegradeRequest(path, rebuild=True, password=rules.password))
        assert found.backup == Path(f"{path}.bak") and not zipfile.is_zipfile(path)
    merged = regrade(RegradeRequest(folder, tmp_path / "all.xlsx", password=rules.password))
    assert merged.tiers == built.tiers and not zipfile.is_zipfile(tmp_path / "all.xlsx")
    with pytest.raises(PasswordError):
        regrade(RegradeRequest(folder, tmp_path / "no.xlsx"))


def test_what_else_lies_in_the_folder(split: Built, firm: Path, tmp_path: Path) -> None:
    """Lock files, other books and books of another run are told and left alone; the index says which run."""
    folder = tmp_path / "books"
    shutil.copytree(split.request.out, folder)
    other = make(tmp_path / "other", paths=[firm], split_by="owner", as_of=date(2025, 11, 30))
    shutil.copy(other.books[0].out, folder / "旧.xlsx")
    shutil.copy(make(tmp_path / "one.xlsx", paths=[firm], as_of=AS_OF).request.out, folder / "总表.xlsx")
    (folder / "~$甄一.xlsx").write_bytes(b"")
    (folder / "贾二.et").write_bytes(b"")
    found = regrade(RegradeRequest(folder, tmp_path / "all.xlsx"))
    told = {i.code: i.file for i in found.issues}
    assert told["SG808"] == "甄一.xlsx" and told["SG815"] == "旧.xlsx"
    assert {i.file for i in found.issues if i.code == "SG809"} == {"总表.xlsx", "贾二.et"}
    assert found.tiers == split.tiers
    (folder / "索引.xlsx").unlink()
    with pytest.raises(InputError, match="folder_two_runs"):
        regrade(RegradeRequest(folder, tmp_path / "no.xlsx"))


def test_a_folder_that_cannot_be_one_book(split: Built, tmp_path: Path) -> None:
    folder = tmp_path / "books"
    shutil.copytree(split.request.out, folder)
    with pytest.raises(UsageError, match="folder_needs_out"):
        regrade(RegradeRequest(folder))
    shutil.copy(folder / "甄一.xlsx", folder / "甄一 副本.xlsx")
    with pytest.raises(InputError, match="folder_twice"):
        regrade(RegradeRequest(folder, tmp_path / "all.xlsx"))
    (folder / "甄一.xlsx").unlink()
    (folder / "甄一 副本.xlsx").unlink()
    with pytest.raises(InputError, match="folder_missing"):
        regrade(RegradeRequest(folder, tmp_path / "all.xlsx"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="folder_no_books"):
        regrade(RegradeRequest(tmp_path / "empty", tmp_path / "all.xlsx"))
    assert not (tmp_path / "all.xlsx").exists()


def test_books_of_values_that_are_gone_are_told(firm: Path, tmp_path: Path) -> None:
    make(tmp_path / "out", paths=[firm], split_by="客户名称", as_of=AS_OF, dry_run=True)
    first = make(tmp_path / "out", paths=[firm], split_by="owner", as_of=AS_OF)
    (tmp_path / "out" / "mine.xlsx").write_bytes(b"no book of ours")
    assert not [i for i in first.issues if i.code == "SG820"]
    rows = (firm / "c.csv").read_text("utf-8").replace("贾二", "甄一")
    (tmp_path / "data").mkdir()
    shutil.copy(firm / "t.csv", tmp_path / "data")
    (tmp_path / "data" / "c.csv").write_text(rows, "utf-8")
    second = make(tmp_path / "out", paths=[tmp_path / "data"], split_by="owner", as_of=AS_OF)
    assert [i.value for i in second.issues if i.code == "SG820"] == ["贾二.xlsx"]
    assert (tmp_path / "out" / "贾二.xlsx").exists()
