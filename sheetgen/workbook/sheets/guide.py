"""使用说明: how to read, edit and hand back this book; each number and meaning comes from its declaration.

Guides are Jinja2 that people may write: a small part of it, so that a guide can only tell, never compute.
Allowed are text, ``{{ name }}``, ``{{ name.part }}``, ``for`` and ``if``, blocks, a few filters, and examples
by ``result('column', fact=number)``. So no guide runs long, grows large or reaches what it should not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from jinja2 import DictLoader, StrictUndefined, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sheetgen.errors import UsageError
from sheetgen.workbook.book import Cell, Page, Sheet
from sheetgen.workbook.layout import SHEETS, title_of
from sheetgen.workbook.sheets.guide_facts import facts_of
from sheetgen.yamlfile import nearest_key

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

COMMON = Path(__file__).parent
ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Extends, nodes.Block, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const,
    nodes.Getattr, nodes.For, nodes.If, nodes.Filter, nodes.Call, nodes.Keyword, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Tuple, nodes.Neg,
)  # fmt: skip
FILTERS = ("join", "length", "first", "last")
DEEPEST = 2
"""for within for"""
MOST_CALLS = 100


def guide_sheet(content: Content) -> Sheet:
    """The sheet: the common guide, with what the scheme's own guide.<lang>.md.j2 says of itself.

    Lines that start with ``#`` are headings, ``|`` lines are table rows (first cell bold).
    """
    cells: dict[tuple[int, int], Cell] = {}
    heights: dict[int, float] = {}
    for row, line in enumerate(_written(content).splitlines()):
        if line.startswith("# "):
            cells[row, 0] = Cell(line[2:], "title")
            heights[row] = 34
        elif line.startswith("## "):
            for col in range(3):
                cells[row, col] = Cell(line[3:] if col == 0 else None, "section")
            heights[row] = 24
        elif line.startswith("|"):
            parts = [part.strip() for part in line.strip("|").split("|")]
            for col, words in enumerate(parts[:3]):
                cells[row, col] = Cell(words or None, "body.label" if col == 0 else "body.wrap")
            heights[row] = _height(parts)
        elif line.strip():
            cells[row, 0] = Cell(line, "plain.text")
    _links(content, cells)
    return Sheet(
        "guide",
        SHEETS["guide"].text(content.lang),
        cells,
        widths={0: 26, 1: 66, 2: 54},
        heights=heights,
        page=Page(landscape=True),
        tab_color="#4A5F7A",
        gridlines=False,
    )


def _height(parts: list[str]) -> float:
    """Room for the longest wrapped cell: a row's height is not stored by itself."""
    from sheetgen.workbook.style import text_width

    widths = (26, 74, 60)
    lines = max(-(-text_width(words) // width) for words, width in zip(parts, widths, strict=False))
    return 18.0 * max(1, lines) + 2


def _links(content: Content, cells: dict[tuple[int, int], Cell]) -> None:
    """Sheet names in the first column lead to their sheets."""
    parts = [sheet for table in content.layout.parts for sheet in content.layout.sheets(table)]
    names = {title_of(key).text(content.lang): key for key in (*SHEETS, *parts)}
    for place, cell in list(cells.items()):
        if place[1] == 0 and cell.value in names and cell.style == "body.label":
            target = content.layout.sheet(names[str(cell.value)])
            cells[place] = Cell(cell.value, "body.link", link=f"{target}!A1")


def _written(content: Content) -> str:
    name = f"guide.{content.lang}.md.j2"
    own = content.scheme.guides.get(content.lang)
    common = COMMON / (f"blank_{name}" if content.layout.blank else name)
    return render(common.read_text("utf-8"), own, name, facts_of(content))


def render(common: str, own: str | None, name: str, facts: dict[str, Any]) -> str:
    """The guide: ``own``, which extends ``common``, or that alone. Raises UsageError (file and line)."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_in_a_cell,
        loader=DictLoader({"common": common, "own": own or ""}),
    )
    environment.globals.clear()
    names = {key: SimpleNamespace(**v) if isinstance(v, dict) else v for key, v in facts.items()}
    if own is None:
        return environment.get_template("common").render(names)
    try:
        _check(environment.parse(own), name, facts)
        return environment.get_template("own").render(names)
    except TemplateSyntaxError as error:
        raise UsageError(
            "guide_syntax", "SG706", path=name, line=error.lineno, problem=error.message
        ) from None
    except (TemplateError, KeyError, TypeError, ValueError) as error:
        raise UsageError("guide_syntax", "SG706", path=name, line="?", problem=str(error)[:200]) from None


def _in_a_cell(value: Any) -> Any:
    """A value as it may stand in a row of cells: ``|`` and line breaks part cells and rows."""
    return value.replace("|", "｜").replace("\r", " ").replace("\n", " ") if isinstance(value, str) else value


def _check(tree: nodes.Template, name: str, facts: dict[str, Any]) -> None:
    def refuse(node: nodes.Node, what: str) -> UsageError:
        return UsageError("guide_refused", "SG706", path=name, line=node.lineno, what=what)

    calls = 0
    for node, depth, known in _walk(tree, 0, frozenset(facts)):
        if not isinstance(node, ALLOWED):
            raise refuse(node, type(node).__name__)
        match node:
            case nodes.Name(name=word) if word not in known:
                raise _unknown(node, word, known, name)
            case nodes.Getattr(node=nodes.Name(name=word), attr=part) if isinstance(facts.get(word), dict):
                if part not in facts[word]:
                    raise _unknown(node, f"{word}.{part}", {f"{word}.{key}" for key in facts[word]}, name)
            case nodes.Getattr():
                raise refuse(node, f".{node.attr}")
            case nodes.Filter() if node.name not in FILTERS:
                raise refuse(node, f"|{node.name}")
            case nodes.Extends() if not _says(node.template, "common"):
                raise refuse(node, "extends")
            case nodes.For() if depth > DEEPEST or node.recursive or not isinstance(node.iter, nodes.Name):
                raise refuse(node, "for")
            case nodes.Call():
                calls += 1
                if not (isinstance(node.node, nodes.Name) and node.node.name == "result"):
                    raise refuse(node, "()")
                if node.dyn_args or node.dyn_kwargs or calls > MOST_CALLS:
                    raise refuse(node, "result()")


def _says(node: nodes.Expr, word: str) -> bool:
    return isinstance(node, nodes.Const) and node.value == word


def _walk(
    node: nodes.Node, depth: int, known: frozenset[str]
) -> Iterator[tuple[nodes.Node, int, frozenset[str]]]:
    """Every node, how many loops it stands in, and the names that are known there."""
    if isinstance(node, nodes.For):
        yield node, depth + 1, known
        yield from _walk(node.iter, depth, known)
        inside = known | {
            n.name for n in (node.target, *node.target.find_all(nodes.Name)) if isinstance(n, nodes.Name)
        }
        for child in (*node.body, *node.else_, *([node.test] if node.test else [])):
            yield from _walk(child, depth + 1, inside)
        return
    yield node, depth, known
    for child in node.iter_child_nodes():
        yield from _walk(child, depth, known)


def _unknown(node: nodes.Node, word: str, known: Any, name: str) -> UsageError:
    near = nearest_key(word, known, least=0.0)
    return UsageError("guide_name", "SG706", path=name, line=node.lineno, name=word, near=near)
