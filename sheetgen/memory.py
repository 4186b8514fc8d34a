"""How the process treats memory it no longer needs: it keeps it, for a run asks for as much again at once.

Columns come and go by the dozen, a few megabytes each. Handing each back to the system, to have it mapped and
cleared anew, is a third of the cost of reading and cleaning a million rows (benchmarks/reading.py).
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
"""glibc's names for them, mallopt(3)"""
_LARGEST_MMAP_THRESHOLD: Final = 32 * 1024**2


def keep_freed_memory() -> None:
    """Call it before pandas and pyarrow are loaded. Does nothing where the allocator is another one."""
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "-1")  # pyarrow's own allocator reads it when it is loaded
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # no glibc, no mallopt
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
            mallopt(_TRIM_THRESHOLD, 2**31 - 1)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for cycles, which takes a tenth to half of the time where millions of small objects
    live, none of them in one.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def one_allocator() -> Iterator[None]:
    """pyarrow's arrays come from where all else does: what the one gives back, the other takes again."""
    import pyarrow as pa

    was = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(was)


def hand_back() -> None:
    """Give the system what is free, between two parts of a run that have little in common. Does nothing where
    the allocator is another one.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
