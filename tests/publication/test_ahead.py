"""What comes next is made while what came before is being used."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from parcours.publication.ahead import ahead


def test_things_come_in_their_order_and_nothing_is_an_end() -> None:
    assert list(ahead([3, None, 1, 2], 2)) == [3, None, 1, 2]
    assert list(ahead([], 2)) == []


def test_no_more_is_made_before_it_is_asked_for() -> None:
    made: list[int] = []
    third = threading.Event()

    def source() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            if number == 2:
                third.set()
            yield number

    things = ahead(source(), 2)
    assert next(things) == 0
    assert third.wait(10)
    things.close()
    assert made == [0, 1, 2]


def test_a_fault_comes_to_who_asks_and_the_source_is_closed() -> None:
    closed: list[bool] = []

    def source() -> Iterator[int]:
        try:
            yield 1
            raise ValueError("broken")
        finally:
            closed.append(True)

    things = ahead(source(), 1)
    assert next(things) == 1
    with pytest.raises(ValueError, match="broken"):
        next(things)
    whole = ahead(source(), 1)
    next(whole)
    whole.close()
    assert closed == [True, True]
