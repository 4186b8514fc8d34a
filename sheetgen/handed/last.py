"""The books of a split as last week's book: what staff left in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.handed.folder import find_books
from sheetgen.handed.kept import kept_of_all
from sheetgen.ingest.package import look_through
from sheetgen.model import Issue
from sheetgen.workbook.last import LastBook
from sheetgen.workbook.read import read_previous

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.scheme.compile import Scheme


@dataclass(frozen=True)
class _Book:
    name: str
    last: LastBook

    @property
    def customers(self) -> set[str]:
        """Those that the book was written with."""
        return set(self.last.handed)


def read_last_books(folder: Path, scheme: Scheme, password: str = "") -> LastBook:
    """The books of one split in ``folder`` as one. Raises what find_books and read_previous raise.

    A customer who stands in two counts as in the book that was written with them; where that is silent, the
    other's words count. A parameter set otherwise in two books stays what it was.
    """
    found = find_books(folder, password)
    books = [_Book(path.name, read_previous(path, scheme, password, look_through)) for path in found.paths]
    first = books[0].last
    numbers, issues = _parameters(books, found.pinned)
    before = {key: value for key, value in first.rules.changed.items() if key not in found.pinned}
    named = [replace(i, file=b.name) if i.file else i for b in books for i in b.last.issues]
    return LastBook(
        tiers=_tiers(books),
        staff=_staff(books),
        typed=tuple(table for book in books for table in book.last.typed),
        parameters=numbers,
        reviews=tuple(dict.fromkeys(r for book in books for r in book.last.reviews)),
        ledger=_ledger(books),
        sha256=sha256("\n".join(sorted(b.last.sha256 for b in books)).encode()).hexdigest(),
        issues=(*found.issues, *named, *issues, *_doubled(books)),
        rules=replace(first.rules, changed=before),
        handed={c: row for b in reversed(books) for c, row in b.last.handed.items()},
        kept=kept_of_all([(book.name, book.last.kept) for book in books]),
        series=found.series,
    )


def _home_first(books: Sequence[_Book], customer: str) -> list[_Book]:
    return sorted(books, key=lambda book: customer not in book.customers)


def _tiers(books: Sequence[_Book]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for customer in dict.fromkeys(c for book in books for c in book.last.tiers):
        told: dict[str, Any] = {}
        for book in _home_first([b for b in books if customer in b.last.tiers], customer):
            row = book.last.tiers[customer]
            told |= {key: value for key, value in row.items() if not told.get(key)}
        found[customer] = told
    return dict(found)


def _staff(books: Sequence[_Book]) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for book in books:
        for table, fields in book.last.staff.items():
            for name, words in fields.items():
                mine = found.setdefault(table, {}).setdefault(name, {})
                for customer, said in words.items():
                    if customer in book.customers or customer not in mine:
                        mine[customer] = said
    return found


def _parameters(books: Sequence[_Book], pinned: frozenset[str]) -> tuple[dict[str, float], list[Issue]]:
    """What staff set in one book counts; what they set otherwise in two stays the company's (SG819)."""
    before = {k: v for k, v in books[0].last.rules.changed.items() if k not in pinned}
    found, issues = dict(before), []
    keys = dict.fromkeys(key for book in books for key in (*book.last.parameters, *book.last.rules.changed))
    for key in keys:
        said: dict[float | None, list[str]] = {}
        for book in books:
            value = book.last.parameters.get(key)
            if value != book.last.rules.changed.get(key):
                said.setdefault(value, []).append(book.name)
        if len(said) > 1:
            told = "; ".join(f"{v:.15g} ({', '.join(n)})" for v, n in said.items() if v is not None)
            issues.append(Issue("SG819", "warning", "", 0, key, told))
        elif said:
            value = next(iter(said))
            found.pop(key, None)
            if value is not None:
                found[key] = value
    return found, issues


def _ledger(books: Sequence[_Book]) -> pd.DataFrame:
    import pandas as pd

    filled = [book.last.ledger for book in books if len(book.last.ledger)]
    if not filled:
        return books[0].last.ledger
    whole = pd.concat(filled, ignore_index=True).drop_duplicates()
    return whole.sort_values("week", kind="stable").reset_index(drop=True)


def _doubled(books: Sequence[_Book]) -> list[Issue]:
    """Customers who stand in two books (SG816)."""
    found = []
    for customer in dict.fromkeys(c for book in books for c in book.last.tiers):
        there = _home_first([b for b in books if customer in b.last.tiers], customer)
        if len(there) > 1:
            facts = (("mine", there[0].name), ("other", ", ".join(b.name for b in there[1:])))
            found.append(Issue("SG816", "warning", there[0].name, value=customer, facts=facts))
    return found
