"""How cells look. A role is ``surface.format`` (``input.date``) or a single word (``header``).

A role may end in ``#background/#font`` for colours that data decide: ``body.center#0B3C5D/#FFFFFF``.
"""

from __future__ import annotations

import unicodedata
from functools import cache

Look = dict[str, object]

FONT = "Microsoft YaHei"
SIZE = 10
INK = "#1A1A1A"
DEEP = "#1F3A5F"
PALE = "#EEF3F8"
LINE = "#D5DAE1"
BASE: Look = {"font_name": FONT, "font_size": SIZE, "font_color": INK, "valign": "vcenter"}
GRID: Look = {"border": 1, "border_color": LINE}

TIER_COLORS: tuple[tuple[str, str], ...] = (
    ("#0B3C5D", "#FFFFFF"),
    ("#F2B134", INK),
    ("#C9CED6", INK),
    ("#A65628", "#FFFFFF"),
    ("#F7F7F7", "#404040"),
    ("#5AA5E0", INK),
    ("#6A1B9A", "#FFFFFF"),
    ("#1E1410", "#FFFFFF"),
)
"""background and font of each tier from the highest on; told apart with every kind of colour blindness"""


def tier_colors(n: int) -> tuple[tuple[str, str], ...]:
    """Background and font of ``n`` tiers, highest first; the lowest, with most customers in it, is pale."""
    pale = TIER_COLORS[4]
    others = tuple(pair for pair in TIER_COLORS if pair != pale)
    return (*(others[i % len(others)] for i in range(n - 1)), pale)


def tier_style(i: int, n: int) -> str:
    """The role of the ``i``-th tier's own cell (0: highest) among ``n``."""
    background, font = tier_colors(n)[i]
    return f"body.center{background}/{font}"


SURFACES: dict[str, Look] = {
    "body": {**GRID, "bg_color": "#FFFFFF"},
    "input": {**GRID, "bg_color": "#FFF8DC", "locked": False},
    "calc": {**GRID, "bg_color": "#F5F7F9"},
    "key": {**GRID, "bg_color": "#FFFFFF", "font_size": 8, "font_color": "#666666"},
    "total": {**GRID, "bg_color": "#E3E9F0", "bold": True, "top": 2, "top_color": DEEP},
    "tile": {"bg_color": PALE, "bold": True, "font_size": 20, "font_color": DEEP, "align": "center"},
    "plain": {},
    "entry": {**GRID, "bg_color": "#FFFFFF", "font_color": "#666666", "font_size": 8, "locked": False},
    "good": {**GRID, "bg_color": "#DCEBFA", "font_color": "#0B3C5D", "bold": True},
    "warn": {**GRID, "bg_color": "#FFE8A3", "font_color": "#5C4300", "bold": True},
    "bad": {**GRID, "bg_color": "#F6CFC9", "font_color": "#8C1D13", "bold": True},
}

FORMATS: dict[str, Look] = {
    "text": {"indent": 1},
    "wrap": {"text_wrap": True, "indent": 1},
    "center": {"align": "center"},
    "id": {"num_format": "@", "indent": 1},
    "money": {"num_format": "#,##0.00"},
    "money0": {"num_format": "#,##0"},
    "integer": {"num_format": "#,##0"},
    "decimal": {"num_format": "0.00"},
    "points": {"num_format": "0.0"},
    "percent": {"num_format": "0.0%"},
    "date": {"num_format": "yyyy-mm-dd", "align": "center"},
    "month": {"num_format": "yyyy-mm", "align": "center"},
    "change": {"num_format": "+#,##0.00;-#,##0.00;0.00"},
    "change_whole": {"num_format": "+#,##0;-#,##0;0"},
    "change_points": {"num_format": '+0.0"pp";-0.0"pp";0.0"pp"'},
    "rise": {"num_format": "+0.0%;-0.0%;0.0%"},
    "step": {"num_format": '+0;-0;""', "align": "center"},
    "cut": {"num_format": '[<-1E+50]"—";[>1E+50]"—";#,##0.00'},
    "edge": {"num_format": '[>1E+50]"—";#,##0.00'},
    "day": {"num_format": '[<36892]"";yyyy-mm-dd', "align": "center"},
    "month_or_none": {"num_format": '[<36892]"";yyyy-mm', "align": "center"},
    "link": {"font_color": "#0B57A4", "underline": 1},
    "flag": {"align": "center"},
    "key": {"align": "center"},
    "label": {"bold": True},
}

_HEADER: Look = {**GRID, "bold": True, "align": "center", "text_wrap": True}
_NOTE: Look = {**GRID, "font_size": 9, "text_wrap": True, "valign": "top", "indent": 1}
WORDS: dict[str, Look] = {
    "header": {**_HEADER, "bg_color": DEEP, "font_color": "#FFFFFF"},
    "header_input": {**_HEADER, "bg_color": "#F2CF63", "font_color": "#3A2E00"},
    "header_needed": {
        **_HEADER,
        "bg_color": "#F2CF63",
        "font_color": "#B00020",
        "num_format": '@" *"',
    },
    "header_calc": {**_HEADER, "bg_color": "#4A5F7A", "font_color": "#FFFFFF"},
    "title": {"bold": True, "font_size": 18, "font_color": DEEP},
    "subtitle": {"font_size": 11, "font_color": "#4A4A4A"},
    "note": {**_NOTE, "bg_color": "#EEF1F4", "font_color": "#666666"},
    "note_input": {**_NOTE, "bg_color": "#FFFBEA", "font_color": "#5C4300"},
    "note_needed": {**_NOTE, "bg_color": "#FFFBEA", "font_color": "#B00020"},
    "example": {**_NOTE, "italic": True, "valign": "vcenter", "font_color": "#686868", "bg_color": "#F3F3F3"},
    "hint": {"font_size": 9, "font_color": "#595959"},
    "section": {"bold": True, "font_size": 12, "font_color": DEEP, "bottom": 2, "bottom_color": DEEP},
    "tile_label": {"bg_color": PALE, "font_color": "#4A5568", "align": "center"},
    "alert": {**GRID, "bold": True, "bg_color": "#F6CFC9", "font_color": "#8C1D13", "text_wrap": True},
    **{
        f"tier_{n}": {**GRID, "bold": True, "align": "center", "bg_color": bg, "font_color": font}
        for n, (bg, font) in enumerate(TIER_COLORS, 1)
    },
}


@cache
def _look(role: str) -> tuple[tuple[str, object], ...]:
    name, mark, colors = role.partition("#")
    if name in WORDS:
        look = {**BASE, **WORDS[name]}
    else:
        surface, _, kind = name.partition(".")
        look = {**BASE, **SURFACES[surface], **FORMATS[kind or "text"]}
    if mark:
        bg, _, font = (mark + colors).partition("/")
        look |= {"bg_color": bg, "font_color": font or INK}
    return tuple(look.items())


def format_of(role: str) -> Look:
    """The format properties of ``role``, named as XlsxWriter names them. Raises KeyError."""
    return dict(_look(role))


def highlight_of(role: str) -> Look:
    """What a conditional format may change of ``role``: colours and weight. Raises KeyError."""
    look = format_of(role)
    return {name: look[name] for name in ("bg_color", "font_color", "bold") if name in look}


def font_on(background: str) -> str:
    """The ink to read best on ``background`` (``#RRGGBB``): dark or white."""
    red, green, blue = (int(background[i : i + 2], 16) / 255 for i in (1, 3, 5))
    light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return INK if light > 0.19 else "#FFFFFF"


@cache
def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def text_width(text: str) -> int:
    """The width of ``text`` in Latin characters: Chinese counts double; of several lines the widest."""
    return max((sum(map(_char_width, line)) for line in text.split("\n")), default=0)
