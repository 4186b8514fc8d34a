"""客户信息: one row a customer, with links to everything known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.scheme.expr import quote
from sheetgen.scheme.tables import data_tables
from sheetgen.workbook.book import Column, Highlight, Sheet, Table
from sheetgen.workbook.layout import FIRST, HEADER_ROW, LINKS, SHEETS, letter
from sheetgen.workbook.own import own_columns
from sheetgen.workbook.sheets.parts import (
    HEIGHTS,
    PAGE,
    banner,
    extra_columns,
    field_column,
    key_column,
    rows_range,
    validations,
)

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content


def customers_sheet(content: Content) -> Sheet:
    """The sheet. Every row, prepared ones too, has its number (``key``) and keeps it under any sort."""
    import numpy as np

    spare, frame = content.layout.spare["customers"], content.clean.tables["customers"]
    fields = data_tables()["customers"].sheet_fields
    columns = [field_column(content, field, frame, spare) for field in fields]
    columns += extra_columns(content, "customers", frame, spare)
    columns += own_columns(
        content, "customers", frame["customer_id"].tolist(), spare, [c.header for c in columns]
    )
    columns += [_link(content, target) for target in LINKS]
    columns.append(key_column(content, np.arange(1, content.layout.customers + 1), 0))
    title = SHEETS["customers"].text(content.lang)
    key = letter(len(columns) - 1)
    return Sheet(
        "customers",
        title,
        banner(content, "customers", title),
        Table(HEADER_ROW, tuple(columns)),
        freeze=(FIRST - 1, 2),
        heights=HEIGHTS,
        validations=validations(content, "customers", columns, fields),
        highlights=(
            Highlight(
                rows_range(content, "customers", 0, len(columns) - 2),
                "formula",
                f"${key}{FIRST}>{content.n}",
                "input.text",
            ),
        ),
        page=PAGE,
        tab_color="#1F3A5F",
    )


def _link(content: Content, target: str) -> Column:
    """Links to the customer's rows on another sheet; none where there are no rows."""
    layout, label = content.layout, content.say(f"to_{target}")
    spare = layout.spare["customers"]
    place = f"{quote(f'#{layout.sheet(target)}!A')}&"
    own = layout.own("customers", "customer_id")
    if target in content.slices and target in content.scheme.detail_tables:
        first, n = (f"INDEX({layout.whole('scores', f'{target}_{name}')},ROW())" for name in ("first", "n"))
        if target in layout.parts:
            names = ",".join(quote(f"#{layout.sheet(s)}!A") for s in layout.sheets(target))
            place = f"CHOOSE(INDEX({layout.whole('scores', f'{target}_part')},ROW()),{names})&"
        if layout.blank:
            first = f"INDEX({layout.whole(f'tail_{target}', 'at')},{first})"
        core = f'IF({n}=0,"",HYPERLINK({place}{first},{quote(label)}))'
        values = [label if n > 0 else None for n in content.slices[target][2][: content.n].tolist()]
    elif target in content.slices:
        core, values = f'HYPERLINK({place}"1",{quote(label)})', [label] * content.n
    else:
        core, values = f"HYPERLINK({place}ROW(),{quote(label)})", [label] * content.n
    formula = f'IF({own}="","",{core})'
    return Column(
        f"to_{target}",
        content.say(f"link_{target}"),
        "mixed",
        values + [None] * spare,
        "body.link",
        formula,
        8,
    )
