"""Books under a password: opened by others with it, by nobody without, and plain text is nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sheetgen.cli import main
from sheetgen.errors import PasswordError
from sheetgen.ingest.rules import ReadRules
from sheetgen.pipeline import build
from sheetgen.share.encrypt import is_sealed, unseal
from tests.books import make, write_csv
from tests.office.office import Office

PASSWORD = "红烧肉-correct horse"
ROWS = [("K1", "2025-01-02", "100.00", "O1"), ("K2", "2025-03-04", "600000.00", "O2")]


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "sales.csv", ("客户编号", "日期", "金额", "订单号"), ROWS)


def test_the_book_is_the_plain_one_under_a_lock(tmp_path: Path, sales: Path) -> None:
    plain = make(tmp_path / "plain.xlsx", [sales])
    locked = make(tmp_path / "locked.xlsx", [sales], rules=ReadRules(password=PASSWORD))
    data = locked.request.out.read_bytes()
    assert is_sealed(data) and b"PK\x03\x04" not in data and b"600000" not in data
    assert unseal(data, PASSWORD) == plain.request.out.read_bytes()
    assert locked.digest == plain.digest and locked.run_id == plain.run_id
    assert sorted(p.name for p in tmp_path.iterdir()) == ["locked.xlsx", "plain.xlsx", "sales.csv"]


def test_libreoffice_opens_it_with_the_password_only(tmp_path: Path, sales: Path, office: Office) -> None:
    book = make(tmp_path / "locked.xlsx", [sales], rules=ReadRules(password=PASSWORD)).request.out
    with pytest.raises(Exception):  # noqa: B017 (whatever UNO says of it)
        office.open(book)
    office.open(book, password=PASSWORD)
    assert office.read("历史交易")[3][0] == "K1"


def test_last_weeks_book_may_be_locked_too(tmp_path: Path, sales: Path) -> None:
    rules = ReadRules(password=PASSWORD)
    last = make(tmp_path / "last.xlsx", [sales], rules=rules).request.out
    again = make(tmp_path / "next.xlsx", [sales], rules=rules, previous=last)
    assert again.graded.frame["previous"].tolist() == ["C级", "VIP级"]
    with pytest.raises(PasswordError) as caught:
        make(tmp_path / "next.xlsx", [sales], rules=ReadRules(password="another one"), previous=last)
    assert caught.value.key == "password_wrong"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"a long enough password\n", 0, ""),
        ("短密码\r\n".encode(), 0, "SG603"),
        (b"\n", 2, "empty"),
        (b"\xff\xfe\xff", 4, "cannot be read"),
    ],
)
def test_password_files(
    tmp_path: Path, sales: Path, capsys: pytest.CaptureFixture[str], content: bytes, code: int, said: str
) -> None:
    secret, out = tmp_path / "secret", tmp_path / "a.xlsx"
    secret.write_bytes(content)
    with pytest.raises(SystemExit) as stopped:
        main("build", str(sales), "--password-file", str(secret), "--lang", "en", "--json", "-o", str(out))
    printed = capsys.readouterr().out
    assert (stopped.value.code or 0) == code
    assert said in printed and "long enough" not in printed
    assert out.exists() == (code == 0)
    if not code:
        assert json.loads(printed)["digest"] and is_sealed(out.read_bytes())


def test_a_request_that_names_no_password_writes_a_plain_book(tmp_path: Path, sales: Path) -> None:
    built = make(tmp_path / "a.xlsx", [sales])
    assert build(built.request).request.out.read_bytes().startswith(b"PK")
