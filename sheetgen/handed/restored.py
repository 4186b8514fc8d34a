"""What is gone from a book's data sheets, as it was written: a whole sheet, or the rows of customers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sheetgen.errors import InputError
from sheetgen.handed.sheets import Found, is_filled, said
from sheetgen.handed.tables import EXTRA, Told, nothing_left_out, tell
from sheetgen.i18n import messages
from sheetgen.model import Issue
from sheetgen.siblings import settled
from sheetgen.workbook.layout import SHEETS
from sheetgen.workbook.typed import ENTERED

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.handed.take import Taking


def with_gone(taking: Taking, told: Told) -> tuple[Told, dict[str, str], list[Issue]]:
    """客户信息 with the rows that staff took away, for a customer leaves by the mark in 已删除 alone (SG537);
    and who stands in another book of the split instead, each with its name.
    """
    import pandas as pd

    base, frame, sheet = taking.written.get("customers"), told.frame, taking.sheet("customers")
    if base is None:
        return told, {}, []
    known = {str(words).casefold() for words in frame["customer_id"].tolist()}
    gone = base[~base["key"].isin(frame["key"]) & ~base["customer_id"].str.casefold().isin(known)]
    if not len(gone):
        return told, {}, []
    place = f"{taking.name}#{sheet}"
    moved, issues = settled(gone["customer_id"].tolist(), taking.elsewhere, sheet, place)
    whole, _ = as_written(taking, "customers")
    back = whole.frame[whole.frame["customer_id"].isin(set(gone["customer_id"]) - moved.keys())]
    for customer in back["customer_id"].tolist():
        issues.append(Issue("SG537", "warning", place, value=customer, facts=(("sheet", sheet),)))
    more = pd.concat([frame, back[[c for c in back if c in frame]]], ignore_index=True)
    texts = [str(c) for c in more if str(c).startswith(EXTRA)]
    more = more.assign(**{c: more[c].fillna("").astype("str") for c in texts}) if len(back) else frame
    return replace(told, frame=more), moved, issues


def as_written(taking: Taking, table: str, must: bool = True) -> tuple[Told, list[Issue]]:
    """A table as it was written, for its sheet is gone (SG801). Raises InputError where it cannot be had."""
    import pandas as pd

    sheet = taking.sheet(table)
    base = taking.written.get(table)
    if base is None:
        if must:
            raise InputError("rebuild_sheet_gone", "SG523", path=taking.name, sheet=sheet)
        empty = Found(table, sheet, {}, {}, no_cells(), no_cells().index.to_series())
        told = replace(tell(empty, "", taking.lang), found=None)
        return told, [Issue("SG802", "warning", taking.name, facts=(("sheet", sheet),))]
    mark = said(ENTERED)
    by_hand = next((base[EXTRA + word] for word in mark if EXTRA + word in base), None)
    typed = by_hand.map(is_filled) if by_hand is not None else pd.Series(False, index=base.index)
    extras = {str(c): str(c).removeprefix(EXTRA) for c in base if str(c).startswith(EXTRA)}
    extras = {name: header for name, header in extras.items() if header not in mark}
    drop = [EXTRA + word for word in mark if EXTRA + word in base]
    frame = base.drop(columns=drop).assign(file=f"{taking.name}#{SHEETS['state'].zh}", line=0, typed=typed)
    frame["key"] = frame["key"].astype("float64")
    cents = int(frame["cents"].sum()) if "cents" in frame else 0
    told = marked(Told(frame, nothing_left_out(), taking.lang, None, extras, (len(frame), cents)))
    return told, [Issue("SG801", "warning", taking.name, count=len(frame), facts=(("sheet", sheet),))]


def marked(told: Told) -> Told:
    """With the column that tells rows that staff typed, as the next build looks for it."""
    words = messages()
    name = EXTRA + words[ENTERED].zh
    typed = told.frame["typed"].to_numpy(dtype=bool)
    if not typed.any():
        return told
    frame = told.frame.assign(**{name: ""})
    frame.loc[typed, name] = words["entered_by_hand"].zh
    frame[name] = frame[name].astype("str")
    return replace(told, frame=frame, extras={**told.extras, name: words[ENTERED].zh})


def no_cells() -> pd.DataFrame:
    """No column, no row."""
    import pandas as pd

    return pd.DataFrame(index=pd.RangeIndex(0))
