"""A log in which every arm was as probable is played again, to learners: what they would not have shown is skipped.

Li, Chu, Langford and Wang 2011, "Unbiased offline evaluation of contextual-bandit-based news article recommendation
algorithms", algorithm 2. What is kept is as if the learner itself had decided, over as many decisions as were kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.evaluation.intervals import between, resampled
from parcours.decisions.evaluation.log import CannotTell, Ints, Log

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Replayed:
    """What the learner earned a decision on average (95 % interval by bootstrap), and how many decisions were kept."""

    value: float
    low: float
    high: float
    kept: int
    offered: int


def replay(
    log: Log, choose: Callable[[Rows], Ints], learn: Callable[[Rows], None], *, group: int = 100,
    needed: int = 100, seed: int = 0,
) -> Replayed | CannotTell:  # fmt: skip
    """Plays the log to a learner, a `group` of decisions at a time.

    `choose(rows)` says which arm the learner shows at these rows of the log, `learn(rows)` is told the rows where
    that is what the log showed, with their rewards, after each group.
    """
    if not len(log.action):
        return CannotTell("no_decisions", 0.0, needed)
    if not np.isfinite(log.propensity).all() or np.ptp(log.propensity) > 1e-9:
        return CannotTell("uneven", 0.0, needed)
    kept: list[Rows] = []
    for start in range(0, len(log.action), group):
        rows = np.arange(start, min(start + group, len(log.action)))
        same = rows[choose(rows) == log.action[rows]]
        learn(same)
        kept.append(same)
    all_kept = np.concatenate(kept)
    if len(all_kept) < needed:
        return CannotTell("few_decisions", float(len(all_kept)), needed)
    reward = log.reward[all_kept]
    unit = None if log.unit is None else log.unit[all_kept]
    drawn = resampled(np.column_stack([reward, np.ones(len(reward))]), unit, seed)
    low, high = between(drawn[:, 0] / np.maximum(drawn[:, 1], 1), 0.95)
    return Replayed(float(reward.mean()), low, high, len(all_kept), len(log.action))
