from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sheetgen.ingest.clean import clean
from sheetgen.ingest.rules import ReadRules
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def real() -> Callable[[str], str]:
    """The path of a real data file, or skip."""

    def path(name: str) -> str:
        if not (DATA / name).exists():
            pytest.skip(f"real data {name} is not here")
        return str(DATA / name)

    return path


@pytest.fixture
def cleaned(tmp_path: Path) -> Callable[..., Clean]:
    """Write files (name -> text or bytes) into a folder of their own, read and clean it."""

    def run(files: dict[str, str | bytes], **mapping: str) -> Clean:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (tmp_path / name).write_bytes(data)
        return clean(read_inputs([str(tmp_path / name) for name in files], {}, ReadRules(mapping=mapping)))

    return run
