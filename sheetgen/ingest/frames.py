"""Parquet, SPSS and SAS files as columns of text, as they would stand in a CSV; in the reader process."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest import wire
from sheetgen.ingest.sheets import cell_text, number_text
from sheetgen.ingest.wire import Answers, Refused

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CELLS: Final = 200_000_000


def frame_cells(data: bytearray, kind: str) -> Answers:
    """The columns of a file: first ``names`` and ``labels``, then the cells in messages."""
    return _parquet(data) if kind == "parquet" else _statistics(data, kind)


def _parquet(data: bytearray) -> Answers:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(pa.py_buffer(data)))
        names = list(file.schema_arrow.names)
        if file.metadata.num_rows * max(1, len(names)) > MOST_CELLS:
            raise MemoryError
        yield {"names": names, "labels": names}, []
        for batch in file.iter_batches(batch_size=wire.ROWS, use_threads=False):
            buffers: list[bytes] = []
            for column in batch.columns:
                buffers += wire.packed(arrow_texts(column))
            yield {"rows": batch.num_rows}, buffers
    except pa.ArrowMemoryError:
        raise MemoryError from None
    except (pa.ArrowException, OSError) as error:
        raise Refused("damaged", str(error)) from None


def arrow_texts(column: pa.Array) -> Sequence[str]:
    """An Arrow column as text: dates ISO, moments with a zone in UTC, whole floats without ``.0``."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return arrow_texts(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        found: list[str] = column.cast(pa.large_utf8()).fill_null("").to_pylist()
        return found
    if pa.types.is_timestamp(kind):
        return _moments(column)
    if pa.types.is_date(kind):
        column = column.cast(pa.date32())
    return [_plain(v) for v in column.to_pylist()]


def _moments(column: pa.Array) -> list[str]:
    import pyarrow as pa

    # to microseconds, all that Python knows; finer ones are cut
    zone = "Z" if column.type.tz else ""
    naive = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.timestamp("us"))
    found = []
    for moment in naive.to_pylist():
        text = _plain(moment)
        found.append(f"{text if len(text) > 10 else f'{text} 00:00:00'}{zone}" if zone and text else text)
    return found


def _statistics(data: bytearray, kind: str) -> Answers:
    import pyreadstat

    read: Any = {"sav": pyreadstat.read_sav, "sas7bdat": pyreadstat.read_sas7bdat}[kind]
    try:
        columns, about = read(io.BytesIO(data), output_format="dict")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OverflowError) as error:
        raise Refused("damaged", str(error)) from None
    names = [str(name) for name in about.column_names]
    labels = [str(label or name) for name, label in zip(names, about.column_labels, strict=True)]
    yield {"names": names, "labels": labels}, []
    called = [{_key(k): str(v) for k, v in about.variable_value_labels.get(n, {}).items()} for n in names]
    cells = [columns[name] for name in names]
    height = len(cells[0]) if cells else 0
    for start in range(0, height, wire.ROWS):
        buffers: list[bytes] = []
        for column, words in zip(cells, called, strict=True):
            block = list(column[start : start + wire.ROWS])
            buffers += wire.packed(
                [words.get(_key(v)) or _plain(v) for v in block] if words else list(map(_plain, block))
            )
        yield {"rows": min(wire.ROWS, height - start)}, buffers


def _key(value: Any) -> Any:
    # 1, 1.0 and numpy's 1.0 are one code
    return float(value) if isinstance(value, int | float) else value


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return "" if isnan(value) else number_text(float(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, date | datetime):
        # unlike a spreadsheet's, these dates are real ones
        text = value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else str(value)
        return text.removesuffix(" 00:00:00")
    return cell_text(value.item() if hasattr(value, "item") else value)
