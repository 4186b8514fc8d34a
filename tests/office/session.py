"""The commands on the open workbook, in LibreOffice's terms. Part of agent.py."""

from __future__ import annotations

import re
import time
from typing import Any

import uno  # type: ignore[import-not-found]
from com.sun.star.awt import Rectangle  # type: ignore[import-not-found]
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from com.sun.star.lang import Locale  # type: ignore[import-not-found]
from com.sun.star.sheet import TableFilterField  # type: ignore[import-not-found]
from com.sun.star.sheet.FilterOperator import EQUAL as FILTER_EQUAL  # type: ignore[import-not-found]
from com.sun.star.table import TableSortField  # type: ignore[import-not-found]

CHUNK_CELLS = 400_000
CONTENT = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags VALUE, DATETIME, STRING, FORMULA
RESULT_VALUE, RESULT_ERROR = 1, 4  # com.sun.star.sheet.FormulaResult
DATE_FORMAT, LOGICAL_FORMAT = 2, 1024  # com.sun.star.util.NumberFormat
OOXML_SYNTAX = 3  # com.sun.star.sheet.AddressConvention.XL_OOX
BOOL_WORDS = {"TRUE": True, "FALSE": False}
# A formula without a comparison or one of these words cannot give a bool; asking costs a round trip a cell.
MAY_BE_BOOL = re.compile(
    r"[<>]|(?<!^)=|\b(?:AND|OR|NOT|XOR|EXACT|TRUE|FALSE|IS[A-Z]+|IF|IFERROR|IFNA|INDEX|CHOOSE|[HV]?LOOKUP)\(|^=[^(]*$"
)
ERRORS = {
    32767: "#N/A",
    532: "#DIV/0!",
    519: "#VALUE!",
    524: "#REF!",
    525: "#NAME?",
    503: "#NUM!",
    521: "#NULL!",
}


class AgentError(Exception):
    """The command cannot be done; LibreOffice itself is well."""


def prop(name: str, value: Any) -> Any:
    """A UNO property."""
    return PropertyValue(Name=name, Value=value)


def english() -> Any:
    """The locale of format codes."""
    return Locale(Language="en", Country="US")


def fault(code: int) -> dict[str, str]:
    """An error cell on the wire."""
    return {"error": ERRORS.get(code, f"Err:{code}")}


def areas(ranges: Any) -> list[tuple[int, int, int, int]]:
    """The rectangles of a query result: first row, first column, last row, last column."""
    return [(a.StartRow, a.StartColumn, a.EndRow, a.EndColumn) for a in ranges.RangeAddresses]


class Session:
    """The one open document and the commands on it. Public methods are the commands."""

    def __init__(self, desktop: Any) -> None:
        self._desktop = desktop
        self._doc: Any = None

    def ping(self) -> bool:
        """Whether LibreOffice still answers."""
        try:
            return self._desktop.getFrames() is not None
        except Exception:  # a lost bridge raises now this, now that
            return False

    def open(self, path: str, password: str = "") -> list[dict[str, Any]]:
        self.close()
        url = uno.systemPathToFileUrl(path)
        how = (prop("MacroExecutionMode", 0), *([prop("Password", password)] if password else []))
        # not "Hidden": a hidden view forgets which sheet is active when it saves
        doc = self._desktop.loadComponentFromURL(url, "_blank", 0, how)
        if doc is None or not doc.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            raise AgentError("LibreOffice cannot load this file as a workbook")
        self._doc = doc
        return self.sheets()

    def close(self) -> None:
        doc, self._doc = self._doc, None
        if doc is not None:
            doc.close(True)

    def sheets(self) -> list[dict[str, Any]]:
        return [{"name": s.Name, "visible": bool(s.IsVisible)} for s in self._document().Sheets]

    def recalc(self) -> float:
        begun = time.perf_counter()
        self._document().calculateAll()
        return time.perf_counter() - begun

    def read(self, sheet: str, where: str | None, bools: bool = True) -> dict[str, Any]:
        source = self._sheet(sheet)
        box = (source.getCellRangeByName(where) if where else source).RangeAddress
        top, left, bottom, right = box.StartRow, box.StartColumn, box.EndRow, box.EndColumn
        if (
            not where or bottom == source.RangeAddress.EndRow
        ):  # all of it, or whole columns: up to the last content
            used = areas(source.queryContentCells(CONTENT))
            bottom = max((a[2] for a in used), default=-1)
            right = right if where else max((a[3] for a in used), default=-1)
        rows: list[list[Any]] = []
        step = max(1, CHUNK_CELLS // max(1, right - left + 1))
        for first in range(top, bottom + 1, step):
            rows += self._block(
                source.getCellRangeByPosition(left, first, right, min(bottom, first + step - 1)), bools
            )
        return {"top": top, "left": left, "rows": rows}

    def formulas(self, sheet: str, where: str, excel: bool) -> list[list[str]]:
        block = self._sheet(sheet).getCellRangeByName(where)
        texts = [list(row) for row in block.getFormulaArray()]
        if excel:
            parser = self._parser()
            for r, row in enumerate(texts):
                for c, text in enumerate(row):
                    if text[:1] in ("=", "{"):
                        cell = block.getCellByPosition(c, r)
                        plain = parser.printFormula(cell.getTokens(), cell.CellAddress)
                        row[c] = "{=" + plain + "}" if text[0] == "{" else "=" + plain
        return texts

    def set_many(self, sheet: str, cells: list[list[Any]]) -> None:
        """``cells``: [A1 text, value]; text with ``=`` is a formula, ``{"date": serial}`` a date."""
        target, doc = self._sheet(sheet), self._document()
        automatic = doc.isAutomaticCalculationEnabled()
        if len(cells) > 1:  # else every single cell would recalculate all that depends on it
            doc.enableAutomaticCalculation(False)
        try:
            for address, value in cells:
                self._put(target.getCellRangeByName(address).getCellByPosition(0, 0), value)
        finally:
            if len(cells) > 1:
                doc.enableAutomaticCalculation(automatic)

    def fill(self, sheet: str, row: int, column: int, rows: list[list[Any]]) -> None:
        """Numbers and texts, a text never taken for anything else; null leaves a cell empty."""
        target, doc = self._sheet(sheet), self._document()
        automatic = doc.isAutomaticCalculationEnabled()
        doc.enableAutomaticCalculation(False)
        try:
            block = target.getCellRangeByPosition(column, row, column + len(rows[0]) - 1, row + len(rows) - 1)
            block.setDataArray(tuple(tuple("" if v is None else v for v in line) for line in rows))
        finally:
            doc.enableAutomaticCalculation(automatic)

    def insert_rows(self, sheet: str, row: int, count: int) -> None:
        self._sheet(sheet).Rows.insertByIndex(row, count)

    def delete_rows(self, sheet: str, row: int, count: int) -> None:
        self._sheet(sheet).Rows.removeByIndex(row, count)

    def clear(self, sheet: str, where: str) -> None:
        self._sheet(sheet).getCellRangeByName(where).clearContents(CONTENT)

    def sort(self, sheet: str, where: str, keys: list[list[Any]], header: bool) -> None:
        fields = tuple(
            TableSortField(Field=int(k), IsAscending=bool(up), IsCaseSensitive=False) for k, up in keys
        )
        wanted = uno.Any("[]com.sun.star.table.TableSortField", fields)
        options = (
            prop("SortFields", wanted),
            prop("ContainsHeader", header),
            prop("BindFormatsToContent", True),
        )
        self._sheet(sheet).getCellRangeByName(where).sort(options)

    def hide(self, sheet: str, rows: list[int], columns: list[int]) -> None:
        target = self._sheet(sheet)
        for row in rows:
            target.Rows.getByIndex(row).IsVisible = False
        for col in columns:
            target.Columns.getByIndex(col).IsVisible = False

    def filter(self, sheet: str, where: str, column: int, text: str) -> None:
        block = self._sheet(sheet).getCellRangeByName(where)
        wanted = block.createFilterDescriptor(True)
        wanted.ContainsHeader = True
        wanted.setFilterFields((TableFilterField(Field=column, Operator=FILTER_EQUAL, StringValue=text),))
        block.filter(wanted)

    def merge(self, sheet: str, where: str) -> None:
        self._sheet(sheet).getCellRangeByName(where).merge(True)

    def paint(self, sheet: str, where: str, color: int) -> None:
        block = self._sheet(sheet).getCellRangeByName(where)
        block.CellBackColor, block.CharWeight, block.CharHeight = color, 150.0, 14.0

    def add_sheet(self, sheet: str, position: int) -> None:
        self._document().Sheets.insertNewByName(sheet, position)

    def add_chart(self, sheet: str, name: str, data: str) -> None:
        target = self._sheet(sheet)
        place = Rectangle(X=12_000, Y=1_000, Width=9_000, Height=6_000)
        area = target.getCellRangeByName(data).RangeAddress
        target.Charts.addNewByName(name, place, (area,), True, True)

    def rename_sheet(self, sheet: str, name: str) -> None:
        self._sheet(sheet).Name = name

    def delete_sheet(self, sheet: str) -> None:
        self._document().Sheets.removeByName(sheet)

    def comment(self, sheet: str, cell: str, text: str) -> None:
        found = self._sheet(sheet)
        found.Annotations.insertNew(found.getCellRangeByName(cell).CellAddress, text)

    def delete_column(self, sheet: str, column: int) -> None:
        self._sheet(sheet).Columns.removeByIndex(column, 1)

    def move_column(self, sheet: str, column: int, before: int) -> None:
        found = self._sheet(sheet)
        found.Columns.insertByIndex(before, 1)
        column += before <= column
        last = found.Rows.Count - 1
        target = found.getCellByPosition(before, 0).CellAddress
        found.moveRange(target, found.getCellRangeByPosition(column, 0, column, last).RangeAddress)
        found.Columns.removeByIndex(column, 1)

    def set_active(self, sheet: str) -> None:
        self._document().CurrentController.setActiveSheet(self._sheet(sheet))

    def active(self) -> str:
        return str(self._document().CurrentController.ActiveSheet.Name)

    def save_as(self, path: str) -> None:
        options = (prop("FilterName", "Calc MS Excel 2007 XML"), prop("Overwrite", True))
        self._document().storeToURL(uno.systemPathToFileUrl(path), options)

    def quit(self) -> None:
        self.close()
        self._desktop.terminate()

    def _document(self) -> Any:
        if self._doc is None:
            raise AgentError("no workbook is open")
        return self._doc

    def _sheet(self, name: str) -> Any:
        sheets = self._document().Sheets
        if not sheets.hasByName(name):
            raise AgentError(f"no sheet {name!r}; there are {list(sheets.ElementNames)}")
        return sheets.getByName(name)

    def _parser(self) -> Any:
        parser = self._document().createInstance("com.sun.star.sheet.FormulaParser")
        parser.CompileEnglish = True
        parser.FormulaConvention = OOXML_SYNTAX
        return parser

    def _put(self, cell: Any, value: Any) -> None:
        if value is None:
            cell.clearContents(CONTENT)
        elif isinstance(value, bool):
            cell.setValue(float(value))
            cell.NumberFormat = self._document().NumberFormats.getStandardFormat(LOGICAL_FORMAT, english())
        elif isinstance(value, dict):
            cell.setValue(value["date"])
            formats = self._document().NumberFormats
            if not formats.getByKey(cell.NumberFormat).Type & DATE_FORMAT:
                key = formats.queryKey("YYYY-MM-DD", english(), False)
                cell.NumberFormat = key if key >= 0 else formats.addNew("YYYY-MM-DD", english())
        elif isinstance(value, (int, float)):
            cell.setValue(float(value))
        elif value.startswith("="):
            cell.setTokens(self._parser().parseFormula(value[1:], cell.CellAddress))
        else:
            cell.setString(value)

    def _block(self, block: Any, bools: bool) -> list[list[Any]]:
        """Values of a range. getDataArray alone mixes up empty and "", errors and empty, bools and 1."""
        box = block.RangeAddress
        rows = [list(row) for row in block.getDataArray()]
        for top, left, bottom, right in areas(block.queryEmptyCells()):
            for row in rows[top - box.StartRow : bottom - box.StartRow + 1]:
                row[left - box.StartColumn : right - box.StartColumn + 1] = [None] * (right - left + 1)
        for top, left, bottom, right in areas(block.queryFormulaCells(RESULT_ERROR)):
            for r in range(top, bottom + 1):
                for c in range(left, right + 1):
                    cell = block.getCellByPosition(c - box.StartColumn, r - box.StartRow)
                    rows[r - box.StartRow][c - box.StartColumn] = fault(cell.getError())
        if bools:
            self._mark_bools(block, rows)
        return rows

    def _mark_bools(self, block: Any, rows: list[list[Any]]) -> None:
        box = block.RangeAddress
        for top, left, bottom, right in areas(block.queryFormulaCells(RESULT_VALUE)):
            sheet = block.Spreadsheet
            texts: Any = None
            for r in range(top, bottom + 1):
                row = rows[r - box.StartRow]
                for c in range(left, right + 1):
                    if row[c - box.StartColumn] not in (0.0, 1.0):
                        continue
                    if texts is None:
                        texts = sheet.getCellRangeByPosition(left, top, right, bottom).getFormulaArray()
                    if MAY_BE_BOOL.search(re.sub(r'"[^"]*"', "", texts[r - top][c - left].strip("{}"))):
                        shown = block.getCellByPosition(c - box.StartColumn, r - box.StartRow).getString()
                        row[c - box.StartColumn] = BOOL_WORDS.get(shown, row[c - box.StartColumn])
