"""All benchmarks: ``python -m benchmarks [--quick] [--only PART] [--times N]``.

Prints the long tables and one short table of ratios; each part's ratios go to history.txt when it is
done, and what grows is drawn anew (docs/growth.png).
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import beyond, build, draw, fuzz, growth, peers, reading, recalc, regrade, small
from benchmarks.meter import commit, note, table, where
from tests.office.office import OfficeError

HISTORY = Path(__file__).with_name("history.txt")
SIZES = (1_000, 2_000, 5_000, 10_000, 20_000)
SMALL = (250, 500, 1_000, 2_000)
RUNS = {
    "full": {
        "build": lambda times: build.compare(20_000, 400_000, 20_000, times),
        "peers": lambda times: peers.compare(5_000, 100_000, times),
        "growth": lambda times: growth.compare(growth.SIZES, times),
        "recalc": lambda times: recalc.compare((*SIZES, 50_000), SMALL, 1_000, times),
        "read": lambda times: reading.compare(50_000, 1_000_000, times),
        "regrade": lambda times: regrade.compare(20_000, 400_000, 1),
        "small": lambda times: small.compare(500, times),
        "fuzz": lambda times: fuzz.compare(10_000),
        "beyond": lambda times: beyond.prove(),
    },
    "quick": {
        "build": lambda times: build.compare(2_000, 40_000, 500, times),
        "peers": lambda times: peers.compare(500, 10_000, times),
        "growth": lambda times: growth.compare((500, 1_000, 2_000), times),
        "recalc": lambda times: recalc.compare((125, 250, 1_000), (125, 250), 250, times),
        "read": lambda times: reading.compare(5_000, 100_000, times),
        "regrade": lambda times: regrade.compare(2_000, 20_000, 1),
        "small": lambda times: small.compare(20, times),
        "fuzz": lambda times: fuzz.compare(2_000),
    },
}
TIMES = {"full": 5, "quick": 1}
DRAWN = ("growth", "recalc")
PARTS = {
    "build": build,
    "peers": peers,
    "growth": growth,
    "recalc": recalc,
    "read": reading,
    "regrade": regrade,
    "small": small,
    "fuzz": fuzz,
    "beyond": beyond,
}


def main() -> None:
    """Run, print, and note the ratios."""
    about = "sheetgen against what people would use otherwise"
    parser = argparse.ArgumentParser(prog="benchmarks", description=about)
    parser.add_argument("--quick", action="store_true", help="small sizes, once each: minutes")
    parser.add_argument("--times", type=int, help="how often each contestant runs (5; quick: 1)")
    parser.add_argument("--only", choices=list(PARTS), action="append", help="this part (may be repeated)")
    parser.add_argument("--forget", action="store_true", help="do not append to history.txt")
    chosen = parser.parse_args()
    size_name = "quick" if chosen.quick else "full"
    times = chosen.times or TIMES[size_name]
    lines: list[tuple[str, str]] = []
    for name in chosen.only or RUNS[size_name]:
        note(f"== {name}")
        try:
            found = RUNS[size_name][name](times)
        except OfficeError as error:
            raise SystemExit(f"LibreOffice: {error}") from error
        print(PARTS[name].report(found) + "\n", flush=True)
        lines += PARTS[name].ratios(found)
        if not chosen.forget:
            remember(name, size_name, times, PARTS[name].ratios(found))
            if name in DRAWN and size_name == "full":
                draw.note_points(PARTS[name].points(found))
    print(table(("figure", "value"), lines))
    if not chosen.forget and size_name == "full":
        draw.draw()


def remember(part: str, size: str, times: int, ratios: list[tuple[str, str]]) -> None:
    """Append a part's ratios to history.txt, with commit and versions."""
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(f"{when}, commit {commit()}, {part}, {size}, medians of {times}\n{where()}\n")
        history.write(table(("figure", "value"), ratios) + "\n\n")


if __name__ == "__main__":
    main()
