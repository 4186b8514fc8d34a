"""Windows as steps from the as-of date, each step a pair: the day itself, and the formula that gives it.

A window is the days after its start up to its end. Steps by months keep to the end of a month: a month before
30 April is 31 March, for both end a whole month; a month before 30 March is the last of February.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sheetgen.errors import UsageError
from sheetgen.i18n import Label, text
from sheetgen.scheme.check import nearest
from sheetgen.scheme.schema import Parameter, SchemeFile, Window

MONTHS: dict[str, int] = {"year": 12, "half_year": 6, "quarter": 3, "month": 1}
MOST_DAYS, MOST_MONTHS = 36_600, 600
AS_OF = "as_of"
Count = str | int
"""a parameter's id, or a fixed number"""


@dataclass(frozen=True)
class Step:
    """How one day comes from another. ``of``: ``as_of``, or one end of a window (``year_start``).

    ``days`` and ``months`` go that far back (several numbers add up); ``period`` goes to the day before the
    first day of the period of ``counts[0]`` months that holds the day, ``closed`` of the one that holds the
    next day; its year begins in month ``counts[1]``.
    """

    of: str
    back: Literal["same", "days", "months", "period", "closed"] = "same"
    counts: tuple[Count, ...] = ()


@dataclass(frozen=True)
class Span:
    """Both ends of a window. ``root`` and ``months``: the day that all of a chain is counted back from."""

    start: Step
    end: Step
    root: str = AS_OF
    months: tuple[Count, ...] = ()
    whole: bool = False
    """a period that is over, from its first day to its last"""


def first_month_of(windows: Mapping[str, Window], key: str) -> Count:
    """What says in which month a period's year begins: a parameter's id, or 1 for months.

    A window before one of the same period takes it from there.
    """
    window = windows[key]
    if window.period == "month":
        return 1
    if follows(windows, key):
        return first_month_of(windows, window.before or "")
    return window.first_month if isinstance(window.first_month, str) else f"{key}_first_month"


def follows(windows: Mapping[str, Window], key: str) -> bool:
    """Whether the window stands before one of the same period."""
    window = windows[key]
    return (
        window.before is not None
        and window.period is not None
        and windows[window.before].period == window.period
    )


def window_parameter(file: SchemeFile, key: str) -> dict[str, Parameter]:
    """The number that a window has of its own, if it has one: days, months, or the month its year begins in.

    Raises UsageError for a first month that is no parameter, or that another window says.
    """
    window, windows = file.windows[key], file.windows
    place = ("windows", key, "first_month")
    if window.days is not None:
        name, label, value, high = "days", "window_length", window.days, MOST_DAYS
    elif window.months is not None:
        name, label, value, high = "months", "window_months", window.months, MOST_MONTHS
    elif follows(windows, key):
        if window.first_month is not None:
            raise UsageError(
                "window_first_month_given", "SG702", spot="", at=place, window=key, before=window.before
            )
        return {}
    elif isinstance(window.first_month, str):
        if window.first_month not in file.parameters:
            near = nearest(window.first_month, file.parameters) or "parameters"
            facts = {"window": key, "name": window.first_month, "near": near}
            raise UsageError("window_first_month_unknown", "SG701", spot="", at=place, **facts)
        return {}
    elif window.period == "month":
        return {}
    else:
        name, label, value, high = "first_month", "window_first_month", window.first_month or 1, 12
    words = Label(text(label, "zh", name=window.label.zh), text(label, "en", name=window.label.en))
    return {f"{key}_{name}": Parameter(label=words, value=value, format="integer", low=1, high=high)}


def note_of(windows: Mapping[str, Window], key: str) -> str:
    """The message that says which days the window takes; none for plain days, whose number says it."""
    window = windows[key]
    if window.days is not None:
        return ""
    if window.months is not None:
        return "window_by_months"
    if not follows(windows, key):
        to_date = (
            "window_fiscal" if first_month_of(windows, key) == f"{key}_first_month" else "window_to_date"
        )
        return "window_whole" if window.whole else to_date
    return "window_whole_before" if spans(windows)[key].whole else "window_same_day"


def spans(windows: Mapping[str, Window]) -> dict[str, Span]:
    """Each window's steps. ``before`` of the same kind counts from the same root, so nothing drifts."""
    found: dict[str, Span] = {}

    def resolve(key: str) -> Span:
        if key not in found:
            before = windows[key].before
            found[key] = _span(windows, key, resolve(before) if before else None)
        return found[key]

    for key in windows:
        resolve(key)
    return found


def _span(windows: Mapping[str, Window], key: str, after: Span | None) -> Span:
    """``after``: the window that this one stands before."""
    window = windows[key]
    end, until = f"{key}_end", Step(AS_OF if after is None else f"{window.before}_start")
    if window.days is not None:
        return Span(Step(end, "days", (f"{key}_days",)), until)
    if window.months is not None:
        chained = after is not None and windows[window.before or ""].months is not None
        root, before = (after.root, after.months) if after is not None and chained else (end, ())
        months = (*before, f"{key}_months")
        return Span(Step(root, "months", months), until, root, months)
    size = MONTHS[window.period or "month"]
    grid: tuple[Count, ...] = (size, first_month_of(windows, key))
    start = Step(end, "period", grid)
    if after is None or not follows(windows, key):
        last = Step(until.of, "closed", grid) if window.whole else until
        return Span(start, last, end, (), window.whole)
    months = (*after.months, size)
    whole = window.whole or after.whole
    return Span(start, until if whole else Step(after.root, "months", months), after.root, months, whole)


def days_of(
    windows: Mapping[str, Window], numbers: Mapping[str, float], as_of: date
) -> dict[str, tuple[date, date]]:
    """Each window as (day before the first, last day)."""
    steps, days = _named(windows), {AS_OF: as_of}

    def resolve(name: str) -> date:
        if name not in days:
            step = steps[name]
            counts = [c if isinstance(c, int) else _count(numbers[c]) for c in step.counts]
            days[name] = _DAY[step.back](resolve(step.of), *counts)
        return days[name]

    return {key: (resolve(f"{key}_start"), resolve(f"{key}_end")) for key in windows}


def _count(number: float) -> int:
    """A parameter as a whole number; what staff pasted past its limits must not leave the calendar."""
    return int(min(max(number, 0), MOST_DAYS))


def formulas_of(windows: Mapping[str, Window]) -> dict[str, tuple[str, str]]:
    """Each window's start and end as formulas over the names ``p_…`` and ``win_…``, without ``=``."""

    def number(count: Count) -> str:
        return str(count) if isinstance(count, int) else f"INT(p_{count})"

    def write(step: Step) -> str:
        of = f"p_{AS_OF}" if step.of == AS_OF else f"win_{step.of}"
        return _TEXT[step.back](of, *map(number, step.counts))

    return {key: (write(span.start), write(span.end)) for key, span in spans(windows).items()}


def _named(windows: Mapping[str, Window]) -> dict[str, Step]:
    found = spans(windows)
    return {f"{k}_start": s.start for k, s in found.items()} | {f"{k}_end": s.end for k, s in found.items()}


def months_back(day: date, *counts: int) -> date:
    """``day`` so many months ago; the last day of a month stays one, a day that is not there is the last."""
    eve = day + timedelta(days=1)
    if eve.day == 1:
        return _first(eve.year, eve.month - sum(counts)) - timedelta(days=1)
    first = _first(day.year, day.month - sum(counts))
    last = _first(first.year, first.month + 1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def before_period(day: date, size: int, first_month: int = 1) -> date:
    """The day before the period of ``size`` months that holds ``day``; years begin in ``first_month``."""
    return _first(day.year, day.month - (day.month - first_month) % size) - timedelta(days=1)


def _first(year: int, month: int) -> date:
    """The first of a month; month 0 is the December before, as in DATE()."""
    years, months = divmod(month - 1, 12)
    return date(year + years, months + 1, 1)


def _months_text(day: str, *counts: str) -> str:
    n = counts[0] if len(counts) == 1 else f"({'+'.join(counts)})"
    return f"IF(DAY({day}+1)=1,DATE(YEAR({day}+1),MONTH({day}+1)-{n},1)-1,EDATE({day},-{n}))"


def _period_text(day: str, size: str, first_month: str) -> str:
    return f"DATE(YEAR({day}),MONTH({day})-MOD(MONTH({day})-{first_month},{size}),1)-1"


_DAY: dict[str, Callable[..., date]] = {
    "same": lambda day: day,
    "days": lambda day, n: day - timedelta(days=n),
    "months": months_back,
    "period": before_period,
    "closed": lambda day, *grid: before_period(day + timedelta(days=1), *grid),
}
_TEXT: dict[str, Callable[..., str]] = {
    "same": lambda day: day,
    "days": lambda day, n: f"{day}-{n}",
    "months": _months_text,
    "period": _period_text,
    "closed": lambda day, *grid: _period_text(f"({day}+1)", *grid),
}
