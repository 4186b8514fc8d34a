"""Mutants of workbooks, Parquet and SPSS files: each is read or refused with a plain line."""

from __future__ import annotations

import pytest

from sheetgen.ingest.child import Child
from tests import fuzzing

SEED = 20251231
FILES = 500


@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
def test_mutants_are_read_or_refused(seed: int) -> None:
    """2,000 in all."""
    tally = fuzzing.Tally()
    with Child() as child:
        for name, data in fuzzing.mutants(FILES, seed):
            fuzzing.judge(tally, name, data, child)
    assert tally.wrong == {}
    assert tally.files == FILES == tally.read + tally.refused.total()
    assert tally.read > FILES // 20, "mutants that nobody reads test nothing behind the guard"
    assert len(tally.refused) > 4


def test_mutants_are_always_the_same() -> None:
    first = list(fuzzing.mutants(40, 7))
    fuzzing.seeds.cache_clear()
    again = list(fuzzing.mutants(40, 7))
    # a locked workbook has random salts
    assert [m for m in first if "locked" not in m[0]] == [m for m in again if "locked" not in m[0]]
    assert len({data for _, data in first}) > 30


def test_a_wrong_answer_is_noted() -> None:
    tally = fuzzing.Tally()
    with Child() as child:
        child.ask = None  # type: ignore[assignment,method-assign]
        fuzzing.judge(tally, "a.xlsx", fuzzing.hostile.book(), child)
    assert "TypeError" in tally.wrong["a.xlsx"]
    assert (tally.files, tally.read) == (1, 0)


@pytest.mark.parametrize("name", sorted(fuzzing.seeds()))
def test_seeds_of_our_own_are_good(name: str) -> None:
    if name.startswith(("plain", "rich", "csv")):
        tally = fuzzing.Tally()
        with Child() as child:
            fuzzing.judge(tally, name, fuzzing.seeds()[name], child)
        assert (tally.read, tally.wrong) == (1, {})
