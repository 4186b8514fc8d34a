"""Fixtures which all tests may use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from . import databases
from .databases import Postgres
from .office import render as rendering
from .office.find import missing
from .office.office import Office

settings.register_profile("sheetgen", deadline=None)  # how long a busy machine takes says nothing
settings.load_profile("sheetgen")


def need(reason: str) -> None:
    """Skip the test if ``reason`` says that a tool is missing; on CI, where it must be there, fail."""
    if reason and os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(f"{reason}, and CI must have it", pytrace=False)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    """The real LibreOffice, one for all tests of this process. Each test opens its own workbook."""
    need(missing())
    with Office() as program:
        yield program


@pytest.fixture(scope="session")
def render() -> Callable[..., list[Path]]:
    """``office.render.render``, where LibreOffice and pdftoppm are there."""
    need(rendering.missing())
    return rendering.render


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL with an empty database, one for all tests of this process."""
    need(databases.missing())
    with Postgres() as server:
        yield server
