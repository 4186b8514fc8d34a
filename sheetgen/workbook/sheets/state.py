"""_sheetgen: what the next run must know of this one. Very hidden; carries the scheme's own text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sheetgen.workbook.attested import BASE, DIGESTS, base_digest, digests_of
from sheetgen.workbook.book import Cell, Sheet
from sheetgen.workbook.figures import STATE_KEY
from sheetgen.workbook.kept import DATA_COLUMNS
from sheetgen.workbook.layout import PARTS, SHEETS
from sheetgen.workbook.own import data_columns
from sheetgen.workbook.sheets.base import base_sheet
from sheetgen.workbook.written import written_texts

if TYPE_CHECKING:
    from sheetgen.workbook.content import Content

CHUNK = 30_000
PREPARED = "prepared"
"""the key of a blank book's prepared rows by table; no other book has it"""


def state_sheet(
    content: Content,
    version: str,
    figures: Mapping[str, Cell],
    written: Iterable[tuple[str, str]] | None = None,
) -> Sheet:
    """Key and value, a pair a row: scheme, as-of date, run, version, inputs with hashes, settings written.

    ``figures``: those of the monitoring, live, for the next book to compare with. ``written``: the texts of
    written_texts, where they are known: of a book that was written, whose digests of them stay as they are.
    """
    settings = content.graded.settings
    pairs = {
        "schema": "1",
        "scheme": content.scheme.id,
        "lang": content.lang,
        "as_of": settings.as_of.isoformat(),
        "run_id": content.run_id,
        "series": content.series or content.run_id,
        "version": version,
        "inputs": _json(
            [[f.path.replace("\\", "/").rsplit("/", 1)[-1], f.kind, f.sha256] for f in content.clean.files]
        ),
        "settings": _json(
            {"numbers": settings.numbers, "tables": settings.tables, "changed": settings.changed}
        ),
        "tiers": _json([tier.id for tier in reversed(content.scheme.file.tiers)]),
        "rows": _json(content.layout.rows),
    }
    if content.layout.parts:
        further = (sheet for table in content.layout.parts for sheet in content.layout.sheets(table)[1:])
        pairs[PARTS] = " ".join(further)
    if content.layout.blank:
        pairs[PREPARED] = _json(content.layout.spare)
    if content.split:
        pairs["split"] = content.split
    lines = list(pairs.items())
    more = {DATA_COLUMNS: data_columns(content), **content.kept.state()}
    texts = written_texts(content) if written is None else written
    for key, text in (*more.items(), ("scheme_text", content.scheme.text), *texts):
        lines += [(key, text[i : i + CHUNK]) for i in range(0, len(text), CHUNK)]
    told = {**json.loads(digests_of(lines)), BASE: _base_digest(content)} if written is None else {}
    lines.append((DIGESTS, json.dumps(told, sort_keys=True)))
    cells = {}
    for row, (key, value) in enumerate(lines):
        cells[row, 0] = Cell(key, "plain.text")
        cells[row, 1] = Cell(value, "plain.text")
    for row, (key, cell) in enumerate(figures.items(), len(lines)):
        cells[row, 0] = Cell(STATE_KEY + key, "plain.text")
        cells[row, 1] = cell
    return Sheet("state", SHEETS["state"].text(content.lang), cells, state="very_hidden")


def _base_digest(content: Content) -> str:
    table = base_sheet(content).table
    columns = table.columns if table else ()
    values = [column.values for column in columns]
    lists = [found.tolist() if hasattr(found, "tolist") else list(found) for found in values]
    return base_digest([[column.header for column in columns], *zip(*lists, strict=True)])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
