"""Which of our fields a header means, and which kind of table a row of headers opens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from sheetgen.ingest.words import SCALE
from sheetgen.scheme.tables import data_tables

_DROPPED: Final = re.compile(r"[\s_*\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")
_PLAIN_UNITS: Final = "元|圆|人民币|rmb|cny|usd|hkd|eur|¥|\\$|€|件|个|次|天|分|%"
_BIG_UNITS: Final = "亿元?|千万元?|百万元?|万元?|千元?"
_UNIT: Final = re.compile(rf"(?:[(\[【{{/:]({_BIG_UNITS}|{_PLAIN_UNITS})[)\]】}}]?|(亿元|万元|千元))$")
_POSITION: Final = re.compile(r"#(\d+)$")
EXTRA: Final = "x:"
TOLD: Final[dict[str, frozenset[str]]] = {
    "usage": frozenset(("minutes", "data_gb", "package", "campaign")),
    "holdings": frozenset(("balance", "contribution")),
    "survey": frozenset(("questionnaire", "interview", "observation")),
}
"""what a table must tell, one of these at least, to be of that kind"""


@dataclass(frozen=True, slots=True)
class Match:
    """A row of headers, understood. ``columns`` names each position: a field id, ``x:<header>``, or ''."""

    kind: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    doubled: tuple[str, ...] = ()
    """headers that stand twice, word for word, and would both be the same field"""

    @property
    def fields(self) -> dict[str, int]:
        """Field id -> position."""
        return {name: i for i, name in enumerate(self.columns) if name and not name.startswith(EXTRA)}


def normalise(header: str) -> str:
    """The header as it is compared: NFKC, lower case, without blanks, underscores, asterisks and units."""
    text = _DROPPED.sub("", unicodedata.normalize("NFKC", header).casefold()).rstrip(":")
    shorter = _UNIT.sub("", text)
    return shorter or text


def unit_scale(header: str) -> int:
    """What a number below ``header`` must be multiplied with: 10,000 for ``金额(万元)``, else 1."""
    found = _UNIT.search(_DROPPED.sub("", unicodedata.normalize("NFKC", header).casefold()).rstrip(":"))
    unit = (found.group(1) or found.group(2) or "") if found else ""
    return SCALE.get(unit.removesuffix("元"), 1)


def position(header: str) -> int | None:
    """The column (from 0) that a mapping target such as ``#3`` points at, or None for a header in words."""
    found = _POSITION.fullmatch(header.strip())
    return int(found.group(1)) - 1 if found else None


@cache
def names(kind: str) -> dict[str, tuple[str, ...]]:
    """Every header, normalised, that each field of ``kind`` goes by; the strongest first."""
    return {
        f.id: tuple(dict.fromkeys(normalise(name) for name in (f.id, f.label.zh, f.label.en, *f.also)))
        for f in data_tables()[kind].fields.values()
    }


def recognise(headers: Sequence[str], kind: str | None, mapping: Mapping[str, str]) -> Match | None:
    """The kind and the columns that ``headers`` declare, or None.

    ``mapping`` (field or kind.field -> header or ``#position``) wins over the dictionary. Without ``kind``
    the kind that explains most headers is taken.
    """
    kinds = [kind] if kind else list(data_tables())
    matches = [_match(headers, k, mapping) for k in kinds]
    good = [m for m in matches if _suffices(m, asked=bool(kind))]
    if not kind and any(m.kind == "transactions" and _has_money(m) for m in matches):
        good = [m for m in good if m.kind != "customers"]
    return max(good, key=lambda m: len(m.fields), default=None)


def _match(headers: Sequence[str], kind: str, mapping: Mapping[str, str]) -> Match:
    keys = [normalise(h) for h in headers]
    taken: dict[int, str] = {}
    fields = names(kind)
    for field in fields:
        target = mapping.get(f"{kind}.{field}", mapping.get(field))
        if target is None:
            continue
        at = position(target)
        hits = [at] if at is not None else _at(target, headers, keys)
        if hits and 0 <= hits[0] < len(headers):
            taken[hits[0]] = field
    doubled: list[str] = []
    for field, called in fields.items():
        if field in taken.values():
            continue
        for name in called:
            hits = [i for i, key in enumerate(keys) if key == name and i not in taken]
            if hits:
                doubled += [headers[i] for i in hits[1:] if headers[i].strip() == headers[hits[0]].strip()]
                taken[hits[0]] = field
                break
    return Match(kind, tuple(headers), _columns(headers, taken), tuple(doubled))


def _at(target: str, headers: Sequence[str], keys: Sequence[str]) -> list[int]:
    exact = [i for i, h in enumerate(headers) if h.strip() == target.strip()]
    return exact or [i for i, key in enumerate(keys) if key and key == normalise(target)]


def _columns(headers: Sequence[str], taken: Mapping[int, str]) -> tuple[str, ...]:
    found: list[str] = []
    for i, header in enumerate(headers):
        shown = " ".join(header.split())
        name = taken.get(i) or (f"{EXTRA}{shown}" if shown else "")
        again = 2
        while name and name in found:
            name = f"{EXTRA}{shown} ({again})"
            again += 1
        found.append(name)
    return tuple(found)


def _has_money(match: Match) -> bool:
    return "date" in match.fields and (
        "amount" in match.fields or {"quantity", "unit_price"} <= set(match.fields)
    )


def _suffices(match: Match, asked: bool) -> bool:
    have = set(match.fields)
    match match.kind:
        case "transactions":
            return _has_money(match) and bool(have & {"customer_id", "customer_name"})
        case "customers":
            # one word such as 公司 on a cover sheet opens no table
            return "customer_id" in have or ("customer_name" in have and (asked or len(have) > 1))
        case "service":
            told = {"question", "resolution", "satisfaction", "complaint"}
            return {"customer_id", "date"} <= have and bool(have & told)
        case "usage" | "holdings" | "survey":
            return {"customer_id", "date"} <= have and bool(have & TOLD[match.kind])
        case _:
            return "customer_id" in have and len(have) > 1


def missing(kind: str, headers: Sequence[str], mapping: Mapping[str, str]) -> tuple[str, ...]:
    """The required fields of ``kind`` that ``headers`` lack, as ids; alternatives joined by ``|``."""
    have = set(_match(headers, kind, mapping).fields)
    needs = {
        "transactions": ("date", "amount", "customer_id|customer_name"),
        "customers": ("customer_id|customer_name",),
        "service": ("customer_id", "date", "question|resolution|satisfaction|complaint"),
        **{kind: ("customer_id", "date", "|".join(sorted(told))) for kind, told in TOLD.items()},
    }.get(kind, ("customer_id",))
    return tuple(need for need in needs if not have & set(need.split("|")))


def nearest(headers: Sequence[str], kind: str | None) -> tuple[tuple[str, str], ...]:
    """(their header, our field) pairs that nearly match: a guess for each header that no field claims."""
    from difflib import get_close_matches

    called = {
        name: f for k in ([kind] if kind else data_tables()) for f, many in names(k).items() for name in many
    }
    found = []
    for header in headers:
        key = normalise(header)
        close = get_close_matches(key, list(called), n=1, cutoff=0.6) if key and key not in called else []
        if close:
            found.append((header, called[close[0]]))
    return tuple(found)
