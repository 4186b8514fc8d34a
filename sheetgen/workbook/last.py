"""What moves on from last week's book, and how it is laid over this week's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sheetgen.grading.grade import empty_inputs
from sheetgen.grading.removed import FIELD
from sheetgen.grading.standing import LastRules, take_up
from sheetgen.grading.track import empty_ledger
from sheetgen.model import Issue, Raw, RawTable
from sheetgen.workbook.kept import NO_KEPT, Kept
from sheetgen.workbook.review import accepted

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from sheetgen.i18n import Lang
    from sheetgen.model import Clean
    from sheetgen.scheme.compile import Scheme
    from sheetgen.workbook.review import Review


@dataclass(frozen=True)
class LastBook:
    """What staff left in the last book.

    ``tiers``: customer -> their inputs on 客户级别. ``staff``: table -> field ->
    customer -> text. ``typed``: rows they added below a table, as inputs like any other. ``parameters``: the
    numbers they changed, by the keys of start_settings. ``reviews``: possible duplicates they answered.
    """

    tiers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    staff: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    typed: tuple[RawTable, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()
    ledger: pd.DataFrame = field(default_factory=empty_ledger)
    figures: Mapping[str, float] = field(default_factory=dict)
    """what its monitoring came to, by figure"""
    sha256: str = ""
    issues: tuple[Issue, ...] = ()
    rules: LastRules = field(default_factory=LastRules)
    handed: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    """customer -> what the book handed on (grading/standing.py), ranks as tier ids"""
    kept: Kept = NO_KEPT
    series: str = ""
    """the run of the first book of all that followed on one another"""

    def inputs(self, ids: pd.Series[str], scheme: Scheme, lang: Lang) -> pd.DataFrame:
        """What staff and the last book left of the customers ``ids``, in their order.

        Another scheme's book hands on the tiers it shares, and no more.
        """
        import numpy as np

        frame = empty_inputs(scheme, len(ids))
        known = [self.tiers.get(customer, {}) for customer in ids.tolist()]
        for name in ("override", "override_reason", "override_by", "remark"):
            frame[name] = np.asarray([str(row.get(name) or "") for row in known], dtype=object)
        until = [row.get("override_until") or np.nan for row in known]
        frame["override_until"] = np.asarray(until, dtype=np.float64)
        labels = {tier.id: tier.label.text(lang) for tier in scheme.file.tiers}
        finals = [self.handed.get(customer, {}).get("final", "") for customer in ids.tolist()]
        frame["previous"] = np.asarray([labels.get(str(tier), "") for tier in finals], dtype=object)
        own = self.handed if self.rules.scheme_id in ("", scheme.id) else {}
        return take_up(frame, ids.tolist(), own, scheme)

    def add_typed(self, raw: Raw) -> Raw:
        """``raw`` with the rows staff typed, as one more input.

        Where an export now holds the same order of the same customer, the typed rows are left out.
        """
        exported = {order for table in raw.tables if table.source.kind == SALES for order in _orders(table)}
        tables, issues = [], list(raw.issues)
        for table in self.typed:
            kept = table
            if table.source.kind == SALES:
                new = [order[1] == "" or order not in exported for order in _orders(table)]
                if not all(new):
                    issues.append(Issue("SG516", "note", table.source.path, count=new.count(False)))
                    frame, line = (
                        table.frame[new].reset_index(drop=True),
                        table.line[new].reset_index(drop=True),
                    )
                    kept = replace(
                        table, source=replace(table.source, rows=len(frame)), frame=frame, line=line
                    )
            tables.append(kept)
        return Raw((*raw.tables, *tables), tuple(issues))

    def merged(self) -> LastBook:
        """What staff wrote of a customer that they merged away is the other one's now.

        Remarks and preferences of both stay; an override stays where the kept customer has none.
        """
        into = dict(accepted(self.reviews))
        tiers = {customer: dict(row) for customer, row in self.tiers.items()}
        handed = {customer: row for customer, row in self.handed.items() if customer not in into}
        staff = {
            table: {name: dict(words) for name, words in found.items()} for table, found in self.staff.items()
        }
        for other in into:
            keep = _end(other, into)
            gone = tiers.pop(other, {})
            kept = tiers.setdefault(keep, {}) if gone else {}
            if gone.get("override") and not kept.get("override"):
                kept |= {key: gone.get(key) for key in OVERRIDE}
            if gone:
                kept["remark"] = _both(kept.get("remark"), gone.get("remark"))
            for fields in staff.values():
                for name, words in fields.items():
                    said = words.pop(other, "")
                    if said and name != FIELD:  # of two ids one may be given up, the customer is not
                        words[keep] = _both(words.get(keep), said)
        moved = self.kept.merged({other: _end(other, into) for other in into})
        return replace(self, tiers=tiers, staff=staff, handed=handed, kept=moved)

    def missing(self, ids: pd.Series[str]) -> tuple[Issue, ...]:
        """Customers of the last book that this week's data do not know."""
        gone = sorted(set(self.tiers) - set(ids.tolist()))
        return (Issue("SG518", "warning", value=", ".join(gone[:5]), count=len(gone)),) if gone else ()

    def ahead(self, as_of: date) -> tuple[Issue, ...]:
        """Whether the last book looks further than this one: then no period has passed."""
        day = self.rules.as_of
        return (Issue("SG522", "warning", value=day.isoformat()),) if day and day > as_of else ()

    def carry(self, cleaned: Clean) -> Clean:
        """``cleaned`` with staff's own fields: they win wherever staff wrote something."""
        tables = dict(cleaned.tables)
        customers = cleaned.tables["customers"]["customer_id"]
        for table, fields in self.staff.items():
            tables[table] = _with_staff(tables[table], fields, table, customers)
        return replace(cleaned, tables=tables)


NO_BOOK = LastBook()
OVERRIDE = ("override", "override_reason", "override_until", "override_by")
SALES = "transactions"


def _end(customer: str, into: Mapping[str, str]) -> str:
    """Where a chain of merges ends; in a circle, before it closes."""
    seen = {customer}
    while (after := into.get(customer, customer)) not in seen:
        seen.add(after)
        customer = after
    return customer


def _both(kept: object, gone: object) -> str:
    said = [str(words) for words in (kept, gone) if words]
    return "；".join(dict.fromkeys(said))


def _orders(table: RawTable) -> list[tuple[str, str]]:
    """Customer and order id of each record, as written."""
    ids = [table.frame[key].str.strip().tolist() for key in ("customer_id", "order_id") if key in table.frame]
    return list(zip(*ids, strict=True)) if len(ids) == 2 else []


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
