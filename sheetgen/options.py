"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[
    list[str] | None, typer.Argument(help="Folder, files, database URLs with #table; told by their headers")
]
Out = Annotated[Path, typer.Option("-o", "--out", help="The workbook to write (.xlsx)")]
KindFiles = Annotated[list[str] | None, typer.Option(help="File of this kind")]
SchemeNames = Annotated[
    list[str] | None,
    typer.Option(
        "--scheme",
        help="Scheme id or path of a scheme.yml (default vip-abc); of several the first leads",
        show_default=False,
    ),
]
Language = Annotated[str, typer.Option("--lang", help="Language of the book and of the messages: zh or en")]
Copies = Annotated[
    list[Path] | None, typer.Argument(help="Further edited copies of the book, merged into the first one")
]
OpensWith = Annotated[Path | None, typer.Option(help="Open encrypted files: the password is its first line")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say everything")]
MapPairs = Annotated[list[str] | None, typer.Option("--map", help="our_field=their header")]
ConfigFile = Annotated[
    Path | None, typer.Option(help="What was decided once for all; default: ./sheetgen.yml, if there")
]
Strict = Annotated[bool, typer.Option("--strict", help="Rows held back are a failure without output")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do all but write")]
NoInput = Annotated[bool, typer.Option("--no-input", help="Never ask (no command does)")]
