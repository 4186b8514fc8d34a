"""Books as they come back: from other programs, of another kind, damaged in their hidden parts, very long."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sheetgen.errors import PasswordError, SheetgenError
from sheetgen.pipeline import BuildRequest, Built, build
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.share.encrypt import seal
from sheetgen.workbook.patch.edits import Constant
from tests.office.office import Office
from tests.office.poison import strip
from tests.regrade.books import grids, regraded, typed

from .firm import AS_OF, DAY, SALES, SERVICE, TIERS, Seen, book_of, edited, rows_of
from .surgery import as_excel, as_wps, changed, link, parts_of, sheets


def refused(request: RegradeRequest) -> SheetgenError:
    """What stops the run; no file is touched."""
    before = {p: p.read_bytes() for p in request.book.parent.iterdir()}
    with pytest.raises(SheetgenError) as stop:
        regrade(request)
    assert {p: p.read_bytes() for p in request.book.parent.iterdir()} == before
    return stop.value


def same_cells(one: Path, other: Path) -> bool:
    """Whether all cells of ours show the same, by the same formulas."""
    there = grids(other)
    for name, grid in grids(one).items():
        for row in range(grid.height):
            for col in range(grid.columns):
                a, b = grid.at(row, col), there[name].at(row, col)
                formulas = grid.formula(row, col), there[name].formula(row, col)
                if (a.kind, a.value) != (b.kind, b.value) or formulas[0] != formulas[1]:
                    return False
    return True


@pytest.mark.parametrize("program", [as_excel, as_wps], ids=["excel", "wps"])
def test_w13_saved_by_another_program(firm: Built, tmp_path: Path, program: object) -> None:
    first = Seen(firm.request.out)
    asked = {
        first.place(TIERS, "KH04", "最终级别"): Constant("VIP级"),
        first.place(TIERS, "KH05", "备注"): Constant("记"),
    }
    plain = edited(firm.request.out, tmp_path / "edited.xlsx", asked)
    book, out = changed(plain, tmp_path / "book.xlsx", program), tmp_path / "out.xlsx"  # type: ignore[arg-type]
    found = regraded(book, out)
    assert sorted((e.kind, e.now) for e in found.edits) == [("remark", "记"), ("typed_over", "VIP级")]
    before, after = parts_of(book), parts_of(out)
    gone = {"xl/calcChain.xml"} if program is as_excel else set()
    assert before.keys() - after.keys() == gone
    assert list(after) == [name for name in before if name not in gone]
    touched = {n for n in after if after[n] != before[n]}
    chain = {"[Content_Types].xml", "xl/_rels/workbook.xml.rels"} if gone else set()
    assert touched == {sheets(before)[TIERS]} | chain
    reference = edited(firm.request.out, tmp_path / "reference.xlsx", dict([*asked.items()][1:]))
    if program is as_wps:
        assert b'DISPIMG("ID_1",1)</v>' in after[sheets(after)[TIERS]]
    else:
        assert same_cells(reference, out)


def test_w14_other_kinds_of_files(firm: Built, tmp_path: Path) -> None:
    data = firm.request.out.read_bytes()
    for name, content in (
        ("book.csv", b"a,b\n"),
        ("book.xls", bytes.fromhex("D0CF11E0A1B11AE1") + bytes(5_000)),
        ("book.xlsm", data),
        ("book.et", data),
        ("text.xlsx", "客户编号,级别\n".encode("gb18030")),
        ("old.xlsx", bytes.fromhex("D0CF11E0A1B11AE1") + bytes(5_000)),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        stop = refused(RegradeRequest(path))
        key = "patch_other_suffix" if name == "book.xlsm" else "patch_not_xlsx"
        assert (stop.code, stop.exit_code, stop.key) == ("SG510", 4, key)
    path = tmp_path / "sealed.xlsx"
    path.write_bytes(seal(data, "geheim-geheim"))
    stop = refused(RegradeRequest(path))
    assert isinstance(stop, PasswordError) and stop.exit_code == 12


def test_w15_no_result_is_trusted(firm: Built, tmp_path: Path) -> None:
    book, out = tmp_path / "bare.xlsx", tmp_path / "out.xlsx"
    assert strip(firm.request.out, book) > 1_000
    assert regraded(book, out).edits == ()
    assert same_cells(firm.request.out, out)


def test_w17_an_old_book(firm: Built, tmp_path: Path) -> None:
    """The book alone is re-graded, to its own day; a newer one beside it, under whatever name, is told."""
    later = build(
        BuildRequest(
            tmp_path / "later.xlsx", kinds=firm.request.kinds, scheme="vip-abc", as_of=AS_OF + 28 * DAY,
            previous=firm.request.out,
        )
    )  # fmt: skip
    book = tmp_path / "old.xlsx"
    book.write_bytes(firm.request.out.read_bytes())
    found = regrade(RegradeRequest(book))
    assert (found.changed, found.as_of, found.run_id) == (False, AS_OF, firm.run_id)
    assert found.run_id != later.run_id
    (issue,) = found.issues
    assert (issue.code, issue.value) == ("SG557", "later.xlsx") and "2026-07-28" in issue.message("zh")
    assert regrade(RegradeRequest(later.request.out)).issues == ()
    build(replace(later.request, previous=None))
    assert regrade(RegradeRequest(book)).issues == (), "the newer one is of another series"


def test_w18_the_book_of_somebody_else(firm: Built, tmp_path: Path) -> None:
    """Exit code 4: the contract keeps 5 for raw data whose columns nobody knows."""
    import openpyxl

    path = tmp_path / "other.xlsx"
    other = openpyxl.Workbook()
    other.worksheets[0].append(["客户编号", "客户名称", "级别"])
    other.save(path)
    stop = refused(RegradeRequest(path))
    assert (stop.code, stop.exit_code) == ("SG512", 4)


def test_w20_a_long_service_log(tmp_path: Path) -> None:
    """10,000 rows, long texts, a picture: the sheet's part stays as it is to the byte."""
    rows = rows_of()
    n = 10_000
    rows["service"] = [
        {
            "客户编号": f"KH{i % 10:02d}",
            "日期": (AS_OF - (i % 300) * DAY).isoformat(),
            "咨询问题": f"问{i}" + "长" * (40 if i else 31_000),
            "满意度": str(i % 5 + 1),
            "是否投诉": "否",
        }
        for i in range(n)
    ]
    built = book_of(tmp_path, rows)

    def picture(parts: dict[str, bytes]) -> None:
        link(
            parts, sheets(parts)[SERVICE], "http://schemas.openxmlformats.org/x/drawing", "../d.xml", "rId77"
        )
        parts["xl/d.xml"] = b"<d/>"

    seen = Seen(built.request.out)
    asked = {seen.place(SERVICE, "KH03", "满意度", 4): Constant(1.0), ("总览", 5, 0): Constant(1.0)}
    book = changed(
        edited(built.request.out, tmp_path / "edited.xlsx", asked), tmp_path / "book.xlsx", picture
    )
    begun = time.process_time()
    found = regrade(RegradeRequest(book, tmp_path / "out.xlsx"))
    assert time.process_time() - begun < 60
    before, after = parts_of(book), parts_of(tmp_path / "out.xlsx")
    part = sheets(before)[SERVICE]
    assert after[part] == before[part] and after["xl/d.xml"] == b"<d/>"
    assert found.held_back is False


def test_w21_formats_down_to_the_last_row(firm: Built, tmp_path: Path) -> None:
    """A million formatted rows with nothing in them cost little."""

    def painted(parts: dict[str, bytes]) -> None:
        part = sheets(parts)[SERVICE]
        last = max(int(r) for r in re.findall(rb'<row r="(\d+)"', parts[part]))
        empty = b'<row r="%d"><c r="B%d" s="3"/></row>'
        more = b"".join(empty % (row, row) for row in range(last + 1, 1_048_577))
        parts[part] = parts[part].replace(b"</sheetData>", more + b"</sheetData>")

    book, out = changed(firm.request.out, tmp_path / "painted.xlsx", painted), tmp_path / "out.xlsx"
    begun = time.process_time()
    assert not regrade(RegradeRequest(book, out)).changed
    assert time.process_time() - begun < 60
    assert out.read_bytes() == book.read_bytes()


def orders_of(seen: Seen) -> list[object]:
    """All order ids, in order."""
    grid, col = seen.grid(SALES), seen.column(SALES, "订单号")
    return [grid.at(row, col).value for row in range(3, grid.height)]


def test_w24_line_ends_and_escapes_over_three_cycles(firm: Built, office: Office, tmp_path: Path) -> None:
    seen = Seen(firm.request.out)
    texts = {"KH00": "一\r\n二", "KH01": "_x000D_", "KH02": "末\n", "KH03": " 前后 ", "KH04": "a\tb"}
    asked = {seen.place(TIERS, who, "备注"): Constant(said) for who, said in texts.items()}
    book = edited(firm.request.out, tmp_path / "book.xlsx", asked)
    orders = orders_of(seen)
    assert {"_x000D_", "=1+1", "00123"} <= set(orders)
    for cycle in range(3):
        out = tmp_path / f"out{cycle}.xlsx"
        found = regrade(RegradeRequest(book, out))
        made, left = Seen(out), Seen(book)
        says = {who: str(made.says(who, "备注")) for who in texts}
        assert says == {e.customer: e.now for e in found.edits} == {w: left.says(w, "备注") for w in texts}
        # LibreOffice itself writes one line end for two
        alike = {who: said.replace("\r\n", "\n") for who, said in texts.items()}
        assert {who: said.replace("\r\n", "\n") for who, said in says.items()} == alike
        assert orders_of(made) == orders
        office.open(out)
        book = office.save_as(tmp_path / f"saved{cycle}.xlsx")
    assert typed(book).items() >= typed(out).items()
