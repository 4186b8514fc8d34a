"""Conditions on the rows of a detail table: ``amount > 0 and complaint == 'yes'``."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import Literal

from sheetgen.errors import UsageError
from sheetgen.scheme.tables import Field, data_tables

MAX_LENGTH = 1_000
MAX_NUMBER = 1e15
COMPARED = ("text", "id", "flag", "status", "money", "price", "number", "integer", "rating")

Operator = Literal[">", ">=", "<", "<=", "=", "<>"]
_OPERATORS: dict[type[ast.AST], Operator] = {
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "=",
    ast.NotEq: "<>",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """``field operator value``: a number for number fields, a word id (yes, no) for flags, text for texts."""

    field: Field
    operator: Operator
    value: float | str


def parse_where(source: str, table: str) -> tuple[Condition, ...]:
    """The conditions in ``source`` (all must hold). Raises UsageError when it is anything but comparisons."""
    if not source:
        return ()
    refused = UsageError("where_refused", "SG703", spot="", where=source, table=table)
    if len(source) > MAX_LENGTH:
        raise refused
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(source, mode="eval").body
    except (SyntaxError, SyntaxWarning, ValueError, MemoryError, RecursionError):
        raise refused from None
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    fields = {key: field for key, field in data_tables()[table].columns.items() if field.shown}
    found = []
    for part in parts:
        match part:
            case ast.Compare(
                left=ast.Name(id=name),
                ops=[op],
                comparators=[ast.Constant(value=int() | float() | str() as value)],
            ):
                if type(op) not in _OPERATORS or name not in fields or isinstance(value, bool):
                    raise refused
                field = fields[name]
                is_text = field.type in ("text", "id", "flag", "status")
                if field.type not in COMPARED or (not isinstance(value, str) and not abs(value) < MAX_NUMBER):
                    raise refused
                if is_text != isinstance(value, str) or (is_text and not isinstance(op, ast.Eq | ast.NotEq)):
                    raise refused
                found.append(Condition(field, _OPERATORS[type(op)], value if is_text else float(value)))
            case _:
                raise refused
    return tuple(found)
