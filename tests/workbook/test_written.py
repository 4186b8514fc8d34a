"""What a book keeps of its data as written."""

from __future__ import annotations

import base64
import zlib
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgen.errors import InputError
from sheetgen.pipeline import BuildRequest, build
from sheetgen.workbook.opened import open_book
from sheetgen.workbook.written import STATE_KEY, _frame, as_csv, read_written
from tests.office.office import Office
from tests.parity.data import AS_OF, company


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book with nasty ids and texts."""
    folder = tmp_path_factory.mktemp("written")
    kinds = company("vip-abc", seed=3, plain=6).write(folder)
    return build(BuildRequest(folder / "book.xlsx", kinds=kinds, scheme="vip-abc", as_of=AS_OF)).request.out


def test_the_tables_are_those_on_the_sheets(book: Path) -> None:
    opened = open_book(book)
    found = read_written(opened.state)
    for sheet_id, table in (("transactions", found["transactions"]), ("customers", found["customers"])):
        rows = opened.workbook.get_sheet_by_name(opened.names[sheet_id]).to_python(skip_empty_area=False)
        start = next(i for i, row in enumerate(rows) if "客户编号" in row)
        at = rows[start].index("客户编号")
        shown = [row[at] for row in rows[start + 1 :] if row[at]]
        assert table["customer_id"].tolist() == shown
    money, sheet = (
        found["transactions"]["cents"],
        opened.workbook.get_sheet_by_name(opened.names["transactions"]),
    )
    rows = sheet.to_python(skip_empty_area=False)
    start = next(i for i, row in enumerate(rows) if "金额" in row)
    paid = [row[rows[start].index("金额")] for row in rows[start + 1 :]]
    assert money.tolist() == [round(v * 100) for v in paid if v != ""]


def test_it_comes_through_libreoffice(book: Path, office: Office, tmp_path: Path) -> None:
    before = read_written(open_book(book).state)
    office.open(book)
    saved = tmp_path / "saved.xlsx"
    office.save_as(saved)
    after = read_written(open_book(saved).state)
    assert before.keys() == after.keys()
    for table, frame in before.items():
        pd.testing.assert_frame_equal(frame, after[table])


@pytest.mark.parametrize("text", ["", "no base64!", base64.b64encode(b"no zlib").decode(),
                                  base64.b64encode(zlib.compress(b"cents\nmany\n")).decode(),
                                  base64.b64encode(zlib.compress(b"cents\n1\n")[:-4]).decode()])  # fmt: skip
def test_what_was_tampered_with_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_written({STATE_KEY + "transactions": text})


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(
    ['"', ",", "\n", "a\nb", "NA", "null", " ", "1", "true"]), st.integers(-(10**15), 10**15),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.dates(date(1900, 3, 1), date(2199, 12, 31))), min_size=1))  # fmt: skip
def test_any_rows_come_back(rows: list[tuple[str, int, float | None, object]]) -> None:
    frame = pd.DataFrame(rows, columns=["product", "cents", "quantity", "date"])
    frame = frame.astype({"product": "str", "cents": "int64", "quantity": "float64"})
    frame["date"] = pd.to_datetime(frame["date"]).astype("datetime64[ns]")
    packed = base64.b64encode(zlib.compress(as_csv(frame))).decode()
    pd.testing.assert_frame_equal(_frame("transactions", packed), frame)
