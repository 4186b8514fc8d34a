"""docs/platforms.md, written from platforms.yml: what is recognised, and which column becomes which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sheetgen.ingest.platforms import STATES, Export, Platform, platforms
from sheetgen.scheme.tables import data_tables

HEAD = """# Exports that are recognised / 可识别的平台导出

Written from `sheetgen/ingest/platforms.yml` by `python -m sheetgen.ingest.platform_page`; do not edit.
本页由上述命令生成，请勿手改。

Headers are compared without regard to width, case, blanks and units such as （元）. The first header of a
list that the file has is taken; `→` names columns that fill it where it is blank. Every other column is kept
as it is. `--map "field=header"`, or `reading.map` in `sheetgen.yml`, wins over all of this.
表头比较时不计全半角、大小写、空格和（元）等单位；列出几个表头的，用文件里有的、靠前的那个；`→` 后面的列在前者
空白时补上。其他列原样保留。`--map "字段=表头"` 或配置文件的 `reading.map` 优先于本页。
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for platform in platforms().values() for line in _platform(platform))])


def _platform(platform: Platform) -> Iterator[str]:
    names = dict.fromkeys((platform.label.zh, platform.label.en))
    yield f"## {' · '.join(names)}\n"
    for export in platform.exports:
        yield from _export(export)
    if platform.states:
        yield from _states(platform.states)


def _export(export: Export) -> Iterator[str]:
    table = data_tables()[export.kind]
    what = f"{table.label.zh} / {table.label.en}" + ("（退款 / refunds）" if export.refunds else "")
    yield f"**{what}**: told by {export.at_least} or more of {_listed(export.told_by)}\n"
    yield "| field | 字段 | header / 表头 |"
    yield "|---|---|---|"
    for field, headers in export.fields.items():
        more = f" → {_listed(export.then[field])}" if field in export.then else ""
        yield f"| {field} | {table.fields[field].label.zh} | {_listed(headers)}{more} |"
    yield ""
    for note in _habits(export):
        yield f"- {note}"
    yield ""


def _habits(export: Export) -> Iterator[str]:
    if export.amount_of == "order":
        yield "an order's amount counts once, however many lines it has 同一订单的金额只计一次"
    if export.refunds:
        yield "amounts count as negative 金额按负数计入"
    for field, mark in export.first_of.items():
        yield f"{field}: of several values divided by `{mark}` the first counts 多个值取第一个"
    for field, headers in export.further.items():
        yield f"{field}: {_listed(headers)} are added to it 与该列相加"
    for header, says in export.amount_says.items():
        words = ", ".join(f"{setting} {said}" for setting, said in says.items())
        yield f"{header} (amount_says 金额所含): {words}"
    for field, prefix in export.strip.items():
        yield f"{field}: the prefix `{prefix}` is dropped 去掉前缀"
    if export.dates:
        yield "dates are month/day/year 日期为 月/日/年"
    if export.epochs:
        yield f"milliseconds since 1970 become times 毫秒时间戳换算成时间: {_listed(export.epochs)}"


def _states(states: Mapping[str, str]) -> Iterator[str]:
    yield "| state | 订单状态 |"
    yield "|---|---|"
    for state in STATES:
        said = [word for word, meaning in states.items() if meaning == state]
        if said:
            yield f"| {state} | {', '.join(said)} |"
    yield ""


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)


if __name__ == "__main__":
    from pathlib import Path

    (Path(__file__).parents[2] / "docs" / "platforms.md").write_text(page(), "utf-8")
