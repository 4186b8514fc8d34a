"""LibreOffice as a test sees it: open a workbook, recalculate, edit it as staff would, read it back."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from .find import clean_environment, find_python, find_soffice, kill_group, missing
from .values import CellError, Sheets, Value, column_name, position

AGENT = Path(__file__).with_name("agent.py")
START_SECONDS = 120
STOP_SECONDS = 25
SPREADSHEET_ZERO = date(1899, 12, 30)

Input = float | str | bool | date | None
"""what can be put into a cell: text that starts with ``=`` is a formula in Excel's English A1 syntax"""


class OfficeError(Exception):
    """A command failed; LibreOffice still runs."""


class OfficeDied(OfficeError):  # noqa: N818
    """LibreOffice crashed or did not answer in time. The next ``open`` starts a new one."""


class Office:
    """One LibreOffice with a private profile and at most one open workbook, a copy: the file stays as it is.

    Started at the first ``open``. Rows count from 1 and cells are ``B3``, as staff see them. ``timeout``: the
    seconds a command may take before LibreOffice is ended and OfficeDied raised. ``pid`` leads its processes.
    """

    def __init__(self, timeout: float = 300) -> None:
        self.timeout = timeout
        self._folder = Path(tempfile.mkdtemp(prefix="sheetgen-office-"))
        self._agent: subprocess.Popen[str] | None = None
        self._replies: queue.Queue[str] = queue.Queue()
        self.pid = 0
        self._runs = 0

    def __enter__(self) -> Office:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.quit()

    def open(self, path: Path, password: str = "") -> list[str]:
        """Open a copy of the workbook in place of the one open before. Returns all sheet names.

        Nothing is recalculated: what is read now are the cached values. (Formulas without one are computed.)
        """
        self._start()
        work = self._folder / "work"
        shutil.rmtree(work, ignore_errors=True)  # the copy's lock file too, else a later load gives nothing
        work.mkdir()
        copy = work / f"book{path.suffix}"
        shutil.copyfile(path, copy)
        return [s["name"] for s in self._ask("open", path=str(copy), password=password)]

    def close(self) -> None:
        """Close the workbook without saving."""
        self._ask("close")

    def hidden(self) -> list[str]:
        """The names of the hidden sheets."""
        return [s["name"] for s in self._ask("sheets") if not s["visible"]]

    def recalc(self) -> float:
        """Recalculate every formula, dirty or not. Returns the seconds it took."""
        return float(self._ask("recalc"))

    def read(self, sheet: str, where: str | None = None, bools: bool = True) -> list[list[Value]]:
        """The values of a range (``B2:D9``), or of all from A1 to the last cell that is not empty.

        Without ``bools`` a TRUE reads as 1.0: telling them apart costs a round trip a cell.
        """
        rows = self._ask("read", sheet=sheet, where=where, bools=bools)["rows"]
        return [[_value(v) for v in row] for row in rows]

    def cell(self, sheet: str, cell: str) -> Value:
        """The value of one cell."""
        return self.read(sheet, cell)[0][0]

    def read_all(self, bools: bool = True) -> Sheets:
        """Every cell that is not empty, of all sheets, hidden ones too."""
        result: Sheets = {}
        for sheet in self._ask("sheets"):
            cells = result.setdefault(sheet["name"], {})
            names: list[str] = []
            for number, row in enumerate(self.read(sheet["name"], bools=bools), 1):
                names = names or [column_name(i) for i in range(len(row))]
                cells.update({f"{names[i]}{number}": v for i, v in enumerate(row) if v is not None})
        return result

    def formulas(self, sheet: str, where: str, excel: bool = False) -> list[list[str]]:
        """The formula texts with ``=`` (``{=...}`` for arrays); constants as text, ``""`` for empty cells.

        In LibreOffice's own syntax (``;``, ``$Sheet.A1``), or Excel's, which takes a round trip a cell.
        """
        texts: list[list[str]] = self._ask("formulas", sheet=sheet, where=where, excel=excel)
        return texts

    def set(self, sheet: str, cell: str, value: Input) -> None:
        """Type into a cell. What depends on it is recalculated, and nothing else."""
        self.set_many(sheet, {cell: value})

    def set_many(self, sheet: str, cells: Mapping[str, Input]) -> None:
        """Type into many cells, with one recalculation of what depends on them at the end."""
        self._ask("set_many", sheet=sheet, cells=[[k, _wire(v)] for k, v in cells.items()])

    def fill(self, sheet: str, cell: str, rows: Sequence[Sequence[float | str | None]]) -> None:
        """Paste values from ``cell`` on: numbers (dates too, as serial days), texts, None for empty."""
        row, column = position(cell)
        self._ask("fill", sheet=sheet, row=row, column=column, rows=[list(line) for line in rows])

    def insert_row(self, sheet: str, row: int, count: int = 1) -> None:
        """Insert empty rows above ``row``."""
        self._ask("insert_rows", sheet=sheet, row=row - 1, count=count)

    def delete_row(self, sheet: str, row: int, count: int = 1) -> None:
        """Delete whole rows from ``row`` on."""
        self._ask("delete_rows", sheet=sheet, row=row - 1, count=count)

    def clear(self, sheet: str, where: str) -> None:
        """Delete the contents of a range, not its formats."""
        self._ask("clear", sheet=sheet, where=where)

    def sort(
        self,
        sheet: str,
        where: str,
        key: int | Sequence[tuple[int, bool]],
        ascending: bool = True,
        header: bool = False,
    ) -> None:
        """Sort the rows of a range by column ``key`` (0: its first), or by several (column, ascending)."""
        keys = [(key, ascending)] if isinstance(key, int) else list(key)
        self._ask("sort", sheet=sheet, where=where, keys=keys, header=header)

    def hide(self, sheet: str, rows: Sequence[int] = (), columns: Sequence[int] = ()) -> None:
        """Hide rows (from 1) and columns (from 0)."""
        self._ask("hide", sheet=sheet, rows=[row - 1 for row in rows], columns=list(columns))

    def filter(self, sheet: str, where: str, column: int, text: str) -> None:
        """Show only the rows of a range with a header whose column (0: its first) says ``text``."""
        self._ask("filter", sheet=sheet, where=where, column=column, text=text)

    def merge(self, sheet: str, where: str) -> None:
        """Merge cells into one."""
        self._ask("merge", sheet=sheet, where=where)

    def paint(self, sheet: str, where: str, color: int) -> None:
        """Another background, and large bold letters."""
        self._ask("paint", sheet=sheet, where=where, color=color)

    def add_sheet(self, sheet: str, position: int) -> None:
        """A new sheet, at that place (from 0) among the tabs."""
        self._ask("add_sheet", sheet=sheet, position=position)

    def add_chart(self, sheet: str, name: str, data: str) -> None:
        """A chart of a range that has headers."""
        self._ask("add_chart", sheet=sheet, name=name, data=data)

    def rename_sheet(self, sheet: str, name: str) -> None:
        """Give a sheet another name."""
        self._ask("rename_sheet", sheet=sheet, name=name)

    def delete_sheet(self, sheet: str) -> None:
        """Delete a sheet; formulas that point at it become errors."""
        self._ask("delete_sheet", sheet=sheet)

    def comment(self, sheet: str, cell: str, text: str) -> None:
        """Add a comment to a cell."""
        self._ask("comment", sheet=sheet, cell=cell, text=text)

    def delete_column(self, sheet: str, column: int) -> None:
        """Delete a whole column (from 0)."""
        self._ask("delete_column", sheet=sheet, column=column)

    def move_column(self, sheet: str, column: int, before: int) -> None:
        """Cut a whole column (from 0) and insert it before another; formulas follow."""
        self._ask("move_column", sheet=sheet, column=column, before=before)

    def set_active(self, sheet: str) -> None:
        """Bring a sheet to the front."""
        self._ask("set_active", sheet=sheet)

    def active(self) -> str:
        """The sheet in front."""
        return str(self._ask("active"))

    def save_as(self, path: Path) -> Path:
        """Save as .xlsx the way LibreOffice writes it. The open workbook stays the one it was."""
        saved = self._folder / "work" / "saved.xlsx"
        self._ask("save_as", path=str(saved))
        shutil.move(saved, path)
        return path

    def quit(self) -> None:
        """End LibreOffice and delete its profile."""
        if self._agent is not None and self._agent.poll() is None:
            with suppress(OfficeError):
                self._ask("quit", timeout=STOP_SECONDS)
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        if self._agent is not None and self._agent.poll() is None:
            return
        reason = missing()
        if reason:
            raise OfficeError(reason)
        self._stop()
        self._runs += 1
        profile = self._folder / f"profile{self._runs}"
        profile.mkdir(parents=True)
        with (profile / "agent.log").open("ab") as log:
            self._agent = subprocess.Popen(
                [str(find_python()), "-s", str(AGENT), str(find_soffice()), str(profile)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env=clean_environment(),
            )
        self._replies = queue.Queue()
        threading.Thread(target=_collect, args=(self._agent, self._replies), daemon=True).start()
        self.pid = self._result("start", START_SECONDS)["pid"]

    def _ask(self, command: str, timeout: float | None = None, **arguments: object) -> Any:
        if self._agent is None or self._agent.stdin is None or self._agent.poll() is not None:
            raise OfficeDied(f"{command}: LibreOffice is not running; open a workbook first")
        try:
            self._agent.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
            self._agent.stdin.flush()
        except OSError as error:
            self._stop()
            raise OfficeDied(f"{command}: {error}") from error
        return self._result(command, self.timeout if timeout is None else timeout)

    def _result(self, command: str, timeout: float) -> Any:
        try:
            line = self._replies.get(timeout=timeout)
        except queue.Empty:
            self._stop()
            raise OfficeDied(f"{command}: no answer within {timeout:g} s") from None
        reply = json.loads(line) if line else {"error": f"ended: {self._log()}", "dead": True}
        if "ok" in reply:
            return reply["ok"]
        if reply["dead"]:
            self._stop()
            raise OfficeDied(f"{command}: {reply['error']}")
        raise OfficeError(f"{command}: {reply['error']}")

    def _log(self) -> str:
        with suppress(OSError):
            return (self._folder / f"profile{self._runs}" / "agent.log").read_text("utf-8", "replace")[-1500:]
        return ""

    def _stop(self) -> None:
        """End the agent and, if it did not, LibreOffice."""
        agent, self._agent = self._agent, None
        if agent is None:
            return
        with suppress(OSError):
            if agent.stdin is not None:
                agent.stdin.close()  # the agent's listener kills LibreOffice
        try:
            agent.wait(10)
        except subprocess.TimeoutExpired:
            agent.kill()
            agent.wait(10)
        if self.pid:
            kill_group(self.pid)
            self.pid = 0


def _collect(agent: subprocess.Popen[str], replies: queue.Queue[str]) -> None:
    """Move the agent's lines into the queue; an empty line says that it has ended."""
    if agent.stdout is not None:
        for line in agent.stdout:
            replies.put(line)
    replies.put("")


def _value(wire: Any) -> Value:
    if isinstance(wire, dict):
        return CellError(str(wire["error"]))
    if wire is None or isinstance(wire, str | bool):
        return wire
    return float(wire)


def _wire(value: Input) -> object:
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return {"date": (value.date() - SPREADSHEET_ZERO).days + seconds / 86400}
    if isinstance(value, date):
        return {"date": float((value - SPREADSHEET_ZERO).days)}
    return value
