"""The table of a Parquet, SPSS or SAS file: its names or its labels are the header, line 1."""

from __future__ import annotations

from sheetgen.ingest import grid, reading, wire
from sheetgen.ingest.child import Child, frame_need
from sheetgen.ingest.guard import Opened
from sheetgen.ingest.opening import find_opening, refuse_columns, refuse_unclear
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sheets import Sheet
from sheetgen.model import Issue, RawTable, SourceFile

Read = tuple[list[RawTable], list[Issue]]


def read_frame(opened: Opened, kind: str | None, rules: ReadRules, in_folder: bool, child: Child) -> Read:
    """The table of a file with typed columns, as text. Raises InputError, ColumnsError."""
    head, *blocks = child.ask(
        "frame", opened.path, opened.data, frame_need(len(opened.data)), kind=opened.kind
    )
    names, labels = ([str(h) for h in head[0][key]] for key in ("names", "labels"))
    found = [(row, o) for row in (names, labels) if (o := find_opening([row], kind, rules.mapping))]
    if not found:
        refuse_columns(opened.path, [labels], kind, rules.mapping)
    header, opening = max(found, key=lambda pair: len(pair[1].match.fields))
    refuse_unclear(opened.path, opening)
    body = grid.body(_sheet(header, blocks), opening)
    source = SourceFile(opened.path, "", opened.kind, opened.sha256, 0)
    return [reading.raw_table(source, opening, body)], []


def _sheet(header: list[str], blocks: list[wire.Message]) -> Sheet:
    import pyarrow as pa

    columns = [[pa.array([name], pa.large_utf8())] for name in header]
    for _, buffers in blocks:
        for column, offsets, text in zip(columns, buffers[::2], buffers[1::2], strict=True):
            column.append(wire.unpacked(offsets, text))
    return Sheet("", False, tuple(pa.chunked_array(column) for column in columns))
