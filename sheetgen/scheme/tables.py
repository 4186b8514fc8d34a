"""The data tables declared in tables.yml: for ingest (synonyms, types) and the workbook (labels, looks).

A column with a ``value`` is derived: worked out from the dates and numbers of its own row by an expression
of the language of schemes, here as a column (grading/derive.py) and in a book as a formula in each row
(workbook/derived.py). No input is asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from sheetgen.i18n import Label

FieldType = Literal[
    "id", "text", "date", "money", "price", "number", "integer", "phone", "flag", "rating", "status"
]
Owner = Literal["data", "staff"]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a data table. ``also``: further headers it goes by; ``weak``: headers it goes by where
    none of those is there, the first one first; ``shown``: it may be on the sheet; ``optional``: it is there
    only where the scheme uses it or the data have it. ``value``: the expression of a derived column;
    ``alert``: above 0 is something to look after."""

    id: str
    type: FieldType
    label: Label
    also: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    owner: Owner = "data"
    shown: bool = True
    width: float = 12
    optional: bool = False
    value: str = ""
    note: Label | None = None
    alert: bool = False


@dataclass(frozen=True, slots=True)
class DataTable:
    """One kind of input, and the sheet that shows it. ``columns``: all, in order; ``fields``: those read."""

    id: str
    label: Label
    fields: dict[str, Field]
    columns: dict[str, Field]

    @property
    def sheet_fields(self) -> tuple[Field, ...]:
        """The fields that are columns of every sheet of this kind, in order."""
        return tuple(f for f in self.fields.values() if f.shown and not f.optional)

    @property
    def derived(self) -> dict[str, Field]:
        """The derived columns, each after those that it reads."""
        return {key: field for key, field in self.columns.items() if field.value}


@cache
def data_tables() -> dict[str, DataTable]:
    """All tables by id, in the order of the file."""
    from ruamel.yaml import YAML

    declared = YAML(typ="safe").load((Path(__file__).parent / "tables.yml").read_text("utf-8"))
    tables = {}
    for table_id, spec in declared.items():
        columns = {}
        for field_id, f in spec["columns"].items():
            if f["type"] not in get_args(FieldType):
                raise ValueError(f"tables.yml: {table_id}.{field_id} has the unknown type {f['type']}")
            columns[field_id] = Field(
                id=field_id,
                type=f["type"],
                label=Label(**f["label"]),
                also=tuple(str(name) for name in f.get("also", ())),
                weak=tuple(str(name) for name in f.get("weak", ())),
                owner=f.get("owner", "data"),
                shown=bool(f.get("sheet", True)),
                width=f.get("width", 12),
                optional=f.get("sheet", True) == "used",
                value=f.get("value", ""),
                note=Label(**f["note"]) if "note" in f else None,
                alert=f.get("alert", False),
            )
        read = {key: field for key, field in columns.items() if not field.value}
        tables[table_id] = DataTable(table_id, Label(**spec["label"]), read, columns)
    return tables


def with_inputs(table: str, columns: Iterable[str]) -> list[str]:
    """``columns`` of ``table`` and whatever the derived ones among them read, each after what it reads."""
    from sheetgen.scheme.expr import parse

    derived, found = data_tables()[table].derived, dict[str, None]()

    def add(key: str) -> None:
        if key in derived and key not in found:
            for name in parse(derived[key].value).names:
                if name != "as_of":
                    add(name)
        found.setdefault(key)

    for key in columns:
        add(key)
    return list(found)


@cache
def unsure(table: str) -> frozenset[str]:
    """The derived columns of ``table`` that may be unknown.

    Raises UsageError when one reads what may be unknown without asking first.
    """
    from sheetgen.scheme.expr import guarded, parse

    # a record without a date is none
    nullable = {key for key, field in data_tables()[table].fields.items() if key != "date"}
    found: set[str] = set()
    for key, field in data_tables()[table].derived.items():
        if guarded(parse(field.value), nullable | found):
            found.add(key)
    return frozenset(found)
