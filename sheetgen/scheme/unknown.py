"""Where an expression may be unknown: an empty cell is an error in one engine and 0 in another."""

from __future__ import annotations

import ast

from sheetgen.errors import UsageError
from sheetgen.scheme.functions import FUNCTIONS
from sheetgen.scheme.parse import Expression


def guarded(expression: Expression, nullable: set[str]) -> bool:
    """Whether the result may be unknown.

    Raises UsageError when a name of ``nullable`` is used where it may be unknown without ``blank()`` having
    been asked first: an empty cell is an error in one engine and 0 in another. ``a if c else b`` works out
    one side only, ``and`` and ``or`` work out all: behind ``not blank(x) and`` an unknown x may be compared
    (that is no error), but not reckoned with.
    """
    none: frozenset[str] = frozenset()

    def use(node: ast.AST, known: frozenset[str], asked: frozenset[str] = none) -> bool:  # noqa: PLR0911, PLR0912
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
            source, what = expression.source, ast.unparse(node)
            raise UsageError("expression_unknown", "SG703", spot="", expression=source, what=what)

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
