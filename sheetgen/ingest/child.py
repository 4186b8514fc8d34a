"""The reader process, seen from here: asked, waited for, and buried when a file has killed it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sheetgen.errors import InputError, PasswordError
from sheetgen.ingest import wire

MEGABYTE: Final = 1024**2
LEAST_MEMORY: Final = 768 * MEGABYTE
MOST_MEMORY: Final = 4096 * MEGABYTE
LIBRARIES: Final = 1024 * MEGABYTE
LEAST_SECONDS: Final = 15
BYTES_A_SECOND: Final = 4 * MEGABYTE
"""of unpacked data, that the slowest machine still reads"""


@dataclass(frozen=True)
class Need:
    """What a job may use: bytes of address space, seconds."""

    memory: int
    seconds: int


def need(unpacked: int, cells: int = 0) -> Need:
    """What reading ``unpacked`` bytes, laid out as ``cells``, may use."""
    memory = LEAST_MEMORY + 8 * unpacked + 40 * cells
    return Need(min(memory, MOST_MEMORY), LEAST_SECONDS + unpacked // BYTES_A_SECOND)


def frame_need(size: int) -> Need:
    """What reading a Parquet, SPSS or SAS file of ``size`` bytes may use: its libraries map a gigabyte."""
    return Need(MOST_MEMORY + LIBRARIES, LEAST_SECONDS + 20 * size // BYTES_A_SECOND)


class Child:
    """One reader process for all files of a run, started when first needed, anew after a death.

    Typed files have a process of their own: their libraries map more memory than a workbook may use.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._typed: Child | None = None
        self._late = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if self._typed:
            self._typed.close()
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream:
                with suppress(OSError):
                    stream.close()
        process.wait()

    def start(self) -> None:
        """Start the process now, so that it is ready when it is asked."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = _spawn()

    def peak(self) -> float:
        """Megabytes that the process has held at most; 0 where the system does not tell."""
        typed = self._typed.peak() if self._typed else 0.0
        try:
            text = Path(f"/proc/{self._process.pid}/status").read_text() if self._process else ""
        except OSError:
            return typed
        found = next((int(x.split()[1]) / 1024 for x in text.splitlines() if x.startswith("VmHWM")), 0.0)
        return max(typed, found)

    def ask(self, job: str, path: str, data: bytes, needed: Need, **more: str) -> list[wire.Message]:
        """All answers to ``job`` on ``data``. Raises InputError (SG105, 106, 116), PasswordError (SG107)."""
        if job == "frame":
            self._typed = self._typed or Child()
            return self._typed._ask(job, path, data, needed, more)
        return self._ask(job, path, data, needed, more)

    def _ask(
        self, job: str, path: str, data: bytes, needed: Need, more: dict[str, str]
    ) -> list[wire.Message]:
        self.start()
        answers: list[wire.Message] = []
        process = self._process
        assert process is not None and process.stdin and process.stdout
        self._late = False
        clock = threading.Timer(needed.seconds, self._too_late, (process,))
        clock.daemon = True
        clock.start()
        limits = {"memory": needed.memory, "seconds": needed.seconds}
        last: dict[str, Any] | None = None
        try:
            with suppress(OSError):  # it died while it was asked: there will be no answer
                wire.send(process.stdin, {"job": job, **limits, **more}, [data])
            while last is None and (answer := wire.receive(process.stdout)):
                if "done" in answer[0] or "error" in answer[0]:
                    last = answer[0]
                else:
                    answers.append(answer)
        except (ValueError, OSError) as error:
            raise InputError("reader_died", "SG106", path=path) from error
        finally:
            clock.cancel()
            if last is None:
                self.close()
        if last is None:
            raise InputError("reader_slow" if self._late else "reader_died", "SG106", path=path)
        if "error" in last:
            raise refusal(path, last)
        return answers

    def _too_late(self, process: subprocess.Popen[bytes]) -> None:
        self._late = True
        process.kill()


def _spawn() -> subprocess.Popen[bytes]:
    # the same modules as here, wherever they come from; -P: nothing from the folder it happens to run in
    paths = os.pathsep.join(os.path.abspath(p) for p in sys.path if p) if sys.path else ""  # noqa: PTH100
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "sheetgen.ingest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def refusal(path: str, answer: dict[str, Any]) -> InputError | PasswordError:
    """What the reader could not do, as the error that stops the run."""
    reason = " ".join(str(answer.get("reason", "")).split())[:200]
    match answer["error"]:
        case "password":
            return PasswordError("file_encrypted", "SG107", path=path)
        case "wrong_password":
            return PasswordError("password_wrong", "SG107", path=path)
        case "memory":
            return InputError("reader_died", "SG106", path=path)
        case "unsupported":
            return InputError("file_old_excel", "SG116", path=path, reason=reason)
        case _:
            return InputError("file_damaged", "SG105", path=path, reason=reason or "-")
