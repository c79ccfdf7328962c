"""What is limited over all households: how many may have an offer, how often it may be used, what each budget holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Limits:
    """Three kinds of limit, each a row of `room` in this order.

    `households` of each offer, expected `uses` of each offer (stock, and its budget over its value), and `purses`:
    money of suppliers and of the retailer, of which one use of each offer takes `takes` (purses x offers).
    """

    households: Floats
    uses: Floats
    purses: Floats
    takes: Floats

    @property
    def offers(self) -> int:
        """How many offers there are."""
        return len(self.households)

    @property
    def room(self) -> Floats:
        """How much there is of everything, in one row."""
        return np.concatenate([self.households, self.uses, self.purses])

    @property
    def bound(self) -> NDArray[np.bool_]:
        """Which limits are limits at all."""
        return np.isfinite(self.room)

    def used(self, given: Floats, redeemed: Floats) -> Floats:
        """What offers given so many times, with so many expected uses, take of everything."""
        return np.concatenate([given, redeemed, self.takes @ redeemed])

    def charged(self, prices: Floats) -> tuple[Floats, Floats]:
        """What prices make of each offer: a charge for giving it, and one for each expected use."""
        n = self.offers
        return prices[:n], prices[n : 2 * n] + prices[2 * n :] @ self.takes
