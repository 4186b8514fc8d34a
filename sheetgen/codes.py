"""The public SG codes, collected from the code that raises them and the texts that explain them.

``python -m sheetgen.codes FOLDER`` writes codes.md and codes.zh.md there.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sheetgen import errors
from sheetgen.i18n import messages, text
from sheetgen.model import FATES, Fate, Level

if TYPE_CHECKING:
    from sheetgen.i18n import Lang

PACKAGE: Final = Path(__file__).parent
NAMES: Final[dict[Lang, str]] = {"zh": "codes.zh.md", "en": "codes.md"}
CODE: Final = re.compile(r"SG\d{3}")
Given = Mapping[tuple[str, int], list[str]]
_LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note")
_SITES: Final = ("Verdict", "Issue")


@dataclass(frozen=True)
class Code:
    """A code, how grave it is, and what happens: ``exits`` of runs that stop, ``fates`` of rows that do not.

    ``keys``: the messages that explain it.
    """

    id: str
    levels: tuple[Level, ...]
    exits: tuple[int, ...] = ()
    fates: tuple[Fate, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """A place in the code: a constant ``code`` and the call that it is for ('' where it is handed on)."""

    code: str
    call: str = ""
    word: str = ""
    """the call's second argument: a fate or a level"""
    keys: tuple[str, ...] = ()


def codes() -> tuple[Code, ...]:
    """Every code that the package can raise, in order."""
    from sheetgen.ingest.fates import level

    found: dict[str, list[Site]] = {}
    sources = [p.read_text("utf-8") for p in sorted(PACKAGE.rglob("*.py")) if p != Path(__file__)]
    given = _given(sources)
    for source in sources:
        for site in sites(source, given):
            found.setdefault(site.code, []).append(site)
    return tuple(_code(code, found[code], level(code)) for code in sorted(found))


def sites(source: str, given: Given = MappingProxyType({})) -> Iterator[Site]:
    """Every plain ``SGnnn`` of a module, with the issue, verdict or error that it is for.

    ``given``: the message keys that functions are called with, for errors whose key is an argument.
    """
    tree = ast.parse(source)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            calls = _calls_around(node, above)
            yield from (
                (_site(node.value, call, above, given) for call in calls) if calls else (Site(node.value),)
            )


def _calls_around(node: ast.AST, above: dict[ast.AST, ast.AST]) -> list[ast.Call]:
    """The raising call that ``node`` is an argument of; else those of the loop it is counted out in."""
    inner = node
    while (outer := above.get(inner)) is not None and not isinstance(outer, ast.FunctionDef | ast.Module):
        if isinstance(outer, ast.Call) and _raises(outer):
            return [outer]
        if isinstance(outer, ast.For) and inner is outer.iter:
            return [n for n in ast.walk(outer) if isinstance(n, ast.Call) and _raises(n)]
        if isinstance(outer, ast.comprehension) and inner is outer.iter:
            return [n for n in ast.walk(above[outer]) if isinstance(n, ast.Call) and _raises(n)]
        inner = outer
    return []


def _raises(call: ast.Call) -> bool:
    return _name(call) in _SITES or _name(call) in vars(errors)


def _name(call: ast.AST) -> str:
    return call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""


def _given(sources: list[str]) -> Given:
    """(function, place of the argument) -> the message keys it is called with."""
    found: dict[tuple[str, int], list[str]] = {}
    for node in (n for source in sources for n in ast.walk(ast.parse(source))):
        for place, argument in enumerate(node.args if isinstance(node, ast.Call) else ()):
            if isinstance(argument, ast.Constant) and argument.value in messages():
                found.setdefault((_name(node), place), []).append(argument.value)
    return found


def _passed(name: str, call: ast.AST, above: Mapping[ast.AST, ast.AST], given: Given) -> Iterator[str]:
    """The keys that the function around ``call`` gets as its argument ``name``."""
    while (call := above[call]) in above and not isinstance(call, ast.FunctionDef):
        pass
    if isinstance(call, ast.FunctionDef):
        places = [i for i, argument in enumerate(call.args.args) if argument.arg == name]
        yield from (key for i in places for key in given.get((call.name, i), ()))


def _site(code: str, call: ast.Call, above: Mapping[ast.AST, ast.AST], given: Given) -> Site:
    second = call.args[1] if len(call.args) > 1 else None
    word = second.value if isinstance(second, ast.Constant) and isinstance(second.value, str) else ""
    first = call.args[0] if call.args else call
    keys = [n.value for n in ast.walk(first) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    if isinstance(first, ast.Name):
        keys = list(_passed(first.id, call, above, given))
    return Site(code, _name(call), word, tuple(k for k in keys if k in messages()))


def _code(code: str, found: list[Site], usual: Level) -> Code:
    stops = [site for site in found if site.call in vars(errors)]
    tells = [site for site in found if site.call in _SITES]
    told = code in messages()
    fates = {site.word for site in tells if site.call == "Verdict"} & set(FATES)
    if f"reason_{code}" in messages():
        fates |= {"held_back"}
    levels = {site.word for site in tells if site.call == "Issue"} & set(_LEVELS)
    if told and not levels:
        levels = {usual}
    if stops:
        levels |= {"error"}
    if told and re.match("SG4", code) and not fates:
        fates = {"used"}  # a cell of a row that stays
    exits = {getattr(errors, site.call).exit_code for site in stops}
    keys = dict.fromkeys(([code] if told else []) + [key for site in stops for key in site.keys])
    return Code(
        code,
        tuple(level for level in _LEVELS if level in levels),
        tuple(sorted(exits)),
        tuple(fate for fate in FATES if fate in fates),
        tuple(keys),
    )


def render(lang: Lang) -> str:
    """The page of all codes, as Markdown."""
    say = {"zh": _ZH, "en": _EN}[lang]
    lines = [f"# {say['title']}", "", say["hint"], ""]
    lines += [f"| {' | '.join(say['heads'].split('|'))} |", "|---|---|---|---|---|"]
    for code in codes():
        grave = "、".join(say[level] for level in code.levels)
        what = [f"{say['exit']} {n}" for n in code.exits] + [
            text(f"fate_{fate}", lang) for fate in code.fates
        ]
        meaning = "<br>".join(_plain(messages()[key].text(lang)) for key in code.keys)
        mend = text(f"mend_{code.id}", lang) if f"mend_{code.id}" in messages() else ""
        cells = (code.id, grave, "、".join(what), meaning, mend or say["see"])
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    page = "\n".join(lines) + "\n"
    return page if lang == "zh" else page.replace("、", ", ")


def _plain(words: str) -> str:
    return re.sub(r"\{count\}", "n", re.sub(r"\{(?!count\})[a-z_]+\}", "…", words))


_ZH: Final = {
    "title": "SG 代码",
    "hint": "由程序代码与提示文字生成（`python -m sheetgen.codes docs`），请勿手改。"
    "n 是个数，… 是当时的文件、列或内容。",
    "heads": "代码|程度|结果|含义|怎么改",
    "error": "错误",
    "warning": "警告",
    "note": "提示",
    "exit": "退出码",
    "see": "见含义",
}
_EN: Final = {
    "title": "SG codes",
    "hint": "Made from the code and its texts by `python -m sheetgen.codes docs`; do not edit. "
    "n is a count, … the file, column or value at hand.",
    "heads": "code|level|outcome|meaning|how to mend",
    "error": "error",
    "warning": "warning",
    "note": "note",
    "exit": "exit",
    "see": "see meaning",
}


def main(folder: Path) -> None:
    """Write both pages."""
    for lang, name in NAMES.items():
        (folder / name).write_text(render(lang), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
