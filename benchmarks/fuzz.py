"""A soak of mutants through the guard and the reader process: none may crash, hang or swell."""

from __future__ import annotations

from benchmarks.meter import note, table, timed
from sheetgen.ingest.child import Child
from tests import fuzzing

SEED = 1


def compare(files: int) -> tuple[fuzzing.Tally, float]:
    """What became of ``files`` mutants, and the seconds it took."""
    tally = fuzzing.Tally()
    facts: dict[str, object] = {}
    with timed(facts), Child() as child:
        for name, data in fuzzing.mutants(files, SEED):
            fuzzing.judge(tally, name, data, child)
            if tally.files % 500 == 0:
                note(f"{tally.files} files, {len(tally.wrong)} wrong")
    wall = facts["timed"][0]  # type: ignore[index]
    return tally, float(wall)


def report(found: tuple[fuzzing.Tally, float]) -> str:
    """What became of the files."""
    tally, wall = found
    rows = [("read", str(tally.read)), *((key, str(n)) for key, n in tally.refused.most_common())]
    rows += [(f"wrong: {name}", why) for name, why in tally.wrong.items()]
    rows += [("slowest", f"{tally.slowest[0]:.2f} s, {tally.slowest[1]}")]
    rows += [("largest", f"{tally.largest[0]:.0f} MB, {tally.largest[1]}"), ("all", f"{wall:.0f} s")]
    return table(("what became of them", "files"), rows)


def ratios(found: tuple[fuzzing.Tally, float]) -> list[tuple[str, str]]:
    """The figures to keep."""
    tally, _ = found
    return [
        (f"mutants neither read nor plainly refused, of {tally.files:,}", str(len(tally.wrong))),
        ("slowest mutant, seconds", f"{tally.slowest[0]:.2f}"),
        ("most memory of the reader process, MB", f"{tally.largest[0]:.0f}"),
    ]
