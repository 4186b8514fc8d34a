"""The summary as one HTML file that needs nothing else: no script, no picture, nothing from the net.

Every text in it may come from a customer's name, so all of them are escaped by the template engine.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    from sheetgen.summary import Summary

TEMPLATE = Path(__file__).with_name("summary.html.j2")


@cache
def _template() -> Any:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(TEMPLATE.read_text("utf-8"))


def summary_html(found: Summary) -> str:
    """The page."""
    page: str = _template().render(page=found, say=found.say, link=quote(found.book))
    return page


def write_summary(found: Summary, path: Path) -> None:
    """The page at ``path``, whole or not at all; left alone where it says the same already."""
    data = summary_html(found).encode()
    if path.is_file() and path.read_bytes() == data:
        return
    temp = path.with_name(f".{path.name}.sheetgen-{os.getpid()}.tmp")
    try:
        temp.write_bytes(data)
        temp.replace(path)
    finally:
        temp.unlink(missing_ok=True)
