"""Corrections laid over the next data: they hold until the data themselves change, and then it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sheetgen.model import Clean, Issue
from sheetgen.workbook.corrected import MONEY, label_of, said
from sheetgen.workbook.kept import Correction, Laid

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.model import Ledger

ORDERS: Final = ("order_id", "invoice_no", "booking")
"""the fields that tell one record of a customer from another"""
NO_NUMBER: Final = "#"
"""begins an order id that the program gave"""
SALES: Final = "transactions"
CORRECTED: Final = "SG561"


def lay_over(clean: Clean, corrections: tuple[Correction, ...], lang: Lang) -> tuple[Clean, Laid]:
    """``clean`` with the corrections in it, listed in its ledger, and what became of each."""
    if not corrections:
        return clean, Laid()
    tables, laid, listed, more = dict(clean.tables), Laid(), list[dict[str, Any]](), 0
    people = set(tables["customers"]["customer_id"].tolist())
    for table in dict.fromkeys(c.table for c in corrections):
        mine = [c for c in corrections if c.table == table]
        frame, found, rows = _over(tables[table], mine, people)
        if table == SALES:
            more = int(frame[MONEY].sum()) - int(tables[table][MONEY].sum())
        tables[table] = frame
        listed += rows
        laid = Laid(
            (*laid.kept, *found.kept), (*laid.settled, *found.settled), (*laid.lost, *found.lost),
            (*laid.conflicts, *found.conflicts),
        )  # fmt: skip
    return replace(clean, tables=tables, ledger=_account(clean, listed, more, lang)), laid


def _over(
    frame: pd.DataFrame, corrections: list[Correction], people: set[str]
) -> tuple[pd.DataFrame, Laid, list[dict[str, Any]]]:
    """One table. A row of the data takes one correction; among equal rows the first free one."""
    frame = frame.copy()
    near = frame[frame["customer_id"].isin([c.customer for c in corrections])]
    texts = {str(n): dict(zip(near.index, map(said, near[n].tolist()), strict=True)) for n in near}
    by_customer: dict[str, list[int]] = {}
    for at, customer in zip(near.index.tolist(), near["customer_id"].tolist(), strict=True):
        by_customer.setdefault(customer, []).append(at)
    free = set(near.index.tolist())
    found: dict[str, list[Any]] = {"kept": [], "settled": [], "lost": [], "conflicts": []}
    listed: list[dict[str, Any]] = []
    writes: dict[str, dict[int, str]] = {}
    for one in corrections:
        at = _find(one, texts, [i for i in by_customer.get(one.customer, ()) if i in free])
        moved = one.cells.get("customer_id", one.customer)
        if at is None or (one.table != "customers" and moved not in people):
            found["lost"].append(one)
            continue
        free.discard(at)
        row = {**one.row, **{n: texts[n][at] for n in one.row if n in texts}}
        cells = {n: words for n, words in one.cells.items() if n in texts and words != row.get(n, "")}
        found["conflicts"] += [(one, n, row[n]) for n in cells if row[n] != one.row.get(n, "")]
        if not cells:
            found["settled"].append(one)
            continue
        for name, words in cells.items():
            writes.setdefault(name, {})[at] = words
            listed.append({"table": one.table, "column": name, "value": row[name],
                           "file": texts.get("file", {}).get(at, ""),
                           "line": int(texts["line"][at]) if "line" in texts else 0})  # fmt: skip
        found["kept"].append(replace(one, row=row, cells=cells))
    for name, words_at in writes.items():
        frame[name] = _written(frame[name], words_at)
    return frame, Laid(**{key: tuple(value) for key, value in found.items()}), listed


def _find(one: Correction, texts: Mapping[str, Mapping[int, str]], places: list[int]) -> int | None:
    """The row that is meant: equal in all, else alone with its order, else alone on its day."""
    shared = [n for n in one.row if n in texts and not _given(one.row[n], n)]
    for at in places:
        if all(texts[n][at].strip() == one.row[n].strip() for n in shared):
            return at
    if "date" not in one.row:
        return places[0] if len(places) == 1 else None
    order = [n for n in ORDERS if n in shared and one.row[n]]
    for keys in ([*order, "product"], order, ["date"]) if order else (["date"],):
        own = [n for n in keys if n in shared]
        alike = [at for at in places if all(texts[n][at] == one.row[n] for n in own)]
        if len(alike) == 1:
            return alike[0]
    return None


def _given(words: str, name: str) -> bool:
    return name in ORDERS and words.startswith(NO_NUMBER)


def _written(column: pd.Series[Any], words: Mapping[int, str]) -> pd.Series[Any]:
    """``column`` with some of its cells anew, typed as it is."""
    import numpy as np
    import pandas as pd

    at = list(words)
    if column.dtype.kind == "M":
        values: Any = pd.to_datetime(pd.Series([w or None for w in words.values()])).to_numpy()
    elif column.dtype.kind in "iuf":
        values = np.asarray([float(w) if w else np.nan for w in words.values()])
        if column.dtype.kind in "iu":
            values = np.nan_to_num(values).astype(column.dtype)
    else:
        column = column.astype("str") if isinstance(column.dtype, pd.CategoricalDtype) else column.copy()
        values = np.asarray(list(words.values()), dtype=object)
    found = column.copy()
    found.loc[at] = values
    return found


def _account(clean: Clean, listed: list[dict[str, Any]], more: int, lang: Lang) -> Ledger:
    """The ledger with every corrected cell in its list; what was read counts as staff corrected it."""
    import pandas as pd

    ledger = clean.ledger
    if not listed:
        return ledger
    rows = [
        {**row, "fate": "used", "code": CORRECTED, "cents": 0,
         "column": label_of(row["table"], row["column"], lang), "value": shown(row["column"], row["value"])}
        for row in listed
    ]  # fmt: skip
    told = pd.DataFrame(rows)[list(ledger.left_out.columns)].astype(ledger.left_out.dtypes.to_dict())
    return replace(
        ledger,
        cents={**ledger.cents, "used": ledger.cents["used"] + more},
        read_cents=ledger.read_cents + more,
        left_out=pd.concat([ledger.left_out, told], ignore_index=True),
    )


def shown(column: str, words: str) -> str:
    """A recorded value as people read it: money in currency units."""
    return f"{int(words) / 100:.2f}" if column == MONEY and words else words


def issues_of(laid: Laid, book: str, lang: Lang) -> Iterator[Issue]:
    """What is to be told of corrections."""
    if laid.kept:
        yield Issue("SG560", "note", book, count=len(laid.kept))
    if laid.lost:
        one = laid.lost[0]
        yield Issue("SG564", "warning", book, value=one.customer, count=len(laid.lost),
                    facts=(("place", one.place or one.table),))  # fmt: skip
    for one, column, words in laid.conflicts:
        yield Issue(
            "SG565", "warning", book, 0, label_of(one.table, column, lang), shown(column, words),
            facts=(("place", one.place or one.customer), ("kept", shown(column, one.cells[column]))),
        )  # fmt: skip
