"""How much a key may send: a bucket that fills evenly, up to a burst, and that each message takes from."""

from __future__ import annotations

import math


class Pace:
    """The buckets of all keys; `now` is in seconds of any clock that only goes forward."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._left: dict[str, tuple[float, float]] = {}  # what was left, and when

    def wait(self, key: str, count: int, *, now: float) -> int:
        """Takes for so many messages and gives 0; else the whole seconds after which there is enough.

        More than a burst at once is let through by a full bucket, which then owes the rest.
        """
        left, since = self._left.get(key, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        if left < min(count, self._burst):
            self._left[key] = left, now
            return max(1, math.ceil((min(count, self._burst) - left) / self._per_second))
        self._left[key] = left - count, now
        return 0
