"""``sheetgen schemes``: list, show and copy."""

from __future__ import annotations

from pathlib import Path

import typer

from sheetgen.console import Answer, lang_of, run_command, run_question, say
from sheetgen.errors import UsageError
from sheetgen.i18n import text
from sheetgen.options import AsJson, Language

schemes = typer.Typer(no_args_is_help=True, help="List, show and copy schemes. 方案：列出、查看、复制")


@schemes.command("list")
def list_schemes(lang: Language = "zh", as_json: AsJson = False) -> None:
    """The schemes that ship, each with its source. 列出自带方案及出处"""

    def find() -> Answer:
        from sheetgen.report import pad
        from sheetgen.scheme.library import load_scheme, shipped

        words = lang_of(lang)
        found = [load_scheme(name).file for name in shipped()]
        rows = [{"id": s.id, "label": s.label.text(words), "source": s.source.text(words)} for s in found]
        lines = (pad(r["id"], 18) + pad(r["label"], 32) + r["source"] for r in rows)
        return {"schema": 1, "command": "schemes list", "schemes": rows}, lines

    run_question("schemes list", find, lang, as_json, False)


@schemes.command("show")
def show_scheme(name: str, lang: Language = "zh") -> None:
    """One scheme: source, edges, metrics, parameters. 查看一个方案"""

    def run() -> int:
        from sheetgen.report import scheme_lines
        from sheetgen.scheme.drawing import scheme_drawn
        from sheetgen.scheme.library import load_scheme

        scheme = load_scheme(name)
        say([*scheme_lines(scheme, lang_of(lang)), "", *scheme_drawn(scheme, lang_of(lang))])
        return 0

    run_command("schemes show", run, lang, False, False)


@schemes.command("copy")
def copy_scheme(name: str, dest: Path, lang: Language = "zh") -> None:
    """Copy a scheme to a folder of your own, to edit it. 复制一个方案以便修改"""

    def run() -> int:
        from sheetgen.scheme.library import load_scheme, save_scheme

        if dest.exists():
            raise UsageError("copy_exists", "SG601", path=dest)
        save_scheme(load_scheme(name), dest)
        print(text("copied", lang_of(lang), path=dest))
        return 0

    run_command("schemes copy", run, lang, False, False)
