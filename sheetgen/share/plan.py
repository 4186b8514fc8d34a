"""Which books a split writes: the column that people mean, a book a value, a file name for any system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import UsageError
from sheetgen.i18n import LANGS, Lang, messages
from sheetgen.ingest.keys import normalise
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.model import Clean

MOST_BOOKS: Final = 1_000
LONGEST_NAME: Final = 200
"""bytes of a file's name"""
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*#%\[\]]')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """The column of the customers that decides: its name in the frame, and how people call it."""

    name: str
    label: str


@dataclass(frozen=True)
class Part:
    """One book to be: its value ('' for customers without one), its file, and the ids of its customers."""

    value: str
    out: Path
    customers: frozenset[str]


def check_folder(out: Path, inputs: Sequence[str]) -> None:
    """Refuse an output that is no folder to be, or that holds an input. Raises UsageError."""
    if out.suffix.lower() == ".xlsx" or out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UsageError("split_not_a_folder", "SG602", path=out)
    if not out.absolute().parent.is_dir():
        raise UsageError("output_folder_missing", "SG602", path=out.parent)
    for name in inputs:
        if "://" not in name and out.resolve() in (Path(name).resolve(), *Path(name).resolve().parents):
            raise UsageError("split_into_input", "SG601", path=name, out=out)


def find_column(asked: str, clean: Clean, lang: Lang) -> Column:
    """The column that people call ``asked``: a field's id or label, a header of their file, a further column.

    Raises UsageError with what there is.
    """
    from difflib import get_close_matches

    exact: dict[str, Column] = {}
    alike: dict[str, Column] = {}
    for word, column in _called(clean, lang):
        exact.setdefault(word, column)
        alike.setdefault(normalise(word), column)
    found = exact.get(asked) or alike.get(normalise(asked))
    if found:
        return found
    near = get_close_matches(normalise(asked), list(alike), n=1, cutoff=0.4)
    there = list(dict.fromkeys(column.label for column in alike.values()))
    guess = alike[near[0]].label if near else there[0]
    raise UsageError("split_unknown", "SG601", column=asked, known=", ".join(there), near=guess)


def _called(clean: Clean, lang: Lang) -> Iterator[tuple[str, Column]]:
    """(what people may say, the column meant), the surest first."""
    customers = clean.tables["customers"]
    fields = [f for f in data_tables()["customers"].fields.values() if f.id in customers]
    own = {f.id: Column(f.id, f.label.text(lang)) for f in fields}
    for field in fields:
        yield from ((word, own[field.id]) for word in (field.id, field.label.zh, field.label.en))
    headers = [pair for f in clean.files if f.kind == "customers" for pair in f.mapping]
    yield from ((header, Column(name, header)) for name, header in headers if name in own)
    extras = clean.extras.get("customers", {})
    yield from ((header, Column(name, header)) for name, header in extras.items())
    for field in fields:
        yield from ((word, own[field.id]) for word in field.also)


def plan(clean: Clean, column: Column, folder: Path, lang: Lang) -> tuple[Part, ...]:
    """The books, by value; customers without one are the last. Values alike but for case or width are one."""
    import numpy as np

    customers = clean.tables["customers"]
    values, ids = _texts(customers[column.name]), customers["customer_id"].to_numpy(dtype=object)
    keys = np.array([key_of(value) for value in values], dtype=object)
    distinct = sorted(set(keys.tolist()), key=lambda key: (key == "", key))
    if len(distinct) > MOST_BOOKS:
        raise UsageError("split_many", "SG601", column=column.label, count=len(distinct), most=MOST_BOOKS)
    unassigned = messages()["split_unassigned"]
    taken = {messages()["split_index"].text(each).casefold() for each in LANGS}
    parts = []
    for key in distinct:
        mine = keys == key
        value = values[int(np.argmax(mine))] if key else ""
        name = file_name(value or unassigned.text(lang), taken)
        parts.append(Part(value, folder / name, frozenset(ids[mine].tolist())))
    return tuple(parts)


def key_of(value: str) -> str:
    """A value as it is compared: without case, width and further blanks."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _texts(column: pd.Series[Any]) -> list[str]:
    plain = column.dt.strftime("%Y-%m-%d") if column.dtype.kind == "M" else column
    return plain.astype("str").where(column.notna(), "").tolist()


def file_name(value: str, taken: set[str]) -> str:
    """``value`` as the name of a workbook on any system, unlike those ``taken`` (which grows by it)."""
    plain = "".join(c for c in unicodedata.normalize("NFC", value) if unicodedata.category(c)[0] != "C")
    plain = _FORBIDDEN.sub("_", plain).strip().lstrip("-~$.").rstrip(". ") or "_"
    if _RESERVED.fullmatch(plain):
        plain = f"_{plain}"
    for again in range(1, MOST_BOOKS + 2):
        tail = f" ({again})" if again > 1 else ""
        name = _cut(plain, LONGEST_NAME - len(tail) - len(".xlsx")) + tail
        if name.casefold() not in taken:
            break
    taken.add(name.casefold())
    return f"{name}.xlsx"


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").rstrip(". ")
