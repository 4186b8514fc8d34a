"""Edits done to a book: the parts they touch are written anew, all others keep their very bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from xml.parsers.expat import ExpatError

from sheetgen.errors import InputError
from sheetgen.workbook.pack import LIVE, LONG_ROW, WIDE
from sheetgen.workbook.patch.added import added, growths
from sheetgen.workbook.patch.ahead import ahead, at_once
from sheetgen.workbook.patch.archive import Packed, packed, rewritten
from sheetgen.workbook.patch.cells import Placed, Style, Task
from sheetgen.workbook.patch.drawn import drawn_parts, grown_drawn
from sheetgen.workbook.patch.edits import Cached, Constant, Edits, Formula, NewColumn
from sheetgen.workbook.patch.grow import (
    grown_head,
    grown_names,
    grown_table,
    grown_tail,
    recalculated,
    without_chain,
)
from sheetgen.workbook.patch.links import relinked_tail
from sheetgen.workbook.patch.markup import plain
from sheetgen.workbook.patch.package import CONTENT_TYPES, Package, Table
from sheetgen.workbook.patch.quotes import Marked, marked, with_added
from sheetgen.workbook.patch.refs import COLUMNS, ROWS, Area, Growth
from sheetgen.workbook.patch.ruled import looks_in, ruled_tail, with_looks
from sheetgen.workbook.patch.sheetpart import NUMBER, not_patched, rows, sheet_of
from sheetgen.workbook.patch.splice import Job, Tally, Tasks, prepared, respliced, spliced
from sheetgen.workbook.patch.stream import Flow, NotPlainError, in_pieces, sheet_in
from sheetgen.workbook.patch.widths import with_widths


def apply(package: Package, edits: Edits) -> bytes:
    """The book with all ``edits`` done; its own bytes where they change nothing.

    Excel is asked to calculate it anew; LibreOffice shows the results that were written, and computes only
    formulas without one.

    Raises InputError: SG105 for a damaged part, SG510 for a sheet that does not look like one, SG519 for an
    edit that cannot be done: no such sheet, part of an array formula or a data table, a result where there is
    no formula, another text for a table's header, rows that something is in the way of. Raises TypeError,
    ValueError for what fits no cell or no block.
    """
    try:
        return _applied(package, edits)
    except (ExpatError, UnicodeDecodeError) as error:
        raise InputError("file_damaged", "SG105", path=package.name, reason=str(error)) from error


def _applied(package: Package, edits: Edits) -> bytes:
    growing = growths(edits)
    wanted = {*edits.cells, *edits.links, *edits.rules, *(growth.sheet for growth in growing)}
    for name in wanted:
        if name not in package.worksheets:
            raise InputError("patch_sheet_missing", "SG519", sheet=name, path=package.name)
    new: dict[str, Packed | None] = {}
    tally, styles = Tally(), marked(_styles(package))
    sheets = {name: part for name, part in package.worksheets.items() if name in wanted or growing}
    for (name, part), done in zip(
        sheets.items(), at_once(partial(_flowing, package, edits, growing, styles), sheets), strict=True
    ):
        made = done[0] if done else _sheet(package, name, part, edits, growing, tally, styles)
        if made is not None:
            new[_member(package, part)] = made
    for table in package.tables if growing else ():
        own = [growth for growth in growing if growth.sheet == table.sheet and table.area.meets(growth.area)]
        xml = plain(package.read(table.part))
        if (longer := grown_table(xml, own)) != xml:
            new[_member(package, table.part)] = packed([longer])
    for part in drawn_parts(package) if growing else ():
        xml = plain(package.read(part))
        if (longer := grown_drawn(xml, growing)) != xml:
            new[_member(package, part)] = packed([longer])
    workbook = plain(package.read(package.workbook))
    named = grown_names(workbook, growing)
    if not new and named == workbook:
        return package.data
    new[_member(package, package.workbook)] = packed([recalculated(named)])
    if len(styles.styles) > styles.known or edits.looks:
        looks = with_looks(with_added(_styles(package), styles), edits.looks)
        new[_member(package, _styles_part(package))] = packed([looks])
    if tally.formulas:
        new |= without_calc_chain(package)
    return rewritten(package.data, package.members.values(), new)


def changes(package: Package, edits: Edits) -> bool:
    """Whether ``edits`` change anything, which is told as soon as one does. Raises as ``apply`` does."""
    if edits.adopt or edits.append or edits.columns or edits.links or edits.rules:
        return True
    for name, tasks in edits.cells.items():
        if name not in package.worksheets:
            raise InputError("patch_sheet_missing", "SG519", sheet=name, path=package.name)
        sheet, tally = sheet_of(name, package.read(package.worksheets[name])), Tally()
        style = Style(
            sheet.prefix, package.date1904, partial(_shared, package), marked(_styles(package)).twin
        )
        for _ in spliced(prepared(Job(sheet, style, tasks, {})), tally, b"", b""):
            if tally.changed:
                return True
    return False


def _member(package: Package, part: str) -> str:
    return package.members[part.lower()].info.filename


def _flowing(
    package: Package, edits: Edits, growing: Sequence[Growth], styles: Marked, name: str
) -> tuple[Packed | None] | None:
    """What ``_sheet`` gives for a sheet of which results alone change, in a tuple; None where more does, or
    where that cannot be done piece by piece.
    """
    if name in {*edits.columns, *edits.links, *edits.rules, *(growth.sheet for growth in growing)}:
        return None
    style = Style(b"", package.date1904, partial(_shared, package), styles.twin)
    with suppress(NotPlainError, InputError):  # which the whole sheet tells better
        named = package.worksheets[name].lower() in package.known.named
        return (_results(in_pieces(package, name), edits.cells.get(name, {}), growing, style, named),)
    return None


def _sheet(
    package: Package,
    name: str,
    part: str,
    edits: Edits,
    growing: Sequence[Growth],
    tally: Tally,
    styles: Marked,
) -> Packed | None:
    """The new content of a sheet's part; None when it stays. ``tally`` hears whether formulas come or go."""
    sheet, columns = sheet_of(name, package.read(part)), edits.columns.get(name, {})
    tasks: Tasks = _dressed(edits.cells.get(name, {}), columns)
    looks: Mapping[int, bytes] = {}
    if any(growth.sheet == name for growth in growing):
        more = added(sheet, edits, package.tables)
        merged: dict[int, Mapping[int, Task]] = dict(tasks)
        for row, cells in more.tasks.items():
            merged[row] = {**tasks.get(row, {}), **cells}
        tasks, looks = merged, more.looks
    used = _used(name, tasks, [t for t in package.tables if t.sheet == name])
    head, tail = sheet.xml[: sheet.start], sheet.xml[sheet.stop :]
    longer = grown_tail(tail, name, growing) if growing else tail
    longer = relinked_tail(longer, edits.links.get(name, {}))
    if rules := edits.rules.get(name):
        longer = ruled_tail(head, longer, rules, looks_in(_styles(package)))
    if not tasks and longer == tail:
        return None
    style = Style(sheet.prefix, package.date1904, partial(_shared, package), styles.twin)
    mine = Tally(changed=longer != tail)
    job = prepared(Job(sheet, style, tasks, looks))
    result = packed(ahead(spliced(job, mine, with_widths(grown_head(head, used), columns), longer)), WIDE)
    tally.formulas = tally.formulas or mine.formulas
    return result if mine.changed else None


def _results(flow: Flow, tasks: Tasks, growing: Sequence[Growth], style: Style, named: bool) -> Packed | None:
    """The same for results alone, read, changed and packed piece by piece. ``named``: each cell is, once.

    Raises NotPlainError for other edits, for rows that are not there, have no number or do not rise.
    """
    if not all(isinstance(task, Cached) for cells in tasks.values() for task in cells.values()):
        raise NotPlainError
    style, tally = replace(style, prefix=flow.prefix), Tally()
    if not tasks:
        for _ in flow.blocks:
            pass
        if grown_tail(flow.tail, flow.name, growing) == flow.tail:
            return None
        raise NotPlainError

    first = next(flow.blocks, b"")

    def pieces() -> Iterator[bytes | memoryview]:
        last, left = -1, len(tasks)
        yield flow.head
        for block in chain([first], flow.blocks):
            job = Job(sheet_in(flow, block), style, tasks, {})
            there = list(rows(job.sheet))
            for row in there:
                if NUMBER.search(row.attributes) is None or row.row <= last:
                    raise NotPlainError
                last = row.row
            left -= sum(row.row in tasks for row in there)
            yield from respliced(job, there, tally, named)
        if left:
            raise NotPlainError
        longer = grown_tail(flow.tail, flow.name, growing) if growing else flow.tail
        tally.changed = tally.changed or longer != flow.tail
        yield longer

    made = packed(ahead(pieces()), WIDE if len(first) > LONG_ROW * first.count(b"<row ") else LIVE)
    return made if tally.changed else None


def _dressed(tasks: Tasks, columns: Mapping[int, NewColumn]) -> Tasks:
    """``tasks`` with the styles of new columns."""
    if not columns:
        return tasks
    found: dict[int, dict[int, Task]] = {row: dict(cells) for row, cells in tasks.items()}
    for col, new in columns.items():
        for row in range(new.header, new.last + 1):
            cells = found.setdefault(row, {})
            edit = cells.get(col)
            if edit is None or isinstance(edit, Cached | Constant | Formula):
                cells[col] = Placed(edit, new.style(row).encode())
    return found


def _styles_part(package: Package) -> str:
    parts = [r.target for r in package.relationships(package.workbook) if r.kind == "styles"]
    return parts[0] if parts and package.has(parts[0]) else ""


def _styles(package: Package) -> bytes:
    part = _styles_part(package)
    return package.read(part) if part else b""


def _shared(package: Package, at: int) -> str | None:
    return package.strings[at].text if at < len(package.strings) else None


def _used(sheet: str, tasks: Tasks, tables: Iterable[Table]) -> Area | None:
    """The area of all cells that get something new.

    Raises InputError (SG519) outside the sheet, and in headers.
    """
    headers: dict[int, list[Table]] = {}
    for table in tables:
        if table.header:
            headers.setdefault(table.whole.first_row, []).append(table)
    rows: list[int] = []
    first_col, last_col = COLUMNS, -1
    for row, cells in tasks.items():
        new = [col for col, task in cells.items() if not _is_result(task)]
        if not new:
            continue
        left, right = min(new), max(new)
        if not (0 <= row < ROWS and left >= 0 and right < COLUMNS):
            raise not_patched("patch_sheet_full", sheet, row, right)
        for table in headers.get(row, ()):
            _keep_header(table, row, {col: cells[col] for col in new})
        rows.append(row)
        first_col, last_col = min(first_col, left), max(last_col, right)
    return Area(min(rows), first_col, max(rows), last_col) if rows else None


def _is_result(task: Task) -> bool:
    return not isinstance(task, Constant | Formula) and not hasattr(task, "style")


def _keep_header(table: Table, row: int, tasks: Mapping[int, Task]) -> None:
    for col, task in tasks.items():
        if table.whole.holds(row, col):
            header = table.columns[col - table.whole.first_col]
            if not (isinstance(task, Constant) and task.value == header):
                raise not_patched("patch_header", table.sheet, row, col)


def without_calc_chain(package: Package) -> dict[str, Packed | None]:
    """The package without its calculation chain, which Excel makes again; a stale one it calls damage."""
    chains = [r.target for r in package.relationships(package.workbook) if r.kind == "calcChain"]
    if not chains:
        return {}
    folder, _, name = package.workbook.rpartition("/")
    found: dict[str, Packed | None] = {}
    for part in (f"{folder}/_rels/{name}.rels", CONTENT_TYPES):
        xml = plain(package.read(part))
        if (less := without_chain(xml)) != xml:
            found[_member(package, part)] = packed([less])
    found |= {_member(package, part): None for part in chains if package.has(part)}
    return found
