"""What people are told above each column of a blank book: entry.yml, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sheetgen.i18n import Label


@dataclass(frozen=True, slots=True)
class Entry:
    """A column to fill: whether a row needs it, what belongs there, and an example."""

    need: bool
    note: Label
    example: Label


@cache
def entries() -> dict[str, dict[str, Entry]]:
    """Table -> field -> its words."""
    from ruamel.yaml import YAML

    declared = YAML(typ="safe").load((Path(__file__).parent / "entry.yml").read_text("utf-8"))
    return {
        table: {
            field: Entry(bool(spec.get("need")), Label(**spec["note"]), Label(**spec["example"]))
            for field, spec in fields.items()
        }
        for table, fields in declared.items()
    }
