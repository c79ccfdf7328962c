"""How probably people look at a place of a list, so that an article far down is not held to be dull.

The position-based model (Richardson, Dominowska and Ragno 2007; Chuklin, Markov and de Rijke 2015, "Click models for
web search", sections 3.3 and 4.3.1): a click is an article looked at that also attracts, and the two are independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ROUNDS = 500
_STILL = 1e-7
_PRIOR = 1.0  # clicks that what is usual is worth beside those seen


@dataclass(frozen=True)
class Examination:
    """How probably each place is looked at, the first one being 1: `looked[p]`; and how much each article attracts."""

    looked: Floats
    attracts: Floats

    def examined(self, shown: Floats) -> Floats:
        """How often each article was looked at, of `shown[c, p]` at each place: float64[c]."""
        return shown @ self.looked


def at_random(shown: Floats, clicked: Floats) -> Examination:
    """From lists in an order by chance: a place is looked at as its share of clicks says, of `shown[c, p]`."""
    places, rate = shown.sum(axis=0), clicked.sum() / max(shown.sum(), 1e-9)
    looked = (clicked.sum(axis=0) + _PRIOR) / (places + _PRIOR / max(rate, 1e-9))
    looked = np.minimum(looked / looked[0], 1.0)
    return Examination(looked, _attracts(shown, clicked, looked))


def learn(shown: Floats, clicked: Floats) -> Examination:
    """From any lists, by expectation and maximisation over `shown[c, p]` and `clicked[c, p]`.

    It needs articles that stood at several places; where each stood at one only, nothing tells place from article, and
    places stay as they are usually looked at (1 over the square root of the place).
    """
    usual = 1 / np.sqrt(np.arange(1, shown.shape[1] + 1))
    looked, attracts = usual.copy(), _attracts(shown, clicked, usual)
    strength = _PRIOR / max(clicked.sum() / max(shown.sum(), 1e-9), 1e-9)
    for _ in range(_ROUNDS):
        before = looked
        both = np.minimum(attracts[:, None] * looked, 1 - 1e-9)
        ignored = (shown - clicked) / (1 - both)
        looked_at = clicked + ignored * looked * (1 - attracts[:, None])
        attracted = clicked + ignored * attracts[:, None] * (1 - looked)
        middle = attracted.sum() / max(shown.sum(), 1e-9)
        looked = (looked_at.sum(axis=0) + strength * usual) / (shown.sum(axis=0) + strength)
        attracts = (attracted.sum(axis=1) + strength * middle) / (shown.sum(axis=1) + strength)
        if np.abs(looked - before).max() < _STILL:
            break
    looked = np.minimum(looked / looked[0], 1.0)
    return Examination(looked, _attracts(shown, clicked, looked))


def _attracts(shown: Floats, clicked: Floats, looked: Floats) -> Floats:
    """The clicks of each article over how often it was looked at, drawn to the mean of all."""
    examined = shown @ looked
    middle = clicked.sum() / max(examined.sum(), 1e-9)
    strength = _PRIOR / max(middle, 1e-9)
    return np.asarray(np.minimum((clicked.sum(axis=1) + strength * middle) / (examined + strength), 1.0))
