"""The rows of a sheet with cells changed, put in and added: one pass, the untouched bytes as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

from sheetgen.workbook.celltext import letters
from sheetgen.workbook.patch.cells import Apart, Found, Placed, Style, Task, changed_cell, new_cell
from sheetgen.workbook.patch.edits import Cached, Constant, Formula
from sheetgen.workbook.patch.refs import column, shifted
from sheetgen.workbook.patch.sheetpart import (
    Formulas,
    RowAt,
    SheetXml,
    cells,
    grouped,
    inner_of,
    not_patched,
    odd,
    patterns,
    rows,
)

CHUNK: Final = 1 << 20
_SPANS: Final = re.compile(rb"""\s+spans\s*=\s*(?:"[^"]*"|'[^']*')""")

Tasks = Mapping[int, Mapping[int, Task]]
"""row -> column -> task"""


@dataclass
class Tally:
    """What a splice came to: whether any byte changed, and whether a formula came or went."""

    changed: bool = False
    formulas: bool = False


@dataclass(frozen=True)
class Job:
    """The changes of one sheet. ``looks``: row -> attributes of a row that has to be made."""

    sheet: SheetXml
    style: Style
    tasks: Tasks
    looks: Mapping[int, bytes]

    @cached_property
    def groups(self) -> Formulas:
        """The sheet's grouped formulas, read when first asked for."""
        return grouped(self.sheet)


def prepared(job: Job) -> Job:
    """``job`` with what else must change: the members of shared formulas whose master goes.

    Raises InputError (SG519) for an edit inside an array formula or a data table.
    """
    touched = {
        (row, col)
        for row, tasks in job.tasks.items()
        for col, task in tasks.items()
        if isinstance(edit := _edit(task), Constant | Formula)
        and not (isinstance(edit, Formula) and edit.array)
    }
    if not touched:
        return job
    inside = [cell for cell in touched if job.groups.in_block(*cell)]
    if inside:
        raise not_patched("patch_in_array", job.sheet.name, *min(inside))
    lost = {g: m for g, m in job.groups.masters.items() if (m[1], m[2]) in touched}
    if not lost:
        return job
    more: dict[int, dict[int, Task]] = {row: dict(tasks) for row, tasks in job.tasks.items()}
    for group, (formula, at_row, at_col) in lost.items():
        for row, col in job.groups.members[group]:
            if (row, col) not in touched:
                text = shifted(formula, row - at_row, col - at_col)
                then = more.get(row, {}).get(col)
                apart = Apart(text, then if isinstance(then, Cached) else None)
                more.setdefault(row, {})[col] = apart
    return Job(job.sheet, job.style, more, job.looks)


def _edit(task: Task) -> Cached | Constant | Formula | Apart | None:
    return task.edit if isinstance(task, Placed) else task


def spliced(job: Job, tally: Tally, head: bytes, tail: bytes) -> Iterator[bytes | memoryview]:
    """The sheet's XML with the job done, ``head`` and ``tail`` around its rows, in pieces.

    ``tally`` is right when all pieces are drawn. Raises InputError (SG510, SG519), ValueError.
    """
    sheet, tasks = job.sheet, job.tasks
    there = {row.row for row in rows(sheet)} if tasks else set()
    waiting = sorted((row for row in tasks if row not in there), reverse=True)
    done: set[int] = set()
    view = memoryview(sheet.xml)
    pieces: list[bytes | memoryview] = [head]
    size, at = len(head), sheet.start
    for row in rows(sheet) if tasks else ():
        if waiting and waiting[-1] < row.row:
            pieces.append(view[at : row.start])
            at = row.start
            while waiting and waiting[-1] < row.row:
                pieces.append(_new_row(job, waiting.pop(), tally))
        if (here := tasks.get(row.row)) is not None:
            if row.row in done:
                raise odd(sheet.name, f"row {row.row + 1}")
            done.add(row.row)
            if (made := _row(job, row, here, tally)) is not None:
                pieces += (view[at : row.start], made)
                size += row.stop - at
                at = row.stop
                if size > CHUNK:
                    yield b"".join(pieces)
                    pieces, size = [], 0
    yield b"".join(pieces)
    yield view[at : sheet.stop]
    yield b"".join([*(_new_row(job, row, tally) for row in reversed(waiting)), tail])


def respliced(job: Job, there: Sequence[RowAt], tally: Tally, named: bool = False) -> Iterator[bytes]:
    """``spliced`` for a block whose rows are ``there``, each with its number, and results alone.

    Cells are searched for by their names in rows where all cells have one, once: in all of them where they
    are ``named``, else where they rise.
    """
    xml, view, at, known = job.sheet.xml, memoryview(job.sheet.xml), 0, list[bytes]()
    pieces: list[bytes | memoryview] = []
    names = re.compile(rb'<%sc(?=[\s/>])(?: r="([A-Z]{1,3})\d{1,7}")?' % re.escape(job.sheet.prefix))
    for row in there:
        if (tasks := job.tasks.get(row.row)) is None:
            continue
        told, found = [] if named else names.findall(xml, row.inner, row.inner_stop), None
        if named or told == known or _rising(told):
            known, found = told, _named(job, row, sorted(tasks))
        if found is None:
            made = _row(job, row, tasks, tally)
            new = [] if made is None else [(row.start, row.stop, made)]
        else:
            done = ((c, _changed(job, row.row, col, c, tasks[col], tally)) for col, c in found)
            new = [(c.start(), c.end(), made) for c, made in done if made is not None]
        for start, stop, made in new:
            pieces += (view[at:start], made)
            at, tally.changed = stop, True
    yield b"".join([*pieces, view[at:]])


def _rising(names: Sequence[bytes]) -> bool:
    """Whether the cells of a row tell their columns, each one right of the one before."""
    columns = [column(name.decode()) if name else -1 for name in names]
    return all(a < b for a, b in pairwise([-1, *columns]))


def _named(job: Job, row: RowAt, columns: Sequence[int]) -> list[tuple[int, re.Match[bytes]]] | None:
    """The cells of these columns; None where one is not to be found by its name."""
    sheet, cell, at = job.sheet, patterns(job.sheet.prefix).cell, row.inner
    found = []
    for col in columns:
        begin = b'<%sc r="%s%d"' % (sheet.prefix, letters(col).encode(), row.row + 1)
        start = sheet.xml.find(begin, at, row.inner_stop)
        here = cell.match(sheet.xml, start, row.inner_stop) if start >= 0 else None
        if here is None:
            return None
        found.append((col, here))
        at = here.end()
    return found


def _new_row(job: Job, row: int, tally: Tally) -> bytes:
    p = job.sheet.prefix
    made = b"".join(_new(job, row, col, task, tally) for col, task in sorted(job.tasks[row].items()))
    if not made and row not in job.looks:
        return b""
    tally.changed = True
    return b'<%srow r="%d"%s>%s</%srow>' % (p, row + 1, job.looks.get(row, b""), made, p)


def _new(job: Job, row: int, col: int, task: Task, tally: Tally) -> bytes:
    edit = _edit(task)
    if isinstance(edit, Cached):
        if job.groups.in_block(row, col):
            return b""  # a block's cell that was never written has no result of its own
        raise not_patched("patch_no_formula", job.sheet.name, row, col)
    tally.formulas = tally.formulas or isinstance(edit, Formula)
    return new_cell((row, col), task, job.style)


def _row(job: Job, row: RowAt, tasks: Mapping[int, Task], tally: Tally) -> bytes | None:
    """The row with its tasks done; None when nothing changes."""
    sheet = job.sheet
    waiting = sorted(tasks, reverse=True)
    pieces: list[bytes] = []
    at = end = row.inner
    last, added = -1, False
    for col, found in cells(sheet, row):
        if col <= last and col in tasks:
            raise odd(sheet.name, f"row {row.row + 1}")
        last = max(last, col)
        while waiting and waiting[-1] < col:
            before = waiting.pop()
            if made := _new(job, row.row, before, tasks[before], tally):
                pieces += (sheet.xml[at : found.start()], made)
                at, added = found.start(), True
        if waiting and waiting[-1] == col:
            waiting.pop()
            changed = _changed(job, row.row, col, found, tasks[col], tally)
            if changed is not None:
                pieces += (sheet.xml[at : found.start()], changed)
                at = found.end()
        end = found.end()
    if waiting:
        made = b"".join(_new(job, row.row, col, tasks[col], tally) for col in reversed(waiting))
        if made:
            pieces += (sheet.xml[at:end], made)
            at, added = end, True
    if not pieces:
        return None
    tally.changed = True
    attributes = row.attributes.removesuffix(b"/")
    if added:
        attributes = _SPANS.sub(b"", attributes, count=1)
    p = sheet.prefix
    inner = b"".join(pieces) + sheet.xml[at : row.inner_stop]
    return b"<%srow%s>%s</%srow>" % (p, attributes, inner, p)


def _changed(job: Job, row: int, col: int, found: re.Match[bytes], task: Task, tally: Tally) -> bytes | None:
    inner = inner_of(job.sheet, row, found)
    attributes = found[2].removesuffix(b"/")
    if found[1]:  # the pattern took r="B3" for itself
        attributes = b' r="%s%d"' % (found[1], row + 1) + attributes
    edit = _edit(task)
    lone = inner[1] is None and isinstance(edit, Cached)
    if lone and not job.groups.in_block(row, col):
        raise not_patched("patch_no_formula", job.sheet.name, row, col)
    made = changed_cell(Found(attributes, inner), task, job.style)
    if made is not None and not tally.formulas and not isinstance(edit, Cached):
        was, now = inner[1] is not None, isinstance(edit, Formula)
        tally.formulas = isinstance(edit, Constant | Formula) and was != now
    return made
