"""Rows that a book took over from copies, as they were handed in: each comes once, whatever becomes of it.

A typed row has no number of its own. What it said when it came is kept in the book, so that a later merge
knows it again: in the copy it came from, though it was corrected or deleted here since; and here, though the
copy corrected it.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sheetgen.scheme.tables import data_tables

STATE_KEY: Final = "copies.adopted"
LIMIT: Final = 100_000_000
"""bytes of its text"""
Words = Mapping[str, str]
"""what a row says, by column; nothing of empty cells"""


@dataclass(frozen=True)
class Taken:
    """A row that was taken over: the table, the name of the copy's file, and what it said there."""

    table: str
    copy: str
    words: Words


@dataclass
class Adopted:
    """All rows that were taken over. ``changed``: whether that is more than the book says."""

    rows: list[Taken] = field(default_factory=list)
    changed: bool = False

    def add(self, row: Taken) -> None:
        """Note one more."""
        self.rows.append(row)
        self.changed = True

    def replace(self, old: Taken, new: Taken) -> None:
        """The copy corrected the row since."""
        self.rows[self.rows.index(old)] = new
        self.changed = True


def words_of(names: Sequence[str], texts: Sequence[str]) -> dict[str, str]:
    """What a row says."""
    return {name: text for name, text in zip(names, texts, strict=True) if text}


def same_record(table: str, one: Words, other: Words) -> bool:
    """Whether two rows of one person are one record, corrected: of the same customer, with the same number
    or, where neither has one, on the same day."""
    fields = data_tables()[table].fields
    ids = [key for key, declared in fields.items() if declared.type == "id" and key != "customer_id"]
    if one.get("customer_id") != other.get("customer_id"):
        return False
    numbers = [next((w[key] for key in ids if key in w), "") for w in (one, other)]
    if any(numbers):
        return numbers[0] == numbers[1]
    return bool(one.get("date")) and one.get("date") == other.get("date")


def read_adopted(state: Mapping[str, str]) -> Adopted:
    """What the book says of it; nothing where the text is no such list."""
    try:
        unpack = zlib.decompressobj()
        raw = unpack.decompress(base64.b64decode(state.get(STATE_KEY, ""), validate=True), LIMIT)
        told = json.loads(raw) if raw else []
        return Adopted([Taken(str(t), str(c), {str(k): str(v) for k, v in w.items()}) for t, c, w in told])
    except (binascii.Error, zlib.error, ValueError, TypeError, AttributeError):
        return Adopted()


def packed(adopted: Adopted) -> str:
    """The text that ``_sheetgen`` keeps."""
    rows = [[row.table, row.copy, dict(sorted(row.words.items()))] for row in adopted.rows]
    raw = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(raw)).decode("ascii")
