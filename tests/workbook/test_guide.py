"""使用说明: each scheme tells of itself, by numbers of its declaration only; a guide of one's own is safe."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from sheetgen.cli import app
from sheetgen.errors import UsageError
from sheetgen.i18n import LANGS, Lang, text
from sheetgen.model import Clean
from sheetgen.pipeline import BuildRequest, build, prepare
from sheetgen.scheme.drawing import plain_number, rules
from sheetgen.scheme.library import shipped, templates_folder
from sheetgen.workbook.book import Sheet
from sheetgen.workbook.content import Content
from sheetgen.workbook.sheets.guide import guide_sheet, render
from sheetgen.workbook.sheets.guide_facts import facts_of

from ..grading.base import cleaned, sale
from ..scheme.reach import loaded
from .contents import SAMPLE

BLOCKS = ("measures", "reading", "actions", "example")


@cache
def guide(scheme: str, lang: Lang = "zh", cents: int = 300_000_00) -> Sheet:
    return told(cleaned([{"customer_id": "A"}], [sale("A", cents)]), scheme, lang)


def told(clean: Clean, scheme: str = "vip-abc", lang: Lang = "zh", **changed: float) -> Sheet:
    """The guide alone: the other sheets are not composed."""
    return guide_sheet(content_of(clean, scheme, lang, **changed))


def content_of(clean: Clean, scheme: str = "vip-abc", lang: Lang = "zh", **changed: float) -> Content:
    request = BuildRequest(
        Path("b.xlsx"), scheme=scheme, lang=lang, as_of=date(2025, 12, 31), parameters=changed
    )
    return prepare(request, loaded(scheme), clean, lambda step: None)[1]


def lines(sheet: Sheet) -> list[list[str]]:
    found: dict[int, list[str]] = {}
    for (row, _), cell in sorted(sheet.cells.items()):
        found.setdefault(row, []).append(str(cell.value or ""))
    return list(found.values())


def said(sheet: Sheet) -> str:
    return "\n".join("|".join(line) for line in lines(sheet))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scheme_id", shipped())
def test_each_scheme_has_its_own_guide_of_all_parts(scheme_id: str, lang: Lang) -> None:
    own = (templates_folder() / scheme_id / f"guide.{lang}.md.j2").read_text("utf-8")
    assert re.findall(r"{% block (\w+) %}", own) == list(BLOCKS)
    assert own.startswith('{% extends "common" %}')
    for tier in loaded(scheme_id).file.tiers:
        assert f"{{{{ tier.{tier.id} }}}}" in own, "what to do with each tier"
    rows = [line for line in own.splitlines() if line.startswith("|")]
    assert len(rows) > len(BLOCKS) and all(row.count("|") == 4 for row in rows)
    if lang == "en":
        assert not re.search(r"[\u4e00-\u9fff]", own)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("scheme_id", shipped())
def test_the_edge_table_is_that_of_the_declaration(scheme_id: str, lang: Lang) -> None:
    scheme = loaded(scheme_id)
    found = lines(guide(scheme_id, lang))
    for tier, rule in zip(scheme.file.tiers, rules(scheme, lang), strict=True):
        mine = [line for line in found if line[0] == tier.label.text(lang)]
        assert any(line[1].startswith(rule) for line in mine)
        assert any(plain_number(tier.follow_up_days) in cell for line in mine for cell in line[1:])
    whole = said(guide(scheme_id, lang))
    assert "{{" not in whole and "{%" not in whole and not re.search(r"\bnan\b", whole)


@pytest.mark.parametrize("scheme_id", shipped())
def test_no_edge_or_setting_is_typed_into_a_guide(scheme_id: str) -> None:
    """Other numbers, another guide: every edge and parameter that a guide names is the declared one."""
    scheme = loaded(scheme_id)
    for lang in LANGS:
        own = (templates_folder() / scheme_id / f"guide.{lang}.md.j2").read_text("utf-8")
        told = "".join(re.sub(r"{{.*?}}", "", line) for line in re.split(r"{% block example %}", own)[0])
        numbers = set(re.findall(r"\d[\d,.]{3,}", told))
        edges = {plain_number(t.edge) for t in scheme.file.tiers if t.edge is not None and t.edge >= 1000}
        assert not numbers & edges


def test_examples_are_worked_out_by_the_scheme_itself() -> None:
    whole = said(guide("vip-abc"))
    assert "500,000 元整是 A级，多一分钱是 VIP级；200,000 元整是 A级" in whole
    assert "再增 250,000.01 升 VIP级" in whole
    assert "客单价 2,250 元：高价值客户" in said(guide("ecommerce-aov"))
    assert "增长 100%：A级|只看金额是 B级" in said(guide("appliance-growth"))
    assert "200 天前买过|流失客户" in said(guide("ecommerce-activity"))


def test_the_two_readings_of_the_electronics_company_are_told() -> None:
    assert "本表采用：占比" in said(guide("electronics-share")) and "electronics-rank" in said(
        guide("electronics-share")
    )
    assert "This book: ranks" in said(guide("electronics-rank", "en"))
    assert "（本表生成时为 ≥ 300,000）" in said(guide("electronics-rank"))
    assert "（本表生成时无人达到）" in said(guide("electronics-rank", "zh", 0))


def test_what_staff_changed_is_what_the_guide_says() -> None:
    clean = cleaned([{"customer_id": "A"}], [sale("A", 100)])
    whole = said(told(clean, tier_vip=800_000, frequent_over=20, follow_up_a=9))
    assert "800,000 < 年消费额" in whole and "800,000 元整是 A级，多一分钱是 VIP级" in whole
    assert "年订单超过 20 次" in whole and "每 9 天跟进一次" in whole


def test_a_score_that_nobody_has_is_told_with_its_reason() -> None:
    people = [{"customer_id": f"K{i}"} for i in range(40)]
    sales = [sale(p["customer_id"], 100 * (i + 1)) for i, p in enumerate(people)]
    whole = said(told(cleaned(people, sales), "rfm"))
    assert (
        "同值同分|F 订单数：40 位客户的值都是 1，占满了不止一档；同值同分，不拆开，所以没有人得 2、3、4、5 分"
        in whole
    )
    assert "M 消费额：" not in whole
    assert "Equals stay together" not in said(guide("vip-abc", "en"))


# a guide of one's own


@cache
def all_facts() -> dict[str, Any]:
    return facts_of(content_of(cleaned([{"customer_id": "A"}], [sale("A", 100)])))


def own_scheme(folder: Path, guide_text: str, scheme: str = "vip-abc") -> str:
    mine = folder / "mine"
    assert CliRunner().invoke(app, ["schemes", "copy", scheme, str(mine)]).exit_code == 0
    (mine / "guide.zh.md.j2").write_text(guide_text, "utf-8")
    return str(mine)


def test_a_copied_scheme_edited_arrives_in_the_book(tmp_path: Path) -> None:
    """A number, a label and a line of the guide: what somebody in sales would change first."""
    mine = tmp_path / "mine"
    assert CliRunner().invoke(app, ["schemes", "copy", "vip-abc", str(mine)]).exit_code == 0
    assert {p.name for p in mine.iterdir()} == {"scheme.yml", "guide.zh.md.j2", "guide.en.md.j2"}
    for name, was, now in (
        ("scheme.yml", "at_least: 200000", "at_least: 150000"),
        ("scheme.yml", "label: {zh: A级, en: A}", "label: {zh: 金牌客户, en: Gold}"),
        ("guide.zh.md.j2", "推荐还没买过的品类", "请王姐打电话"),
    ):
        written = (mine / name).read_text("utf-8")
        assert written.count(was) == 1
        (mine / name).write_text(written.replace(was, now), "utf-8")
    out = tmp_path / "book.xlsx"
    built = build(BuildRequest(out, (str(SAMPLE),), scheme=str(mine)))
    book = load_workbook(out, data_only=True, read_only=True)
    sheets = {name: list(book[name].values) for name in ("参数设置", "客户级别", "使用说明")}
    row = next(r for r in sheets["参数设置"] if r[0] == "金牌客户")
    assert row[1] == 150_000 and "150,000.00 ≤ 年消费额 ≤ 500,000.00" in row
    tiers = [r[2] for r in sheets["客户级别"][3:] if r[2]]
    assert tiers.count("金牌客户") == built.tiers["a"] > 0 and "A级" not in tiers
    told = "\n".join(str(cell) for r in sheets["使用说明"] for cell in r if cell)
    assert "请王姐打电话" in told and "150,000 ≤ 年消费额 ≤ 500,000" in told and "金牌客户" in told


def test_a_guide_may_do_without_the_common_one() -> None:
    loop = "{% for name, rule, benefits, days in tiers %}\n| {{ name }} | {{ rule }} |\n{% endfor %}\n"
    written = render(
        "", "# 我的\n| {{ scheme }} | {{ edge.vip }} | {{ files | length }} |\n" + loop, "g", all_facts()
    )
    assert written.splitlines()[:3] == [
        "# 我的",
        "| VIP/A/B/C 年消费分级 | 500,000 | 0 |",
        "| VIP级 | 500,000 < 年消费额 |",
    ]


@pytest.mark.parametrize(
    ("written", "key", "line", "near"),
    [
        ("a\n{{ edge.vpi }}", "guide_name", 2, "edge.vip"),
        ("{{ shceme }}", "guide_name", 1, "scheme"),
        ("{{ number.frequent_ovr }}", "guide_name", 1, "number.frequent_over"),
        ("a\nb\n{% for x in tiers %}", "guide_syntax", 3, None),
        ("{{ result('scor', spend=1) }}", "guide_syntax", "?", None),
        ("{{ result('score', spend=tier) }}", "guide_syntax", "?", None),
        ("{{ 'a' * 1000000000 }}", "guide_refused", 1, None),
        ("{{ 9 ** 9 }}", "guide_refused", 1, None),
        ("{{ scheme.__class__ }}", "guide_refused", 1, None),
        ("{{ scheme['__class__'] }}", "guide_refused", 1, None),
        ("{{ scheme.format(1) }}", "guide_refused", 1, None),
        ("{{ range(9) }}", "guide_refused", 1, None),
        ("{% for a in 'xxxx' %}{% endfor %}", "guide_refused", 1, None),
        ("{% for a in files %}" * 3 + "{% endfor %}" * 3, "guide_refused", 1, None),
        ("{% set x = 1 %}", "guide_refused", 1, None),
        ("{% macro m() %}{% endmacro %}", "guide_refused", 1, None),
        ("{% include '/etc/passwd' %}", "guide_refused", 1, None),
        ("{% extends '/etc/passwd' %}", "guide_refused", 1, None),
        ("{{ scheme | center(1000000000) }}", "guide_refused", 1, None),
        ("{{ cycler }}", "guide_name", 1, None),
        ("{{ result.__globals__ }}", "guide_refused", 1, None),
        ("{{ result(*files) }}", "guide_refused", 1, None),
    ],
)  # fmt: skip
def test_what_a_guide_may_not(written: str, key: str, line: object, near: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        render("", written, "guide.zh.md.j2", all_facts())
    error = caught.value
    assert (error.key, error.code, error.exit_code) == (key, "SG706", 2)
    assert error.facts["line"] == line
    if near:
        assert error.facts["near"] == near
    for lang in LANGS:
        words = text(error.key, lang, **error.facts)
        assert "guide.zh.md.j2" in words and "{path}" not in words


def test_a_broken_guide_stops_the_build_with_its_file_and_line(tmp_path: Path) -> None:
    path = own_scheme(tmp_path, "a\n{{ edge.vpi }}")
    with pytest.raises(UsageError) as caught:
        told(cleaned([{"customer_id": "A"}], [sale("A", 100)]), path)
    assert (caught.value.facts["path"], caught.value.facts["line"]) == ("guide.zh.md.j2", 2)


def test_a_label_cannot_break_the_table(tmp_path: Path) -> None:
    mine = Path(own_scheme(tmp_path, '{% extends "common" %}'))
    written = (mine / "scheme.yml").read_text("utf-8")
    (mine / "scheme.yml").write_text(written.replace("zh: 专属客服、优先发货", 'zh: "甲|乙\\n# 丙"'), "utf-8")
    sheet = told(cleaned([{"customer_id": "A"}], [sale("A", 100)]), str(mine))
    assert "甲｜乙 # 丙；每 7 天跟进一次" in said(sheet)
