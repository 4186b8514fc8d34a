"""Conditions on the rows of a detail table: ``amount > 0 and complaint == 'yes'``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from sheetgen.errors import UsageError
from sheetgen.scheme.tables import Field, data_tables

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
    refused = UsageError("where_refused", "SG703", where=source, table=table)
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError:
        raise refused from None
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    fields = data_tables()[table].fields
    found = []
    for part in parts:
        match part:
            case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=value)]):
                if type(op) not in _OPERATORS or name not in fields or isinstance(value, bool | None):
                    raise refused
                field = fields[name]
                is_text = field.type in ("text", "id", "flag", "status")
                if is_text != isinstance(value, str) or (is_text and not isinstance(op, ast.Eq | ast.NotEq)):
                    raise refused
                found.append(Condition(field, _OPERATORS[type(op)], value if is_text else float(value)))  # type: ignore[arg-type]
            case _:
                raise refused
    return tuple(found)
