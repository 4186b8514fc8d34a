"""zlib, or isal in its place where it is installed: the same bytes inflated in a third of the time.

``SHEETGEN_DEFLATE`` may ask for ``zlib``, or for one level of it.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, Final

ASKED: Final = "SHEETGEN_DEFLATE"
Crc = Callable[[bytes | memoryview, int], int]


def isal() -> Any:
    """The module ``isal_zlib`` where it is installed and not declined, else None."""
    return _installed() if os.environ.get(ASKED) in (None, "", "isal") else None


def crc32() -> Crc:
    """The CRC-32 of bytes that come after those of another one."""
    found: Crc = getattr(isal(), "crc32", zlib.crc32)
    return found


def inflater(known: bool = False) -> tuple[Any, type[Exception]]:
    """A raw inflater, and what it raises. ``known``: zlib has inflated the very bytes before; isal, which
    fewer eyes have looked at, gets no others.
    """
    if known and (found := isal()):
        return found.decompressobj(-15), found.error
    return zlib.decompressobj(-15), zlib.error


@cache
def _installed() -> Any:
    with suppress(ImportError):
        from isal import isal_zlib

        return isal_zlib
    return None
