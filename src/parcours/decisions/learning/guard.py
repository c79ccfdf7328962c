"""Stops an arm that harms: one that is credibly worse than the fallback arm by a second measure.

The measure is looked at all the time, so a plain test would stop harmless arms sooner or later. The evidence is the
one- sided normal mixture of Robbins 1970 and Howard, Ramdas, McAuliffe and Sekhon 2021 ("Time-uniform confidence
sequences", section 3.2; the mixture sequential test of Johari, Koomen, Pekelis and Walsh 2017 when one-sided):
however often one looks, a harmless arm is stopped with probability 1 - `level` at most, as far as means are normal.

Arms are compared day by day (weights of Cochran 1954), so that neither a day on which everything went well nor rewards
that have not come yet count for the arm that happened to be shown more at the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, inf, log, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.learning.counts import Counts

Floats = NDArray[np.float64]
_DAY = 24
_EFFECT = 0.2  # differences to be found: a fifth of the mean


@dataclass(frozen=True)
class Guarded:
    """What the guard found of an arm, per decision, as data.

    `reason`: `few` (on days with both, either was shown less than `fewest` times), `worse` (stopped), `not_worse`.
    `shown` and `means` are of those days, `difference` is the arm less the fallback within days, between `low` and
    `high` with the certainty asked for at all times together. `worse` is how probable it is that the arm is worse,
    looked at once; `certainty` how sure that is when looked at all the time.
    """

    arm: str
    stopped: bool
    reason: Literal["few", "worse", "not_worse"]
    shown: tuple[int, int]
    means: tuple[float, float]
    difference: float
    low: float
    high: float
    worse: float
    certainty: float


def guard(
    counts: Counts, arm: str, fallback: str, *, of: Literal["rate", "amount"] = "rate",
    better: Literal["more", "less"] = "more", level: float = 0.95, fewest: int = 100,
) -> Guarded:  # fmt: skip
    """Whether the arm is to be stopped by what `counts` (of the guard's measure) say of it and of the fallback.

    `of` says whether the share of rewarded decisions counts or their mean worth, `better` whether more of it is good
    (margin) or less (unsubscribes, returns).
    """
    found = _found(counts.of((arm, fallback)), of)
    if min(found.number) < max(fewest, 2):
        return Guarded(arm, False, "few", found.number, found.means, found.difference, -inf, inf, 0.5, 0.0)
    harm = -found.difference if better == "more" else found.difference
    certainty = max(0.0, 1 - exp(-found.evidence(harm)))
    reach = found.reach(1 - level)
    stopped = certainty > level
    return Guarded(
        arm, stopped, "worse" if stopped else "not_worse", found.number, found.means,
        found.difference, found.difference - reach, found.difference + reach, found.once(harm), certainty,
    )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """The sums of both arms (the guarded one first) over days [2, days] on which both were shown, and what follows."""

    shown: Floats
    total: Floats
    squares: Floats

    @property
    def number(self) -> tuple[int, int]:
        return int(self.shown[0].sum()), int(self.shown[1].sum())

    @property
    def means(self) -> tuple[float, float]:
        number = np.maximum(self.shown.sum(axis=1), 1.0)
        return float(self.total[0].sum() / number[0]), float(self.total[1].sum() / number[1])

    @cached_property
    def weight(self) -> Floats:
        """What each day counts for: as much as the fewer of its two samples lets it tell."""
        weight = self.shown[0] * self.shown[1] / self.shown.sum(axis=0)
        return np.asarray(weight / weight.sum())

    @property
    def difference(self) -> float:
        """The mean difference within days, 0 without any."""
        if not self.shown.size:
            return 0.0
        return float(self.weight @ (self.total[0] / self.shown[0] - self.total[1] / self.shown[1]))

    @cached_property
    def variance(self) -> float:
        """Of the difference: each arm's own variance or that of both, the greater, for few rare cases mislead."""
        both = _variance(self.shown.sum(), self.total.sum(), self.squares.sum())
        own = [_variance(*(float(each[n].sum()) for each in (self.shown, self.total, self.squares))) for n in (0, 1)]
        return float(sum(max(own[n], both) * (self.weight**2 @ (1 / self.shown[n])) for n in (0, 1)))

    @property
    def effect(self) -> float:
        """The variance of the differences looked for: about a fifth of the mean, or of a tenth of the spread."""
        number, total = float(self.shown.sum()), float(self.total.sum())
        spread = sqrt(_variance(number, total, float(self.squares.sum())))
        return (_EFFECT * max(abs(total / number), spread / 10)) ** 2

    def evidence(self, harm: float) -> float:
        """The logarithm of how much better a worse arm explains the figures than a harmless one."""
        from scipy.special import log_ndtr

        v, t = self.variance, self.effect
        if not v:
            return 0.0
        at = harm * sqrt(t / (v * (v + t)))
        return max(log(2) + log(v / (v + t)) / 2 + at**2 / 2 + float(log_ndtr(at)), 0.0)

    def reach(self, miss: float) -> float:
        """Half the width of the interval that holds at all times together (the two-sided mixture)."""
        v, t = self.variance, self.effect
        if not v:
            return inf
        return sqrt(v * (v + t) / t * (2 * log(1 / miss) + log((v + t) / v)))

    def once(self, harm: float) -> float:
        """How probable the arm is worse, for who looks once."""
        from scipy.special import ndtr

        v = self.variance
        return float(ndtr(harm / sqrt(v))) if v else 0.5


def _found(both: Counts, of: Literal["rate", "amount"]) -> _Found:
    """The sums by day of the two arms, of the days on which both were shown."""
    day = np.unique(both.hours // _DAY, return_inverse=True)[1] if len(both.hours) else both.hours
    days = np.eye(int(day.max(initial=-1)) + 1)[day]
    shown, total, squares = both.shown @ days, both.total @ days, both.squares @ days
    if of == "rate":
        total = squares = both.rewarded @ days
    common = (shown > 0).all(axis=0)
    return _Found(shown[:, common], total[:, common], squares[:, common])


def _variance(number: float, total: float, squares: float) -> float:
    return max(squares / number - (total / number) ** 2, 0.0)
