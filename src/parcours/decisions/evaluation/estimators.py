"""Estimates of what a target would have earned: by weights, by weights that add up, and doubly robust.

Each decision of the log counts as much more as the target would have made it more often: Horvitz and Thompson 1952
(`ips`); with weights that add up to one, Swaminathan and Joachims 2015 (`snips`); with a model of the reward that
weights need only mend, Dudik, Langford and Li 2011 (`dr`).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from parcours.decisions.evaluation.intervals import bernstein, between, resampled
from parcours.decisions.evaluation.log import CannotTell, Estimate, Floats, Log, untold, weights, worth
from parcours.decisions.learning.delay import at_once
from parcours.decisions.learning.linear import learned, moments

DECISIONS = 200.0
REWARDS = 10.0
_FOLDS = 3
By = Literal["ips", "snips", "dr"]


def evaluate(
    log: Log, target: Floats, *, by: By = "snips", clip: float | None = None, level: float = 0.95,
    interval: Literal["bootstrap", "bernstein"] = "bootstrap", top: float = 1.0, seed: int = 0,
    decisions: float = DECISIONS, rewards: float = REWARDS,
) -> Estimate | CannotTell:  # fmt: skip
    """What decisions would have earned on average had arms been shown with the probabilities `target[n, k]`.

    Weights above `clip` are cut to it (default: none is), which makes an estimate steadier and, where rewards are not
    negative, too low. The log must be worth so many `decisions` and `rewards` of the target. `bernstein` is for `ips`
    and `dr`, with a `clip`, and rewards from 0 to `top`; its upper end then reckons `top` for all that was cut.
    """
    if (why := untold(log, target, decisions=decisions, rewards=rewards)) is not None:
        return why
    whole = weights(log, target)
    weight = whole if clip is None else np.minimum(whole, clip)
    terms, ones = _terms(log, target, weight, by)
    value, logged = float(terms.sum() / ones.sum()), float(log.reward.mean())
    gain = None
    if interval == "bernstein":
        if clip is None or by == "snips":
            raise ValueError("a bernstein interval needs clip= and ips or dr")
        low, high = bernstein(terms, top * (clip if by == "ips" else 2 * clip + 1), level)
        cut = top * float((whole - weight).mean())
        low, high = max(low - (cut if by == "dr" else 0.0), 0.0), min(high + cut, top)
    else:
        drawn = resampled(np.column_stack([terms, ones, log.reward, np.ones(len(terms))]), log.unit, seed)
        values = drawn[:, 0] / drawn[:, 1]
        low, high = between(values, level)
        gain = (value - logged, *between(values - drawn[:, 2] / drawn[:, 3], level))
    return Estimate(
        value, low, high, ess=worth(whole), rewards=worth(whole * np.abs(log.reward)), logged=logged, gain=gain,
        estimator=by, interval=interval, clipped=float((whole > weight).mean()),
    )  # fmt: skip


def _terms(log: Log, target: Floats, weight: Floats, by: By) -> tuple[Floats, Floats]:
    """What each decision adds above and below the line of the estimate."""
    ones = np.ones(len(weight))
    if by == "ips":
        return weight * log.reward, ones
    if by == "snips":
        return weight * log.reward, weight
    expected = foreseen(log, target.shape[1])
    own = expected[np.arange(len(weight)), log.action]
    return (target * expected).sum(axis=1) + weight * (log.reward - own), ones


def foreseen(log: Log, arms: int) -> Floats:
    """The reward of every arm for every decision, each by a ridge regression on the decisions of other folds: [n, k].

    A model an arm on context and position, drawn to one of all arms (see `learning.linear`); within the rewards seen.
    """
    x, n = _features(log), len(log.action)
    names = tuple(map(str, range(arms)))
    fold = (np.arange(n) if log.unit is None else np.unique(log.unit, return_inverse=True)[1]) % _FOLDS
    found = np.zeros((n, arms))
    for number in range(_FOLDS):
        here, others = fold == number, fold != number
        day = np.zeros(int(others.sum()), np.int64)
        seen = moments(names, x[others], log.action[others], day, log.reward[others])
        found[here] = x[here] @ learned(seen, now=24.0, delay=at_once()).weights.T
    return np.clip(found, log.reward.min(), log.reward.max())


def _features(log: Log) -> Floats:
    """A constant, the context, and a column for each position but the first."""
    columns = [np.ones(len(log.action))]
    if log.context is not None:
        columns += list(log.context.T)
    if log.position is not None:
        columns += [(log.position == place).astype(np.float64) for place in np.unique(log.position)[1:]]
    return np.column_stack(columns)
