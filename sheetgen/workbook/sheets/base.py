"""_base: what the program wrote of each customer. The next book and a re-grade start from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sheetgen.grading.standing import HANDED_ON, hand_on
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Column, Sheet, Table
from sheetgen.workbook.layout import SHEETS

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

WRITTEN: Final = ("override", "override_reason", "override_until", "override_by", "remark")
"""staff's columns on 客户级别, as they were written: ``tiers.override``"""
FLAGS: Final = ("yes", "no")
TOTALS: Final = ("transactions.rows", "transactions.cents")
"""what the sales of a customer came to"""


def base_sheet(content: Content) -> Sheet:
    """The sheet: customer_id, the columns of HANDED_ON, and what staff can edit as it was written; a row a
    customer in the book's order."""
    frame = hand_on(content.graded)
    ids = [v or None for v in frame["customer_id"].tolist()]
    columns = [Column("customer_id", "customer_id", "text", ids, "plain.text")]
    columns += [Column(k, k, "number", frame[k].to_numpy(), "plain.text") for k in HANDED_ON]
    columns += [Column(k, k, "mixed", v, "plain.text") for k, v in _written(content).items()]
    block = Table(0, tuple(columns), filtered=False)
    return Sheet("base", SHEETS["base"].text(content.lang), table=block, state="very_hidden")


def _written(content: Content) -> dict[str, list[Any]]:
    import pandas as pd

    graded, tables = content.graded.frame, content.clean.tables
    ids = tables["customers"]["customer_id"]
    known = [i for i in content.scheme.inputs if i.id in WRITTEN]
    found = {
        f"tiers.{i.id}": [None if pd.isna(v) or v == "" else v for v in graded[i.id].tolist()] for i in known
    }
    for table, key in staff_fields():
        own = tables[table].drop_duplicates("customer_id").set_index("customer_id")[key]
        words = [v if isinstance(v, str) and v else None for v in own.reindex(ids).tolist()]
        if data_tables()[table].fields[key].type == "flag":
            words = [content.say(f"flag_{w}") if w in FLAGS else w for w in words]
        found[f"{table}.{key}"] = words
    sales = (
        tables["transactions"].groupby("customer_id")["cents"].agg(["count", "sum"]).reindex(ids).fillna(0)
    )
    for key, column in zip(TOTALS, ("count", "sum"), strict=True):
        found[key] = [float(v) for v in sales[column].tolist()]
    return found


def staff_fields() -> list[tuple[str, str]]:
    """Table and field of everything that staff write of a customer outside of 客户级别."""
    tables = ("customers", "preferences")
    return [(t, f.id) for t in tables for f in data_tables()[t].fields.values() if f.owner == "staff"]
