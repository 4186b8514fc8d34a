"""What several books say of parameters, the as-of date and benefits: one word counts, two are a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sheetgen.handed.book import Handed
from sheetgen.handed.words import Numbers
from sheetgen.i18n import Label
from sheetgen.workbook.layout import SHEETS
from sheetgen.workbook.regrade.edited import Edited

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme


def one_numbers(books: Sequence[Handed]) -> tuple[Numbers, list[Edited]]:
    """The parameters. What one book changed counts; what two changed otherwise stays the company's."""
    first, scheme = books[0].numbers, books[0].scheme
    pinned = {key for book in books for key in book.split.get("pinned", ())}
    changed: dict[str, dict[float | None, list[str]]] = {}
    for book in books:
        for key, value in book.numbers.changed.items():
            changed.setdefault(key, {}).setdefault(value, []).append(book.name)
    settled = {key: next(iter(values)) for key, values in changed.items() if len(values) == 1}
    now: dict[str, float | None] = {**first.written, **settled}
    for key in changed.keys() - settled.keys():
        now[key] = first.written.get(key)
    # what the data decide is decided anew by all data, unless somebody set it
    by_data = pinned | {key for key, p in scheme.parameters.items() if p.any_of}
    now = {key: value for key, value in now.items() if key not in by_data or key in settled}
    before = {key: value for key, value in first.before.items() if key not in pinned}
    written = {key: value for key, value in first.written.items() if key in now}
    sheet = SHEETS["parameters"].text(books[0].lang)
    conflicts = [
        Edited(sheet, first.places.get(key, ""), "", "conflict",
               "; ".join(f"{_said(v)} ({', '.join(names)})" for v, names in values.items()),
               _said(first.written.get(key)))
        for key, values in changed.items()
        if len(values) > 1
    ]  # fmt: skip
    return Numbers(now, written, before, first.places), conflicts


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:.15g}"


def one_day(books: Sequence[Handed]) -> tuple[date | None, list[Edited]]:
    """The as-of date: the one that a book changed, the company's where two changed it otherwise."""
    written = books[0].written_as_of
    days: dict[date, list[str]] = {}
    for book in books:
        if book.as_of and book.as_of != written:
            days.setdefault(book.as_of, []).append(book.name)
    if len(days) < 2:
        return next(iter(days), written), []
    told = "; ".join(f"{day.isoformat()} ({', '.join(names)})" for day, names in days.items())
    place = books[0].numbers.places.get("as_of", "")
    sheet = SHEETS["parameters"].text(books[0].lang)
    return written, [Edited(sheet, place, "", "conflict", told, written.isoformat() if written else "")]


def one_scheme(books: Sequence[Handed]) -> tuple[Scheme, list[Edited]]:
    """The tiers' benefits: as one book has them, the company's where two say otherwise."""
    lang = books[0].lang
    tiers = {b.name: [t.benefits.text(lang) for t in b.scheme.file.tiers] for b in books}
    plain = books[0].plain_benefits
    found, conflicts = list(books[0].scheme.file.tiers), []
    for i, tier in enumerate(found):
        said: dict[str, list[str]] = {}
        for name, benefits in tiers.items():
            if benefits[i] != plain[i]:
                said.setdefault(benefits[i], []).append(name)
        words = next(iter(said)) if len(said) == 1 else plain[i]
        found[i] = tier.model_copy(update={"benefits": Label(words, words)})
        if len(said) > 1:
            told = "; ".join(f"{w} ({', '.join(names)})" for w, names in said.items())
            conflicts.append(Edited(SHEETS["parameters"].text(lang), "", "", "conflict", told, plain[i]))
    if [t.benefits.text(lang) for t in found] == [t.benefits.text(lang) for t in books[0].scheme.file.tiers]:
        return books[0].scheme, conflicts
    scheme = books[0].scheme
    return replace(scheme, file=scheme.file.model_copy(update={"tiers": found})), conflicts
