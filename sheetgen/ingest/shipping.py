"""Shipping and coupons: in what an order counts, or not, as the user has switched it.

The rules, in one place:

- Without a switch every amount counts as its column says it, and nothing here is read.
- What an amount column holds is told by its header (``amount_says`` in the config, then in platforms.yml). A
  price times a number holds neither. Where nothing is known it is taken for what was paid, shipping
  included and coupons deducted, and that is told (SG464, SG465).
- Where it holds what is wanted, nothing changes; else the order's shipping or coupons are added or taken
  off, once an order: a number that stands again on each of its lines is one, different ones add up.
- Only records that count are touched, after refunds were settled. What is added stands on the order's first
  record with an amount; what is taken off comes off its records in turn, none falls below nothing.
- An order that was paid back: its shipping was too, as far as its net amount says so.
- More to take off than the order is worth (SG469), or a cell that cannot be read (SG468): told, and the
  amount stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.amounts import Worth, as_text, read_column
from sheetgen.ingest.coded import in_full
from sheetgen.ingest.fates import Verdict
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.keys import normalise
from sheetgen.ingest.money import Rates, total_cents
from sheetgen.ingest.platforms import amount_says, export_of
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.types import typed
from sheetgen.model import Issue

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

FIELDS: Final = ("shipping", "coupon")
SHIPPING: Final = f"{EXTRA}shipping_adjustment"
COUPONS: Final = f"{EXTRA}coupon_adjustment"
_GOODS: Final = {"shipping": "excluded", "coupons": "added_back"}
"""what a price times a number holds"""


@dataclass(frozen=True)
class _Switch:
    """``wanted`` of ``setting``, and what it is taken for where nothing is known; ``sign``: what it does."""

    setting: str
    field: str
    wanted: str
    assumed: str
    sign: int
    shown: str


@dataclass(frozen=True)
class Adjusted:
    """What each record counts in the end, and what is to be told and shown of it."""

    cents: npt.NDArray[np.int64]
    columns: dict[str, pd.Series[str]] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    issues: tuple[Issue, ...] = ()


def own_columns(stack: Stack, extras: dict[str, pd.Series[str]]) -> dict[str, pd.Series[str]]:
    """``extras`` and the files' columns of shipping and coupons as they are, under their own headers."""
    import numpy as np

    found = dict(extras)
    for name in FIELDS:
        if name not in stack.cells:
            continue
        text = in_full(typed(stack.column(name), "text").values)
        having = [part for part in range(len(stack.tables)) if stack.has(part, name)]
        for header in dict.fromkeys(stack.header(part, name) for part in having):
            parts = [part for part in having if stack.header(part, name) == header]
            mine = np.isin(stack.part, parts)
            column = f"{EXTRA}{header}"
            found[column] = text.where(mine, in_full(found[column]) if column in found else "")
    return found


def adjust(
    stack: Stack,
    rules: ReadRules,
    worth: Worth,
    whose: pd.Series[str],
    orders: pd.Series[str],
    cents: npt.NDArray[np.int64],
    used: npt.NDArray[np.bool_],
    net: npt.NDArray[np.bool_],
) -> Adjusted:
    """``cents`` of the ``used`` records with shipping and coupons as ``rules`` want them.

    ``whose``, ``orders``: the ids of each record, none blank; ``net``: it is net of a refund of its own.
    """
    switches = _switches(rules)
    if not switches or not len(cents):
        return Adjusted(cents)
    found = Adjusted(cents)
    number = _numbers(whose, orders)
    for switch in switches:
        parts, issues = _parts(stack, rules, worth, switch)
        if not parts:
            found = Adjusted(found.cents, found.columns, found.verdicts, (*found.issues, *issues))
            continue
        stated, doubtful = _stated(stack, switch, parts, Rates(rules.currency, rules.rates))
        stated[~(used & ((found.cents >= 0) | net))] = 0
        change, over = _change(number, stack.part, found.cents, stated, used, net, switch.sign)
        columns = {switch.shown: as_text(change)} if change.any() else {}
        found = Adjusted(
            found.cents + change,
            {**found.columns, **columns},
            (*found.verdicts, *doubtful, Verdict("SG469", "used", over, switch.field)),
            (*found.issues, *issues, *_applied(stack, switch, number, change)),
        )
    return found


def _switches(rules: ReadRules) -> list[_Switch]:
    """What is to be done; what adds comes first, so that less falls below nothing."""
    found = []
    for setting, name, adding, assumed, shown in (
        ("shipping", "shipping", "included", "included", SHIPPING),
        ("coupons", "coupon", "added_back", "deducted", COUPONS),
    ):
        wanted = getattr(rules, setting)
        if wanted:
            sign = 1 if wanted == adding else -1
            found.append(_Switch(setting, name, wanted, assumed, sign, shown))
    return sorted(found, key=lambda switch: -switch.sign)


def _numbers(whose: pd.Series[str], orders: pd.Series[str]) -> npt.NDArray[np.int64]:
    """A number for each record, the same for those of one customer's order."""
    import numpy as np
    import pandas as pd

    customer, order = (
        pd.factorize(ids, use_na_sentinel=False)[0].astype(np.int64) for ids in (whose, orders)
    )
    many = int(order.max()) + 1 if len(order) else 1
    return pd.factorize(customer * many + order)[0].astype(np.int64)


def _parts(stack: Stack, rules: ReadRules, worth: Worth, switch: _Switch) -> tuple[list[int], list[Issue]]:
    """The tables whose amounts do not hold what is wanted and that say how much it is; SG464 to SG467."""
    known = {normalise(header): says for header, says in rules.amount_says.items()}
    parts, issues = [], []
    for part, table in enumerate(stack.tables):
        export = export_of(table.source.export)
        amount = worth.fields[part]
        if amount == "refunded" or (export and export.refunds) or not table.source.confidence:
            continue  # refunds, and what staff typed into the last book
        header = stack.header(part, amount)
        said = known.get(normalise(header), {}).get(switch.setting) or (
            _GOODS if amount == "unit_price" else amount_says().get(normalise(header), {})
        ).get(switch.setting)
        here, wanted = (said or switch.assumed), switch.wanted
        if said is None:
            code = "SG464" if switch.field == "shipping" else "SG465"
            issues.append(Issue(code, "warning", stack.files[part], table.source.header_row, header))
        if here == wanted:
            continue
        if stack.has(part, switch.field):
            parts.append(part)
        else:
            code = "SG466" if switch.field == "shipping" else "SG467"
            issues.append(Issue(code, "warning", stack.files[part], table.source.header_row, header))
    return parts, issues


def _stated(
    stack: Stack, switch: _Switch, parts: list[int], rates: Rates
) -> tuple[npt.NDArray[np.int64], list[Verdict]]:
    """What each record of ``parts`` states, in cents without a sign, and the cells that cannot be read."""
    import numpy as np

    total = np.zeros(len(stack.cells), np.int64)
    bad: dict[str, npt.NDArray[np.bool_]] = {}
    for part in parts:
        rows = np.flatnonzero(stack.where(part))
        place = slice(int(rows[0]), int(rows[-1]) + 1) if len(rows) else slice(0, 0)
        for name in (switch.field, *_further(stack, part, switch.field)):
            money = read_column(stack, part, place, name, rates)
            total[place] += np.abs(money.cents)
            odd = ~money.has("", "blank")
            if odd.any():
                bad.setdefault(name, np.zeros(len(total), bool))[place] |= odd
    for mask in bad.values():
        total[mask] = 0
    return total, [Verdict("SG468", "used", mask, name) for name, mask in bad.items()]


def _further(stack: Stack, part: int, name: str) -> list[str]:
    """The columns that a platform's export adds to those of the field."""
    table = stack.tables[part]
    export = export_of(table.source.export)
    wanted = {normalise(h) for h in export.further.get(name, ())} if export else set()
    columns = [str(column) for column in table.frame if str(column).startswith(EXTRA)]
    return [column for column in columns if normalise(column.removeprefix(EXTRA)) in wanted]


def _change(
    number: npt.NDArray[np.int64],
    part: npt.NDArray[np.int64],
    cents: npt.NDArray[np.int64],
    stated: npt.NDArray[np.int64],
    used: npt.NDArray[np.bool_],
    net: npt.NDArray[np.bool_],
    sign: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """What is added to each record, and the records that state more than can be taken off their order."""
    import numpy as np
    import pandas as pd

    change, over = np.zeros(len(cents), np.int64), np.zeros(len(cents), bool)
    rows = np.flatnonzero(stated)
    if not len(rows):
        return change, over
    told = pd.DataFrame({"order": number[rows], "cents": stated[rows], "part": part[rows], "row": rows})
    told = told[told["part"] == told.groupby("order")["part"].transform("first")]
    each = told.groupby("order", sort=False).agg(
        low=("cents", "min"), high=("cents", "max"), sum=("cents", "sum"), row=("row", "first")
    )
    orders = each.index.to_numpy()
    much = np.where(each["low"] == each["high"], each["low"], each["sum"])
    many = int(number.max()) + 1
    left, returned = np.zeros(many, np.int64), np.zeros(many, bool)
    np.add.at(left, number[used], cents[used])
    returned[number[used & ((cents < 0) | net)]] = True
    left, returned = left[orders], returned[orders]
    whole = np.zeros(many, np.int64)
    plus = np.flatnonzero(used & (cents > 0))
    if sign > 0:
        first = np.zeros(many, np.intp)
        first[orders] = each["row"]
        first[number[plus[::-1]]] = plus[::-1]  # of several the last one written stays: the first record
        change[first[orders]] = np.where(returned & (left <= 0), np.minimum(much, -left), much)
        return change, over
    beyond = ~returned & (much > left)
    over[each["row"].to_numpy()[beyond]] = True
    whole[orders] = np.where(beyond, 0, np.minimum(much, np.maximum(left, 0)))
    lines = pd.Series(cents[plus])
    before = lines.groupby(number[plus]).cumsum().to_numpy() - cents[plus]
    change[plus] = -np.clip(whole[number[plus]] - before, 0, cents[plus])
    return change, over


def _applied(
    stack: Stack, switch: _Switch, number: npt.NDArray[Any], change: npt.NDArray[Any]
) -> list[Issue]:
    """SG460 to SG463: for each file how much was added or taken off, on how many orders."""
    import numpy as np

    issues = []
    for part in np.unique(stack.part[change != 0]).tolist():
        rows = np.flatnonzero((stack.part == part) & (change != 0))
        header = stack.header(part, switch.field)
        place = (stack.files[part], int(stack.line[rows[0]]), header)
        value = str(stack.column(switch.field).iloc[rows[0]])[:80]
        count = len(np.unique(number[rows]))
        total = abs(total_cents(change[rows]))
        facts = (("total", f"{total // 100:,}.{total % 100:02d}"),)
        match switch.field, switch.sign:
            case "shipping", -1:
                issues.append(Issue("SG460", "note", *place, value, count, facts))
            case "shipping", _:
                issues.append(Issue("SG461", "note", *place, value, count, facts))
            case _, 1:
                issues.append(Issue("SG462", "note", *place, value, count, facts))
            case _:
                issues.append(Issue("SG463", "note", *place, value, count, facts))
    return issues
