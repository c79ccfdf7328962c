"""What was counted of each arm, hour by hour: enough to learn from, whatever decay and delay are asked for later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
COLUMNS = ("shown", "rewarded", "total", "squares")
HALF_LIVES = 10  # beyond so many, hours are kept as one


@dataclass(frozen=True)
class Counts:
    """Sums of each arm (rows) and hour (columns, rising): all of them float64[k, h].

    `hours` number the hours since 1970-01-01 in UTC. `shown` are decisions, `rewarded` those that had a reward (told in
    the hour of the decision, not of the reward), `total` what the rewards were worth and `squares` the sum of its
    squares.
    """

    arms: tuple[str, ...]
    hours: Ints
    shown: Floats
    rewarded: Floats
    total: Floats
    squares: Floats

    def __add__(self, other: Counts) -> Counts:
        """Both together: of all arms (ours first, in our order) and all hours of either."""
        arms = tuple(dict.fromkeys((*self.arms, *other.arms)))
        hours = np.union1d(self.hours, other.hours).astype(np.int64)
        return _laid((self, other), arms, hours)

    def of(self, arms: Sequence[str]) -> Counts:
        """The same for these arms in this order; an arm never counted has zeros."""
        return _laid((self,), tuple(arms), self.hours)

    def sums(self, weights: Floats | None = None) -> tuple[Floats, Floats, Floats, Floats]:
        """`shown`, `rewarded`, `total` and `squares` of each arm over all hours, hours weighed by `weights[h]`."""
        by = np.ones(len(self.hours)) if weights is None else weights
        return self.shown @ by, self.rewarded @ by, self.total @ by, self.squares @ by

    def bounded(self, now: float, half_life: float | None, keep: float | None = None) -> Counts:
        """The same in so many hours at most: older ones are one column, already decayed to where the kept ones begin.

        What is decayed twice is decayed rightly (the decay is exponential), so that learning from it gives the same as
        from all hours, as long as `keep` is longer than rewards may take. Default: ten half-lives, or all without one.
        """
        keep = keep if keep is not None else HALF_LIVES * half_life if half_life else None
        if keep is None or not len(self.hours) or self.hours[0] >= int(now - keep):
            return self
        first = int(now - keep)
        old = self.hours < first
        weight = decay(self.hours[old] + 0.5, first + 0.5, half_life)
        hours = np.union1d(self.hours[~old], [first]).astype(np.int64)
        kept = _laid((self,), self.arms, hours)
        for name in COLUMNS:
            getattr(kept, name)[:, 0] += getattr(self, name)[:, old] @ weight
        return kept


def decay(hours: NDArray[Any], now: float, half_life: float | None) -> Floats:
    """What hours still count for: half as much after each half-life, all of it without one."""
    if half_life is None:
        return np.ones(len(hours))
    return np.asarray(np.exp2(-np.maximum(now - hours, 0.0) / half_life))


def none(arms: Sequence[str]) -> Counts:
    """Nothing counted yet."""
    empty = [np.zeros((len(arms), 0)) for _ in COLUMNS]
    return Counts(tuple(arms), np.zeros(0, np.int64), *empty)


def counted(arms: Sequence[str], rows: Iterable[tuple[str, int, float, float, float, float]]) -> Counts:
    """Counts from rows of (arm, hour, shown, rewarded, total, squares); several rows of a cell are added.

    Rows of arms that are not among `arms` are left out: they may not be chosen any more.
    """
    place = {arm: n for n, arm in enumerate(arms)}
    known = [(place[arm], *numbers) for arm, *numbers in rows if arm in place]
    if not known:
        return none(arms)
    table = np.array(known, np.float64)
    hours, column = np.unique(table[:, 1].astype(np.int64), return_inverse=True)
    cells = table[:, 0].astype(np.int64) * len(hours) + column
    shape = (len(place), len(hours))
    sums = [np.bincount(cells, table[:, n], shape[0] * shape[1]).reshape(shape).astype(np.float64) for n in range(2, 6)]
    return Counts(tuple(arms), hours, *sums)


def _laid(parts: Sequence[Counts], arms: tuple[str, ...], hours: Ints) -> Counts:
    """The parts added up in a table of these arms and hours; what has no place there is left out."""
    place = {arm: n for n, arm in enumerate(arms)}
    sums = [np.zeros((len(arms), len(hours))) for _ in COLUMNS]
    for part in parts:
        mine = np.array([n for n, arm in enumerate(part.arms) if arm in place], np.int64)
        rows = np.array([place[part.arms[n]] for n in mine], np.int64)
        there = np.isin(part.hours, hours)
        cells = np.ix_(rows, np.searchsorted(hours, part.hours[there]))
        for into, name in zip(sums, COLUMNS):
            into[cells] += getattr(part, name)[mine][:, there]
    return Counts(arms, hours, *sums)
