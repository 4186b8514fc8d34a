"""The index of split books: a line a book with its customers, tiers and money, and the whole account."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sheetgen.workbook.book import Book, Cell, Column, Sheet, Table
from sheetgen.workbook.layout import FIRST, HEADER_ROW, letter
from sheetgen.workbook.sheets.parts import HEIGHTS, PAGE
from sheetgen.workbook.sheets.quality import quality_sheet

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content


@dataclass(frozen=True)
class Entry:
    """One split book: its value ('' for customers without one), its file, customers by tier, cents."""

    value: str
    out: Path
    customers: int
    tiers: dict[str, int]
    cents: int
    digest: str = ""


def index_book(content: Content, label: str, entries: tuple[Entry, ...]) -> Book:
    """The index of ``entries``, split by the column that people call ``label``; ``content`` is the whole."""
    return Book(
        (_index(content, label, entries), quality_sheet(content, alone=True)),
        {},
        title=f"{content.say('book_title')} · {content.say('split_index')}",
        subject=content.scheme.file.label.text(content.lang),
        created=content.graded.settings.as_of,
        properties={"sheetgen_run": content.run_id, "sheetgen_scheme": content.scheme.id},
    )


def _index(content: Content, label: str, entries: tuple[Entry, ...]) -> Sheet:
    import numpy as np

    say, n = content.say, len(entries)

    def numbers(key: str, header: str, values: list[float], style: str, width: float) -> Column:
        return Column(key, header, "number", np.array(values, dtype=np.float64), f"body.{style}", None, width)

    counts = [numbers("customers", say("split_customers"), [e.customers for e in entries], "integer", 12)]
    counts += [
        numbers(t.id, t.label.text(content.lang), [e.tiers[t.id] for e in entries], "integer", 12)
        for t in content.scheme.file.tiers
    ]
    counts.append(numbers("revenue", say("split_revenue"), [e.cents / 100 for e in entries], "money", 18))
    values = [e.value or say("split_unassigned") for e in entries]
    # the name of a file is text in a cell; the formula only points at it
    columns = (
        Column("value", label, "text", values, "body.text", None, 22),
        Column("file", say("split_file"), "text", [e.out.name for e in entries], "body.text", None, 34),
        Column(
            "open",
            say("split_open"),
            "text",
            [say("split_open")] * n,
            "body.link",
            f'HYPERLINK($B{{r}},"{say("split_open")}")',
            10,
        ),
        *counts,
    )
    title = f"{say('book_title')} · {say('split_index')}"
    cells = {(0, 0): Cell(title, "title"), (1, 0): Cell(say("split_hint"), "hint")}
    below = FIRST - 1 + n
    cells[below, 0] = Cell(say("split_total"), "total.text")
    for at in (1, 2):
        cells[below, at] = Cell(None, "total.text")
    for at, column in enumerate(counts, 3):
        name = letter(at)
        formula = f"SUM({name}{FIRST}:{name}{below})" if n else None
        total = round(float(np.sum(column.values)), 2)
        style = "total.money" if column.id == "revenue" else "total.integer"
        cells[below, at] = Cell(total, style, formula=formula)
    return Sheet(
        "index",
        say("split_index"),
        cells,
        Table(HEADER_ROW, columns),
        freeze=(FIRST - 1, 1),
        heights=HEIGHTS,
        page=PAGE,
    )
