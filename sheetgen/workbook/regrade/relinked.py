"""Links of ours to sheets that staff gave another name: they lead there again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetgen.model import Issue
from sheetgen.workbook.layout import title_of
from sheetgen.workbook.patch.edits import Edits
from sheetgen.workbook.patch.links import linked_sheets

if TYPE_CHECKING:
    from sheetgen.workbook.patch.proved import Look
    from sheetgen.workbook.regrade.source import Source


def with_links(source: Source, look: Look) -> tuple[Source, tuple[Issue, ...]]:
    """The book with the links of our sheets mended, proved to be the same else, and a note for each sheet
    that had such links (SG571).

    Raises ReconcileError (SG533).
    """
    package, lang = source.package, source.lang
    names = {title_of(sheet_id).text(lang): name for sheet_id, name in source.renamed.items()}
    names = {old: new for old, new in names.items() if old not in {sheet.name for sheet in package.sheets}}
    links, issues = dict[str, dict[str, str]](), list[Issue]()
    for name in filter(None, source.names.values()) if names else ():
        dead = linked_sheets(package.read(package.worksheets[name])) & names.keys()
        if dead:
            links[name] = {old: names[old] for old in dead}
            facts = (("sheet", name),)
            issues.append(Issue("SG571", "note", f"#{name}", value=", ".join(sorted(dead)), facts=facts))
    return source.patched(Edits(links=links), look), tuple(issues)
