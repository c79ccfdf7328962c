"""Expected buying days learned from rhythm and recency by gradient boosting: for shops where people come often.

Where the median customer comes ten times or more, their rhythm says more than a model that knows the number, the first
and the last of their purchases. Poisson trees after Friedman, "Greedy Function Approximation", Annals of Statistics 29
(2001), as scikit-learn grows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parcours.scores.lifetime.history import WINDOWS, History
from parcours.scores.lifetime.model import LifetimeModel, Numbers

SAMPLE = 100_000
GROWTHS = 3  # each from a seed of its own; their mean ranks better than one
_TREES = {"max_iter": 120, "learning_rate": 0.05, "max_leaf_nodes": 6, "min_samples_leaf": 60,
          "l2_regularization": 5.0, "max_features": 0.5}  # fmt: skip
_LEAST = 1e-6


@dataclass(frozen=True)
class Boosted:
    """Trees that tell the buying days of the next `days` days: the mean of several growths."""

    growths: tuple[Any, ...]
    days: int
    _latest: list[Any] = field(default_factory=list, compare=False, repr=False)  # history, model and what was told

    def expected(self, history: History, model: LifetimeModel, days: int) -> Numbers:
        """How many buying days are expected of each; for other windows than it learned, in the model's proportion."""
        own = self._own(history, model)
        if days == self.days:
            return own
        known = np.maximum(model.expected(history.lives, self.days), _LEAST)
        return np.asarray(own * np.maximum(model.expected(history.lives, days), _LEAST) / known)

    def _own(self, history: History, model: LifetimeModel) -> Numbers:
        """What the trees themselves tell, worked out once for the windows that are asked for one after another."""
        if not self._latest or self._latest[0] is not history or self._latest[1] is not model:
            seen = features(history, model, self.days)
            told = np.mean([trees.predict(seen) for trees in self.growths], axis=0)
            self._latest[:] = [history, model, np.asarray(told, dtype=np.float64)]
        return np.asarray(self._latest[2])


def learn(lessons: Sequence[tuple[History, LifetimeModel]], days: int, *, seed: int) -> Boosted:
    """Trees fitted on histories, each with the model of its day and what came in the so many days after it.

    The loss is the Poisson deviance; of each history at most SAMPLE people are looked at.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    seen, came = [], []
    for history, model in lessons:
        chosen: Any = slice(None)
        if len(history) > SAMPLE:
            chosen = np.sort(np.random.default_rng(seed).choice(len(history), SAMPLE, replace=False))
        seen.append(features(history, model, days)[chosen])
        came.append(history.later_days[chosen])
    told, result = np.concatenate(seen), np.concatenate(came)
    growths = (
        HistGradientBoostingRegressor(loss="poisson", random_state=seed + at, early_stopping=False, **_TREES)
        for at in range(GROWTHS)
    )
    return Boosted(tuple(trees.fit(told, result) for trees in growths), days)


def features(history: History, model: LifetimeModel, days: int) -> Numbers:
    """What the trees see of each customer: rates by window, recency against own rhythm, the model's view."""
    lives = history.lives
    age, last, repeats = (values.astype(np.float64) for values in (lives.age, lives.last, lives.repeats))
    recency = age - last
    gap = np.where(repeats > 0, last / np.maximum(repeats, 1), np.nan)
    scatter = np.sqrt(np.maximum(history.squared_gaps / np.maximum(repeats, 1) - gap**2, 0)) / gap
    rates = history.windows / np.minimum(np.array(WINDOWS), age[:, None] + 1)
    spent = np.log1p(np.maximum(history.mean, 0))
    columns = [age, repeats, repeats / (age + 1), recency, gap, recency / gap, scatter, spent]
    columns += [np.log(np.maximum(model.expected(lives, days), _LEAST)), model.alive(lives)]
    return np.column_stack([*columns, rates, history.windows[:, 2:5]]).astype(np.float32)
