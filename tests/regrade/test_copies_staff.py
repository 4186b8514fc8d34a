"""Two people edit their copies in LibreOffice: the merged book has what both did, and every cell is right."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sheetgen.diff import diff
from sheetgen.explain import explain
from sheetgen.pipeline import Built
from sheetgen.workbook.copies.decide import decided
from sheetgen.workbook.copies.leaf import ERROR
from tests.office.office import Office
from tests.parity import edits as staff
from tests.parity.desk import Desk

from .apart import C, P, Place, R, S, T, at, edited, joined, merged, new_row, read, said, small
from .books import proved, typed

HIDDEN = {"_calc", "_transactions", "_service"}
Two = tuple[Path, Path]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return small(tmp_path_factory.mktemp("staff"))


@pytest.fixture(scope="module")
def two(book: Built, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Two:
    """Two copies, saved by LibreOffice."""
    folder = tmp_path_factory.mktemp("two")

    def desk() -> Desk:
        office.open(book.request.out)
        return Desk(office, book, folder)

    def remark(desk: Desk, customer: str, words: str) -> None:
        desk.put("tiers", desk.row_of("tiers", customer), remark=words)

    one = desk()
    staff.override(one, "K1", "VIP级", 30)
    staff.add(one, "K3", 300_000.5)
    remark(one, "K2", "同")
    remark(one, "K4", "甲说")
    one.set_named("p_tier_a", 150_000)
    one.set_named("p_tier_b", 40_000)
    one.sort("transactions", "date", False)
    one.sort("tiers", "gap", True, 8)
    first = office.save_as(folder / "甲.xlsx")
    other = desk()
    staff.override(other, "K5", "VIP级")
    staff.call(other, "K2", 1.0, "是", 1, 5)
    staff.add(other, "K7", 5.0, order="另单")
    staff.new_customer(other, "N1")
    other.put("customers", other.row_of("customers", "N1"), owner="甲")
    staff.add(other, "N1", 600_000.0, order="新客单")
    office.delete_row(R, other.row_of("transactions", "K6", 1))
    other.put("transactions", other.row_of("transactions", "K8"), amount=1.0)
    remark(other, "K2", "同")
    remark(other, "K4", "乙说")
    remark(other, "K7", "=1/0")
    other.set_named("p_tier_a", 150_000)
    other.set_named("p_tier_b", 45_000)
    return first, office.save_as(folder / "乙.xlsx")


def test_all_of_it_comes_together(two: Two, office: Office, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    found = merged(out, *two)
    assert found.merged is not None
    assert {(c.customer, c.column) for c in found.merged.conflicts} == {("K4", "备注"), ("", "B级 起点")}
    assert (said(out, T, "K1", "人工调整"), said(out, T, "K5", "人工调整")) == ("VIP级", "VIP级")
    assert (said(out, T, "K2", "备注"), said(out, T, "K4", "备注")) == ("同", "甲说")
    assert (said(out, C, "N1", "客户名称"), said(out, T, "N1", "最终级别")) == ("新客户", "VIP级")
    grid = read(out)[R]
    sales = {grid.at(r, 3).value: grid.at(r, 2).value for r in grid.cells if grid.at(r, 3).kind == "str"}
    assert (sales["新单"], sales["另单"], sales["新客单"], sales["DK82"]) == (300_000.5, 5.0, 600_000.0, 1.0)
    assert len(sales) == 2 + 16 + 3 - 1 and "DK65" not in sales, "two lines above, one row less"
    told = [(i.code, dict(i.facts).get("cell")) for i in found.issues]
    assert told == [("SG541", "T10"), ("SG592", None)], "an error is no word of theirs"
    assert {t.kind for t in found.merged.taken} == {"cell", "row", "deleted"}
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []
    assert {sheet for sheet, _ in proof.unsaid} <= HIDDEN
    assert "冲突" in office.open(out)
    assert explain(out, "N1").tier == "vip"
    assert {m.customer for m in diff(two[0], out).came} == {"N1"}


def test_the_order_decides_which_value_stays_and_no_more(two: Two, tmp_path: Path) -> None:
    one, other = (joined(tmp_path / f"{n}.xlsx", *books) for n, books in enumerate((two, two[::-1])))
    assert {(c.sheet, c.customer, c.column) for c in one.conflicts} == {
        (c.sheet, c.customer, c.column) for c in other.conflicts
    }
    assert [c.kept for c in one.conflicts] != [c.kept for c in other.conflicts]

    def rows(path: Path, sheet: str, *headers: str) -> list[tuple[object, ...]]:
        grid, heads = read(path)[sheet], read(path)[sheet].cells[2]
        cols = [next(c for c, cell in heads.items() if cell.value == header) for header in headers]
        found = [tuple(grid.at(r, c).value for c in cols) for r in grid.cells if r > 2]
        return sorted((row for row in found if row[0]), key=str)

    for sheet, headers in ((R, ("客户编号", "日期", "金额", "订单号")), (S, ("客户编号", "日期", "满意度"))):
        assert rows(tmp_path / "0.xlsx", sheet, *headers) == rows(tmp_path / "1.xlsx", sheet, *headers)
    assert rows(tmp_path / "0.xlsx", C, "客户编号", "客户名称") == rows(
        tmp_path / "1.xlsx", C, "客户编号", "客户名称"
    )


def test_as_a_command(two: Two, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    command = [
        sys.executable,
        "-X",
        "utf8",
        "-m",
        "sheetgen.cli",
        "regrade",
        *map(str, two),
        "-o",
        str(out),
        "--json",
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and out.is_file()
    assert [book["path"] for book in told["copies"]] == list(map(str, two))
    assert len({book["run_id"] for book in told["copies"]}) == 1
    assert {e["kind"] for e in told["edits"]} >= {"override", "remark", "added", "parameter", "conflict"}
    assert {v["book"] for c in told["conflicts"] for v in c["values"]} == set(map(str, two))
    assert all(t["book"] == str(two[1]) for t in told["taken"])


VALUES = st.sampled_from(["", "a", "b", ERROR])


@given(st.lists(st.tuples(VALUES, VALUES | st.none()), min_size=2, max_size=4))
def test_a_verdict_is_nobodys_guess(cells: list[tuple[str, str | None]]) -> None:
    was, now = [w for w, _ in cells], [n for _, n in cells]
    found = decided(was, now)
    told = {n for w, n in cells[1:] if n is not None and n not in (w, ERROR)}
    assert (found.verdict == "keep") == (not told or told == {now[0]})
    if found.verdict == "take":
        assert told == {now[found.book]} and found.book > 0
    rest = list(zip(was, now, strict=True))[:0:-1]
    turned = decided([was[0], *(w for w, _ in rest)], [now[0], *(n for _, n in rest)])
    assert turned.verdict == found.verdict


def candidates(path: Path) -> list[Place]:
    cells = [at(path, T, f"K{n}", header) for n in (1, 5) for header in ("调整原因", "备注", "有效期")]
    cells += [at(path, C, "K2", "联系方式"), at(path, C, "K3", "等次"), at(path, P, "K4", "偏好备注")]
    return [*cells, at(path, R, "K6", "金额"), at(path, R, "K6", "仓库", 1), at(path, S, "K1", "咨询问题")]


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_disjoint_edits_merge_to_the_union(book: Built, tmp_path: Path, data: st.DataObject) -> None:
    path = book.request.out
    whose = data.draw(st.lists(st.sampled_from("ab-"), min_size=12, max_size=12))
    typed_rows = data.draw(st.lists(st.sampled_from("ab"), max_size=3))
    both: dict[str, dict[Place, object]] = {"a": {}, "b": {}}
    for n, (place, who) in enumerate(zip(candidates(path), whose, strict=True)):
        value = (
            data.draw(st.sampled_from(["=1+1", "甲\n乙", "007", " x "]))
            if n not in (2, 5, 9)
            else 46_300.0 + n
        )
        if who != "-":
            both[who][place] = value
    for n, who in enumerate(typed_rows):
        sale = {"客户编号": "K7", "日期": date(2026, 6, 1 + n), "金额": 10.0 + n, "订单号": f"S{n}"}
        nth = typed_rows[:n].count(who)
        both[who] |= new_row(path, R, sale, nth)
    a, b = (edited(path, tmp_path / f"{who}.xlsx", cells) for who, cells in both.items())
    plain = edited(
        path,
        tmp_path / "all.xlsx",
        {k: v for cells in both.values() for k, v in cells.items() if k[1] < 24 or k[0] != R},
    )

    def compared(book: Path) -> dict[Place, object]:
        """All but the rows of sales, in any order, and what the book remembers of them (_sheetgen)."""
        return {k: v for k, v in typed(book).items() if k[0] != "_sheetgen" and (k[0] != R or k[1] <= 18)}

    wanted = compared(plain)
    for n, books in enumerate(((a, b), (b, a))):
        found = joined(tmp_path / f"out{n}.xlsx", *books)
        assert (found.conflicts, found.issues) == ((), ())
        there = typed(tmp_path / f"out{n}.xlsx")
        assert compared(tmp_path / f"out{n}.xlsx") == wanted
        orders = {
            v for (sheet, row, _), v in there.items() if sheet == R and row > 18 and str(v).startswith("S")
        }
        assert orders == {f"S{n}" for n in range(len(typed_rows))}
