"""One customer under several ids: proposed, never merged by itself; merged where staff said so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetgen.i18n import LANGS
from sheetgen.ingest.clean import clean
from sheetgen.ingest.identity import CROWD, apply_merges, masked, name_key, propose_merges, resolve
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean, Merge

Run = Callable[..., Clean]


@pytest.fixture
def merged(tmp_path: Path) -> Run:
    """Read and clean files with merges that staff accepted."""

    def run(files: dict[str, str], *merges: tuple[str, str], **rules: object) -> Clean:
        for name, content in files.items():
            (tmp_path / name).write_text(content, "utf-8")
        raw = read_inputs([str(tmp_path / name) for name in files], {})
        return clean(raw, ReadRules(merges=merges, **rules))  # type: ignore[arg-type]

    return run


def people(*rows: tuple[str, ...], **more: list[str]) -> pd.DataFrame:
    """id, name, phone, region."""
    named = zip(*(row + ("",) * (4 - len(row)) for row in rows), strict=True)
    fields = ("customer_id", "customer_name", "phone", "region")
    return pd.DataFrame({f: pd.Series(c, dtype="str") for f, c in zip(fields, named, strict=True)}).assign(
        **{name: pd.Series(column, dtype="str") for name, column in more.items()}
    )


def bought(*ids: str) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=len(ids))
    return pd.DataFrame({"customer_id": pd.Series(ids, dtype="str"), "date": days})


def test_one_phone_with_several_ids_is_proposed_with_the_busiest_id_to_stay() -> None:
    found = propose_merges(
        people(("A", "甲", "13812345678"), ("B", "乙", "13812345678"), ("C", "丙", "13900000000")),
        bought("A", "B", "B"),
    )
    assert found == (Merge("B", "A", "shared_phone", "138****5678"),)


def test_of_equals_the_first_buyer_stays_then_the_smaller_id() -> None:
    both = people(("A", "甲", "13812345678"), ("B", "乙", "13812345678"))
    assert propose_merges(both, bought("B", "A"))[0].keep == "B"
    assert propose_merges(both, bought())[0].keep == "A"


def test_names_meet_without_legal_forms_brackets_and_widths() -> None:
    assert (
        len({name_key(n) for n in ("恒信（北京）有限公司", "恒信(上海)股份有限公司", "恒信", "恒 信公司")})
        == 1
    )
    assert name_key("公司") == "公司"
    assert name_key("（北京）") == "(北京)"
    found = propose_merges(
        people(("1", "恒信（北京）有限公司", "", "北京"), ("2", "恒信公司", "", "北京"), ("3", "恒新公司")),
        bought("1"),
    )
    assert [(m.keep, m.other, m.reason, m.evidence) for m in found] == [("1", "2", "same_name", "恒*")]


@pytest.mark.parametrize(
    ("one", "other", "proposed"),
    [
        (("张伟", "13812345678", ""), ("张伟", "", ""), True),
        (("张伟", "", "北京"), ("张伟", "", "北京"), True),
        (("张伟", "13812345678", ""), ("张伟", "13912345678", ""), False),
        (("张伟", "", "北京"), ("张伟", "", "上海"), False),
        (("张伟", "13812345678", "北京"), ("张伟", "13912345678", "北京"), False),
        (("恒信公司", "13812345678", "北京"), ("恒信公司", "13912345678", "北京"), True),
    ],
)
def test_a_name_alone_yields_to_a_phone_or_a_region_that_differs(
    one: tuple[str, ...], other: tuple[str, ...], proposed: bool
) -> None:
    assert bool(propose_merges(people(("1", *one), ("2", *other)), bought("1"))) is proposed


def test_member_names_and_leading_zeros() -> None:
    found = propose_merges(
        people(
            ("1", "甲"), ("2", "乙"), ("007", "癸"), ("7", "壬"), **{"x:会员名": ["小熊", "小熊", "", ""]}
        ),
        bought("2", "7"),
    )
    assert [(m.keep, m.other, m.reason, m.evidence) for m in found] == [
        ("2", "1", "same_member_name", "小*"),
        ("7", "007", "leading_zeros", "007 = 7"),
    ]
    # an export without customer ids goes by the member's name, the customer list by a number
    crossed = propose_merges(people(("K1", "小熊"), ("小熊", "小熊")), bought("小熊"))
    assert crossed == (Merge("小熊", "K1", "same_member_name", "小*"),)


def test_a_crowd_with_one_phone_or_name_is_none() -> None:
    for column in (("张伟", ""), ("", "13812345678")):
        crowd = people(*((f"{i}x", *column) for i in range(CROWD + 1)))
        assert propose_merges(crowd, bought()) == ()


def test_ids_without_a_name_of_their_own_share_nothing() -> None:
    assert propose_merges(people(("1", "1"), ("2", "2")), bought()) == ()
    assert propose_merges(people(("1", "", "", "")), bought()) == ()


rows = st.lists(
    st.tuples(
        st.sampled_from(["甲公司", "甲", "乙", ""]),
        st.sampled_from(["", "13812345678", "13912345678"]),
        st.sampled_from(["", "北京"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(rows)
def test_proposals_never_go_round_and_no_id_goes_twice(found: list[tuple[str, str, str]]) -> None:
    table = people(*((str(i), *row) for i, row in enumerate(found)))
    proposed = propose_merges(table, bought("3", "3", "1"))
    others = [m.other for m in proposed]
    assert len(others) == len(set(others))
    home, issues = resolve([(m.other, m.keep) for m in proposed], table["customer_id"])
    assert not issues
    assert set(home) == set(others)
    assert not set(home.values()) & set(home)
    assert proposed == propose_merges(table, bought("3", "3", "1"))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF")), max_size=8), st.randoms())
def test_accepted_merges_lead_to_one_end_in_any_order(pairs: list[tuple[str, str]], dice: object) -> None:
    home, _ = resolve(pairs, "ABCDEF")
    assert not set(home.values()) & set(home)
    for other, keep in pairs:
        assert home.get(other, other) == home.get(keep, keep)
    shuffled = list(pairs)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert resolve(shuffled, "ABCDEF")[0] == home


def test_chains_circles_and_strangers() -> None:
    assert resolve([("A", "B"), ("B", "C")], "ABC") == ({"A": "C", "B": "C"}, ())
    home, issues = resolve([("A", "B"), ("B", "A")], "AB")
    assert (len(set(home.values())), [i.code for i in issues]) == (1, ["SG444"])
    home, issues = resolve([("B", "D"), ("B", "C")], "BCD")
    assert (set(home), [i.code for i in issues]) == ({"B", "D"}, ["SG444"])
    home, issues = resolve([("A", "Z"), ("Y", "B")], "AB")
    assert (home, [(i.code, i.count) for i in issues]) == ({}, [("SG443", 2)])
    for issue in issues:
        for lang in LANGS:
            assert "{" not in issue.message(lang)
    assert apply_merges(pd.Series(["A", "B"], dtype="str"), {"A": "C"}).tolist() == ["C", "B"]


def test_evidence_is_masked() -> None:
    assert [masked(n) for n in ("张三", "张", "恒信建材商行")] == ["张*", "张*", "恒信****"]


FILES = {
    "k.csv": "客户编号,客户名称,手机,行业\nB,乙公司,13812345678,建材\nA,甲公司,13812345678,\nC,丙,,\n",
    "t.csv": "客户编号,日期,金额,订单号\nA,2024-01-05,10,o1\nB,2024-02-05,20,o2\nC,2024-03-05,5,o3\n"
    "B,2024-03-06,-20,o2\n",
    "s.csv": "客户编号,回访时间,客户满意度\nB,2024-01-05,满意\n",
    "p.csv": "客户编号,偏好品类\nB,茶\nA,\n",
}


def test_nothing_is_merged_by_itself(merged: Run) -> None:
    found = merged(FILES)
    assert found.merges == (Merge("B", "A", "shared_phone", "138****5678"),)
    assert [i.count for i in found.issues if i.code == "SG442"] == [1]
    assert found.tables["customers"]["customer_id"].tolist() == ["B", "A", "C"]
    assert "x:original_id" not in found.tables["transactions"]


def test_an_accepted_merge_is_honoured_everywhere_and_loses_nothing(merged: Run) -> None:
    found = merged(FILES, ("B", "A"))
    sales = found.tables["transactions"]
    assert sales["customer_id"].tolist() == ["A", "A", "C", "A"]
    assert sales["x:original_id"].tolist() == ["", "B", "", "B"]
    assert found.extras["transactions"]["x:original_id"]
    # the refund still finds its sale
    assert sales["date"].dt.strftime("%m-%d").tolist()[3] == "02-05"
    who = found.tables["customers"]
    assert who[["customer_id", "customer_name", "phone", "industry"]].to_numpy().tolist() == [
        ["A", "甲公司", "13812345678", "建材"],
        ["C", "丙", "", ""],
    ]
    assert found.tables["service"]["customer_id"].tolist() == ["A"]
    assert found.tables["preferences"]["likes_category"].tolist() == ["茶"]
    gone = found.ledger.left_out.query("code == 'SG409'")
    assert gone[["table", "fate", "line"]].to_numpy().tolist() == [
        ["customers", "duplicate", 2],
        ["preferences", "duplicate", 2],
    ]
    assert found.ledger.balances
    assert found.merges == ()


def test_the_only_record_of_a_customer_stays_though_its_id_was_merged(merged: Run) -> None:
    found = merged({**FILES, "k.csv": "客户编号,客户名称\nB,乙公司\n"}, ("B", "A"))
    assert found.tables["customers"]["customer_id"].tolist() == ["A", "C"]
    assert found.tables["customers"]["customer_name"].tolist() == ["乙公司", "C"]


def test_a_merge_of_strangers_is_told_and_not_done(merged: Run) -> None:
    found = merged(FILES, ("B", "ZZ"))
    assert found.tables["customers"]["customer_id"].tolist() == ["B", "A", "C"]
    assert [i.code for i in found.issues if i.code == "SG443"] == ["SG443"]


def test_test_accounts_are_held_out_by_name_or_id(merged: Run) -> None:
    found = merged(FILES, test_customers=("乙公司", "c"))
    assert found.tables["customers"]["customer_id"].tolist() == ["A"]
    assert found.tables["transactions"]["customer_id"].tolist() == ["A"]
    assert found.ledger.rows["status"] == 3
    assert found.ledger.cents["status"] == 500
    assert len(found.tables["service"]) == 0
    assert {i.code for i in found.issues} >= {"SG407"}


def test_a_missing_id_is_had_from_a_phone_that_is_one_customers(merged: Run) -> None:
    files = {
        "k.csv": "客户编号,客户名称,手机\nA,甲,13812345678\nB,乙,13912345678\nC,丙,13912345678\n"
        ",丁,+86 138-1234-5678\n",
        "t.csv": "客户编号,日期,金额,收货人手机号\n,2024-01-05,1,138 1234 5678\n,2024-01-05,2,13912345678\n"
        ",2024-01-05,4,139****5678\nA,2024-01-05,8,\n",
    }
    found = merged(files)
    assert found.tables["transactions"]["customer_id"].tolist() == ["A", "A"]
    assert found.tables["transactions"]["cents"].tolist() == [100, 800]
    assert found.tables["customers"]["customer_name"].tolist() == ["甲", "乙", "丙"]
    assert found.ledger.rows["held_back"] == 2
    assert {i.code: i.count for i in found.issues if i.code in ("SG404", "SG408")} == {"SG404": 2, "SG408": 1}
