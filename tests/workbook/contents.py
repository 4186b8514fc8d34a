"""Composed books without files: the model of a workbook, from the sample data or from a few rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from sheetgen.i18n import Lang
from sheetgen.ingest.clean import clean
from sheetgen.ingest.sources import read_inputs
from sheetgen.model import Clean
from sheetgen.pipeline import BuildRequest, Built, prepare
from sheetgen.scheme.library import load_scheme, sample_paths
from sheetgen.workbook.book import Book
from sheetgen.workbook.compose import compose
from sheetgen.workbook.content import Content

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"


@dataclass(frozen=True)
class Made:
    """A graded run, what its sheets are composed from, and the book."""

    built: Built
    content: Content
    book: Book


@cache
def sample_clean(scheme: str = "vip-abc") -> Clean:
    """The sample data, cleaned once."""
    return clean(read_inputs(sample_paths(scheme), {}))


def made(clean_: Clean, scheme: str = "vip-abc", lang: Lang = "zh", as_of: date | None = None) -> Made:
    """Grade and compose."""
    request = BuildRequest(Path("b.xlsx"), scheme=scheme, lang=lang, as_of=as_of)
    built, content = prepare(request, load_scheme(scheme), clean_, lambda step: None)
    return Made(built, content, compose(content, "1"))


@cache
def sample_made(scheme: str = "vip-abc", lang: Lang = "zh") -> Made:
    """The sample data under ``scheme``."""
    return made(sample_clean(scheme), scheme, lang)
