"""Arms whose success hangs on who is shown them: a linear model an arm, with a ridge.

Thompson sampling for linear payoffs (Agrawal and Goyal 2013, algorithm 1, with a model for each arm) and, as the other
choice, LinUCB (Li, Chu, Langford and Schapire 2010, algorithm 1). Arms are drawn to one model of all arms together, so
that a new arm starts from what features do in general. A draw of an arm's weights matters only through what it says of
the person at hand, which is a normal distribution: one uniform number for a person and arm is enough, and how
probable a choice was is an integral and not a simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.learning.counts import HALF_LIVES, decay
from parcours.decisions.learning.delay import Delay
from parcours.decisions.learning.thompson import NOBODY, Bools, explored

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DAY = 24
_SPREAD = 0.25  # the square of how far arms differ, relative to their mean: half of it
_RIDGES = (1.0, 10_000.0)
_NODES: Floats = np.linspace(-6.0, 6.0, 49)
_WEIGHTS: Floats = np.exp(-(_NODES**2) / 2) / np.exp(-(_NODES**2) / 2).sum()
_NARROW = 0.2  # of the chosen one's standard deviation
_RISE: Floats = np.linspace(-3.0, 3.0, 13)
_ROWS = 2048
_SUMS = ("a", "b", "shown", "total", "squares")


@dataclass(frozen=True)
class Moments:
    """Sufficient statistics of each day [t] and arm [k]: sums over decisions with features x and reward r.

    `a[t, k, d, d]` of x x', `b[t, k, d]` of r x, `shown[t, k]` of 1, `total` of r and `squares` of r r. `days` number
    the days since 1970-01-01 in UTC (of the decision, also for its reward), rising.
    """

    arms: tuple[str, ...]
    days: Ints
    a: Floats
    b: Floats
    shown: Floats
    total: Floats
    squares: Floats

    def __add__(self, other: Moments) -> Moments:
        """Both together: of all arms (ours first) and all days of either."""
        arms = tuple(dict.fromkeys((*self.arms, *other.arms)))
        return _laid((self, other), arms, np.union1d(self.days, other.days).astype(np.int64))

    def of(self, arms: Sequence[str]) -> Moments:
        """The same for these arms in this order; an arm never counted has zeros."""
        return _laid((self,), tuple(arms), self.days)

    def bounded(self, today: int, half_life: float | None, keep: int | None = None) -> Moments:
        """The same in few days: older ones are one, already decayed; `half_life` and `keep` in days (see `Counts`)."""
        keep = keep if keep is not None else int(HALF_LIVES * half_life) if half_life else None
        if keep is None or not len(self.days) or self.days[0] >= today - keep:
            return self
        first = today - keep
        old = self.days < first
        weight = decay(self.days[old].astype(np.float64), first, half_life)
        kept = _laid((self,), self.arms, np.union1d(self.days[~old], [first]).astype(np.int64))
        for name in _SUMS:
            getattr(kept, name)[0] += np.tensordot(weight, getattr(self, name)[old], axes=1)
        return kept


def none(arms: Sequence[str], width: int) -> Moments:
    """Nothing counted yet, for features of so many columns."""
    k = len(arms)
    sums = np.zeros((0, k, width, width)), np.zeros((0, k, width)), *(np.zeros((0, k)) for _ in range(3))
    return Moments(tuple(arms), np.zeros(0, np.int64), *sums)


def moments(arms: Sequence[str], x: Floats, arm: Ints, day: Ints, reward: Floats) -> Moments:
    """Statistics of decisions with features `x[n, d]`, the place of the arm shown `arm[n]`, its day and its reward."""
    days = np.unique(day).astype(np.int64)
    t, k, d = len(days), len(arms), x.shape[1]
    cell = np.searchsorted(days, day) * k + arm
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(t * k + 1))
    a, b = np.zeros((t * k, d, d)), np.zeros((t * k, d))
    for n in np.flatnonzero(np.diff(starts)):
        rows = order[starts[n] : starts[n + 1]]
        a[n], b[n] = x[rows].T @ x[rows], reward[rows] @ x[rows]
    shown, total, squares = (
        np.bincount(cell, weights, t * k).reshape(t, k).astype(np.float64)
        for weights in (np.ones(len(cell)), reward, reward**2)
    )
    return Moments(tuple(arms), days, a.reshape(t, k, d, d), b.reshape(t, k, d), shown, total, squares)


@dataclass(frozen=True)
class Linear:
    """The model of each arm: the expected reward is x'`weights[k]`, its variance `noise` x'`inverse[k]`x."""

    arms: tuple[str, ...]
    weights: Floats
    inverse: Floats
    noise: float
    ridge: float

    def means(self, x: Floats) -> tuple[Floats, Floats]:
        """What each arm is expected to bring for each row of features, and the standard deviation of that: [n, k]."""
        mean = x @ self.weights.T
        if len(x) == 1:
            square = (self.inverse @ x[0]) @ x[0]
            return mean, np.sqrt(self.noise * np.maximum(square, 1e-12))[None, :]
        square = np.stack([((x @ one) * x).sum(axis=1) for one in self.inverse], axis=1)
        return mean, np.sqrt(self.noise * np.maximum(square, 1e-12))


def learned(moments: Moments, *, now: float, delay: Delay, half_life: float | None = None) -> Linear:
    """The models by `now` (hours since 1970): days decay by `half_life` (hours), young ones count as far as matured."""
    weight = decay(moments.days * DAY + DAY / 2, now, half_life)
    ripe = weight * delay.matured(moments.days * DAY, now, DAY)
    a, b = np.tensordot(ripe, moments.a, axes=1), np.tensordot(weight, moments.b, axes=1)
    mean, noise = _reward(float(ripe @ moments.shown.sum(axis=1)), *(
        float(weight @ each.sum(axis=1)) for each in (moments.total, moments.squares)
    ))  # fmt: skip
    ridge = float(np.clip(noise / (_SPREAD * mean**2), *_RIDGES)) if mean else _RIDGES[0]
    ridges = ridge * np.eye(a.shape[-1])
    start = np.zeros(a.shape[-1])
    start[0] = mean
    together = np.linalg.solve(a.sum(axis=0) + ridges, b.sum(axis=0) + ridge * start)
    inverse = np.linalg.inv(a + ridges)
    weights = (inverse @ (b + ridge * together)[:, :, None])[:, :, 0]
    return Linear(moments.arms, weights, np.asarray(inverse, np.float64), noise, ridge)


def thompson(
    model: Linear, x: Floats, allowed: Bools, uniforms: Floats, *, explore: float = 0.0, exploring: Floats | None = None
) -> tuple[Ints, Floats]:
    """The arm of each person by Thompson sampling, and how probable it was (see `thompson.Choosing.choose`)."""
    from scipy.special import ndtri

    mean, sd = model.means(x)
    score = np.where(allowed, mean + sd * ndtri(uniforms), -np.inf)
    chosen = _explored(score.argmax(axis=1), allowed, explore, exploring)
    best = np.concatenate([
        chance_of(chosen[s : s + _ROWS], mean[s : s + _ROWS], sd[s : s + _ROWS], allowed[s : s + _ROWS])
        for s in range(0, len(x), _ROWS)
    ]) if len(x) else np.zeros(0)  # fmt: skip
    return _told(chosen, best, allowed, explore)


def ucb(
    model: Linear, x: Floats, allowed: Bools, *, width: float = 1.0, explore: float = 0.0,
    exploring: Floats | None = None,
) -> tuple[Ints, Floats]:  # fmt: skip
    """The arm of each person by LinUCB: the highest mean plus `width` deviations; certain, but for `explore`."""
    mean, sd = model.means(x)
    top = np.where(allowed, mean + width * sd, -np.inf).argmax(axis=1)
    chosen = _explored(top, allowed, explore, exploring)
    return _told(chosen, (chosen == top).astype(np.float64), allowed, explore)


def propensities(model: Linear, x: Floats, allowed: Bools, *, explore: float = 0.0) -> Floats:
    """How probable each arm is by Thompson sampling: float64[n, k], a row adds up to 1 (to 0 if none is allowed)."""
    mean, sd = model.means(x)
    best = np.zeros(mean.shape)
    for start in range(0, len(x), _ROWS):
        some = slice(start, start + _ROWS)
        for arm in range(mean.shape[1]):
            chosen = np.full(len(mean[some]), arm)
            best[some, arm] = chance_of(chosen, mean[some], sd[some], allowed[some])
    best *= allowed
    best /= np.maximum(best.sum(axis=1, keepdims=True), 1e-300)
    return np.asarray((1 - explore) * best + explore * allowed / np.maximum(allowed.sum(axis=1, keepdims=True), 1))


def chance_of(chosen: Ints, mean: Floats, sd: Floats, allowed: Bools) -> Floats:
    """How probable it is that the chosen of independent normal variables is the greatest of those allowed: float64[n].

    The others' distribution functions are integrated over the chosen one's density: at even points, where the trapezoid
    rule errs by next to nothing (Trefethen and Weideman 2014); where others are narrow, also at the points they rise
    at.
    """
    rows = np.arange(len(chosen))
    own_mean, own_sd = mean[rows, chosen][:, None], sd[rows, chosen][:, None]
    against = allowed.copy()
    against[rows, chosen] = False
    at, width = (mean - own_mean) / own_sd, sd / own_sd
    narrow = against & (width < _NARROW)
    uneven = narrow.any(axis=1)
    chance = np.zeros(len(chosen))
    if not uneven.all():
        even = ~uneven
        chance[even] = _below(_NODES[None, :], at[even], width[even], against[even]) @ _WEIGHTS
    if uneven.any():
        rise = np.where(narrow[:, :, None], at[:, :, None] + width[:, :, None] * _RISE, _NODES[-1])[uneven]
        rise = np.clip(rise[:, narrow.any(axis=0)].reshape(len(rise), -1), _NODES[0], _NODES[-1])
        own = np.broadcast_to(_NODES, (len(rise), len(_NODES)))
        z = np.sort(np.concatenate([own, rise], axis=1), axis=1)
        chance[uneven] = _pieces(z, _below(z, at[uneven], width[uneven], against[uneven]))
    return np.minimum(chance, 1.0)


def _below(z: Floats, mean: Floats, sd: Floats, against: Bools) -> Floats:
    """How probable it is that all others lie below each point: [n, points]. Arms far below are certain to."""
    from scipy.special import ndtr

    product = np.ones((len(mean), z.shape[1]))
    near = against & (mean + _NODES[-1] * sd > _NODES[0])
    if len(mean) == 1:
        some = near[0]
        return ndtr((z - mean[0, some, None]) / sd[0, some, None]).prod(axis=0)[None, :]
    for arm in np.flatnonzero(near.any(axis=0)):
        below = ndtr((z - mean[:, arm, None]) / sd[:, arm, None])
        product *= below if against[:, arm].all() else np.where(against[:, arm, None], below, 1.0)
    return product


def _pieces(z: Floats, product: Floats) -> Floats:
    """The integral over uneven points: of steady growth and of straight lines, which err to either side."""
    from scipy.special import ndtr

    product = np.maximum(product, 1e-300)
    low, high = product[:, :-1], product[:, 1:]
    rate = np.log(high / low)
    steady = np.abs(rate) > 1e-6
    between = np.where(steady, (high - low) / np.where(steady, rate, 1.0), high)
    return np.asarray((np.diff(ndtr(z), axis=1) * (0.6 * between + 0.2 * (low + high))).sum(axis=1))


def _explored(chosen: Ints, allowed: Bools, explore: float, exploring: Floats | None) -> Ints:
    if not explore:
        return chosen
    if exploring is None:
        raise ValueError("exploring[n] is needed where explore is above 0")
    return explored(chosen, allowed, exploring, explore)


def _told(chosen: Ints, best: Floats, allowed: Bools, explore: float) -> tuple[Ints, Floats]:
    """The choice with its chance, mixed with that of showing any arm; `NOBODY` and 0 where none is allowed."""
    number = allowed.sum(axis=1)
    chance = (1 - explore) * best + explore / np.maximum(number, 1)
    return np.where(number > 0, chosen, NOBODY), np.where(number > 0, chance, 0.0)


def _reward(shown: float, total: float, squares: float) -> tuple[float, float]:
    """The mean reward of a decision and its variance; 1 where nothing is known yet."""
    if shown <= 0:
        return 0.0, 1.0
    mean = total / shown
    return mean, max(squares / shown - mean**2, 0.0) or 1.0


def _laid(parts: Sequence[Moments], arms: tuple[str, ...], days: Ints) -> Moments:
    """The parts added up over these arms and days; what has no place there is left out."""
    place = {arm: n for n, arm in enumerate(arms)}
    sums = [np.zeros((len(days), len(arms), *getattr(parts[0], name).shape[2:])) for name in _SUMS]
    for part in parts:
        mine = np.array([n for n, arm in enumerate(part.arms) if arm in place], np.int64)
        rows = np.array([place[part.arms[n]] for n in mine], np.int64)
        there = np.isin(part.days, days)
        cells = np.ix_(np.searchsorted(days, part.days[there]), rows)
        for into, name in zip(sums, _SUMS):
            into[cells] += getattr(part, name)[there][:, mine]
    return Moments(arms, days, *sums)
