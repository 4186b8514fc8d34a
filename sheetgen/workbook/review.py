"""Pairs of customers that may be one: what is proposed, what staff answered, and what they wrote of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sheetgen.i18n import Label, messages

if TYPE_CHECKING:
    from sheetgen.model import Clean

Answer = Literal["", "yes", "no"]
HEADERS = {
    "keep": "merge_keep",
    "keep_name": "merge_keep_name",
    "other": "merge_other",
    "other_name": "merge_other_name",
    "reason": "merge_why",
    "evidence": "merge_evidence",
    "answer": "merge_answer",
}
"""column of 疑似重复 -> the message that heads it"""


@dataclass(frozen=True, slots=True)
class Review:
    """One line of 疑似重复. ``reason`` is a MergeReason; ``answer`` is staff's."""

    keep: str
    other: str
    keep_name: str = ""
    other_name: str = ""
    reason: str = ""
    evidence: str = ""
    answer: Answer = ""


def read_reviews(rows: Iterable[Mapping[str, Any]]) -> tuple[Review, ...]:
    """The lines of last week's 疑似重复 that staff answered; cells by the keys of HEADERS."""
    words, found = messages(), []
    reasons = {t: key for key in words if key.startswith("merge_is_") for t in (words[key].zh, words[key].en)}
    for row in rows:
        told = {key: str(value or "").strip() for key, value in row.items()}
        answer = answer_of(told.pop("answer", ""))
        if answer and told.get("keep") and told.get("other"):
            why = reasons.get(told.pop("reason", ""), "").removeprefix("merge_is_")
            found.append(Review(**told, reason=why, answer=answer))
    return tuple(found)


def answer_of(cell: str) -> Answer:
    """What staff answered, in either language; nothing for any other word."""
    word = cell.casefold()
    for answer in ("yes", "no"):
        label: Label = messages()[f"flag_{answer}"]
        if word in (answer, label.zh.casefold(), label.en.casefold()):
            return answer
    return ""


def accepted(reviews: Iterable[Review]) -> tuple[tuple[str, str], ...]:
    """(other, keep) of every pair that staff accepted."""
    return tuple((r.other, r.keep) for r in reviews if r.answer == "yes")


def list_reviews(clean: Clean, answered: tuple[Review, ...]) -> tuple[Review, ...]:
    """What 疑似重复 shows: new proposals first, then what was answered in earlier books, the newest last."""
    names = dict(
        zip(
            clean.tables["customers"]["customer_id"],
            clean.tables["customers"]["customer_name"],
            strict=True,
        )
    )
    known = {frozenset((r.keep, r.other)) for r in answered}
    new = [
        Review(m.keep, m.other, names.get(m.keep, ""), names.get(m.other, ""), m.reason, m.evidence)
        for m in clean.merges
        if frozenset((m.keep, m.other)) not in known
    ]
    # a name may have changed since; of a customer merged away the last book's name stays
    told = [
        replace(
            r,
            keep_name=names.get(r.keep, r.keep_name),
            other_name=names.get(r.other, r.other_name),
        )
        for r in answered
    ]
    return (*new, *told)
