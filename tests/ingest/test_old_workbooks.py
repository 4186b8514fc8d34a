"""xls and ods as LibreOffice writes them from one book: the same rows, days and cents as from the xlsx."""

from __future__ import annotations

import subprocess
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from sheetgen.ingest.clean import clean
from sheetgen.ingest.sources import read_inputs
from tests.conftest import need
from tests.office import render as rendering
from tests.office.find import find_soffice

HEADS = ("客户编号", "客户名称", "日期", "金额", "订单号", "数量", "备注")
ROWS = [
    ("00123", "阿依古丽·买买提", datetime(2024, 2, 29), 1200.5, "440106199901011234", 3, "=1+1"),
    ("K2", "㛃记 & Söhne <总店>", datetime(2025, 12, 31), -0.01, "SO-2", 0.5, ""),
    ("K2", "㛃记 & Söhne <总店>", datetime(1999, 1, 1), 99_999_999.99, "SO-3", 1e6, "长" * 300),
]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same book as xlsx, xls and ods, in the 1904 system too."""
    need(rendering.missing())
    folder, found = tmp_path_factory.mktemp("old"), {}
    for name, system in (("orders", False), ("mac", True)):
        path = folder / f"{name}.xlsx"
        with xlsxwriter.Workbook(path, {"date_1904": system, "strings_to_formulas": False}) as book:
            sheet, day = book.add_worksheet("订单"), book.add_format({"num_format": "yyyy/m/d"})
            sheet.write_row(0, 0, HEADS)
            for i, row in enumerate(ROWS, 1):
                for j, value in enumerate(row):
                    if isinstance(value, datetime):
                        sheet.write_datetime(i, j, value, day)
                    else:
                        sheet.write(i, j, value)
        found[path.name] = path
        for kind in ("xls", "ods"):
            subprocess.run(
                [str(find_soffice()), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
                 "--convert-to", kind, "--outdir", str(folder), str(path)],
                check=True, capture_output=True, timeout=120,
            )  # fmt: skip
            found[f"{name}.{kind}"] = folder / f"{name}.{kind}"
    return found


@pytest.mark.xdist_group("office")
@pytest.mark.parametrize("name", ["orders.xls", "orders.ods", "mac.xlsx", "mac.xls", "mac.ods"])
def test_every_row_is_the_same(books: dict[str, Path], name: str) -> None:
    wanted = clean(read_inputs([str(books["orders.xlsx"])], {}))
    found = clean(read_inputs([str(books[name])], {}))
    assert wanted.tables["transactions"]["cents"].tolist() == [120_050, -1, 9_999_999_999]
    columns = ["customer_id", "date", "cents", "order_id", "quantity", "x:备注", "line"]
    pd.testing.assert_frame_equal(
        found.tables["transactions"][columns], wanted.tables["transactions"][columns]
    )
    assert found.tables["customers"]["customer_name"].tolist() == [ROWS[0][1], ROWS[1][1]]
    assert found.files[0].encoding == books[name].suffix[1:]
