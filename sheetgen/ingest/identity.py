"""The same customer under several ids: proposed to staff, merged where they agreed, never by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.keys import normalise
from sheetgen.ingest.text import fold, map_text
from sheetgen.model import Issue, Merge, MergeReason

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

MOST: Final = 500
"""proposals that anybody will look through"""
CROWD: Final = 10
"""ids with one phone or one name, beyond which it is a switchboard or says nothing"""
_MOBILE: Final = r"1[3-9]\d{9}"
_MEMBER_NAMES: Final = frozenset(
    normalise(word)
    for word in ("会员名", "买家会员名", "买家会员名称", "会员昵称", "买家昵称", "客户昵称", "member name")
)
_BRACKETS: Final = re.compile(r"[(\[【{].*?[)\]】}]")
_SUFFIX: Final = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|集团公司|分公司|总公司|公司|集团|经营部|商行|co,?ltd|ltd|inc|llc|corp)$"
)
_COMPANY: Final = re.compile(r"公司|集团|商行|经营部|工厂|厂$|店$|中心$|院$|校$|局$|ltd|inc|llc|corp|gmbh")
_DROPPED: Final = re.compile(r"[\s.,，。、·•'\"“”‘’&_/-]+")


# what staff accepted


def resolve(
    pairs: Iterable[tuple[str, str]], known: Iterable[str]
) -> tuple[dict[str, str], tuple[Issue, ...]]:
    """(other, keep) pairs to id -> the id that stays, and what was wrong with them.

    Chains lead to their end. Where an id is to become two different ones, both become the smaller as text,
    and so does a circle: it is told (SG444), and no order of the pairs matters. An id of no customer is told
    (SG443) and its pair left out.
    """
    ids = set(known)
    parent: dict[str, str] = {}
    gone: set[str] = set()
    unknown, odd = [], []

    def root(i: str) -> str:
        while parent.get(i, i) != i:
            parent[i] = parent.get(parent[i], parent[i])
            i = parent[i]
        return i

    for other, keep in sorted(set(pairs)):
        if other == keep:
            continue
        if other not in ids or keep not in ids:
            unknown.append(keep if keep not in ids else other)
            continue
        a, b = root(other), root(keep)
        if a == b:
            odd.append(other)
        elif a != other:
            # a second home for one that has one already
            odd.append(other)
            low, high = sorted((a, b))
            parent[high] = low
        else:
            parent[a] = b
        gone.add(other)
    merged = {i: root(i) for i in gone if root(i) != i}
    merged |= {i: r for i in list(parent) if (r := root(i)) != i}
    issues = [
        Issue(code, "warning", value=found[0], count=len(found))
        for code, found in (("SG443", unknown), ("SG444", odd))
        if found
    ]
    return merged, tuple(issues)


def apply_merges(ids: pd.Series[str], merged: Mapping[str, str]) -> pd.Series[str]:
    """``ids`` with each merged one as the id it is now."""
    return map_text(ids, lambda i: merged.get(i, i)) if merged else ids


# what is proposed


def propose_merges(customers: pd.DataFrame, transactions: pd.DataFrame) -> tuple[Merge, ...]:
    """Pairs of ids that may be one customer, the surest first; at most one for each id that would go.

    Of a group the id with most transactions stays; of equals the one that bought first, then the smaller as
    text. One order over all customers decides that, so proposals never go round in a circle.

    - shared_phone: the same mobile number;
    - same_member_name: the same 会员名, or one's 会员名 or name is the other's id;
    - leading_zeros: 00123 and 123;
    - same_name: the same name, legal forms and places in brackets aside, where no phone and no region
      contradicts it; a company may well have several phones in one region.

    A phone or a name of more than ten ids says nothing. All is grouped, nothing compared pair by pair.
    """
    import pandas as pd

    people = _busy(_described(customers))
    if people.empty:
        return ()
    people = _ranked(people, transactions)
    proposals: list[tuple[MergeReason, pd.DataFrame]] = [
        ("shared_phone", _stars(people, "phone")),
        ("same_member_name", _members(people)),
        ("leading_zeros", _stars(people, "number")),
        ("same_name", _stars(people, "key", agree=True)),
    ]
    pieces = [found.assign(reason=reason) for reason, found in proposals if len(found)]
    if not pieces:
        return ()
    whole = pd.concat(pieces, ignore_index=True).drop_duplicates("other")
    return tuple(
        Merge(str(keep), str(other), reason, _evidence(reason, str(shared), str(keep), str(other)))
        for keep, other, shared, reason in zip(
            whole["keep"], whole["other"], whole["shared"], whole["reason"], strict=True
        )
    )


def _described(customers: pd.DataFrame) -> pd.DataFrame:
    """What there is to compare: id, phone, number, key (of the name), name, region, company, member…"""
    import pandas as pd

    ids, names = customers["customer_id"], customers["customer_name"]
    named = names.where(names != ids, "")
    people = {
        "id": ids,
        "phone": _mobiles(customers["phone"]),
        "number": _bare_numbers(ids),
        "key": map_text(named, name_key),
        "name": named,
        "region": map_text(customers["region"], fold),
    }
    for name in map(str, customers):
        if name == "member_name" or (
            name.startswith(EXTRA) and normalise(name[len(EXTRA) :]) in _MEMBER_NAMES
        ):
            people[f"member {name}"] = customers[name]
            people[f"folded {name}"] = map_text(customers[name], fold)
    return pd.DataFrame(people)


def _busy(people: pd.DataFrame) -> pd.DataFrame:
    """The customers who share anything with another: nearly always few."""
    import numpy as np

    busy = np.zeros(len(people), bool)
    for name in map(str, people):
        if name in ("phone", "number", "key") or name.startswith("folded "):
            told = people[name]
            busy |= (told.duplicated(keep=False) & (told != "")).to_numpy(dtype=bool)
        elif name == "name" or name.startswith("member "):
            said = people[name][(people[name] != "") & (people[name] != people["id"])]
            known = said[among(said, people["id"])]
            if len(known):
                busy[known.index] = True
                busy |= among(people["id"], known)
    return people[busy]


def _ranked(people: pd.DataFrame, transactions: pd.DataFrame) -> pd.DataFrame:
    """``people``, those that stay first."""
    import numpy as np

    theirs = transactions.loc[among(transactions["customer_id"], people["id"]), ["customer_id", "date"]]
    told = theirs.groupby("customer_id", sort=False)["date"].agg(["size", "min"]).reindex(people["id"])
    first = told["min"].to_numpy(dtype="datetime64[s]")
    order = np.lexsort(
        (
            np.array(people["id"].tolist(), dtype=str),
            np.where(np.isnat(first), np.datetime64("9999-12-31"), first),
            -told["size"].fillna(0).to_numpy(),
        )
    )
    company = map_text(people["name"], lambda n: "1" if _COMPANY.search(n.casefold()) else "")
    return people.assign(company=company.to_numpy(dtype=object)).iloc[order].reset_index(drop=True)


def among(cells: pd.Series[str], known: pd.Series[str]) -> npt.NDArray[np.bool_]:
    """Which of ``cells`` stand in ``known``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    one, other = (pa.array(c, type=pa.large_string(), from_pandas=True) for c in (cells, known))
    if isinstance(other, pa.ChunkedArray):
        other = other.combine_chunks()
    found: npt.NDArray[np.bool_] = pc.is_in(one, value_set=other).to_numpy(zero_copy_only=False)
    return found


def _mobiles(phones: pd.Series[str]) -> pd.Series[str]:
    return phones.where(phones.str.fullmatch(_MOBILE), "")


def name_key(name: str) -> str:
    """What is left of a name when two spellings of it are to be the same."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = _DROPPED.sub("", _BRACKETS.sub("", text)) or _DROPPED.sub("", text)
    shorter = _SUFFIX.sub("", text)
    return shorter if len(shorter) > 1 else text


def _bare_numbers(ids: pd.Series[str]) -> pd.Series[str]:
    numbers = ids.str.fullmatch(r"[0-9]+").to_numpy(dtype=bool)
    return ids.str.lstrip("0").where(numbers, "")


def _stars(people: pd.DataFrame, field: str, agree: bool = False) -> pd.DataFrame:
    """keep, other, shared: everyone who shares ``field`` with the first of their group.

    ``agree``: unless phone or region contradict.
    """
    group = people[(people[field] != "") & people[field].duplicated(keep=False)]
    group = group[group.groupby(field)["id"].transform("size") <= CROWD]
    others = group[group[field].duplicated()]
    home = group.drop_duplicates(field).set_index(field).reindex(others[field])
    found = others[["id", field]].set_axis(["other", "shared"], axis=1).assign(keep=home["id"].to_numpy())
    return found[_agree(others, home)] if agree and len(found) else found


def _agree(one: pd.DataFrame, other: pd.DataFrame) -> npt.NDArray[np.bool_]:
    def differ(field: str) -> Any:
        a, b = one[field].to_numpy(dtype=object), other[field].to_numpy(dtype=object)
        return (a != b) & (a != "") & (b != "")

    a, b = one["region"].to_numpy(dtype=object), other["region"].to_numpy(dtype=object)
    same_place = (a == b) & (a != "") & (one["company"].to_numpy(dtype=object) != "")
    agreed: npt.NDArray[np.bool_] = (same_place | ~differ("phone")) & ~differ("region")
    return agreed


def _members(people: pd.DataFrame) -> pd.DataFrame:
    """Pairs by 会员名: the same one, or one (or a name) that is the id of the other."""
    import pandas as pd

    rank = pd.Series(range(len(people)), index=people["id"])
    pieces = [_stars(people, str(name)) for name in people if str(name).startswith("folded ")]
    for name in people:
        if name != "name" and not str(name).startswith("member "):
            continue
        pairs = pd.DataFrame({"a": people["id"], "b": people[name]})
        pairs = pairs[(pairs["a"] != pairs["b"]) & among(pairs["b"], people["id"])]
        first = rank.reindex(pairs["a"]).to_numpy() < rank.reindex(pairs["b"]).to_numpy()
        other = pairs["b"].where(first, pairs["a"])
        keep = pairs["a"].where(first, pairs["b"])
        pieces.append(pd.DataFrame({"other": other, "shared": pairs["b"], "keep": keep}))
    return pd.concat(pieces, ignore_index=True)


def _evidence(reason: MergeReason, shared: str, keep: str, other: str) -> str:
    if reason == "leading_zeros":
        return f"{other} = {keep}"
    if reason == "shared_phone":
        return f"{shared[:3]}****{shared[-4:]}"
    return masked(shared)


def masked(name: str) -> str:
    """``张*`` for 张三: the first character of a short name, two of a longer one."""
    shown = 1 if len(name) <= 3 else 2
    return name[:shown] + "*" * min(6, max(1, len(name) - shown))
