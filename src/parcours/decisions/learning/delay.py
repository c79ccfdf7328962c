"""How long rewards take, so that what was shown lately is not held to be a failure before its time.

Of what was shown an hour ago only the share F(age) of its rewards can have come. The success rate is the rewards over
the sum of shown times F(age): Vernade, Cappe and Perchet 2017, "Stochastic bandit models for delayed conversions",
section 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.learning.counts import Counts

Floats = NDArray[np.float64]
EDGES: Floats = np.concatenate([[0.0], np.geomspace(1 / 60, 24 * 120, 49)])  # hours: from a minute to 120 days
BUCKETS = len(EDGES) - 1
_PRIOR = 2.0  # rewards that the plain shape (as many in each bucket) is worth beside those seen
_MOST = 50.0  # a reward stands for so many at most that cannot have been seen yet


@dataclass(frozen=True)
class Delay:
    """The share of rewards that have come by an age in hours: `reached[b]` at `edges[b]`, straight lines between.

    After `within` hours a reward no longer counts, so by then all have come.
    """

    edges: Floats
    reached: Floats

    @property
    def within(self) -> float:
        """The age in hours from which on nothing more comes."""
        return float(self.edges[-1])

    def come(self, age: Floats) -> Floats:
        """F: the share of rewards that come within `age` hours."""
        return np.interp(age, self.edges, self.reached)

    def between(self, young: Floats, old: Floats) -> Floats:
        """The mean of F over ages from `young` to `old` hours: of what was shown at any time in an hour."""
        length = np.maximum(old - young, 1e-9)
        return np.clip((self._area(young + length) - self._area(young)) / length, 0.0, 1.0)

    def matured(self, hours: NDArray[np.int64], now: float, length: float = 1.0) -> Floats:
        """The share of its rewards that each hour can have had by `now` (in hours, with its fraction)."""
        starts = np.asarray(hours, np.float64)
        old = np.maximum(now - starts, 0.0)
        return self.between(np.maximum(now - starts - length, 0.0), old)

    def _area(self, age: Floats) -> Floats:
        """The integral of F from 0 to each age."""
        widths = np.diff(self.edges)
        at_edges = np.concatenate([[0.0], np.cumsum(widths * (self.reached[1:] + self.reached[:-1]) / 2)])
        at = np.clip(np.searchsorted(self.edges, age, side="right") - 1, 0, len(widths) - 1)
        inside = np.minimum(age, self.within) - self.edges[at]
        slope = (self.reached[at + 1] - self.reached[at]) / widths[at]
        area = at_edges[at] + self.reached[at] * inside + slope * inside**2 / 2
        return np.asarray(area + np.maximum(age - self.within, 0.0))


def at_once(within: float = 1.0) -> Delay:
    """Rewards that come with the decision: nothing waits."""
    return Delay(np.array([0.0, within]), np.array([1.0, 1.0]))


def bucket(delay: Floats) -> NDArray[np.int64]:
    """The bucket of `EDGES` that each delay (hours) is counted in; longer ones in the last."""
    return np.clip(np.searchsorted(EDGES, delay, side="right") - 1, 0, BUCKETS - 1).astype(np.int64)


def learn(histogram: Floats, within: float, *, old_enough: Floats | None = None) -> Delay:
    """The delays of rewards from how many came in each bucket of `EDGES`, cut at `within` hours.

    Where much was shown lately, the long delays cannot have been seen yet: `old_enough[b]` (see `exposure`) says how
    much of what was shown could have had a reward in each bucket, and the counts are divided by it (as in Horvitz and
    Thompson 1952). With few rewards the shape is drawn to a plain one, with as many rewards in each bucket.
    """
    inside = within > EDGES
    edges = np.concatenate([EDGES[inside], [within]])
    width = len(edges) - 1
    seen = np.asarray(histogram, np.float64)[:width].copy()
    share = np.ones(width) if old_enough is None else _share(old_enough[:width])
    mass = seen / np.maximum(share, 1 / _MOST) + _PRIOR / width
    reached = np.concatenate([[0.0], np.cumsum(mass)])
    return Delay(edges, reached / reached[-1])


def exposure(counts: Counts, now: float) -> Floats:
    """How much of all that was shown is old enough to have had a reward in each bucket of `EDGES`: float64[b]."""
    shown = counts.shown.sum(axis=0)
    ages = np.maximum(now - counts.hours - 0.5, 0.0)
    order = np.argsort(ages)
    older = np.concatenate([np.cumsum(shown[order][::-1])[::-1], [0.0]])
    middles = (EDGES[1:] + EDGES[:-1]) / 2
    return np.asarray(older[np.searchsorted(ages[order], middles)])


def _share(old_enough: Floats) -> Floats:
    most = old_enough.max(initial=0.0)
    return np.asarray(np.maximum(old_enough / most, 0.0)) if most > 0 else np.ones(len(old_enough))
