"""Several books of one split made one: data, entries, parameters, ledgers; nothing is guessed.

A customer who stands in two books counts as in the one that was written with them; what the other says
beyond that is taken where the first is silent, and listed where both speak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sheetgen.handed.book import Handed
from sheetgen.handed.kept import kept_of_all
from sheetgen.handed.settled import one_day, one_numbers, one_scheme
from sheetgen.handed.sheets import text_of
from sheetgen.ingest.fates import LEFT_OUT
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.layout import RECORDS, SHEETS
from sheetgen.workbook.regrade.edited import Edited
from sheetgen.workbook.sheets.base import WRITTEN

if TYPE_CHECKING:
    import pandas as pd


HELPERS: Final = ("file", "line", "key", "typed", "book", "nth", "_merge")


@dataclass(frozen=True)
class United:
    """``handed``: all books as one. ``conflicts``: what two books say otherwise, whose first word stays."""

    handed: Handed
    conflicts: tuple[Edited, ...]


def unite(books: Sequence[Handed], name: str) -> United:
    """``books`` of one run as one book called ``name``."""
    import pandas as pd

    first = books[0]
    home = _homes(books)
    twice = sorted(c for c, places in home.items() if len(places) > 1)
    customers, told = _one_each(books, "customers", home)
    tables: dict[str, pd.DataFrame] = {"customers": customers}
    repeats = []
    for table in RECORDS:
        tables[table], again = _records(books, table, home, set(twice))
        repeats.append(again)
    tables["preferences"], more = _one_each(books, "preferences", home)
    inputs, still = _inputs(books, home, customers["customer_id"].tolist())
    numbers, odd = one_numbers(books)
    as_of, day = one_day(books)
    scheme, benefits = one_scheme(books)
    base = pd.concat([book.base for book in books])
    handed = replace(
        first, name=name, scheme=scheme, as_of=as_of,
        sha256=sha256("\n".join(sorted(book.sha256 for book in books)).encode()).hexdigest(),
        last_as_of=max((b.last_as_of for b in books if b.last_as_of), default=None),
        tables=tables, extras=_extras(books), inputs=inputs, numbers=numbers, ledger=_ledger(books),
        reviews=tuple(dict.fromkeys(r for book in books for r in book.reviews)), figures={},
        base=base[~base.index.duplicated()],
        left_out=pd.concat([*(b.left_out for b in books), *repeats], ignore_index=True),
        files=tuple(f for book in books for f in book.files),
        issues=(*(_named(i, b.name) for b in books for i in b.issues), *_issues(books, home, twice)),
        kept=kept_of_all([(book.name, book.kept) for book in books]), split={}, places={},
        package=None, moved={},
        read_rows=sum(b.read_rows for b in books), read_cents=sum(b.read_cents for b in books),
    )  # fmt: skip
    return United(handed, (*told, *more, *still, *odd, *day, *benefits))


def _homes(books: Sequence[Handed]) -> dict[str, list[int]]:
    """Customer -> the books that they stand in, the one that was written with them first."""
    found: dict[str, list[int]] = {}
    for i, book in enumerate(books):
        for customer in book.ids:
            found.setdefault(customer, []).append(i)
    for customer, places in found.items():
        if len(places) > 1:
            places.sort(key=lambda i: (customer not in books[i].base.index, i))
    return found


def _piled(books: Sequence[Handed], table: str) -> pd.DataFrame:
    """The rows of a table of all books, with ``book``: which one."""
    import pandas as pd

    frames = [book.tables[table].assign(book=i) for i, book in enumerate(books) if len(book.tables[table])]
    whole = pd.concat(frames, ignore_index=True) if frames else books[0].tables[table].assign(book=0)
    texts = [str(c) for c in whole if str(c).startswith("x:")]
    return whole.assign(**{c: whole[c].fillna("").astype("str") for c in texts})


def _one_each(
    books: Sequence[Handed], table: str, home: Mapping[str, list[int]]
) -> tuple[pd.DataFrame, list[Edited]]:
    """A table with a row a customer: the row of the customer's own book, its gaps filled from the other."""
    import pandas as pd

    whole = _piled(books, table)
    rank = [home.get(c, [i]).index(i) if i in home.get(c, [i]) else len(books)
            for c, i in zip(whole["customer_id"].tolist(), whole["book"].tolist(), strict=True)]  # fmt: skip
    order = whole.assign(rank=rank).sort_values("rank", kind="stable").index
    again = whole.loc[order]["customer_id"].duplicated()
    kept = whole.drop(index=again[again].index)
    conflicts = []
    shown = [str(c) for c in whole if c not in HELPERS and c != "customer_id"]
    for at in again[again].index.tolist():
        other = whole.loc[at]
        mine = kept.index[kept["customer_id"] == other["customer_id"]][0]
        for column in shown:
            here, there = kept.at[mine, column], other[column]
            if _blank(there) or text_of(here) == text_of(there):
                continue
            if _blank(here):
                kept.at[mine, column] = there
                continue
            label = data_tables()[table].fields.get(column)
            words = label.label.text(books[0].lang) if label else column.removeprefix("x:")
            conflicts.append(
                _conflict(books, table, other, words, here, there, int(str(kept.at[mine, "book"])))
            )
    return pd.DataFrame(kept.drop(columns="book").reset_index(drop=True)), conflicts


def _conflict(
    books: Sequence[Handed], table: str, row: Any, words: str, here: Any, there: Any, mine: int
) -> Edited:
    """``was``: what the customer's own book says, which stays; ``data``: the other."""
    other = books[int(row["book"])]
    sheet = f"{other.name}#{SHEETS[table].text(other.lang)}"
    said = f"{words}: {text_of(there)} ({other.name})"
    return Edited(
        sheet, "", str(row["customer_id"]), "conflict", said, f"{text_of(here)} ({books[mine].name})"
    )


def _blank(value: Any) -> bool:
    import pandas as pd

    return value is None or bool(pd.isna(value)) or value == ""


def _records(
    books: Sequence[Handed], table: str, home: Mapping[str, list[int]], twice: set[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The records of all books. Those of a customer in two books that stand in both count once."""
    import numpy as np
    import pandas as pd

    whole = _piled(books, table)
    fields = [c for c in whole if c not in HELPERS and not str(c).startswith("x:")]
    doubtful = whole[whole["customer_id"].isin(twice)]
    gone = np.zeros(len(whole), dtype=bool)
    if len(doubtful):
        keys = doubtful[fields].copy()
        for column in keys.columns[keys.dtypes == "str"]:
            own = keys[column].str.fullmatch(r"#[0-9a-f]{6}-\d+").fillna(False)
            keys[column] = keys[column].where(~own, "")
        keys["book"] = doubtful["book"]
        keys["nth"] = keys.groupby([*fields, "book"], dropna=False).cumcount()
        first = doubtful["customer_id"].map(lambda c: home[c][0])
        mine = (doubtful["book"] == first).to_numpy()
        own_keys = set(map(tuple, keys[mine].drop(columns="book").astype(str).to_numpy().tolist()))
        rest = keys[~mine].drop(columns="book").astype(str)
        again = [tuple(row) in own_keys for row in rest.to_numpy().tolist()]
        gone[rest.index[np.asarray(again, dtype=bool)]] = True
    left = whole[gone]
    cents = left["cents"].to_numpy(dtype=np.int64) if "cents" in left else 0
    told = pd.DataFrame(
        {
            "file": left["file"].to_numpy(), "line": left["line"].to_numpy(), "table": table,
            "fate": "duplicate", "code": "SG817", "column": "", "value": left["customer_id"].to_numpy(),
            "cents": cents,
        },
        columns=list(LEFT_OUT),
    )  # fmt: skip
    return whole[~gone].drop(columns="book").reset_index(drop=True), told


def _inputs(
    books: Sequence[Handed], home: Mapping[str, list[int]], ids: list[str]
) -> tuple[pd.DataFrame, list[Edited]]:
    """The inputs of 客户级别 from each customer's own book; where it is empty, from the other."""
    import pandas as pd

    columns, named = [i.id for i in books[0].scheme.inputs], {c.casefold(): c for c in home}
    frames = [book.inputs.assign(book=i) for i, book in enumerate(books)]
    whole = pd.concat(frames)
    whole.index = [c if c in home else named[c.casefold()] for c in whole.index.tolist()]  # who moved
    places = zip(whole.index.tolist(), whole["book"].tolist(), strict=True)
    rank = [home[c].index(i) if i in home[c] else len(books) for c, i in places]
    first = whole[[place == 0 for place in rank]].reindex(ids)
    away = [c for c in ids if c not in books[home[c][0]].base.index]
    for customer in away:  # moved by hand: what the period before left of them stands in their old book
        old = next((i for i, book in enumerate(books) if customer in book.base.index), None)
        if old is not None:
            was = _as_written(books[old], customer)
            for column in (c for c in columns if c not in WRITTEN):
                first.at[customer, column] = was[column]
    conflicts = []
    others = whole[[place > 0 for place in rank]]
    for customer, row in zip(map(str, others.index), (r for _, r in others.iterrows()), strict=True):
        for column in (c for c in columns if c in WRITTEN):
            here, there = first.at[customer, column], row[column]
            if _blank(there) or text_of(here) == text_of(there):
                continue
            if _blank(here):
                first.at[customer, column] = there
                continue
            label = next(i.label for i in books[0].scheme.inputs if i.id == column).text(books[0].lang)
            told = row.rename(None)
            told["customer_id"] = customer
            conflicts.append(_conflict(books, "tiers", told, label, here, there, home[customer][0]))
    return first.drop(columns="book"), conflicts


def _as_written(book: Handed, customer: str) -> pd.Series[Any]:
    from sheetgen.handed.words import inputs_of_base, last_tiers

    was = last_tiers(book.ledger, book.as_of, book.last_as_of is not None, book.base, book.scheme, book.lang)
    return inputs_of_base(book.base, [customer], book.scheme, was).iloc[0]


def _extras(books: Sequence[Handed]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for book in books:
        for table, headers in book.extras.items():
            found.setdefault(table, {}).update(headers)
    return found


def _ledger(books: Sequence[Handed]) -> pd.DataFrame:
    import pandas as pd

    whole = pd.concat([book.ledger for book in books], ignore_index=True).drop_duplicates()
    return whole.sort_values("week", kind="stable").reset_index(drop=True)


def _named(issue: Issue, book: str) -> Issue:
    """An issue with the book that it is of."""
    if issue.file.startswith(book):
        return issue
    return replace(issue, file=f"{book}{issue.file}" if issue.file.startswith("#") else book)


def _issues(books: Sequence[Handed], home: Mapping[str, list[int]], twice: list[str]) -> Iterator[Issue]:
    """Customers in two books, each with both."""
    for customer in twice:
        mine, *others = (books[i].name for i in home[customer])
        facts = (("mine", mine), ("other", ", ".join(others)))
        yield Issue("SG816", "warning", mine, value=customer, facts=facts)
