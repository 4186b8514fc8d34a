"""A bad input as a case: a builder, so that no binaries lie in the tree, and what the input must get."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Case:
    """``build`` writes the files into an empty folder and returns the arguments of ``sheetgen build``.

    ``codes``: code -> how many cells or rows it counts (None: any number). ``rows`` and ``amount`` are
    compared with the keys of the JSON that they name. ``then`` looks closer at the parsed answer.
    """

    id: str
    what: str
    build: Callable[[Path], list[str | Path]]
    exit: int = 0
    codes: Mapping[str, int | None] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    amount: Mapping[str, str] = field(default_factory=dict)
    customers: int | None = None
    decided: str = ""
    """why the answer is another than the list of bad inputs asks for"""
    then: Callable[[Path, dict[str, Any]], None] | None = None


def answer_of(case: Case, folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Run the command in this process, writing nothing, and give its JSON with the exit code."""
    from sheetgen.cli import main

    arguments = [str(a) for a in case.build(folder)]
    out = folder.parent / "out.xlsx"
    if "-o" not in arguments:
        arguments += ["-o", str(out), "--dry-run"]
    with pytest.raises(SystemExit) as stopped:
        main("build", *arguments, "--json", "--lang", "en")
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    answer: dict[str, Any] = json.loads(printed.out)
    return {**answer, "exit": stopped.value.code or 0}


def check(case: Case, folder: Path, answer: Mapping[str, Any]) -> None:
    """Every expectation of ``case``, with the whole answer shown where one fails."""
    shown = json.dumps(answer, ensure_ascii=False, indent=1)[:4000]
    assert answer["exit"] == case.exit, shown
    counts: dict[str, int] = {}
    for issue in answer["issues"]:
        counts[issue["code"]] = counts.get(issue["code"], 0) + issue.get("count", 1)
        assert issue["message"] and "{" not in issue["message"].replace("{=1+1}", ""), issue
    for code, count in case.codes.items():
        assert code in counts, f"{code} is missing\n{shown}"
        assert count is None or counts[code] == count, f"{code}: {counts[code]}\n{shown}"
    for code in case.absent:
        assert code not in counts, f"{code} is there\n{shown}"
    for fate, rows in case.rows.items():
        assert answer["rows"][fate] == rows, f"{fate} rows\n{shown}"
    for fate, amount in case.amount.items():
        assert answer["amount"][fate] == amount, f"{fate} amount\n{shown}"
    if case.customers is not None:
        assert answer["customers"] == case.customers, shown
    if case.then:
        case.then(folder, dict(answer))
