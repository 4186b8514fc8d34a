"""Dates as exports write them, to days. The order of their parts is settled by the column or not at all."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sheetgen.ingest.coded import is_coded, parts_of
from sheetgen.ingest.text import distinct, spread
from sheetgen.ingest.words import BLANK, MONTHS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
MANY_CELLS: Final = 8
FEW_YEARS: Final = 4
"""24/01/05, 24/02/17 and so on: days of one or two years as year first, of one in every century otherwise"""
_TIME: Final = (
    r"(?:[T ,]*(?:星期.|周.|\(.\))?[T ,]*(?:上午|下午|中午|晚上|凌晨|am|pm)?\s*"
    r"(?P<hour>\d{1,2})(?:[:时点](?P<minute>\d{1,2})(?:[:分]?(?P<second>\d{1,2})秒?)?(?:[.,]\d+)?分?)"
    r"\s*(?:am|pm)?\s*(?P<zone>z|utc|gmt|(?:utc|gmt)?[+-]\d{1,2}:?(?:\d{2})?)?)?"
    r"[ ,]*(?:星期.|周.)?[ ,]*(?:上午|下午|中午|晚上|凌晨)?"
)
_YEAR_FIRST: Final = re.compile(
    rf"(\d{{4}})\s*[-/.年 ]\s*(\d{{1,2}})\s*[-/.月 ]\s*(\d{{1,2}})\s*[日号]?{_TIME}", re.I
)
_SHORT: Final = re.compile(rf"(\d{{1,2}})([-/.年])(\d{{1,2}})[-/.月](\d{{1,2}}|\d{{4}})日?{_TIME}", re.I)
_COMPACT: Final = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}})(?:\d{{4}}|\d{{6}}|{_TIME})", re.I)
_NAMED: Final = re.compile(
    r"(?:(?P<d1>\d{1,2})[- /]?(?P<m1>[a-z]{3,9})|(?P<m2>[a-z]{3,9})[- ]?(?P<d2>\d{1,2}))"
    rf"[-, /]+(?P<y>\d{{4}}){_TIME}",
    re.I,
)
_SERIAL: Final = re.compile(r"(\d{5})(?:\.\d+)?")
_EPOCH: Final = re.compile(r"(\d{10})(?:\d{3})?")
_SHANGHAI: Final = timedelta(hours=8)
_NOTHING: Final = -(2**63)
_STAMP: Final = (
    r"^([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2})"
    r"[ T](?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?$"
)
"""a day with a time and no zone: the time says nothing about the day"""
PROBLEMS: Final = ("", "blank", "SG431", "SG432")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one cell may mean: by order of its parts ('' where there is no doubt)."""

    days: tuple[tuple[str, date], ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Dates:
    """Days (datetime64[ns]), NaT where ``problem`` says: 'blank', SG431 impossible, SG432 ambiguous."""

    days: npt.NDArray[np.datetime64]
    flaw: npt.NDArray[np.int8]
    """the place of each cell's problem in PROBLEMS"""

    @property
    def problem(self) -> npt.NDArray[Any]:
        """The problem of each cell in words: '' or 'blank' or a code."""
        import numpy as np

        return np.array(PROBLEMS, dtype=object)[self.flaw]


def read_date(text: str) -> Reading:
    """Every day that ``text`` can mean."""
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("'`=\"").rstrip('"').strip().casefold()
    if plain in BLANK:
        return Reading(problem="blank")
    if found := _YEAR_FIRST.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return _certain(int(found[1]), int(found[2]), int(found[3]), found)
    if found := _SHORT.fullmatch(plain):
        return _orders(found)
    if found := _NAMED.fullmatch(plain):
        month = MONTHS.get((found["m1"] or found["m2"])[:3], 0)
        return _certain(int(found["y"]), month, int(found["d1"] or found["d2"]), found)
    return _counted(plain)


def _counted(plain: str) -> Reading:
    # days as Excel counts them, or seconds and milliseconds since 1970
    found = _SERIAL.fullmatch(plain)
    if found and 20_000 <= int(found[1]) <= 73_050:
        return Reading((("", date(1899, 12, 30) + timedelta(days=int(found[1]))),))
    found = _EPOCH.fullmatch(plain)
    if found and int(found[1]) >= 100_000_000:
        return Reading((("", (datetime(1970, 1, 1) + timedelta(seconds=int(found[1])) + _SHANGHAI).date()),))
    return Reading(problem="SG431")


def _certain(year: int, month: int, day: int, found: re.Match[str]) -> Reading:
    when = _day(year, month, day, found)
    return Reading((("", when),)) if when else Reading(problem="SG431")


def _orders(found: re.Match[str]) -> Reading:
    a, mark, b, c = int(found[1]), found[2], int(found[3]), int(found[4])
    tried: dict[str, tuple[int, int, int]] = {}
    if len(found[4]) == 4:
        tried = {"dmy": (c, b, a), "mdy": (c, a, b)}
    else:
        # a year of two digits is written with both of them
        if len(found[1]) == 2:
            tried["ymd"] = (_century(a), b, c)
        if len(found[4]) == 2 and mark != "年":
            tried |= {"dmy": (_century(c), b, a), "mdy": (_century(c), a, b)}
    days = tuple((order, when) for order, parts in tried.items() if (when := _day(*parts, found)))
    if tuple(tried) == ("ymd",) and days:
        return Reading((("", days[0][1]),))
    return Reading(days) if days else Reading(problem="SG431")


def _century(year: int) -> int:
    return year + (2000 if year < 70 else 1900)


def _day(year: int, month: int, day: int, found: re.Match[str]) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    parts = found.groupdict()
    hour, zone = int(parts.get("hour") or 0), parts.get("zone")
    try:
        when = datetime(year, month, day)
        if hour > 24 or int(parts.get("minute") or 0) > 59:
            return None
        if zone:
            when += timedelta(hours=hour, minutes=int(parts.get("minute") or 0)) - _offset(zone) + _SHANGHAI
    except (ValueError, OverflowError):
        return None
    return when.date()


def _offset(zone: str) -> timedelta:
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?$", zone)
    if not found:
        return timedelta()
    length = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return -length if found[1] == "-" else length


def parse_dates(column: pd.Series[str]) -> Dates:
    """The days of a column. An order of day and month counts when every cell that has an order allows it."""
    import numpy as np

    if is_coded(column):
        codes, few = parts_of(column)
        of_few = parse_dates(few)
        return Dates(of_few.days.take(codes), of_few.flaw.take(codes))
    codes, cells = distinct(_without_times(column))
    readings = [read_date(cell) for cell in cells]
    allowed = _allowed(readings)
    days: list[int] = []
    problems: list[str] = []
    for reading in readings:
        meant = {when for order, when in reading.days if not order or order in allowed} or {
            when for _, when in reading.days
        }
        if len(meant) == 1:
            days.append((meant.pop() - date(1970, 1, 1)).days)
            problems.append("")
        else:
            days.append(_NOTHING)
            problems.append(reading.problem or "SG432")
    values = spread(codes, days, np.int64).astype("datetime64[D]").astype("datetime64[ns]")
    return Dates(values, spread(codes, [PROBLEMS.index(p) for p in problems], np.int8))


def _without_times(column: pd.Series[str]) -> pd.Series[str]:
    """``column`` with ISO stamps cut to their days: a million times are a few hundred days."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pa.array(column, type=pa.large_string(), from_pandas=True)
    longest = pc.max(pc.utf8_length(cells)).as_py()
    if longest is None or longest < len("2024-1-5 1:00"):
        return column
    return pd.Series(pd.array(pc.replace_substring_regex(cells, _STAMP, r"\1"), dtype="str"))


def _allowed(readings: list[Reading]) -> set[str]:
    """The orders that all cells allow; of those, the one that makes a calendar of them, if only one does."""
    orders = {"ymd", "dmy", "mdy"}
    open_ = []
    for reading in readings:
        possible = {order for order, _ in reading.days}
        if possible and "" not in possible:
            orders &= possible
            open_.append(reading)
    if len(orders) < 2 or len(open_) < MANY_CELLS:
        return orders
    years = {o: len({when.year for r in open_ for order, when in r.days if order == o}) for o in orders}
    best = min(years, key=lambda order: years[order])
    rest = [n for order, n in years.items() if order != best]
    return {best} if years[best] <= FEW_YEARS and min(rest) >= 2 * FEW_YEARS else orders
