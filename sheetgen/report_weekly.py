"""What a weekly run says of itself: one JSON object, the summary in words, and a line in the log."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sheetgen.errors import SheetgenError
from sheetgen.i18n import text
from sheetgen.report import as_json

if TYPE_CHECKING:
    from sheetgen.weekly import Week

LOG: Final = "sheetgen.log"


def weekly_json(week: Week) -> dict[str, Any]:
    """The JSON object of a weekly run."""
    return {
        **as_json(week.built),
        "command": "weekly",
        "previous": str(week.last_path) if week.last_path else None,
        "unchanged": week.unchanged,
        "backup": str(week.backup) if week.backup else None,
        "summary": str(week.summary) if week.summary else None,
        "edits": list(_edits(week)),
    }


def _edits(week: Week) -> Iterator[dict[str, Any]]:
    """What staff did that the book holds: overrides, corrections, parameters."""
    from sheetgen.workbook.corrected import label_of
    from sheetgen.workbook.laid import shown
    from sheetgen.workbook.layout import SHEETS

    content = week.content
    lang = content.lang

    def edit(sheet: str, customer: str, kind: str, was: str, now: str, cell: str = "") -> dict[str, Any]:
        return {"sheet": SHEETS[sheet].text(lang), "cell": cell, "customer": customer, "kind": kind,
                "was": was, "is": now}  # fmt: skip

    frame = content.graded.frame
    mine = frame[frame["override_rank"] > 0]
    for customer, computed, said in zip(
        mine["customer_id"], mine["computed_tier"], mine["override"], strict=True
    ):
        yield edit("tiers", customer, "override", computed, said)
    for one in content.kept.corrections:
        for column, words in one.cells.items():
            was, now = shown(column, one.row.get(column, "")), shown(column, words)
            yield edit(one.table, one.customer, "correction", was, now, label_of(one.table, column, lang))
    for key, value in sorted(content.graded.settings.changed.items()):
        yield edit("parameters", "", "parameter", "", f"{value:g}", f"p_{key}")


def weekly_lines(week: Week) -> Iterator[str]:
    """The summary in words, where everything lies, and what to do next."""
    from sheetgen.summary import summary_lines, summary_of

    lang = week.content.lang
    yield from summary_lines(summary_of(week))
    yield ""
    if week.last_path:
        yield text("weekly_last", lang, path=week.last_path)
    if week.backup:
        yield text("weekly_backup", lang, path=week.backup)
    if week.unchanged:
        yield text("weekly_unchanged", lang, path=week.built.request.out)
    elif week.built.written:
        yield text("run_written", lang, path=week.built.request.out)
    else:
        yield text("run_not_written", lang)
    if week.summary:
        yield text("weekly_page", lang, path=week.summary)
    if week.built.written:
        yield text("weekly_next", lang)


def log_week(folder: Path, week: Week, code: int, seconds: float) -> None:
    """One line for the run, without anything of a customer."""
    built = week.built
    ups = sum(1 for change in built.graded.changes if _up(week, change.was, change.now))
    rows = built.clean.ledger.rows
    facts = {
        "as_of": built.graded.settings.as_of.isoformat(),
        "scheme": built.scheme.id,
        "run": built.run_id,
        "customers": len(built.graded.frame),
        "up": ups,
        "down": len(built.graded.changes) - ups,
        "rows": rows.get("used", 0),
        "held_back": rows.get("held_back", 0),
        "unchanged": int(week.unchanged),
        "written": int(built.written),
        "out": built.request.out.name.replace(" ", "_"),
    }
    _log(folder, code, seconds, " ".join(f"{key}={value}" for key, value in facts.items()))


def log_error(folder: Path, error: BaseException, code: int, seconds: float) -> None:
    """One line for a run that stopped: what kind of error, not its facts."""
    known = isinstance(error, SheetgenError)
    what = f"error={error.code or '-'}:{error.key}" if known else f"error={type(error).__name__}"  # type: ignore[attr-defined]
    _log(folder, code, seconds, what)


def _log(folder: Path, code: int, seconds: float, facts: str) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    line = f"{at} weekly exit={code} seconds={seconds:.1f} {facts}\n"
    handle = os.open(folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


def _up(week: Week, was: str, now: str) -> bool:
    order = [tier.id for tier in week.built.scheme.file.tiers]
    return order.index(now) < order.index(was)
