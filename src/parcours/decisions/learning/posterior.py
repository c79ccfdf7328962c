"""What is believed of each arm: how likely every success rate (or mean worth) is, after what was counted.

Arms are drawn to the mean of their slot, the more the less they were shown and the more alike the arms are (empirical
Bayes): the prior's mean is the slot's, its width is estimated by moments from how the arms differ (Kleinman 1973 for
rates; DerSimonian and Laird 1986 for means), itself drawn to arms that differ by half of the mean. Old hours count less
(`half_life`), young ones only as far as rewards can have come (`delay`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.learning.counts import Counts, decay
from parcours.decisions.learning.delay import Delay

Floats = NDArray[np.float64]
REACH = 8.25  # standard deviations: beyond every uniform number that `chance` gives
STEPS = 32  # points of a standard deviation
_POINTS: Floats = np.arange(-REACH * STEPS, REACH * STEPS + 1) / STEPS
_SPREAD = 0.25  # the square of half of the mean
_ARMS = 4.0  # arms that this assumption is worth beside those seen
_BOUNDS = (0.1, 1.0)
_REWARDS = 10.0  # rewards that the slot's variance is worth beside an arm's own
_CURVE = 384  # points of a density


@dataclass(frozen=True)
class Posterior:
    """The belief about every arm, as values at each standard normal score of `_POINTS`: `scores[k, points]`.

    Rates are held as log-odds (`rates`), where a beta distribution is nearly normal and straight lines between the
    points are within 0.001 of its quantiles; mean worths as they are. `mean` and `sd` are on the scale of values.
    """

    arms: tuple[str, ...]
    mean: Floats
    sd: Floats
    scores: Floats
    rates: bool
    shown: Floats
    rewarded: Floats

    def draw(self, u: Floats) -> Floats:
        """The score of each arm at each uniform number `u[n, k]`: in the order of values, and quicker to get."""
        from scipy.special import ndtri

        at = ndtri(u) * STEPS + REACH * STEPS
        below = at.astype(np.int64)
        flat = self._flat
        first = below + self._rows
        low = flat[first]
        return np.asarray(low + (flat[first + 1] - low) * (at - below))

    def quantile(self, u: Floats) -> Floats:
        """The value of each arm below which it lies with probability `u[n, k]`."""
        return self.values(self.draw(u))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Between which values each arm lies with this probability: (low[k], high[k])."""
        tails = np.array([[(1 - level) / 2], [(1 + level) / 2]])
        low, high = self.quantile(np.broadcast_to(tails, (2, len(self.arms))))
        return low, high

    def values(self, scores: Floats) -> Floats:
        """Success rates or mean worths from scores."""
        return np.asarray(1 / (1 + np.exp(-scores))) if self.rates else scores

    @cached_property
    def _flat(self) -> Floats:
        return np.ascontiguousarray(self.scores).ravel()

    @cached_property
    def _rows(self) -> NDArray[np.int64]:
        return np.arange(len(self.arms), dtype=np.int64) * len(_POINTS)


def of_rates(counts: Counts, *, now: float, delay: Delay, half_life: float | None = None) -> Posterior:
    """Beliefs about the share of decisions that are rewarded; `now` in hours since 1970, `half_life` in hours."""
    shown, rewarded, _, _ = _weighed(counts, now, delay, half_life)
    shown = np.maximum(shown, rewarded)
    a, b = prior_of_rates(shown, rewarded)
    return beta(counts.arms, a + rewarded, b + shown - rewarded, shown, rewarded)


def of_amounts(counts: Counts, *, now: float, delay: Delay, half_life: float | None = None) -> Posterior:
    """Beliefs about the mean worth of a decision (margin of what was shown, 0 without a reward)."""
    shown, rewarded, total, squares = _weighed(counts, now, delay, half_life)
    shown = np.maximum(shown, rewarded)
    variance = _variances(shown, rewarded, total, squares)
    middle, between = prior_of_amounts(shown, total, variance)
    weight = 1 / between + shown / variance
    mean = (middle / between + total / variance) / weight
    return normal(counts.arms, mean, np.sqrt(1 / weight), shown, rewarded)


def beta(arms: tuple[str, ...], a: Floats, b: Floats, shown: Floats, rewarded: Floats) -> Posterior:
    """Beliefs that are beta distributions with these parameters, each at least a third."""
    mean = a / (a + b)
    sd = np.sqrt(mean * (1 - mean) / (a + b + 1))
    return Posterior(arms, mean, sd, _log_odds(a, b), True, shown, rewarded)


def normal(arms: tuple[str, ...], mean: Floats, sd: Floats, shown: Floats, rewarded: Floats) -> Posterior:
    """Beliefs that are normal distributions."""
    return Posterior(arms, mean, sd, mean[:, None] + sd[:, None] * _POINTS, False, shown, rewarded)


def prior_of_rates(shown: Floats, rewarded: Floats) -> tuple[float, float]:
    """The beta distribution that the rates of a slot's arms come from: (a, b)."""
    p = (rewarded.sum() + 0.5) / (shown.sum() + 10.0)
    small = min(p, 1 - p)
    between = _between(rewarded / np.maximum(shown, 1e-9), p * (1 - p) / np.maximum(shown, 1e-9), shown)
    spread = _bounded(between / small**2, len(shown))
    size = max((1 - small) / (small * spread) - 1, 2.0)
    return float(p * size), float((1 - p) * size)


def prior_of_amounts(shown: Floats, total: Floats, variance: Floats) -> tuple[float, float]:
    """The normal distribution that the mean worths of a slot's arms come from: (mean, variance)."""
    number = shown.sum()
    middle = float(total.sum() / number) if number else 0.0
    size = middle**2 if middle else 1.0
    between = _between(total / np.maximum(shown, 1e-9), variance / np.maximum(shown, 1e-9), shown)
    return middle, size * _bounded(between / size, len(shown))


def _bounded(spread: float, arms: int) -> float:
    """The square of how far arms lie apart, relative to their mean, drawn to what is usual by few arms."""
    seen = max(arms - 1, 0)
    return float(np.clip((seen * spread + _ARMS * _SPREAD) / (seen + _ARMS), *_BOUNDS))


def _between(means: Floats, errors: Floats, shown: Floats) -> float:
    """The variance of arms that chance does not explain (DerSimonian and Laird 1986, equation 8)."""
    seen = shown > 0
    if seen.sum() < 2:
        return 0.0
    weight = 1 / np.maximum(errors[seen], 1e-300)
    weight /= weight.sum()
    middle = weight @ means[seen]
    excess = weight @ (means[seen] - middle) ** 2 - weight @ ((1 - weight) * errors[seen])
    return max(float(excess / (1 - weight @ weight)), 0.0) if weight.max() < 1 else 0.0


def _variances(shown: Floats, rewarded: Floats, total: Floats, squares: Floats) -> Floats:
    """The variance of a decision's worth, each arm's own drawn to the slot's until it has rewards enough to tell."""
    number = np.maximum(shown, 1e-9)
    own = np.maximum(squares / number - (total / number) ** 2, 0.0)
    all_shown = shown.sum()
    pooled = float((own * shown).sum() / all_shown) if all_shown else 0.0
    pooled = pooled if pooled > 0 else 1.0
    weight = rewarded / (rewarded + _REWARDS)
    return np.asarray(np.maximum(weight * own + (1 - weight) * pooled, 1e-3 * pooled))


def _weighed(counts: Counts, now: float, delay: Delay, half_life: float | None) -> tuple[Floats, ...]:
    """`shown` as far as rewards can have come, `rewarded`, `total`, `squares`: each decayed."""
    weight = decay(counts.hours + 0.5, now, half_life)
    shown = counts.shown @ (weight * delay.matured(counts.hours, now))
    return shown, *counts.sums(weight)[1:]


def _log_odds(a: Floats, b: Floats) -> Floats:
    """The quantiles of beta distributions in log-odds at the normal scores of `_POINTS`, by adding up the density.

    In log-odds x the density is exp(a x) / (1 + exp(x))^(a + b), up to a factor: its logarithm is concave and its tails
    are exponential, so that a few hundred points on either side of the mode hold all of it (relative error below 1e-4).
    """
    mode = np.log(a / b)
    width = np.sqrt(1 / a + 1 / b)
    x = mode[:, None] + _stretch(a, b, width)
    height = a[:, None] * x - (a + b)[:, None] * np.logaddexp(0.0, x)
    height -= height.max(axis=1, keepdims=True)
    return np.stack([_quantiles(*row) for row in zip(x, height)])


def _stretch(a: Floats, b: Floats, width: Floats) -> Floats:
    """Distances from the mode, close by it and wide in the tails, out to where e^-40 of the density is left."""
    way = np.linspace(-1.0, 1.0, _CURVE)
    left, right = 9.5 * width + 42 / a, 9.5 * width + 42 / b
    side = np.where(way < 0, left[:, None], right[:, None])
    near = 9.5 * width[:, None] / side
    return np.asarray(side * way * (near + (1 - near) * way**4))


def _quantiles(x: Floats, height: Floats) -> Floats:
    """Where the area under exp(height) reaches the probability of each normal score, from either side."""
    from scipy.special import log_ndtr

    steps = np.diff(x)
    low, high = height[:-1], height[1:]
    slope = high - low
    flat = np.abs(slope) < 1e-6
    safe = np.where(flat, 1.0, slope)
    area = steps * np.exp(low) * np.where(flat, 1 + slope / 2, np.expm1(safe) / safe)
    left = np.log(np.maximum(np.cumsum(area), 1e-300))
    right = np.log(np.maximum(np.cumsum(area[::-1]), 1e-300))
    half = len(_POINTS) // 2
    below = np.interp(log_ndtr(_POINTS[: half + 1]), left - left[-1], x[1:])
    above = np.interp(log_ndtr(-_POINTS[half + 1 :]), right - right[-1], x[:-1][::-1])
    return np.concatenate([below, above])
