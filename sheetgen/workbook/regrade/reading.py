"""The cells of a sheet read from its XML: plain blocks by their tags, rows that look alike by one pattern,
others by the parser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from sheetgen.workbook.patch.markup import is_loose
from sheetgen.workbook.patch.sheetpart import NUMBER, RowAt, odd, rows
from sheetgen.workbook.patch.stream import Flow, NotPlainError, as_a_whole, in_pieces, sheet_in
from sheetgen.workbook.patch.view import Cell, Master, Source, parsed
from sheetgen.workbook.regrade.blockwise import Blockwise
from sheetgen.workbook.regrade.columns import Cells, Column, Gathered, Pools, cells_of, joined
from sheetgen.workbook.regrade.converted import Converter
from sheetgen.workbook.regrade.looks import RowLook, kept, look_of
from sheetgen.workbook.regrade.tags import PAD, tagged

if TYPE_CHECKING:
    from sheetgen.workbook.patch.package import Package

BATCH: Final = 30_000
"""cells that may wait to become arrays"""
LOOKS: Final = 4
LARGE: Final = 1 << 20, 24 << 20
"""bytes of rows to be looked at together, at least and at most"""
MANY: Final = 300_000
"""tags to be looked at together: a block costs time for each of its columns, and two sheets that are read at
the same time wait for each other at every call"""
SMALL: Final = 64 << 10
"""so few are not halved any more"""
PATIENCE: Final = 3
"""bytes looked at in vain for each one that was not, beyond which the sheet is of another kind"""
Groups = tuple[bytes | None, ...]
Read = tuple[Cells, dict[str, Master]]


def read_cells(package: Package, name: str) -> Read:
    """The cells of the sheet ``name``, formulas with OWN for their rows, and its shared formulas.

    Raises InputError (SG105, SG510).
    """
    try:
        return _in_pieces(package, name)
    except NotPlainError:
        return read_by_parser(package, name)


def read_by_parser(package: Package, name: str) -> Read:
    """The same, all by the XML parser: for sheets whose tags are not where they look to be."""
    flow = as_a_whole(package, name)
    masters: dict[str, Master] = {}
    found = {}
    try:
        for block in flow.blocks:
            source = Source(sheet_in(flow, block), *flow.ends, package.strings, masters)
            for row in (parsed(source, at) for at in rows(source.sheet)):
                found[row.row] = {col: kept(cell, row.row) for col, cell in row.cells.items()}
    except ParseError as error:
        raise odd(name, str(error)) from error
    return cells_of(found, package.strings), masters


@dataclass
class _Reading:
    """What was read so far. ``looks``: the latest first, each with the rows that it met."""

    package: Package
    flow: Flow
    pools: Pools
    convert: Converter
    masters: dict[str, Master] = field(default_factory=dict)
    looks: list[tuple[RowLook, list[Groups]]] = field(default_factory=list)
    pieces: dict[int, list[Column]] = field(default_factory=dict)
    single: Gathered = field(default_factory=Gathered)
    numbers: list[int] = field(default_factory=list)
    odd_rows: int = 0
    named: bool = True
    """whether all cells were found by their names"""
    vain: int = -(32 << 20)
    """bytes looked at in vain, less those that PATIENCE allows"""

    @cached_property
    def blockwise(self) -> Blockwise:
        """What makes columns of whole blocks."""
        return Blockwise(self.convert)


def _in_pieces(package: Package, name: str) -> Read:
    import numpy as np

    flow, pools = in_pieces(package, name, checked=False), Pools(package.strings)
    if flow.prefix:
        raise NotPlainError
    made = _Reading(package, flow, pools, Converter(pools))
    for block in _large(flow):
        _read(made, block)
    for look, met in made.looks:
        _settle(made, look, met)
    for col, found in made.single.chunks().items():
        made.pieces.setdefault(col, []).extend(found)
    numbers = np.asarray(made.numbers, dtype=np.int32)
    if bool((np.diff(numbers) <= 0).any()):
        raise NotPlainError  # rows out of order, or twice
    part = package.worksheets[name].lower()
    package.known.plain.add(part)
    if made.named:
        package.known.named.add(part)
    return Cells(numbers, joined(made.pieces), pools), made.masters


def _large(flow: Flow) -> Iterator[bytes]:
    """Blocks of about MANY tags, as far as the first one tells."""
    for block in flow.blocks:
        if not flow.size:
            flow.size = min(max(LARGE[0], MANY * len(block) // (1 + block.count(b"<"))), LARGE[1])
        yield block


def _read(made: _Reading, block: bytes) -> None:
    """One more block: by its tags, in halves if it looks odd as a whole, or row by row.

    Raises NotPlainError where tags are not where they look to be.
    """
    found = tagged(block + PAD) if made.vain <= 0 else None
    columns = made.blockwise.columns(block, found) if found is not None else None
    if found is not None and columns is not None:
        made.vain -= PATIENCE * len(block)
        made.numbers += found.rows.tolist()
        for col, cells in columns.items():
            made.pieces.setdefault(col, []).append(cells)
        return
    if is_loose(block):
        raise NotPlainError
    if b"<v/>" in block or b"<v />" in block:
        _read(made, block.replace(b"<v />", b"<v></v>").replace(b"<v/>", b"<v></v>"))
        return
    made.vain += len(block)
    half = block.find(b"<row ", len(block) // 2) if made.vain <= 0 and len(block) > SMALL else -1
    if half > 0:
        _read(made, block[:half])
        _read(made, block[half:])
        return
    made.named, at = False, 0
    while at < len(block):
        at = _by_parser(made, block, _alike(made, block, at))


def _alike(made: _Reading, block: bytes, at: int) -> int:
    """Past the rows that look like a known one."""
    numbers, known = made.numbers, 0
    while known < len(made.looks):
        look, met = made.looks[known]
        match, before = look.pattern.match, at
        while found := match(block, at):
            groups = found.groups()
            met.append(groups)
            numbers.append(int(groups[0] or 0) - 1)
            at = found.end()
        if len(met) * len(look.cells) > BATCH:
            _settle(made, look, met)
        known = known + 1 if at == before else 0
    return at


def _by_parser(made: _Reading, block: bytes, at: int) -> int:
    """Past one more row, whatever it looks like, or past the space behind the last one."""
    sheet = sheet_in(made.flow, block)
    found = next(rows(sheet, at), None)
    if found is None:
        return len(block)
    if NUMBER.search(found.attributes) is None:
        number = made.numbers[-1] + 1 if made.numbers else 0
        found = RowAt(number, found.attributes, found.start, found.inner, found.inner_stop, found.stop)
    try:
        row = parsed(Source(sheet, *made.flow.ends, made.package.strings, made.masters), found)
    except ParseError as error:
        raise odd(made.flow.name, str(error)) from error
    made.numbers.append(row.row)
    cells = {col: kept(cell, row.row) for col, cell in row.cells.items()}
    for col, cell in cells.items():
        made.single.add(made.pools, row.row, col, cell)
    made.odd_rows += 1
    if made.odd_rows & (made.odd_rows - 1) == 0:  # the 1st, 2nd, 4th, 8th: a pattern costs more than a row
        _learn(made, block[found.start : found.stop], cells)
    return found.stop


def _learn(made: _Reading, raw: bytes, cells: Mapping[int, Cell]) -> None:
    """Rows may look like this one from now on."""
    pool = made.pools.formulas
    codes = {c: pool[cell.formula, cell.grouping] for c, cell in cells.items() if cell.formula is not None}
    look = look_of(raw, codes, made.looks[0][0] if made.looks else None)
    if look is not None and look.cells:
        for old in made.looks[LOOKS - 1 :]:
            _settle(made, *old)
        made.looks = [(look, []), *made.looks[: LOOKS - 1]]


def _settle(made: _Reading, look: RowLook, met: list[Groups]) -> None:
    """Make arrays of the rows that were met."""
    if not met:
        return
    import numpy as np

    groups = list(zip(*met, strict=True))
    met.clear()
    numbers = np.asarray([int(n or 0) - 1 for n in groups[0]], dtype=np.int32)
    for i, (col, formula) in enumerate(look.cells):
        found = made.convert.column(numbers, groups[1 + 2 * i], groups[2 + 2 * i], formula)
        if len(found.rows):
            made.pieces.setdefault(col, []).append(found)
