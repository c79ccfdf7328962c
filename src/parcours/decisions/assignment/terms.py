"""What every household is to get: how many places, how many of them known, how many of one group at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Terms:
    """The terms of an allotment.

    `group` is the group of each offer (a number from 0), of which a household gets `per_group` at most. `empty` is what
    an empty place costs and `unmixed` what a known offer costs in a place for a discovery (and the other way round):
    both larger than anything an offer may earn, so that they happen only where it cannot be otherwise.
    """

    places: int
    known: int
    per_group: int
    group: NDArray[np.int32]
    empty: float
    unmixed: float

    @property
    def discover(self) -> int:
        """How many places are for what the household does not buy yet."""
        return self.places - self.known


def penalties(least: float, most: float) -> tuple[float, float]:
    """What an empty place and a wrong one cost, given the least and the most that an offer may earn."""
    spread = max(most - least, abs(most), abs(least), 1.0)
    return 4.0 * spread, 1.5 * spread
