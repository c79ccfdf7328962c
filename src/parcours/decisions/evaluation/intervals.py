"""How far an estimate may be off."""

from __future__ import annotations

from math import exp, factorial, log, sqrt

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.evaluation.log import Ints

Floats = NDArray[np.float64]
_DRAWS = 1000
_BLOCKS = 1000  # units are drawn in so many groups at most

# how often a unit is drawn: Poisson with mean 1, by one of 65,536 equal chances (a table is ten times as quick)
_OFTEN: Floats = np.searchsorted(
    np.cumsum([exp(-1) / factorial(n) for n in range(12)]), (np.arange(65_536) + 0.5) / 65_536
).astype(np.float64)


def resampled(terms: Floats, unit: Ints | None, seed: int) -> Floats:
    """The sums of `terms[n, m]` in samples drawn anew from the units, by Poisson weights: float64[draws, m]."""
    units = np.arange(len(terms)) if unit is None else np.unique(unit, return_inverse=True)[1]
    block = units % _BLOCKS
    blocks = int(block.max()) + 1
    sums = np.column_stack([np.bincount(block, column, blocks) for column in terms.T])
    drawn = _OFTEN[np.random.default_rng(seed).integers(0, 65_536, (_DRAWS, blocks), np.uint16)]
    return np.asarray(drawn[drawn.any(axis=1)] @ sums)


def between(values: Floats, level: float) -> tuple[float, float]:
    """The middle part of drawn values that is as large as the level."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bernstein(values: Floats, width: float, level: float) -> tuple[float, float]:
    """The empirical Bernstein interval of a mean of values that lie within so wide a range (Maurer and Pontil 2009)."""
    n, mean = len(values), float(values.mean())
    ends = log(4 / (1 - level))  # two sides, each by theorem 4 with half of the error
    reach = sqrt(2 * float(values.var(ddof=1)) * ends / n) + 7 * width * ends / (3 * (n - 1))
    return mean - reach, mean + reach
