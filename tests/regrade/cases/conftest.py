"""One small book for all cases."""

from __future__ import annotations

import pytest

from sheetgen.pipeline import Built

from .firm import book_of


@pytest.fixture(scope="session")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The book of a small firm."""
    return book_of(tmp_path_factory.mktemp("firm"))
