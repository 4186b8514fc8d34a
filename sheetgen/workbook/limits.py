"""What Excel refuses to open or drops without a word is an error before anything is written."""

from __future__ import annotations

import re

from sheetgen.errors import SheetgenError
from sheetgen.workbook.book import Book, Sheet, Table

MAX_ROWS = 1_048_576
MAX_COLS = 16_384
MAX_FORMULA = 8_192
MAX_NAME = 31
MAX_TITLE = 32
MAX_MESSAGE = 255
MAX_LINKS = 65_530

_BAD_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_NAME = re.compile(r"[^\W\d][\w.]*|[\\_][\w.]*")
_NEW_FUNCTION = re.compile(
    r"(?<![\w.])(IFNA|IFS|SWITCH|MAXIFS|MINIFS|TEXTJOIN|CONCAT|XLOOKUP|XMATCH|FILTER|UNIQUE|SORT|SORTBY"
    r"|SEQUENCE|LET|LAMBDA|DAYS|XOR|NUMBERVALUE|UNICHAR|UNICODE|SHEETS?|ISFORMULA|FORMULATEXT"
    r"|(?:RANK|PERCENTILE|QUARTILE|PERCENTRANK|STDEV|VAR|MODE|CEILING|FLOOR)\.[A-Z]+)\("
)
"""functions that a file must call ``_xlfn.NAME``; without the prefix Excel shows #NAME?"""
_QUOTED = re.compile('"[^"]*"')
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[RrCc]|[Rr]\d*[Cc]\d*")


def units(text: str) -> int:
    """The length of ``text`` as Excel counts it: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_limits(book: Book) -> None:
    """Raise SheetgenError for the first thing in ``book`` that passes a limit of Excel."""
    _check_sheet_names(book)
    seen: set[str] = set()
    for name in book.names:
        if name.casefold() in seen:
            raise SheetgenError("excel_name_twice", name=name)
        seen.add(name.casefold())
        if not _NAME.fullmatch(name) or _LIKE_A_CELL.fullmatch(name) or units(name) > MAX_MESSAGE:
            raise SheetgenError("excel_bad_name", name=name)
    for name, value in book.properties.items():
        if units(name) > MAX_MESSAGE or units(value) > MAX_MESSAGE:
            raise SheetgenError("excel_long_property", name=name, limit=MAX_MESSAGE)
    for sheet in book.sheets:
        if sheet.table is not None:
            _check_table(sheet, sheet.table)
        _check_cells(sheet)
        _check_validations(sheet)


def _check_sheet_names(book: Book) -> None:
    if not any(sheet.state == "visible" for sheet in book.sheets):
        raise SheetgenError("excel_no_visible_sheet")
    seen: set[str] = set()
    for sheet in book.sheets:
        name = sheet.name
        if not name or units(name) > MAX_NAME:
            raise SheetgenError("excel_sheet_name_length", sheet=name, limit=MAX_NAME)
        if _BAD_IN_SHEET_NAME.search(name) or name.startswith("'") or name.endswith("'"):
            raise SheetgenError("excel_sheet_name_characters", sheet=name)
        if name.casefold() == "history":
            raise SheetgenError("excel_sheet_name_reserved", sheet=name)
        if name.casefold() in seen:
            raise SheetgenError("excel_sheet_name_twice", sheet=name)
        seen.add(name.casefold())


def _check_formula(sheet: Sheet, where: str, formula: str | None) -> None:
    if formula is None:
        return
    longest = formula.replace("{r}", str(MAX_ROWS))
    if not formula or units(longest) > MAX_FORMULA:
        raise SheetgenError("excel_long_formula", sheet=sheet.name, column=where, limit=MAX_FORMULA)
    if found := _NEW_FUNCTION.search(_QUOTED.sub("", formula)):
        raise SheetgenError("excel_new_function", sheet=sheet.name, column=where, function=found[1])


def _check_table(sheet: Sheet, table: Table) -> None:
    if table.first_row + table.rows > MAX_ROWS:
        raise SheetgenError("excel_rows", sheet=sheet.name, count=table.rows, limit=MAX_ROWS)
    if table.first_col + len(table.columns) > MAX_COLS:
        raise SheetgenError("excel_columns", sheet=sheet.name, count=len(table.columns), limit=MAX_COLS)
    for column in table.columns:
        if len(column.values) != table.rows:
            raise SheetgenError("excel_uneven_table", sheet=sheet.name, column=column.header)
        _check_formula(sheet, column.header, column.formula)


def _check_cells(sheet: Sheet) -> None:
    table = sheet.table
    if sum(cell.link is not None for cell in sheet.cells.values()) > MAX_LINKS:
        raise SheetgenError("excel_links", sheet=sheet.name, limit=MAX_LINKS)
    for (row, col), cell in sheet.cells.items():
        if row < 0 or row + max(cell.array, 1) > MAX_ROWS:
            raise SheetgenError("excel_rows", sheet=sheet.name, count=row + 1, limit=MAX_ROWS)
        if not 0 <= col < MAX_COLS:
            raise SheetgenError("excel_columns", sheet=sheet.name, count=col + 1, limit=MAX_COLS)
        if (
            table
            and 0 <= row - table.first_row < table.rows
            and 0 <= col - table.first_col < len(table.columns)
        ):
            raise SheetgenError("excel_cell_in_table", sheet=sheet.name, row=row + 1, column=col + 1)
        _check_formula(sheet, f"({row + 1}, {col + 1})", cell.formula)


def _check_validations(sheet: Sheet) -> None:
    for rule in sheet.validations:
        for text, limit in ((rule.title, MAX_TITLE), (rule.prompt, MAX_MESSAGE), (rule.error, MAX_MESSAGE)):
            if units(text) > limit:
                raise SheetgenError("excel_long_prompt", sheet=sheet.name, value=text, limit=limit)
        if rule.kind in ("list", "custom") and (not rule.source or units(rule.source) > MAX_MESSAGE):
            raise SheetgenError("excel_long_list", sheet=sheet.name, value=rule.source, limit=MAX_MESSAGE)
