"""How long customers stay and how often they buy meanwhile: BG/NBD and MBG/NBD, fitted by maximum likelihood.

Buying is a Poisson process at a rate that differs between customers (gamma: r, alpha); after a purchase a customer
stops for ever with a probability that differs too (beta: a, b). In BG/NBD nobody stops before their second purchase;
in MBG/NBD they may stop after the first, so that the chance of still being a customer means something for all.

BG/NBD: Fader, Hardie and Lee, "Counting Your Customers the Easy Way", Marketing Science 24 (2005), equations 6, 8, 10.
MBG/NBD: Batislam, Denizel and Filiztekin, "Empirical validation and comparison of models for customer base analysis",
International Journal of Research in Marketing 24 (2007). Rates are a week's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, hyp2f1, psi

Numbers = NDArray[np.floating[Any]]
Days = NDArray[np.int64]

WEEK = 7.0
_BITS = 21  # of a number of days or purchases, when three of them are packed into one integer
_STARTS = ((0.5, 4.0, 0.7, 2.5), (1.0, 2.0, 0.2, 5.0))
_BOUNDS = ((1e-4, 1e3), (1e-4, 1e5), (1e-4, 50.0), (1e-4, 5e3))
_NEAR_ONE = 1e-5  # the expectation is 0/0 where a is 1, and smooth around it


class NotFitted(ValueError):
    """The likelihood has no maximum that could be found: purchases do not say how long customers stay."""


@dataclass(frozen=True)
class Lives:
    """What each customer's purchases say: days bought again, the day of the last and today, from the first purchase.

    Days of purchase are merged: several orders on a day are one. `last` is 0 for who bought on one day only.
    """

    repeats: Days
    last: Days
    age: Days

    def unique(self) -> tuple[Lives, Days, Days]:
        """The lives that differ, where each customer's is among them, and how many customers have each."""
        packed = (self.repeats << 2 * _BITS) | (self.last << _BITS) | self.age
        once, where, many = np.unique(packed, return_inverse=True, return_counts=True)
        mask = (1 << _BITS) - 1
        return Lives(once >> 2 * _BITS, (once >> _BITS) & mask, once & mask), where, many


@dataclass(frozen=True)
class LifetimeModel:
    """A fitted model of purchases: the four parameters (time in weeks) and the log-likelihood of what it learned from.

    `at_once` tells MBG/NBD, where customers may stop after their first purchase, from BG/NBD.
    """

    r: float
    alpha: float
    a: float
    b: float
    at_once: bool
    log_likelihood: float

    @property
    def name(self) -> str:
        """What the literature calls it."""
        return "MBG/NBD" if self.at_once else "BG/NBD"

    def alive(self, lives: Lives) -> Numbers:
        """The probability that each is still a customer today."""
        once, where, _ = lives.unique()
        return np.asarray(self._alive(once)[where])

    def expected(self, lives: Lives, days: float) -> Numbers:
        """How many buying days are expected of each customer in the next so many days."""
        once, where, _ = lives.unique()
        return np.asarray(self._expected(once, days / WEEK)[where])

    def _alive(self, lives: Lives) -> Numbers:
        x = lives.repeats.astype(float)
        stopped, _ = _stopped(self, x, lives.last / WEEK, lives.age / WEEK)
        return 1 - stopped

    def _expected(self, lives: Lives, weeks: float) -> Numbers:
        """Equation 10, after Euler's transformation of 2F1, which keeps it finite for customers who buy often."""
        a = self.a if abs(self.a - 1) > _NEAR_ONE else 1 + _NEAR_ONE
        x, age = lives.repeats.astype(float), lives.age / WEEK
        c = a + self.b + x - 1 + self.at_once
        z = weeks / (self.alpha + age + weeks)
        left = (1 - z) ** (a - 1) * hyp2f1(a + self.b - 1 + self.at_once - self.r, a - 1, c, z)
        return np.asarray(np.maximum(c / (a - 1) * (1 - left), 0) * self._alive(lives))


def fit(lives: Lives, *, at_once: bool = False) -> LifetimeModel:
    """The parameters under which what customers did is most probable.

    Raises NotFitted when the likelihood has no maximum within reason.
    """
    once, _, many = lives.unique()
    likelihood = _Likelihood(once, many, at_once)
    best = min((likelihood.highest_from(start) for start in _STARTS), key=lambda found: float(found.fun))
    r, alpha, a, b = np.exp(best.x)
    value = -float(best.fun) * float(many.sum())
    if not np.isfinite(value):
        raise NotFitted("the likelihood is not finite")
    return LifetimeModel(float(r), float(alpha), float(a), float(b), at_once, value)


def log_likelihood(model: LifetimeModel, lives: Lives) -> float:
    """The logarithm of how probable a model makes what these customers did."""
    once, _, many = lives.unique()
    at = np.log([model.r, model.alpha, model.a, model.b])
    return -_Likelihood(once, many, model.at_once).value(at)[0] * float(many.sum())


class _Likelihood:
    """The log-likelihood of lives and its slope; what hangs on their number alone is worked out once."""

    def __init__(self, lives: Lives, many: Days, at_once: bool) -> None:
        self._x, self._last, self._age = lives.repeats.astype(float), lives.last / WEEK, lives.age / WEEK
        self._many, self._people = many.astype(float), float(many.sum())
        self._at_once = at_once
        purchases, where = np.unique(self._x, return_inverse=True)
        self._purchases = purchases
        self._with = np.bincount(where, weights=self._many)

    def highest_from(self, start: tuple[float, ...]) -> Any:
        """The optimum reached from a start, over the logarithms of the parameters."""
        from scipy.optimize import minimize

        return minimize(
            self.value, np.log(start), jac=True, method="L-BFGS-B", bounds=np.log(_BOUNDS),
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )  # fmt: skip

    def value(self, logs: Numbers) -> tuple[float, Numbers]:
        """Minus the mean log-likelihood at the logarithms of (r, alpha, a, b), and its slope."""
        r, alpha, a, b = (float(value) for value in np.exp(logs))
        at = LifetimeModel(r, alpha, a, b, self._at_once, 0.0)
        of_counts, slope = self._counts(at)
        stopped, whole = _stopped(at, self._x, self._last, self._age)
        total = of_counts + float(self._many @ whole)
        slope += self._times(at, stopped)
        return -total / self._people, -slope * np.exp(logs) / self._people

    def _counts(self, at: LifetimeModel) -> tuple[float, Numbers]:
        """What hangs on the number of purchases alone."""
        x, n, r, a = self._purchases, self._with, at.r, at.a
        b = at.b + at.at_once  # the probability of going on after each of the purchases
        value = gammaln(r + x) - gammaln(r) + r * np.log(at.alpha)
        value += gammaln(a + at.b) - gammaln(at.b) + gammaln(b + x) - gammaln(a + b + x)
        slopes = (
            psi(r + x) - psi(r) + np.log(at.alpha),
            np.full_like(x, r / at.alpha),
            psi(a + at.b) - psi(a + b + x),
            psi(a + at.b) - psi(at.b) + psi(b + x) - psi(a + b + x),
        )
        return float(n @ value), np.array([float(n @ slope) for slope in slopes])

    def _times(self, at: LifetimeModel, stopped: Numbers) -> Numbers:
        """The slope of what hangs on when they bought."""
        alive, to_now, to_last = 1 - stopped, at.alpha + self._age, at.alpha + self._last
        by_r = -(alive * np.log(to_now) + stopped * np.log(to_last))
        by_alpha = -(at.r + self._x) * (alive / to_now + stopped / to_last)
        by_b = -stopped / np.maximum(at.b + self._x - 1 + at.at_once, 1e-12)
        return np.array([self._many @ by_r, self._many @ by_alpha, self._many @ stopped / at.a, self._many @ by_b])


def _stopped(at: LifetimeModel, x: Numbers, last: Numbers, age: Numbers) -> tuple[Numbers, Numbers]:
    """The probability that each has stopped, and the logarithm of the weight of both cases together."""
    going = -(at.r + x) * np.log(at.alpha + age)
    went_on = at.b + x - 1 + at.at_once
    with np.errstate(divide="ignore", invalid="ignore"):
        gone = np.log(at.a) - np.log(went_on) - (at.r + x) * np.log(at.alpha + last)
    if not at.at_once:
        gone = np.where(x > 0, gone, -np.inf)
    whole = np.logaddexp(going, gone)
    return np.exp(gone - whole), whole
