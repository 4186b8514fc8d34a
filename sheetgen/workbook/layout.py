"""Where everything stands in a book: sheets, columns, rows. The one place that knows an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from sheetgen.i18n import Label, Lang
from sheetgen.scheme.tables import Field, data_tables, with_inputs

if TYPE_CHECKING:
    from sheetgen.scheme.compile import Scheme

SHEETS: dict[str, Label] = {
    "guide": Label("使用说明", "Guide"),
    "overview": Label("总览", "Overview"),
    "customers": Label("客户信息", "Customers"),
    "scores": Label("价值评分", "Scores"),
    "tiers": Label("客户级别", "Tiers"),
    "transactions": Label("历史交易", "Transactions"),
    "preferences": Label("客户偏好", "Preferences"),
    "service": Label("服务记录", "Service log"),
    "usage": Label("使用记录", "Usage"),
    "holdings": Label("持有产品", "Holdings"),
    "survey": Label("问卷调查", "Survey"),
    "payments": Label("付款记录", "Payments"),
    "stays": Label("入住记录", "Stays"),
    "points": Label("积分流水", "Points"),
    "merges": Label("疑似重复", "Possible duplicates"),
    "changes": Label("级别变动", "Changes"),
    "parameters": Label("参数设置", "Parameters"),
    "quality": Label("数据质量", "Data quality"),
    "calc": Label("_calc", "_calc"),
    "numbers": Label("_numbers", "_numbers"),
    "tail_transactions": Label("_transactions", "_transactions"),
    "tail_service": Label("_service", "_service"),
    "tail_usage": Label("_usage", "_usage"),
    "tail_holdings": Label("_holdings", "_holdings"),
    "tail_survey": Label("_survey", "_survey"),
    "tail_payments": Label("_payments", "_payments"),
    "tail_stays": Label("_stays", "_stays"),
    "tail_points": Label("_points", "_points"),
    "base": Label("_base", "_base"),
    "state": Label("_sheetgen", "_sheetgen"),
}
HEADER_ROW = 2
"""The header row of every data sheet (0-based): a title and a hint stand above it."""
FIRST = HEADER_ROW + 2
"""The first data row of every data sheet, as a formula counts."""
RECORDS = ("transactions", "service", "usage", "holdings", "survey", "payments", "stays", "points")
"""the tables with many rows a customer, each a sheet of its own"""
LINKS = ("scores", "tiers", "transactions", "service")
HELPERS = ("first", "last", "n", "wrong", "loose")
SORTED_TAIL = ("row", "found", "whom", "rank", "slot", "who", "at")
"""the first columns of a tail sheet of a blank book (blank/tail.py)"""
LOOSE_LIMIT = 200
TAIL_ROWS = 2_000
SMALL_BOOK_ROWS = 12_000
SMALL_BOOK_WORK = 10_000_000
PART_ROWS = 1_000_000
"""the rows of a detail table that a sheet takes; with those that staff add they stay within Excel's"""
PARTS = "parts"
"""the key of ``_sheetgen`` under which a book names the further sheets of its detail tables"""


def letter(column: int) -> str:
    """The letters of a 0-based column: 0 -> A, 26 -> AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def part_id(table: str, number: int) -> str:
    """A detail table's sheet by its number from 1: ``transactions``, ``transactions.2`` …"""
    return table if number == 1 else f"{table}.{number}"


def table_of(sheet_id: str) -> str:
    """The table of a sheet: ``transactions.2`` -> ``transactions``."""
    return sheet_id.partition(".")[0]


def title_of(sheet_id: str) -> Label:
    """What a sheet is called: 历史交易, 历史交易2 …"""
    table, _, number = sheet_id.partition(".")
    name = SHEETS[table]
    return Label(f"{name.zh}{number}", f"{name.en} {number}") if number else name


def further_sheets(state: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of the further sheets of detail tables that a book was written with, as ``_sheetgen`` says."""
    return tuple(sheet for sheet in state.get(PARTS, "").split() if table_of(sheet) in RECORDS)


@dataclass(frozen=True)
class Part:
    """A sheet of a detail table that has several: its data rows, and the number of its first customer."""

    rows: int
    key: int


@dataclass(frozen=True)
class Layout:
    """Addresses of one book. ``rows``: data rows by table, ``spare``: prepared empty rows by table and sheet.

    ``extras``: further columns of the raw data by table, in order (``x:<header>`` ids). ``filled``: the
    optional fields that the data have, as ``table.field``. ``blank``: a book that staff fill from nothing
    (blank.py): all its rows are typed, and what a build takes from the data is live in it.
    """

    scheme: Scheme
    lang: Lang
    rows: dict[str, int]
    spare: dict[str, int]
    extras: dict[str, tuple[str, ...]]
    filled: frozenset[str] = frozenset()
    blank: bool = False
    parts: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    """the sheets of each detail table that has more than one; no customer stands on two"""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """sheets that staff gave another name: id -> theirs"""
    tails: Mapping[str, int] = field(default_factory=dict)
    """the rows of the tail sheets of a book that is there already, by table"""

    def sheet(self, sheet_id: str) -> str:
        """The sheet's name as it stands before ``!`` in a formula."""
        if sheet_id in self.renamed:
            theirs = self.renamed[sheet_id].replace("'", "''")
            return f"'{theirs}'"
        name = title_of(sheet_id).text(self.lang)
        return f"'{name}'" if " " in name else name

    @cached_property
    def record_tables(self) -> tuple[str, ...]:
        """The detail tables that have a sheet: sales and service always, others with data or metrics."""
        wanted = {"transactions", "service", *self.scheme.detail_tables}
        return tuple(t for t in data_tables() if t in RECORDS and (t in wanted or self.rows.get(t)))

    def sheets(self, table: str) -> tuple[str, ...]:
        """The ids of the sheets that a detail table stands on."""
        count = len(self.parts[table]) if table in self.parts else 1
        return tuple(part_id(table, number) for number in range(1, count + 1))

    def rows_on(self, sheet_id: str) -> int:
        """The data rows of a table, or of one of its sheets where it has several."""
        table, number = table_of(sheet_id), int(sheet_id.partition(".")[2] or 1)
        return self.parts[table][number - 1].rows if table in self.parts else self.rows[table]

    @property
    def further_tables(self) -> tuple[str, ...]:
        """The detail tables beyond sales and service, which every book has."""
        return tuple(t for t in self.record_tables if t not in RECORDS[:2])

    def fields(self, table: str) -> tuple[Field, ...]:
        """The declared columns of a data sheet, in order; optional ones where scheme or data have them."""
        used = set(self.tail_fields(table)) if table in RECORDS else set()
        return tuple(
            field
            for field in data_tables()[table].columns.values()
            if field.shown
            and (not field.optional or field.id in used or f"{table}.{field.id}" in self.filled)
        )

    @cached_property
    def columns(self) -> dict[str, dict[str, str]]:
        """Letters by sheet and column id, for the sheets that formulas point at."""
        ids: dict[str, list[str]] = {}
        for table in ("customers", "preferences", *self.record_tables):
            shown = [f.id for f in self.fields(table)]
            ids[table] = [*shown, *self.extras.get(table, ())]
        links = [f"to_{name}" for name in LINKS]
        ids["customers"] += ["key", *links] if self.blank else [*links, "key"]
        for table in self.record_tables:
            ids[table].append("key")
            ids |= dict.fromkeys(self.sheets(table), ids[table])
        ids["scores"] = self.scores_columns
        ids["tiers"] = self.tiers_columns
        for table in self.scheme.detail_tables if self.blank else ():
            ids[f"tail_{table}"] = [*SORTED_TAIL, *self.tail_fields(table)]
        for table in () if self.blank else self.scheme.detail_tables:
            ids[f"tail_{table}"] = [
                "row",
                "found",
                "who",
                "first",
                "last",
                *self.tail_fields(table),
                *self.distinct(table),
                *(("part", "home") if table in self.parts else ()),
            ]
        return {sheet: {key: letter(i) for i, key in enumerate(keys)} for sheet, keys in ids.items()}

    @cached_property
    def shown_scores(self) -> list[str]:
        """The metrics and columns that people see on 价值评分, in reading order."""
        scheme = self.scheme
        order = [*scheme.metrics, *scheme.file.columns, *(f"{k}_points" for k in scheme.file.criteria)]
        order += [*(f"{k}_part" for k in scheme.file.groups), "score", "completeness", "tags"]
        computed = {c.id: c for c in scheme.computed if c.sheet == "scores" and not c.hidden}
        shown = [k for k in order if k in computed or (k in scheme.metrics and not scheme.metrics[k].hidden)]
        return sorted(shown, key=scheme.side_of)

    @cached_property
    def scores_columns(self) -> list[str]:
        """All columns of 价值评分: shown, then hidden helpers."""
        scheme = self.scheme
        computed = [c.id for c in scheme.computed if c.sheet == "scores"]
        hidden = [k for k in (*scheme.metrics, *computed) if k not in self.shown_scores]
        helpers = [f"{table}_{helper}" for table in scheme.detail_tables for helper in self.helpers(table)]
        return ["customer_id", "customer_name", *self.shown_scores, *hidden, "state", "key", *helpers]

    def helpers(self, table: str) -> tuple[str, ...]:
        """The helper columns of a detail table; ``part`` is the sheet that the customer stands on."""
        return (*HELPERS, "part") if table in self.parts else HELPERS

    @cached_property
    def tiers_columns(self) -> list[str]:
        """All columns of 客户级别: shown, then hidden helpers."""
        shown = list(self.scheme.tiers_sheet)
        hidden = [c.id for c in self.scheme.computed if c.sheet == "tiers" and c.id not in shown]
        left = [i.id for i in self.scheme.inputs if i.hidden]
        return [*shown, *self.extras.get("tiers", ()), *hidden, *left, "state", "row", "key"]

    def tail_fields(self, table: str) -> list[str]:
        """The fields of a detail table that metrics need for rows outside the sorted part; the date first."""
        fields = ["date"]
        for key, metric in self.scheme.metrics_from(table).items():
            fields += [metric.of, *(c.field.id for c in self.scheme.conditions[key])]
        return with_inputs(table, [f for f in dict.fromkeys(fields) if f])

    def distinct(self, table: str) -> list[str]:
        """The count_distinct metrics of a detail table; a column of each says whether a loose row is new."""
        return [k for k, m in self.scheme.metrics_from(table).items() if m.agg == "count_distinct"]

    def tail_rows(self, table: str) -> int:
        """How many rows outside the sorted part are looked up one by one.

        A small book can take all its rows there, so that any edit or sort whatever stays right; a large one
        takes 2,000 and then asks for one sort, for the cost is customers x rows.
        """
        if table in self.tails:
            return self.tails[table]
        whole = self.rows[table] + self.spare[table]
        if self.blank:
            return max(whole, 1)
        if table in self.parts:
            return TAIL_ROWS
        small = whole <= SMALL_BOOK_ROWS and whole * self.customers <= SMALL_BOOK_WORK
        return max(whole, 100) if small else TAIL_ROWS

    @property
    def customers(self) -> int:
        """Customer rows, prepared ones included."""
        return self.rows["customers"] + self.spare["customers"]

    @property
    def last_customer(self) -> int:
        """The last row of 客户信息, 价值评分 and 客户级别, as a formula counts."""
        return FIRST + self.customers - 1

    def whole(self, sheet: str, column: str) -> str:
        """A whole column: ``历史交易!$A:$A``."""
        name = self.columns[sheet][column]
        return f"{self.sheet(sheet)}!${name}:${name}"

    def every(self, table: str, column: str) -> str:
        """A whole column on every sheet of a detail table, as arguments of COUNT and SUM."""
        return ",".join(self.whole(sheet, column) for sheet in self.sheets(table))

    def one_of(self, table: str, column: str, part: str) -> str:
        """A whole column on the sheet of a detail table that ``part`` (formula text) is the number of."""
        every = self.every(table, column)
        return f"CHOOSE({part},{every})" if table in self.parts else every

    def block(self, sheet: str, column: str) -> str:
        """The customer rows of a column of 客户信息, 价值评分 or 客户级别: ``价值评分!$F$4:$F$353``."""
        name = self.columns[sheet][column]
        return f"{self.sheet(sheet)}!${name}${FIRST}:${name}${self.last_customer}"

    def tail(self, table: str, column: str) -> str:
        """All rows of a column of a tail sheet."""
        name = self.columns[f"tail_{table}"][column]
        return f"{self.sheet(f'tail_{table}')}!${name}$2:${name}${self.tail_rows(table) + 1}"

    def own(self, sheet: str, column: str) -> str:
        """A cell of the same row: ``$F{r}``."""
        return f"${self.columns[sheet][column]}{{r}}"


def spare_rows(rows: dict[str, int]) -> dict[str, int]:
    """Prepared empty rows by table: room for what staff add between two builds."""
    prepared = dict.fromkeys(RECORDS, 200)
    return prepared | {"customers": max(20, rows["customers"] // 50), "transactions": 500, "preferences": 0}
