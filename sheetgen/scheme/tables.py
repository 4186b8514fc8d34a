"""The data tables declared in tables.yml: for ingest (synonyms, types) and the workbook (labels, looks)."""

from __future__ import annotations

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
    none of those is there, the first one first; ``shown``: it is on the sheet."""

    id: str
    type: FieldType
    label: Label
    also: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    owner: Owner = "data"
    shown: bool = True
    width: float = 12


@dataclass(frozen=True, slots=True)
class DataTable:
    """One kind of input, and the sheet that shows it."""

    id: str
    label: Label
    fields: dict[str, Field]

    @property
    def sheet_fields(self) -> tuple[Field, ...]:
        """The fields that are columns of the sheet, in order."""
        return tuple(f for f in self.fields.values() if f.shown)


@cache
def data_tables() -> dict[str, DataTable]:
    """All tables by id, in the order of the file."""
    from ruamel.yaml import YAML

    declared = YAML(typ="safe").load((Path(__file__).parent / "tables.yml").read_text("utf-8"))
    tables = {}
    for table_id, spec in declared.items():
        fields = {}
        for field_id, f in spec["columns"].items():
            if f["type"] not in get_args(FieldType):
                raise ValueError(f"tables.yml: {table_id}.{field_id} has the unknown type {f['type']}")
            fields[field_id] = Field(
                id=field_id,
                type=f["type"],
                label=Label(**f["label"]),
                also=tuple(str(name) for name in f.get("also", ())),
                weak=tuple(str(name) for name in f.get("weak", ())),
                owner=f.get("owner", "data"),
                shown=f.get("sheet", True),
                width=f.get("width", 12),
            )
        tables[table_id] = DataTable(table_id, Label(**spec["label"]), fields)
    return tables
