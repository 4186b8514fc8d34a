"""The sheets that staff write in by customer, pair and name: 客户级别, 客户偏好, 参数设置, 疑似重复."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from sheetgen.grading.coding import EPOCH
from sheetgen.i18n import messages
from sheetgen.workbook.celltext import clean_text
from sheetgen.workbook.copies.leaf import OWN, Leaf, plain, texts
from sheetgen.workbook.layout import Layout
from sheetgen.workbook.regrade.blocks import Block, block_of, graded_headers, headers_of
from sheetgen.workbook.regrade.grids import number_of, text_of
from sheetgen.workbook.review import HEADERS
from sheetgen.workbook.rules_left import as_written
from sheetgen.workbook.sheets.base import WRITTEN, staff_fields

if TYPE_CHECKING:
    from sheetgen.workbook.regrade.source import Source

DAYS: Final = ("override_until",)


def base_rows(source: Source) -> dict[str, dict[str, str]]:
    """Customer -> column -> what the hidden ``_base`` says was written."""
    if not source.names.get("base"):
        return {}
    grid = source.grid("base")
    heads = {c: text_of(grid.at(0, c)) for c in range(grid.columns)}
    at = next((c for c, words in heads.items() if words == "customer_id"), 0)
    wanted = {f"tiers.{k}" for k in WRITTEN} | {f"{t}.{k}" for t, k in staff_fields()}
    mine = {c: words for c, words in heads.items() if words in wanted}
    return {
        text_of(grid.at(row, at)): {words: text_of(grid.at(row, c)) for c, words in mine.items()}
        for row in range(1, grid.height)
    }


def _further(block: Block, known: Mapping[str, str]) -> dict[str, int]:
    """The columns that are none of ours, by header."""
    found, taken, ours = dict[str, int](), set(block.columns.values()), set(known.values())
    for col in range(block.grid.columns):
        words = text_of(block.grid.at(block.header, col)).strip()
        if words and col not in taken and words not in ours:
            found.setdefault(OWN + words, col)
    return found


def tiers_leaf(
    source: Source, block: Block, numbers: Mapping[str, float], base: Mapping[str, Mapping[str, str]]
) -> Leaf:
    """Staff's columns of 客户级别, by the customer whose number a row has."""
    scheme, lang, grid = source.scheme, source.lang, block.grid
    inputs = [i for i in scheme.inputs if not i.hidden and i.id in block.columns]
    of = {number: customer for customer, number in numbers.items() if number}
    found: dict[str, int] = {}
    for row in sorted(r for r in grid.cells if r >= block.first):
        customer = of.get(number_of(grid.at(row, block.columns["key"])) or 0.0)
        if customer:
            found.setdefault(customer, row)
    plan = Layout(scheme, lang, json.loads(source.state["rows"]), {"customers": 0}, {})
    cols = {i.id: block.columns[i.id] for i in inputs}
    cols |= _further(block, graded_headers(plan, "tiers", scheme))
    return _leaf(source, "tiers", found, cols, base, {i.id: i.label.text(lang) for i in inputs}, DAYS)


def numbered(block: Block) -> dict[float, int]:
    """Number of a customer -> row of 客户级别."""
    grid, found = block.grid, dict[float, int]()
    for row in sorted(r for r in grid.cells if r >= block.first):
        number = number_of(grid.at(row, block.columns["key"]))
        if number is not None:
            found.setdefault(number, row)
    return found


def _leaf(
    source: Source, sheet_id: str, lines: Mapping[str, int], cols: Mapping[str, int],
    base: Mapping[str, Mapping[str, str]], heads: Mapping[str, str], days: tuple[str, ...] = (),
) -> Leaf:  # fmt: skip
    """A sheet's cells by customer; what was written is known of the columns in ``_base`` alone."""
    import numpy as np

    grid, keys, rows = source.grid(sheet_id), list(lines), list(lines.values())
    nothing: dict[str, str] = {}
    was = [[base.get(key, nothing).get(f"{sheet_id}.{col}", "") for col in cols] for key in keys]
    based = {c.partition(".")[2] for row in base.values() for c in row if c.startswith(f"{sheet_id}.")}
    return Leaf(
        sheet_id, grid, tuple(keys), tuple(rows), dict(cols), texts(grid, rows, list(cols.values())),
        np.asarray(was, dtype=object).reshape(len(keys), len(cols)), heads, frozenset(days),
        frozenset(based) | {c for c in cols if c.startswith(OWN)},
    )  # fmt: skip


def preferences_leaf(source: Source, block: Block, base: Mapping[str, Mapping[str, str]]) -> Leaf:
    """客户偏好 by id; its derived columns too, which people may write over."""
    grid, lang = block.grid, source.lang
    found: dict[str, int] = {}
    for row in sorted(r for r in grid.cells if r >= block.first):
        customer = text_of(grid.at(row, block.columns["customer_id"]))
        if customer:
            found.setdefault(customer, row)
    cols = {key: col for key, col in block.columns.items() if key != "customer_id"}
    heads = headers_of("preferences", source.scheme, lang)
    cols |= _further(block, heads)
    return _leaf(source, "preferences", found, cols, base, heads)


def parameters_leaf(source: Source) -> Leaf:
    """The numbers of 参数设置 by their names, and the benefits of each tier."""
    import numpy as np

    grid, state, scheme = source.grid("parameters"), source.state, source.scheme
    written = as_written(json.loads(state["settings"]), scheme)
    written["as_of"] = float((date.fromisoformat(state["as_of"]) - EPOCH).days)
    keys, spots, was, heads = [], [], [], {}
    for name, (sheet, row, col, last) in sorted(source.named().items()):
        if sheet != grid.name:
            continue
        if name.startswith("p_"):
            number = written.get(name.removeprefix("p_"))
            keys.append(name)
            spots.append((row, col))
            was.append("" if number is None else _number(number))
            heads[name] = text_of(grid.at(row, 0))
        if name == "tier_benefits":
            for tier, at in zip(scheme.file.tiers, range(row, last + 1), strict=False):
                keys.append(f"benefits_{tier.id}")
                spots.append((at, col))
                was.append(clean_text(tier.benefits.text(source.lang)))
    now = [plain(grid.at(*spot)) for spot in spots]
    shape = (len(keys), 1)
    return Leaf(
        "parameters", grid, tuple(keys), tuple(r for r, _ in spots), {"value": tuple(c for _, c in spots)},
        np.asarray(now, dtype=object).reshape(shape), np.asarray(was, dtype=object).reshape(shape),
        {"value": messages()["value"].text(source.lang)}, frozenset(), frozenset(("value",)),
    )  # fmt: skip


def _number(number: float) -> str:
    return f"{number:.0f}" if number == int(number) else f"{number:.15g}"


def reviews_leaf(source: Source) -> Leaf:
    """Staff's answers on 疑似重复, by the pair."""
    words = {key: messages()[word].text(source.lang) for key, word in HEADERS.items()}
    wanted = {"keep": words["keep"], **words}
    block = block_of(source.grid("merges"), "merges", wanted)
    grid, found = block.grid, dict[str, int]()
    for row in sorted(r for r in grid.cells if r >= block.first):
        pair = [text_of(grid.at(row, block.columns[k])) for k in ("other", "keep")]
        if any(pair):
            found.setdefault(" → ".join(pair), row)
    cols = {"answer": block.columns["answer"]} | _further(block, words)
    return _leaf(source, "merges", found, cols, {}, {"answer": words["answer"]})
