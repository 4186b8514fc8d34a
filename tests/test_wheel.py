"""The installed wheel works from an empty folder: schemes and sample data come with it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_runs_from_an_empty_folder(tmp_path):
    make = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run([sys.executable, *make], check=True, capture_output=True)
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(installed)
        names = wheel.namelist()
    assert not [n for n in names if n.startswith(("tests/", "benchmarks/"))]
    empty.mkdir()

    def run(*arguments: str) -> str:
        env = {**os.environ, "PYTHONPATH": str(installed), "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=empty, env=env, check=True, capture_output=True
        )
        return done.stdout.decode()

    assert Path(run("-c", "import sheetgen; print(sheetgen.__file__)").strip()).is_relative_to(installed)
    assert "vip-abc" in run("-m", "sheetgen.cli", "schemes", "list")
    run("-m", "sheetgen.cli", "demo", "-q")
    assert [p.name for p in empty.iterdir()] == ["客户级别管理表格.xlsx"]
