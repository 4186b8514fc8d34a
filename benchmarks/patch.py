"""What it costs to put new results into a large book, against openpyxl loading and saving it.

``python -m benchmarks.patch [ROWS]`` (10,000 rows by default; 100,000 for the figures that are told). The
book: a table of 12 columns, 4 of them formulas. The task: another result in each formula cell, and 1,000 more
rows. openpyxl cannot set results: it only loads and saves, and loses them all. The proof is what the product
runs before the new file takes the old one's place.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.meter import ROOT, Run, interleaved, middle, note, own_peak, table, timed

OURS = "sheetgen, patch"
SMALL = "sheetgen, patch of one cell"
PROOF = "sheetgen, patch and proof"
OPENPYXL = "openpyxl, load and save"
APPENDED = 1_000
FORMULAS = (8, 9, 10, 11)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEADERS = ("编号", "姓名", "地区", "渠道", "品类", "数量", "单价", "折扣", "金额", "净额", "得分", "级别")


def compare(rows: int, times: int) -> dict[str, Any]:
    """Medians by contestant, interleaved."""
    with tempfile.TemporaryDirectory(prefix="sheetgen-bench-") as name:
        path = Path(name) / "book.xlsx"
        large_book(path, rows)
        jobs = {OURS: "patch", SMALL: "small", PROOF: "proof", OPENPYXL: "openpyxl"}
        runs = interleaved({who: partial(_child, job, path, rows) for who, job in jobs.items()}, times)
    return {"runs": {who: middle(measured) for who, measured in runs.items()}, "rows": rows, "times": times}


def _child(job: str, path: Path, rows: int) -> Run:
    command = [sys.executable, "-m", "benchmarks.patch", job, str(path), str(rows)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    facts = json.loads(done.stdout.splitlines()[-1])
    wall, cpu = facts.pop("timed")
    return Run(wall, cpu, facts.pop("peak"), facts)


def large_book(path: Path, rows: int) -> None:
    """A book with one table of ``rows`` rows, 4 columns formulas with results."""
    last = rows + 1
    columns = "".join(
        f'<tableColumn id="{n}" name="{name}">{_calculated(n - 1)}</tableColumn>'
        for n, name in enumerate(HEADERS, 1)
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    small = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
        f'<Override PartName="/xl/tables/table1.xml" ContentType="{kind}.table+xml"/></Types>',
        "_rels/.rels": _links(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="交易" sheetId="1" r:id="rId1"/></sheets><definedNames>'
        f'<definedName name="amounts">交易!$I$2:$I${last}</definedName></definedNames></workbook>',
        "xl/_rels/workbook.xml.rels": _links(("worksheet", "worksheets/sheet1.xml")),
        "xl/worksheets/_rels/sheet1.xml.rels": _links(("table", "../tables/table1.xml")),
        "xl/tables/table1.xml": f'<table xmlns="{MAIN}" id="1" name="tx" displayName="tx" ref="A1:L{last}">'
        f'<autoFilter ref="A1:L{last}"/><tableColumns count="12">{columns}</tableColumns></table>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in small.items():
            package.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>\n' + text)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=False) as part:
            for piece in _sheet(rows):
                part.write(piece.encode())


def _links(*links: tuple[str, str]) -> str:
    found = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(links, 1)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{found}</Relationships>'


def _calculated(col: int) -> str:
    return f"<calculatedColumnFormula>{formula(col, 2)}</calculatedColumnFormula>" if col in FORMULAS else ""


def formula(col: int, row: int) -> str:
    """The formula of a column in a row, as XML."""
    return {
        8: f"ROUND(F{row}*G{row},2)",
        9: f"ROUND(I{row}*(1-H{row}),2)",
        10: f"IF(J{row}&gt;1000,100,ROUND(J{row}/10,1))",
        11: f'IF(K{row}&gt;=80,"A级",IF(K{row}&gt;=50,"B级","C级"))',
    }[col]


def values(row: int) -> tuple[float, float, float, str]:
    """The results of a row's formulas."""
    amount = round((row % 17 + 1) * (row % 97 + 0.5), 2)
    net = round(amount * (1 - row % 4 / 20), 2)
    score = 100.0 if net > 1000 else round(net / 10, 1)
    return amount, net, score, "A级" if score >= 80 else "B级" if score >= 50 else "C级"


def _sheet(rows: int) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    yield f'<dimension ref="A1:L{rows + 1}"/><sheetData><row r="1">'
    for letter, name in zip("ABCDEFGHIJKL", HEADERS, strict=True):
        yield f'<c r="{letter}1" t="inlineStr"><is><t>{name}</t></is></c>'
    yield "</row>"
    for r in range(2, rows + 2):
        amount, net, score, tier = values(r)
        texts = (f"C{r:07}", f"客户{r}", "华东", "门店", "灯具")
        cells = [
            f'<c r="{letter}{r}" t="inlineStr"><is><t>{text}</t></is></c>'
            for letter, text in zip("ABCDE", texts, strict=True)
        ]
        numbers = (r % 17 + 1, r % 97 + 0.5, r % 4 / 20)
        cells += [f'<c r="{x}{r}"><v>{v}</v></c>' for x, v in zip("FGH", numbers, strict=True)]
        cells += [
            f'<c r="{x}{r}"><f>{formula(col, r)}</f><v>{v}</v></c>'
            for x, col, v in zip("IJK", FORMULAS, (amount, net, score), strict=False)
        ]
        cells.append(f'<c r="L{r}" t="str"><f>{formula(11, r)}</f><v>{tier}</v></c>')
        yield f'<row r="{r}">{"".join(cells)}</row>'
    yield f'</sheetData><conditionalFormatting sqref="K2:K{rows + 1}"><cfRule type="cellIs" priority="1" '
    yield 'operator="greaterThan"><formula>90</formula></cfRule></conditionalFormatting>'
    yield '<tableParts count="1"><tablePart r:id="rId1"/></tableParts></worksheet>'


def _edits(package: Any, rows: int) -> Any:
    """New results for all formulas, and 1,000 more rows."""
    from sheetgen.workbook.patch.edits import Append, Cached, Constant, Edits

    cells = {}
    for row in range(1, rows + 1):
        new = values(row + 5)
        cells[row] = {col: Cached(value) for col, value in zip(FORMULAS, new, strict=True)}
    more = []
    for row in range(rows + 2, rows + 2 + APPENDED):
        plain = (
            f"C{row:07}",
            f"客户{row}",
            "华东",
            "门店",
            "灯具",
            row % 17 + 1,
            row % 97 + 0.5,
            row % 4 / 20,
        )
        given: dict[int, Any] = {col: Constant(value) for col, value in enumerate(plain)}
        more.append(given | {c: Cached(v) for c, v in zip(FORMULAS, values(row), strict=True)})
    return Edits({"交易": cells}, append=[Append("交易", package.tables[0].area, more)])


def patch(path: str, rows: str, proof: bool = False) -> dict[str, Any]:
    """All new results and rows; from the file's bytes to the new file's bytes, edits included."""
    from sheetgen.ingest.package import look_through
    from sheetgen.workbook.patch.apply import apply
    from sheetgen.workbook.patch.package import open_package
    from sheetgen.workbook.patch.semantic import differences

    facts: dict[str, Any] = {}
    with timed(facts):
        package = open_package(Path(path).read_bytes(), lambda *_: None, path)
        edits = _edits(package, int(rows))
        out = apply(package, edits)
        if proof:
            found = differences(package, open_package(out, lambda *_: None, path), edits)
    if proof and found:
        raise SystemExit(f"the patch changed what it should not: {found[:3]}")
    look_through(path, out)
    return {**facts, "mb": len(out) / 1e6}


def small(path: str, rows: str) -> dict[str, Any]:
    """One new result."""
    from sheetgen.workbook.patch.apply import apply
    from sheetgen.workbook.patch.edits import Cached, Edits
    from sheetgen.workbook.patch.package import open_package

    facts: dict[str, Any] = {}
    with timed(facts):
        package = open_package(Path(path).read_bytes(), lambda *_: None, path)
        out = apply(package, Edits({"交易": {int(rows) // 2: {8: Cached(1.25)}}}))
    return {**facts, "mb": len(out) / 1e6}


def openpyxl(path: str, rows: str) -> dict[str, Any]:
    """Load and save."""
    import openpyxl as library

    facts: dict[str, Any] = {}
    with timed(facts):
        book = library.load_workbook(path)
        book.save(f"{path}.new.xlsx")
    return {**facts, "mb": Path(f"{path}.new.xlsx").stat().st_size / 1e6}


def ratios(found: dict[str, Any]) -> list[tuple[str, str]]:
    """The figures for the short table."""
    runs, ours = found["runs"], found["runs"][OURS]
    size = f"{found['rows']:,} x {len(HEADERS)}"
    return [
        (
            f"patch {size}: openpyxl load and save / sheetgen patch, CPU",
            f"{runs[OPENPYXL].cpu / ours.cpu:.1f}x",
        ),
        ("… peak memory", f"{runs[OPENPYXL].peak / ours.peak:.2f}x"),
        ("… with the proof, CPU", f"{runs[OPENPYXL].cpu / runs[PROOF].cpu:.1f}x"),
    ]


def report(found: dict[str, Any]) -> str:
    """The long table."""
    rows = [
        [who, f"{run.cpu:.2f}", f"{run.wall:.2f}", f"{run.peak:.0f}", f"{run.facts['mb']:.1f}"]
        for who, run in sorted(found["runs"].items(), key=lambda item: float(item[1].cpu))
    ]
    what = f"{4 * found['rows']:,} results and {APPENDED:,} rows in {found['rows']:,} x {len(HEADERS)}"
    title = f"### Patching {what} (median of {found['times']})"
    head = ("contestant", "CPU s", "wall s", "peak MB", "file MB")
    return "\n\n".join([title, table(head, rows), "openpyxl keeps no result of any formula."])


JOBS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "patch": patch,
    "proof": partial(patch, proof=True),
    "small": small,
    "openpyxl": openpyxl,
}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in JOBS:
        from sheetgen.memory import keep_freed_memory

        keep_freed_memory()  # as the command does
        answer = JOBS[sys.argv[1]](*sys.argv[2:4])
        print(json.dumps({**answer, "peak": own_peak()}))
    else:
        result = compare(int(sys.argv[1]) if sys.argv[1:] else 10_000, 1)
        note("")
        print(report(result))
        print("\n" + table(("figure", "ratio"), ratios(result)))
