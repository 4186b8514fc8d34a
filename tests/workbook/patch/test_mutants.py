"""Books with random damage: refused, or patched so that the proof says whether it went well. Nothing else."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter

from sheetgen.errors import SheetgenError
from sheetgen.workbook.patch.apply import apply
from sheetgen.workbook.patch.edits import Append, Cached, Constant, Edits, Formula
from sheetgen.workbook.patch.refs import Area
from sheetgen.workbook.patch.semantic import differences
from tests import hostile

from .books import opened, rich_book

PIECES = (
    *(
        b"<row>",
        b"</row>",
        b'<c r="B7">',
        b"</c>",
        b"<v>1</v>",
        b"/>",
        b'"',
        b"'",
        b"<!-- -->",
        b"<![CDATA[x]]>",
    ),
    *(
        b' r="',
        b' t="s"',
        b' t="shared" si="0"',
        b"<f>",
        b"<sheetData>",
        b"&amp;",
        b"&#0;",
        b"1048577",
        b"-1",
    ),
    *(b"\xff", b'<row r="5"/>'),
)
TOUCHED = ("sheet", "workbook", "table", "styles", "Content")
EDITS = Edits(
    {"客户": {5: {3: Cached(1.5)}, 20: {0: Constant("=新")}}, "其他": {0: {1: Formula("1+1", 2)}}},
    append=[Append("客户", Area(4, 0, 9, 4), [{0: Constant(1), 3: Cached(2)}])],
)


def mutant(data: bytes, chance: random.Random) -> bytes:
    """``data`` with something put in, taken out, changed or doubled, up to three times."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3))):
        at, other = chance.randrange(len(made)), chance.randrange(len(made))
        match chance.randrange(4):
            case 0:
                made[at:at] = chance.choice(PIECES)
            case 1:
                del made[at : at + chance.randrange(1, 30)]
            case 2:
                made[at] = chance.randrange(256)
            case _:
                made[at:at] = made[other : other + chance.randrange(1, 80)]
    return bytes(made)


def test_damage_is_refused_or_seen() -> None:
    chance, told = random.Random(20_261_122), Counter[str]()
    with zipfile.ZipFile(io.BytesIO(rich_book())) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    names = [name for name in parts if any(word in name for word in TOUCHED)]
    for _ in range(150):
        name = chance.choice(names)
        data = hostile.zipped({**parts, name: mutant(parts[name], chance)})
        try:
            before = opened(data)
            found = differences(before, opened(apply(before, EDITS)), EDITS)
        except SheetgenError:
            told["refused"] += 1
            continue
        told["not well-formed" if found else "patched"] += 1
        assert {difference.what for difference in found} <= {"not well-formed"}
    assert min(told[what] for what in ("refused", "patched")) >= 15
