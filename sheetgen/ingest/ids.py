"""Whose a record is: by its id, else by a name or a phone that is one customer's; merged ids as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.cells import filled
from sheetgen.ingest.coded import in_full
from sheetgen.ingest.headers import EXTRA, names, normalise
from sheetgen.ingest.identity import apply_merges
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.text import clean_id, distinct, fold, map_text, spread
from sheetgen.ingest.types import typed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_NAME_BLANKS: Final = frozenset(("", "-", "—", "——"))
_MOBILE: Final = r"1[3-9][0-9]{9}"
_FURTHER_PHONES: Final = frozenset(
    ("收货人手机号", "收货人手机", "收件人手机号", "收件人手机", "买家手机号", "买家手机", "客户手机号")
)


@dataclass(frozen=True)
class Known:
    """What all tables together tell of who is who.

    ``by_name`` and ``by_phone``: where only one id goes by it. ``merged``: id -> the id it is now.
    ``tests``: folded names and ids of accounts that are no customers.
    """

    by_name: Mapping[str, str] = field(default_factory=dict)
    by_phone: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)
    tests: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ids:
    """The customer of each record: '' where unknown. The masks say how the id was had.

    ``original``: the id as it stood, where it was merged into another (else ''); None where none was.
    """

    values: pd.Series[str]
    lost: npt.NDArray[np.bool_]
    """the cell is a number that lost its digits"""
    by_name: npt.NDArray[np.bool_]
    by_phone: npt.NDArray[np.bool_]
    test: npt.NDArray[np.bool_]
    original: pd.Series[str] | None = None

    @property
    def blank(self) -> npt.NDArray[np.bool_]:
        """Records of nobody."""
        return ~filled(self.values)

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """Records whose id was merged into another."""
        import numpy as np

        if self.original is None:
            return np.zeros(len(self.values), dtype=bool)
        found: npt.NDArray[np.bool_] = (self.original != "").to_numpy(dtype=bool)
        return found


def learn(
    stacks: Mapping[str, Stack], merged: Mapping[str, str], test_customers: Iterable[str] = ()
) -> Known:
    """Names and phones of one customer each, and the ids of test accounts."""
    people = stacks["customers"]
    ids = typed(people.column("customer_id"), "id").values
    called = typed(people.column("customer_name"), "id").values
    by_name = _one_to_one(called, ids)
    by_phone: dict[str, str] = {}
    if any(phone_columns(pile) and _blank_ids(pile) for pile in stacks.values()):
        by_phone = _one_to_one(*_phones(stacks))
    tests = {fold(word) for word in test_customers} - {""}
    if tests:
        named = map_text(called, fold).isin(tests) & (ids != "")
        tests |= {fold(i) for i in ids[named].unique().tolist()}
    return Known(by_name, by_phone, merged, frozenset(tests))


def ids_of(stack: Stack, known: Known) -> Ids:
    """The customer of each record. In a table without ids the name is the id, or finds it."""
    import numpy as np

    found = typed(stack.column("customer_id"), "id")
    values, lost = found.values, found.has("SG403")
    part_by_name = ~np.array([stack.has(p, "customer_id") for p in range(len(stack.tables))], dtype=bool)
    by_name = part_by_name[stack.part]
    by_phone = np.zeros(len(values), dtype=bool)
    if by_name.any():
        called = map_text(stack.column("customer_name"), lambda cell: clean_id(cell, _NAME_BLANKS))
        values = values.where(~by_name, map_text(called, lambda name: known.by_name.get(name, name)))
    if known.by_phone:
        open_ = ((values == "").to_numpy(dtype=bool)) & ~lost
        for column in phone_columns(stack):
            rows = np.flatnonzero(open_ & ~by_phone)
            if len(rows):
                told = typed(stack.column(column).iloc[rows], "phone").values
                whose = map_text(told, lambda phone: known.by_phone.get(phone, ""))
                hit = (whose != "").to_numpy(dtype=bool)
                values = _put(values, rows[hit], whose[hit])
                by_phone[rows[hit]] = True
    original = None
    if known.merged:
        now = apply_merges(values, known.merged)
        original = values.where(values != now, "")
        values = now
    test = _tests(stack, values, original, known)
    return Ids(values, lost, by_name & filled(values), by_phone, test, original)


def with_ids(ids: Ids, rows: npt.NDArray[np.intp], values: pd.Series[str]) -> Ids:
    """``ids`` with ``values`` for the records ``rows``."""
    return Ids(_put(ids.values, rows, values), ids.lost, ids.by_name, ids.by_phone, ids.test, ids.original)


def _put(column: pd.Series[str], rows: npt.NDArray[np.intp], values: pd.Series[str]) -> pd.Series[str]:
    changed = column.copy()
    changed.iloc[rows] = values
    return changed


def _tests(
    stack: Stack, values: pd.Series[str], original: pd.Series[str] | None, known: Known
) -> npt.NDArray[np.bool_]:
    import numpy as np

    test = np.zeros(len(values), dtype=bool)
    if not known.tests:
        return test
    columns = [values, stack.column("customer_name"), *([original] if original is not None else [])]
    for column in columns:
        codes, cells = distinct(column)
        test |= spread(codes, [fold(cell) in known.tests for cell in cells], np.bool_)
    return test


def phone_columns(stack: Stack) -> list[str]:
    """The columns of a pile that hold phones: its own field, and further ones that go by such a header."""
    called = {*names("customers")["phone"], *(normalise(word) for word in _FURTHER_PHONES)}
    return [
        str(name)
        for name in stack.cells
        if name == "phone" or (str(name).startswith(EXTRA) and normalise(str(name)[len(EXTRA) :]) in called)
    ]


def _blank_ids(stack: Stack) -> bool:
    return bool((typed(stack.column("customer_id"), "id").values == "").any())


def _phones(stacks: Mapping[str, Stack]) -> tuple[pd.Series[str], pd.Series[str]]:
    """Phone and id, wherever a record has both."""
    import pandas as pd

    none = pd.Series([], dtype="str")
    phones, ids = [none], [none]
    for pile in stacks.values():
        for column in phone_columns(pile):
            phones.append(_mobiles(pile.column(column)))
            ids.append(typed(pile.column("customer_id"), "id").values)
    return pd.concat(phones, ignore_index=True), pd.concat(ids, ignore_index=True)


def _mobiles(column: pd.Series[str]) -> pd.Series[str]:
    """Mobile numbers of eleven digits; '' for anything else, masked ones included."""
    column = in_full(column)
    plain = column.str.fullmatch(_MOBILE).to_numpy(dtype=bool)
    if plain.all():
        return column
    typed_ = typed(column.where(~plain, ""), "phone").values
    return column.where(plain, typed_.where(typed_.str.fullmatch(_MOBILE), ""))


def _one_to_one(keys: pd.Series[Any], ids: pd.Series[Any]) -> dict[str, str]:
    pairs = ids.to_frame("id").assign(key=keys).query("id != '' and key != ''").drop_duplicates()
    once = pairs[~pairs["key"].duplicated(keep=False)]
    return dict(zip(once["key"].tolist(), once["id"].tolist(), strict=True))
