"""Mutants of good and odd files, and what becomes of them: read, or refused with a plain line."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from time import perf_counter

from sheetgen.errors import SheetgenError
from sheetgen.i18n import messages
from sheetgen.ingest.child import Child
from sheetgen.ingest.guard import Opened, recognised
from sheetgen.ingest.rules import NO_RULES
from sheetgen.ingest.sources import read_opened
from tests import hostile
from tests.sas import Column, sas7bdat

ODD = Path(__file__).resolve().parents[2] / "shared" / "data" / "odd_workbooks"
SECONDS = 20.0
MEGABYTES = 1024.0
_NUMBERS = (
    b"0",
    b"-1",
    b"1",
    b"1048577",
    b"2147483648",
    b"99999999999999999999",
    b"1e308",
    b"NaN",
    b"XFD1048576",
    b"",
)
_XLS = ("039.xls", "046.xls", "056.xls", "065.xls", "067.xls", "071.xls")


@dataclass
class Tally:
    """What became of the files. ``wrong``: name -> why it should not have been so."""

    files: int = 0
    read: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[float, str] = (0.0, "")
    """megabytes that the reader process has held, as far as the system tells"""


def judge(tally: Tally, name: str, data: bytes, child: Child) -> None:
    """Read ``data`` as a run would, and note what came of it."""
    began = perf_counter()
    tally.files += 1
    try:
        opened = recognised(Opened(name, data, "0" * 64, "text"))
        read_opened(opened, None, NO_RULES, False, child)
        tally.read += 1
    except SheetgenError as error:
        tally.refused[error.key] += 1
        if error.key not in messages():
            tally.wrong[name] = f"no words for {error.key}"
    except Exception as error:
        tally.wrong[name] = f"{type(error).__name__}: {error}"[:300]
    took, held = perf_counter() - began, child.peak()
    tally.slowest = max(tally.slowest, (took, name))
    tally.largest = max(tally.largest, (held, name))
    if took > SECONDS:
        tally.wrong[name] = f"{took:.1f} s"
    if held > MEGABYTES:
        tally.wrong[name] = f"{held:.0f} MB"


@cache
def seeds() -> dict[str, bytes]:
    """Files to mutate: one of each format that can be written here, and xls where there are some."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = {"plain.xlsx": hostile.book(), "plain.ods": hostile.ods(), "rich.xlsx": _rich()}
    found["csv.xlsx"] = "客户编号,日期,金额\n001,2024-01-05,5\n".encode("gb18030")
    found["locked.xlsx"] = hostile.locked(hostile.book(extra=hostile.NOISE), "secret")
    made = io.BytesIO()
    frame = pd.DataFrame({"customer_id": ["001", "002"], "date": ["2024-01-05", "x"], "amount": [1.5, 2.0]})
    pq.write_table(pa.Table.from_pandas(frame), made)
    found["plain.parquet"] = made.getvalue()
    found["plain.sav"] = _sav(frame)
    sold = [Column("ID", "客户编号", width=6), Column("DAY", "日期", "DATE"), Column("AMT", "金额")]
    found["plain.sas7bdat"] = sas7bdat(sold, [("001", 23380.0, 10.5), ("002", 23381.0, 20.0)])
    for name in _XLS:
        if (ODD / name).is_file():
            found[name] = (ODD / name).read_bytes()
    return found


def _rich() -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        made.set_properties({"created": datetime(2025, 1, 1)})
        sheet, bold = made.add_worksheet("订单"), made.add_format({"bold": True})
        for n, row in enumerate(hostile.ROWS * 20):
            sheet.write_row(n, 0, row)
        sheet.merge_range(1, 0, 3, 0, "001", bold)
        sheet.write_formula(8, 3, "=SUM(D2:D8)", bold, 30.5)
        sheet.set_row(4, None, None, {"hidden": True})
        made.add_worksheet("旧").hide()
    return out.getvalue()


def _sav(frame: object) -> bytes:
    import tempfile

    import pyreadstat

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sav"
        pyreadstat.write_sav(frame, path)
        data = path.read_bytes()
    return data[:92] + b"01 Jan 2500:00:00" + data[109:]  # the day and the time it was written


def mutants(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """``count`` mutants, always the same ones for a ``seed``; half of a package's are repacked whole."""
    chance = random.Random(seed)
    sources = sorted(seeds().items())
    for n in range(count):
        name, data = sources[n % len(sources)]
        whole = data[:2] == b"PK" and chance.random() < 0.6
        yield f"{seed}-{n}-{name}", _repacked(data, chance) if whole else _mutated(data, chance)


def _mutated(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(made)) if made else 0
        length = min(chance.choice((1, 2, 4, 16, 256)), len(made) - at)
        match chance.randrange(7):
            case 0:
                made[at : at + length] = chance.randbytes(length)
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = made[at : at + length]
            case 3:
                made[at : at + length] = bytes([chance.choice((0, 255, 127, 128))]) * length
            case 4 if chance.random() < 0.2:
                del made[at:]
            case 5:
                other = chance.randrange(len(made)) if made else 0
                made[at : at + length] = made[other : other + length]
            case _:
                if made:
                    at = min(at, len(made) - 1)
                    made[at] ^= 1 << chance.randrange(8)
    return bytes(made)


def _repacked(data: bytes, chance: random.Random) -> bytes:
    """The package with one part changed inside, all checksums right: such mutants reach the reader."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts: dict[str, str | bytes] = {part.filename: package.read(part) for part in package.infolist()}
    name = chance.choice(sorted(parts))
    old = parts[name]
    assert isinstance(old, bytes)
    parts[name] = _mutated(old, chance) if chance.random() < 0.4 else _retold(old, chance)
    if chance.random() < 0.05:
        del parts[chance.choice(sorted(parts))]
    return hostile.zipped(parts)


def _retold(xml: bytes, chance: random.Random) -> bytes:
    """XML with a number, a name or a whole element changed, still mostly well-formed."""
    pieces = xml.split(b"<")
    at = chance.randrange(len(pieces))
    match chance.randrange(4):
        case 0:
            numbers = [i for i, p in enumerate(pieces) if b'"' in p]
            at = chance.choice(numbers) if numbers else at
            quoted = pieces[at].split(b'"')
            if len(quoted) > 2:
                quoted[chance.randrange(1, len(quoted), 2)] = chance.choice(_NUMBERS)
            pieces[at] = b'"'.join(quoted)
        case 1:
            del pieces[at]
        case 2:
            pieces[at:at] = pieces[at : at + chance.choice((1, 2, 5))] * chance.choice((1, 3, 200))
        case _:
            head, mark, tail = pieces[at].partition(b">")
            pieces[at] = (
                head + mark + chance.choice((*_NUMBERS, b"&amp;", b"&#0;", b"\xff\xfe", "中".encode())) + tail
            )
    return b"<".join(pieces)
