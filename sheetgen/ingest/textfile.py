"""The table of a text file: its encoding, its delimiter, its header, its records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import chain
from typing import Final

from sheetgen.errors import InputError
from sheetgen.ingest import delimited, reading
from sheetgen.ingest.blocks import Block, blocks, count_lines, in_lines
from sheetgen.ingest.encoding import Encoding, find_encoding, named_encoding, utf8_throughout
from sheetgen.ingest.guard import Opened, name_of
from sheetgen.ingest.lines import lines_of
from sheetgen.ingest.opening import Opening, best_guess, find_opening, refuse_columns, refuse_unclear
from sheetgen.ingest.reading import Layout
from sheetgen.ingest.records import Piece, column_of, read_records
from sheetgen.ingest.rules import ReadRules
from sheetgen.model import Issue, RawTable, SourceFile

Read = tuple[list[RawTable], list[Issue]]
_FEW: Final = 10
_SHARE: Final = 0.01
"""more unclosed quotes than this share of the records, and than a few: where records end is a guess"""


@dataclass
class _Seen:
    """What is noted of blocks as they pass by: lines in another encoding than most, and NULs."""

    lines: int = 0
    mixed: list[int] = field(default_factory=list)
    nuls: int = 0

    def watch(self, passing: Iterable[Block], encoding: Encoding) -> Iterator[Block]:
        """The same blocks."""
        mixture = encoding.by_line or encoding.name == "gb18030"
        for block in passing:
            self.nuls += block.nuls
            if mixture:
                self.mixed += [self.lines + i + 1 for i in block.mixed]
                self.lines += count_lines(block.data)
            yield block


@dataclass(frozen=True)
class _Top:
    """What stands above the records: how many rows, which of their lines are none, where the rest begins."""

    structure: int
    malformed: list[tuple[int, str, str]]
    header_line: int
    rest: Block
    first: int
    """the physical line that ``rest`` begins with"""


def read_text(opened: Opened, kind: str | None, rules: ReadRules, in_folder: bool) -> Read:
    """The table of a text file. In a folder, prose such as a licence is passed over with a note.

    Raises InputError (SG102, SG205, SG206, SG208), ColumnsError.
    """
    name = name_of(opened.path)
    encoding = _encoding(opened, name, rules.encodings)
    seen = _Seen()
    passing = seen.watch(blocks(opened.slices or [opened.data], encoding, opened.path), encoding)
    head = _head(passing)
    lines = delimited.physical_lines(head.data.decode(errors="replace"))
    if not any(line.strip() for line in lines):
        raise InputError("file_empty", "SG102", path=opened.path)
    previews = {d: delimited.preview(lines, d) for d in delimited.DELIMITERS}
    openings = {
        d: found for d, rows in previews.items() if (found := find_opening(rows, kind, rules.mapping))
    }
    if not openings:
        tabular = [d for d, rows in previews.items() if delimited.consistent(rows)]
        if in_folder and not tabular:
            return [], [Issue("SG118", "note", name)]
        fullest = max(tabular or previews, key=lambda d: len(best_guess(previews[d])))
        refuse_columns(opened.path, previews[fullest], kind, rules.mapping)
    if encoding.doubtful:
        raise InputError("encoding_unclear", "SG208", path=opened.path)
    delimiter = max(openings, key=lambda d: len(openings[d].match.fields))
    opening = openings[delimiter]
    refuse_unclear(opened.path, opening)
    layout = reading.layout_of(opening, delimiter)
    top = _top(head, opening, layout)
    pieces = list(read_records(chain([top.rest], passing), top.first, layout))
    body = _body(opening, top, pieces)
    _refuse_guesses(opened.path, pieces)
    source = SourceFile(opened.path, "", encoding.name, opened.sha256, 0)
    return [reading.raw_table(source, opening, body)], _issues(name, encoding, seen, pieces, body)


def _encoding(opened: Opened, name: str, told: Mapping[str, str]) -> Encoding:
    for pattern, encoding in told.items():
        if fnmatch(name.lower(), pattern.lower()):
            return named_encoding(encoding)
    slices = opened.slices or [opened.data]
    utf8 = utf8_throughout(slices) if opened.utf8 == "" else opened.utf8
    return utf8 or find_encoding(lambda: in_lines(slices, opened.path))


def _head(passing: Iterator[Block]) -> Block:
    """Enough blocks, as one, to find the header in."""
    head = Block(b"")
    for block in passing:
        head = head.joined(block)
        if not head.data.isspace() and count_lines(head.data) > 2 * delimited.PREVIEW:
            break
    return head


def _top(head: Block, opening: Opening, layout: Layout) -> _Top:
    import numpy as np

    if opening.row < 0:
        return _Top(0, [], 0, head, 1)
    lines = lines_of(head.data, layout.delimiter, most=2 * delimited.PREVIEW)
    whole = bool(lines.ends[-1] == len(head.data))
    everyone = np.ones(len(lines), dtype=bool)
    found = delimited.careful(lines, everyone, layout.delimiter, len(layout.headers), last=whole)
    good = [(s, e, row) for s, e, row in found.rows if not set(range(s, e)) & set(head.bad)]
    header = list(layout.headers)
    # a line that is thrown out above the header moves it
    at = min((i for i, (_, _, row) in enumerate(good) if row == header), key=lambda i: abs(i - opening.row))
    start, end, _ = good[at]
    bad = [(s, "SG203") for s, e, _ in found.rows if set(range(s, e)) & set(head.bad)]
    malformed = [
        (i + 1, code, lines.text(i).rstrip("\r\n")[:1000])
        for i, code in [*bad, *((i, "SG206") for i in found.unclosed)]
        if i < start
    ]
    return _Top(at + 1, malformed, start + 1, head.after(end, int(lines.ends[end - 1])), end + 1)


def _body(opening: Opening, top: _Top, pieces: Sequence[Piece]) -> reading.Body:
    import numpy as np

    return reading.whole_body(
        opening,
        [column_of(pieces, i) for i in range(len(opening.match.headers))],
        np.concatenate([np.empty(0, dtype=np.int64), *(p.line for p in pieces)]),
        top.structure + sum(p.structure for p in pieces),
        [*top.malformed, *(m for p in pieces for m in p.malformed)],
        top.header_line,
        [f for p in pieces for f in p.footers],
    )


def _refuse_guesses(path: str, pieces: Sequence[Piece]) -> None:
    """Raises InputError (SG206) where so many quotes are left open that nobody knows where records end."""
    unclosed = sum(p.unclosed for p in pieces)
    rows = unclosed + sum(len(p.line) for p in pieces)
    if unclosed >= _FEW and unclosed > _SHARE * rows:
        line, _, raw = next(m for p in pieces if p.unclosed for m in p.malformed)
        raise InputError("quotes_broken", "SG206", path=path, count=unclosed, line=line, value=raw[:80])


def _issues(
    name: str, encoding: Encoding, seen: _Seen, pieces: Sequence[Piece], found: reading.Body
) -> list[Issue]:
    issues = []
    if encoding.name == "big5":
        issues.append(Issue("SG202", "warning", name))
    if seen.mixed:
        issues.append(Issue("SG201", "warning", name, row=seen.mixed[0], count=len(seen.mixed)))
    if seen.nuls:
        issues.append(Issue("SG207", "warning", name, count=seen.nuls))
    spoilt = [place for p in pieces for place in p.spoilt]
    if spoilt:
        line, shown = spoilt[0]
        issues.append(Issue("SG204", "warning", name, line, value=shown, count=len(spoilt)))
    for code in ("SG203", "SG205", "SG206"):
        hits = [(line, raw) for line, c, raw in found.malformed if c == code]
        if hits:
            issues.append(Issue(code, "warning", name, hits[0][0], value=hits[0][1][:80], count=len(hits)))
    return issues
