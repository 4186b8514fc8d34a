"""What of a last book moves on: as much as is wanted, and what staff left in the same week's book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from sheetgen.workbook.last import LastBook


def with_hand(last: LastBook, own: LastBook, mark: str, out: Path) -> LastBook:
    """``last`` with what staff left in the same week's book ``own``, which is about to be made anew as
    ``out``. ``mark`` stands for that hand, so that the same hand gives the same book.
    """
    typed = tuple(replace(t, source=replace(t.source, path=str(out), sha256=mark)) for t in own.typed)
    return replace(
        own,
        typed=typed,
        ledger=last.ledger,
        figures=last.figures,
        rules=last.rules,
        handed=last.handed,
        sha256=sha256(f"{last.sha256}{mark}".encode()).hexdigest(),
        kept=replace(own.kept, mark=mark),
        issues=own.issues,
    )


def only(last: LastBook, wanted: Sequence[str]) -> LastBook:
    """``last`` with no more of ``corrections``, ``columns``, ``sheets`` and ``parameters`` than wanted."""
    kept = last.kept
    return replace(
        last,
        parameters=last.parameters if "parameters" in wanted else {},
        kept=replace(
            kept,
            corrections=kept.corrections if "corrections" in wanted else (),
            columns=kept.columns if "columns" in wanted else (),
            sheets=kept.sheets if "sheets" in wanted else (),
        ),
    )
