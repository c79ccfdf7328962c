"""The lists: the best of what each customer may be shown, full wherever anything may be, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parcours.scores.recommendations.candidates import (
    POPULAR,
    Block,
    Group,
    Moment,
    block,
    contains,
    group,
)
from parcours.scores.recommendations.cycles import Cycles
from parcours.scores.recommendations.merchandising import Ruled
from parcours.scores.recommendations.neighbours import NOTHING, highest
from parcours.scores.recommendations.purchases import Floats, Ints, Small
from parcours.scores.recommendations.shop import Stocked
from parcours.scores.recommendations.weights import Weights, scored

LOOKED_AT = 3  # times the places: what a list is mixed from
LEADING = 15  # purchases of a customer among which the reason of an article is looked for
CELLS = 20_000_000  # customers times articles that are looked at in one go where a list is not full


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the lists are to be like.

    `variety` is what each further article of one category is worth beside the one before (1: no less); `fresh` is added
    to the log-odds of what is sold since today, half of it a month later.
    """

    places: int = 10
    new_only: bool = False
    variety: float = 1.0
    fresh: float = 0.0


@dataclass(frozen=True)
class Allowed:
    """What may be shown to whom: not withdrawn, in stock where they buy, not brought back, needed again."""

    ruled: Ruled
    stocked: Stocked
    returned: Ints  # person * products + product, sorted
    cycles: Cycles | None

    def of(self, people: Ints) -> NDArray[np.bool_]:
        """Which articles are there for some customers: a row a customer."""
        found: NDArray[np.bool_] = self.stocked.holds[self.stocked.place_of[people]] & self.ruled.shown
        return found

    def forbidden(self, people: Ints, chosen: Group, products: int) -> Ints:
        """What is not to be shown to one customer alone: row * products + product, sorted."""
        begin, end = np.searchsorted(self.returned, [people[0] * products, (people[-1] + 1) * products])
        back = self.returned[begin:end]
        row = np.searchsorted(people, back // products)
        found = [row * products + back % products]
        if self.cycles is not None:
            pairs = chosen.pairs
            resting = self.cycles.resting(pairs.product, pairs.since)
            found.append(pairs.owner[resting] * products + pairs.product[resting])
        return np.unique(np.concatenate(found))


@dataclass(frozen=True)
class Picks:
    """The lists of some customers: a row a customer, a column a place; NOTHING where nothing may be shown.

    `times` is on how many days they bought it; `because` the purchase that leads to it (NOTHING: none does).
    """

    people: Ints
    product: Small
    odds: Floats
    times: Floats
    because: Small


@dataclass(frozen=True)
class Lists:
    """Makes the lists as known at a moment."""

    at: Moment
    weights: Weights
    allowed: Allowed
    kind_of: Small

    def all(self, wish: Wish, people: Ints | None = None, *, size: int = 4000) -> Iterator[Picks]:
        """The lists of everybody, or of some (their places, sorted), so many at a time."""
        chosen = np.arange(len(self.at.bought.persons)) if people is None else people
        size = max(1, min(size, 400_000_000 // max(self.at.products, 1)))
        for begin in range(0, len(chosen), size):
            yield self.some(wish, chosen[begin : begin + size])

    def some(self, wish: Wish, people: Ints) -> Picks:
        """The lists of some customers."""
        here = group(self.at, people)
        there = self.allowed.of(people)
        forbidden = self.allowed.forbidden(people, here, self.at.products)
        found = block(self.at, here, self._popular(people), there, new_only=wish.new_only)
        odds = scored(found, self.at, here, self.weights) + self._raised(wish)[found.product]
        odds[~self.may(found.product, there, forbidden)] = -np.inf
        found, odds = self._filled(wish, here, found, odds, there, forbidden)
        picked = best_of(odds, found.product, wish.places * LOOKED_AT)
        picked = self._mixed(picked, odds, found.product, wish)
        product, odds, times = (np.take_along_axis(each, picked, 1) for each in (found.product, odds, found.times))
        felt = np.take_along_axis(found.felt, picked, 1)
        product = np.where(np.isfinite(odds), product, NOTHING)
        because = self._because(here, product, (times == 0) & (felt > 0) & self.weights.led)
        return self._pinned(wish, Picks(people, product, odds, times, because), here, there, forbidden)

    # -- what may be shown

    def _popular(self, people: Ints) -> Small:
        """What sells most of what is there where each customer buys."""
        places = self.allowed.stocked.place_of[people]
        order = self.at.articles.popular
        kept = np.full((len(self.allowed.stocked.holds), POPULAR), NOTHING)
        for place in np.unique(places):
            may = order[(self.allowed.stocked.holds[place] & self.allowed.ruled.shown)[order]][:POPULAR]
            kept[place, : len(may)] = may
        return kept[places]

    def _raised(self, wish: Wish) -> Floats:
        """What the merchant and freshness add to the log-odds of each article; a last cell for NOTHING."""
        age = self.at.articles.age
        fresh = np.where(age >= 0, wish.fresh * np.exp2(-np.maximum(age, 0) / 30.0), 0.0)
        return np.append(self.allowed.ruled.raised + fresh, 0.0).astype(np.float32)

    def bought(self, here: Group, product: Small) -> NDArray[np.bool_]:
        """Which of some articles, a row a customer, the customer bought before."""
        row = np.arange(len(product))[:, None]
        pairs = here.pairs
        return contains(pairs.owner * self.at.products + pairs.product, row * self.at.products + product)

    def may(self, product: Small, there: NDArray[np.bool_], forbidden: Ints) -> NDArray[np.bool_]:
        """Which of some articles, a row a customer, may be shown."""
        row = np.arange(len(product))[:, None]
        away = contains(forbidden, row * self.at.products + product)
        return (product >= 0) & there[row, product] & ~away

    def _filled(
        self, wish: Wish, here: Group, found: Block, odds: Floats, there: NDArray[np.bool_], forbidden: Ints
    ) -> tuple[Block, Floats]:
        """Where fewer are left than there are places, all that may be shown is looked at."""
        short = np.flatnonzero(np.isfinite(odds).sum(axis=1) < wish.places)
        width = min(wish.places * LOOKED_AT, self.at.products)
        if not len(short) or not width:
            return found, odds
        shape = (len(odds), width)
        product, more = np.full(shape, NOTHING), np.full(shape, -np.inf, np.float32)
        size = max(1, CELLS // self.at.products)
        for begin in range(0, len(short), size):
            rows = short[begin : begin + size]
            product[rows], more[rows] = self._anything(wish, here, rows, found, there, forbidden)
        none = np.zeros(shape, np.float32)
        wider: tuple[Any, ...] = (product, none, np.full(shape, -1, np.int64), none)
        columns: tuple[Any, ...] = (found.product, found.times, found.pair, found.felt)
        both = zip(columns, wider)
        return Block(*(np.concatenate(each, axis=1) for each in both)), np.concatenate([odds, more], axis=1)

    def _anything(
        self, wish: Wish, here: Group, rows: Ints, found: Block, there: NDArray[np.bool_], forbidden: Ints
    ) -> tuple[Small, Floats]:
        """The best of all articles that are new to some customers and not among their candidates."""
        may = there[rows].copy()
        local = np.arange(len(rows))
        keys = forbidden[np.isin(forbidden // self.at.products, rows)]
        may[np.searchsorted(rows, keys // self.at.products), keys % self.at.products] = False
        pairs = here.pairs
        own = np.isin(pairs.owner, rows)
        may[np.searchsorted(rows, pairs.owner[own]), pairs.product[own]] = False
        known = found.product[rows]
        row, column = np.nonzero(known >= 0)
        may[row, known[row, column]] = False
        odds = np.full(may.shape, -np.inf, np.float32)
        row, product = np.nonzero(may)
        odds[row, product] = self.weights.new(self.at, here, rows[row], product, np.zeros(len(row), np.float32))
        odds[may] += self._raised(wish)[product]
        picked = best_of(odds, np.broadcast_to(np.arange(self.at.products), odds.shape), wish.places * LOOKED_AT)
        best = odds[local[:, None], picked]
        return np.where(np.isfinite(best), picked, NOTHING).astype(np.int32), best

    # -- order, reasons, pins

    def _mixed(self, picked: Ints, odds: Floats, product: Small, wish: Wish) -> Ints:
        """The places in the order in which each further article of a category is worth less."""
        if wish.variety >= 1:
            return picked[:, : wish.places]
        values = np.take_along_axis(odds, picked, 1)
        kinds = np.append(self.kind_of, NOTHING)[np.take_along_axis(product, picked, 1)]
        kinds = np.where(kinds < 0, -1 - np.arange(picked.shape[1])[None, :], kinds)  # of none: like no other
        order = np.argsort(kinds, axis=1, kind="stable")
        sorted_ = np.take_along_axis(kinds, order, 1)
        column = np.broadcast_to(np.arange(picked.shape[1]), picked.shape)
        begin = np.where(np.diff(sorted_, axis=1, prepend=sorted_[:, :1] - 1) != 0, column, 0)
        turn = np.empty_like(order)
        np.put_along_axis(turn, order, column - np.maximum.accumulate(begin, axis=1), 1)
        again = np.argsort(-(values + turn * np.float32(np.log(wish.variety))), axis=1, kind="stable")
        return np.take_along_axis(picked, again[:, : wish.places], 1)

    def _because(self, here: Group, product: Small, asked: NDArray[np.bool_]) -> Small:
        """The latest purchases' nearest: which of them leads to each article asked about."""
        because = np.full(product.shape, NOTHING)
        row, column = np.nonzero(asked & (product >= 0))
        if not len(row):
            return because
        heard, weight = highest(here.heard, LEADING)
        near = self.at.near
        for begin in range(0, len(row), 20_000):
            some, there = row[begin : begin + 20_000], column[begin : begin + 20_000]
            theirs = heard[some]
            same = near.other[theirs] == product[some, there][:, None, None]
            strength = np.where(same, near.closeness[theirs], 0).max(axis=2) * np.where(theirs >= 0, weight[some], 0)
            first = strength.argmax(axis=1)
            lines = np.arange(len(some))
            because[some, there] = np.where(strength[lines, first] > 0, theirs[lines, first], NOTHING)
        return because

    def _pinned(self, wish: Wish, picks: Picks, here: Group, there: NDArray[np.bool_], forbidden: Ints) -> Picks:
        """What the merchant pinned, at its place, where it may be shown."""
        for place, article in self.allowed.ruled.pins:
            if place > wish.places:
                continue
            asked = np.full((len(picks.people), 1), article, np.int32)
            may = self.may(asked, there, forbidden)[:, 0]
            if wish.new_only:
                pairs = here.pairs
                may[pairs.owner[pairs.product == article]] = False
            picks = self._pin(picks, may, place, article, here)
        return picks

    def _pin(self, picks: Picks, may: NDArray[np.bool_], place: int, article: int, here: Group) -> Picks:
        rows = np.flatnonzero(may)
        odds = self.weights.new(self.at, here, rows, np.full(len(rows), article), np.zeros(len(rows), np.float32))
        product, value, times, because = (
            each.copy() for each in (picks.product, picks.odds, picks.times, picks.because)
        )
        pairs = here.pairs
        mine = pairs.product == article
        bought = np.zeros(len(may), np.float32)
        bought[pairs.owner[mine]] = pairs.times[mine]
        for column, given in ((product, article), (value, odds), (times, bought[rows]), (because, NOTHING)):
            column[rows] = _inserted(column[rows], picks.product[rows] == article, place, given)
        return Picks(picks.people, product, value, times, because)


def _inserted(row: NDArray[Any], same: NDArray[np.bool_], place: int, given: Any) -> NDArray[Any]:
    """Rows with a value put at a place; it is taken away from where it stood, or the last one makes room."""
    width = row.shape[1]
    old = np.where(same.any(axis=1), same.argmax(axis=1), width - 1)
    at = min(place - 1, width - 1)
    column = np.arange(width)[None, :]
    # those between the old and the new place move by one
    later = (column > at) & (column <= old[:, None])
    sooner = (column < at) & (column >= old[:, None])
    moved = np.take_along_axis(row, column - later + sooner, 1)
    moved[:, at] = given
    return moved


def best_of(odds: Floats, product: Small, kept: int) -> Ints:
    """Where the highest odds of each row stand, the highest first, then the smallest article."""
    found = np.broadcast_to(np.arange(odds.shape[1]), odds.shape)
    if odds.shape[1] > kept:
        found = np.argpartition(-odds, kept - 1, axis=1)[:, :kept]
    order = np.lexsort((np.take_along_axis(product, found, 1), -np.take_along_axis(odds, found, 1)), axis=1)
    return np.take_along_axis(found, order, 1)
