"""A sequence made in a thread of its own, one item ahead: what zlib does leaves the interpreter to others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Iterator[T]:
    """``items``, the next of them made while one is worked on. Raises whatever making them does.

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
