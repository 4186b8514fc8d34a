"""Books to edit, each built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, Built, build
from tests.office.office import Office

from .data import AS_OF, company
from .desk import Desk


@pytest.fixture(scope="session")
def built_books(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """Scheme -> its book over one random company."""
    books: dict[str, Built] = {}

    def get(scheme: str) -> Built:
        if scheme not in books:
            folder = tmp_path_factory.mktemp(scheme)
            kinds = company(scheme, seed=11, plain=12).write(folder)
            books[scheme] = build(BuildRequest(folder / "book.xlsx", kinds=kinds, scheme=scheme, as_of=AS_OF))
        return books[scheme]

    return get


@pytest.fixture
def desk_of(office: Office, built_books: Callable[[str], Built], tmp_path: Path) -> Callable[[str], Desk]:
    """Scheme -> its book, freshly opened as staff open it: only what an edit touches is recalculated."""

    def get(scheme: str) -> Desk:
        built = built_books(scheme)
        office.open(built.request.out)
        return Desk(office, built, tmp_path)

    return get
