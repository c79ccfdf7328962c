"""Stops an arm that harms: one that is credibly worse than the fallback arm by a second measure.

The measure is looked at all the time, so a plain test would stop harmless arms sooner or later. The evidence is the
one- sided normal mixture of Robbins 1970 and Howard, Ramdas, McAuliffe and Sekhon 2021 ("Time-uniform confidence
sequences", section 3.2; the mixture sequential test of Johari, Koomen, Pekelis and Walsh 2017 when one-sided):
however often one looks, a harmless arm is stopped with probability 1 - `level` at most, as far as means are normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, sqrt
from typing import Literal

from parcours.decisions.learning.counts import Counts

_EFFECT = 0.2  # differences to be found: a fifth of the mean


@dataclass(frozen=True)
class Guarded:
    """What the guard found of an arm, per decision, as data.

    `reason`: `few` (either was shown less than `fewest` times), `worse` (stopped), `not_worse`. `difference` is the arm
    less the fallback, between `low` and `high` with the certainty asked for at all times together. `worse` is how
    probable it is that the arm is worse, looked at once; `certainty` how sure that is when looked at all the time.
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
    shown, rewarded, total, squares = counts.of((arm, fallback)).sums()
    if of == "rate":
        total = squares = rewarded
    if shown.min() < max(fewest, 2):
        means = (float(total[0] / max(shown[0], 1)), float(total[1] / max(shown[1], 1)))
        number = (int(shown[0]), int(shown[1]))
        return Guarded(arm, False, "few", number, means, means[0] - means[1], -inf, inf, 0.5, 0.0)
    found = _Found(
        (float(shown[0]), float(shown[1])), (float(total[0]), float(total[1])), (float(squares[0]), float(squares[1]))
    )
    harm = -found.difference if better == "more" else found.difference
    certainty = max(0.0, 1 - exp(-found.evidence(harm)))
    reach = found.reach(1 - level)
    stopped = certainty > level
    return Guarded(
        arm, stopped, "worse" if stopped else "not_worse", (int(shown[0]), int(shown[1])), found.means,
        found.difference, found.difference - reach, found.difference + reach, found.once(harm), certainty,
    )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """The sums of both arms (the guarded one first) and what follows from them."""

    shown: tuple[float, float]
    total: tuple[float, float]
    squares: tuple[float, float]

    @property
    def means(self) -> tuple[float, float]:
        return self.total[0] / self.shown[0], self.total[1] / self.shown[1]

    @property
    def difference(self) -> float:
        return self.means[0] - self.means[1]

    @property
    def variance(self) -> float:
        """Of the difference: each arm's own variance or that of both, the greater, for few rare cases mislead."""
        both = _variance(sum(self.shown), sum(self.total), sum(self.squares))
        each = [max(_variance(*sums), both) / sums[0] for sums in zip(self.shown, self.total, self.squares)]
        return sum(each)

    @property
    def effect(self) -> float:
        """The variance of the differences looked for: about a fifth of the mean, or of a tenth of the spread."""
        number, total = sum(self.shown), sum(self.total)
        spread = sqrt(_variance(number, total, sum(self.squares)))
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


def _variance(number: float, total: float, squares: float) -> float:
    return max(squares / number - (total / number) ** 2, 0.0)
