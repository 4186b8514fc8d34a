"""A commented sheetgen.yml for the data that lie in a folder: what each file is, told by its headers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import SheetgenError, UsageError
from sheetgen.i18n import text

if TYPE_CHECKING:
    from sheetgen.i18n import Lang

SUGGESTED: Final = {
    "stays": "hotel",
    "usage": "telecom",
    "holdings": "bank-aum",
    "survey": "survey",
    "points": "points",
    "payments": "credit",
}
"""a kind of table -> the scheme that grades by it; the first one found counts"""
USUAL: Final = "vip-abc"
OUTPUT: Final = {"zh": "每周表格", "en": "weekly-books"}
MOST: Final = 200
"""files that are looked at"""


@dataclass(frozen=True)
class Seen:
    """A file, as a path from the folder. ``kinds``: the tables in it; none where it is not recognised, and
    then ``problem`` says why."""

    path: str
    kinds: tuple[str, ...] = ()
    rows: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Initial:
    """The config that was written, and what it came from."""

    path: Path
    scheme: str
    sources: tuple[str, ...]
    seen: tuple[Seen, ...]


def init(folder: Path, lang: Lang) -> Initial:
    """Write sheetgen.yml into ``folder``. Raises UsageError where there is one already."""
    from sheetgen.config import NAME, read_config

    path = folder / NAME
    if path.exists():
        raise UsageError("init_exists", "SG602", path=path)
    seen = tuple(look(folder, lang))
    known = [one for one in seen if one.kinds]
    kinds = {kind for one in known for kind in one.kinds}
    scheme = next((SUGGESTED[kind] for kind in SUGGESTED if kind in kinds), USUAL)
    sources = tuple(dict.fromkeys(Path(one.path).parent.as_posix() for one in known))
    words = written(seen, sources, scheme, lang)
    read_config(words, str(path))  # what is written can be read
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(words)
    except FileExistsError:
        raise UsageError("init_exists", "SG602", path=path) from None
    return Initial(path, scheme, sources, seen)


def look(folder: Path, lang: Lang) -> Iterator[Seen]:
    """Every table in ``folder`` and the folders in it, without those that we write to."""
    from sheetgen.ingest.paths import is_mark, kind_of

    ours = set(OUTPUT.values())
    folders = [folder, *(p for p in sorted(folder.iterdir()) if p.is_dir() and p.name not in ours)]
    files = [
        path
        for place in folders
        if not place.name.startswith(".") or place == folder
        for path in sorted(place.iterdir())
        if path.is_file() and kind_of(path.name) and not is_mark(str(path)) and not path.name.startswith(".")
    ]
    for path in files[:MOST]:
        one = _seen(path, path.relative_to(folder).as_posix(), lang)
        if one is not None:
            yield one


def _seen(path: Path, name: str, lang: Lang) -> Seen | None:
    from sheetgen.ingest.sources import read_inputs
    from sheetgen.report import error_text
    from sheetgen.weekbooks import look_at

    try:
        if path.suffix.lower() in (".xlsx", ".xlsm") and look_at(path) is not None:
            return None
        raw = read_inputs([str(path)], {})
    except SheetgenError as error:
        return Seen(name, problem=error_text(error, lang).splitlines()[0])
    kinds = tuple(dict.fromkeys(table.source.kind for table in raw.tables))
    return Seen(name, kinds, sum(len(table.frame) for table in raw.tables))


def written(seen: Sequence[Seen], sources: Sequence[str], scheme: str, lang: Lang) -> str:
    """The config's text."""
    found = [f"#   {_line(one, lang)}" for one in seen] or [f"#   {text('init_none', lang)}"]
    named = [f"    - {_quoted(name)}" for name in sources] or [f"    - {_quoted('.')}"]
    plain = (Path(__file__).with_name(f"init.{lang}.txt")).read_text("utf-8")
    head, rest = plain.split("weekly:\n", 1)
    rest = rest.replace("{sources}\n", "\n".join(named) + "\n", 1).replace(
        "{folder}", _quoted(OUTPUT[lang]), 1
    )
    rest = rest.replace("scheme: {scheme}", f"scheme: {scheme}", 1)
    return head.replace("{found}", "\n".join(found)) + "weekly:\n" + rest


def _line(one: Seen, lang: Lang) -> str:
    name = _plain(one.path)
    if not one.kinds:
        return f"{name}  {text('init_unknown', lang, problem=_plain(one.problem))}"
    return f"{name}  {'、'.join(text(f'kind_{kind}', lang) for kind in one.kinds)}  {one.rows:,}"


def _plain(words: str) -> str:
    """Text as it may stand in a comment: on one line, without what YAML forbids."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:200]


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def init_json(made: Initial) -> dict[str, Any]:
    """The JSON object of the command."""
    return {
        "schema": 1,
        "command": "init",
        "config": str(made.path),
        "scheme": made.scheme,
        "sources": list(made.sources),
        "files": [
            {"path": one.path, "kinds": list(one.kinds), "rows": one.rows, "problem": one.problem}
            for one in made.seen
        ],
    }


def init_lines(made: Initial, lang: Lang) -> Iterator[str]:
    """What was found and written, and what to do next."""
    for one in made.seen:
        yield f"  {_line(one, lang)}"
    if not made.seen:
        yield f"  {text('init_none', lang)}"
    yield text("init_written", lang, path=made.path, scheme=made.scheme)
    yield text("init_next", lang, path=made.path)
