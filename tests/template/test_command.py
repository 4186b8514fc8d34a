"""``sheetgen template``, and what becomes of a filled book: an input like any other, and last week's book."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sheetgen.cli import main
from sheetgen.errors import InputError
from sheetgen.ingest.rules import NO_RULES
from sheetgen.ingest.sources import read_inputs
from sheetgen.pipeline import BuildRequest, build
from sheetgen.workbook.layout import FIRST

from .filling import Blank, blank


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(*map(str, words))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_it_says_what_it_made_and_what_to_do_next(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "blank.xlsx"
    code, said, _ = run(capsys, "template", "hotel", "--rows", "6", "--lang", "en", "-o", out)
    assert code == 0 and out.is_file()
    assert "6 customers" in said and "24 rows" in said and f"sheetgen regrade {out}" in said
    code, said, _ = run(capsys, "template", "hotel", "--rows", "6", "-o", out, "--json")
    told = json.loads(said)
    assert (told["command"], told["scheme"], told["out"]) == ("template", "hotel", str(out))
    assert told["rows"]["stays"] == 24 and len(told["digest"]) == 64


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense", "-o", "b.xlsx"), "nonsense"),
        (("hotel", "--rows", "20001", "-o", "b.xlsx"), "20,000"),
        (("hotel", "-o", "b.csv"), ".xlsx"),
    ],
)
def test_it_refuses_in_one_plain_line(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, _, told = run(capsys, "template", *words)
    assert code == 2 and said in told and len(told.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def filled(book: Blank, path: Path) -> Path:
    """Two customers and three sales, typed by another program."""
    import openpyxl

    there = openpyxl.load_workbook(book.path)
    people, sales = there[book.sheet("customers")], there[book.sheet("transactions")]
    for i, words in enumerate((("KH1", "一公司"), ("KH2", "二公司")), FIRST):
        for col, word in enumerate(words, 1):
            people.cell(i, col, word)
    people[book.at("customers", "remark")] = "老客户"
    for i, row in enumerate((("KH1", 46_000, 60_000), ("KH2", 46_010, 9), ("KH1", 46_010, 1)), FIRST):
        for col, value in enumerate(row, 1):
            sales.cell(i, col, value)
    there[book.sheet("tiers")][book.at("tiers", "override", FIRST + 1)] = "A级"
    parameters = there[book.sheet("parameters")]
    parameters[book.named("p_tier_b")[1]] = 70_000
    there.save(path)
    return path


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Blank:
    return blank(tmp_path_factory.mktemp("blank") / "blank.xlsx", "vip-abc", 4)


def test_a_folder_with_a_filled_book_is_data(book: Blank, tmp_path: Path) -> None:
    """A book of ours in a folder is left out, and so is one that is still blank; a filled one is read."""
    (tmp_path / "data").mkdir()
    filled(book, tmp_path / "data" / "filled.xlsx")
    (tmp_path / "data" / "blank.xlsx").write_bytes(book.path.read_bytes())
    built = build(BuildRequest(tmp_path / "out.xlsx", [str(tmp_path / "data")]))
    assert built.tiers == {"vip": 0, "a": 0, "b": 1, "c": 1}
    assert [i.code for i in built.issues if i.code == "SG125"] == ["SG125"]
    assert sorted(f.kind for f in built.clean.files) == ["customers", "transactions"]
    assert not any(built.clean.extras.values())
    assert built.clean.tables["customers"]["remark"].tolist() == ["老客户", ""]


def test_a_blank_book_alone_has_no_rows(book: Blank) -> None:
    with pytest.raises(InputError) as refused:
        read_inputs([str(book.path)], {}, NO_RULES)
    assert refused.value.code == "SG103"


def test_it_may_be_last_weeks_book(book: Blank, tmp_path: Path) -> None:
    """All that was typed moves on: rows, remark, override, edge; not the numbers that followed the data."""
    (tmp_path / "new.csv").write_text("客户编号,日期,金额\nKH2,2026-01-05,80000\n", "utf-8")
    request = BuildRequest(
        tmp_path / "out.xlsx", [str(tmp_path / "new.csv")], previous=filled(book, tmp_path / "filled.xlsx")
    )
    built = build(request)
    frame = built.graded.frame.set_index("customer_id")
    assert frame.loc["KH1", "spend"] == 60_001 and frame.loc["KH2", "spend"] == 80_009
    assert frame.loc["KH1", "computed_tier"] == "C级", "the edge that staff raised"
    assert frame.loc["KH2", "final_tier"] == "A级"
    assert set(built.graded.settings.changed) == {"tier_b"}
    assert built.graded.settings.last_as_of is None


@pytest.mark.parametrize("scheme", ["rfm", "electronics-share", "phone-pareto"])
def test_live_cuts_are_no_changes_of_staff(scheme: str, tmp_path: Path) -> None:
    own = blank(tmp_path / "blank.xlsx", scheme, 4)
    (tmp_path / "new.csv").write_text("客户编号,日期,金额\nKH2,2026-01-05,80000\n", "utf-8")
    request = BuildRequest(
        tmp_path / "out.xlsx", [str(tmp_path / "new.csv")], scheme=scheme, previous=own.path
    )
    assert build(request).graded.settings.changed == {}
