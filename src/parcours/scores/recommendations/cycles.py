"""What was bought so lately that it is not needed again yet; and what hardly anybody ever buys twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcours.scores.recommendations.purchases import Floats, Ints, Purchases, Small

ENOUGH_GAPS = 30  # repeat purchases that tell an article's cycle; else its category's do
ENOUGH_BUYERS = 50  # who bought it long enough ago to have come back
HARDLY = 0.02  # the share of buyers who came back, at which a thing is bought once
SOON = 0.1  # a tenth of the repeat purchases come sooner than the cycle begins
LONG_AGO = 91  # days


@dataclass(frozen=True)
class Cycles:
    """From how many days after a purchase an article is needed again at the earliest; NEVER_AGAIN is never.

    A list is made for some days ahead: what may be needed within them is shown.
    """

    rest: Floats
    ahead: int = 0  # days

    def resting(self, product: Small, since: Floats) -> NDArray[np.bool_]:
        """Which purchases, so many days ago, are too fresh to show the article again."""
        return since + self.ahead < self.rest[product]


NEVER_AGAIN = np.float32(1e6)


def cycles(bought: Purchases, cut: int, kind_of: Small, *, ahead: int = 0) -> Cycles:
    """The cycles of the crowd as known at the end of a day: of an article, else of its category, else none."""
    owner = np.repeat(np.arange(len(bought.persons)), np.diff(bought.starts))
    seen = bought.day <= cut
    owner, product, day = owner[seen], bought.product[seen], bought.day[seen]
    same = np.zeros(len(owner), bool)
    same[1:] = (owner[1:] == owner[:-1]) & (product[1:] == product[:-1])
    at = np.flatnonzero(same)
    gap, again = (day[at] - day[at - 1]).astype(np.float32), product[at]
    early = ~same & (day <= cut - LONG_AGO)
    came = early & np.append(same[1:], False)
    rest = np.zeros(bought.products, np.float32)
    kinds = int(kind_of.max(initial=-1)) + 2
    for of, count in ((kind_of + 1, kinds), (np.arange(bought.products), bought.products)):
        found = _of(of[again], gap, of[product[early]], of[product[came]], count)
        if count == kinds:
            found[0] = np.nan  # of no category: told by the article alone
        rest = np.where(np.isnan(found[of]), rest, found[of])
    return Cycles(rest.astype(np.float32), ahead)


def _of(again: Ints, gap: Floats, early: Ints, came: Ints, count: int) -> Floats:
    """The cycle of each article or category; not a number where too little is known."""
    order = np.lexsort((gap, again))
    begins = np.searchsorted(again[order], np.arange(count + 1))
    gaps = np.diff(begins)
    soon = np.minimum(begins[:-1] + (gaps * SOON).astype(np.int64), max(len(order) - 1, 0))
    rest = np.full(count, np.nan, np.float32)
    known = gaps >= ENOUGH_GAPS
    rest[known] = gap[order][soon[known]]
    buyers, back = np.bincount(early, minlength=count), np.bincount(came, minlength=count)
    rest[(buyers >= ENOUGH_BUYERS) & (back < HARDLY * buyers)] = NEVER_AGAIN
    return rest
