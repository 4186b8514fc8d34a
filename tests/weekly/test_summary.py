"""The one-page summary: right figures, every word escaped, nothing from outside, the same on a terminal."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sheetgen.config import read_config
from sheetgen.i18n import LANGS, Lang
from sheetgen.summary import Summary, summary_lines, summary_of
from sheetgen.summary_page import summary_html, write_summary
from sheetgen.weekly import Week, WeeklyRequest, weekly

from ..books import write_csv

EVIL = "<script>alert(1)</script>&\"'{{ 7*7 }}"
PEOPLE = [
    ("K1", EVIL, "张三"),
    ("K2", "乙公司", "<b>李四"),
    ("K3", "丙公司", ""),
    ("K4", "丁公司", "张三"),
    ("K5", "戊公司", ""),
]
SALES = [
    ("K1", "2025-05-01", "100", "o1", "茶"),
    ("K2", "2025-05-02", "250000", "o2", "茶"),
    ("K3", "2025-05-03", "203000", "o3", "纸"),
    ("K4", "2025-06-01", "600000", "o4", "纸"),
]
LATER = [
    ("K1", "2025-06-08", "60000", "o5", "茶"),
    ("K4", "2025-06-07", "-590000", "o4", "纸"),
    ("K5", "没有日期", "12.34", "o6", "纸"),
]


@pytest.fixture(scope="module", params=LANGS)
def week(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Week:
    """The second of two weeks."""
    folder = tmp_path_factory.mktemp("summary")
    asked = WeeklyRequest(
        read_config(f"weekly:\n  sources: [d]\n  folder: out\n  lang: {request.param}\n"), folder
    )
    (folder / "d").mkdir()
    write_csv(folder / "d" / "c.csv", ["客户编号", "客户名称", "负责人"], PEOPLE)
    write_csv(
        folder / "d" / "p.csv",
        ["客户编号", "偏好品类", "偏好渠道"],
        [("K2", "咖啡", ""), ("K3", "纸", "<i>")],
    )
    heads = ["客户编号", "日期", "金额", "订单号", "品类"]
    write_csv(folder / "d" / "t.csv", heads, SALES)
    weekly(asked)
    write_csv(folder / "d" / "t.csv", heads, [*SALES, *LATER])
    return weekly(asked)


@pytest.fixture(scope="module")
def page(week: Week) -> Summary:
    return summary_of(week)


class Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("href", "src", "style") and value]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_who_rose_and_fell_and_how_the_tiers_stand(page: Summary) -> None:
    rises, falls, watched, due = page.lists
    assert [(p.id, p.name) for p in rises.rows] == [("K1", EVIL)]
    assert [p.id for p in falls.rows] == ["K4"]
    assert [(p.id, p.facts[2]) for p in watched.rows] == [("K3", "3,000.00")]
    assert [(t.now, t.last, t.change) for t in page.tiers] == [
        (0, "1", "-1"), (2, "2", ""), (1, "0", "+1"), (2, "2", ""),
    ]  # fmt: skip
    assert {p.id: p.facts[3] for p in due.rows}["K2"] == "咖啡", "staff's word wins over what was bought"


def test_figures_stand_against_the_last_book(page: Summary, week: Week) -> None:
    rows = {row.label: row for row in page.figures}
    buyers = next(iter(rows.values()))
    assert (buyers.now, buyers.last) == ("4", "4")
    money = [row for row in page.figures if row.now == "523,100.00"]
    assert [(row.last, row.change, row.tone) for row in money] == [("1,053,100.00", "-530,000.00", "bad")]
    assert week.built.graded.settings.as_of == date(2025, 6, 8)


def test_what_was_held_back_is_told_with_its_reason(page: Summary) -> None:
    assert [(reason[:5], count) for reason, count in page.held] == [("SG431", "1")]
    assert page.tiles[-1].value == "1" and page.tiles[-1].note == "12.34"


def test_every_word_is_escaped_and_nothing_comes_from_outside(page: Summary) -> None:
    html = summary_html(page)
    found = Reader()
    found.feed(html)
    assert not {"script", "b>", "i>", "img", "link", "iframe", "form"} & set(found.tags)
    assert found.tags.count("a") == 1
    assert EVIL in "".join(found.words) and "<b>李四" in "".join(found.words)
    assert "49" not in "".join(word for word in found.words if "alert" in word)
    assert not re.search(r"https?:|//|@import|url\(", html.replace("<!doctype html>", ""))
    assert not any(link.lower().startswith(("javascript", "data", "http")) for link in found.links)


def test_the_terminal_says_the_same(page: Summary) -> None:
    said = "\n".join(summary_lines(page))
    for people in page.lists:
        for person in people.rows:
            assert person.id in said and all(fact in said for fact in person.facts)
    assert all(row.now in said for row in page.figures)
    assert all(count in said for _, count in page.held)


def test_without_names_the_counts_stay(week: Week, page: Summary) -> None:
    bare = summary_html(summary_of(week, withheld=True))
    assert "alert" not in bare and "乙公司" not in bare and "K1" not in bare and "李四" not in bare
    assert [tile.value for tile in summary_of(week, withheld=True).tiles] == [t.value for t in page.tiles]


def test_the_page_is_written_whole_and_only_when_it_differs(page: Summary, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    write_summary(page, path)
    first = path.stat().st_mtime_ns
    write_summary(page, path)
    assert path.stat().st_mtime_ns == first and [p.name for p in tmp_path.iterdir()] == ["a.html"]


def test_both_languages_are_whole(week: Week, page: Summary) -> None:
    lang: Lang = week.content.lang
    html = summary_html(page)
    assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in html
    if lang == "en":
        ours = re.sub(r"[乙丙丁戊]公司|张三|李四|咖啡|茶|纸", "", "".join(re.findall(r">([^<]*)<", html)))
        assert not re.findall(r"[\u4e00-\u9fff]+", ours.replace("没有日期", ""))
