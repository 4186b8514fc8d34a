"""``sheetgen regrade`` as people and programs call it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from sheetgen.pipeline import Built

KEYS = {
    "schema", "command", "out", "as_of", "scheme", "run_id", "digest", "customers", "tiers", "rows", "amount",
    "files", "changes", "edits", "issues",
}  # fmt: skip


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", "-m", "sheetgen.cli", "regrade", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")


def test_json_and_exit_codes(built: Built, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    shutil.copy(built.request.out, book)
    done = run(book, "--json")
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert said.keys() >= KEYS
    assert (said["command"], said["changed"], said["edits"], said["issues"]) == ("regrade", False, [], [])
    assert (said["run_id"], said["digest"], said["tiers"]) == (built.run_id, built.digest, built.tiers)
    tried = run(book, "--as-of", "2026-08-09", "--dry-run", "--json")
    assert tried.returncode == 0
    said = json.loads(tried.stdout)
    assert (said["changed"], said["out"], said["as_of"]) == (True, None, "2026-08-09")
    assert book.read_bytes() == built.request.out.read_bytes()
    (tmp_path / "~$book.xlsx").write_bytes(b"")
    held = run(book)
    assert held.returncode == 10
    assert str(book) in held.stderr and "\n" not in held.stderr.strip()
    assert run(tmp_path / "none.xlsx").returncode == 4
    assert run(book, "--as-of", "bald").returncode == 2


def test_the_summary_says_where_the_old_book_is(built: Built, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    shutil.copy(built.request.out, book)
    done = run(book, "--as-of", "2026-08-09")
    assert done.returncode == 0
    assert f"{book}.bak" in done.stdout and "2026-08-09" in done.stdout
    assert (tmp_path / "book.xlsx.bak").read_bytes() == built.request.out.read_bytes()
    assert "没有改动" in run(book, "--as-of", "2026-08-09").stdout
