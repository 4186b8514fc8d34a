"""Whether the hidden sheet ``_sheetgen`` says what the program wrote there: a digest of every entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sheetgen.errors import InputError
from sheetgen.model import Issue

if TYPE_CHECKING:
    from sheetgen.workbook.opened import OpenBook

DIGESTS: Final = "digests"
SCHEME: Final = "scheme_text"
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
    return sorted(key for key, digest in told.items() if _digest(state.get(key, "")) != digest)


def attested(book: OpenBook) -> tuple[OpenBook, tuple[Issue, ...]]:
    """The book without the entries that somebody changed, and what is told of them.

    The scheme is taken from those that ship if it is one of them; what the data were as written is left out.
    Raises InputError (SG513) for what is known from nowhere else.
    """
    changed = changed_entries(book.state)
    if not changed:
        return book, ()
    state = {key: text for key, text in book.state.items() if not (key in changed and "." in key)}
    told = json.loads(state[DIGESTS]) if changed != [DIGESTS] else {}
    if SCHEME in changed:
        state[SCHEME] = _shipped(state, told.get(SCHEME, ""), str(book.path))
    for key in _LISTS:
        if key in changed and not _is_json(state.get(key, "")):
            raise InputError("state_changed", "SG513", path=book.path, keys=key)
    issue = Issue("SG513", "warning", str(book.path), facts=(("keys", ", ".join(changed)),))
    return replace(book, state=state), (issue,)


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
