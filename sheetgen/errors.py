"""What stops a run. Bad data is no error but an Issue; see model.py."""

from __future__ import annotations


class SheetgenError(Exception):
    """A run cannot go on. ``cli`` alone turns it into one plain line and ``exit_code``.

    ``key`` names the text in messages/, ``facts`` fill it. ``code`` is the public SG number, if there is one.
    """

    exit_code = 1

    def __init__(self, key: str, code: str = "", **facts: object) -> None:
        super().__init__(key)
        self.key = key
        self.code = code
        self.facts = facts


class UsageError(SheetgenError):
    """The command, the config or the scheme is wrong."""

    exit_code = 2


class InputError(SheetgenError):
    """An input cannot be read."""

    exit_code = 4


class ColumnsError(SheetgenError):
    """An input was read, but its columns are not recognised."""

    exit_code = 5


class ReconcileError(SheetgenError):
    """Rows or money do not add up; nothing was written."""

    exit_code = 6


class OutputBusyError(SheetgenError):
    """The output is open in another program."""

    exit_code = 10


class AnotherRunError(SheetgenError):
    """Another run holds the output folder."""

    exit_code = 11


class PasswordError(SheetgenError):
    """A file is protected and the password lacks or is wrong."""

    exit_code = 12


class DiskError(SheetgenError):
    """The disk is full or failed."""

    exit_code = 13
