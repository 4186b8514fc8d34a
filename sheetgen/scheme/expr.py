"""One expression, two engines: a column of values, and the text of the formula that gives the same.

The language is a small part of Python, read by ``ast`` and never run by it: names, numbers, words in quotes,
``+ - * /``, comparisons, ``and or not``, ``a if c else b``, ``None`` (unknown, shown as an empty cell),
``table[i]``, and the functions of ``functions.py``. Unknown numbers are NaN here and ``""`` in a cell.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sheetgen.errors import UsageError
from sheetgen.i18n import messages
from sheetgen.scheme.functions import FUNCTIONS, Context

MAX_LENGTH = 2_000
MAX_DEPTH = 40
MAX_NUMBER = 1e15

_OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
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
    """Read ``source``. Raises UsageError (expression_*) that says what is not allowed and where."""
    text = source.strip()
    if len(text) > MAX_LENGTH:
        raise UsageError("expression_long", "SG703", expression=text[:60] + "…", limit=MAX_LENGTH)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # 1if a: two readings, so neither
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, SyntaxWarning, ValueError, MemoryError, RecursionError) as error:
        column = getattr(error, "offset", 0) or 0
        raise UsageError("expression_syntax", "SG703", expression=text, place=column) from None
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


def _check(node: ast.AST, text: str, names: dict[str, None], depth: int) -> None:
    def refuse(what: str) -> UsageError:
        return UsageError("expression_refused", "SG703", expression=text, what=what)

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
            if type(op) not in _OPERATORS:
                raise refuse(_written(node))
            below = [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            below = [operand]
        case ast.BoolOp(values=values):
            below = list(values)
        case ast.Compare(left=left, ops=ops, comparators=others):
            if any(type(op) not in _OPERATORS for op in ops):
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


def evaluate(expression: Expression, names: Mapping[str, Any], context: Context) -> Any:
    """The value of ``expression`` as a column. Unknown numbers are NaN, unknown texts ``""``.

    ``names`` gives arrays (float64, or objects of str), scalars, and for tables a tuple in ascending order.
    """
    import numpy as np

    def run(node: ast.AST) -> Any:
        match node:
            case ast.Name(id=name):
                return names[name]
            case ast.Constant(value=None):
                return np.nan
            case ast.Constant(value=str() as word):
                return context.word(word)
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                top, bottom = run(left), run(right)
                return np.where(np.equal(bottom, 0), np.inf, np.divide(top, bottom))
            case ast.BinOp(left=left, op=op, right=right):
                return getattr(np, _OPERATORS[type(op)][1])(run(left), run(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return np.negative(run(operand))
            case ast.UnaryOp(operand=operand):
                return np.logical_not(run(operand))
            case ast.BoolOp(op=op, values=values):
                join = np.logical_and if isinstance(op, ast.And) else np.logical_or
                result = run(values[0])
                for part in values[1:]:
                    result = join(result, run(part))
                return result
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [run(left), *map(run, others)]
                result = np.True_
                for i, comparison in enumerate(ops):
                    step = getattr(np, _OPERATORS[type(comparison)][1])(sides[i], sides[i + 1])
                    result = step if i == 0 else np.logical_and(result, step)
                return result
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return _choose(run(test), run(body), run(orelse))
            case ast.Subscript(value=ast.Name(id=table), slice=index):
                return _pick(names[table], run(index))
            case ast.Call(func=ast.Name(id=name), args=args):
                return FUNCTIONS[name].value(context, *map(run, args))
        raise AssertionError(ast.dump(node))

    with np.errstate(all="ignore"):
        return run(expression.tree)


def _choose(test: Any, yes: Any, no: Any) -> Any:
    """``np.where`` that keeps text as objects; an unknown (NaN) beside texts becomes the empty text."""
    import numpy as np

    def is_text(x: Any) -> bool:
        return isinstance(x, str) or getattr(x, "dtype", None) == np.dtype(object)

    if is_text(yes) or is_text(no):
        parts = ["" if isinstance(x, float) and np.isnan(x) else x for x in (yes, no)]
        yes, no = (np.asarray(x, dtype=object) for x in parts)
    return np.where(test, yes, no)


def _pick(table: tuple[Any, ...], index: Any) -> Any:
    """Row ``index`` (1-based) of an ascending table; out of reach is an infinity, where INDEX is an error."""
    import numpy as np

    text = any(isinstance(value, str) for value in table)
    rows = np.asarray(
        ["", *table, ""] if text else [np.inf, *table, np.inf], dtype=object if text else np.float64
    )
    position = np.nan_to_num(np.asarray(index, dtype=np.float64), nan=0.0)
    return rows[np.clip(position, 0, len(table) + 1).astype(np.int64)]


def render(
    expression: Expression,
    names: Callable[[str], str],
    tables: Mapping[str, int],
    context: Context,
    numeric: Callable[[str], bool] = lambda name: False,
) -> str:
    """The formula text of ``expression`` without ``=``.

    ``names`` gives the reference of a column or parameter; ``tables`` the row count of each table, which
    stands on the sheet highest first. ``numeric``: whether a name is a column of numbers. Where such a number
    cannot be computed the cell says so in words, and words compare without an error: adding 0 makes them one.
    """

    def number(node: ast.AST, asked: frozenset[str]) -> str:
        if isinstance(node, ast.Name) and node.id not in asked and numeric(node.id):
            return f"({names(node.id)}+0)"
        return run(node, asked)

    def run(node: ast.AST, asked: frozenset[str] = frozenset()) -> str:
        match node:
            case ast.Name(id=name):
                return names(name)
            case ast.Constant(value=None):
                return '""'
            case ast.Constant(value=str() as word):
                return quote(context.word(word))
            case ast.Constant(value=int() as whole):
                return str(whole)
            case ast.Constant(value=float() as real):
                return f"{real:.15g}"
            case ast.BinOp(left=left, op=op, right=right):
                return f"({run(left, asked)}{_OPERATORS[type(op)][0]}{run(right, asked)})"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(-{run(operand, asked)})"
            case ast.UnaryOp(operand=operand):
                return f"NOT({run(operand, asked)})"
            case ast.BoolOp(op=op, values=values):
                asked = asked | _asked(values)
                parts = ",".join(run(value, asked) for value in values)
                return f"{'AND' if isinstance(op, ast.And) else 'OR'}({parts})"
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [number(side, asked) for side in (left, *others)]
                steps = [f"{sides[i]}{_OPERATORS[type(op)][0]}{sides[i + 1]}" for i, op in enumerate(ops)]
                return f"({steps[0]})" if len(steps) == 1 else f"AND({','.join(steps)})"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"IF({run(test, asked)},{run(body, asked)},{run(orelse, asked)})"
            case ast.Subscript(value=ast.Name(id=table), slice=index):
                return f"INDEX({names(table)},{tables[table] + 1}-{run(index, asked)})"
            case ast.Call(func=ast.Name(id=name), args=args):
                write = number if FUNCTIONS[name].numbers else run
                return FUNCTIONS[name].formula(context, *(write(arg, asked) for arg in args))
        raise AssertionError(ast.dump(node))

    text = run(expression.tree)
    return text[1:-1] if _enclosed(text) else text


def _asked(values: list[ast.expr]) -> frozenset[str]:
    """The names that ``values``, joined by and/or, ask ``blank()`` of: empty texts are no error there."""
    calls = (node for value in values for node in ast.walk(value) if isinstance(node, ast.Call))
    asked = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "blank")
    return frozenset(arg.id for arg in asked if isinstance(arg, ast.Name))


def _enclosed(text: str) -> bool:
    """True when the first bracket of ``text`` closes at its very end (and so says nothing)."""
    if not text.startswith("("):
        return False
    depth, quoted = 0, False
    for i, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth == 0:
                return i == len(text) - 1
    return False


def quote(word: str) -> str:
    """``word`` as a text constant of a formula."""
    return '"' + word.replace('"', '""') + '"'


def guarded(expression: Expression, nullable: set[str]) -> bool:
    """Whether the result may be unknown.

    Raises UsageError when a name of ``nullable`` is used where it may be unknown without ``blank()`` having
    been asked first: an empty cell is an error in one engine and 0 in another. ``a if c else b`` works out
    one side only, ``and`` and ``or`` work out all: behind ``not blank(x) and`` an unknown x may be compared
    (that is no error), but not reckoned with.
    """
    none: frozenset[str] = frozenset()

    def use(node: ast.AST, known: frozenset[str], asked: frozenset[str] = none) -> bool:
        match node:
            case ast.Constant(value=value):
                return value is None
            case ast.Name(id=name):
                return name in nullable and name not in known
            case ast.Call(func=ast.Name(id="blank")):
                return False
            case ast.IfExp(test=test, body=body, orelse=orelse):
                use(test, known)
                yes = use(body, known | _known(test, True))
                return use(orelse, known | _known(test, False)) or yes
            case ast.BoolOp(op=op, values=values):
                for part in values:
                    strict(part, known, asked)
                    asked = asked | _known(part, isinstance(op, ast.And))
                return False
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                strict(operand, known, asked)
                return False
            case ast.Compare(left=left, comparators=others):
                for side in (left, *others):
                    strict(side, known | asked if isinstance(side, ast.Name) else known)
                return False
            case ast.Call(func=ast.Name(id=name), args=args) if FUNCTIONS[name].accepts_unknown:
                for arg in args:
                    use(arg, known)
                return False
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        strict(child, known)
                return False

    def strict(node: ast.AST, known: frozenset[str], asked: frozenset[str] = none) -> None:
        if use(node, known, asked):
            raise UsageError(
                "expression_unknown", "SG703", expression=expression.source, what=ast.unparse(node)
            )

    return use(expression.tree, frozenset())


def _known(test: ast.AST, truth: bool) -> frozenset[str]:
    """The names that are surely not unknown when ``test`` came out as ``truth``."""
    match test:
        case ast.Call(func=ast.Name(id="blank"), args=[ast.Name(id=name)]):
            return frozenset() if truth else frozenset([name])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _known(operand, not truth)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) == truth:
            return frozenset().union(*(_known(value, truth) for value in values))
    return frozenset()
