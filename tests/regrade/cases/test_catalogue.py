"""Every case of the list has its test here."""

from __future__ import annotations

import re
from pathlib import Path


def test_the_list_is_whole() -> None:
    texts = [path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    found = {int(n) for text in texts for n in re.findall(r"^def test_w(\d\d)_", text, re.MULTILINE)}
    assert found == set(range(1, 25))
