"""Customers: each id once, and every customer that another table names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sheetgen.ingest.doubles import find_doubles
from sheetgen.ingest.fates import Outcome, Verdict, decide
from sheetgen.ingest.headers import EXTRA
from sheetgen.ingest.stack import Stack
from sheetgen.ingest.transactions import customer_ids
from sheetgen.ingest.types import typed
from sheetgen.model import Issue
from sheetgen.scheme.tables import data_tables

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd


def ids_by_name(stack: Stack) -> dict[str, str]:
    """Customer name -> id, for names that only one id bears."""
    ids = typed(stack.column("customer_id"), "id").values
    names = typed(stack.column("customer_name"), "id").values
    pairs = ids.to_frame("id").assign(name=names).query("id != '' and name != ''").drop_duplicates()
    once = pairs[~pairs["name"].duplicated(keep=False)]
    return dict(zip(once["name"].tolist(), once["id"].tolist(), strict=True))


def clean_log(stack: Stack, known: Mapping[str, str]) -> tuple[pd.DataFrame, Outcome]:
    """Any table but transactions, typed; a record without an id, or a day where one is due, is held back.

    A table without a date has one record a customer: later ones are duplicates (SG405).
    """
    import numpy as np

    fields = data_tables()[stack.kind].fields
    ids, by_name = customer_ids(stack, known)
    doubles = find_doubles(stack, None)
    verdicts = [
        Verdict("SG114", "duplicate", doubles.same_file),
        Verdict("SG403", "held_back", ids.problem == "SG403", "customer_id"),
        Verdict("SG404", "held_back", (ids.values == "").to_numpy(dtype=bool), "customer_id"),
    ]
    cells: list[Verdict] = []
    columns: dict[str, Any] = {"customer_id": ids.values}
    for field in fields.values():
        if field.id == "customer_id":
            continue
        values, problem = _typed(stack, field.id)
        columns[field.id] = values
        if field.id == "date":
            verdicts.append(Verdict("SG430", "held_back", problem == "blank", "date"))
            verdicts += [Verdict(c, "held_back", problem == c, "date") for c in ("SG431", "SG432")]
            continue
        codes = sorted(set(np.unique(problem.astype(str)).tolist()) - {"", "blank"})
        cells += [
            Verdict(c, "used", problem == c, field.id, listed=c not in ("SG402", "SG423")) for c in codes
        ]
    if "date" in fields:
        cells.append(Verdict("SG411", "used", doubles.alike, listed=False))
    else:
        verdicts.append(Verdict("SG410", "duplicate", doubles.alike, "customer_id"))
        valid = decide(stack, verdicts).used
        again = np.zeros(len(valid), dtype=bool)
        again[valid] = ids.values[valid].duplicated().to_numpy()
        verdicts.append(Verdict("SG405", "duplicate", again, "customer_id"))
    cells.append(Verdict("SG441", "used", by_name, "customer_name", listed=False))
    outcome = decide(stack, verdicts + cells)
    frame = _with_extras(stack, columns)
    if stack.kind == "customers":
        frame = _newest_names(frame, outcome)
    return frame[outcome.used].reset_index(drop=True), outcome


def _typed(stack: Stack, field: str) -> tuple[Any, npt.NDArray[Any]]:
    import pandas as pd

    kind = data_tables()[stack.kind].fields[field].type
    if kind not in ("date", "money"):
        whole = typed(stack.column(field), kind)
        return whole.values, whole.problem
    pieces = stack.by_part(lambda part, cells: _pair(stack, part, cells, field))
    if not pieces:
        none = typed(pd.Series([], dtype="str"), kind)
        return none.values, none.problem
    return pieces[0], pieces[1]


def _pair(stack: Stack, part: int, cells: pd.DataFrame, field: str) -> tuple[Any, Any]:
    import pandas as pd

    column = cells[field] if field in cells else pd.Series([""] * len(cells), dtype="str")
    found = typed(column, data_tables()[stack.kind].fields[field].type, stack.scale(part, field))
    return found.values.to_numpy(), found.problem


def _with_extras(stack: Stack, columns: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    for name in stack.cells:
        if str(name).startswith(EXTRA):
            columns[str(name)] = typed(stack.cells[name], "text").values
    return pd.DataFrame(columns)


def _newest_names(frame: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    # a renamed customer stands again further down: the last name given is the one in use
    ids = frame["customer_id"]
    told = frame[(ids != "") & (frame["customer_name"] != "") & (outcome.fate != "held_back")]
    newest = told.drop_duplicates("customer_id", keep="last").set_index("customer_id")["customer_name"]
    names = ids.map(newest).astype("object")
    return frame.assign(customer_name=names.where(names.notna(), ids).astype("str"))


def with_named(customers: pd.DataFrame, named: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """``customers`` and, below, the further ids of ``named`` (customer_id, customer_name, region), sorted."""
    import pandas as pd

    new = named[~named["customer_id"].isin(customers["customer_id"]) & (named["customer_id"] != "")]
    if new.empty:
        return customers, []
    ids = pd.Series(sorted(new["customer_id"].unique().tolist()), dtype="str", name="customer_id")
    added = pd.DataFrame({"customer_id": ids})
    for field in ("customer_name", "region"):
        told = (
            new[new[field] != ""].drop_duplicates("customer_id", keep="last").set_index("customer_id")[field]
        )
        found = ids.map(told).astype("object")
        added[field] = found.where(found.notna(), ids if field == "customer_name" else "").astype("str")
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
