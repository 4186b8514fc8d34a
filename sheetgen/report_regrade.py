"""What a re-grade says of itself: one JSON object, or a short summary in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sheetgen.i18n import Lang, text
from sheetgen.model import FATES
from sheetgen.report import MOST_SHOWN, SCHEMA, issue_json, money, pad

if TYPE_CHECKING:
    from sheetgen.regrade import Regraded


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
             "sha256": found.sha256, "rows": ledger.read_rows}
        ],
        "changes": [
            {"customer": c.customer, "from": c.was, "to": c.now, "cause": c.cause, "why": c.why}
            for c in found.changes
        ],
        "edits": [
            {"sheet": e.sheet, "cell": e.cell, "customer": e.customer,
             "kind": e.kind, "was": e.was, "is": e.now}
            for e in found.edits
        ],
        "issues": [issue_json(issue, lang) for issue in found.issues],
    }  # fmt: skip


def regrade_lines(found: Regraded, lang: Lang) -> Iterator[str]:
    """The lines of a re-grade's summary."""

    def say(key: str, **facts: object) -> str:
        return text(key, lang, **facts)

    yield say("run_regrade", path=found.request.book, as_of=found.as_of.isoformat())
    yield say("run_edits", n=len(found.edits))
    for kind, count in Counter(edit.kind for edit in found.edits).items():
        yield f"  {pad(say(f'edit_{kind}'), 18)}{count:>8,}"
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
