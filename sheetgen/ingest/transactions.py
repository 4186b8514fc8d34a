"""Transactions: typed, judged record by record, refunds dated back to their sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.doubles import find_doubles
from sheetgen.ingest.fates import Outcome, Verdict, decide, level
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.money import Cents, exact_amounts, exact_numbers, multiply, to_cents
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.text import clean_id, map_text, plain_wildcards
from sheetgen.ingest.types import Typed, typed
from sheetgen.model import Issue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

UNKNOWN: Final = "—"
COLUMNS: Final = (
    *("customer_id", "date", "cents", "order_id", "product", "category", "quantity", "channel"),
    *("status", "due_on", "paid_on", "file", "line"),
)
REFUND_DATE: Final = f"{EXTRA}refund_date"
_NAME_BLANKS: Final = frozenset(("", "-", "—", "——"))


@dataclass(frozen=True)
class Sales:
    """``frame``: the used transactions. ``outcome`` and ``cents`` cover every record that was read."""

    frame: pd.DataFrame
    named: pd.DataFrame
    """customer_id, customer_name, region of every record that names a customer and is not held back"""
    outcome: Outcome
    cents: npt.NDArray[np.int64]
    issues: tuple[Issue, ...]


def customer_ids(stack: Stack, known: Mapping[str, str]) -> tuple[Typed, npt.NDArray[np.bool_]]:
    """The id of each record. In a table without ids the name is the id, or finds it in ``known``.

    The mask marks the records whose id was had from a name.
    """
    import numpy as np

    ids = typed(stack.column("customer_id"), "id")
    by_name = ~np.array([stack.has(p, "customer_id") for p in range(len(stack.tables))], dtype=bool)[
        stack.part
    ]
    if not by_name.any():
        return ids, by_name
    names = map_text(stack.column("customer_name"), lambda cell: clean_id(cell, _NAME_BLANKS))
    found = map_text(names, lambda name: known.get(name, name))
    values = ids.values.where(~by_name, found)
    problem = np.where(by_name, np.where(found == "", "blank", ""), ids.problem)
    return Typed(values, problem), by_name


def clean_transactions(stack: Stack, known: Mapping[str, str]) -> Sales:
    """Judge and type every record. ``known``: customer name -> id, where a name is one customer's."""

    ids, by_name = customer_ids(stack, known)
    orders = typed(stack.column("order_id"), "id")
    states = typed(stack.column("status"), "status")
    products = typed(stack.column("product"), "text")
    days, day_problem = _dates(stack, "date")
    money, amount_field = _money(stack)
    doubles = find_doubles(stack, orders.values.to_numpy(dtype=object))
    wild = {f: stack.column(f).str.contains(r"[*?~]").to_numpy(dtype=bool) for f in ("order_id", "category")}
    no_id = (ids.problem == "blank") | (ids.values == "").to_numpy(dtype=bool)
    verdicts = [
        Verdict("SG114", "duplicate", doubles.same_file),
        Verdict("SG410", "duplicate", doubles.again, "order_id"),
        Verdict("SG424", "status", (states.values != "paid").to_numpy(dtype=bool), "status"),
        Verdict("SG403", "held_back", ids.problem == "SG403", "customer_id"),
        Verdict("SG404", "held_back", no_id, "customer_id"),
        Verdict("SG430", "held_back", day_problem == "blank", "date"),
        *(Verdict(c, "held_back", day_problem == c, "date") for c in ("SG431", "SG432")),
        *_money_verdicts(stack, money, amount_field),
        Verdict("SG411", "used", doubles.alike, listed=False),
        Verdict("SG403", "used", orders.problem == "SG403", "order_id"),
        Verdict("SG423", "used", states.problem == "SG423", "status", listed=False),
        Verdict("SG419", "used", products.problem == "SG419", "product"),
        Verdict("SG441", "used", by_name, "customer_name", listed=False),
        *(Verdict("SG418", "used", mask, field, listed=False) for field, mask in wild.items()),
    ]
    dated = {}
    for field in ("due_on", "paid_on"):
        dated[field], problem = _dates(stack, field)
        verdicts += [Verdict(c, "used", problem == c, field) for c in ("SG431", "SG432")]
    quantity = typed(stack.column("quantity"), "number")
    verdicts.append(Verdict("SG450", "used", quantity.problem == "SG450", "quantity"))
    outcome = decide(stack, verdicts)
    frame = _frame(
        stack,
        customer_id=ids.values,
        date=days,
        cents=money.cents,
        order_id=orders.values,
        product=products.values,
        quantity=quantity.values,
        **dated,
    )
    named = frame.assign(**{f: typed(stack.column(f), "text").values for f in ("customer_name", "region")})
    told = outcome.used | (outcome.fate == "status") & ~no_id
    ordered = (orders.values != "").to_numpy(dtype=bool)[outcome.used]
    used, issues = _date_back(frame[outcome.used].reset_index(drop=True), ordered)
    return Sales(
        used,
        named.loc[told, ["customer_id", "customer_name", "region"]].reset_index(drop=True),
        outcome,
        money.cents,
        tuple(_rounding_issue(stack, money, amount_field) + issues),
    )


def _frame(stack: Stack, **typed_columns: Any) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    numbers = np.array(stack.numbers, dtype=np.int64)[stack.part]
    own = pd.Series(numbers).astype("str").radd("#") + pd.Series(stack.line).astype("str").radd("-")
    orders = typed_columns["order_id"]
    category = map_text(typed(stack.column("category"), "text").values, plain_wildcards)
    files = np.array(stack.files, dtype=object)
    columns: dict[str, Any] = {
        **typed_columns,
        "order_id": map_text(orders, plain_wildcards).where(orders != "", own),
        "category": category.where(category != "", UNKNOWN),
        "channel": typed(stack.column("channel"), "text").values,
        "status": pd.Series(["paid"] * len(orders), dtype="str"),
        "file": pd.Series(files[stack.part], dtype="str"),
        "line": stack.line,
    }
    columns = {name: columns[name] for name in COLUMNS}
    for name in stack.cells:
        if str(name).startswith(EXTRA):
            columns[str(name)] = typed(stack.cells[name], "text").values
    return pd.DataFrame(columns)


def _dates(stack: Stack, field: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    import numpy as np

    def read(part: int, cells: pd.DataFrame) -> tuple[Any, Any]:
        if field not in stack.tables[part].frame:
            return np.full(len(cells), np.datetime64("NaT"), "datetime64[ns]"), np.full(
                len(cells), "blank", object
            )
        found = typed(cells[field], "date")
        return found.values.to_numpy(), found.problem

    pieces = stack.by_part(read)
    return (pieces[0], pieces[1]) if pieces else (np.empty(0, "datetime64[ns]"), np.empty(0, object))


def _money(stack: Stack) -> tuple[Cents, list[str]]:
    """Cents of all records, and the field that each table takes them from."""
    import numpy as np

    parts, fields = [], []
    for part in range(len(stack.tables)):
        cells = stack.cells[stack.where(part)].reset_index(drop=True)
        if stack.has(part, "amount"):
            exact = exact_amounts(cells["amount"], stack.scale(part, "amount"))
            fields.append("amount")
        else:
            price = exact_amounts(cells["unit_price"], stack.scale(part, "unit_price"))
            exact = multiply(exact_numbers(cells["quantity"]), price)
            fields.append("unit_price")
        parts.append(to_cents(exact))
    zero = Decimal(0)
    whole = Cents(
        np.concatenate([np.empty(0, np.int64), *(p.cents for p in parts)]),
        np.concatenate([np.empty(0, object), *(p.problem for p in parts)]),
        np.concatenate([np.empty(0, bool), *(p.rounded for p in parts)]),
        sum((p.residue for p in parts), zero),
        sum((p.exact for p in parts), zero),
    )
    return whole, fields


def _money_verdicts(stack: Stack, money: Cents, fields: list[str]) -> list[Verdict]:
    import numpy as np

    verdicts = []
    for field in ("amount", "unit_price"):
        here = np.isin(stack.part, [p for p, f in enumerate(fields) if f == field])
        for code, problems in (("SG412", ("SG412", "blank")), ("SG413", ("SG413",)), ("SG415", ("SG415",))):
            verdicts.append(Verdict(code, "held_back", here & np.isin(money.problem, problems), field))
    return verdicts


def _rounding_issue(stack: Stack, money: Cents, fields: list[str]) -> list[Issue]:
    """SG417: what the sum of all records lost when each was rounded to cents."""
    if not money.rounded.any():
        return []
    at = int(money.rounded.argmax())
    part = int(stack.part[at])
    facts = (("residue", f"{money.residue:f}"), ("exact", f"{money.exact:f}"))
    header = stack.header(part, fields[part])
    shown = str(stack.column(fields[part]).iloc[at])
    count = int(money.rounded.sum())
    return [Issue("SG417", "note", stack.files[part], int(stack.line[at]), header, shown, count, facts)]


def _date_back(frame: pd.DataFrame, ordered: npt.NDArray[np.bool_]) -> tuple[pd.DataFrame, list[Issue]]:
    """A refund counts on the day of the sale it undoes: its own day moves to ``x:refund_date``.

    ``ordered`` marks the records that came with an order id.
    """
    import numpy as np

    refund = (frame["cents"] < 0).to_numpy()
    if not refund.any():
        return frame, []
    sales = frame[~refund & ordered & (frame["cents"] > 0).to_numpy()]
    first = sales.groupby(["customer_id", "order_id"], sort=False)["date"].min().rename("sold").reset_index()
    sold = frame[["customer_id", "order_id"]].merge(first, how="left", on=["customer_id", "order_id"])["sold"]
    own = frame["date"]
    moved = refund & (sold < own).to_numpy()
    before = refund & (sold > own).to_numpy()
    alone = refund & ordered & sold.isna().to_numpy()
    issues = []
    for code, mask in (("SG420", alone), ("SG422", before)):
        if mask.any():
            at = frame.iloc[int(np.argmax(mask))]
            count = int(mask.sum())
            issues.append(Issue(code, level(code), at["file"], int(at["line"]), "", at["order_id"], count))
    if not moved.any():
        return frame, issues
    shown = own.dt.strftime("%Y-%m-%d").astype("str").where(moved, frame.get(REFUND_DATE, ""))
    return frame.assign(**{"date": own.where(~moved, sold), REFUND_DATE: shown}), issues
