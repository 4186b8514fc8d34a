"""What the program wrote into the data sheets, kept in the book itself: what staff changed shows against it.

A table a time as CSV, deflated, in pieces of text on ``_sheetgen``: the only place that comes through every
spreadsheet program unharmed.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import InputError
from sheetgen.grading.coding import column_of
from sheetgen.scheme.tables import Field, data_tables
from sheetgen.workbook.celltext import clean_texts

if TYPE_CHECKING:
    import pandas as pd

    from sheetgen.workbook.content import Content

STATE_KEY: Final = "written."
PLACE: Final = "key"
"""the column of customers' numbers"""
EXTRA: Final = "x:"
LIMIT: Final = 800_000_000
"""bytes of one table's text; a book of a million rows has a tenth of it"""
_LEVEL: Final = 3
_HEAD: Final = 65_536
"""what holds the headers of any table"""


def written_texts(content: Content) -> Iterator[tuple[str, str]]:
    """Key and text of each table for ``_sheetgen``."""
    for table, frame in written_tables(content).items():
        if len(frame):
            packed = zlib.compress(as_csv(frame), _LEVEL)
            yield STATE_KEY + table, base64.b64encode(packed).decode("ascii")


def written_tables(content: Content) -> dict[str, pd.DataFrame]:
    """Table -> its rows as they stand on the sheet, typed as cleaned tables are, columns not on it left out.

    ``key`` is the number of the customer; a further column of the data is ``x:`` and its header.
    """
    import numpy as np

    customers = content.clean.tables["customers"]
    frames = {"customers": customers.assign(key=np.arange(1, len(customers) + 1)), **content.records}
    return {table: _table(content, table, frame) for table, frame in frames.items()}


def _table(content: Content, table: str, frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    from sheetgen.workbook.sheets.parts import extra_headers

    fields = data_tables()[table].sheet_fields if table == "customers" else content.layout.fields(table)
    found = {}
    for field in fields:
        name = column_of(field.id)
        if name in frame and not field.value:
            column = frame[name]
            texts = clean_texts(column.fillna("").tolist()) if kind_of(field) == "text" else None
            found[name] = column if texts is None else pd.Series(texts, dtype="str")
    for key, header in extra_headers(content, table).items():
        found[EXTRA + header] = pd.Series(
            clean_texts(frame[key].fillna("").astype(str).tolist()), dtype="str"
        )
    found[PLACE] = frame["key"].astype("int64")
    return pd.DataFrame({name: column.reset_index(drop=True) for name, column in found.items()})


def kind_of(field: Field) -> str:
    """How a field stands in a cleaned table: ``date``, ``number`` or ``text``."""
    if field.type == "date":
        return "date"
    return "number" if field.type in ("money", "price", "number", "integer", "rating") else "text"


def read_written(state: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """The tables of written_tables, from what ``_sheetgen`` says; none where the book holds none.

    Raises InputError (SG105) where the text was tampered with.
    """
    return {
        key.removeprefix(STATE_KEY): _frame(key.removeprefix(STATE_KEY), text)
        for key, text in state.items()
        if key.startswith(STATE_KEY) and key.removeprefix(STATE_KEY) in data_tables()
    }


def columns_written(state: Mapping[str, str], table: str) -> tuple[str, ...]:
    """The columns of a table of written_tables, without reading it; none where the book holds none of it."""
    import csv

    try:
        packed = base64.b64decode(state.get(STATE_KEY + table, "")[:_HEAD])
        begins = zlib.decompressobj().decompress(packed, _HEAD).decode("utf-8", "ignore")
    except (binascii.Error, zlib.error):
        return ()  # reading it tells
    return tuple(next(csv.reader(StringIO(begins, newline="")), ()))


def as_csv(frame: pd.DataFrame) -> bytes:
    """A table of written_tables as CSV: days as ISO dates, numbers in the fewest digits that read back."""
    import pyarrow as pa
    from pyarrow import csv

    out = BytesIO()
    days = {str(n): frame[n].astype("datetime64[s]") for n in frame if frame[n].dtype.kind == "M"}
    table = pa.Table.from_pandas(frame.assign(**days), preserve_index=False).replace_schema_metadata()
    for i, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(pa.date32()))
    csv.write_csv(table, out)
    return out.getvalue()


def _frame(table: str, text: str) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import csv

    try:
        unpack = zlib.decompressobj()
        raw = unpack.decompress(base64.b64decode(text, validate=True), LIMIT)
        if not unpack.eof:
            raise ValueError("not whole")
        header = csv.open_csv(BytesIO(raw), parse_options=csv.ParseOptions(newlines_in_values=True))
        names = header.schema.names
        found = csv.read_csv(
            BytesIO(raw),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={name: _type(table, name) for name in names},
                null_values=[""],
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except (binascii.Error, zlib.error, ValueError, pa.ArrowException) as error:
        raise InputError("written_damaged", "SG105", problem=type(error).__name__) from None
    frame: pd.DataFrame = found.to_pandas(date_as_object=False)
    days = {str(n): frame[n].astype("datetime64[ns]") for n in frame if frame[n].dtype.kind == "M"}
    return frame.assign(**days)


def _type(table: str, name: str) -> Any:
    import pyarrow as pa

    if name in ("cents", PLACE):
        return pa.int64()
    field = data_tables()[table].fields.get(name)
    kind = "text" if field is None else kind_of(field)
    return {"date": pa.date32(), "number": pa.float64(), "text": pa.string()}[kind]
