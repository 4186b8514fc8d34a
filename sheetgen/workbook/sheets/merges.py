"""疑似重复: pairs of ids that may be one customer, for staff to accept or refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.workbook.book import Column, Sheet, Table, Validation
from sheetgen.workbook.layout import FIRST, HEADER_ROW, SHEETS
from sheetgen.workbook.review import HEADERS
from sheetgen.workbook.sheets.parts import HEIGHTS, PAGE, banner

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content
    from sheetgen.workbook.review import Review

WIDTHS = {"keep_name": 26.0, "other_name": 26.0, "reason": 22.0, "evidence": 30.0, "answer": 12.0}


def merges_sheet(content: Content, reviews: tuple[Review, ...]) -> Sheet:
    """The sheet: a pair a row, and the column for the answer."""
    columns = []
    for key, word in HEADERS.items():
        texts: list[str | None] = [getattr(review, key) or None for review in reviews]
        if key == "reason":
            texts = [content.say(f"merge_is_{v}") if v else None for v in texts]
        if key == "answer":
            texts = [content.say(f"flag_{v}") if v else None for v in texts]
        style = "input.flag" if key == "answer" else "body.id" if key in ("keep", "other") else "body.text"
        header = "header_input" if key == "answer" else "header"
        width = WIDTHS.get(key, 16.0)
        columns.append(Column(key, content.say(word), "text", texts, style, None, width, header_style=header))
    title, last = SHEETS["merges"].text(content.lang), len(HEADERS) - 1
    return Sheet(
        "merges",
        title,
        banner(content, "merges", title),
        Table(HEADER_ROW, tuple(columns)),
        freeze=(FIRST - 1, 1),
        heights=HEIGHTS,
        validations=(
            Validation(
                (FIRST - 1, last, FIRST - 2 + len(reviews), last),
                "list",
                "list_flags",
                title=content.say("merge_answer"),
                prompt=content.say("prompt_merge"),
                error=content.say("error_flag"),
            ),
        ),
        page=PAGE,
        tab_color="#D55E00",
    )
