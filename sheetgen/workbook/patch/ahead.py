"""Work in threads of its own: what zlib, numpy and pyarrow do leaves the interpreter to others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
from typing import Final, TypeVar

S = TypeVar("S")
T = TypeVar("T")
AT_ONCE: Final = 2
"""large sheets that are worked on at the same time: each more of them would need memory of its own"""


def ahead(items: Iterable[T]) -> Iterator[T]:
    """``items``, made in a thread, the next of them while one is worked on. Raises whatever making them does.

    Who draws no more of them need not wait: the collector may be what closes this, in any thread.
    """
    made: SimpleQueue[tuple[T, ...] | BaseException] = SimpleQueue()
    wanted: SimpleQueue[bool] = SimpleQueue()

    def make() -> None:
        try:
            for item in items:
                made.put((item,))
                if not wanted.get():
                    return
            made.put(())
        except BaseException as error:
            made.put(error)

    Thread(target=make, daemon=True).start()
    try:
        while found := made.get():
            if isinstance(found, BaseException):
                raise found
            wanted.put(True)
            yield found[0]
    finally:
        wanted.put(False)


def at_once(work: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """``work`` done to each item, AT_ONCE of them at a time; what comes of them, in their order. Raises
    whatever it does, for the first item first.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(work, items)
