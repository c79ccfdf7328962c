"""What every offer is worth in every household: the margin it may be expected to bring, less what it costs.

A household that would have bought anyway and uses the offer only costs its value; one that buys because of the offer
brings the margin of the purchase. With p the chance to buy anyway, u the share of buyers who use an offer and l the
share of those who would not have bought that the offer wins: uses r = u p / (1 - l (1 - p)), of which l (1 - p) are
won.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.assignment import Block
from parcours.decisions.chance import Chances
from parcours.decisions.history import Article
from parcours.decisions.offered import Offered

Floats = NDArray[np.float32]
_MOST = np.float32(0.95)


@dataclass(frozen=True)
class Money:
    """What each offer moves, in minor units: the margin of a purchase won, the value of a use, the retailer's part."""

    won: Floats
    value: NDArray[np.float64]
    own: Floats


def money(offers: Sequence[Offered], articles: Sequence[Article], goods: NDArray[np.int64], usual: float) -> Money:
    """The money of each offer; `usual` is the margin of articles whose cost is not known."""
    sold = [articles[n] for n in goods]
    value = np.array([offer.worth(article.price) for offer, article in zip(offers, sold)])
    margin = [article.price * (usual if article.margin is None else article.margin) for article in sold]
    own = [each * (1 - offer.funding) + offer.cost for offer, each in zip(offers, value)]
    return Money(np.array(margin, np.float32), value, np.array(own, np.float32))


@dataclass(frozen=True, kw_only=True)
class Households:
    """All households of an allotment, a block at a time.

    What they know is held by household and goods (`start` to `start` of the next one); the categories they buy, which
    tell what is new to them, in the same way.
    """

    households: int
    start: NDArray[np.int64]
    goods: NDArray[np.int16]
    chance: Floats
    kind_start: NDArray[np.int64]
    kinds: NDArray[np.int16]
    lately: Floats
    habit: Floats
    counted: NDArray[np.bool_]
    closed: NDArray[np.bool_]  # households x rules
    closing: NDArray[np.bool_]  # rules x offers: which rule keeps an offer from whom it closes
    chances: Chances
    used: float
    lift: tuple[float, float]  # of what a household knows, and of what is new to it
    of_offer: NDArray[np.int64]  # the goods of each offer
    money: Money

    def block(self, rows: NDArray[np.int64]) -> Block:
        """What these households would bring."""
        anyway, known = self.anyway(rows)
        won = (1 - anyway) * np.where(known, *map(np.float32, self.lift))
        uses = anyway / (1 - won)
        uses *= (self.habit[rows] * np.float32(self.used))[:, None]
        np.minimum(uses, _MOST, out=uses)
        won *= uses
        redeemed = uses[:, self.of_offer]
        margin = won[:, self.of_offer]
        margin *= self.money.won
        margin -= redeemed * self.money.own
        allowed = ~(self.closed[rows].astype(np.float32) @ self.closing.astype(np.float32) > 0)
        return Block(margin, redeemed, known[:, self.of_offer], allowed, self.counted[rows])

    def anyway(self, rows: NDArray[np.int64]) -> tuple[Floats, NDArray[np.bool_]]:
        """The chance to buy each goods without an offer, and whether the household knows them: (rows x goods)."""
        chance = self.chances.of_new(self.bought_kinds(rows), self.lately[rows])
        known = np.zeros(chance.shape, bool)
        row, at = _spread(self.start, rows)
        known[row, self.goods[at]] = True
        chance[row, self.goods[at]] = self.chance[at]
        return chance, known

    def bought_kinds(self, rows: NDArray[np.int64]) -> Floats:
        """The categories households buy, 1 or 0."""
        kinds = np.zeros((len(rows), len(self.chances.crowd.together)), np.float32)
        row, at = _spread(self.kind_start, rows)
        kinds[row, self.kinds[at]] = 1
        return kinds

    def goes_with(self, rows: NDArray[np.int64], goods: NDArray[np.int64]) -> NDArray[np.int64]:
        """The category each household buys that goes best with given goods (rows x places); -1 if none does."""
        kinds = self.bought_kinds(rows)
        best = np.full(goods.shape, -1, np.int64)
        for place in range(goods.shape[1]):
            drawn = kinds * self.chances.crowd.evidence.T[goods[:, place]]
            top = drawn.argmax(axis=1)
            best[:, place] = np.where(drawn[np.arange(len(rows)), top] > 0, top, -1)
        return best


def starts(unit: NDArray[np.int64], households: int) -> NDArray[np.int64]:
    """Where the rows of each household begin, sorted by household; one more than there are households."""
    return np.concatenate([[0], np.cumsum(np.bincount(unit, minlength=households))]).astype(np.int64)


def _spread(start: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The place in the block and the place in the list of everything these households have."""
    many = start[rows + 1] - start[rows]
    row = np.repeat(np.arange(len(rows)), many)
    within = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many)
    return row, np.repeat(start[rows], many) + within
