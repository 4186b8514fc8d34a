"""A finished file takes the old one's place, or nothing changes: never half a workbook, never a lost edit."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from sheetgen.errors import DiskError, InputError, OutputBusyError, UsageError
from sheetgen.inflate import inflated
from sheetgen.workbook.pack import Part, read_back

Seal = Callable[[bytes], bytes]
PIECE = 1 << 20
PARSE_UP_TO = 8 << 20
"""larger parts are counted, not parsed: their rows come from one compiled f-string"""
_TEMP = re.compile(r"\..+\.sheetgen-(\d+)\.tmp")
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EROFS)


def publish(
    out: Path,
    created: date,
    make: Callable[[IO[bytes]], str],
    seal: Seal | None = None,
) -> str:
    """Write ``out`` through a temporary file beside it.

    ``make`` writes the workbook, proves what then stands in the file (``prove``, ``verify``) and gives its
    digest, which is returned. With ``seal`` that happens in memory, and only what ``seal`` makes of the
    workbook is written.

    Raises OutputBusyError when another program holds ``out`` (the new file then lies beside, fact ``path``),
    DiskError when the disk is full or failed, UsageError when ``out`` cannot be a file.
    """
    if out.is_symlink() or (out.exists() and not out.is_file()):
        raise UsageError("output_not_a_file", path=str(out))
    if not out.parent.is_dir():
        raise UsageError("output_no_folder", path=str(out.parent))
    sweep(out.parent)
    temp = out.with_name(f".{out.name}.sheetgen-{os.getpid()}.tmp")
    try:
        with _opened(temp) as file:
            if seal is not None:
                plain = BytesIO()
                found = make(plain)
                file.write(seal(plain.getvalue()))
            else:
                found = make(file)
            file.flush()
            os.fsync(file.fileno())
        if out.exists():
            temp.chmod(out.stat().st_mode & 0o777)
        _replace(temp, out, created)
        return found
    except OSError as error:
        if error.errno in _DISK:
            key = "disk_failed" if error.errno == errno.EIO else "disk_full"
            raise DiskError(key, path=str(out), reason=error.strerror or "") from error
        if isinstance(error, PermissionError):
            raise UsageError("output_not_writable", path=str(out.parent)) from error
        raise
    finally:
        temp.unlink(missing_ok=True)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    with os.fdopen(handle, "w+b") as file:
        yield file


def _replace(temp: Path, out: Path, created: date) -> None:
    lock = open_elsewhere(out) if out.exists() else ""
    if not lock:
        try:
            temp.replace(out)
        except PermissionError:
            if not out.exists():
                raise
            lock = out.name
    if lock:
        beside = _free_name(out, created)
        temp.replace(beside)
        _sync_folder(out.parent)
        raise OutputBusyError("output_busy", output=str(out), path=str(beside), lock=lock)
    _sync_folder(out.parent)


def open_elsewhere(out: Path) -> str:
    """The name of the lock file of the program that has ``out`` open, or an empty string."""
    for lock in (f"~${out.name}", f".~lock.{out.name}#"):
        if os.path.lexists(out.with_name(lock)):
            return lock
    return ""


def _free_name(out: Path, created: date) -> Path:
    number, extra = 1, ""
    while (path := out.with_name(f"{out.stem}(新 {created}{extra}){out.suffix}")).exists():
        number += 1
        extra = f" {number}"
    return path


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what runs that were killed left in ``folder``."""
    for path in folder.glob(".*.sheetgen-*.tmp"):
        found = _TEMP.fullmatch(path.name)
        if found and not _alive(int(found[1])):
            with contextlib.suppress(OSError):
                path.unlink()


def _alive(pid: int) -> bool:
    if os.name != "posix":
        return pid == os.getpid()  # there a file that is in use cannot be removed anyway
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def prove(
    file: IO[bytes], parts: Sequence[Part], due: Mapping[str, int], rows: Mapping[str, int], path: Path
) -> str:
    """Read back what pack.py wrote to ``file``: every byte is the one written, the package opens and has all
    ``parts``, those of ordinary size are well-formed, and no row of ``due`` (by sheet) is missing.

    Returns its digest.

    Raises DiskError.
    """
    try:
        file.flush()
        read_back(file, parts)
        with ZipFile(file) as package:
            for part, info in zip(parts, package.infolist(), strict=True):
                found = rows.get(part.name, 0)
                if part.size <= PARSE_UP_TO:
                    with package.open(info) as opened:
                        found, content = _content(iter(partial(opened.read, PIECE), b""), True, True)
                    if content != part.sha256:
                        raise BadZipFile(part.name)
                if found != due.get(part.name, found):
                    raise BadZipFile(part.name)
    except (BadZipFile, zlib.error, expat.ExpatError, EOFError, ValueError) as error:
        raise DiskError("output_damaged", path=str(path), part=str(error)) from error
    return together({part.name: part.sha256 for part in parts})


def verify(
    file: IO[bytes], data: bytes, path: Path, ours: bool = True, sums: Mapping[str, str] | None = None
) -> str:
    """Read ``file`` back: it is ``data``, a package with right sums, well-formed where it is ``ours``.
    ``sums``: the sha256 of the content of parts that were inflated before, by name.

    Returns its digest.

    Raises DiskError.
    """
    contents = dict(sums or {})
    try:
        file.flush()
        file.seek(0)
        at = 0
        while piece := file.read(PIECE):
            if data[at : at + PIECE] != piece:
                raise BadZipFile(path.name)
            at += len(piece)
        if at != len(data):
            raise BadZipFile(path.name)
        with ZipFile(BytesIO(data)) as package:
            for info in package.infolist():
                if info.filename in contents:
                    continue
                pieces = inflated(str(path), info, data, known=True)
                _, contents[info.filename] = _content(pieces, ours and info.file_size <= PARSE_UP_TO, False)
    except (BadZipFile, InputError, expat.ExpatError) as error:
        raise DiskError("output_damaged", path=str(path), part=str(error)) from error
    return together(contents)


def _content(pieces: Iterable[bytes], parse: bool, count: bool) -> tuple[int, str]:
    """The rows of a part, if they are to be counted, and the sha256 of its content."""
    parser = expat.ParserCreate() if parse else None
    found, last, content = 0, b"", hashlib.sha256()
    for piece in pieces:
        content.update(piece)
        if count:
            found += piece.count(b"<row ") + (last + piece[:4]).count(b"<row ")
            last = piece[-4:]
        if parser:
            parser.Parse(piece)
    if parser:
        parser.Parse(b"", True)
    return found, content.hexdigest()


def digest(path: Path, unseal: Seal | None = None) -> str:
    """The sha256 of what ``path`` holds, however compressed: over its parts' names and contents, sorted."""
    contents: dict[str, str] = {}
    with ZipFile(BytesIO(unseal(path.read_bytes())) if unseal else path) as package:
        for name in package.namelist():
            with package.open(name) as part:
                contents[name] = hashlib.file_digest(part, "sha256").hexdigest()  # type: ignore[arg-type]
    return together(contents)


def together(contents: Mapping[str, str]) -> str:
    """The digest of a package by the sha256 of its parts' contents."""
    total = hashlib.sha256()
    for name, content in sorted(contents.items()):
        total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()


def keep_beside(path: Path) -> Path:
    """A copy of a book, or of a folder of them, beside it under a name that is free."""
    number = 1
    while (copy := path.with_name(f"{path.name}.bak{number if number > 1 else ''}")).exists():
        number += 1
    if path.is_dir():
        shutil.copytree(path, copy)
        return copy
    shutil.copy2(path, copy)
    with contextlib.suppress(OSError), copy.open("rb") as file:
        os.fsync(file.fileno())
    return copy
