"""What ``sheetgen check BOOK`` says: one JSON object, or a few lines in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from sheetgen.i18n import Lang, text
from sheetgen.report import MOST_SHOWN, pad
from sheetgen.report_regrade import regrade_json

if TYPE_CHECKING:
    from sheetgen.check_book import CheckedBook

MOST_TOLD: Final = 1_000
"""cells in the JSON object"""


def check_book_json(checked: CheckedBook, lang: Lang) -> dict[str, Any]:
    """The JSON object: that of a re-grade, and ``wrong``, the cells that show something else."""
    found = regrade_json(checked.regraded, lang)
    for key in ("backup", "changed"):
        found.pop(key, None)
    cells = [
        {"sheet": cell.sheet, "cell": cell.cell, "shows": cell.shows, "should": cell.should}
        for cell in checked.wrong[:MOST_TOLD]
    ]
    return {
        **found,
        "command": "check",
        "out": None,
        "intact": checked.intact,
        "wrong": {"count": len(checked.wrong), "cells": cells},
    }


def check_book_lines(checked: CheckedBook, lang: Lang) -> Iterator[str]:
    """The lines of a check."""

    def say(key: str, **facts: object) -> str:
        return text(key, lang, **facts)

    found = checked.regraded
    yield say("check_book_head", path=checked.path, as_of=found.as_of.isoformat())
    if checked.intact:
        yield say("check_book_intact")
    if checked.wrong:
        yield say("check_book_wrong", n=f"{len(checked.wrong):,}")
        for cell in checked.wrong[:MOST_SHOWN]:
            yield say(
                "check_book_cell", sheet=cell.sheet, cell=cell.cell, shows=cell.shows, should=cell.should
            )
        if len(checked.wrong) > MOST_SHOWN:
            yield say("check_book_more", n=f"{len(checked.wrong) - MOST_SHOWN:,}")
    if checked.typed_over:
        yield say("check_book_typed_over", n=checked.typed_over)
    yield say("run_edits", n=len(found.edits))
    for kind, count in Counter(edit.kind for edit in found.edits).items():
        yield f"  {pad(say(f'edit_{kind}'), 18)}{count:>8,}"
    for issue in found.issues[:MOST_SHOWN]:
        yield f"{issue.code} {issue.message(lang)}"
    yield say("check_book_digest", digest=found.digest)
