"""``--rebuild`` with new data and further copies: more new customers than any book has prepared rows for."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from sheetgen.errors import UsageError
from sheetgen.pipeline import Built
from sheetgen.regrade import Regraded, RegradeRequest, regrade
from sheetgen.workbook.opened import open_book
from tests.books import make, sheet
from tests.office.office import Office
from tests.parity.data import Row
from tests.share.test_split import AS_OF as SPLIT_DAY
from tests.share.test_split import company

from .apart import P, R, T, at, edited, new_row, said, small
from .books import proved
from .test_data_room import exported
from .test_rebuild import tiers_in

NEW = [f"新{n:02d}" for n in range(40)]
LATE = date(2026, 7, 6)


def sold(customer: str, amount: float, order: str) -> Row:
    return {"客户编号": customer, "日期": LATE.isoformat(), "金额": f"{amount:.2f}", "订单号": order,
            "产品或服务": "品9", "仓库": "西"}  # fmt: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return small(tmp_path_factory.mktemp("rebuild_data"))


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Sales of forty strangers and of two known customers."""
    rows = [sold(who, 100_000.0 + n, f"N{n}") for n, who in enumerate([*NEW, "K1", "K2"])]
    return exported(tmp_path_factory.mktemp("week"), "week", rows)


@pytest.fixture(scope="module")
def two(book: Built, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two copies: an override and a typed sale in one, a correction and a preference in the other."""
    folder, path = tmp_path_factory.mktemp("two"), book.request.out
    typed = {"客户编号": "K3", "日期": date(2026, 6, 20), "金额": 300_000.5, "订单号": "手1"}
    a = edited(path, folder / "a.xlsx", {at(path, T, "K1", "人工调整"): "VIP级", **new_row(path, R, typed)})
    cells: dict[tuple[str, int, int], object] = {
        at(path, R, "K2", "金额"): 77_777.0, at(path, P, "K4", "偏好品类"): "茶"
    }  # fmt: skip
    return a, edited(path, folder / "b.xlsx", cells)


@pytest.fixture(scope="module")
def made(
    two: tuple[Path, Path], week: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Regraded]:
    out = tmp_path_factory.mktemp("made") / "out.xlsx"
    return out, regrade(RegradeRequest(two[0], out, rebuild=True, kinds=week, copies=two[1:]))


def test_nothing_is_lost_and_all_comes(made: tuple[Path, Regraded], book: Built) -> None:
    out, found = made
    assert found.customers == 48 and set(NEW) < set(tiers_in(out))
    assert (said(out, T, "K1", "人工调整"), said(out, T, "K1", "最终级别")) == ("VIP级", "VIP级")
    assert (said(out, R, "K2", "金额"), said(out, P, "K4", "偏好品类")) == (77_777.0, "茶")
    sales = sheet(out, "transactions")
    rows = set(zip(sales.column("客户编号"), sales.column("订单号"), sales.column("金额"), strict=True))
    assert {("K3", "手1", 300_000.5), ("K1", "N40", 100_040.0), ("新39", "N39", 100_039.0)} < rows
    assert len(rows) == len(book.clean.tables["transactions"]) + 1 + 42
    assert found.ledger.balances and found.ledger.rows["used"] == 42
    assert found.as_of == LATE


def test_both_are_told(made: tuple[Path, Regraded], two: tuple[Path, Path]) -> None:
    _, found = made
    told = {(e.kind, e.customer, e.cause) for e in found.edits}
    assert {("override", "K1", "staff"), ("added", "K3", "staff"), ("added", "新07", "data")} <= told
    assert found.merged is not None and {t.customer for t in found.merged.taken} == {"K2", "K4"}
    assert [change.customer for change in found.changes if change.customer == "K1"] == ["K1"]
    assert len({change.customer for change in found.changes}) == len(found.changes)
    assert [f.kind for f in found.files] == ["transactions"]
    assert found.request.book == two[0]


def test_the_book_is_right_and_like_any_other(
    made: tuple[Path, Regraded], week: dict[str, list[str]], office: Office, tmp_path: Path
) -> None:
    out, _ = made
    assert proved(office, out, tmp_path).wrong == []
    assert not regrade(RegradeRequest(out, dry_run=True, kinds=week)).changed


def test_the_edited_book_makes_room_too(
    made: tuple[Path, Regraded], two: tuple[Path, Path], week: dict[str, list[str]], tmp_path: Path
) -> None:
    """Without ``--rebuild``: patched, it comes to the same."""
    out = tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(two[0], out, kinds=week, copies=two[1:]))
    assert (tiers_in(out), found.tiers) == (tiers_in(made[0]), made[1].tiers)


def test_a_folder_of_books_takes_data_too(tmp_path: Path) -> None:
    firm = company(tmp_path / "firm")
    make(tmp_path / "books", paths=[firm], split_by="负责人", as_of=SPLIT_DAY)
    rows = [sold("A001", 5_000_000.0, "X1"), sold("全新", 400_000.0, "X2")]
    kinds = exported(tmp_path, "more", rows)
    out = tmp_path / "all.xlsx"
    found = regrade(RegradeRequest(tmp_path / "books", out, kinds=kinds))
    tiers = tiers_in(out)
    assert (tiers["A001"][0], "全新" in tiers) == ("VIP级", True)
    assert not regrade(RegradeRequest(out, dry_run=True, kinds=kinds)).changed
    assert {e.customer for e in found.edits if e.cause == "data" and e.kind == "added"} == {"A001", "全新"}
    with pytest.raises(UsageError, match="copies_whole"):
        regrade(RegradeRequest(tmp_path / "books", out, copies=(out,)))


def test_books_of_a_split_are_of_one_series_from_week_to_week(tmp_path: Path) -> None:
    firm = company(tmp_path / "firm")
    first, second = tmp_path / "first", tmp_path / "second"
    make(first, paths=[firm], split_by="负责人", as_of=SPLIT_DAY)
    later = SPLIT_DAY + timedelta(days=7)
    make(second, paths=[firm], split_by="负责人", as_of=later, previous=first)
    for name in ("甄一.xlsx", "贾二.xlsx"):
        was, now = (open_book(folder / name).state for folder in (first, second))
        assert was["series"] == now["series"] == was["run_id"] != now["run_id"]
