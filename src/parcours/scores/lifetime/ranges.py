"""The range that holds nine times in ten: of buying days, and of the money they bring.

Given that a customer is still one, buying days scatter as a negative binomial (a gamma rate known from so many
purchases: BG/NBD's own view); who has left buys nothing. How wide that negative binomial is, is set on held-back time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaincinv, gammaln, xlogy

from parcours.scores.lifetime.model import Numbers
from parcours.scores.lifetime.spend import SpendModel

LOW, HIGH = 0.05, 0.95
_WIDTHS = np.geomspace(0.05, 20, 25)
_STEP = 0.01  # customers nearer to each other than this share (in the logarithm) are told the same range
_LEAST = 1e-9


@dataclass(frozen=True)
class Scatter:
    """How buying days scatter around what is expected: `width` times (r + purchases) is the negative binomial's size.

    `leaves` says whether the chance of having left counts, or the expected number alone.
    """

    r: float
    width: float
    leaves: bool

    def size(self, repeats: Numbers) -> Numbers:
        """The size of each customer's negative binomial: the larger, the narrower."""
        return np.asarray(self.width * (self.r + repeats))

    def stays(self, alive: Numbers) -> Numbers:
        """The probability that each is still a customer, as far as it counts."""
        return np.clip(alive, 1e-3, 1) if self.leaves else np.ones_like(alive)


def learn_scatter(r: float, repeats: Numbers, alive: Numbers, expected: Numbers, actual: Numbers) -> Scatter:
    """The scatter under which what came on held-back time is most probable."""
    tried = [Scatter(r, float(width), leaves) for leaves in (True, False) for width in _WIDTHS]
    return max(tried, key=lambda scatter: _log_likelihood(scatter, repeats, alive, expected, actual))


def _log_likelihood(scatter: Scatter, repeats: Numbers, alive: Numbers, expected: Numbers, actual: Numbers) -> float:
    size, stays = scatter.size(repeats), scatter.stays(alive)
    mean = np.maximum(expected, _LEAST) / stays
    log_p = gammaln(size + actual) - gammaln(size) - gammaln(actual + 1)
    log_p += size * np.log(size / (size + mean)) + xlogy(actual, mean / (size + mean))
    gone = np.where(actual == 0, 1 - stays, 0)
    return float(np.log(np.maximum(gone + stays * np.exp(log_p), 1e-300)).sum())


def order_range(scatter: Scatter, repeats: Numbers, alive: Numbers, expected: Numbers) -> tuple[Numbers, Numbers]:
    """The lowest and highest number of buying days, each passed one time in twenty."""
    stays, size = scatter.stays(alive), scatter.size(repeats)
    near = np.column_stack([np.round(np.log(np.maximum(values, _LEAST)) / _STEP) for values in (expected, size, stays)])
    once, where = _once(near)
    values = np.exp(once * _STEP)
    low, high = (_quantile(at, *values.T)[where] for at in (LOW, HIGH))
    return low, high


def _once(rows: Numbers) -> tuple[Numbers, NDArray[np.intp]]:
    """The rows that differ, and where each is among them."""
    packed = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        low = column.min() if len(column) else 0
        packed = packed * int(np.ptp(column) + 1 if len(column) else 1) + (column - low).astype(np.int64)
    _, first, where = np.unique(packed, return_index=True, return_inverse=True)
    return rows[first], where


def _quantile(at: float, expected: Numbers, size: Numbers, stays: Numbers) -> Numbers:
    """The least number whose cumulated probability reaches `at`, by halving."""
    stays = np.minimum(stays, 1)
    mean = expected / stays
    p = size / (size + mean)
    needed = (at - (1 - stays)) / stays
    low = np.full(len(mean), -1.0)
    high = np.ceil(mean + 1)
    while np.any(short := betainc(size, high + 1, p) < needed):
        high = np.where(short, 2 * high, high)
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        reached = (betainc(size, middle + 1, p) >= needed) & (middle > low)
        low, high = np.where(reached, low, np.maximum(middle, low)), np.where(reached, middle, high)
    return high


def money_range(
    scatter: Scatter, repeats: Numbers, alive: Numbers, expected: Numbers, *, spend: SpendModel, mean: Numbers,
    amount: Numbers,
) -> tuple[Numbers, Numbers]:  # fmt: skip
    """The lowest and highest money, each passed one time in twenty: nothing at all, or else a gamma of the same spread.

    `mean` is what each spent on a buying day until now, `amount` what is expected of the next ones.
    """
    size, stays, expected = scatter.size(repeats), scatter.stays(alive), np.maximum(expected, _LEAST)
    rate = expected / stays
    nothing = (1 - stays) + stays * (size / (size + rate)) ** size
    squared = stays * (rate + rate**2 * (1 + 1 / size))
    around, own = spend.spread(repeats + 1, mean)
    # in units of what a day is expected to bring
    of_days = squared - expected**2
    second = expected * around + of_days * (1 + own) + expected**2 * (1 + own)
    something = np.maximum(1 - nothing, _LEAST)
    first = expected / something
    variance = np.maximum(second / something - first**2, _LEAST * first**2)
    shape, scale = first**2 / variance, variance / first
    found = []
    for at in (LOW, HIGH):
        share = np.clip((at - nothing) / something, 0, 1)
        found.append(amount * np.where(share > 0, gammaincinv(shape, share) * scale, 0))
    return found[0], found[1]
