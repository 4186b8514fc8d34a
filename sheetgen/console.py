"""What every command does around its verb: read options, show progress, turn what stops it into one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from sheetgen.errors import DiskError, SheetgenError, UsageError
from sheetgen.i18n import LANGS, Lang, text

if TYPE_CHECKING:
    from datetime import date

    from sheetgen.ingest.rules import ReadRules
    from sheetgen.pipeline import Step

BUG, HELD_BACK, NOT_RECONCILED, DISK, INTERRUPTED = 1, 3, 6, 13, 130
Done = TypeVar("Done")
Answer = tuple[Mapping[str, object], Iterable[str]]
"""a JSON object, and the same in words"""


def with_progress(
    work: Callable[[Callable[[Step], None], Callable[[int, int], None]], Done], lang: Lang, shown: bool
) -> Done:
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


def run_command(command: str, work: Callable[[], int], lang: str, as_json: bool, verbose: bool) -> None:
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


def run_question(command: str, find: Callable[[], Answer], lang: str, as_json: bool, verbose: bool) -> None:
    """Print what ``find`` answers, as JSON or in words; nothing is written but that."""

    def run() -> int:
        found, lines = find()
        say(found if as_json else lines)
        return 0

    run_command(command, run, lang, as_json, verbose)


def tell_of_book(book: Path, lang: Lang, password: str, as_json: bool, quiet: bool) -> int:
    """Check a book of ours and say what was found; the exit code."""
    from sheetgen.check_book import check_book
    from sheetgen.report_check_book import check_book_json, check_book_lines

    checked = check_book(book, password)
    if as_json or not quiet:
        say(check_book_json(checked, lang) if as_json else check_book_lines(checked, lang))
    return NOT_RECONCILED if not checked.intact else HELD_BACK if checked.regraded.held_back else 0


def lang_of(lang: str) -> Lang:
    """``lang`` as a language. Raises UsageError."""
    for known in LANGS:
        if lang == known:
            return known
    raise UsageError("bad_lang", "SG601")


def day_of(day: str) -> date | None:
    """An ISO date, or None for nothing. Raises UsageError."""
    from datetime import date

    if not day:
        return None
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise UsageError("bad_date", "SG601", value=day) from None


def password_of(path: Path | None) -> str:
    """The password in the first line of a file; nothing where none is named. Raises PasswordError."""
    from sheetgen.share.encrypt import read_password

    return read_password(path) if path else ""


def say(answer: Mapping[str, object] | Iterable[str]) -> None:
    """Data on stdout: one JSON object, or lines of text."""
    if isinstance(answer, Mapping):
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print("\n".join(answer))


def given_files(files: list[str] | None, **kinds: list[str] | None) -> dict[str, list[str]]:
    """The files named by kind. Raises UsageError where no input is named at all."""
    given = kinds_of(**kinds)
    if not files and not given:
        raise UsageError("no_inputs", "SG601")
    return given


def kinds_of(**kinds: list[str] | None) -> dict[str, list[str]]:
    """The files named by kind, those that there are."""
    return {kind: list(found) for kind, found in kinds.items() if found}


def read_rules(config: Path | None, pairs: list[str] | None, password_file: Path | None) -> ReadRules:
    """What was decided about the inputs: in the config, and on the command line above it."""
    from sheetgen.config import load_config, with_mapping

    decided = with_mapping(load_config(config).reading.rules(), _mapping(pairs or []))
    return replace(decided, password=password_of(password_file))


def _mapping(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        ours, sign, theirs = pair.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            raise UsageError("bad_map", "SG601", value=pair)
        found[ours.strip()] = theirs.strip()
    return found
