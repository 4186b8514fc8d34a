"""``sheetgen weekly`` and ``sheetgen init``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sheetgen.console import (
    BUG,
    DISK,
    HELD_BACK,
    INTERRUPTED,
    day_of,
    lang_of,
    run_command,
    say,
    with_progress,
)
from sheetgen.errors import SheetgenError, UsageError
from sheetgen.options import AsJson, DryRun, Language, NoInput, Quiet, Strict, Verbose

if TYPE_CHECKING:
    from sheetgen.config import Config
    from sheetgen.weekly import Week, WeeklyRequest


def weekly(
    config: Annotated[Path, typer.Option(help="The config with a weekly: section")] = Path("sheetgen.yml"),
    as_of: Annotated[str, typer.Option(help="The day of the book; default: the newest transaction's")] = "",
    previous: Annotated[
        Path | None, typer.Option(help="Last week's book; default: the newest in the output folder")
    ] = None,
    strict: Strict = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_input: NoInput = False,
) -> None:
    """This week's book from the config and last week's as staff left it. 按配置生成本周表格"""
    del no_input
    lang = _lang(config)

    def run() -> int:
        from os import cpu_count

        from sheetgen.weekly import WeeklyRequest

        ours = _config(config)
        base = config.absolute().parent
        request = WeeklyRequest(ours, base, day_of(as_of), previous, dry_run, strict, cpu_count() or 1)
        return _run(request, as_json, quiet, verbose)

    run_command("weekly", run, lang, as_json, verbose)


def _config(path: Path) -> Config:
    from sheetgen.config import load_config

    return load_config(path)


def _lang(path: Path) -> str:
    """The language that the config asks for, as far as it can be read: errors are told in it too."""
    try:
        ours = _config(path).weekly
    except (SheetgenError, OSError):
        return "zh"
    return ours.lang if ours else "zh"


def _run(request: WeeklyRequest, as_json: bool, quiet: bool, verbose: bool) -> int:
    """The run, its summary page, its line in the log, and what is said of it."""
    from sheetgen.report import issue_lines
    from sheetgen.report_weekly import log_error, log_week, weekly_json, weekly_lines
    from sheetgen.weekly import folder_of

    folder, start = folder_of(request), time.monotonic()
    try:
        week = _made(request, not (as_json or quiet))
    except BaseException as error:
        if folder.is_dir() and not request.dry_run:
            log_error(folder, error, _code(error), time.monotonic() - start)
        raise
    code = HELD_BACK if week.built.held_back else 0
    if not request.dry_run:
        log_week(folder, week, code, time.monotonic() - start)
    lang = week.content.lang
    if as_json:
        say(weekly_json(week))
    elif not quiet:
        for line in issue_lines(week.built.issues, lang, verbose):
            print(line, file=sys.stderr)
        say(weekly_lines(week))
    return code


def _made(request: WeeklyRequest, shown: bool) -> Week:
    from sheetgen.weekly import weekly as run_weekly

    ours = request.config.weekly
    lang = lang_of(ours.lang if ours else "zh")
    return with_progress(lambda at, each: run_weekly(request, at, each), lang, shown)


def _code(error: BaseException) -> int:
    if isinstance(error, SheetgenError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return DISK if isinstance(error, OSError) else BUG


def init(
    folder: Annotated[Path, typer.Argument(help="Where the raw data lie")] = Path(),
    lang: Language = "zh",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Write a commented sheetgen.yml for the files that are there. 按文件夹里的数据写出配置文件"""

    def run() -> int:
        from sheetgen.init import init as run_init
        from sheetgen.init import init_json, init_lines

        if not folder.is_dir():
            raise UsageError("output_folder_missing", "SG602", path=folder)
        made = run_init(folder, lang_of(lang))
        say(init_json(made) if as_json else init_lines(made, lang_of(lang)))
        return 0

    run_command("init", run, lang, as_json, verbose)
