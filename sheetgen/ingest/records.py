"""Blocks of lines to records: plain ones by the column, all others one by one, in the order of the file."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.blocks import Block, mojibake
from sheetgen.ingest.coded import repeats
from sheetgen.ingest.delimited import Careful, careful, split_line
from sheetgen.ingest.lines import LONGEST_LINE, Lines, lines_of
from sheetgen.ingest.reading import Layout, Sorted, sort_out
from sheetgen.ingest.structure import rows_of, structural

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

_WORKERS: Final = 2
_SAMPLED: Final = 50


@dataclass(frozen=True)
class Piece:
    """What a block holds: ``cells``, a column a header (named 0, 1 …), and the line of each row.

    Columns are of text, or of dictionaries of it.
    """

    cells: pa.Table
    line: npt.NDArray[np.int64]
    structure: int
    malformed: list[tuple[int, str, str]]
    """(line, code, raw text)"""
    unclosed: int
    """how many of these have a quote that is never closed"""
    spoilt: list[tuple[int, str]]
    """lines whose text was spoilt before it came to us"""
    footers: list[tuple[int, list[str]]]
    """(line, cells) of totals"""


@dataclass(frozen=True)
class _Job:
    """The lines of a block, the first of them being line ``first`` of the file.

    ``plain`` marks those that are a record each; ``blanks`` counts the empty ones between records.
    """

    lines: Lines
    first: int
    plain: npt.NDArray[np.bool_]
    blanks: int
    found: Careful
    bad: frozenset[int]
    spoilt: list[tuple[int, str]]


def read_records(blocks: Iterable[Block], first: int, layout: Layout) -> Iterator[Piece]:
    """All records of ``blocks``, which begin with line ``first`` of the file, block by block.

    What repeats in the first block is read as dictionaries from there on: less to write, less to keep.
    """
    waiting: deque[Future[Piece]] = deque()
    listed: frozenset[int] | None = None
    with ThreadPoolExecutor(_WORKERS) as pool:
        for job in _jobs(blocks, first, layout):
            if listed is None:
                piece = _piece(job, layout, frozenset())
                columns = enumerate(piece.cells.columns) if len(piece.line) else ()
                listed = frozenset(i for i, column in columns if repeats(column))
                yield piece
                continue
            waiting.append(pool.submit(_piece, job, layout, listed))
            if len(waiting) > _WORKERS:
                yield waiting.popleft().result()
        for done in waiting:
            yield done.result()


def column_of(pieces: Iterable[Piece], i: int) -> pa.ChunkedArray:
    """Column ``i`` of all pieces: of dictionaries where one of them has it so."""
    import pyarrow as pa

    chunks = [chunk for piece in pieces for chunk in piece.cells.column(i).chunks]
    if any(pa.types.is_dictionary(chunk.type) for chunk in chunks):
        kind = _listed_text()
        return pa.chunked_array([_listed(chunk, kind) for chunk in chunks], kind)
    return pa.chunked_array(chunks, pa.large_string())


def _listed(chunk: pa.Array, kind: pa.DataType) -> pa.Array:
    return chunk if chunk.type == kind else chunk.dictionary_encode().cast(kind)


def _jobs(blocks: Iterable[Block], first: int, layout: Layout) -> Iterator[_Job]:
    """What follows the last whole record of a block is put before the next one."""
    rest, rest_lines, bad = b"", 0, frozenset[int]()
    for block, last in _with_last(blocks):
        bad = frozenset(i for i in bad if i >= first) | {first + rest_lines + i for i in block.bad}
        lines = lines_of(rest + block.data if rest else block.data, layout.delimiter)
        if bad:
            lines.odd[[i - first for i in bad]] = True
        found = careful(lines, lines.odd, layout.delimiter, len(layout.headers), last)
        outside = ~lines.odd
        outside[found.stop :] = False
        for start, end, _ in found.rows:
            outside[start:end] = False
        blanks = int((outside & lines.blank).sum())
        spoilt = _spoilt(block, lines, len(rest), first, bad)
        yield _Job(lines, first, outside & ~lines.blank, blanks, found, bad, spoilt)
        rest_lines = len(lines) - found.stop
        rest = lines.data[lines.starts[found.stop] :] if rest_lines else b""
        first += found.stop


def _with_last(blocks: Iterable[Block]) -> Iterator[tuple[Block, bool]]:
    it = iter(blocks)
    block = next(it, None)
    while block is not None:
        following = next(it, None)
        yield block, following is None
        block = following


def _spoilt(
    block: Block, lines: Lines, offset: int, first: int, bad: frozenset[int]
) -> list[tuple[int, str]]:
    import numpy as np

    places = np.array(mojibake(block), dtype=np.int64) + offset
    if not len(places):
        return []
    found = np.unique(np.searchsorted(lines.ends, places, side="right")).tolist()
    return [(first + i, lines.text(i).strip()[:80]) for i in found if first + i not in bad]


def _piece(job: _Job, layout: Layout, listed: frozenset[int]) -> Piece:
    import numpy as np
    import pyarrow as pa

    cells, places, others = _plain_cells(job, layout, listed)
    done = Sorted(layout)
    structure = structural(cells, layout)
    if structure.any():
        for place, row in zip(places[structure].tolist(), rows_of(cells, structure), strict=True):
            sort_out(done, row, job.first + place)
        cells, places = cells.filter(pa.array(~structure)), places[~structure]
    malformed = [(job.first + i, "SG206", job.lines.text(i).rstrip("\r\n")) for i in job.found.unclosed]
    for start, end, row in [*job.found.rows, *((i, i + 1, row) for i, row in others)]:
        code = _unfit(job, start, end, row)
        if code:
            malformed.append((job.first + start, code, job.lines.text(start).rstrip("\r\n")[:1000]))
        else:
            sort_out(done, row, job.first + start)
    line = places + job.first
    if done.rows:
        schema = _schema(len(layout.headers))
        slow = pa.table([pa.array(c, pa.large_string()) for c in zip(*done.rows, strict=True)], schema)
        line = np.concatenate([line, np.array(done.lines, dtype=np.int64)])
        order = np.argsort(line, kind="stable")
        cells, line = pa.concat_tables([cells.cast(schema), slow]).take(pa.array(order)), line[order]
    return Piece(
        cells,
        line,
        job.blanks + done.structure,
        sorted(malformed + done.malformed),
        len(job.found.unclosed),
        job.spoilt,
        sorted(done.footers),
    )


def _unfit(job: _Job, start: int, end: int, row: list[str]) -> str:
    """The code of a record that cannot be used whatever its cells are."""
    if job.bad and not job.bad.isdisjoint(range(job.first + start, job.first + end)):
        return "SG203"
    long = max(map(len, row), default=0) > LONGEST_LINE
    if not long and int((job.lines.ends[start:end] - job.lines.starts[start:end]).max()) > LONGEST_LINE:
        long = any(len(job.lines.text(i)) > LONGEST_LINE for i in range(start, end))
    return "SG205" if long else ""


def _plain_cells(
    job: _Job, layout: Layout, listed: frozenset[int]
) -> tuple[pa.Table, npt.NDArray[np.int64], list[tuple[int, list[str]]]]:
    """The plain lines as columns, the line (in the block) of each row, and the records that do not fit."""
    import numpy as np
    import pyarrow as pa

    width = len(layout.headers)
    places = np.flatnonzero(job.plain)
    if not len(places):
        none = pa.table([pa.array([], pa.large_string())] * width, _schema(width))
        return none, places, []
    most = Counter(len(split_line(job.lines.text(i), layout.delimiter)) for i in places[:_SAMPLED].tolist())
    found = most.most_common(1)[0][0]
    cells, unfit = _parse(_bytes_of(job), _schema(found, listed), layout.delimiter)
    fits = np.ones(len(places), dtype=bool)
    fits[unfit] = False
    if found > width:
        filled = _any_filled(cells, width)
        fits[np.flatnonzero(fits)[filled]] = False
        cells = cells.filter(pa.array(~filled)).select(range(width))
    elif found < width:
        blank = pa.repeat(pa.scalar("", pa.large_string()), len(cells))
        cells = pa.table([*cells.columns, *[blank] * (width - found)], names=_schema(width).names)
    others = [(i, split_line(job.lines.text(i), layout.delimiter)) for i in places[~fits].tolist()]
    return cells, places[fits], others


def _any_filled(cells: pa.Table, width: int) -> npt.NDArray[np.bool_]:
    import numpy as np
    import pyarrow.compute as pc

    filled = np.zeros(len(cells), dtype=bool)
    for column in cells.columns[width:]:
        filled |= pc.not_equal(pc.utf8_trim_whitespace(column), "").to_numpy()
    return filled


def _bytes_of(job: _Job) -> Any:
    """The plain lines, one after the other; no copy where all lines are plain."""
    import numpy as np

    if job.plain.all():
        return job.lines.data
    steps = np.diff(job.plain.astype(np.int8), prepend=0, append=0)
    begins, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    whole = memoryview(job.lines.data)
    pairs = zip(job.lines.starts[begins].tolist(), job.lines.ends[stops].tolist(), strict=True)
    return b"".join([whole[start:end] for start, end in pairs])


def _schema(width: int, listed: frozenset[int] = frozenset()) -> pa.Schema:
    import pyarrow as pa

    text = pa.large_string()
    return pa.schema([(str(i), _listed_text() if i in listed else text) for i in range(width)])


def _listed_text() -> pa.DataType:
    import pyarrow as pa

    return pa.dictionary(pa.int32(), pa.string())


def _parse(data: Any, schema: pa.Schema, delimiter: str) -> tuple[pa.Table, list[int]]:
    """``data`` as columns of ``schema``, and which of its lines have more or fewer fields."""
    import pyarrow as pa
    from pyarrow import csv

    unfit: list[int] = []

    def skip(row: Any) -> str:
        unfit.append(row.number - 1)
        return "skip"

    cells = csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(column_names=schema.names, use_threads=False, block_size=len(data) + 1),
        parse_options=csv.ParseOptions(
            delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=csv.ConvertOptions(column_types=schema, check_utf8=False),
    )
    return cells, unfit
