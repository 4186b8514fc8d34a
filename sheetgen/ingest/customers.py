"""Customers: each id once, and every customer that another table names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sheetgen.ingest.cells import kept
from sheetgen.ingest.coded import in_full
from sheetgen.ingest.doubles import find_doubles
from sheetgen.ingest.extras import extra_columns
from sheetgen.ingest.fates import Outcome, Verdict, decide
from sheetgen.ingest.identity import among
from sheetgen.ingest.ids import Ids, Known, ids_of
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.transactions import ORIGINAL, id_verdicts
from sheetgen.ingest.types import Typed, nothing_typed, typed
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


def clean_log(stack: Stack, known: Known) -> tuple[pd.DataFrame, Outcome]:
    """Any table but transactions, typed; a record without an id, or a day where one is due, is held back.

    A table without a date has one record a customer: later ones are duplicates (SG405), and those of an id
    that was merged into another with a record of its own (SG409); what only they tell fills its gaps.
    """
    import pandas as pd

    fields = data_tables()[stack.kind].fields
    ids = ids_of(stack, known)
    doubles = find_doubles(stack, None)
    verdicts = [
        Verdict("SG114", "duplicate", doubles.same_file),
        Verdict("SG407", "status", ids.test, "customer_id"),
    ]
    own, *told = id_verdicts(ids)
    verdicts += [own, *told]
    cells: list[Verdict] = []
    columns: dict[str, Any] = {"customer_id": ids.values}
    for field in fields.values():
        if field.id == "customer_id":
            continue
        found = _typed(stack, field.id)
        columns[field.id] = found.values
        if field.id == "date":
            verdicts.append(Verdict("SG430", "held_back", found.has("blank"), "date"))
            verdicts += [Verdict(c, "held_back", found.has(c), "date") for c in ("SG431", "SG432")]
            continue
        cells += [
            Verdict(c, "used", found.has(c), field.id, listed=c not in ("SG402", "SG423"))
            for c in sorted(found.found - {"", "blank"})
        ]
    extras, more = extra_columns(stack)
    once = "date" not in fields
    # a customer's cells are still to be filled and renamed
    columns |= {name: in_full(cells_) for name, cells_ in extras.items()} if once else extras
    cells += more
    if once:
        verdicts.append(Verdict("SG410", "duplicate", doubles.alike, "customer_id"))
        verdicts += _twice(ids, decide(stack, verdicts).used)
    else:
        cells.append(Verdict("SG411", "used", doubles.alike, listed=False))
        if ids.original is not None and ids.moved.any():
            columns[ORIGINAL] = ids.original
    outcome = decide(stack, verdicts + cells)
    frame = pd.DataFrame(columns, copy=False)
    if once and ids.moved.any():
        frame = _filled(frame, ids, outcome)
    if stack.kind == "customers":
        frame = _newest_names(frame, ids, outcome)
    return kept(frame, outcome.used), outcome


def _twice(ids: Ids, valid: npt.NDArray[np.bool_]) -> list[Verdict]:
    """A customer's record again: the first of their own counts, then the first that was merged."""
    import numpy as np

    rows = np.flatnonzero(valid)
    moved = ids.moved[rows]
    rows = np.concatenate([rows[~moved], rows[moved]])
    again = np.zeros(len(valid), dtype=bool)
    again[rows[ids.values.iloc[rows].duplicated().to_numpy()]] = True
    return [
        Verdict("SG409", "duplicate", again & ids.moved, "customer_id"),
        Verdict("SG405", "duplicate", again & ~ids.moved, "customer_id"),
    ]


def _filled(frame: pd.DataFrame, ids: Ids, outcome: Outcome) -> pd.DataFrame:
    """``frame`` with the gaps of each customer's record filled from those merged into it."""
    import numpy as np

    merged = np.array([v.code == "SG409" and v.fate != "used" for v in outcome.verdicts])[outcome.by] & (
        outcome.by >= 0
    )
    if not merged.any():
        return frame
    frame = frame.copy()
    gone = frame[merged]
    for name in frame.columns.drop("customer_id"):
        lacks = frame[name].isna() | (frame[name] == "")
        has = ~(gone[name].isna() | (gone[name] == ""))
        told = gone[has].drop_duplicates("customer_id").set_index("customer_id")[name]
        fill = (lacks & ids.values.isin(told.index)).to_numpy(dtype=bool) & outcome.used
        if fill.any():
            frame.loc[fill, name] = frame.loc[fill, "customer_id"].map(told).to_numpy()
    return frame


def _typed(stack: Stack, field: str) -> Typed:
    import numpy as np
    import pandas as pd

    kind = data_tables()[stack.kind].fields[field].type
    if field not in stack.cells:
        return nothing_typed(kind, len(stack.cells))
    if kind not in ("date", "money"):
        whole = typed(stack.column(field), kind)
        return replace(whole, values=in_full(whole.values))
    found = [typed(cells, kind, stack.scale(part, field)) for part, cells in enumerate(stack.by_part(field))]
    if len(found) == 1:
        return found[0]
    values = pd.concat([part.values for part in found], ignore_index=True)
    return Typed(values, np.concatenate([part.problem for part in found]))


def _newest_names(frame: pd.DataFrame, ids: Ids, outcome: Outcome) -> pd.DataFrame:
    # a renamed customer stands again further down: the last name given is the one in use; a merged id's
    # name counts only where there is no other
    moved = ids.moved
    called = (frame["customer_id"] != "") & (frame["customer_name"] != "") & ~outcome.fated("held_back")
    called &= ~ids.by_phone
    newest = frame[called & ~moved].drop_duplicates("customer_id", keep="last")
    if moved.any():
        import pandas as pd

        other = frame[called & moved].drop_duplicates("customer_id", keep="last")
        newest = pd.concat([newest, other]).drop_duplicates("customer_id")
    names = frame["customer_id"].map(newest.set_index("customer_id")["customer_name"]).astype("object")
    return frame.assign(customer_name=names.where(names.notna(), frame["customer_id"]).astype("str"))


def with_named(customers: pd.DataFrame, named: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """``customers`` and, below, the further ids of ``named`` (customer_id, customer_name, region), sorted."""
    import pandas as pd

    known = among(named["customer_id"], customers["customer_id"])
    new = named[~known & (named["customer_id"] != "").to_numpy(dtype=bool)]
    if new.empty:
        return customers, []
    ids = pd.Series(sorted(new["customer_id"].unique().tolist()), dtype="str", name="customer_id")
    added = pd.DataFrame({"customer_id": ids})
    for field in ("customer_name", "region"):
        told = new.loc[(new[field] != "").to_numpy(dtype=bool), ["customer_id", field]]
        none = ids if field == "customer_name" else pd.Series([""] * len(ids), dtype="str")
        if told.empty:
            added[field] = none
            continue
        told = told.drop_duplicates("customer_id", keep="last").set_index("customer_id")
        found = ids.map(told[field]).astype("object")
        added[field] = found.where(found.notna(), none).astype("str")
    whole = pd.concat([customers, added], ignore_index=True)
    texts = [str(c) for c in customers if customers[c].dtype == "str" or customers[c].dtype == object]
    whole[texts] = whole[texts].fillna("")
    whole = whole.astype({c: customers[c].dtype for c in customers})
    return whole, [Issue("SG440", "note", value=str(ids.iloc[0]), count=len(ids))]


def alike_ids(customers: pd.DataFrame) -> list[Issue]:
    """SG406: ids that differ only in leading zeros, such as 00123 and 123."""
    ids = customers["customer_id"]
    numbers = ids[ids.str.fullmatch(r"\d+").to_numpy(dtype=bool)]
    bare = numbers.str.lstrip("0")
    twice = numbers[bare.duplicated(keep=False)]
    if twice.empty:
        return []
    return [Issue("SG406", "warning", value=str(twice.iloc[0]), count=len(twice))]
