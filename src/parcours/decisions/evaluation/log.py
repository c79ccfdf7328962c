"""A log of decisions, what is estimated from it, and the answer when it does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Why = Literal["no_decisions", "no_propensity", "unseen", "no_overlap", "few_decisions", "few_rewards", "uneven"]


@dataclass(frozen=True)
class Log:
    """Decisions that were made, a row each: the place of the arm shown, its reward, and how probable it was.

    `context[n, d]` (features without a constant) and `position[n]` help the reward model of a doubly robust estimate;
    rows with the same `unit[n]` (a person) are drawn together when an interval is worked out.
    """

    action: Ints
    reward: Floats
    propensity: Floats
    context: Floats | None = None
    position: Ints | None = None
    unit: Ints | None = None


@dataclass(frozen=True)
class Estimate:
    """What a decision would have earned on average, between `low` and `high` with the level asked for.

    `ess` is how many decisions of the target itself the log is worth, `rewards` how many rewards of it. `logged` is
    what the log earned and `gain` how much more the target would have, with its interval. `interval` says how
    intervals were made: `bootstrap` (of units; Efron and Tibshirani 1993, chapter 13) or `bernstein` (Maurer and
    Pontil 2009, theorem 4: it holds for any size of a log, and is wide; `gain` has none then).
    """

    value: float
    low: float
    high: float
    ess: float
    rewards: float
    logged: float
    gain: tuple[float, float, float] | None
    estimator: str
    interval: str
    clipped: float  # the share of decisions whose weight was cut


@dataclass(frozen=True)
class CannotTell:
    """Why the log does not tell what the target would earn.

    `no_decisions`; `no_propensity`: some are missing, not above 0 or above 1; `unseen`: the target shows arms that the
    log never showed, `ess` of it (a share) where `needed` at most are bearable; `no_overlap`: the weights do not add
    up to the number of decisions, `ess` is their mean and `needed` what it should be near: what the target shows has
    no chance in the log, or the propensities are wrong; `few_decisions` and `few_rewards`: `ess` of them where
    `needed` are; `uneven`: a replay needs a log in which all arms were as probable.
    """

    reason: Why
    ess: float
    needed: float


def weights(log: Log, target: Floats) -> Floats:
    """How much more probable each decision is by the target than it was: float64[n], from `target[n, k]`."""
    return np.asarray(target[np.arange(len(log.action)), log.action] / log.propensity)


def worth(values: Floats) -> float:
    """How many equal values these are worth (Kish 1965): the square of their sum over the sum of squares."""
    squares = float(values @ values)
    return float(values.sum()) ** 2 / squares if squares else 0.0


def untold(log: Log, target: Floats, *, decisions: float, rewards: float, unseen: float = 0.01) -> CannotTell | None:
    """Why the log does not tell, or None if it does."""
    if not len(log.action):
        return CannotTell("no_decisions", 0.0, decisions)
    if not ((log.propensity > 0) & (log.propensity <= 1)).all():
        return CannotTell("no_propensity", 0.0, decisions)
    shown = np.bincount(log.action, minlength=target.shape[1]) > 0
    missing = float(target[:, ~shown].sum(axis=1).mean())
    if missing > unseen:
        return CannotTell("unseen", missing, unseen)
    weight = weights(log, target)
    if (ess := worth(weight)) < decisions:
        return CannotTell("few_decisions", ess, decisions)
    error = float(weight.std()) / np.sqrt(len(weight))
    if abs(weight.mean() - 1) > max(5 * error, 0.02):
        return CannotTell("no_overlap", float(weight.mean()), 1.0)
    if (number := worth(weight * np.abs(log.reward))) < rewards:
        return CannotTell("few_rewards", number, rewards)
    return None
