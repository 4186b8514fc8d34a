"""What is done in threads comes in order, raises where it is drawn, waits for nobody who draws no more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from threading import Barrier

import pytest

from sheetgen.workbook.patch.ahead import AT_ONCE, ahead, at_once


def test_items_are_the_same_and_in_order() -> None:
    assert list(ahead(iter(range(1_000)))) == list(range(1_000))
    assert list(ahead([])) == []
    assert list(at_once(lambda n: n * n, range(100))) == [n * n for n in range(100)]


def test_the_next_item_is_made_while_one_is_worked_on() -> None:
    both = Barrier(2, timeout=20)

    def items() -> Iterator[int]:
        yield 1
        both.wait()  # passes only while somebody holds the first one
        yield 2

    found = ahead(items())
    assert next(found) == 1
    both.wait()
    assert list(found) == [2]


def test_some_are_worked_on_at_the_same_time() -> None:
    together = Barrier(AT_ONCE, timeout=20)
    assert list(at_once(lambda n: (together.wait(), n)[1], range(AT_ONCE))) == list(range(AT_ONCE))


def test_what_goes_wrong_is_raised_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("second")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(ValueError, match="second"):
        next(found)

    def work(n: int) -> int:
        if n:
            raise ValueError(n)
        return n

    done = at_once(work, [0, 1, 2])
    assert next(done) == 0
    with pytest.raises(ValueError, match="1"):
        next(done)


def test_a_thread_ends_when_nobody_draws_any_more() -> None:
    before = threading.active_count()
    made = []

    def items() -> Iterator[int]:
        for n in range(1_000_000):
            made.append(n)
            yield n

    found = ahead(items())
    assert [next(found), next(found)] == [0, 1]
    found.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(20)
    assert threading.active_count() <= before
    assert len(made) <= 4
