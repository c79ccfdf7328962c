"""Makes what comes next while what came before is being used."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


def ahead(made: Iterable[Made], most: int) -> Generator[Made, None, None]:
    """The same things in the same order, up to `most` of them made in a thread before they are asked for.

    Close it (or use it up): nothing more is made then.
    """
    source = iter(made)
    end = object()
    with ThreadPoolExecutor(1) as pool:
        coming = deque(pool.submit(next, source, end) for _ in range(most))
        try:
            while (one := coming.popleft().result()) is not end:
                coming.append(pool.submit(next, source, end))
                yield one  # type: ignore[misc]
                del one
        finally:
            pool.shutdown(cancel_futures=True)
            if isinstance(source, Generator):
                source.close()
