"""What a re-grade says of itself: one JSON object, or a short summary in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sheetgen.i18n import Lang, text
from sheetgen.model import FATES
from sheetgen.report import MOST_SHOWN, SCHEMA, file_json, issue_json, money, pad

if TYPE_CHECKING:
    from sheetgen.regrade import Regraded
    from sheetgen.workbook.copies.merge import Merged


def regrade_json(found: Regraded, lang: Lang) -> dict[str, Any]:
    """The JSON object of a re-grade."""
    ledger = found.ledger
    return {
        "schema": SCHEMA,
        "command": "regrade",
        "book": str(found.request.book),
        "out": str(found.out) if found.written or not (found.changed or found.request.dry_run) else None,
        "backup": str(found.backup) if found.backup else None,
        "changed": found.changed,
        "as_of": found.as_of.isoformat(),
        "scheme": found.scheme.id,
        "run_id": found.run_id,
        "digest": found.digest,
        "customers": found.customers,
        "tiers": dict(found.tiers),
        "rows": {"read": ledger.read_rows, **{fate: ledger.rows.get(fate, 0) for fate in FATES}},
        "amount": {
            "read": money(ledger.read_cents),
            **{fate: money(ledger.cents.get(fate, 0)) for fate in FATES if fate != "structure"},
        },
        "files": [
            {"path": str(found.request.book), "kind": "book", "encoding": "xlsx",
             "sha256": found.sha256, "rows": 0 if found.files else ledger.read_rows},
            *(file_json(file) for file in found.files),
        ],
        "changes": [
            {"customer": c.customer, "from": c.was, "to": c.now, "cause": c.cause, "why": c.why}
            for c in found.changes
        ],
        "edits": [
            {"sheet": e.sheet, "cell": e.cell, "customer": e.customer,
             "kind": e.kind, "was": e.was, "is": e.now, "cause": e.cause,
             **({"data": e.data} if e.kind == "conflict" else {})}
            for e in found.edits
        ],
        "issues": [issue_json(issue, lang) for issue in found.issues],
        **({"not_carried": _not_carried(found)} if _fresh(found) else {}),
        **(copies_json(found.merged) if found.merged else {}),
    }  # fmt: skip


def _fresh(found: Regraded) -> bool:
    """Whether the book was made anew."""
    return found.request.rebuild or found.request.book.is_dir()


def _not_carried(found: Regraded) -> list[dict[str, Any]]:
    """What a fresh book could not take over: sheet, what, the first cells, how many."""
    told = [(dict(issue.facts), issue.count) for issue in found.issues if issue.code == "SG800"]
    return [
        {"sheet": facts["sheet"], "what": facts["what"], "cells": facts["cells"], "count": count}
        for facts, count in told
    ]


def copies_json(merged: Merged) -> dict[str, Any]:
    """What came of further copies: the books, every change taken over, every conflict with all values."""
    names = [str(book.path) for book in merged.books]
    return {
        "copies": [
            {"path": str(b.path), "sha256": b.sha256, "run_id": b.source.state.get("run_id", "")}
            for b in merged.books
        ],
        "taken": [
            {"book": names[t.book], "sheet": t.sheet, "cell": t.cell, "customer": t.customer,
             "column": t.column, "kind": t.kind, "was": t.was, "is": t.now}
            for t in merged.taken
        ],
        "conflicts": [
            {"sheet": c.sheet, "cell": c.cell, "customer": c.customer, "column": c.column, "was": c.was,
             "values": [{"book": names[s.book], "cell": s.place, "is": s.words} for s in c.said],
             "kept": c.kept}
            for c in merged.conflicts
        ],
    }  # fmt: skip


def regrade_lines(found: Regraded, lang: Lang) -> Iterator[str]:
    """The lines of a re-grade's summary."""

    def say(key: str, **facts: object) -> str:
        return text(key, lang, **facts)

    yield say("run_regrade", path=found.request.book, as_of=found.as_of.isoformat())
    if found.files:
        ledger = found.ledger
        yield say(
            "run_brought", files=len(found.files), read=ledger.read_rows, used=ledger.rows.get("used", 0)
        )
    if merged := found.merged:
        counts = {"taken": len(merged.taken), "conflicts": len(merged.conflicts)}
        yield say("run_copies", n=len(merged.books), **counts)
    for cause in ("staff", "data"):
        edits = [edit for edit in found.edits if edit.cause == cause]
        if cause == "staff" or edits:
            yield say("run_edits" if cause == "staff" else "run_data_edits", n=len(edits))
        for kind, count in Counter(edit.kind for edit in edits).items():
            yield f"  {pad(say(f'edit_{kind}'), 18)}{count:>8,}"
    if found.request.dry_run:
        yield from _each(found, say)
    yield say("run_tier_changes", n=len(found.changes))
    labels = {tier.id: tier.label.text(lang) for tier in found.scheme.file.tiers}
    for change in found.changes[:MOST_SHOWN]:
        cause = say(f"cause_{change.cause}")
        yield f"  {pad(change.customer, 18)}{labels[change.was]} → {labels[change.now]}  {cause}"
    if len(found.changes) > MOST_SHOWN:
        yield say("run_more_changes", n=len(found.changes) - MOST_SHOWN)
    yield say("run_tiers", n=f"{found.customers:,}")
    for tier, count in found.tiers.items():
        yield f"  {pad(labels[tier], 18)}{count:>8,}"
    if found.written:
        yield say("run_regraded", path=found.out)
        if found.backup is not None:
            yield say("run_backup", path=found.backup)
    else:
        yield say("run_would_change" if found.changed else "run_unchanged")


def _each(found: Regraded, say: Callable[..., str]) -> Iterator[str]:
    """Every edit in a line, as a dry run tells them."""
    for edit in found.edits:
        place = f"{edit.sheet}!{edit.cell}" if edit.cell else edit.sheet
        more = f"  ({say('edit_data')}: {edit.data})" if edit.data else ""
        yield f"  {say(f'edit_{edit.kind}')}  {place}  {edit.customer}  {edit.was} → {edit.now}{more}"
