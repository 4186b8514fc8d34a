"""Computed columns in the order of evaluation: each reads only what stands before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sheetgen.errors import UsageError
from sheetgen.i18n import Label
from sheetgen.scheme.check import at, check_expression, check_tables, written_in
from sheetgen.scheme.common import Input
from sheetgen.scheme.expr import Expression, guarded, parse
from sheetgen.scheme.schema import Column, Format, Metric, SchemeFile

Role = Literal["column", "points", "score", "standard"]


@dataclass(frozen=True)
class Computed:
    """One computed column: where it stands, how it looks, and its one expression."""

    id: str
    label: Label
    expression: Expression
    format: Format
    sheet: Literal["scores", "tiers"]
    unknown: bool
    hidden: bool = False
    note: Label | None = None
    role: Role = "column"


def in_order(
    file: SchemeFile,
    declared: Mapping[str, tuple[Column, Role]],
    known: set[str],
    metrics: Mapping[str, Metric],
    inputs: tuple[Input, ...],
    tables: tuple[str, ...],
) -> tuple[Computed, ...]:
    """Parse every expression and order the columns. ``declared``: id -> column and role.

    Raises UsageError for a name that is not there, a circle, and an unknown value that nobody asked about.
    """
    written = written_in(file)
    for key, parts in written.items():
        for place, source in parts:
            with at(*place):
                column_id = key if key in file.columns else ".".join(place)
                check_expression(column_id, parse(source), {*known, *declared})
                check_tables(column_id, parse(source), tables)
    expressions = {key: parse(column.value) for key, (column, _) in declared.items()}
    for key, expression in expressions.items():
        check_expression(key, expression, {*known, *declared})
        check_tables(key, expression, tables)
    unknown = {key for key, metric in metrics.items() if metric.empty == "unknown"}
    unknown |= {i.id for i in inputs if i.type != "number"}
    done: dict[str, Computed] = {}
    waiting = dict(expressions)
    while waiting:
        ready = [k for k, e in waiting.items() if not any(n in waiting for n in e.names)]
        if not ready:
            place = next((("columns", k, "value") for k in waiting if k in file.columns), ("uplift",))
            raise UsageError("expression_circle", "SG701", spot="", at=place, columns=", ".join(waiting))
        for key in ready:
            expression = waiting.pop(key)
            column, role = declared[key]
            for place, source in written.get(key, ()):
                with at(*place):
                    guarded(parse(source), unknown)
            with at(*next((place for place, _ in written.get(key, ())), ("tier_by",))):
                may_be_unknown = guarded(expression, unknown)
            if may_be_unknown:
                unknown.add(key)
            done[key] = Computed(
                key,
                column.label,
                expression,
                column.format,
                column.sheet,
                may_be_unknown,
                column.hidden,
                column.note,
                role,
            )
    return tuple(done.values())
