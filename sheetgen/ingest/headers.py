"""Which of our fields a header means, and which kind of table a row of headers opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sheetgen.ingest.claims import EXTRA, How, Match, Rival, claim, kinds, known_names, names
from sheetgen.ingest.keys import normalise, position, unit_scale
from sheetgen.ingest.platforms import told
from sheetgen.scheme.tables import data_tables

__all__ = [
    "EXTRA",
    "How",
    "Match",
    "Rival",
    "kinds",
    "known_names",
    "likeliest",
    "missing",
    "names",
    "nearest",
    "needed",
    "normalise",
    "position",
    "recognise",
    "unit_scale",
]

TOLD: Final[dict[str, frozenset[str]]] = {
    "usage": frozenset(("minutes", "data_gb", "package", "campaign")),
    "holdings": frozenset(("balance", "contribution")),
    "survey": frozenset(("questionnaire", "interview", "observation")),
    "payments": frozenset(("credit_days", "due_on", "paid_on")),
    "stays": frozenset(("nights", "room", "no_show")),
    "points": frozenset(("earned", "redeemed")),
}
"""what a table must tell, one of these at least, to be of that kind"""


def recognise(headers: Sequence[str], kind: str | None, mapping: Mapping[str, str]) -> Match | None:
    """The kind and the columns that ``headers`` declare, or None.

    ``mapping`` (field or kind.field -> header or ``#position``) wins over what is known of a platform's
    export, and that over the dictionary. Without ``kind`` it is the platform's, else the one that explains
    most headers.
    """
    keys = [normalise(h) for h in headers]
    if known_names().isdisjoint(keys) and not mapping:
        return None
    export = told(keys, kind)
    if export:
        match = claim(headers, keys, export.kind, mapping, export)
        if _suffices(match, asked=bool(kind)):
            return match
    others = [k for k in ([kind] if kind else kinds()) if not export or k != export.kind]
    matches = [claim(headers, keys, k, mapping) for k in others]
    good = [m for m in matches if _suffices(m, asked=bool(kind))]
    if not kind and ((export and export.kind == "transactions") or _sells(matches)):
        good = [m for m in good if m.kind != "customers"]
    return max(good, key=lambda m: len(m.fields), default=None)


def _sells(matches: Sequence[Match]) -> bool:
    """True for sales, also for those that lack a column: no list of customers may be made of them."""
    have = {m.kind: m.have for m in matches}
    sales, people = have.get("transactions", set()), have.get("customers", set())
    broken = len(sales) > len(people) and bool(sales & {"date", "order_id"})
    return broken or any(m.kind == "transactions" and _has_money(m) for m in matches)


def _has_money(match: Match) -> bool:
    return "date" in match.have and ("amount" in match.have or {"quantity", "unit_price"} <= match.have)


def _suffices(match: Match, asked: bool) -> bool:
    have = match.have
    match match.kind:
        case "transactions":
            return _has_money(match) and bool(have & {"customer_id", "customer_name"})
        case "customers":
            # one word such as 公司 on a cover sheet opens no table
            return "customer_id" in have or ("customer_name" in have and (asked or len(have) > 1))
        case "service":
            said = {"question", "resolution", "satisfaction", "complaint"}
            return {"customer_id", "date"} <= have and bool(have & said)
        case kind if kind in TOLD:
            return {"customer_id", "date"} <= have and bool(have & TOLD[kind])
        case _:
            return "customer_id" in have and len(have) > 1


def needed(match: Match) -> Iterator[str]:
    """The fields of ``match`` that its kind cannot do without."""
    yield "customer_id" if "customer_id" in match.have else "customer_name"
    if match.kind == "transactions" and "amount" not in match.have:
        yield from ("quantity", "unit_price")
    yield from ("date", "amount") if match.kind == "transactions" else ("date",)


def missing(kind: str, headers: Sequence[str], mapping: Mapping[str, str]) -> tuple[str, ...]:
    """The required fields of ``kind`` that ``headers`` lack, as ids; alternatives joined by ``|``."""
    keys = [normalise(h) for h in headers]
    have = claim(headers, keys, kind, mapping, told(keys, kind)).have
    needs = {
        "transactions": ("date", "amount", "customer_id|customer_name"),
        "customers": ("customer_id|customer_name",),
        "service": ("customer_id", "date", "question|resolution|satisfaction|complaint"),
        **{kind: ("customer_id", "date", "|".join(sorted(said))) for kind, said in TOLD.items()},
    }.get(kind, ("customer_id",))
    return tuple(need for need in needs if not have & set(need.split("|")))


def likeliest(headers: Sequence[str], mapping: Mapping[str, str]) -> str | None:
    """The kind that explains most of ``headers``, two at least, though it lacks something; or None."""
    keys = [normalise(h) for h in headers]
    counts = {kind: len(claim(headers, keys, kind, mapping).have) for kind in kinds()}
    best = max(counts, key=lambda kind: (kind == "transactions" and counts[kind] > 1, counts[kind]))
    return best if counts[best] > 1 else None


def nearest(headers: Sequence[str], kind: str | None) -> tuple[tuple[str, str], ...]:
    """(their header, our field) pairs that nearly match: a guess for each header that no field claims."""
    from difflib import get_close_matches

    called = {
        name: f for k in ([kind] if kind else data_tables()) for f, many in names(k).items() for name in many
    }
    found = []
    for header in headers[:200]:
        key = normalise(header)
        cutoff = 0.5 if len(key) < 4 else 0.6  # of two characters one may be wrong
        close = get_close_matches(key, list(called), n=1, cutoff=cutoff) if key and key not in called else []
        if close:
            found.append((header, called[close[0]]))
    return tuple(found)
