"""Work on several things at once, on all cores, with the same result as one after the other."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Thing = TypeVar("Thing")
Result = TypeVar("Result")
MOST = 4  # things at once: each holds its rows in memory


def abreast(work: Callable[[Thing], Result], things: Iterable[Thing]) -> Iterator[Result]:
    """The result of each thing, in their order; a few are worked on at a time, the next is taken when one is done.

    Within each, sums are added by one thread, in one order: the same input gives the same bytes however many cores.
    """
    hands = max(1, min(MOST, os.cpu_count() or 1))
    with threadpool_limits(1), ThreadPoolExecutor(hands, initializer=partial(threadpool_limits, 1)) as pool:
        underway: deque[Future[Result]] = deque()
        for thing in things:
            underway.append(pool.submit(work, thing))
            if len(underway) > hands:
                yield underway.popleft().result()
        while underway:
            yield underway.popleft().result()
