"""The columns that ``check -o`` adds to a sheet of failed rows, and how such a sheet is known again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from sheetgen.i18n import LANGS, messages

if TYPE_CHECKING:
    from sheetgen.model import SourceFile

HELPERS: Final = ("file", "line", "columns", "reason", "mend", "raw", "mark")
FINGERPRINT: Final = 16


@cache
def helper_headers(*names: str) -> frozenset[str]:
    """The headers of the columns ``names`` (none given: of all), in both languages."""
    labels = [messages()[f"helper_{name}"] for name in names or HELPERS]
    return frozenset(label.text(lang) for label in labels for lang in LANGS)


def is_mended(headers: Sequence[str]) -> bool:
    """True for the headers of a sheet that ``check -o`` wrote."""
    return any(" ".join(header.split()) in helper_headers("mark") for header in headers)


def leading(headers: Sequence[str]) -> int:
    """How many columns of ours stand before a table's own first one."""
    ours = helper_headers()
    return next((i for i, h in enumerate(headers) if " ".join(h.split()) not in ours), 0)


def mark_of(source: SourceFile, line: int) -> str:
    """What ties a row of the workbook to the record it was made from: fingerprint, line, sheet."""
    return f"{source.sha256[:FINGERPRINT]}:{line}:{source.sheet}"
