"""Parquet, SPSS and SAS files become the text that a CSV of the same data would hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from sheetgen.errors import ColumnsError, InputError
from sheetgen.ingest import wire
from sheetgen.ingest.child import Child, frame_need
from sheetgen.ingest.frames import arrow_texts
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import RawTable
from tests.sas import Column, sas7bdat

DAY = date(2024, 1, 5)


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    with Child() as started:
        yield started


def table(path: Path) -> RawTable:
    raw = read_inputs([str(path)], {})
    assert (len(raw.tables), raw.issues) == (1, ())
    return raw.tables[0]


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        (["001", None], pa.string(), ["001", ""]),
        (["001", None, "001"], pa.dictionary(pa.int32(), pa.string()), ["001", "", "001"]),
        ([13800138000, None], pa.int64(), ["13800138000", ""]),
        (
            [12.0, 0.1 + 0.2, float("nan"), None, 1e16],
            pa.float64(),
            ["12", "0.3", "", "", "1.00000000000000E+16"],
        ),
        ([Decimal("1200.50"), None], pa.decimal128(12, 2), ["1200.50", ""]),
        ([DAY, None], pa.date32(), ["2024-01-05", ""]),
        ([DAY, None], pa.date64(), ["2024-01-05", ""]),
        (
            [datetime(2024, 1, 5), datetime(2024, 1, 5, 8, 30)],
            pa.timestamp("ns"),
            ["2024-01-05", "2024-01-05 08:30:00"],
        ),
        ([datetime(2024, 1, 5), None], pa.timestamp("us", "UTC"), ["2024-01-05 00:00:00Z", ""]),
        ([time(8, 30), None], pa.time64("us"), ["08:30:00", ""]),
        ([True, False, None], pa.bool_(), ["TRUE", "FALSE", ""]),
        ([b"\xe7\x94\xb2", None], pa.binary(), ["甲", ""]),
        ([["a", "甲"], None], pa.list_(pa.string()), ['["a", "甲"]', ""]),
    ],
)
def test_values_of_parquet_as_text(values: list[object], kind: pa.DataType, texts: list[str]) -> None:
    assert (
        arrow_texts(pa.array(values).cast(kind) if kind == pa.date64() else pa.array(values, kind)) == texts
    )


def test_a_date_before_1900_march_is_a_real_one_in_a_typed_file() -> None:
    assert arrow_texts(pa.array([datetime(1899, 12, 31), datetime(1900, 1, 1, 6)])) == [
        "1899-12-31",
        "1900-01-01 06:00:00",
    ]


def test_parquet(tmp_path: Path) -> None:
    n = 2 * wire.ROWS + 5
    columns = {
        "客户编号": [f"{i:05d}" for i in range(n)],
        "交易日期": [DAY] * n,
        "金额": pa.array([Decimal(i) / 100 for i in range(n)], pa.decimal128(12, 2)),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    found = table(tmp_path / "a.parquet")
    assert (found.source.kind, found.source.encoding, found.source.rows) == ("transactions", "parquet", n + 1)
    assert found.frame["customer_id"].tolist() == columns["客户编号"]
    assert found.frame["amount"].iloc[-1] == f"{Decimal(n - 1) / 100:.2f}"
    assert set(found.frame["date"]) == {"2024-01-05"}
    assert found.line.tolist() == list(range(2, n + 2))


def spss(path: Path) -> Path:
    frame = pd.DataFrame(
        {
            "V1": ["001", "002", "002"],
            "V2": [DAY, date(2024, 2, 29), None],
            "V3": [10.5, 20.0, float("nan")],
            "V4": [1.0, 2.0, 9.0],
        }
    )
    labels = ["客户编号", "日期", "金额", "渠道"]
    pyreadstat.write_sav(
        frame, path, column_labels=labels, variable_value_labels={"V4": {1: "网店", 2: "门店"}}
    )
    return path


def test_spss_by_its_labels(tmp_path: Path) -> None:
    found = table(spss(tmp_path / "a.sav"))
    assert found.source.encoding == "sav"
    assert found.frame["customer_id"].tolist() == ["001", "002", "002"]
    assert found.frame["date"].tolist() == ["2024-01-05", "2024-02-29", ""]
    assert found.frame["amount"].tolist() == ["10.5", "20", ""]
    assert found.frame.iloc[:, 3].tolist() == ["网店", "门店", "9"]
    assert (found.source.rows, found.structure) == (4, 1)


def test_spss_by_its_names(tmp_path: Path) -> None:
    frame = pd.DataFrame({"customer_id": [7.0, 8.0], "customer_name": ["甲", "乙"]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", column_labels=["编码一", "编码二"])
    assert table(tmp_path / "a.sav").frame.to_dict("list") == {
        "customer_id": ["7", "8"],
        "customer_name": ["甲", "乙"],
    }


def test_packed_spss(tmp_path: Path) -> None:
    pyreadstat.write_sav(
        pd.DataFrame({"customer_id": ["1"], "customer_name": ["甲"]}), tmp_path / "a.zsav", compress=True
    )
    assert table(tmp_path / "a.zsav").frame["customer_name"].tolist() == ["甲"]


SAS = (
    [Column("ID", "客户编号", width=6), Column("DAY", "日期", "DATE"), Column("AMT", "金额")],
    [("001", 23380.0, 10.5), ("002", 23381.0, float("nan")), ("003", 23382.0, 20.0)],
)


def test_sas_by_its_labels(tmp_path: Path) -> None:
    (tmp_path / "a.sas7bdat").write_bytes(sas7bdat(*SAS))
    found = table(tmp_path / "a.sas7bdat")
    assert (found.source.encoding, found.source.rows) == ("sas7bdat", 4)
    assert found.frame.to_dict("list") == {
        "customer_id": ["001", "002", "003"],
        "date": ["2024-01-05", "2024-01-06", "2024-01-07"],
        "amount": ["10.5", "", "20"],
    }


@pytest.mark.parametrize("suffix", ["parquet", "sav", "sas7bdat"])
def test_damaged_files_are_refused(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"a.{suffix}"
    if suffix == "sav":
        spss(whole)
    elif suffix == "sas7bdat":
        whole.write_bytes(sas7bdat(*SAS))
    else:
        pq.write_table(pa.table({"客户编号": ["1"] * 99, "客户名称": ["甲"] * 99}), whole)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError) as caught:
        table(whole)
    assert caught.value.code == "SG105"


def test_columns_that_mean_nothing_are_listed(tmp_path: Path) -> None:
    pq.write_table(pa.table({"foo": ["a"], "bar": ["b"]}), tmp_path / "a.parquet")
    with pytest.raises(ColumnsError) as caught:
        table(tmp_path / "a.parquet")
    assert caught.value.facts["found"] == "foo, bar"


def test_the_reader_is_left_to_workbooks_as_it_was(child: Child, tmp_path: Path) -> None:
    """Libraries for typed files map more memory than a workbook may use."""
    from sheetgen.ingest.child import need
    from tests import hostile

    data = spss(tmp_path / "a.sav").read_bytes()
    child.ask("frame", "a.sav", data, frame_need(len(data)), kind="sav")
    assert child.ask("book", "a.xlsx", hostile.book(), need(10_000))
