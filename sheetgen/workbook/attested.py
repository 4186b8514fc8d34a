"""Whether the hidden sheets say what the program wrote there: a digest of every entry of ``_sheetgen``, and
one of ``_base``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import InputError
from sheetgen.model import Issue

if TYPE_CHECKING:
    from sheetgen.workbook.opened import OpenBook

DIGESTS: Final = "digests"
SCHEME: Final = "scheme_text"
BASE: Final = "_base"
"""among the digests: that of the sheet of this name"""
_LISTS: Final = ("settings", "rows", "inputs", "tiers", "prepared")
_LENGTH: Final = 16


def digests_of(entries: Iterable[tuple[str, str]]) -> str:
    """The entry ``digests``: key -> the digest of its whole text, as JSON."""
    whole: dict[str, str] = {}
    for key, text in entries:
        whole[key] = whole.get(key, "") + text
    return json.dumps({key: _digest(text) for key, text in whole.items()}, sort_keys=True)


def changed_entries(state: Mapping[str, str]) -> list[str]:
    """The keys whose text is not the one written; none where the book has no digests."""
    if DIGESTS not in state:
        return []
    try:
        told = dict(json.loads(state[DIGESTS]))
    except (ValueError, TypeError):
        return [DIGESTS]
    return sorted(
        key for key, digest in told.items() if key != BASE and _digest(state.get(key, "")) != digest
    )


def base_digest(rows: Iterable[Iterable[Any]]) -> str:
    """The digest of ``_base``: its header and rows, the same whichever program saved the sheet last."""
    lines = ("\x1f".join(map(_cell, row)).rstrip("\x1f") for row in rows)
    return _digest("\x1e".join(lines))


@lru_cache(1 << 14, typed=True)
def _cell(value: Any) -> str:
    """A cell as it comes through any program: some keep fifteen digits of a number, and not all spaces."""
    if isinstance(value, float):
        return "" if value != value else f"{float(f'{value:.15g}'):.12g}"  # noqa: PLR0124  NaN is empty
    return "" if value is None else " ".join(str(value).split())


def attested(book: OpenBook) -> tuple[OpenBook, tuple[Issue, ...]]:
    """The book without the entries that somebody changed, and what is told of them.

    The scheme is taken from those that ship if it is one of them; what the data were as written is left out.
    Raises InputError (SG513) for what is known from nowhere else.
    """
    changed = changed_entries(book.state)
    base = _base_changed(book) if DIGESTS not in changed else ()
    if not changed:
        return book, base
    state = {key: text for key, text in book.state.items() if not (key in changed and "." in key)}
    told = json.loads(state[DIGESTS]) if changed != [DIGESTS] else {}
    if SCHEME in changed:
        state[SCHEME] = _shipped(state, told.get(SCHEME, ""), str(book.path))
    for key in _LISTS:
        if key in changed and not _is_json(state.get(key, "")):
            raise InputError("state_changed", "SG513", path=book.path, keys=key)
    issue = Issue("SG513", "warning", str(book.path), facts=(("keys", ", ".join(changed)),))
    return replace(book, state=state), (issue, *base)


def _base_changed(book: OpenBook) -> tuple[Issue, ...]:
    """Told if somebody edited ``_base``; it is relied upon all the same: nothing else tells of the past."""
    name = book.names.get("base", "")
    told = json.loads(book.state.get(DIGESTS, "{}")).get(BASE)
    if not told or not name:
        return ()
    if base_digest(book.workbook.get_sheet_by_name(name).to_python()) == told:
        return ()
    return (Issue("SG544", "warning", str(book.path), facts=(("sheet", name),)),)


def _digest(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()[:_LENGTH]


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _shipped(state: Mapping[str, str], digest: str, path: str) -> str:
    from sheetgen.scheme.library import load_scheme, shipped

    name = state.get("scheme", "")
    text = load_scheme(name).text if name in shipped() else ""
    if not text or _digest(text) != digest:
        raise InputError("state_changed", "SG513", path=path, keys=SCHEME)
    return text
