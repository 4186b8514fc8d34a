"""In which currency each input's amounts are: one for all of them, or rates that the user has named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sheetgen.errors import ColumnsError
from sheetgen.ingest.coded import in_full
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.keys import currency_code, currency_of, normalise
from sheetgen.ingest.money import HOME, parse_amount
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.text import distinct
from sheetgen.model import RawTable

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final = frozenset(map(normalise, ("币种", "货币", "币别", "结算币种", "currency", "currency code")))
_SAMPLED: Final = 200


def one_currency(tables: Sequence[RawTable], rules: ReadRules) -> tuple[RawTable, ...]:
    """``tables`` with the currency written into the cells of those that ``rules`` convert.

    Raises ColumnsError (SG306) where amounts of transactions differ in currency and no rate is named.
    """
    own = rules.currency or HOME
    found = {i: _currencies(t, own) for i, t in enumerate(tables) if t.source.kind == "transactions"}
    known = {code for codes in found.values() for code in codes if code}
    foreign = known - {own}
    if len(known) > 1 or (foreign and (rules.rates or rules.currency)):
        if foreign - set(rules.rates):
            said = {t.source.label: sorted(found[i]) for i, t in enumerate(tables) if found.get(i)}
            told = "; ".join(f"{label}: {', '.join(codes)}" for label, codes in said.items())
            raise ColumnsError("currencies_mixed", "SG306", found=told)
        return tuple(_named(t, own) if found.get(i, set()) - {own} else t for i, t in enumerate(tables))
    return tuple(tables)


def _field(table: RawTable) -> str:
    return "amount" if "amount" in table.frame else "unit_price"


def _column(table: RawTable) -> str | None:
    """The column that names the currency of each record."""
    names = (str(c) for c in table.frame if str(c).startswith(EXTRA))
    return next((c for c in names if normalise(c.removeprefix(EXTRA)) in _COLUMNS), None)


def _currencies(table: RawTable, own: str) -> set[str]:
    """The codes that ``table`` names: in a column of its own, its header, or all of its cells.

    A Chinese header without any currency means ``own``, the book's; any other one nothing at all.
    """
    field, column = _field(table), _column(table)
    if field not in table.frame or table.frame.empty:
        return set()
    if column:
        codes = {currency_code(cell) for cell in distinct(table.frame[column])[1]} - {""}
        if codes:
            return codes
    header = dict(table.source.mapping).get(field, "")
    cells = [c for c in table.frame[field].head(_SAMPLED).tolist() if parse_amount(c).problem != "blank"]
    signs = {parse_amount(c).currency for c in cells}
    named = currency_of(header)
    if len(signs) == 1 and (sign := signs.pop()):
        return {sign, named} - {""} if named else {sign}
    return {named} if named else {own} if not header.isascii() else set()


def _named(table: RawTable, own: str) -> RawTable:
    """``table`` with the code of its currency before each amount that names none."""
    field, column = _field(table), _column(table)
    frame = table.frame.copy(deep=False)
    if column:
        codes = in_full(frame[column]).map(currency_code)
    else:
        header = currency_of(dict(table.source.mapping).get(field, ""))
        codes = in_full(frame[field]).map(lambda cell: header)
    frame[field] = _marked(in_full(frame[field]), codes, own)
    return replace(table, frame=frame)


def _marked(cells: pd.Series[str], codes: pd.Series[str], own: str) -> pd.Series[str]:
    distinct = {cell: parse_amount(cell) for cell in cells.unique().tolist()}
    plain = cells.map({c: not a.currency and a.value is not None for c, a in distinct.items()}).astype(bool)
    named = (codes + " " + cells.str.strip()).astype("str")
    return cells.where(~(plain & (codes != "") & (codes != own)), named)
