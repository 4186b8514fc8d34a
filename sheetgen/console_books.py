"""``sheetgen regrade``, ``template``, ``explain`` and ``diff``: the commands on books."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sheetgen.console import (
    HELD_BACK,
    Answer,
    day_of,
    kinds_of,
    lang_of,
    password_of,
    read_rules,
    run_command,
    run_question,
    say,
)
from sheetgen.options import (
    AsJson,
    ConfigFile,
    Copies,
    DryRun,
    KindFiles,
    Language,
    MapPairs,
    OpensWith,
    Out,
    Quiet,
    Verbose,
)


def regrade(
    book: Path,
    copies: Copies = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write here; else the book is replaced and kept beside")
    ] = None,
    as_of: Annotated[str, typer.Option(help="Another as-of day than the one on the book")] = "",
    data: Annotated[
        list[str] | None, typer.Option(help="Raw data to bring in: folder, file, database URL with #table")
    ] = None,
    customers: KindFiles = None,
    transactions: KindFiles = None,
    service_log: KindFiles = None,
    preferences: KindFiles = None,
    usage: KindFiles = None,
    holdings: KindFiles = None,
    survey: KindFiles = None,
    payments: KindFiles = None,
    stays: KindFiles = None,
    points: KindFiles = None,
    map_: MapPairs = None,
    config: ConfigFile = None,
    password_file: OpensWith = None,
    lang: Language = "zh",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make a fresh book of what it holds, where it is past patching")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Re-grade a book that staff edited, or make one of a folder of a split; nothing of theirs is lost.
    对人工编辑过的表格（或一个文件夹的分表）重新定级"""

    def run() -> int:
        from sheetgen.regrade import RegradeRequest
        from sheetgen.regrade import regrade as run_regrade
        from sheetgen.report import issue_lines
        from sheetgen.report_regrade import regrade_json, regrade_lines

        password, words = password_of(password_file), lang_of(lang)
        request = RegradeRequest(
            book, out, day_of(as_of), password, dry_run, rebuild, copies=tuple(copies or ())
        )  # fmt: skip
        kinds = kinds_of(
            customers=customers, transactions=transactions, service=service_log,
            preferences=preferences, usage=usage, holdings=holdings, survey=survey,
            payments=payments, stays=stays, points=points,
        )  # fmt: skip
        if data or kinds:
            rules = read_rules(config, map_, password_file)
            request = replace(request, data=tuple(data or ()), kinds=kinds, rules=rules)
        found = run_regrade(request)
        if as_json:
            say(regrade_json(found, words))
        elif not quiet:
            for line in issue_lines(found.issues, words, verbose):
                print(line, file=sys.stderr)
            say(regrade_lines(found, words))
        return HELD_BACK if found.held_back else 0

    run_command("regrade", run, lang, as_json, verbose)


def template(
    scheme: Annotated[str, typer.Argument(help="Scheme id or path of a scheme.yml")],
    out: Out = ...,  # type: ignore[assignment]
    rows: Annotated[int, typer.Option(help="Customers to have room for, up to 20,000")] = 500,
    lang: Language = "zh",
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """A blank book that grades by itself, to be filled in by hand. 空白表：填好即自动定级"""

    def run() -> int:
        from sheetgen.blank import TemplateRequest, template_json, template_lines
        from sheetgen.blank import template as make

        made = make(TemplateRequest(scheme, out, rows, lang_of(lang)))
        if as_json or not quiet:
            say(template_json(made) if as_json else template_lines(made))
        return 0

    run_command("template", run, lang, as_json, verbose)


def explain(
    book: Path,
    customer: Annotated[str, typer.Argument(help="The customer's id, or the whole name")],
    password_file: OpensWith = None,
    lang: Language = "zh",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Why a customer of a book has the tier. 某位客户为什么是这个级别"""

    def find() -> Answer:
        from sheetgen.explain import explain as run_explain
        from sheetgen.explain import explain_json, explain_lines

        found = run_explain(book, customer, password_of(password_file))
        return explain_json(found), explain_lines(found, lang_of(lang))

    run_question("explain", find, lang, as_json, verbose)


def diff(
    old: Path,
    new: Path,
    password_file: OpensWith = None,
    lang: Language = "zh",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Tier changes and migration between two books. 比较两本表格：级别变动与迁移"""

    def find() -> Answer:
        from sheetgen.diff import diff as run_diff
        from sheetgen.diff import diff_json, diff_lines

        found = run_diff(old, new, password_of(password_file))
        return diff_json(found), diff_lines(found, lang_of(lang))

    run_question("diff", find, lang, as_json, verbose)
