"""Where brought rows go, what is refused in plain words, and what later runs make of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from sheetgen.i18n import text
from sheetgen.ingest.package import look_through
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Constant, Edit, Edits
from sheetgen.workbook.patch.package import open_package
from tests.office.office import Office
from tests.parity.data import Row, write_rows

from .books import grids, proved
from .feeds import DAY, MONEY, ORDER, PERSON, sale
from .test_command import run
from .test_data import account, brought, tiers

START = date(2026, 3, 1)
SALES = "历史交易"


def rows_of(n: int, first: int = 0) -> list[Row]:
    """``n`` sales of three customers, from the ``first`` on."""
    return [
        sale(f"客{i % 3}", START + timedelta(days=i % 40), 900.0 + i, f"D{i}" if i % 4 else "", i)
        for i in range(first, first + n)
    ]


def exported(folder: Path, name: str, rows: list[Row]) -> dict[str, list[str]]:
    """One file of transactions."""
    path = folder / f"{name}.csv"
    write_rows(path, rows)
    return {"transactions": [str(path)]}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Three customers and ten sales: room for 510 rows out of order, 500 of them prepared."""
    folder = tmp_path_factory.mktemp("small")
    return build(BuildRequest(folder / "book.xlsx", kinds=exported(folder, "old", rows_of(10))))


def edited(built: Built, path: Path, cells: dict[str, dict[int, dict[int, Edit]]]) -> Path:
    """The built book with these cells changed."""
    package = open_package(built.request.out.read_bytes(), look_through, "book.xlsx")
    path.write_bytes(apply(package, Edits(cells)))
    return path


def test_more_rows_than_prepared_ones(small: Built, office: Office, tmp_path: Path) -> None:
    kinds, out = exported(tmp_path, "new", rows_of(515)), tmp_path / "out.xlsx"
    found = brought(small.request.out, out, kinds)
    fresh = build(BuildRequest(tmp_path / "fresh.xlsx", kinds=kinds))
    assert sum(edit.kind == "added" for edit in found.edits) == 505
    assert tiers(out) == tiers(fresh.request.out)
    assert proved(office, out, tmp_path).wrong == []


def test_a_refund_finds_its_sale_in_the_book(small: Built, tmp_path: Path) -> None:
    """The export has the refund alone; its sale is an order of an earlier one."""
    back = {**sale("客1", START + timedelta(days=60), -901.0, "D1"), "产品或服务": "退"}
    out = tmp_path / "out.xlsx"
    brought(small.request.out, out, exported(tmp_path, "back", [back]))
    fresh = build(
        BuildRequest(tmp_path / "fresh.xlsx", kinds=exported(tmp_path, "all", [*rows_of(10), back]))
    )
    grid = grids(out)[SALES]
    days = {grid.at(row, 1).value for row in range(3, 14) if grid.at(row, 2).value == -901.0}
    other = grids(fresh.request.out)[SALES]
    assert days == {other.at(row, 1).value for row in range(3, 14) if other.at(row, 2).value == -901.0}


def test_rows_left_out_are_listed_once(small: Built, tmp_path: Path) -> None:
    """Below those of earlier data; an export that has one again lists it no second time."""
    bad = {**sale("客1", START, 12.5, "坏单"), DAY: "下周"}
    again = [sale("客2", START, 30.0, "D70"), sale("客2", START, 30.0, "D70")]
    out, later = tmp_path / "out.xlsx", tmp_path / "later.xlsx"
    found = brought(small.request.out, out, exported(tmp_path, "bad", [*rows_of(12), bad, *again]))
    was, now = (left_out(path) for path in (small.request.out, out))
    assert now[: len(was)] == was
    assert [(row[3], row[7], row[8]) for row in now[len(was) :]] == [
        ("搁置", "下周", 12.5), ("重复", "D70", 30.0)
    ]  # fmt: skip
    rows = account(out)
    assert rows["搁置"] == (1.0, 12.5) and rows["重复"] == (1.0, 30.0)
    assert found.ledger.balances and rows["差额"] == (0.0, 0.0)
    assert sources(out) == [*sources(small.request.out), ("bad.csv", "新数据", 16.0)]
    brought(out, later, exported(tmp_path, "later", [bad, *rows_of(14)]))
    assert left_out(later) == now
    assert sources(later) == [*sources(small.request.out), ("later.csv", "新数据", 16.0)]


def sources(path: Path) -> list[tuple[object, ...]]:
    """Name, kind and rows of each source on 数据质量."""
    grid = grids(path)["数据质量"]
    first = 1 + next(row for row in range(grid.height) if grid.at(row, 0).value == "文件")
    ends = ("", text("section_live", "zh"))
    last = next(row for row in range(first, grid.height) if grid.at(row, 0).value in ends)
    return [tuple(grid.at(row, col).value for col in (0, 1, 3)) for row in range(first, last)]


def left_out(path: Path) -> list[list[object]]:
    """The list of rows left out, without its header."""
    grid = grids(path)["数据质量"]
    rows = [[grid.at(row, col).value for col in range(9)] for row in range(grid.height)]
    return rows[1 + max(i for i, row in enumerate(rows) if row[0] == "文件") :]


def test_a_book_that_does_not_say_what_was_written(small: Built, tmp_path: Path) -> None:
    """An older one: new rows come, and what differs is told, for nobody knows whose doing it is."""
    grid = grids(small.request.out)["_sheetgen"]
    lines = [row for row in grid.cells if str(grid.at(row, 0).value).startswith("written.")]
    nothing: dict[int, dict[int, Edit]] = {row: {0: Constant(None), 1: Constant(None)} for row in lines}
    book, out = edited(small, tmp_path / "older.xlsx", {"_sheetgen": nothing}), tmp_path / "out.xlsx"
    rows = rows_of(12)
    rows[1][MONEY] = "5.00"
    found = brought(book, out, exported(tmp_path, "new", rows))
    told = sorted((e.kind, e.customer, e.data) for e in found.edits if e.cause == "data" and e.customer)
    assert [(kind, who) for kind, who, _ in told] == [("added", "客1"), ("added", "客2"), ("conflict", "客1")]
    assert told[-1][2] == "5.00"


def test_the_next_build_takes_brought_rows_for_data(small: Built, tmp_path: Path) -> None:
    """Below a typed row brought ones have no number; they are no typed rows for that."""
    grid = grids(small.request.out)[SALES]
    heads = {cell.value: col for col, cell in grid.cells[2].items()}
    typed: dict[int, Edit] = {
        heads[PERSON]: Constant("客2"), heads[DAY]: Constant(START), heads[MONEY]: Constant(77.0),
        heads[ORDER]: Constant("手写"),
    }  # fmt: skip
    book, out = edited(small, tmp_path / "typed.xlsx", {SALES: {13: typed}}), tmp_path / "out.xlsx"
    kinds = exported(tmp_path, "new", [*rows_of(14), sale("客9", START, 4.0, "")])
    brought(book, out, kinds)
    there = grids(out)[SALES]
    assert [there.at(row, heads["序号"]).kind for row in range(12, 19)] == ["n", "", "", "", "", "", ""]
    after = build(BuildRequest(tmp_path / "next.xlsx", kinds=kinds, previous=out))
    assert len(after.clean.tables["transactions"]) == 16
    assert sorted(after.clean.tables["customers"]["customer_id"]) == ["客0", "客1", "客2", "客9"]


def test_an_id_that_was_changed_is_asked_about(small: Built, tmp_path: Path) -> None:
    there = grids(small.request.out)["客户信息"].at(3, 0).value
    book = edited(small, tmp_path / "renamed.xlsx", {"客户信息": {3: {0: Constant("改号")}}})
    found = regrade(RegradeRequest(book, tmp_path / "out.xlsx"))
    asked = [dict(i.facts) for i in found.issues if i.code == "SG545"]
    assert [(f["cell"], f["was"], f["now"]) for f in asked] == [("A4", there, "改号")]
    assert [(e.cell, e.was, e.now) for e in found.edits if e.kind == "correction"] == [("A4", there, "改号")]
    kept = regrade(RegradeRequest(book, tmp_path / "more.xlsx", kinds=exported(tmp_path, "new", rows_of(13))))
    assert {e.customer for e in kept.edits if e.kind == "conflict"} == {there}, "their new sales are told"
    assert kept.ledger.balances
    assert replace(kept.ledger).rows["held_back"] == sum(e.kind == "conflict" for e in kept.edits)


def test_the_command(small: Built, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(small.request.out.read_bytes())
    kinds = exported(tmp_path, "new", rows_of(13))
    tried = run(book, "--data", kinds["transactions"][0], "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "D10" in tried.stdout and "D12" not in tried.stdout
    assert book.read_bytes() == small.request.out.read_bytes()
    done = run(book, "--transactions", kinds["transactions"][0], "--json")
    said = json.loads(done.stdout)
    assert (said["rows"]["read"], said["rows"]["used"], said["rows"]["structure"]) == (14, 13, 1)
    assert said["amount"]["read"] == said["amount"]["used"]
    assert [f["kind"] for f in said["files"]] == ["book", "transactions"]
    assert {e["cause"] for e in said["edits"] if e["kind"] == "added"} == {"data"}
    assert {e["kind"] for e in said["edits"]} <= {"added", "parameter"}
