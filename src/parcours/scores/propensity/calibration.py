"""Makes probabilities mean what they say: of those told 20 %, one in five does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]
Happened = tuple[Floats, NDArray[np.bool_]]  # log-odds foreseen without knowing it, and whether it happened

BINS = 10
SURE = 1e-5  # no probability is nearer to 0 or 1 than this


@dataclass(frozen=True)
class Calibration:
    """How log-odds become a probability: shifted and stretched, or read off a rising curve."""

    name: str
    shift: float = 0.0
    slope: float = 1.0
    curve: tuple[Floats, Floats] | None = None

    def probability(self, log_odds: Floats) -> Floats:
        """The probability for each."""
        if self.curve is not None:
            found = np.interp(log_odds, *self.curve)
        else:
            found = expit(self.slope * log_odds + self.shift)
        return np.clip(found, SURE, 1 - SURE)


def shifted(name: str, seen: Sequence[Happened]) -> Calibration:
    """The level at which as many would have been foreseen as did it; the mean of the levels of several windows."""
    return Calibration(name, shift=float(np.mean([_shift(*window) for window in seen])))


def stretched(name: str, seen: Sequence[Happened]) -> Calibration:
    """Level and steepness by logistic regression (Platt, 1999, Advances in Large Margin Classifiers)."""
    log_odds, did = _together(seen)
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=1e6, solver="newton-cholesky").fit(log_odds[:, None], did)
    return Calibration(name, shift=float(fit.intercept_[0]), slope=max(float(fit.coef_[0, 0]), 0.05))


def curved(name: str, seen: Sequence[Happened]) -> Calibration:
    """The rising step curve nearest to what happened (Zadrozny & Elkan, 2002, KDD)."""
    log_odds, did = _together(seen)
    from sklearn.isotonic import IsotonicRegression

    fit = IsotonicRegression(out_of_bounds="clip").fit(log_odds, did)
    return Calibration(name, curve=(fit.X_thresholds_, fit.y_thresholds_))


def calibration_error(probability: Floats, did: NDArray[Any], *, bins: int = BINS) -> float:
    """How far, on average, probabilities are from what happened: the expected calibration error.

    Over bins of equally many people (Naeini, Cooper & Hauskrecht, 2015, AAAI; equal counts as Nguyen & O'Connor, 2015).
    """
    order = np.argsort(probability, kind="stable")
    error = 0.0
    for part in np.array_split(order, min(bins, len(order))):
        error += abs(float(probability[part].sum()) - float(did[part].sum()))
    return error / max(len(order), 1)


def error_by_chance(probability: Floats, *, seed: int, times: int = 50) -> float:
    """The calibration error that probabilities true to the letter would show, on average, for so few people."""
    chance = np.random.default_rng(seed)
    return float(
        np.mean([calibration_error(probability, chance.random(len(probability)) < probability) for _ in range(times)])
    )


def _shift(log_odds: Floats, did: NDArray[np.bool_]) -> float:
    wanted = np.clip(did.mean(), 0.5 / len(did), 1 - 0.5 / len(did))

    from scipy.optimize import brentq

    def missing(shift: float) -> float:
        return float(expit(log_odds + shift).mean() - wanted)

    # outside of this no mean of these log-odds can be
    low, high = logit(wanted) - log_odds.max() - 1, logit(wanted) - log_odds.min() + 1
    return float(brentq(missing, low, high, xtol=1e-9))


def _together(seen: Sequence[Happened]) -> Happened:
    return np.concatenate([one for one, _ in seen]), np.concatenate([one for _, one in seen])
