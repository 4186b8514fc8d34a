"""All benchmarks: ``python -m benchmarks [--quick | --huge] [--only PART]``.

Prints the long tables and one short table of ratios; each part's ratios go to history.txt when it is done.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import build, fuzz, growth, reading, recalc, regrade, small
from benchmarks.meter import commit, note, table, where
from tests.office.office import OfficeError

HISTORY = Path(__file__).with_name("history.txt")
SIZES = (1_000, 2_000, 5_000, 10_000, 20_000)
SMALL = (250, 500, 1_000, 2_000)
RUNS = {
    "full": {
        "build": lambda: build.compare(20_000, 400_000, 2_000, 3),
        "growth": lambda: growth.compare(SIZES, 3),
        "recalc": lambda: recalc.compare(SIZES, SMALL, 1_000, 3),
        "read": lambda: reading.compare(50_000, 1_000_000, 3),
        "regrade": lambda: regrade.compare(20_000, 400_000, 1),
        "small": lambda: small.compare(500, 3),
        "fuzz": lambda: fuzz.compare(10_000),
    },
    "huge": {
        "build": lambda: build.compare(50_000, 1_000_000, 2_000, 1),
        "growth": lambda: growth.compare((*SIZES, 50_000), 1),
        "recalc": lambda: recalc.compare((*SIZES, 50_000), SMALL, 1_000, 3),
        "read": lambda: reading.compare(200_000, 4_000_000, 1),
        "regrade": lambda: regrade.compare(50_000, 1_000_000, 1),
        "small": lambda: small.compare(500, 3),
        "fuzz": lambda: fuzz.compare(50_000),
    },
    "quick": {
        "build": lambda: build.compare(2_000, 40_000, 500, 1),
        "growth": lambda: growth.compare((500, 1_000, 2_000), 1),
        "recalc": lambda: recalc.compare((125, 250, 1_000), (125, 250), 250, 1),
        "read": lambda: reading.compare(5_000, 100_000, 1),
        "regrade": lambda: regrade.compare(2_000, 20_000, 1),
        "small": lambda: small.compare(20, 1),
        "fuzz": lambda: fuzz.compare(2_000),
    },
}
PARTS = {
    "build": build,
    "growth": growth,
    "recalc": recalc,
    "read": reading,
    "regrade": regrade,
    "small": small,
    "fuzz": fuzz,
}


def main() -> None:
    """Run, print, and note the ratios."""
    about = "sheetgen against what people would use otherwise"
    parser = argparse.ArgumentParser(prog="benchmarks", description=about)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", dest="size", action="store_const", const="quick", help="small sizes: minutes"
    )
    size.add_argument("--huge", dest="size", action="store_const", const="huge", help="up to a million rows")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="this part (may be repeated)")
    parser.add_argument("--forget", action="store_true", help="do not append to history.txt")
    chosen = parser.parse_args()
    size_name = chosen.size or "full"
    lines: list[tuple[str, str]] = []
    for name in chosen.only or PARTS:
        note(f"== {name}")
        try:
            found = RUNS[size_name][name]()
        except OfficeError as error:
            raise SystemExit(f"LibreOffice: {error}") from error
        print(PARTS[name].report(found) + "\n", flush=True)
        lines += PARTS[name].ratios(found)
        if not chosen.forget:
            remember(name, size_name, PARTS[name].ratios(found))
    print(table(("figure", "value"), lines))


def remember(part: str, size: str, ratios: list[tuple[str, str]]) -> None:
    """Append a part's ratios to history.txt, with commit and versions."""
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(f"{when}, commit {commit()}, {part}, {size}\n{where()}\n")
        history.write(table(("figure", "value"), ratios) + "\n\n")


if __name__ == "__main__":
    main()
