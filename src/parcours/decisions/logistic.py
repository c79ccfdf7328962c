"""Logistic regression on a handful of features, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_RIDGE = 1.0
_ROUNDS = 25


@dataclass(frozen=True)
class Logistic:
    """Weights on features that are scaled as they were when it was learned."""

    weights: Floats
    constant: float

    def chance(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """The chance of each row (features last)."""
        return sigmoid(features @ self.weights.astype(np.float32) + np.float32(self.constant))


def sigmoid(score: NDArray[np.float32]) -> NDArray[np.float32]:
    """Chances from scores, in place of the scores."""
    np.clip(score, -30, 30, out=score)
    np.exp(np.negative(score, out=score), out=score)
    score += 1
    return np.asarray(np.reciprocal(score, out=score))


def fit(features: NDArray[np.float32], happened: NDArray[np.bool_]) -> Logistic:
    """Maximum likelihood with a light ridge (Hastie, Tibshirani and Friedman, section 4.4.1)."""
    middle, width = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    width[width < 1e-9] = 1.0
    x = np.column_stack([np.ones(len(features)), (features - middle) / width])
    y = happened.astype(np.float64)
    weights = np.zeros(x.shape[1])
    weights[0] = np.log((y.mean() + 1e-6) / (1 - y.mean() + 1e-6))
    ridge = np.diag([0.0, *[_RIDGE] * features.shape[1]])
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (p - y) + ridge @ weights
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + ridge + 1e-9 * np.eye(len(ridge)), slope)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    own = weights[1:] / width
    return Logistic(own, float(weights[0] - own @ middle))


def log_loss(chance: NDArray[np.float32], happened: NDArray[np.bool_]) -> float:
    """The mean logarithmic loss: the lower the better."""
    p = np.clip(chance.astype(np.float64), 1e-6, 1 - 1e-6)
    return float(-np.where(happened, np.log(p), np.log1p(-p)).mean()) if len(p) else 0.0
