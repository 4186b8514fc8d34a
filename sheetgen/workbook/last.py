"""What moves on from last week's book, and how it is laid over this week's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sheetgen.grading.grade import empty_inputs
from sheetgen.grading.track import empty_ledger
from sheetgen.model import Issue

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.model import Clean
    from sheetgen.scheme.compile import Scheme


@dataclass(frozen=True)
class LastBook:
    """What staff left in the last book.

    ``tiers``: customer -> their inputs on 客户级别 and the last final tier. ``staff``: table -> field -> customer ->
    text. ``service``: entries staff typed. ``parameters``: numbers they changed, by the keys of start_settings.
    """

    tiers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    staff: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    service: tuple[Mapping[str, Any], ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    ledger: pd.DataFrame = field(default_factory=empty_ledger)
    sha256: str = ""
    issues: tuple[Issue, ...] = ()

    def inputs(self, ids: pd.Series[str], scheme: Scheme) -> pd.DataFrame:
        """Staff's columns for the customers ``ids``, in their order."""
        import numpy as np

        frame = empty_inputs(scheme, len(ids))
        known = [self.tiers.get(customer, {}) for customer in ids.tolist()]
        for name in ("override", "override_reason", "remark", "previous"):
            frame[name] = np.asarray([str(row.get(name) or "") for row in known], dtype=object)
        until = [row.get("override_until") or np.nan for row in known]
        frame["override_until"] = np.asarray(until, dtype=np.float64)
        return frame

    def carry(self, cleaned: Clean) -> Clean:
        """``cleaned`` with what staff wrote: their own fields win, and the service entries they typed are added."""
        tables = dict(cleaned.tables)
        customers = cleaned.tables["customers"]["customer_id"]
        for table, fields in self.staff.items():
            tables[table] = _with_staff(tables[table], fields, table, customers)
        if self.service:
            tables["service"] = _with_entries(tables["service"], self.service, customers)
        return replace(cleaned, tables=tables)


NO_BOOK = LastBook()


def _with_staff(
    frame: pd.DataFrame, fields: Mapping[str, Mapping[str, str]], table: str, ids: pd.Series[str]
) -> pd.DataFrame:
    import pandas as pd

    frame = frame.copy()
    if table == "preferences":
        wrote = {customer for words in fields.values() for customer in words}
        new = ids[ids.isin(wrote) & ~ids.isin(frame["customer_id"])]
        more = pd.DataFrame({"customer_id": new}, columns=frame.columns).fillna("")
        frame = pd.concat([frame, more.astype(frame.dtypes.to_dict())], ignore_index=True)
    for name, words in fields.items():
        said = frame["customer_id"].map(words)
        frame[name] = said.where(said.notna() & (said != ""), frame[name])
    return frame


def _with_entries(
    frame: pd.DataFrame, entries: tuple[Mapping[str, Any], ...], ids: pd.Series[str]
) -> pd.DataFrame:
    """``frame`` with the entries that it does not hold yet (same customer, day and question) of known customers."""
    import pandas as pd

    more = pd.DataFrame(list(entries), columns=frame.columns)
    for name in frame.columns:
        if frame[name].dtype.kind == "M":
            more[name] = pd.to_datetime(more[name], errors="coerce").astype(frame[name].dtype)
        elif frame[name].dtype.kind == "f":
            more[name] = pd.to_numeric(more[name], errors="coerce")
        elif frame[name].dtype.kind in "iu":
            more[name] = 0
        else:
            more[name] = more[name].fillna("").astype(frame[name].dtype)
    same = ["customer_id", "date", "question"]
    here = pd.MultiIndex.from_frame(frame[same])
    new = more[~pd.MultiIndex.from_frame(more[same]).isin(here) & more["customer_id"].isin(ids)]
    return pd.concat([frame, new], ignore_index=True)
