"""The commands: parse, call the verb of the same name, print, exit code. Nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sheetgen.console import (
    HELD_BACK,
    day_of,
    given_files,
    lang_of,
    password_of,
    read_rules,
    run_command,
    say,
    tell_of_book,
    with_progress,
)
from sheetgen.console_books import diff, explain, regrade, template
from sheetgen.console_schemes import schemes
from sheetgen.console_weekly import init, weekly
from sheetgen.memory import keep_freed_memory
from sheetgen.options import (
    AsJson,
    ConfigFile,
    DryRun,
    Files,
    KindFiles,
    Language,
    MapPairs,
    NoInput,
    OpensWith,
    Out,
    Quiet,
    SchemeNames,
    Strict,
    Verbose,
)

if TYPE_CHECKING:
    from sheetgen.pipeline import BuildRequest

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
app.add_typer(schemes, name="schemes")


@app.callback()
def about() -> None:
    """Customer tier management tables in Excel: raw data in, one live workbook out (客户级别管理表格)."""


@app.command()
def build(
    files: Files = None,
    out: Out = ...,  # type: ignore[assignment]
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
    scheme: SchemeNames = None,
    as_of: Annotated[
        str, typer.Option(help="The day all windows end on; default: the newest transaction's")
    ] = "",
    previous: Annotated[Path | None, typer.Option(help="Last week's book as staff left it")] = None,
    lang: Language = "zh",
    map_: MapPairs = None,
    config: ConfigFile = None,
    engine: Annotated[str, typer.Option(help="Where to compute: duckdb, spark or a URL")] = "duckdb",
    split_by: Annotated[
        str, typer.Option(help="A column of the customers: OUT is a folder, one book a value, and an index")
    ] = "",
    password_file: Annotated[
        Path | None, typer.Option(help="Encrypt the book, open encrypted inputs: the file's first line")
    ] = None,
    strict: Strict = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_input: NoInput = False,
) -> None:
    """Raw data to the customer tier management table. 由原始数据生成客户级别管理表格"""
    del no_input

    def run() -> int:
        from os import cpu_count

        from sheetgen.pipeline import BuildRequest

        given = given_files(
            files, customers=customers, transactions=transactions, service=service_log,
            preferences=preferences, usage=usage, holdings=holdings, survey=survey,
            payments=payments, stays=stays, points=points,
        )  # fmt: skip
        rules = read_rules(config, map_, password_file)
        leading, *beside = scheme or ["vip-abc"]
        request = BuildRequest(
            out, tuple(files or ()), given, rules, leading, day_of(as_of), previous, lang_of(lang),
            beside=beside, strict=strict, dry_run=dry_run, engine=engine, split_by=split_by,
            processes=cpu_count() or 1,
        )  # fmt: skip
        return _build("build", request, as_json, quiet, verbose)

    run_command("build", run, lang, as_json, verbose)


@app.command()
def check(
    files: Files = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the held-back rows here, to mend them (.xlsx)")
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
    as_of: Annotated[str, typer.Option(help="The day of the book that is to be built")] = "",
    lang: Language = "zh",
    map_: MapPairs = None,
    config: ConfigFile = None,
    password_file: OpensWith = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """A book: is it intact, what did staff change? Data: what would be understood, and held back?
    检查表格或原始数据，不写任何文件"""

    def run() -> int:
        from sheetgen.check import CheckRequest
        from sheetgen.check import check as run_check
        from sheetgen.check_book import is_book
        from sheetgen.report_check import check_json, check_lines

        if files and len(files) == 1 and is_book(Path(files[0])):
            return tell_of_book(Path(files[0]), lang_of(lang), password_of(password_file), as_json, quiet)
        given = given_files(
            files, customers=customers, transactions=transactions, service=service_log,
            preferences=preferences, usage=usage, holdings=holdings, survey=survey,
            payments=payments, stays=stays, points=points,
        )  # fmt: skip
        rules = read_rules(config, map_, password_file)
        checked = run_check(CheckRequest(tuple(files or ()), given, rules, lang_of(lang), out, day_of(as_of)))
        if as_json or not quiet:
            say(check_json(checked) if as_json else check_lines(checked, verbose))
        return HELD_BACK if checked.held_back else 0

    run_command("check", run, lang, as_json, verbose)


@app.command()
def demo(
    scheme: SchemeNames = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The workbook to write (.xlsx)")] = None,
    lang: Language = "zh",
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The main job on the sample data that ships. 用自带的示例数据跑一遍"""

    def run() -> int:
        from sheetgen.pipeline import BuildRequest
        from sheetgen.scheme.library import sample_paths

        name = out or Path("客户级别管理表格.xlsx" if lang_of(lang) == "zh" else "customer-tiers.xlsx")
        leading, *beside = scheme or ["vip-abc"]
        paths = tuple(dict.fromkeys(p for one in (leading, *beside) for p in sample_paths(one)))
        request = BuildRequest(name, paths, scheme=leading, beside=beside, lang=lang_of(lang))
        return _build("demo", request, as_json, quiet, verbose)

    run_command("demo", run, lang, as_json, verbose)


for command in (regrade, template, init, weekly, explain, diff):
    app.command()(command)


def _build(command: str, request: BuildRequest, as_json: bool, quiet: bool, verbose: bool) -> int:
    from sheetgen.pipeline import build as run_build
    from sheetgen.report import as_json as json_of
    from sheetgen.report import issue_lines, summary

    shown = not (as_json or quiet)
    built = with_progress(lambda at, each: run_build(request, at, each), request.lang, shown)
    if as_json:
        say({**json_of(built), "command": command})
    elif not quiet:
        for line in issue_lines(built.issues, request.lang, verbose):
            print(line, file=sys.stderr)
        say(summary(built))
    return HELD_BACK if built.held_back else 0


def main(*arguments: Any) -> None:
    """The ``sheetgen`` command. Output streams replace what the console cannot show."""
    keep_freed_memory()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(args=list(arguments) or None)


if __name__ == "__main__":
    main()
