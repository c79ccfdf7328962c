"""Gives every household its offers at the prices learned, never more of anything than there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.assignment.blocks import Block, Blocks, Floats, ranges
from parcours.decisions.assignment.choosing import NOBODY, choose, worth
from parcours.decisions.assignment.limits import Limits
from parcours.decisions.assignment.prices import Look, everybody, learn, look, tally
from parcours.decisions.assignment.terms import Terms

FEWEST, MOST = 512, 8192  # households decided together
PARTS = 12  # blocks, at least, of a large base
PACE = 0.08  # how fast prices follow what is used
_ALMOST = 1e-9
_LOW = np.float32(-np.inf)


@dataclass(frozen=True)
class Dealt:
    """What every household gets (`NOBODY` for an empty place), and how good that is.

    `margin` and `redeemed` are those of the chosen. `value` is the sum of the expected margins of those counted. No
    assignment that fills every place it can, in the mix where it can, is worth more than `bound`; where limits leave
    less than that, none that misses as few places as this one. `missed` places are empty or out of the mix. `used` and
    `prices` are those of the limits, in the order of `Limits.room`.
    """

    offers: NDArray[np.int32]
    margin: Floats
    redeemed: Floats
    known: NDArray[np.bool_]
    value: float
    bound: float
    missed: int
    used: NDArray[np.float64]
    prices: NDArray[np.float64]

    @property
    def gap(self) -> float:
        """How far below the bound the value is, as a share of the bound."""
        return (self.bound - self.value) / abs(self.bound) if self.bound else 0.0


def deal(blocks: Blocks, limits: Limits, terms: Terms) -> Dealt:
    """Learns prices, finds the bound they give, and deals."""
    prices = learn(blocks, limits, terms)
    return Dealing(blocks, limits, terms, prices).dealt(look(everybody(blocks), limits, terms, prices))


class Dealing:
    """Deals at given prices, block after block, never more of anything than there is."""

    def __init__(self, blocks: Blocks, limits: Limits, terms: Terms, prices: NDArray[np.float64]) -> None:
        self.blocks, self.limits, self.terms, self.prices = blocks, limits, terms, prices.copy()
        self.learned = prices
        self.room = np.where(limits.bound, limits.room, np.inf)
        shape = (blocks.households, terms.places)
        self.offers = np.full(shape, NOBODY, np.int32)
        self.margin = np.zeros(shape, np.float32)
        self.redeemed = np.zeros(shape, np.float32)
        self.known = np.zeros(shape, bool)
        self.used = np.zeros(len(limits.room))
        self.value, self.empty, self.unmixed = 0.0, 0, 0

    def dealt(self, found: Look, *, size: int | None = None) -> Dealt:
        """Deals to all, `size` households at a time; `found` gives the bound at the same prices."""
        size = size or min(MOST, max(FEWEST, self.blocks.households // PARTS))
        for rows in ranges(self.blocks.households, size):
            self._one(rows)
        bound = found.bound + found.missed
        if bound < self.value:
            bound = found.bound + self.terms.empty * self.empty + self.terms.unmixed * self.unmixed
        return Dealt(
            self.offers, self.margin, self.redeemed, self.known, self.value, bound, self.empty + self.unmixed,
            self.used, self.learned,
        )  # fmt: skip

    def _one(self, rows: NDArray[np.int64]) -> None:
        block = self.blocks.block(rows)
        value = worth(block, self.limits.charged(self.prices))
        value[np.ix_(block.counted, self._gone(block))] = _LOW
        chosen = choose(value, block.known, self.terms).offers
        asked = self._asked(chosen, block)
        chosen = self._within(chosen, block, value, asked)
        self._follow(asked, len(rows), int(rows[0]))
        self._note(rows, chosen, block)

    def _gone(self, block: Block) -> NDArray[np.bool_]:
        """The offers of which there is too little left for any of these households."""
        left, n = self.room - self.used + _ALMOST, self.limits.offers
        least = block.redeemed.min(axis=0)
        purses = (self.limits.takes * least > left[2 * n :, None]).any(axis=0)
        return np.asarray((left[:n] < 1) | (left[n : 2 * n] < least) | purses)

    def _asked(self, chosen: NDArray[np.int32], block: Block) -> NDArray[np.float64]:
        counted = np.where(block.counted[:, None], chosen, NOBODY)
        return self.limits.used(*tally(counted, block.redeemed))

    def _within(
        self, chosen: NDArray[np.int32], block: Block, value: Floats, asked: NDArray[np.float64]
    ) -> NDArray[np.int32]:
        """The same choice within what is left: who loses least gives way, and chooses again among what is not closed.

        Each round closes a limit that was passed to all who do not hold it yet, so that it ends.
        """
        left = self.room - self.used
        while (over := np.flatnonzero(asked > left + _ALMOST)).size:
            lost = np.zeros(len(chosen), bool)
            spare = self._spare(chosen, block, value)
            for limit in over:
                lost |= self._close(int(limit), chosen, block, value, (left, spare))
            again = np.flatnonzero(lost)
            chosen[again] = choose(value[again], block.known[again], self.terms).offers
            asked = self._asked(chosen, block)
        return chosen

    def _spare(self, chosen: NDArray[np.int32], block: Block, value: Floats) -> Floats:
        """The worth of the best offer that each household did not choose: among new ones, among known ones."""
        rest = value.copy()
        rows, places = np.nonzero(chosen != NOBODY)
        rest[rows, chosen[rows, places]] = _LOW
        best = np.column_stack([np.where(side, rest, _LOW).max(axis=1) for side in (~block.known, block.known)])
        return np.asarray(np.maximum(best, -self.terms.empty), np.float32)

    def _close(
        self, limit: int, chosen: NDArray[np.int32], block: Block, value: Floats, given: tuple[Any, Floats]
    ) -> NDArray[np.bool_]:
        """Closes one limit: those who would lose most keep it; gives the households that lose something."""
        left, spare = given
        takes = self._takes(limit)
        offers = np.flatnonzero(takes > 0)
        rows, places = np.nonzero(np.isin(chosen, offers) & block.counted[:, None])
        held = chosen[rows, places]
        use = takes[held] * (block.redeemed[rows, held] if limit >= self.limits.offers else 1.0)
        loss = value[rows, held] - spare[rows, block.known[rows, held].astype(np.int64)]
        order = np.lexsort((held, rows, -loss / np.maximum(use, 1e-12)))
        fits = np.cumsum(use[order]) <= left[limit] + _ALMOST
        keep = np.zeros((len(chosen), len(takes)), bool)
        keep[rows[order][fits], held[order][fits]] = True
        shut = np.ix_(block.counted, takes > 0)
        value[shut] = np.where(keep[shut], value[shut], _LOW)
        lost = np.zeros(len(chosen), bool)
        lost[rows[order][~fits]] = True
        return lost

    def _takes(self, limit: int) -> NDArray[np.float64]:
        """How much of a limit one use (or one giving) of each offer takes."""
        n = self.limits.offers
        if limit >= 2 * n:
            return np.asarray(self.limits.takes[limit - 2 * n])
        takes = np.zeros(n)
        takes[limit % n] = 1.0
        return takes

    def _follow(self, asked: NDArray[np.float64], size: int, before: int) -> None:
        """Prices rise where more is used than there is to the end, and fall where less is."""
        rest = max(self.blocks.households - before, 1)
        left = np.maximum(self.room - self.used, 0.0)
        pace = np.maximum(left * size / rest, 1e-12)
        pull = np.clip(asked / pace - 1.0, -1.0, 1.0)
        self.prices = np.where(self.limits.bound, self.prices * np.exp(PACE * pull), 0.0)

    def _note(self, rows: NDArray[np.int64], chosen: NDArray[np.int32], block: Block) -> None:
        there = chosen != NOBODY
        at = np.arange(len(rows))[:, None]
        for name in ("margin", "redeemed", "known"):
            getattr(self, name)[rows] = np.where(there, getattr(block, name)[at, np.maximum(chosen, 0)], 0)
        self.offers[rows] = chosen
        counted = block.counted
        self.used += self._asked(chosen, block)
        self.value += float(self.margin[rows[counted]].astype(np.float64).sum())
        known = self.known[rows] & there
        beyond = np.maximum(known.sum(axis=1) - self.terms.known, 0)
        beyond += np.maximum((~known & there).sum(axis=1) - self.terms.discover, 0)
        self.empty += int((~there[counted]).sum())
        self.unmixed += int(np.minimum(beyond, self.terms.places)[counted].sum())
