"""Books as other hands leave them: saved by a program, formulas typed over, rows gone, locked, damaged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from sheetgen.errors import InputError, OutputBusyError, PasswordError, SheetgenError, UsageError
from sheetgen.ingest.package import look_through
from sheetgen.pipeline import Built
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.share.encrypt import seal, unseal
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Constant, Edits, Formula
from sheetgen.workbook.patch.edits import Edit as Patch
from sheetgen.workbook.patch.package import open_package
from sheetgen.workbook.patch.semantic import differences
from tests.office.office import Office
from tests.parity.data import AS_OF
from tests.parity.desk import Desk

from .books import grids, proved, regraded, typed

Cells = Mapping[tuple[str, int, int], Patch]
OWN = "我的分析"


def edited(built: Built, path: Path, cells: Cells) -> Path:
    """The built book with these cells changed; all else to the byte."""
    found: dict[str, dict[int, dict[int, Patch]]] = {}
    for (sheet, row, col), edit in cells.items():
        found.setdefault(sheet, {}).setdefault(row, {})[col] = edit
    package = open_package(built.request.out.read_bytes(), look_through, "book.xlsx")
    path.write_bytes(apply(package, Edits(found)))
    return path


def place_of(built: Built, sheet: str, header: str, row: int = 3) -> tuple[str, int, int]:
    """The cell under a header."""
    heads = grids(built.request.out)[sheet].cells[2]
    return sheet, row, next(col for col, cell in heads.items() if cell.value == header)


def by_openpyxl(source: Path, path: Path) -> Path:
    """Saved without a result, with a sheet of staff's own and a chart on it."""
    import openpyxl
    from openpyxl.chart import BarChart, Reference

    book = openpyxl.load_workbook(source)
    own = book.create_sheet(OWN, 1)
    own["A1"], own["A2"] = "合计", "=SUM(客户级别!V4:V50)"
    own.append([3, 4])
    chart = BarChart()
    chart.add_data(Reference(own, min_col=1, min_row=3, max_col=2))
    own.add_chart(chart, "D2")
    book.save(path)
    return path


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_book_without_results_gets_them(built: Built, office: Office, tmp_path: Path) -> None:
    book, out = by_openpyxl(built.request.out, tmp_path / "bare.xlsx"), tmp_path / "out.xlsx"
    assert grids(book)["价值评分"].at(3, 3).kind == ""
    found = regraded(book, out)
    assert (found.edits, found.changes, found.issues) == ((), (), ())
    assert typed(out) == typed(book)
    before, after = (open_package(p.read_bytes(), look_through, p.name) for p in (book, out))
    charts = [part for part in before.members if "/charts/" in part]
    assert charts
    assert [after.read(part) for part in charts] == [before.read(part) for part in charts]
    assert after.read(after.worksheets[OWN]) == before.read(before.worksheets[OWN])
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []
    assert proof.unsaid == [(OWN, "A2")]


def test_formulas_typed_over_come_back(built: Built, office: Office, tmp_path: Path) -> None:
    score = place_of(built, "价值评分", "总分", 5)
    tier = place_of(built, "客户级别", "最终级别", 8)
    gap = place_of(built, "客户级别", "升级还差", 9)
    overview = ("总览", 5, 0)
    there = grids(built.request.out)
    cells: Cells = {
        score: Constant(99.0),
        tier: Constant("VIP级"),
        gap: Formula("1+1", 2.0),
        overview: Constant(7.0),
    }
    book, out = edited(built, tmp_path / "typed.xlsx", cells), tmp_path / "out.xlsx"
    found = regraded(book, out)
    customer = str(there["客户级别"].at(8, 0).value)
    told = {(e.sheet, e.customer, e.now) for e in found.edits if e.kind == "typed_over"}
    assert ("客户级别", customer, "VIP级") in told
    assert {now for _, _, now in told} == {"99", "VIP级", "=1+1", "7"}
    built_package, made = (
        open_package(p.read_bytes(), look_through, p.name) for p in (built.request.out, out)
    )
    assert differences(built_package, made) == ()
    assert proved(office, out, tmp_path).wrong == []


def test_formulas_of_their_own_are_never_stale(built: Built, office: Office, tmp_path: Path) -> None:
    """What sees our sheets is computed on opening once our results change; the rest keeps its result."""
    tiers, remark = "客户级别", place_of(built, "客户级别", "备注")
    aside = {(tiers, 3, 60): Formula("SUM(V4:V50)", 1.0), (tiers, 4, 60): Formula("DISPIMG(1)", "图")}
    book = edited(built, tmp_path / "quiet.xlsx", {**aside, remark: Constant("记")})
    assert not regrade(RegradeRequest(book, dry_run=True)).changed
    book, out = (
        edited(built, tmp_path / "book.xlsx", {**aside, ("总览", 5, 0): Constant(1.0)}),
        tmp_path / "out.xlsx",
    )
    regraded(book, out)
    made = grids(out)[tiers]
    assert (made.at(3, 60).kind, made.at(4, 60).value) == ("", "图")
    proof = proved(office, out, tmp_path)
    assert {d[:2] for d in proof.wrong} == {(tiers, "BI5")}, "LibreOffice knows no DISPIMG"
    assert proof.unsaid == [(tiers, "BI4")]


def test_a_customer_deleted(desk: Desk, office: Office, tmp_path: Path) -> None:
    """They come back with what was written of them; nobody else's row is mistaken for theirs."""
    row = desk.row_of("customers", "平5")
    office.delete_row(desk.sheet("customers"), row)
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(book, out))
    assert ("deleted", "平5") in {(e.kind, e.customer) for e in found.edits}
    assert {i.code for i in found.issues} == {"SG551"}
    assert found.customers == len(desk.built.graded.frame)
    assert not regrade(RegradeRequest(out, dry_run=True)).changed
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []


def test_another_day(built: Built, office: Office, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    found = regrade(RegradeRequest(built.request.out, out, as_of=AS_OF + timedelta(days=40)))
    assert found.as_of == AS_OF + timedelta(days=40)
    assert [(e.kind, e.was, e.now) for e in found.edits] == [("parameter", "2026-06-30", "2026-08-09")]
    assert {change.cause for change in found.changes} == {"data"}
    assert proved(office, out, tmp_path).wrong == []


def test_the_book_is_replaced_and_kept(built: Built, tmp_path: Path) -> None:
    cell = place_of(built, "客户级别", "备注")
    book = edited(built, tmp_path / "book.xlsx", {cell: Constant("记"), ("总览", 5, 0): Constant(1.0)})
    old = book.read_bytes()
    tried = regrade(RegradeRequest(book, dry_run=True))
    assert (tried.changed, tried.written, book.read_bytes()) == (True, False, old)
    found = regrade(RegradeRequest(book))
    assert found.backup == tmp_path / "book.xlsx.bak"
    assert found.backup.read_bytes() == old
    assert book.read_bytes() != old
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book.xlsx", "book.xlsx.bak"]
    new = book.read_bytes()
    assert not regrade(RegradeRequest(book)).changed
    assert book.read_bytes() == new


def test_a_password_stays(built: Built, tmp_path: Path) -> None:
    plain = edited(built, tmp_path / "plain.xlsx", {("总览", 5, 0): Constant(1.0)})
    book = tmp_path / "sealed.xlsx"
    book.write_bytes(seal(plain.read_bytes(), "geheim-geheim"))
    with pytest.raises(PasswordError):
        regrade(RegradeRequest(book))
    assert regrade(RegradeRequest(book, password="geheim-geheim")).written
    made = open_package(unseal(book.read_bytes(), "geheim-geheim"), look_through, "made.xlsx")
    first = open_package(built.request.out.read_bytes(), look_through, "first.xlsx")
    assert differences(first, made) == ()


def refused(request: RegradeRequest, kind: type[SheetgenError], key: str) -> dict[str, object]:
    files = {p: p.read_bytes() for p in request.book.parent.iterdir() if p.is_file()}
    with pytest.raises(kind) as stop:
        regrade(request)
    assert stop.value.key == key
    assert {p: p.read_bytes() for p in request.book.parent.iterdir() if p.is_file()} == files
    return stop.value.facts


@pytest.mark.parametrize("lock", ["~$book.xlsx", ".~lock.book.xlsx#"])
def test_an_open_book_is_left_alone(built: Built, tmp_path: Path, lock: str) -> None:
    book = edited(built, tmp_path / "book.xlsx", {("总览", 5, 0): Constant(1.0)})
    (tmp_path / lock).write_bytes(b"x")
    assert refused(RegradeRequest(book), OutputBusyError, "regrade_open")["lock"] == lock
    refused(RegradeRequest(tmp_path / lock), InputError, "regrade_lock_file")


def test_what_is_no_book_of_ours(tmp_path: Path) -> None:
    import openpyxl

    path = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(path)
    refused(RegradeRequest(path), InputError, "previous_foreign")
    refused(RegradeRequest(path, tmp_path / "out.csv"), UsageError, "output_suffix")
    path.write_bytes(b"a,b\n1,2\n")
    refused(RegradeRequest(path), InputError, "patch_not_xlsx")
    refused(RegradeRequest(tmp_path / "none.xlsx"), InputError, "file_missing_alone")


def test_what_nothing_can_be_guessed_from(built: Built, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    there = grids(built.request.out)

    def stop(cells: Cells, key: str) -> dict[str, object]:
        return refused(RegradeRequest(edited(built, path, cells)), InputError, key)

    sheet, row, col = place_of(built, "客户信息", "客户编号")
    twin = there[sheet].at(row + 1, col).value
    assert stop({(sheet, row, col): Constant(str(twin))}, "regrade_doubled")["cells"] == "A4, A5"
    blank = [place_of(built, "客户级别", header, 2) for header in ("人工调整", "调整原因", "有效期", "备注")]
    found = regrade(RegradeRequest(edited(built, path, {at: Constant("别的") for at in blank}), dry_run=True))
    codes = {issue.code for issue in found.issues}
    assert codes and codes <= {"SG553", "SG556"}
    parameters = there["参数设置"]
    edge = next(
        (r, c)
        for r, cells in parameters.cells.items()
        for c, cell in cells.items()
        if cell.value == 200_000.0
    )
    assert stop({("参数设置", *edge): Constant("二十万")}, "regrade_parameter")
    assert stop({("参数设置", *edge): Constant(1.0)}, "regrade_edges")
    assert stop({("参数设置", edge[0], 0): Constant("金牌")}, "regrade_tier_label")


def test_benefits_are_staffs_own_words(built: Built, office: Office, tmp_path: Path) -> None:
    label = built.scheme.file.tiers[-1].benefits.zh
    grid = grids(built.request.out)["参数设置"]
    at = next((r, c) for r, cells in grid.cells.items() for c, cell in cells.items() if cell.value == label)
    book = edited(built, tmp_path / "book.xlsx", {("参数设置", *at): Constant("=每季一份礼")})
    out = tmp_path / "out.xlsx"
    regraded(book, out)
    proof = proved(office, out, tmp_path)
    assert (proof.wrong, proof.unsaid) == ([], [])


def test_an_override_that_has_lapsed(built: Built, office: Office, tmp_path: Path) -> None:
    """A day typed as words counts as valid for good, as the formula takes it, and is told."""
    cells: dict[tuple[str, int, int], Patch] = {}
    for row, until in ((3, AS_OF), (4, AS_OF - timedelta(days=1)), (5, "明年")):
        cells[place_of(built, "客户级别", "人工调整", row)] = Constant("VIP级")
        cells[place_of(built, "客户级别", "有效期", row)] = Constant(_day(until))
    book, out = edited(built, tmp_path / "book.xlsx", cells), tmp_path / "out.xlsx"
    found = regraded(book, out)
    assert [dict(i.facts)["cell"] for i in found.issues if i.code == "SG531"] == ["F6"]
    ids = [str(grids(out)["客户级别"].at(row, 0).value) for row in (3, 4, 5)]
    moved = {change.customer for change in found.changes}
    assert ids[1] not in moved
    assert proved(office, out, tmp_path).wrong == []


def _day(until: date | str) -> date | str:
    return until


def test_formulas_that_point_elsewhere_are_not_answered_for(
    built: Built, office: Office, tmp_path: Path
) -> None:
    """Nothing that hangs on them has a result in the file, which a spreadsheet then computes."""
    sheet, _, col = place_of(built, "价值评分", "年消费额")
    grid = grids(built.request.out)[sheet]
    rows = [row for row in grid.cells if grid.at(row, col).formula is not None]
    cells: dict[tuple[str, int, int], Patch] = {}
    for row in rows:
        text = (grid.formula(row, col) or "").replace("历史交易!$C:$C", "历史交易!$D:$D")
        assert "$D:$D" in text
        cells[sheet, row, col] = Formula(text)
    book, out = edited(built, tmp_path / "book.xlsx", cells), tmp_path / "out.xlsx"
    found = regraded(book, out)
    assert {i.code for i in found.issues} == {"SG532"}
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []
    assert len(proof.unsaid) > 1_000


def test_columns_may_stand_elsewhere(built: Built, tmp_path: Path) -> None:
    """Two columns that no formula points at change places: results go where the headers are."""
    sheet, _, left = place_of(built, "客户级别", "升级还差")
    right = place_of(built, "客户级别", "保级余量")[2]
    grid = grids(built.request.out)[sheet]
    cells: dict[tuple[str, int, int], Patch] = {}
    for row in (r for r in grid.cells if r >= 2):
        for here, there in ((left, right), (right, left)):
            text = grid.formula(row, here)
            cells[sheet, row, there] = Formula(text) if text else Constant(str(grid.at(row, here).value))
    found = regraded(edited(built, tmp_path / "book.xlsx", cells), tmp_path / "out.xlsx")
    assert found.changed
    made = grids(tmp_path / "out.xlsx")[sheet]
    for row in (r for r in grid.cells if r >= 3):
        assert (made.at(row, right).value, made.at(row, left).value) == (
            grid.at(row, left).value,
            grid.at(row, right).value,
        )
