"""Reading in blocks: wherever the borders fall, the records are those of a reader that sees all at once."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sheetgen.errors import InputError
from sheetgen.ingest import blocks as cutting
from sheetgen.ingest import stream
from sheetgen.ingest.blocks import Block, blocks, count_lines, in_lines
from sheetgen.ingest.delimited import long_fields, physical_lines
from sheetgen.ingest.encoding import Encoding, _lines_in_utf8, find_encoding, strict, utf8_throughout
from sheetgen.ingest.guard import open_input
from sheetgen.ingest.lines import lines_of
from sheetgen.ingest.reading import Layout, Sorted, sort_out
from sheetgen.ingest.records import read_records
from sheetgen.ingest.sources import read_inputs

HEADER = ("客户编号", "日期", "金额")
LAYOUT = Layout(HEADER, (0, 1))
PLAIN = [
    "1",
    "S1",
    "C-7",
    "2024-01-05",
    "3.50",
    "张伟",
    "a b",
    "T",
    "合同",
    "共和",
    "　",
    "\u00a0x",
    "é",
    "😀",
]
ODD = [
    "",
    " ",
    '"q"',
    '"a,b"',
    '"a""b"',
    '""',
    '""""',
    'x"y',
    '"x"y',
    ' "z"',
    '"open',
    'close"',
    '"l\nm"',
    '"r\rs"',
]
FOOTERS = ["合计", "小 计：", "Total", "共 3 条记录", "制表人：李", "# 导出", *HEADER]
CELL = st.sampled_from(PLAIN) | st.sampled_from(ODD) | st.sampled_from(FOOTERS)
ROW = (
    st.lists(CELL, min_size=3, max_size=3) | st.lists(CELL, max_size=5) | st.just(list(HEADER))
    | st.lists(st.sampled_from(PLAIN), min_size=3, max_size=3)
)  # fmt: skip
LINE = st.tuples(ROW.map(",".join), st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n", ",,\n", ""])).map(
    "".join
)
TEXT = st.lists(LINE, max_size=12).map("".join)


@dataclass(frozen=True)
class Found:
    rows: list[list[str]]
    lines: list[int]
    structure: int
    malformed: list[tuple[int, str, str]]
    footers: list[tuple[int, list[str]]]


def in_slices(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def all_at_once(text: str, layout: Layout) -> Found:
    """The csv module over the whole text; a quote that swallows records costs its own line only."""
    lines, width, mark = physical_lines(text), len(layout.headers), layout.delimiter
    found = Sorted(layout)
    start = 0
    with long_fields():
        while start < len(lines):
            base, reader = start, csv.reader(lines[start:], delimiter=mark)
            for row in reader:
                end = base + reader.line_num
                full = [line.count(mark) >= width - 1 for line in lines[start:end]]
                if end - start > 1 and (len(row) != width or (width > 2 and full[0] and any(full[1:]))):
                    found.malformed.append((start + 1, "SG206", lines[start].rstrip("\r\n")))
                    start += 1
                    break
                sort_out(found, row, start + 1)
                start = end
    return Found(found.rows, found.lines, found.structure, sorted(found.malformed), sorted(found.footers))


def in_blocks(data: bytes, layout: Layout, size: int, encoding: str = "utf-8") -> Found:
    pieces = list(read_records(blocks(in_slices(data, size), Encoding(encoding)), 1, layout))
    return Found(
        [list(row) for p in pieces for row in zip(*(c.to_pylist() for c in p.cells.columns), strict=True)],
        [line for p in pieces for line in p.line.tolist()],
        sum(p.structure for p in pieces),
        sorted(m for p in pieces for m in p.malformed),
        sorted(f for p in pieces for f in p.footers),
    )


@given(TEXT, st.integers(1, 80))
@settings(max_examples=600, deadline=None)
@example('1,"a\n2,b",c\n', 4)
@example('1,2,3\r\n"",,\r\n\r\n4,5,6', 7)
@example('"open,2,3\n4,5,6\n', 1)
@example("1,2,3,\n4,5,6,\n7,8,9,x\n", 80)
def test_the_records_are_those_of_a_reader_that_sees_all_at_once(text: str, size: int) -> None:
    assert in_blocks(text.encode(), LAYOUT, size) == all_at_once(text, LAYOUT)


@given(
    st.lists(st.lists(CELL, min_size=1, max_size=1).map(",".join), max_size=8).map("\n".join),
    st.integers(1, 30),
)
@settings(max_examples=100, deadline=None)
def test_a_table_of_one_column(text: str, size: int) -> None:
    layout = Layout(("客户编号",), (0,))
    assert in_blocks(text.encode(), layout, size) == all_at_once(text, layout)


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "，"])
def test_other_delimiters(delimiter: str) -> None:
    text = '1,"a,b",3\n,合计,\n合计,,5\n4,x"y,6\n7,"8\n9",10\n11,12,13,14\n'.replace(",", delimiter)
    layout = Layout(HEADER, (0, 1), delimiter)
    whole = all_at_once(text, layout)
    assert (whole.lines, whole.structure, [m[0] for m in whole.malformed]) == ([1, 4, 5], 2, [7])
    for size in range(1, 60):
        assert in_blocks(text.encode(), layout, size) == whole


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "utf-32"])
def test_characters_of_several_bytes_at_borders(encoding: str) -> None:
    text = '1,"張,偉\n",3\r\n4,五,6\r\n' * 3
    whole = all_at_once(text, LAYOUT)
    for size in range(1, 40):
        assert in_blocks(text.encode(encoding), LAYOUT, size, encoding) == whole


@given(st.text("ab\r\n", max_size=30), st.integers(1, 10), st.integers(1, 10))
def test_pieces_end_where_lines_end_and_lose_nothing(text: str, size: int, largest: int) -> None:
    data = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "SIZE", largest)
        pieces = list(in_lines(in_slices(data, size)))
    assert b"".join(pieces) == data
    assert [line for p in pieces for line in physical_lines(p.decode())] == physical_lines(text)
    assert sum(map(count_lines, pieces)) == len(physical_lines(text))
    found = lines_of(data, ",")
    assert [found.text(i) for i in range(len(found))] == physical_lines(text)


def test_a_quote_that_is_never_closed_is_looked_for_no_further_than_a_record_may_be_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sheetgen.ingest.delimited.LONGEST_RECORD", 200)
    seen: list[int] = []

    def watched(passing: Iterable[Block]) -> Iterator[Block]:
        for block in passing:
            seen.append(len(block.data))
            yield block

    text = '1,"never,3\n' + "4,5,6\n" * 500
    reading = read_records(watched(blocks(in_slices(text.encode(), 50), Encoding("utf-8"))), 1, LAYOUT)
    first = next(reading)
    assert sum(seen) < 1000
    assert not len(first.line)
    assert sum(len(p.line) for p in reading) == 500


def test_a_line_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "LONGEST_PIECE", 1000)
    with pytest.raises(InputError) as caught:
        list(in_lines(in_slices(b"x" * 5000, 100)))
    assert caught.value.code == "SG205"


@given(
    st.lists(st.sampled_from(["张伟,1\n", "ab,2\n", "€,3\n"]), max_size=6).map("".join), st.integers(1, 20)
)
def test_the_encoding_does_not_depend_on_the_blocks(text: str, size: int) -> None:
    for name in ("utf-8", "gb18030"):
        data = text.encode(name)
        whole = find_encoding(lambda data=data: [data])
        assert find_encoding(lambda data=data: in_lines(in_slices(data, size))) == whole
        quick = utf8_throughout(in_slices(data, size))
        assert quick == (whole if whole.name == "utf-8" and not whole.by_line else None)


def test_all_at_once_is_the_csv_module_on_a_clean_file() -> None:
    text = "1,2,3\n4,5,6\n"
    assert all_at_once(text, LAYOUT).rows == list(csv.reader(io.StringIO(text)))


WORD = st.sampled_from(["张伟", "abc", "陆", "é", "😀x", "", "鴻海", "€", "a,b"])
MIXED = st.tuples(st.lists(WORD, max_size=4).map("".join), st.sampled_from(["utf-8", "gb18030"]))


END = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(MIXED, END), max_size=5))
def test_lines_in_utf8_are_counted_as_if_each_were_decoded(
    lines: list[tuple[tuple[str, str], bytes]],
) -> None:
    data = b"".join(text.encode(encoding) + end for (text, encoding), end in lines)
    told = [strict(line, "utf-8") is not None for line in data.splitlines() if not line.isascii()]
    assert _lines_in_utf8(data) == (sum(told), len(told) - sum(told))


PLAIN_TEXT = "客户编号,客户名称,日期,金额\n" + "".join(f'{i},"甲{i}",2024-01-05,{i}\n' for i in range(1, 300))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_a_large_file_is_read_in_slices_and_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, packed: bool
) -> None:
    data = PLAIN_TEXT.encode(encoding)
    path = tmp_path / ("a.csv.gz" if packed else "a.csv")
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    held = read_inputs([str(path)], {}).tables[0]
    for name in ("LARGE", "LARGE_PACKED"):
        monkeypatch.setattr(stream, name, 100)
    monkeypatch.setattr(stream, "SIZE", 77)
    opened = open_input(str(path))
    assert opened.slices and len(opened.data) <= 77
    found = read_inputs([str(path)], {}).tables[0]
    assert found.source == held.source
    assert (found.line.tolist(), found.structure) == (held.line.tolist(), held.structure)
    pd.testing.assert_frame_equal(found.frame, held.frame)
    assert found.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_large_file_that_changes_or_breaks_off_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LARGE", "LARGE_PACKED"):
        monkeypatch.setattr(stream, name, 100)
    path = tmp_path / "a.csv"
    path.write_text(PLAIN_TEXT, "utf-8")
    opened = open_input(str(path))
    path.write_text(PLAIN_TEXT + "7,乙,2024-01-05,7\n", "utf-8")
    assert opened.slices
    with pytest.raises(InputError) as caught:
        list(opened.slices)
    assert caught.value.code == "SG112"
    broken = tmp_path / "b.csv.gz"
    broken.write_bytes(gzip.compress(PLAIN_TEXT.encode())[:-20])
    with pytest.raises(InputError) as caught:
        read_inputs([str(broken)], {})
    assert caught.value.code == "SG105"
    monkeypatch.setattr(stream, "RATIO_FROM", 10)
    monkeypatch.setattr(stream, "RATIO", 2)
    bomb = tmp_path / "c.csv.gz"
    bomb.write_bytes(gzip.compress(PLAIN_TEXT.encode()))
    with pytest.raises(InputError) as caught:
        read_inputs([str(bomb)], {})
    assert caught.value.code == "SG106"
