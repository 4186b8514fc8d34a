"""The list of SG codes is what the code raises, and each code says in both languages what it means."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sheetgen.codes import CODE, NAMES, PACKAGE, codes, main, render, sites
from sheetgen.i18n import LANGS, messages

DOCS = Path(__file__).parents[1] / "docs"
ALL = {code.id: code for code in codes()}


@pytest.mark.parametrize("lang", LANGS)
def test_the_docs_are_what_the_code_says(lang):
    assert (DOCS / NAMES[lang]).read_text("utf-8") == render(lang), "run python -m sheetgen.codes docs"


def test_every_code_that_stands_in_the_code_is_listed():
    """By another road: a plain search."""
    files = [p for p in PACKAGE.rglob("*.py") if p.name != "codes.py"]
    found = {code for p in files for code in re.findall(r"[\"'](SG\d{3})[\"']", p.read_text("utf-8"))}
    assert found == set(ALL)


@pytest.mark.parametrize("code", sorted(ALL))
def test_every_code_is_explained_in_both_languages(code):
    found = ALL[code]
    assert found.keys, f"{code} has no text"
    assert found.levels
    assert found.exits or code in messages(), f"{code} stops nothing and tells nothing"
    for key in (*found.keys, f"mend_{code}", f"reason_{code}"):
        if label := messages().get(key):
            assert label.zh.strip() and label.en.strip()


def test_every_text_of_a_code_is_used():
    told = {m[0] for key in messages() if (m := re.fullmatch(r"SG\d{3}|(?:mend|reason)_SG\d{3}", key))}
    assert {key.rpartition("_")[2] for key in told} <= set(ALL)


def test_what_holds_a_row_back_says_how_to_mend_it():
    held = [code.id for code in ALL.values() if "held_back" in code.fates]
    assert len(held) >= 10
    assert not [code for code in held if f"mend_{code}" not in messages()]


def test_known_codes_come_out_right():
    assert ALL["SG412"].fates == ("held_back",) and ALL["SG412"].levels == ("warning",)
    assert ALL["SG424"].fates == ("status",) and ALL["SG424"].levels == ("note",)
    assert ALL["SG403"].fates == ("used", "held_back")
    assert ALL["SG301"].exits == (5,) and ALL["SG301"].levels == ("error",)
    assert ALL["SG000"].exits == (1,)
    assert "output_is_input" in ALL["SG601"].keys


def test_a_code_is_found_wherever_it_is_raised():
    source = """
def f(mask, near):
    if near:
        raise InputError("file_missing" if near else "file_missing_alone", "SG101", path=near)
    yield Issue("SG901", "note", "f")
    yield from (Verdict(c, "held_back", mask) for c in ("SG902", "SG903"))
    for code, n in (("SG904", 1),):
        yield Verdict(code, "duplicate", n)
    return "", "SG905"
def g(path, key):
    raise UsageError(key, "SG906", path=path)
"""
    found = {site.code: site for site in sites(source, {("g", 1): ["no_inputs"]})}
    assert found["SG906"].keys == ("no_inputs",)
    assert found["SG101"].keys == ("file_missing", "file_missing_alone")
    assert found["SG101"].call == "InputError"
    assert found["SG901"].word == "note"
    assert found["SG902"].word == found["SG903"].word == "held_back"
    assert found["SG904"].word == "duplicate"
    assert found["SG905"].call == ""


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_is_a_table_a_row_a_code(lang, tmp_path):
    main(tmp_path)
    page = (tmp_path / NAMES[lang]).read_text("utf-8")
    rows = [line for line in page.splitlines() if CODE.match(line.removeprefix("| "))]
    assert len(rows) == len(ALL)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)
    assert not re.search(r"\{[a-z_]+\}", page)
