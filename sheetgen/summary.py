"""What a manager wants to know of a week, on one page: who rose and fell, whom to watch and to call, how the
figures stand against last week, what staff changed, what was held back. Texts only; summary_page.py and
summary_lines draw them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sheetgen.i18n import text
from sheetgen.summary_people import People, lists_of, nameless

if TYPE_CHECKING:
    from sheetgen.i18n import Lang
    from sheetgen.weekly import Week
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.last import LastBook
    from sheetgen.workbook.sheets.monitor import Line

MOST: Final = 10
"""warnings"""
SHOWN: Final = {"integer": ",.0f", "money": ",.2f", "decimal": ".2f", "percent": ".1%"}


@dataclass(frozen=True)
class Tile:
    """One large figure. ``tone``: good, bad, warn or nothing."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class TierRow:
    """A tier: customers now and in the last book ('' unknown), the share of all, its colours."""

    label: str
    now: int
    last: str
    change: str
    share: float
    money: str
    background: str
    ink: str


@dataclass(frozen=True)
class FigureRow:
    """A figure of the monitoring: this period, the last book, the difference."""

    label: str
    now: str
    last: str
    change: str
    tone: str


@dataclass(frozen=True)
class Summary:
    """The page. ``book``: name of the file that it tells of. ``withheld``: names are left out on purpose."""

    lang: Lang
    title: str
    subtitle: str
    book: str
    tiles: tuple[Tile, ...]
    tiers: tuple[TierRow, ...]
    money_label: str
    figures: tuple[FigureRow, ...]
    lists: tuple[People, ...]
    staff: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]
    held: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, str], ...]
    withheld: bool

    def say(self, key: str, **facts: object) -> str:
        """A text in the page's language."""
        return text(key, self.lang, **facts)


def summary_of(week: Week, withheld: bool = False) -> Summary:
    """The page of a week. ``withheld``: without names and ids of customers."""
    content, last = week.content, week.last
    say = content.say
    settings = content.graded.settings
    since = last.rules.as_of
    lists = lists_of(content)
    return Summary(
        lang=content.lang,
        title=say("book_title"),
        subtitle=say(
            "week_since" if since else "week_first",
            as_of=settings.as_of.isoformat(), last=since.isoformat() if since else "",
            scheme=content.scheme.file.label.text(content.lang),
        ),
        book=week.built.request.out.name,
        tiles=_tiles(content, lists),
        tiers=_tiers(content, last),
        money_label=content.scheme.label(content.scheme.file.revenue).text(content.lang),
        figures=_figures(content),
        lists=tuple(nameless(found) if withheld else found for found in lists),
        staff=_staff(content, last),
        warnings=_warnings(week, withheld),
        rows=_rows(content),
        held=_held(content),
        files=tuple((f.label, say(f"kind_{f.kind}"), f"{f.rows:,}") for f in content.clean.files),
        withheld=withheld,
    )  # fmt: skip


def _tiles(content: Content, lists: Sequence[People]) -> tuple[Tile, ...]:
    say, frame, ledger = content.say, content.graded.frame, content.clean.ledger
    rises, falls, watched, due = (found.count for found in lists)
    spend = sum(round(v * 100) for v in frame["revenue"].fillna(0).tolist()) / 100
    held, money = ledger.rows.get("held_back", 0), ledger.cents.get("held_back", 0) / 100
    active = int((frame["revenue"] > 0).sum())
    late = int((frame["next_follow_up"] < content.as_of_serial).sum())
    label = content.scheme.label(content.scheme.file.revenue).text(content.lang)
    return (
        Tile(say("tile_customers"), f"{content.counted:,}", say("week_active", n=f"{active:,}")),
        Tile(say("tile_revenue", label=label), f"{spend:,.0f}"),
        Tile(say("week_rises"), f"{rises:,}", tone="good" if rises else ""),
        Tile(say("week_falls"), f"{falls:,}", tone="bad" if falls else ""),
        Tile(say("week_watch"), f"{watched:,}", tone="warn" if watched else ""),
        Tile(say("week_due"), f"{due:,}", say("week_overdue", n=f"{late:,}"), "warn" if late else ""),
        Tile(say("week_held"), f"{held:,}", f"{money:,.2f}", "bad" if held else ""),
    )  # fmt: skip


def _tiers(content: Content, last: LastBook) -> tuple[TierRow, ...]:
    from collections import Counter

    from sheetgen.workbook.style import tier_colors

    frame, tiers = content.graded.frame, content.scheme.file.tiers
    before = Counter(str(row.get("final", "")) for row in last.handed.values())
    found = []
    for i, tier in enumerate(tiers):
        mine = frame["final_rank"] == len(tiers) - i
        now, was = int(mine.sum()), before.get(tier.id, 0)
        money = sum(round(v * 100) for v in frame.loc[mine, "revenue"].fillna(0).tolist()) / 100
        background, ink = tier_colors(len(tiers))[i]
        found.append(
            TierRow(
                tier.label.text(content.lang), now, f"{was:,}" if last.handed else "—",
                f"{now - was:+,}" if last.handed and now != was else "", now / max(1, content.counted),
                f"{money:,.0f}", background, ink,
            )
        )  # fmt: skip
    return tuple(found)


def _figures(content: Content) -> tuple[FigureRow, ...]:
    from sheetgen.workbook.sheets.monitor import lines_of

    shares = {f"tier_{tier.id}" for tier in content.scheme.file.tiers}  # the tiers have a table of their own
    lines = [line for line in lines_of(content) if line.now.value is not None and line.id not in shares]
    return tuple(_figure(content, line) for line in lines)


def _figure(content: Content, line: Line) -> FigureRow:
    form, now, then = SHOWN[line.format], float(line.now.value or 0), content.last_figures.get(line.id)
    change = tone = ""
    if then is not None:
        more = now - then
        percent = line.format == "percent"
        if abs(more) >= (0.0005 if percent else 0.005):
            change = f"{more * 100:+.1f} pp" if percent else f"{more:+{form}}"
            directed = not line.id.startswith("tier_")
            tone = ("good" if (more > 0) != line.less else "bad") if directed else ""
    return FigureRow(line.label, f"{now:{form}}", "—" if then is None else f"{then:{form}}", change, tone)


def _staff(content: Content, last: LastBook) -> tuple[tuple[str, str], ...]:
    """What staff did that is in this book, each with how much of it there is."""
    frame, kept = content.graded.frame, content.kept
    typed = sum(len(table.frame) for table in last.typed)
    counts = {
        "overrides": int((frame["override_rank"] > 0).sum()),
        "remarks": int(
            (frame["remark"] != "").sum() + (content.clean.tables["customers"]["remark"] != "").sum()
        ),
        "typed": typed,
        "corrections": len(kept.corrections),
        "parameters": len(content.graded.settings.changed),
        "merges": sum(r.answer == "yes" for r in last.reviews),
        "columns": len(kept.columns),
        "sheets": len(kept.sheets),
    }
    return tuple((content.say(f"week_{key}"), f"{n:,}") for key, n in counts.items() if n)


def _warnings(week: Week, withheld: bool) -> tuple[str, ...]:
    """What somebody should look at, in plain words. Row by row reasons stand among the rows held back."""
    if withheld:
        return ()
    lang = week.content.lang
    told = [i for i in week.built.issues if i.level != "note" and not i.code.startswith("SG4")]
    return tuple(dict.fromkeys(issue.message(lang) for issue in told))[:MOST]


def _rows(content: Content) -> tuple[tuple[str, str, str], ...]:
    from sheetgen.model import FATES

    ledger, say = content.clean.ledger, content.say
    lines = [("read", ledger.read_rows, ledger.read_cents)]
    lines += [(fate, ledger.rows.get(fate, 0), ledger.cents.get(fate, 0)) for fate in FATES]
    return tuple(
        (say(f"fate_{fate}"), f"{rows:,}", f"{cents / 100:,.2f}") for fate, rows, cents in lines if rows
    )


def _held(content: Content) -> tuple[tuple[str, str], ...]:
    """Why rows were held back, and how many for each reason."""
    frame = content.clean.ledger.left_out
    counts: Any = frame.loc[frame["fate"] == "held_back", "code"].value_counts()
    found = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((_reason(content, code), f"{n:,}") for code, n in found)


def _reason(content: Content, code: str) -> str:
    from sheetgen.i18n import messages

    key = f"reason_{code}"
    return f"{code} {content.say(key)}" if key in messages() else code


def summary_lines(found: Summary) -> Iterator[str]:
    """The page as a terminal shows it."""
    from sheetgen.report import pad

    yield f"{found.title}  {found.subtitle}"
    for tile in found.tiles:
        yield f"  {pad(tile.label, 22)}{pad(tile.value, 16)}{tile.note}".rstrip()
    yield found.say("week_tiers")
    for tier in found.tiers:
        bar = "■" * round(24 * tier.share)
        yield f"  {pad(tier.label, 14)}{tier.now:>8,}  {pad(tier.change, 8)}{bar}".rstrip()
    if found.figures:
        yield found.say("week_figures")
        for row in found.figures:
            yield f"  {pad(row.label, 30)}{pad(row.now, 18)}{pad(row.last, 18)}{row.change}".rstrip()
    for people in found.lists:
        if people.count:
            yield f"{people.title}: {people.count:,}"
            yield from _people_lines(people, found)
    for title, rows in (("week_staff", found.staff), ("week_held_why", found.held)):
        if rows:
            yield found.say(title)
            yield from (f"  {pad(label, 30)}{value}" for label, value in rows)
    if found.warnings:
        yield found.say("week_look")
        yield from (f"  - {words}" for words in found.warnings)


def _people_lines(people: People, found: Summary) -> Iterable[str]:
    from sheetgen.report import pad

    for person in people.rows:
        facts = "".join(pad(fact, 18) for fact in person.facts)
        yield f"  {pad(person.id, 14)}{pad(person.name, 26)}{facts}{person.note}".rstrip()
    if people.rows and people.count > len(people.rows):
        yield "  " + found.say("week_more", n=f"{people.count - len(people.rows):,}")
