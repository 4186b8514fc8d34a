"""What each record of the transactions is worth as it was read, and which amounts look wrong."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sheetgen.ingest.coded import in_full
from sheetgen.ingest.fates import Verdict
from sheetgen.ingest.keys import currency_of
from sheetgen.ingest.money import Cents, Rates, parse_amount
from sheetgen.ingest.platforms import export_of
from sheetgen.ingest.quick import read_cents, read_products
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.text import map_text, spread_text
from sheetgen.model import Issue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

FEWEST: Final = 20
"""amounts of a file, below which no amount is called unusual"""
FAR: Final = 100
SIGMAS: Final = 5.0
MOST_LISTED: Final = 50


@dataclass(frozen=True)
class Worth:
    """``money``: each record's own amount. ``back``: what of it was paid back by then, cents, never negative.

    ``fields``: where each table has its amounts. A table of nothing but refunds may have them in
    ``refunded``; ``refund`` marks the records of such tables, their amounts are negative.
    """

    money: Cents
    back: npt.NDArray[np.int64]
    unreadable: npt.NDArray[np.bool_]
    """the refunded amount is there and cannot be read"""
    refund: npt.NDArray[np.bool_]
    fields: tuple[str, ...]

    def of(self, stack: Stack, field: str) -> npt.NDArray[np.bool_]:
        """The records whose table has its amounts in ``field``."""
        import numpy as np

        if len(set(self.fields)) == 1:
            return np.full(len(stack.part), field == self.fields[0])
        return np.isin(stack.part, [p for p, f in enumerate(self.fields) if f == field])


def read_worth(stack: Stack, rates: Rates) -> Worth:
    """The amounts of all records, table by table: units, currencies, decimal signs are a file's own."""
    import numpy as np

    moneys, backs, bad, refunds, fields = [], [], [], [], []
    at = 0
    for part, table in enumerate(stack.tables):
        rows = slice(at, at + len(table.frame))
        at = rows.stop
        money, field = _own(stack, part, rows, rates)
        back, unreadable = np.zeros(len(table.frame), np.int64), np.zeros(len(table.frame), bool)
        if field != "refunded" and stack.has(part, "refunded"):
            told = read_column(stack, part, rows, "refunded", rates)
            # a credit note may well state once more what it pays back
            back = np.where(money.cents < 0, 0, np.abs(told.cents))
            unreadable = ~told.has("", "blank")
        moneys.append(money)
        fields.append(field)
        backs.append(back)
        bad.append(unreadable)
        export = export_of(table.source.export)
        lists = field == "refunded" or (export is not None and export.refunds)
        refunds.append((money.cents < 0) & lists)
    return Worth(
        _joined(moneys),
        np.concatenate([np.empty(0, np.int64), *backs]),
        np.concatenate([np.empty(0, bool), *bad]),
        np.concatenate([np.empty(0, bool), *refunds]),
        tuple(fields),
    )


def _own(stack: Stack, part: int, rows: slice, rates: Rates) -> tuple[Cents, str]:
    import numpy as np

    if stack.has(part, "amount"):
        return read_column(stack, part, rows, "amount", rates), "amount"
    if stack.has(part, "refunded") and not stack.has(part, "unit_price"):
        found = read_column(stack, part, rows, "refunded", rates)
        back = Cents(-np.abs(found.cents), found.flaw, found.rounded, -found.residue, -found.exact)
        return back, "refunded"
    header = currency_of(stack.header(part, "unit_price"))
    many, price = (in_full(stack.column(field).iloc[rows]) for field in ("quantity", "unit_price"))
    return read_products(many, price, stack.scale(part, "unit_price"), rates, header), "unit_price"


def read_column(stack: Stack, part: int, rows: slice, field: str, rates: Rates) -> Cents:
    """A column of money of one table, in cents: without a currency of its own in that of its amount."""
    header = currency_of(stack.header(part, field))
    cells = in_full(stack.column(field).iloc[rows])
    if rates.table and not header and field != "amount" and stack.has(part, "amount"):
        cells = _as_its_amount(cells, stack.column("amount").iloc[rows])
    return read_cents(cells, stack.scale(part, field), rates, header)


def _as_its_amount(cells: pd.Series[str], amounts: pd.Series[str]) -> pd.Series[str]:
    """``cells`` with the currency that the record's amount names, where they are numbers and name none."""
    cells = cells.reset_index(drop=True)
    codes = map_text(amounts, lambda cell: parse_amount(cell).currency)
    plain = map_text(
        cells, lambda cell: "" if parse_amount(cell).currency or parse_amount(cell).problem else "1"
    )
    marked = (codes + " " + cells.str.strip()).astype("str")
    return cells.where((codes == "") | (plain == ""), marked)


def as_text(cents: npt.NDArray[np.int64]) -> pd.Series[str]:
    """Cents as yuan, to be shown beside an amount; nothing for 0."""
    import numpy as np
    import pandas as pd

    distinct, codes = np.unique(cents, return_inverse=True)
    signs = ("-" if c < 0 else "" for c in distinct.tolist())
    words = [
        f"{sign}{abs(c) // 100}.{abs(c) % 100:02d}" if c else ""
        for sign, c in zip(signs, distinct.tolist(), strict=True)
    ]
    return pd.Series(spread_text(codes, words))


def _joined(parts: list[Cents]) -> Cents:
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    return Cents(
        np.concatenate([np.empty(0, np.int64), *(p.cents for p in parts)]),
        np.concatenate([np.empty(0, np.int8), *(p.flaw for p in parts)]),
        np.concatenate([np.empty(0, bool), *(p.rounded for p in parts)]),
        sum((p.residue for p in parts), Decimal(0)),
        sum((p.exact for p in parts), Decimal(0)),
    )


def money_verdicts(stack: Stack, worth: Worth) -> list[Verdict]:
    """What holds a record back: no amount, none that can be read, too large, foreign."""
    verdicts = []
    for field in dict.fromkeys(worth.fields):
        here = worth.of(stack, field)
        for code, problems in (("SG412", ("SG412", "blank")), ("SG413", ("SG413",)), ("SG415", ("SG415",))):
            verdicts.append(Verdict(code, "held_back", here & worth.money.has(*problems), field))
    return [*verdicts, Verdict("SG412", "held_back", worth.unreadable, "refunded")]


def nothing(stack: Stack, worth: Worth, cents: npt.NDArray[np.int64]) -> list[Verdict]:
    """SG425: records that are worth nothing."""
    zero = (cents == 0) & (worth.back == 0) & worth.money.has("")
    return [
        Verdict("SG425", "used", zero & worth.of(stack, field), field, listed=False)
        for field in dict.fromkeys(worth.fields)
    ]


def unusual(stack: Stack, worth: Worth) -> list[Verdict]:
    """SG414: more than a hundred times the file's median, and far outside of its own spread.

    The spread is the median deviation of the logarithms, so that neither many outliers nor the long tail
    that sales have by nature shift it.
    """
    import numpy as np

    far = np.zeros(len(stack.cells), bool)
    size = np.abs(worth.money.cents)
    at = 0
    for table in stack.tables:
        rows = slice(at, at + len(table.frame))
        at = rows.stop
        some = size[rows][size[rows] > 0]
        if len(some) < FEWEST:
            continue
        places = [(len(some) - 1) // 2, len(some) // 2]
        central = np.partition(some, places)[places]
        median = float(np.mean(central))
        if some.max() <= FAR * median:
            continue
        middle = float(np.mean(np.log(central)))
        sigma = 1.4826 * float(np.median(np.abs(np.log(some) - middle)))
        edge = max(FAR * median, float(np.exp(middle + SIGMAS * sigma)))
        far[rows] = size[rows] > edge
    # of a price and a number it is the number that slips; a long list of them would bury all else
    shown, listed = {"unit_price": "quantity"}, int(far.sum()) <= MOST_LISTED
    return [
        Verdict("SG414", "used", far & worth.of(stack, field), shown.get(field, field), listed=listed)
        for field in dict.fromkeys(worth.fields)
    ]


def rounding_issue(stack: Stack, worth: Worth) -> list[Issue]:
    """SG417: what the sum of all records lost when each was rounded to cents."""
    money = worth.money
    if not money.rounded.any():
        return []
    at = int(money.rounded.argmax())
    part = int(stack.part[at])
    facts = (("residue", f"{money.residue:f}"), ("exact", f"{money.exact:f}"))
    field = worth.fields[part]
    shown = str(stack.column(field).iloc[at])
    count = int(money.rounded.sum())
    place = (stack.files[part], int(stack.line[at]), stack.header(part, field))
    return [Issue("SG417", "note", *place, shown, count, facts)]
