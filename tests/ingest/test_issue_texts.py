"""Every code and key that ingest can raise has its words in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sheetgen.ingest
from sheetgen.i18n import messages

SOURCE = "\n".join(p.read_text("utf-8") for p in sorted(Path(sheetgen.ingest.__file__).parent.glob("*.py")))
# codes of errors that stop a run are told by their key
STOPPING = {"SG101", "SG102", "SG105", "SG106", "SG107", "SG108", "SG109", "SG112", "SG115", "SG116"} | {
    *("SG117", "SG126", "SG208", "SG301", "SG302", "SG304", "SG305", "SG306", "SG307", "SG610")
}


@pytest.mark.parametrize("code", sorted(set(re.findall(r'"(SG\d{3})"', SOURCE)) - STOPPING))
def test_issue_codes_have_words(code: str) -> None:
    assert messages()[code].zh
    assert messages()[code].en


@pytest.mark.parametrize("key", sorted(set(re.findall(r'Error\(\s*"([a-z_]+)"', SOURCE))))
def test_error_keys_have_words(key: str) -> None:
    label = messages()[key]
    assert set(re.findall(r"{\w+}", label.zh)) == set(re.findall(r"{\w+}", label.en))
