"""The config file: what may stand in it, and what is said of mistakes."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from sheetgen.config import NO_CONFIG, Reading, load_config, read_config, with_mapping
from sheetgen.errors import UsageError
from sheetgen.i18n import text
from sheetgen.ingest.rules import ReadRules

WHOLE = """\
# decided on 2024-01-05
reading:
  map:
    amount: 实付金额
    transactions.date: "#3"
  encodings: {"*.csv": gb18030}
  sheets: {"book.xlsx": 明细}
  currency: CNY
  rates: {USD: 7.1, HKD: 0.92}
  test_customers: [测试客户, "001"]
  shipping: excluded
  coupons: added_back
  amount_says:
    合同金额: {shipping: excluded}
    价税合计: {shipping: included, coupons: deducted}
"""


def test_a_whole_config_becomes_the_rules_of_reading() -> None:
    rules = read_config(WHOLE).reading.rules()
    assert rules == ReadRules(
        mapping={"amount": "实付金额", "transactions.date": "#3"},
        encodings={"*.csv": "gb18030"},
        sheets={"book.xlsx": "明细"},
        currency="CNY",
        rates={"USD": Decimal("7.1"), "HKD": Decimal("0.92")},
        test_customers=("测试客户", "001"),
        shipping="excluded",
        coupons="added_back",
        amount_says={
            "合同金额": {"shipping": "excluded"},
            "价税合计": {"shipping": "included", "coupons": "deducted"},
        },
    )


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_every_key(name: str) -> None:
    page = (Path(__file__).parents[1] / name).read_text("utf-8")
    example = page.split("```yaml\nreading:", 1)[1].split("```", 1)[0]
    reading = read_config(f"reading:{example}").reading
    assert reading.model_fields_set == set(Reading.model_fields)


@pytest.mark.parametrize("content", ["", "\n\n", "# nothing yet\n", "reading:\n", "reading: {}\n"])
def test_a_config_that_decides_nothing(content: str) -> None:
    assert read_config(content) == NO_CONFIG


@pytest.mark.parametrize(
    ("content", "key", "line", "said"),
    [
        ("readng:\n  map: {}\n", "config_key_near", 1, "did you mean reading"),
        ("reading:\n  currency: CNY\n  tests: []\n", "config_key_near", 3, "reading.tests"),
        ("reading:\n  curency: CNY\n", "config_key_near", 2, "did you mean currency"),
        ("reading:\n  map:\n    custmer_id: x\n", "config_key", 2, "did you mean customer_id"),
        ("reading:\n  map:\n    amount: 12\n", "config_key", 3, 'in quotes: "12"'),
        ("reading:\n  map:\n    amount: '#0'\n", "config_key", 2, "from #1"),
        ("reading:\n  test_customers: [001]\n", "config_key", 2, "in quotes"),
        ("reading:\n  currency: yuan\n", "config_key", 2, "three capitals"),
        ("reading:\n  rates: {USD: '7,1'}\n", "config_key", 2, "write a number"),
        ("reading:\n  rates: {USD: 0}\n", "config_key", 2, "above 0"),
        ("reading:\n  rates: {USD: .inf}\n", "config_key", 2, "above 0"),
        ("reading:\n  encodings: {a.csv: gbx}\n", "config_key", 2, "no encoding gbx"),
        ("reading:\n  map:\n    amount: a\n    amount: b\n", "config_yaml", 4, "duplicate key"),
        ("reading:\n  shipping: no\n", "config_key", 2, "'included' or 'excluded'"),
        ("reading:\n  coupons: taken\n", "config_key", 2, "'deducted' or 'added_back'"),
        ("reading:\n  coupon: deducted\n", "config_key_near", 2, "did you mean coupons"),
        ("reading:\n  amount_says: {金额: {shiping: included}}\n", "config_key_near", 2, "shipping"),
        ("reading:\n  amount_says: {金额: {coupons: included}}\n", "config_key", 2, "'added_back'"),
        ("reading: [1\n", "config_yaml", 2, ""),
        ("- reading\n", "config_yaml", 1, "not a mapping"),
        ("a: &a [1]\nb: [" + "*a, " * 30_000 + "*a]\n", "config_yaml", 0, "too many values"),
    ],
)
def test_mistakes_are_told_with_their_line(content: str, key: str, line: int, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_config(content)
    assert (caught.value.key, caught.value.facts["line"]) == (key, line)
    assert said in text(key, "en", **caught.value.facts)


def test_only_the_named_file_or_the_one_in_the_folder_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config() == NO_CONFIG
    (tmp_path / "sheetgen.yml").write_text(WHOLE, "utf-8")
    assert load_config().reading.currency == "CNY"
    (tmp_path / "other.yml").write_text("reading: {currency: USD}\n", "utf-8")
    assert load_config(Path("other.yml")).reading.currency == "USD"
    with pytest.raises(UsageError, match="config_missing"):
        load_config(Path("none.yml"))
    (tmp_path / "big.yml").write_text("#" * 1_000_001, "utf-8")
    with pytest.raises(UsageError, match="config_too_big"):
        load_config(Path("big.yml"))
    (tmp_path / "gbk.yml").write_bytes("reading:\n  currency: 实付\n".encode("gbk"))
    with pytest.raises(UsageError, match="config_yaml") as caught:
        load_config(Path("gbk.yml"))
    assert caught.value.facts["line"] == 2


def test_the_command_line_wins_field_by_field() -> None:
    decided = ReadRules(
        mapping={"amount": "a", "transactions.date": "b", "customers.date": "c"}, currency="CNY"
    )
    rules = with_mapping(decided, {"date": "d"})
    assert rules.mapping == {"amount": "a", "date": "d"}
    assert rules.currency == "CNY"
    assert with_mapping(decided, {"transactions.date": "e"}).mapping["customers.date"] == "c"


def test_build_reads_the_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sheetgen.cli import main

    (tmp_path / "a.csv").write_text("客户编号,日期,实付金额,订单金额\n1,2024-01-05,3,4\n", "utf-8")
    (tmp_path / "my.yml").write_text("reading:\n  map:\n    amount: 订单金额\n", "utf-8")
    arguments = [str(tmp_path / "a.csv"), "-o", str(tmp_path / "out.xlsx"), "--dry-run", "--json"]
    for more, amount in (([], "4.00"), (["--map", "amount=实付金额"], "3.00")):
        with pytest.raises(SystemExit) as stopped:
            main("build", *arguments, "--config", str(tmp_path / "my.yml"), *more)
        assert not stopped.value.code
        answer = json.loads(capsys.readouterr().out)
        assert answer["amount"]["used"] == amount
        header = "实付金额" if more else "订单金额"
        expected = {"field": "amount", "header": header, "confidence": 1.0, "how": "map"}
        assert expected in answer["files"][0]["mapping"]
        assert answer["files"][0]["platform"] == ""
    with pytest.raises(SystemExit) as stopped:
        main("build", *arguments)
    assert stopped.value.code == 5
