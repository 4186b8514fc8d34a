"""The customers that a week's summary names: who rose, who fell, whom to watch, whom to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.model import Change

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

MOST: Final = 10
"""lines of a list: the page is one, the book has them all"""
NEAR: Final = 0.1
"""a margin to keep of less than this part of the keep line is worth a look"""
SOON: Final = 7
"""days"""


@dataclass(frozen=True)
class Person:
    """A customer in a list. ``facts``: further cells, as the list's heads say."""

    name: str
    id: str
    facts: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class People:
    """A list of customers. ``count``: how many there are, though only the first stand here."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Person, ...]
    count: int
    tone: str = ""
    hint: str = ""


def lists_of(content: Content) -> tuple[People, ...]:
    """Rises, falls, whom to watch, follow-ups due."""
    return (*_moves(content), _watched(content), _due(content))


def nameless(people: People) -> People:
    """The list without anybody in it; the count stays."""
    return People(people.title, people.heads, (), people.count, people.tone, people.hint)


def _labels(content: Content) -> dict[str, str]:
    return {tier.id: tier.label.text(content.lang) for tier in content.scheme.file.tiers}


def _moves(content: Content) -> tuple[People, People]:
    """Rises and falls, the longest steps and the most money first."""
    say, labels = content.say, _labels(content)
    order = list(labels)
    owners = dict(
        zip(*(content.clean.tables["customers"][key] for key in ("customer_id", "owner")), strict=True)
    )
    money = content.graded.frame.set_index("customer_id")["revenue"].fillna(0)
    up, down = list[Change](), list[Change]()
    for change in content.graded.changes:
        (up if order.index(change.now) < order.index(change.was) else down).append(change)
    found = []
    for key, tone, moved in (("rises", "good", up), ("falls", "bad", down)):
        moved.sort(
            key=lambda c: (
                -abs(order.index(c.now) - order.index(c.was)),
                -float(money[c.customer]),
                c.customer,
            )
        )
        rows = tuple(
            Person(
                c.name, c.customer,
                (f"{labels[c.was]} → {labels[c.now]}", owners.get(c.customer) or "—",
                 say(f"cause_{c.cause}")),
                c.why,
            )
            for c in moved[:MOST]
        )  # fmt: skip
        heads = (say("week_move"), _head(content, "owner"), say("change_cause"))
        found.append(People(say(f"week_{key}"), heads, rows, len(moved), tone))
    return found[0], found[1]


def _head(content: Content, field: str) -> str:
    from sheetgen.scheme.tables import data_tables

    return data_tables()["customers"].fields[field].label.text(content.lang)


def _watched(content: Content) -> People:
    """Those who fall next if nothing happens, then those close above their keep line."""
    frame, say, numbers = content.graded.frame, content.say, content.graded.settings.numbers
    below, margin = frame["below"].fillna(0), frame["keep"]
    falling = (below > 0) & (below < numbers.get("track_fall_after", 1))
    line = frame["basis"] - margin
    near = ~falling & margin.notna() & (margin >= 0) & (line > 0) & (margin < line * NEAR)
    part = (margin / line.where(line > 0)).fillna(0)
    chosen = frame.assign(_first=~falling, _part=part, _falling=falling)[falling | near]
    chosen = chosen.sort_values(
        ["_first", "final_rank", "_part", "customer_id"], ascending=[True, False, True, True]
    )
    people = content.clean.tables["customers"].set_index("customer_id")
    rows = tuple(
        Person(
            str(people["customer_name"][row["customer_id"]]), row["customer_id"],
            (row["final_tier"], str(people["owner"][row["customer_id"]] or "—"), f"{row['keep']:,.2f}"),
            say("week_falls_next") if row["_falling"] else "",
        )
        for row in chosen.head(MOST).to_dict("records")
    )  # fmt: skip
    heads = (content.scheme.column("final_tier").label.text(content.lang), _head(content, "owner"),
             content.scheme.column("keep").label.text(content.lang))  # fmt: skip
    return People(say("week_watch"), heads, rows, len(chosen), "warn", say("week_watch_help"))


def _due(content: Content) -> People:
    """The follow-ups that are overdue or due within a week, in the order of 总览; with what they like."""
    from sheetgen.grading.prefer import derive_preferences, preferred

    say, as_of = content.say, content.as_of_serial
    frame, tables = content.graded.frame, content.clean.tables
    asked = frame[frame["next_follow_up"] <= as_of + SOON].sort_values(
        ["urgency", "next_follow_up", "customer_id"]
    )
    people = tables["customers"].set_index("customer_id")
    ids = asked["customer_id"].head(MOST)
    sales = tables["transactions"]
    derived = derive_preferences(ids, sales[sales["customer_id"].isin(ids)], content.graded.settings.as_of)
    likes = preferred(derived, tables["preferences"]).set_index("customer_id")
    rows = []
    for row in asked.head(MOST).to_dict("records"):
        customer, late = row["customer_id"], as_of - row["next_follow_up"]
        wants = [w for w in (likes["top_category"][customer], likes["top_channel"][customer]) if w]
        told = say("week_late", n=f"{late:.0f}") if late > 0 else ""
        rows.append(
            Person(
                str(people["customer_name"][customer]), customer,
                (row["final_tier"], str(people["owner"][customer] or "—"),
                 " ".join(filter(None, (_day(row["next_follow_up"]), told))), " · ".join(wants) or "—"),
            )
        )  # fmt: skip
    column = content.scheme.column
    heads = (column("final_tier").label.text(content.lang), _head(content, "owner"),
             column("next_follow_up").label.text(content.lang), say("week_likes"))  # fmt: skip
    return People(say("week_due"), heads, tuple(rows), len(asked), "warn", say("week_due_help"))


def _day(serial: float) -> str:
    day: date = EPOCH + timedelta(days=int(serial))
    return day.isoformat()
