"""The language of expressions: a small part of Python, read by ``ast`` and never run by it.

Names, numbers, words in quotes, ``+ - * /``, comparisons, ``and or not``, ``a if c else b``, ``None`` (an
unknown value: an empty cell), ``table[i]``, and the functions of ``functions.py``.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

from sheetgen.errors import UsageError
from sheetgen.i18n import messages
from sheetgen.scheme.functions import FUNCTIONS

MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_NUMBER = 1e15

OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Add: ("+", "add"),
    ast.Sub: ("-", "subtract"),
    ast.Mult: ("*", "multiply"),
    ast.Div: ("/", "divide"),
    ast.Gt: (">", "greater"),
    ast.GtE: (">=", "greater_equal"),
    ast.Lt: ("<", "less"),
    ast.LtE: ("<=", "less_equal"),
    ast.Eq: ("=", "equal"),
    ast.NotEq: ("<>", "not_equal"),
}


@dataclass(frozen=True)
class Expression:
    """A parsed expression. ``names``: the columns, parameters and tables it reads, in order of appearance."""

    source: str
    tree: ast.expr
    names: tuple[str, ...]
    tables: frozenset[str] = frozenset()
    """the names used as tables; ``plain``: those used as columns or numbers"""
    plain: frozenset[str] = frozenset()


def parse(source: str) -> Expression:
    """Read ``source``. Raises UsageError (expression_*) that says what is not allowed and where.

    ``spot``, the file and line, is filled in by who read the file.
    """
    text = source.strip()
    if len(text) > MAX_LENGTH:
        raise UsageError("expression_long", "SG703", spot="", expression=text[:60] + "…", limit=MAX_LENGTH)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # 1if a: two readings, so neither
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, SyntaxWarning, ValueError, MemoryError, RecursionError) as error:
        column = getattr(error, "offset", 0) or len(text) + 1
        raise UsageError("expression_syntax", "SG703", spot="", expression=text, place=column) from None
    names: dict[str, None] = {}
    _check(tree, text, names, 0)
    used = _tables(tree)
    tables = frozenset(node.id for node in used)
    plain = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in used)
    return Expression(text, tree, tuple(names), tables, plain & set(names))


def _tables(tree: ast.expr) -> set[ast.Name]:
    """The names that stand where only a table may: before ``[`` and second in band() and above()."""
    found: set[ast.Name] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name() as name):
                found.add(name)
            case ast.Call(func=ast.Name(id="band" | "above"), args=[_, ast.Name() as name]):
                found.add(name)
    return found


def _written(node: ast.AST) -> str:
    """``node`` as it was written, shortened."""
    try:
        return ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
    except RecursionError:
        return "…(…(…"


def _check(node: ast.AST, text: str, names: dict[str, None], depth: int) -> None:  # noqa: PLR0912
    def refuse(what: str) -> UsageError:
        return UsageError("expression_refused", "SG703", spot="", expression=text, what=what)

    if depth > MAX_DEPTH:
        raise refuse("…(…(…")
    below: list[ast.AST] = []
    match node:
        case ast.Name(id=name):
            names[name] = None
        case ast.Constant(value=value):
            if not (value is None or isinstance(value, int | float | str)) or isinstance(value, bool):
                raise refuse(repr(value))
            if isinstance(value, int | float) and not abs(value) < MAX_NUMBER:
                raise refuse(text[:60] + "…")
        case ast.BinOp(left=left, op=op, right=right):
            if type(op) not in OPERATORS:
                raise refuse(_written(node))
            below = [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            below = [operand]
        case ast.BoolOp(values=values):
            below = list(values)
        case ast.Compare(left=left, ops=ops, comparators=others):
            if any(type(op) not in OPERATORS for op in ops):
                raise refuse(_written(node))
            below = [left, *others]
        case ast.IfExp(test=test, body=body, orelse=orelse):
            below = [test, body, orelse]
        case ast.Subscript(value=ast.Name() as table, slice=index):
            below = [table, index]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if name not in FUNCTIONS:
                raise refuse(name + "()")
            low, high = FUNCTIONS[name].arguments
            if not low <= len(args) <= high:
                raise refuse(_written(node))
            if name == "say" and not (isinstance(args[0], ast.Constant) and args[0].value in messages()):
                raise refuse(_written(node))
            if name in ("band", "above") and not isinstance(args[1], ast.Name):
                raise refuse(_written(node))
            below = list(args)
        case _:
            raise refuse(_written(node))
    for child in below:
        _check(child, text, names, depth + 1)
