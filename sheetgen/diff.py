"""Two books side by side: whose tier is another one, who came and went, how many moved where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheetgen.errors import InputError
from sheetgen.explain import scheme_of
from sheetgen.i18n import LANGS, Lang, text

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.opened import OpenBook


@dataclass(frozen=True)
class Move:
    """A customer whose final tier differs; an empty tier id: not in that book."""

    customer: str
    name: str
    was: str
    now: str


@dataclass(frozen=True)
class Difference:
    """``matrix``: (tier in the old book, tier in the new one) -> customers, of those in both.

    ``tiers``: label by tier id and language, the new book's highest first, then those only the old one has.
    """

    old: Path
    new: Path
    moves: tuple[Move, ...]
    matrix: dict[tuple[str, str], int]
    tiers: dict[str, dict[str, str]]

    @property
    def came(self) -> tuple[Move, ...]:
        """Customers of the new book only."""
        return tuple(move for move in self.moves if not move.was)

    @property
    def went(self) -> tuple[Move, ...]:
        """Customers of the old book only."""
        return tuple(move for move in self.moves if not move.now)

    @property
    def changed(self) -> tuple[Move, ...]:
        """Customers of both whose tier is another one."""
        return tuple(move for move in self.moves if move.was and move.now)


def diff(old: Path, new: Path, password: str = "") -> Difference:
    """Compare the final tiers of two books, by customer id. Raises InputError, PasswordError."""
    from collections import Counter

    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.mended import with_columns_back
    from sheetgen.workbook.opened import open_book

    tiers: dict[str, dict[str, str]] = {}
    found = []
    for path in (new, old):
        book = open_book(path, password, look_through)
        scheme = scheme_of(book)
        book, _ = with_columns_back(book, scheme, ("tiers",))
        for tier in scheme.file.tiers:
            tiers.setdefault(tier.id, {"zh": tier.label.zh, "en": tier.label.en})
        found.append(_final_tiers(book, scheme))
    after, before = found
    ids = dict.fromkeys([*after, *before])
    pairs = {customer: (before.get(customer, ("", "")), after.get(customer, ("", ""))) for customer in ids}
    moves = tuple(
        Move(customer, now[1] or was[1], was[0], now[0])
        for customer, (was, now) in pairs.items()
        if was[0] != now[0]
    )
    matrix = Counter((was[0], now[0]) for was, now in pairs.values() if was[0] and now[0])
    return Difference(old, new, moves, dict(matrix), tiers)


def _final_tiers(book: OpenBook, scheme: Scheme) -> dict[str, tuple[str, str]]:
    """Customer -> final tier's id and name, as the book shows them. Raises InputError: not calculated."""
    from sheetgen.grading.grade import context_of
    from sheetgen.scheme.tables import data_tables
    from sheetgen.workbook.opened import text_of
    from sheetgen.workbook.removed import removed_word

    fields = data_tables()["customers"].fields
    headers = {key: fields[key].label for key in ("customer_id", "customer_name")}
    headers["final_tier"] = scheme.column("final_tier").label
    aliases, rising = context_of(scheme, "zh").tier_aliases, list(reversed(scheme.file.tiers))
    found, gone = {}, {removed_word(lang) for lang in LANGS}
    for row in book.records("tiers", headers):
        if text_of(row.get("final_tier", "")) in gone:
            continue  # staff marked the customer as deleted
        rank = aliases.get(text_of(row.get("final_tier", "")).casefold(), 0)
        if not rank:
            raise InputError("not_calculated", "SG521", path=book.path)
        found[text_of(row["customer_id"])] = (rising[rank - 1].id, text_of(row.get("customer_name", "")))
    return found


def diff_lines(found: Difference, lang: Lang) -> Iterator[str]:
    """The changes and the migration matrix in plain words."""
    from sheetgen.report import pad

    label = {tier: words[lang] for tier, words in found.tiers.items()}
    counts = {"up": 0, "down": 0}
    order = list(found.tiers)
    for move in found.changed:
        counts["up" if order.index(move.now) < order.index(move.was) else "down"] += 1
    yield text("diff_sum", lang, same=sum(n for (was, now), n in found.matrix.items() if was == now),
               came=len(found.came), went=len(found.went), **counts)  # fmt: skip
    for move in found.moves:
        was, now = label.get(move.was, "—"), label.get(move.now, "—")
        yield f"  {pad(move.customer, 16)}{pad(move.name, 32)}{was} → {now}"
    yield text("diff_matrix", lang)
    yield "  " + pad("", 14) + "".join(pad(label[tier], 12) for tier in order)
    for was in order:
        cells = (pad(str(found.matrix.get((was, now), 0)), 12) for now in order)
        yield "  " + pad(label[was], 14) + "".join(cells)


def diff_json(found: Difference) -> dict[str, Any]:
    """The JSON object of the command."""
    return {
        "schema": 1,
        "command": "diff",
        "old": str(found.old),
        "new": str(found.new),
        "changes": [
            {"customer": m.customer, "name": m.name, "from": m.was or None, "to": m.now or None}
            for m in found.moves
        ],
        "matrix": {was: {now: found.matrix.get((was, now), 0) for now in found.tiers} for was in found.tiers},
    }
