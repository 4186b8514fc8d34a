"""The model of a workbook. No spreadsheet library is known here: compose makes a Book, write.py writes it.

Rows and columns count from 0, as in XlsxWriter; formulas are A1 text without the leading ``=``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy.typing as npt

Value = str | float | int | bool | date | None
Kind = Literal["text", "number", "date", "mixed"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A single cell. With ``formula``, ``value`` is its cached result.

    ``array``: height of a CSE array formula. ``link`` is an internal target such as ``'总览'!A1``; text never
    becomes a link by itself.
    """

    value: Value
    style: str = "body"
    formula: str | None = None
    array: int = 0
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table block.

    ``values`` by ``kind``: text = sequence of str or None; number = float64 array, NaN is an empty cell;
    date = datetime64[D] array, NaT is empty; mixed = list of str, float or None (formula results).
    ``formula`` is a template with ``{r}`` for the row number (1-based); it then stands in every row and the
    values are its cached results (None: ``""``). ``style`` is a role of style.py.
    """

    id: str
    header: str
    kind: Kind
    values: Sequence[Any] | npt.NDArray[Any]
    style: str = "body"
    formula: str | None = None
    width: float = 12
    note: str = ""
    header_style: str = "header"
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A header row and the rows straight below it. All columns are equally long."""

    header_row: int
    columns: tuple[Column, ...]
    first_col: int = 0
    filter_rows: int | None = None
    """how many rows the filter covers (default: all); None with ``filtered`` False: no filter"""
    filtered: bool = True
    filter_columns: int | None = None
    """how many columns the filter covers (default: all)"""

    @property
    def first_row(self) -> int:
        """The first data row."""
        return self.header_row + 1

    @property
    def rows(self) -> int:
        """The number of data rows."""
        return len(self.columns[0].values) if self.columns else 0

    def index(self, column_id: str) -> int:
        """The sheet column (0-based) of ``column_id``. Raises KeyError."""
        for i, column in enumerate(self.columns):
            if column.id == column_id:
                return self.first_col + i
        raise KeyError(column_id)


Range = tuple[int, int, int, int]
"""first row, first column, last row, last column; all inclusive"""


@dataclass(frozen=True, slots=True)
class Validation:
    """What may be typed into ``where``. ``source``: range or name for lists; ``low``, ``high``: limits;
    kind any: nothing but a note, the ``prompt``."""

    where: Range
    kind: Literal["any", "list", "date", "decimal", "integer", "length", "custom"]
    source: str = ""
    low: float | date | None = None
    high: float | date | None = None
    title: str = ""
    prompt: str = ""
    error: str = ""
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class Highlight:
    """A conditional format. ``kind`` formula: ``rule`` is a formula for the first cell of ``where``."""

    where: Range
    kind: Literal["formula", "equals", "data_bar", "arrows"]
    rule: str = ""
    style: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a chart: A1 ranges with sheet name, and the data there (for the chart cache)."""

    name: str
    categories: str
    values: str
    categories_data: tuple[Value, ...]
    values_data: tuple[float, ...]
    color: str = ""
    point_colors: tuple[str, ...] = ()
    kind: Literal["", "line"] = ""
    secondary: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart with its top left cell and size in pixels. ``alt`` is the text for screen readers."""

    kind: Literal["column", "bar", "line", "doughnut", "pie"]
    title: str
    series: tuple[Series, ...]
    row: int
    col: int
    width: int
    height: int
    alt: str
    value_format: str = ""
    category_format: str = ""
    value_max: float | None = None
    x_title: str = ""
    y_title: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Print set-up. A4; ``repeat`` is the (first, last) row printed on every page."""

    landscape: bool = True
    repeat: tuple[int, int] | None = None
    fit_wide: bool = True
    fit_tall: bool = False
    header: str = ""
    breaks: tuple[int, ...] = ()
    """rows that begin a new page"""


@dataclass(frozen=True)
class Sheet:
    """One sheet: single cells, at most one table block, and what surrounds them.

    ``protect``: locked without password; sorting, filtering and column formats stay allowed; ``unlocked``
    roles are a matter of style. ``freeze``: (row, col) of the first cell that scrolls. ``widths``: column ->
    characters (for columns outside the table).
    """

    id: str
    name: str
    cells: Mapping[tuple[int, int], Cell] = field(default_factory=dict)
    table: Table | None = None
    freeze: tuple[int, int] = (0, 0)
    widths: Mapping[int, float] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    merges: tuple[Range, ...] = ()
    validations: tuple[Validation, ...] = ()
    highlights: tuple[Highlight, ...] = ()
    charts: tuple[Chart, ...] = ()
    page: Page = Page()
    tab_color: str = ""
    state: Literal["visible", "hidden", "very_hidden"] = "visible"
    protect: bool = False
    zoom: int = 100
    gridlines: bool = True


@dataclass(frozen=True)
class Book:
    """A whole workbook. ``names`` are workbook-wide defined names: name -> A1 reference with sheet."""

    sheets: tuple[Sheet, ...]
    names: Mapping[str, str]
    title: str
    subject: str
    created: date
    properties: Mapping[str, str] = field(default_factory=dict)

    def sheet(self, sheet_id: str) -> Sheet:
        """The sheet with this id. Raises KeyError."""
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise KeyError(sheet_id)
