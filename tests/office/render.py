"""Draws a workbook: LibreOffice makes a PDF, pdftoppm makes a PNG of each page.

``python -m tests.office.render book.xlsx outdir [dpi]``. Cached values are drawn as they stand. Hidden sheets
are not drawn.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .find import clean_environment, find_soffice, kill_group
from .office import OfficeDied, OfficeError

SECONDS = 300


def missing() -> str:
    """Why pages cannot be drawn here, or ``""``."""
    if find_soffice() is None:
        return "LibreOffice (soffice) is not installed"
    return "" if shutil.which("pdftoppm") else "pdftoppm is not installed (Debian: apt install poppler-utils)"


def render(xlsx: Path, folder: Path, dpi: int = 70, pages: int | None = None) -> list[Path]:
    """Draw the first ``pages`` pages (default: all) as ``<name>-<page>.png`` in ``folder``, and return them.

    Older pictures of the same workbook there are removed. Raises OfficeError.
    """
    reason = missing()
    if reason:
        raise OfficeError(reason)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sheetgen-render-", ignore_cleanup_errors=True) as temp:
        work = Path(temp)
        book = work / f"book{xlsx.suffix}"
        shutil.copyfile(xlsx, book)
        limit = f':calc_pdf_Export:{{"PageRange":{{"type":"string","value":"1-{pages}"}}}}' if pages else ""
        command = [str(find_soffice()), f"-env:UserInstallation={(work / 'profile').as_uri()}", "--headless"]
        command += [
            "--norestore",
            "--nologo",
            "--convert-to",
            f"pdf{limit}",
            "--outdir",
            str(work),
            str(book),
        ]
        said = _run(command)
        pdf = work / "book.pdf"
        if not pdf.is_file():
            raise OfficeError(f"LibreOffice made no PDF of {xlsx}: {said}")
        said = _run(["pdftoppm", "-r", str(dpi), "-png", str(pdf), str(work / "page")])
        drawn = sorted(work.glob("page-*.png"), key=lambda p: int(p.stem.rpartition("-")[2]))
        if not drawn:
            raise OfficeError(f"pdftoppm drew nothing of {xlsx}: {said}")
        for old in folder.glob(f"{xlsx.stem}-*.png"):
            if old.stem.rpartition("-")[2].isdecimal() and old.stem.rpartition("-")[0] == xlsx.stem:
                old.unlink()
        width = len(str(len(drawn)))
        return [
            Path(shutil.move(p, folder / f"{xlsx.stem}-{i:0{width}}.png")) for i, p in enumerate(drawn, 1)
        ]


def _run(command: list[str]) -> str:
    """Run to the end and return what it said; after SECONDS end it with all its children."""
    env = clean_environment() | {"SAL_USE_VCLPLUGIN": "svp", "LC_ALL": "C.UTF-8"}
    piped = subprocess.PIPE
    with subprocess.Popen(
        command, env=env, stdout=piped, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        try:
            return process.communicate(timeout=SECONDS)[0].decode("utf-8", "replace")[-800:]
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
            process.wait()
            raise OfficeDied(f"{command[0]}: no end within {SECONDS} s") from None


if __name__ == "__main__":
    for picture in render(
        Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 70
    ):
        print(picture)
