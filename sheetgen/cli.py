"""The commands: parse, call the verb of the same name, print, exit code. Nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sheetgen.errors import DiskError, SheetgenError, UsageError
from sheetgen.i18n import LANGS, Lang, text
from sheetgen.memory import keep_freed_memory

if TYPE_CHECKING:
    from datetime import date

    from sheetgen.ingest.rules import ReadRules
    from sheetgen.pipeline import BuildRequest, Built, Step

BUG, HELD_BACK, DISK, INTERRUPTED = 1, 3, 13, 130
app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)
schemes = typer.Typer(no_args_is_help=True, help="List, show and copy schemes. 方案：列出、查看、复制")
app.add_typer(schemes, name="schemes")

Files = Annotated[
    list[str] | None, typer.Argument(help="Folder, files, database URLs with #table; told by their headers")
]
Out = Annotated[Path, typer.Option("-o", "--out", help="The workbook to write (.xlsx)")]
KindFiles = Annotated[list[str] | None, typer.Option(help="File of this kind")]
SchemeName = Annotated[str, typer.Option("--scheme", help="Scheme id, or the path of a scheme.yml")]
Language = Annotated[str, typer.Option("--lang", help="Language of the book and of the messages: zh or en")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say everything")]


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
    scheme: SchemeName = "vip-abc",
    as_of: Annotated[
        str, typer.Option(help="The day all windows end on; default: the newest transaction's")
    ] = "",
    previous: Annotated[Path | None, typer.Option(help="Last week's book as staff left it")] = None,
    lang: Language = "zh",
    map_: Annotated[list[str] | None, typer.Option("--map", help="our_field=their header")] = None,
    config: Annotated[
        Path | None, typer.Option(help="What was decided once for all; default: ./sheetgen.yml, if there")
    ] = None,
    engine: Annotated[str, typer.Option(help="Where to compute: duckdb, spark or a URL")] = "duckdb",
    split_by: Annotated[
        str, typer.Option(help="A column of the customers: OUT is a folder, one book a value, and an index")
    ] = "",
    password_file: Annotated[
        Path | None, typer.Option(help="Encrypt the book, open encrypted inputs: the file's first line")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Rows held back are a failure without output")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all but write")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Never ask (sheetgen build never does)")
    ] = False,
) -> None:
    """Raw data to the customer tier management table. 由原始数据生成客户级别管理表格"""
    del no_input

    def run() -> int:
        from os import cpu_count

        from sheetgen.pipeline import BuildRequest

        given = _given(
            files, customers=customers, transactions=transactions, service=service_log,
            preferences=preferences, usage=usage, holdings=holdings, survey=survey,
        )  # fmt: skip
        rules = _rules(config, map_, password_file)
        request = BuildRequest(
            out, tuple(files or ()), given, rules, scheme, _day(as_of), previous, _lang(lang),
            strict=strict, dry_run=dry_run, engine=engine, split_by=split_by, processes=cpu_count() or 1,
        )  # fmt: skip
        return _build("build", request, as_json, quiet, verbose)

    _run("build", run, lang, as_json, verbose)


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
    as_of: Annotated[str, typer.Option(help="The day of the book that is to be built")] = "",
    lang: Language = "zh",
    map_: Annotated[list[str] | None, typer.Option("--map", help="our_field=their header")] = None,
    config: Annotated[
        Path | None, typer.Option(help="What was decided once for all; default: ./sheetgen.yml, if there")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="Open encrypted inputs: the file's first line")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """What the data would be understood as, and what would be held back. 检查原始数据，不生成表格"""

    def run() -> int:
        from sheetgen.check import CheckRequest
        from sheetgen.check import check as run_check
        from sheetgen.report_check import check_json, check_lines

        given = _given(
            files, customers=customers, transactions=transactions, service=service_log,
            preferences=preferences, usage=usage, holdings=holdings, survey=survey,
        )  # fmt: skip
        rules = _rules(config, map_, password_file)
        checked = run_check(CheckRequest(tuple(files or ()), given, rules, _lang(lang), out, _day(as_of)))
        if as_json:
            print(json.dumps(check_json(checked), ensure_ascii=False))
        elif not quiet:
            print("\n".join(check_lines(checked, verbose)))
        return HELD_BACK if checked.held_back else 0

    _run("check", run, lang, as_json, verbose)


@app.command()
def demo(
    scheme: SchemeName = "vip-abc",
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

        name = out or Path("客户级别管理表格.xlsx" if _lang(lang) == "zh" else "customer-tiers.xlsx")
        request = BuildRequest(name, sample_paths(scheme), scheme=scheme, lang=_lang(lang))
        return _build("demo", request, as_json, quiet, verbose)

    _run("demo", run, lang, as_json, verbose)


@schemes.command("list")
def list_schemes(lang: Language = "zh", as_json: AsJson = False) -> None:
    """The schemes that ship, each with its source. 列出自带方案及出处"""

    def run() -> int:
        from sheetgen.report import pad
        from sheetgen.scheme.library import load_scheme, shipped

        found = [load_scheme(name) for name in shipped()]
        if as_json:
            rows = [
                {
                    "id": s.id,
                    "label": s.file.label.text(_lang(lang)),
                    "source": s.file.source.text(_lang(lang)),
                }
                for s in found
            ]
            print(json.dumps({"schema": 1, "command": "schemes list", "schemes": rows}, ensure_ascii=False))
            return 0
        for s in found:
            print(
                f"{pad(s.id, 18)}{pad(s.file.label.text(_lang(lang)), 32)}{s.file.source.text(_lang(lang))}"
            )
        return 0

    _run("schemes list", run, lang, as_json, False)


@schemes.command("show")
def show_scheme(name: str, lang: Language = "zh") -> None:
    """One scheme: source, edges, metrics, parameters. 查看一个方案"""

    def run() -> int:
        from sheetgen.report import scheme_lines
        from sheetgen.scheme.library import load_scheme

        print("\n".join(scheme_lines(load_scheme(name), _lang(lang))))
        return 0

    _run("schemes show", run, lang, False, False)


@schemes.command("copy")
def copy_scheme(name: str, dest: Path, lang: Language = "zh") -> None:
    """Copy a scheme to a folder of your own, to edit it. 复制一个方案以便修改"""

    def run() -> int:
        from sheetgen.scheme.library import load_scheme

        source = load_scheme(name)
        if dest.exists():
            raise UsageError("copy_exists", "SG601", path=dest)
        dest.mkdir(parents=True)
        (dest / "scheme.yml").write_text(source.text, "utf-8")
        print(text("copied", _lang(lang), path=dest))
        return 0

    _run("schemes copy", run, lang, False, False)


def _build(command: str, request: BuildRequest, as_json: bool, quiet: bool, verbose: bool) -> int:
    from sheetgen.pipeline import build as run_build
    from sheetgen.report import as_json as json_of
    from sheetgen.report import issue_lines, summary

    shown = not (as_json or quiet)
    built = _with_progress(lambda at, each: run_build(request, at, each), request.lang, shown)
    if as_json:
        print(json.dumps({**json_of(built), "command": command}, ensure_ascii=False))
    elif not quiet:
        for line in issue_lines(built.issues, request.lang, verbose):
            print(line, file=sys.stderr)
        for line in summary(built):
            print(line)
    return HELD_BACK if built.held_back else 0


def _with_progress(
    work: Callable[[Callable[[Step], None], Callable[[int, int], None]], Built], lang: Lang, shown: bool
) -> Built:
    """Run ``work`` with a bar on the terminal; none where stderr is no terminal."""
    if not shown or not sys.stderr.isatty():
        return work(lambda step: None, lambda done, all_: None)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from sheetgen.pipeline import STEPS

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(STEPS))
        return work(
            lambda step: progress.update(
                task, completed=STEPS.index(step), description=text(f"step_{step}", lang)
            ),
            lambda done, all_: progress.update(
                task, completed=done, total=all_, description=f"{text('step_write', lang)} {done}/{all_}"
            ),
        )


def _run(command: str, work: Callable[[], int], lang: str, as_json: bool, verbose: bool) -> None:
    """Turn whatever stops ``work`` into one plain line and an exit code."""
    from sheetgen.report import error_json, error_text

    words: Lang = "en" if lang == "en" else "zh"

    def fail(error: SheetgenError, code: int) -> int:
        if as_json:
            print(json.dumps({**error_json(command, error, words), "exit": code}, ensure_ascii=False))
        else:
            print(error_text(error, words), file=sys.stderr)
        return code

    try:
        code = work()
    except SheetgenError as error:
        code = fail(error, error.exit_code)
    except KeyboardInterrupt:
        code = fail(SheetgenError("interrupted"), INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except OSError as error:
        if verbose:
            raise
        code = fail(DiskError("disk_error", "SG613", problem=error.strerror or type(error).__name__), DISK)
    except Exception as error:
        if verbose:
            raise
        code = fail(SheetgenError("unexpected", "SG000", kind=type(error).__name__), BUG)
    raise typer.Exit(code)


def _lang(lang: str) -> Lang:
    for known in LANGS:
        if lang == known:
            return known
    raise UsageError("bad_lang", "SG601")


def _day(day: str) -> date | None:
    from datetime import date

    if not day:
        return None
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise UsageError("bad_date", "SG601", value=day) from None


def _given(files: list[str] | None, **kinds: list[str] | None) -> dict[str, list[str]]:
    """The files named by kind. Raises UsageError where no input is named at all."""
    given = {kind: list(found) for kind, found in kinds.items() if found}
    if not files and not given:
        raise UsageError("no_inputs", "SG601")
    return given


def _rules(config: Path | None, pairs: list[str] | None, password_file: Path | None) -> ReadRules:
    """What was decided about the inputs: in the config, and on the command line above it."""
    from sheetgen.config import load_config, with_mapping
    from sheetgen.share.encrypt import read_password

    password = read_password(password_file) if password_file else ""
    decided = with_mapping(load_config(config).reading.rules(), _mapping(pairs or []))
    return replace(decided, password=password)


def _mapping(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        ours, sign, theirs = pair.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            raise UsageError("bad_map", "SG601", value=pair)
        found[ours.strip()] = theirs.strip()
    return found


def main(*arguments: Any) -> None:
    """The ``sheetgen`` command. Output streams replace what the console cannot show."""
    keep_freed_memory()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(args=list(arguments) or None)


if __name__ == "__main__":
    main()
