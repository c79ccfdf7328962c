"""How many of those who buy a thing use an offer on it: from earlier campaigns, or as the project assumes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.history import History

FEWEST = 50  # redemptions there must be to learn from
_WEIGHT = 2.0  # expected uses at which a household's own habit weighs as much as the crowd's
_RANGE = (0.2, 5.0)


@dataclass(frozen=True)
class Usage:
    """The share of buyers who use an offer they have, how much more or less each household does, and where it is from.

    `source` is `campaigns` or `assumed`.
    """

    share: float
    habit: NDArray[np.float32]
    source: str


def learn(history: History, units: int) -> Usage:
    """From the coupons of past campaigns of the same kind: those whose articles were bought, and those used.

    A household's habit is its uses over those expected of it, both drawn to the crowd's (a gamma prior).
    """
    assumed = Usage(history.allotment.used.value, np.ones(units, np.float32), "assumed")
    found = history.campaigns()
    unit, could, did = (found.column(name).to_numpy().astype(np.float64) for name in ("unit", "could", "did"))
    if did.sum() < FEWEST or could.sum() <= did.sum():
        return assumed
    share = float(min(did.sum() / could.sum(), 0.95))
    habit = np.ones(units, np.float32)
    own = (did + _WEIGHT) / (could * share + _WEIGHT)
    habit[unit.astype(np.int64)] = np.clip(own, *_RANGE)
    return Usage(share, habit, "campaigns")
