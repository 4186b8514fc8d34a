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
