"""One expression, two engines: a column of values, and the text of the formula that gives the same.

Unknown numbers are NaN here and ``""`` in a cell. ``parse.py`` says what an expression may be.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from sheetgen.scheme.functions import FUNCTIONS, Context
from sheetgen.scheme.parse import MAX_DEPTH, MAX_LENGTH, OPERATORS, Expression, parse
from sheetgen.scheme.unknown import guarded

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "Expression", "evaluate", "guarded", "parse", "quote", "render"]


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
                return getattr(np, OPERATORS[type(op)][1])(run(left), run(right))
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
                    step = getattr(np, OPERATORS[type(comparison)][1])(sides[i], sides[i + 1])
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
                return f"({run(left, asked)}{OPERATORS[type(op)][0]}{run(right, asked)})"
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
                steps = [f"{sides[i]}{OPERATORS[type(op)][0]}{sides[i + 1]}" for i, op in enumerate(ops)]
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
