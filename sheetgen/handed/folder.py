"""The books of a split in a folder: which of them belong to one run, and what else lies there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import InputError, PasswordError
from sheetgen.i18n import LANGS, messages
from sheetgen.model import Issue

if TYPE_CHECKING:
    from sheetgen.share.plan import Part
    from sheetgen.workbook.patch.package import Package

RUN: Final = "sheetgen_run"
LOCKS: Final = {"~$": "", ".~lock.": "#"}
"""how the lock file of an open workbook begins, and ends beside the workbook's name"""
OTHERS: Final = (".xls", ".xlsb", ".et", ".ods", ".numbers")
"""workbooks that staff may hand back by mistake"""


@dataclass(frozen=True)
class Books:
    """The books of one run, by value, the customers without one last. ``issues``: what else was found."""

    run: str
    paths: tuple[Path, ...]
    issues: tuple[Issue, ...] = ()
    pinned: frozenset[str] = frozenset()
    """the cuts that the whole company's data set, and nobody by hand"""
    series: str = ""
    """the run of the first split of all that followed on one another"""


@dataclass(frozen=True)
class _Seen:
    path: Path
    split: Mapping[str, Any]


def find_books(folder: Path, password: str = "") -> Books:
    """The books in ``folder`` that are of one split.

    Raises InputError where there is none, where there are those of several runs and no index to tell which
    counts, where one is there twice or one is missing; PasswordError.
    """
    issues = [*_open_ones(folder)]
    seen: list[_Seen] = []
    index = ""
    for path in _workbooks(folder):
        if path.suffix.lower() in OTHERS:
            issues.append(Issue("SG809", "warning", path.name))
            continue
        run, split = _look(path, password)
        if split:
            seen.append(_Seen(path, split))
        elif run and _is_index(path, password):
            index = run
        else:
            issues.append(Issue("SG809", "warning", path.name))
    if not seen:
        raise InputError("folder_no_books", "SG814", path=folder)
    runs = Counter(str(one.split["run"]) for one in seen)
    if index not in runs and len(runs) > 1:
        names = "; ".join(", ".join(o.path.name for o in seen if o.split["run"] == run) for run in runs)
        raise InputError("folder_two_runs", "SG814", path=folder, books=names)
    chosen = index if index in runs else next(iter(runs))
    issues += [Issue("SG815", "warning", o.path.name) for o in seen if o.split["run"] != chosen]
    mine = [one for one in seen if one.split["run"] == chosen]
    _refuse(folder, mine)
    mine.sort(key=lambda one: (one.split["value"] == "", str(one.split["value"])))
    pinned = frozenset(str(key) for one in mine for key in one.split.get("pinned", ()))
    series = str(mine[0].split.get("series") or chosen)
    return Books(chosen, tuple(one.path for one in mine), tuple(issues), pinned, series)


def _refuse(folder: Path, mine: list[_Seen]) -> None:
    """One book there twice, or not at all."""
    by_value: dict[str, Path] = {}
    for one in mine:
        other = by_value.setdefault(str(one.split["value"]), one.path)
        if other != one.path:
            raise InputError("folder_twice", "SG814", first=other.name, second=one.path.name)
    wanted = int(mine[0].split["books"])
    if len(mine) < wanted:
        names = ", ".join(one.path.name for one in mine)
        raise InputError(
            "folder_missing", "SG814", path=folder, missing=wanted - len(mine), wanted=wanted, there=names
        )


def _workbooks(folder: Path) -> list[Path]:
    found = [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith((*LOCKS, "."))]
    return [p for p in found if p.suffix.lower() in (".xlsx", ".xlsm", *OTHERS)]


def _open_ones(folder: Path) -> list[Issue]:
    """The books that somebody has open: what is not saved is not in them."""
    found = []
    for path in sorted(folder.iterdir()):
        for start, end in LOCKS.items():
            if path.name.startswith(start):
                name = path.name.removeprefix(start).removesuffix(end)
                found.append(Issue("SG808", "warning", name))
    return found


def _look(path: Path, password: str) -> tuple[str, dict[str, Any]]:
    """The run that wrote a workbook ('' where it is none of ours) and what it says of its split."""
    from sheetgen.ingest.package import look_through
    from sheetgen.siblings import split_told
    from sheetgen.workbook.opened import open_book

    try:
        book = open_book(path, password, look_through, broken=True)
    except PasswordError:
        raise
    except InputError:
        return properties(path, password).get(RUN, ""), {}
    return book.state.get("run_id", ""), split_told(book.state)


def _is_index(path: Path, password: str) -> bool:
    try:
        sheets = {sheet.name for sheet in _package(path, password).sheets}
    except InputError:
        return False
    return any(messages()["split_index"].text(lang) in sheets for lang in LANGS)


def properties(path: Path, password: str) -> dict[str, str]:
    """The properties that the program gave a workbook; none where it cannot be read."""
    try:
        package = _package(path, password)
        parts = [r.target for r in package.relationships() if r.kind == "custom-properties"]
        nodes = list(package.tree(parts[0])) if parts and package.has(parts[0]) else []
    except InputError:
        return {}
    return {node.get("name") or "": "".join(node.itertext()) for node in nodes}


def _package(path: Path, password: str) -> Package:
    from sheetgen.ingest.package import look_through
    from sheetgen.share.encrypt import is_sealed, unseal
    from sheetgen.workbook.patch.package import open_package

    data = path.read_bytes()
    plain = unseal(data, password, str(path)) if is_sealed(data) else data
    return open_package(plain, look_through, str(path))


def left_over(folder: Path, parts: Sequence[Part], password: str = "") -> list[Issue]:
    """Books of ours in ``folder`` for values that there are no longer (SG820); nothing is deleted."""
    if not folder.is_dir():
        return []
    words = messages()["split_index"]
    ours = {part.out.name.casefold() for part in parts}
    ours |= {f"{words.text(lang)}.xlsx".casefold() for lang in LANGS}
    found = [p.name for p in _workbooks(folder) if p.name.casefold() not in ours and _is_ours(p, password)]
    return [Issue("SG820", "warning", str(folder), value=", ".join(found), count=len(found))] if found else []


def _is_ours(path: Path, password: str) -> bool:
    try:
        return RUN in properties(path, password)
    except PasswordError:  # sealed by somebody: it may well be an old one of ours
        return True
