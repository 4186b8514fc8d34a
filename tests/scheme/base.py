"""A small scheme to bend: every part of the schema once."""

from __future__ import annotations

from sheetgen.errors import UsageError
from sheetgen.i18n import text
from sheetgen.scheme.compile import Scheme
from sheetgen.scheme.library import read_scheme

SMALL = """\
id: small
label: {zh: 小方案, en: Small}
source: {zh: 测试, en: Test}
summary: {zh: 测试, en: Test}
windows:
  year: {label: {zh: 近一年, en: Last year}, days: 365}
  before: {label: {zh: 上一年, en: Year before}, days: 365, before: year}
parameters:
  often: {label: {zh: 常来, en: Often}, value: 3, format: integer, low: 0}
metrics:
  spend: {label: {zh: 消费, en: Spend}, from: transactions, agg: sum, of: amount, window: year, empty: 0, format: money}
  orders: {label: {zh: 订单, en: Orders}, from: transactions, agg: count_distinct, of: order_id, where: amount > 0, empty: 0, format: integer}
  recency: {label: {zh: 天数, en: Days}, from: transactions, agg: days_since, of: date, empty: unknown, format: integer}
columns:
  average: {label: {zh: 均价, en: Average}, value: "round(spend / orders, 2) if orders > 0 else 0", format: money}
criteria:
  spend: {weight: 60, low: 0, high: 1000}
  recency: {weight: 40, cuts: [30, 90, 180], less_is_better: true}
bonus: "5 if orders > often else 0"
tags:
  busy: {label: {zh: 常客, en: Regular}, when: orders > often}
tier_by: spend
revenue: spend
tiers:
  - {id: gold, label: {zh: 金, en: Gold}, over: 1000, benefits: {zh: 无, en: None}, follow_up_days: 7, points_rate: 2}
  - {id: silver, label: {zh: 银, en: Silver}, at_least: 500, benefits: {zh: 无, en: None}, follow_up_days: 14}
  - {id: plain, label: {zh: 普, en: Plain}, benefits: {zh: 无, en: None}, follow_up_days: 30}
"""  # noqa: E501


def bent(*changes: tuple[str, str]) -> str:
    """SMALL with each first text replaced by the second; the first must stand there exactly once."""
    made = SMALL
    for was, now in changes:
        assert made.count(was) == 1, was
        made = made.replace(was, now)
    return made


def small(*changes: tuple[str, str]) -> Scheme:
    """The scheme of ``bent``."""
    return read_scheme(bent(*changes), "small.yml")


def line_of(written: str, words: str) -> int:
    """The line (from 1) of ``written`` that holds ``words``."""
    return next(i for i, line in enumerate(written.splitlines(), 1) if words in line)


def told(error: UsageError) -> tuple[str, str]:
    """The message in Chinese and English; each place in it is filled."""
    zh, en = (text(error.key, lang, **error.facts) for lang in ("zh", "en"))
    names = {
        f"{{{name}}}"
        for name in ("path", "line", "name", "problem", "near", "column", "known", "table", "metric")
    }
    assert not any(place in zh + en for place in names)
    return zh, en
