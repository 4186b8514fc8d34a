"""Staff edit a book in LibreOffice and hand it in: all results right, all of theirs as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sheetgen.pipeline import Built, build
from sheetgen.regrade import RegradeRequest, regrade
from sheetgen.report_regrade import regrade_json, regrade_lines
from tests.office.office import Office
from tests.parity import edits as staff
from tests.parity.data import AS_OF
from tests.parity.desk import Desk

from .books import kinds, proved, regraded, typed

OWN = {"客户偏好", "数据质量", "_sheetgen"}
"""where the program writes plain values of its own anew"""
HIDDEN = {"_calc", "_transactions", "_service"}
GROUPS = {
    "parameters": {"parameter"},
    "cells": {"correction"},
    "rows": {"added", "deleted"},
    "ids": {"correction"},
    "people": {"added", "override", "parameter"},
}


def test_nothing_edited_nothing_written(built: Built, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(built.request.out.read_bytes())
    found = regrade(RegradeRequest(book))
    assert (found.changed, found.written, found.backup, found.edits, found.changes) == (
        False,
        False,
        None,
        (),
        (),
    )
    assert found.issues == ()
    assert book.read_bytes() == built.request.out.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["book.xlsx"]
    assert found.tiers == built.tiers
    assert found.digest == built.digest


def test_a_book_with_a_past_is_right_as_it_is(built: Built, second: Built, tmp_path: Path) -> None:
    """Also one whose last book was re-graded for another day in between."""
    assert not regrade(RegradeRequest(second.request.out, dry_run=True)).changed
    between = tmp_path / "between.xlsx"
    regrade(RegradeRequest(built.request.out, between, as_of=AS_OF + timedelta(days=9)))
    third = build(replace(second.request, out=tmp_path / "third.xlsx", previous=between))
    found = regrade(RegradeRequest(third.request.out, dry_run=True))
    assert (found.changed, found.edits, found.changes, found.issues) == (False, (), (), ())


@pytest.mark.parametrize("group", GROUPS)
def test_edits(desk: Desk, office: Office, tmp_path: Path, group: str) -> None:
    for edit in staff.GROUPS[group].values():
        edit(desk)
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    found = regraded(book, out)
    assert set(kinds(found)) >= GROUPS[group]
    new = {place[0] for place in typed(out).keys() - typed(book).keys()}
    assert new <= {*OWN, "级别变动"}, "staff write a last tier in one of them"
    was, now = typed(book), typed(out)
    labels = {("c", "C级"), ("b", "B级"), ("VIP", "VIP级"), (" a ", "A级")}
    other = {at: said for at, said in was.items() if now.get(at) != said and at[0] not in OWN}
    assert {(said, now.get(at)) for at, said in other.items()} <= labels
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []
    assert {sheet for sheet, _ in proof.unsaid} <= HIDDEN


def test_edits_that_change_nothing(desk: Desk, office: Office, tmp_path: Path) -> None:
    """Rows sorted, columns of their own: customers keep their numbers, and nobody's tier moves."""
    for edit in staff.QUIET.values():
        edit(desk)
    desk.sort("tiers", "gap", True, desk.layout.rows["customers"])
    desk.sort("customers", "customer_name", False, desk.layout.rows["customers"])
    column = len(desk.layout.columns["tiers"]) + 1
    from tests.office.values import column_name

    name = desk.sheet("tiers")
    office.set_many(
        name, {f"{column_name(column)}3": "我的列", f"{column_name(column)}4": "记", "A200": "私记"}
    )
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    found = regraded(book, out)
    assert found.changes == ()
    assert typed(out) == typed(book)
    proof = proved(office, out, tmp_path)
    assert proof.wrong == []
    assert {sheet for sheet, _ in proof.unsaid} <= HIDDEN


def test_words_for_a_day_leave_the_customer_to_the_spreadsheet(
    desk: Desk, office: Office, tmp_path: Path
) -> None:
    """The row is held back with its cell; what the formulas make of it has no result in the file."""
    staff.change("平3", 0, date="上周")(desk)
    row = desk.row_of("transactions", "平3")
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    found = regraded(book, out)
    assert found.held_back
    facts = [dict(i.facts)["cell"] for i in found.issues if i.code == "SG527"]
    assert facts == [f"B{row}"]
    assert proved(office, out, tmp_path).wrong == []


def test_what_a_run_says(desk: Desk, office: Office, tmp_path: Path) -> None:
    staff.override(desk, "平5", "VIP级")
    desk.put("tiers", desk.row_of("tiers", "平7"), remark="老客户")
    staff.add(desk, "平6", 1.0)
    desk.set_named("p_tier_a", 150_000)
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    found = regraded(book, out)
    said = json.loads(json.dumps(regrade_json(found, "zh")))
    edits = {(e["kind"], e["customer"], e["was"], e["is"]) for e in said["edits"]}
    assert edits == {
        ("override", "平5", "", "VIP级"),
        ("override", "平5", "", "试"),
        ("remark", "平7", "", "老客户"),
        ("added", "平6", "", "平6"),
        ("parameter", "", "200000", "150000"),
    }
    changes = {c["customer"]: (c["to"], c["cause"]) for c in said["changes"]}
    assert changes["平5"] == ("vip", "override")
    assert {cause for _, cause in changes.values()} == {"override", "rule"}
    assert said["rows"]["read"] == said["rows"]["used"] == len(desk.built.clean.tables["transactions"]) + 1
    assert (said["command"], said["scheme"], said["as_of"]) == ("regrade", "vip-abc", AS_OF.isoformat())
    lines = "\n".join(regrade_lines(found, "zh"))
    assert "平5" in lines and str(out) in lines


def test_the_ledger_gets_what_moved_once(second: Built, office: Office, tmp_path: Path) -> None:
    office.open(second.request.out)
    desk = Desk(office, second, tmp_path)
    before = [row for row in desk.read("changes")[3:] if row[0]]
    assert before
    staff.override(desk, "平5", "VIP级")
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    regraded(book, out)
    assert proved(office, out, tmp_path).wrong == []
    after = [row for row in office.read("级别变动")[3:] if row[0]]
    assert after[: len(before)] == before
    assert [(row[1], row[4]) for row in after[len(before) :]] == [("平5", "VIP级")]


def test_a_formula_in_a_data_cell_keeps_what_it_was_graded_by(
    desk: Desk, office: Office, tmp_path: Path
) -> None:
    sheet = office.read("历史交易")
    row = next(i for i, cells in enumerate(sheet) if "金额" in cells)
    cell = f"{'ABCDEFGHIJ'[sheet[row].index('金额')]}{row + 2}"
    office.set("历史交易", cell, "=100*2500+F1*0")
    book, out = office.save_as(tmp_path / "edited.xlsx"), tmp_path / "out.xlsx"
    found = regraded(book, out)
    assert [(e.cell, e.now) for e in found.edits if e.kind == "correction"] == [(cell, "250000.00")]
    office.open(out)
    assert office.cell("历史交易", cell) == 250000.0
    proof = proved(office, out, tmp_path)
    assert (proof.wrong, proof.unsaid) == ([], [])
    following = build(replace(desk.built.request, out=tmp_path / "next.xlsx", previous=out))
    paid = following.clean.tables["transactions"]["cents"]
    assert 25_000_000 in paid.tolist()
