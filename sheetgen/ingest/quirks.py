"""What the cells below a header need before they mean what its fields say: the habits of exports, undone.

Text in, text out: nothing is typed here. Every change of more than looks is told by an issue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.cells import holding
from sheetgen.ingest.coded import all_blank, in_full
from sheetgen.ingest.headers import EXTRA, Match
from sheetgen.ingest.keys import normalise, unit_of, unit_scale
from sheetgen.ingest.text import fold, map_text
from sheetgen.ingest.words import BLANK, SCALE
from sheetgen.model import Issue, Level
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import pandas as pd

_MASKED: Final = r"\*\*|^\s*##|^\s*\*|\*\s*$"
_US_DATE: Final = r"^\s*(\d{1,2})/(\d{1,2})/(\d{4})\b"
_OF_THE_ORDER: Final = ("order_id", "customer_id", "customer_name", "date", "status", "region", "channel")
_MONEY: Final = ("amount", "refunded")
_ASIDE: Final = ("shipping", "coupon")
"""money that counts nothing by itself, see shipping.py"""


def settle(
    frame: pd.DataFrame, line: pd.Series[int], match: Match, label: str, scale: int = 1
) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """``frame`` with all fields of ``match`` filled and the platform's habits undone, and what was done.

    ``label`` names the file in the issues; ``line`` tells where a record starts; ``scale`` is what a line
    above the table says of all its money.
    """
    work = _Work(frame.copy(deep=False), line, match, label)
    _fill(work)
    if match.export:
        _first_of_several(work)
        _american_dates(work)
        _epochs(work)
        _given_back(work)
        if match.export.amount_of == "order":
            _once_an_order(work)
        for field, prefix in match.export.strip.items():
            if field in work.frame:
                work.frame[field] = _text(work, field).str.strip().str.removeprefix(prefix)
    if "region" in work.frame and match.export:
        work.frame["region"] = _text(work, "region").str.replace(r"^\s*\*+\s*$", "", regex=True)
    _masked(work)
    return work.frame, (*_of_the_header(work, scale), *work.issues)


class _Work:
    """A table in the making: its frame, and the issues so far."""

    def __init__(self, frame: pd.DataFrame, line: pd.Series[int], match: Match, label: str) -> None:
        self.frame, self.line, self.match, self.label = frame, line, match, label
        self.issues: list[Issue] = []
        self.headers = dict(match.sources)

    def tell(
        self, code: str, field: str, mask: Any, shown: pd.Series[str] | None = None, **facts: str
    ) -> None:
        """An issue for the records in ``mask``, if there are any."""
        hits = mask.to_numpy(dtype=bool)
        if hits.any():
            at = int(hits.argmax())
            value = str(shown.iloc[at])[:80] if shown is not None else ""
            line, column, count = int(self.line.iloc[at]), self.headers.get(field, ""), int(hits.sum())
            level: Level = "note" if code in ("SG314", "SG315") else "warning"
            self.issues.append(
                Issue(code, level, self.label, line, column, value, count, tuple(facts.items()))
            )


def _text(work: _Work, field: str) -> pd.Series[str]:
    """The cells of a field as text, to be changed."""
    return in_full(work.frame[field])


def _blank(column: pd.Series[str]) -> pd.Series[bool]:
    return column.str.strip().str.casefold().isin(BLANK)


def _fill(work: _Work) -> None:

    for field, places in work.match.fills:
        own = field in work.frame
        cells = _text(work, field) if own else in_full(all_blank(len(work.frame)))
        for place in places:
            other = work.match.columns[place]
            if other not in work.frame:
                continue
            blank = _blank(cells)
            there = blank & ~_blank(work.frame[other])
            if own or place != places[0]:
                work.tell("SG315", field, there, other=work.match.names[place].strip())
            cells = cells.where(~blank, _text(work, other))
        work.frame[field] = cells


def _first_of_several(work: _Work) -> None:
    export = work.match.export
    for field, mark in export.first_of.items() if export else ():
        if field in work.frame:
            cells = _text(work, field)
            work.tell("SG316", field, cells.str.contains(mark, regex=False), cells)
            work.frame[field] = cells.str.split(mark, n=1).str[0].astype("str")


def _american_dates(work: _Work) -> None:
    """1/12/2026 is the 12th of January, unless a month above 12 says that the file was made elsewhere."""
    if not work.match.export or work.match.export.dates != "mdy":
        return
    fields = data_tables()[work.match.kind].fields
    for field in [f for f in work.frame if f in fields and fields[str(f)].type == "date"]:
        cells = _text(work, str(field))
        parts = cells.str.extract(_US_DATE)
        month = parts[0].astype("float64")
        if month.notna().any() and month.max() <= 12:
            iso = cells.str.replace(_US_DATE, r"\3-\1-\2", regex=True)
            work.frame[field] = iso.astype("str")


def _epochs(work: _Work) -> None:
    """Milliseconds since 1970 in columns that are only shown, as Shanghai's clocks tell them."""
    import pandas as pd

    wanted = {normalise(header) for header in (work.match.export.epochs if work.match.export else ())}
    for name in [str(c) for c in work.frame if str(c).startswith(EXTRA)]:
        if normalise(name.removeprefix(EXTRA)) not in wanted:
            continue
        cells = _text(work, name)
        work.frame[name], cells = cells, cells.str.strip()
        hits = cells.str.fullmatch(r"\d{13}")
        if hits.any():
            since = pd.to_datetime(cells[hits].astype("int64"), unit="ms") + pd.Timedelta(hours=8)
            work.frame.loc[hits, name] = since.dt.strftime("%Y-%m-%d %H:%M").astype("str")


def _given_back(work: _Work) -> None:
    """An export of refunds: its amounts are negative sales, its states those of the refund."""
    export = work.match.export
    if not export or not export.refunds or "amount" not in work.frame:
        return
    amount = _text(work, "amount").str.strip()
    positive = ~_blank(amount) & ~amount.str.startswith(("-", "－", "("))
    work.tell("SG313", "amount", positive, amount)
    work.frame["amount"] = amount.where(~positive, "-" + amount)
    if "status" in work.frame:
        work.frame["status"] = map_text(
            work.frame["status"], lambda cell: export.states.get(fold(cell), cell)
        )


def _once_an_order(work: _Work) -> None:
    """An order's amount that stands again on each of its lines counts once; lines without an order belong to
    the order above."""
    frame = work.frame
    if not {"order_id", "amount"} <= set(frame):
        return
    for field in (*_OF_THE_ORDER, *_MONEY):
        if field in frame:
            frame[field] = _text(work, field)
    orders = frame["order_id"].str.strip()
    loose = _blank(orders) & _blank(frame["amount"])
    if "product" in frame:
        loose &= ~_blank(frame["product"])
    loose &= (~_blank(orders)).cummax()
    for field in _OF_THE_ORDER:
        if field in frame:
            frame[field] = frame[field].mask(loose).ffill().fillna("").astype("str")
    orders = frame["order_id"].str.strip()
    again = ~_blank(orders) & orders.duplicated()
    for field in _MONEY:
        if field in frame:
            cells = frame[field].str.strip()
            groups = cells.where(~loose).groupby(orders)
            same = groups.transform("nunique").eq(1) & again
            if field == "amount":
                work.tell("SG314", field, loose | same, frame["order_id"])
            frame[field] = frame[field].where(~(loose | same), "0")


def _masked(work: _Work) -> None:
    if work.match.kind not in ("transactions", "customers"):
        return
    field = "customer_id" if "customer_id" in work.frame else "customer_name"
    if field in work.frame:
        cells = work.frame[field]
        if holding(cells, "*#").any():
            work.tell("SG312", field, cells.str.contains(_MASKED, regex=True), cells)


def _of_the_header(work: _Work, stated: int) -> Iterator[Issue]:
    """What the header row alone makes worth saying."""
    match = work.match
    for rival in match.rivals:
        facts = (("other", " ".join(rival.other.split())), ("field", rival.field))
        yield Issue("SG303", "note", work.label, column=" ".join(rival.taken.split()), facts=facts)
    fields = data_tables()[match.kind].fields
    for field, header in match.sources:
        scale = unit_scale(header) if unit_of(header) else stated
        if fields[field].type in ("money", "price") and field not in _ASIDE and scale > 1:
            unit = unit_of(header) or next(u for u, many in SCALE.items() if many == scale) + "元"
            facts = (("unit", unit), ("scale", f"{scale:,}"))
            yield Issue("SG310", "warning", work.label, column=header, facts=facts)
    if match.shown:
        yield Issue("SG311", "warning", work.label, value=", ".join(dict(match.sources).values())[:200])
    for name in work.frame:
        if str(name).startswith(f"{EXTRA}col_") and str(name) not in match.columns:
            yield Issue("SG308", "warning", work.label, value=str(name).removeprefix(EXTRA))
