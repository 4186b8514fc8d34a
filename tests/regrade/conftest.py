"""One book for all tests of re-grading, and one with a past."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, Built, build
from tests.office.office import Office
from tests.parity.data import AS_OF, company
from tests.parity.desk import Desk


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The first book of a company."""
    folder = tmp_path_factory.mktemp("regrade")
    kinds = company("vip-abc", seed=11, plain=12).write(folder)
    return build(BuildRequest(folder / "book.xlsx", kinds=kinds, scheme="vip-abc", as_of=AS_OF))


@pytest.fixture(scope="session")
def second(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The book of the month after, of the same data."""
    from datetime import timedelta

    folder = tmp_path_factory.mktemp("second")
    request = BuildRequest(
        folder / "second.xlsx", kinds=built.request.kinds, scheme="vip-abc",
        as_of=AS_OF + timedelta(days=31), previous=built.request.out,
    )  # fmt: skip
    return build(request)


@pytest.fixture
def desk(office: Office, built: Built, tmp_path: Path) -> Desk:
    """The first book, open on a desk."""
    office.open(built.request.out)
    return Desk(office, built, tmp_path)
