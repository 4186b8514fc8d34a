"""Our own book, with every result in it wrong, patched right again: it is the book that was built."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetgen.pipeline import BuildRequest, build
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Adopt, Append, Cached, Constant, Edit, Edits
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.patch.semantic import differences
from tests.office.office import Office
from tests.office.poison import poison
from tests.parity.data import AS_OF, company

from .books import opened, own_values, part


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patched")
    kinds = company("vip-abc", seed=7, plain=3).write(folder)
    out = folder / "book.xlsx"
    build(BuildRequest(out, kinds=kinds, scheme="vip-abc", as_of=AS_OF))
    return out


def test_wrong_results_made_right(book: Path, tmp_path: Path) -> None:
    package = opened(book.read_bytes())
    wrong = tmp_path / "wrong.xlsx"
    assert poison(book, wrong) > 1_000
    results: dict[str, dict[int, dict[int, Edit]]] = {}
    for sheet, rows in own_values(package).cells.items():
        for row, cells in rows.items():
            kept = {col: edit for col, edit in cells.items() if isinstance(edit, Cached)}
            if kept:
                results.setdefault(sheet, {})[row] = kept
    poisoned, edits = opened(wrong.read_bytes()), Edits(results)
    made = opened(apply(poisoned, edits))
    assert differences(poisoned, package)
    assert differences(package, made) == ()
    assert differences(poisoned, made, edits) == ()


def test_rows_in_the_spare_rows_and_below(book: Path, office: Office, tmp_path: Path) -> None:
    """A block of ours is no table: its filter ends with the data, its formats and validations below them."""
    package = opened(book.read_bytes())
    found = part(package, "客户偏好")
    last = int(found.split('<autoFilter ref="A3:')[1].split('"')[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    area = Area(3, 0, last - 1, 11)
    rows: list[dict[int, Edit]] = [{0: Constant(f"新{n}"), 4: Constant(n + 0.5)} for n in range(3)]
    edits = Edits(append=[Append("客户偏好", area, rows)])
    made = opened(apply(package, edits))
    assert differences(package, made, edits) == ()
    assert f'<autoFilter ref="A3:L{last + 3}"/>' in part(made, "客户偏好")
    assert ("_xlnm.Print_Area", "客户偏好", f"客户偏好!$A$1:$L${last + 3}") in made.names
    path = tmp_path / "made.xlsx"
    path.write_bytes(made.data)
    office.open(path)
    assert [row[0] for row in office.read("客户偏好", f"A{last + 1}:A{last + 3}")] == ["新0", "新1", "新2"]
    more = Edits(
        {"客户偏好": {last + 3: {0: Constant("再")}}}, adopt=[Adopt("客户偏好", Area(3, 0, last + 2, 11), 1)]
    )
    again = opened(apply(made, more))
    assert differences(made, again, more) == ()
    assert f'<autoFilter ref="A3:L{last + 4}"/>' in part(again, "客户偏好")
