"""The columns of a table, claimed by fields: by what the user maps, by the platform, by the dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from sheetgen.ingest.keys import decorated, normalise, position, unit_of
from sheetgen.ingest.marks import leading
from sheetgen.ingest.platforms import Export, platforms
from sheetgen.scheme.tables import data_tables

EXTRA: Final = "x:"
WEIGHTY: Final = frozenset(
    ("customer_id", "customer_name", "date", "amount", "order_id", "status", "quantity", "unit_price")
)
"""fields of which no two columns of one name can be told apart by guessing"""

How = Literal["map", "exact", "platform", "synonym", "weak"]
SURE: Final[dict[How, float]] = {"map": 1.0, "exact": 1.0, "platform": 0.98, "synonym": 0.9, "weak": 0.7}
_DICTIONARY: Final[tuple[How, ...]] = ("weak", "synonym", "exact")


@dataclass(frozen=True, slots=True)
class Rival:
    """A header that could have been ``field`` as well. ``equal``: nothing says which of the two it is."""

    field: str
    taken: str
    other: str
    equal: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A row of headers, understood. ``columns`` names each position: a field id, ``x:<header>``, or ''."""

    kind: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    doubled: tuple[str, ...] = ()
    """headers that stand twice, word for word, and would both be the same field"""
    rivals: tuple[Rival, ...] = ()
    how: tuple[tuple[str, float, How], ...] = ()
    """(field id, 0 to 1, how it was had)"""
    export: Export | None = None
    """the platform's export that this is"""
    fills: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """field id -> positions whose cells fill it where it is blank (or is no column of its own)"""
    shown: tuple[str, ...] = ()
    """the headers to show, where they are not ``headers`` alone: a group's header above joined to them"""

    @property
    def fields(self) -> dict[str, int]:
        """Field id -> position."""
        return {name: i for i, name in enumerate(self.columns) if name and not name.startswith(EXTRA)}

    @property
    def have(self) -> set[str]:
        """All fields, also those that have no column of their own."""
        return {*self.fields, *(field for field, _ in self.fills)}

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """(field id, the header it is had from)."""
        found = {field: places[0] for field, places in self.fills} | self.fields
        return tuple((field, " ".join(self.names[i].split())) for field, i in found.items())

    @property
    def names(self) -> tuple[str, ...]:
        """The headers as they are shown."""
        return self.shown or self.headers


def kinds() -> tuple[str, ...]:
    """The kinds of tables there are."""
    return tuple(data_tables())


@cache
def names(kind: str) -> dict[str, tuple[str, ...]]:
    """Every header, normalised, that each field of ``kind`` goes by; the strongest first."""
    return {
        f.id: tuple(
            dict.fromkeys(normalise(name) for name in (f.id, f.label.zh, f.label.en, *f.also, *f.weak))
        )
        for f in data_tables()[kind].fields.values()
    }


@cache
def known_names() -> frozenset[str]:
    """Every header, normalised, that any field goes by."""
    own = {name for kind in kinds() for many in names(kind).values() for name in many}
    theirs = {normalise(h) for p in platforms().values() for e in p.exports for h in e.headers}
    return frozenset(own | theirs)


@cache
def _meanings(kind: str) -> dict[str, tuple[str, int, int]]:
    """Normalised header -> (field, strength, order): strength 2 is the field's own name, 0 a weak word."""
    found: dict[str, tuple[str, int, int]] = {}
    for f in data_tables()[kind].fields.values():
        for strength, said in ((2, (f.id, f.label.zh, f.label.en)), (1, f.also), (0, f.weak)):
            for order, name in enumerate(said):
                found.setdefault(normalise(name), (f.id, strength, order))
    return found


@dataclass
class _Claims:
    """Who has which position, while a row of headers is being matched."""

    headers: Sequence[str]
    keys: Sequence[str]
    where: dict[str, list[int]]
    taken: dict[int, str]
    how: dict[str, How]
    fills: dict[str, tuple[int, ...]]
    doubled: list[str]
    rivals: list[Rival]

    def take(self, field: str, at: int, how: How) -> None:
        self.taken[at] = field
        self.how[field] = how

    def again(self, field: str, at: int, places: Sequence[int]) -> None:
        """Note what else stands under the same name as the column ``at``."""
        for i in places:
            if i != at and self.headers[i].strip() == self.headers[at].strip():
                if field in WEIGHTY:
                    self.doubled.append(self.headers[i])
            elif i != at:
                unlike = decorated(self.headers[i]) != decorated(self.headers[at])
                self.rivals.append(Rival(field, self.headers[at], self.headers[i], equal=not unlike))


def claim(
    headers: Sequence[str],
    keys: Sequence[str],
    kind: str,
    mapping: Mapping[str, str],
    export: Export | None = None,
) -> Match:
    """The columns of ``headers`` (``keys``: normalised) as a table of ``kind``."""
    where: dict[str, list[int]] = {}
    for i, key in enumerate(keys):
        if key:
            where.setdefault(key, []).append(i)
    claims = _Claims(headers, keys, where, {}, {}, {}, [], [])
    for field in data_tables()[kind].fields:
        target = mapping.get(f"{kind}.{field}", mapping.get(field))
        at = _target(target, claims) if target is not None else None
        if at is not None:
            claims.take(field, at, "map")
    if export:
        _by_platform(claims, export)
    _by_dictionary(claims, kind)
    how = tuple((field, _sure(claims, field), word) for field, word in claims.how.items())
    return Match(
        kind, tuple(headers), _columns(headers, claims.taken), tuple(claims.doubled), tuple(claims.rivals),
        how, export, tuple(claims.fills.items()),
    )  # fmt: skip


def _target(target: str, claims: _Claims) -> int | None:
    at = position(target)
    if at is not None:
        at += leading(claims.headers)
    else:
        exact = [i for i, h in enumerate(claims.headers) if h.strip() == target.strip()]
        at = next(iter(exact or claims.where.get(normalise(target), [])), None)
    return at if at is not None and 0 <= at < len(claims.headers) else None


def _by_platform(claims: _Claims, export: Export) -> None:
    for field, choices in export.fields.items():
        if field in claims.how:
            continue
        hits = next((claims.where[k] for k in map(normalise, choices) if k in claims.where), None)
        if hits is None:
            continue
        claims.how[field] = "platform"
        if hits[0] in claims.taken:
            claims.fills[field] = (hits[0],)
        else:
            claims.take(field, hits[0], "platform")
            claims.again(field, hits[0], hits)
    for field, choices in export.then.items():
        if claims.how.get(field) == "platform":
            own = next((i for i, f in claims.taken.items() if f == field), None)
            more = [i for c in choices for i in claims.where.get(normalise(c), [])[:1] if i != own]
            if more:
                claims.fills[field] = (*claims.fills.get(field, ()), *more)


def _by_dictionary(claims: _Claims, kind: str) -> None:
    meanings = _meanings(kind)
    wanted: dict[str, list[tuple[int, int, int]]] = {}
    for key, places in claims.where.items():
        field, strength, order = meanings.get(key, ("", 0, 0))
        free = [i for i in places if i not in claims.taken]
        if field and data_tables()[kind].fields[field].type == "money":
            free = [i for i in free if unit_of(claims.headers[i]) != "%"]  # a margin is no amount
        if field and field not in claims.how and free:
            # of one name twice, the column without a unit is the plainer one
            plainest = min(free, key=lambda i: (decorated(claims.headers[i]), i))
            wanted.setdefault(field, []).append((-strength, order, plainest))
    for field in data_tables()[kind].fields:
        if field not in wanted:
            continue
        (strength, _, at), *others = sorted(wanted[field])
        claims.take(field, at, _DICTIONARY[-strength])
        claims.again(field, at, claims.where[claims.keys[at]])
        for other, _, i in others:
            equal = other == strength and strength < 0
            claims.rivals.append(Rival(field, claims.headers[at], claims.headers[i], equal))


def _sure(claims: _Claims, field: str) -> float:
    sure = SURE[claims.how[field]]
    header = next((claims.headers[i] for i, f in claims.taken.items() if f == field), "")
    if claims.how[field] in _DICTIONARY and decorated(header):
        sure -= 0.05
    if any(r.field == field for r in claims.rivals):
        sure -= 0.2
    return round(sure, 2)


def _columns(headers: Sequence[str], taken: Mapping[int, str]) -> tuple[str, ...]:
    found: list[str] = []
    seen: set[str] = set()
    for i, header in enumerate(headers):
        shown = " ".join(header.split())
        name = taken.get(i) or (f"{EXTRA}{shown}" if shown else "")
        again = 2
        while name and name in seen:
            name = f"{EXTRA}{shown} ({again})"
            again += 1
        found.append(name)
        seen.add(name)
    return tuple(found)
