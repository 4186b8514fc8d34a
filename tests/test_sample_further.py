"""The samples of schemes that look beyond sales: committed as the generator writes them, and worth a demo."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, build
from sheetgen.sample_further import SAMPLES, make_further, write_further
from sheetgen.scheme.library import load_scheme, sample_paths, shipped, templates_folder


def test_what_is_committed_is_what_the_generator_writes(tmp_path: Path) -> None:
    written = {p.relative_to(tmp_path): p.read_bytes() for p in write_further(tmp_path)}
    committed = {
        p.relative_to(templates_folder()): p.read_bytes() for p in templates_folder().glob("*/sample/*.csv")
    }
    assert written == committed
    assert make_further(7) != make_further(8)


def test_every_scheme_that_looks_beyond_sales_has_a_sample() -> None:
    beyond = {s for s in shipped() if set(load_scheme(s).detail_tables) - {"transactions", "service"}}
    assert beyond == set(SAMPLES)


@pytest.mark.parametrize("scheme", sorted(SAMPLES))
def test_every_row_of_it_is_used_and_every_tier_met(scheme: str, tmp_path: Path) -> None:
    request = BuildRequest(tmp_path / "b.xlsx", sample_paths(scheme), scheme=scheme, dry_run=True)
    built = build(request)
    assert not built.held_back
    assert min(built.tiers.values()) > 0
    table = SAMPLES[scheme][0]
    rows = make_further()[f"{scheme}/sample/{table}.csv"].count("\n") - 1
    assert len(built.clean.tables[table]) == rows


def test_the_hotel_has_the_share_and_the_uplift_of_its_source(tmp_path: Path) -> None:
    """VIP客户占比达到30%，其平均消费额比普通客户高出40%."""
    paths = sample_paths("hotel")
    frame = build(BuildRequest(tmp_path / "b.xlsx", paths, scheme="hotel", dry_run=True)).graded.frame
    vip = frame["computed_tier"] == "VIP客户"
    assert round(vip.mean(), 3) == 0.301
    spend = frame.groupby(vip)["charges"].mean()
    assert spend[True] / spend[False] == pytest.approx(1.4, abs=1e-4)
    assert (frame.loc[frame["no_shows"] > 3, "nights"] > 40).any(), "one stays enough and is ruled out"


def test_the_credit_sample_holds_every_kind_of_invoice(tmp_path: Path) -> None:
    paths = sample_paths("credit")
    built = build(BuildRequest(tmp_path / "b.xlsx", paths, scheme="credit", dry_run=True))
    bills = built.clean.tables["payments"]
    assert bills["due_on"].isna().any() and bills["paid_on"].isna().any()
    assert ((bills["paid"] < bills["billed"]) & bills["paid_on"].notna()).any()
    frame = built.graded.frame
    assert set(frame["grade"]) == {"AAA", "AA", "A", "B", "C"}
    assert frame["overdue_now"].sum() > 0 and frame["on_time_share"].isna().any()


def test_the_ledger_of_points_never_gives_more_than_there_is() -> None:
    lines = make_further()["points/sample/points.csv"].splitlines()[1:]
    left: dict[str, int] = {}
    for customer, _, _, earned, redeemed, *_ in (line.split(",") for line in lines):
        left[customer] = left.get(customer, 0) + int(earned or 0) - int(redeemed or 0)
        assert left[customer] >= 0
