"""Transactions: typed, judged record by record, refunds dated back to their sale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.amounts import (
    Worth,
    as_text,
    money_verdicts,
    nothing,
    read_worth,
    rounding_issue,
    unusual,
)
from sheetgen.ingest.cells import filled, holding, kept, numbered
from sheetgen.ingest.coded import in_full, is_coded, listed, of_codes
from sheetgen.ingest.dates import PROBLEMS, Dates, parse_dates
from sheetgen.ingest.days import late_verdicts
from sheetgen.ingest.doubles import find_doubles
from sheetgen.ingest.extras import extra_columns
from sheetgen.ingest.fates import Outcome, Verdict, decide
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.ids import Ids, Known, ids_of
from sheetgen.ingest.money import Rates
from sheetgen.ingest.profit import read_profit
from sheetgen.ingest.refunds import REFUNDED, date_back, find_owners, match, settle
from sheetgen.ingest.rules import NO_RULES, ReadRules
from sheetgen.ingest.shipping import adjust, own_columns
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.text import map_text, plain_wildcards
from sheetgen.ingest.totals import check_totals
from sheetgen.ingest.types import typed
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

UNKNOWN: Final = "—"
COLUMNS: Final = (
    *("customer_id", "date", "cents", "order_id", "product", "category", "quantity", "channel"),
    *("status", "due_on", "paid_on", "file", "line"),
)
ORIGINAL: Final = f"{EXTRA}original_id"


@dataclass(frozen=True)
class Sales:
    """``frame``: the used transactions; its ``file`` and ``x:`` columns may be coded.

    ``outcome`` and ``cents`` cover every record that was read.
    """

    frame: pd.DataFrame
    named: pd.DataFrame
    """customer_id, customer_name, region: one row for each customer that a record names, the newest words"""
    outcome: Outcome
    cents: npt.NDArray[np.int64]
    issues: tuple[Issue, ...]


def clean_transactions(
    stack: Stack, known: Known, rules: ReadRules = NO_RULES, as_of: date | None = None
) -> Sales:
    """Judge and type every record. ``as_of``: the day of the book, where one was given."""
    orders = typed(stack.column("order_id"), "id")
    ordered = filled(orders.values)
    worth = read_worth(stack, Rates(rules.currency, rules.rates))
    ids = find_owners(ids_of(stack, known), orders.values, ordered, worth.money.cents)
    states = typed(stack.column("status"), "status")
    settled = settle(stack, worth, states.values)
    profit, odd_profit = read_profit(stack, worth, settled, Rates(rules.currency, rules.rates))
    products = typed(stack.column("product"), "text")
    days = _dates(stack, "date")
    due, paid = (_dates(stack, field) for field in ("due_on", "paid_on"))
    quantity = typed(stack.column("quantity"), "number")
    category = typed(stack.column("category"), "text").values
    order = numbered(orders.values)
    doubles = find_doubles(stack, order, ordered)
    extras, extra_verdicts = extra_columns(stack)
    extras = own_columns(stack, extras)
    marks = {"order_id": _wild(orders.values), "category": _wild(category)}
    verdicts = [
        Verdict("SG114", "duplicate", doubles.same_file),
        Verdict("SG410", "duplicate", doubles.again, "order_id"),
        Verdict("SG407", "status", ids.test, "customer_id"),
        *settled.verdicts((states.values != "paid").to_numpy(dtype=bool)),
        *id_verdicts(ids),
        Verdict("SG430", "held_back", days.flaw == PROBLEMS.index("blank"), "date"),
        *_date_verdicts(days, "held_back", "date"),
        *money_verdicts(stack, worth),
        Verdict("SG411", "used", doubles.alike, listed=False),
        Verdict("SG403", "used", orders.has("SG403"), "order_id"),
        Verdict("SG423", "used", states.has("SG423"), "status", listed=False),
        Verdict("SG419", "used", products.has("SG419"), "product"),
        *(Verdict("SG418", "used", mask, field, listed=False) for field, mask in marks.items()),
        *_date_verdicts(due, "used", "due_on"),
        *_date_verdicts(paid, "used", "paid_on"),
        Verdict("SG450", "used", quantity.has("SG450"), "quantity"),
        *odd_profit,
        *nothing(stack, worth, settled.cents),
        *unusual(stack, worth),
        *extra_verdicts,
    ]
    outcome = decide(stack, verdicts)
    outcome = outcome.further(late_verdicts(days.days, outcome.used, as_of))
    matched = match(outcome, ids, order, ordered, days.days, settled, worth)
    outcome = outcome.further(matched.verdicts)
    order_ids = _order_ids(stack, orders.values, marks["order_id"])
    adjusted = adjust(stack, rules, worth, ids.values, order_ids, settled.cents, outcome.used, settled.net)
    outcome = outcome.further(adjusted.verdicts)
    whole = _frame(
        stack,
        ids,
        date=days.days,
        cents=adjusted.cents,
        order_id=order_ids,
        product=products.values,
        category=_categories(category, marks["category"]),
        quantity=quantity.values,
        channel=typed(stack.column("channel"), "text").values,
        due_on=due.days,
        paid_on=paid.days,
        **profit,
        **extras,
        **_refund_column(worth, settled.net),
        **adjusted.columns,
    )
    used = outcome.used
    everyone = bool(used.all())
    told = used | outcome.fated("status") & ~ids.blank & ~ids.test
    named, more = _named(stack, ids, days, told)
    sold = matched.sold if matched.sold is None or everyone else matched.sold[used]
    return Sales(
        date_back(_in_full(whole if everyone else kept(whole, used)), sold),
        named,
        outcome,
        adjusted.cents,
        (*rounding_issue(stack, worth), *check_totals(stack, worth), *adjusted.issues, *more),
    )


def id_verdicts(ids: Ids) -> list[Verdict]:
    """No id, or one without all its digits, holds a record back; an id had otherwise is told."""
    return [
        Verdict("SG403", "held_back", ids.lost, "customer_id"),
        Verdict("SG404", "held_back", ids.blank, "customer_id"),
        Verdict("SG441", "used", ids.by_name, "customer_name", listed=False),
        Verdict("SG408", "used", ids.by_phone, "customer_id"),
        Verdict("SG409", "used", ids.moved, "customer_id", listed=False),
    ]


def _date_verdicts(days: Dates, fate: Any, field: str) -> list[Verdict]:
    return [Verdict(c, fate, days.flaw == PROBLEMS.index(c), field) for c in ("SG431", "SG432")]


def _dates(stack: Stack, field: str) -> Dates:
    """The days of a column. Which of two numbers is the month is settled within a file."""
    import numpy as np

    if field not in stack.cells:
        n = len(stack.cells)
        blank = np.full(n, PROBLEMS.index("blank"), np.int8)
        return Dates(np.full(n, np.datetime64("NaT"), "datetime64[ns]"), blank)
    column, found, at = stack.column(field), [], 0
    for table in stack.tables:
        found.append(parse_dates(column.iloc[at : at + len(table.frame)]))
        at += len(table.frame)
    if len(found) == 1:
        return found[0]
    return Dates(np.concatenate([d.days for d in found]), np.concatenate([d.flaw for d in found]))


def _wild(column: pd.Series[str]) -> npt.NDArray[np.bool_]:
    return holding(column, "*?~")


def _order_ids(stack: Stack, orders: pd.Series[str], wild: npt.NDArray[np.bool_]) -> pd.Series[str]:
    """The order ids; a record without one is an order of its own, ``#file-line``."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if wild.any():
        orders = map_text(orders, plain_wildcards)
    blank = ~filled(orders)
    if not blank.any():
        return orders
    numbers = np.array(stack.numbers, dtype=np.int64)[stack.part[blank]]
    file, line = (pc.cast(pa.array(part), pa.large_string()) for part in (numbers, stack.line[blank]))
    mark, dash, none = (pa.scalar(text, pa.large_string()) for text in ("#", "-", ""))
    own = pc.binary_join_element_wise(mark, file, dash, line, none)
    whole = pa.array(orders, type=pa.large_string(), from_pandas=True)
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.combine_chunks()
    return pd.Series(pd.array(pc.replace_with_mask(whole, pa.array(blank), own), dtype="str"))


def _categories(category: pd.Series[str], wild: npt.NDArray[np.bool_]) -> pd.Series[str]:
    if is_coded(category):
        codes, cells = listed(category)
        return of_codes(codes, _categories(cells, _wild(cells)))
    blank = (category == "").to_numpy(dtype=bool)
    if wild.any():
        category = map_text(category, plain_wildcards)
    return category.where(~blank, UNKNOWN) if blank.any() else category


def _frame(stack: Stack, ids: Ids, **columns: Any) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    columns["customer_id"] = ids.values
    columns["status"] = of_codes(np.zeros(len(stack.cells), np.int8), pd.Series(["paid"], dtype="str"))
    columns["file"] = of_codes(stack.part, pd.Series(stack.files, dtype="str"))
    columns["line"] = stack.line
    further = [name for name in columns if name not in COLUMNS]
    if ids.original is not None and (ids.original != "").any():
        columns[ORIGINAL] = ids.original
        further.append(ORIGINAL)
    return pd.DataFrame({name: columns[name] for name in (*COLUMNS, *further)}, copy=False)


def _in_full(frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with text in the columns of the tables' fields; what is only shown stays coded."""
    import pandas as pd

    fields = data_tables()["transactions"].fields
    columns = {str(n): in_full(c) if n in fields and is_coded(c) else c for n, c in frame.items()}
    return pd.DataFrame(columns, copy=False)


def _refund_column(worth: Worth, net: npt.NDArray[np.bool_]) -> dict[str, pd.Series[str]]:
    """What each record paid back, as text beside the net amount; nothing where no record did."""
    import numpy as np

    return {REFUNDED: as_text(np.where(net, worth.back, 0))} if net.any() else {}


def _named(
    stack: Stack, ids: Ids, days: Dates, told: npt.NDArray[np.bool_]
) -> tuple[pd.DataFrame, list[Issue]]:
    """Each customer once, with the name and the region of its newest record that has one; SG445."""
    import numpy as np
    import pandas as pd

    rows = np.flatnonzero(told)
    codes, customers = pd.factorize(ids.values if len(rows) == len(told) else ids.values.iloc[rows])
    columns = {"customer_id": pd.Series(customers, dtype="str")}
    issues = []
    newest = None
    for field in ("customer_name", "region"):
        columns[field] = pd.Series(np.full(len(customers), "", object), dtype="str")
        if field not in stack.cells:
            continue
        words = typed(stack.column(field), "text").values.iloc[rows]
        if newest is None:
            newest = np.argsort(days.days[rows].astype("int64"), kind="stable")
        some = newest[(words != "").to_numpy(dtype=bool)[newest]]
        last = np.full(len(customers), -1, np.int64)
        last[codes[some]] = some
        has = np.flatnonzero(last >= 0)
        told_words = columns[field].to_numpy(dtype=object)
        told_words[has] = words.iloc[last[has]].to_numpy(dtype=object)
        columns[field] = pd.Series(told_words, dtype="str")
        if field == "customer_name":
            issues = _several_names(stack, rows, codes, customers, words, ids)
    return pd.DataFrame(columns), issues


def _several_names(
    stack: Stack,
    rows: npt.NDArray[np.intp],
    codes: npt.NDArray[Any],
    customers: Any,
    words: pd.Series[str],
    ids: Ids,
) -> list[Issue]:
    import numpy as np
    import pandas as pd

    said, names = pd.factorize(words)
    kept = (words != "").to_numpy(dtype=bool) & ~ids.by_name[rows] & ~ids.moved[rows]
    pairs = np.unique(codes[kept].astype(np.int64) * max(1, len(names)) + said[kept])
    whose, counts = np.unique(pairs // max(1, len(names)), return_counts=True)
    many = whose[counts > 1]
    if not len(many):
        return []
    at = int(rows[np.flatnonzero(codes == many[0])[0]])
    part = int(stack.part[at])
    place = (stack.files[part], int(stack.line[at]), stack.header(part, "customer_name"))
    return [Issue("SG445", "note", *place, str(customers[many[0]]), len(many))]
