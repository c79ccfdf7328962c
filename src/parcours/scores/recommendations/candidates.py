"""What each customer may be shown: what they bought before, its neighbours, and what sells most; each described."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from parcours.scores.recommendations.articles import Articles, articles
from parcours.scores.recommendations.neighbours import (
    NOTHING,
    Near,
    by_cosine,
    highest,
    place_in_group,
    who_bought,
)
from parcours.scores.recommendations.purchases import Floats, Ints, Pairs, Purchases, Small, known

HALF_LIFE = 60.0  # days after which a purchase counts half in what it says of its neighbours
HEARD = 60  # purchases of a customer whose neighbours are looked at: the latest
OWN, NEAREST, POPULAR = 120, 60, 60  # candidates of each sort a customer has at most
LITTLE = np.float32(1e-4)


@dataclass(frozen=True)
class Moment:
    """What is known at the end of a day, of all customers together."""

    bought: Purchases
    cut: int
    articles: Articles
    near: Near

    @property
    def products(self) -> int:
        """How many articles there are."""
        return self.bought.products

    def item_features(self) -> Floats:
        """What is looked at of an article: a row an article."""
        a = self.articles
        columns = (np.log1p(a.week), np.log1p(a.lately), np.log1p(a.season), np.log(a.again + LITTLE))
        return np.column_stack([*columns, np.log1p(np.maximum(a.age, 0))]).astype(np.float32)


def moment(bought: Purchases, cut: int, seed: int) -> Moment:
    """What is known at the end of a day."""
    seen = who_bought(bought, cut, half_life=HALF_LIFE, seed=seed)
    return Moment(bought, cut, articles(bought, cut), by_cosine(seen))


@dataclass(frozen=True)
class Group:
    """Some customers at the end of a day: what they bought, and how near every other article is to it."""

    pairs: Pairs
    heard: csr_matrix  # their latest purchases, old ones counting less
    felt: csr_matrix  # closeness of articles to what was heard
    own_felt: Floats  # closeness of each pair to the other purchases
    amount: Floats  # of each customer: how much was heard

    def person_features(self) -> Floats:
        """What is looked at of a customer: a row a customer."""
        breadth = np.diff(self.pairs.begins)
        columns = (np.log1p(self.pairs.visits), np.log1p(self.pairs.silent), np.log1p(breadth))
        return np.column_stack(columns).astype(np.float32)

    def own_features(self) -> Floats:
        """What is looked at of a customer and an article they bought: a row a pair."""
        p = self.pairs
        late = np.where(p.times > 1, np.log((p.since + 1) / (p.own_gap + 1)), 0)
        columns = (np.log1p(p.times), p.times == 1, np.log(p.quick + 0.01), np.log(p.slow + 0.01), np.log1p(p.since),
                   late, np.log(self.own_felt + LITTLE), np.log(self.own_felt / self.amount[p.owner] + LITTLE),
                   p.times / np.maximum(p.visits[p.owner], 1))  # fmt: skip
        return np.column_stack(columns).astype(np.float32)

    def new_features(self, owner: Ints, felt: Floats) -> Floats:
        """What is looked at of a customer and an article they never bought."""
        columns = (np.log(felt + LITTLE), np.log(felt / self.amount[owner] + LITTLE), felt <= 0)
        return np.column_stack(columns).astype(np.float32)


def group(at: Moment, chosen: Ints) -> Group:
    """Some customers, by their places, as known at the end of a day."""
    pairs = known(at.bought, chosen, at.cut)
    weight = np.exp2(-pairs.since / HALF_LIFE).astype(np.float32)
    weight[place_in_group(pairs.begins, pairs.owner, pairs.since) >= HEARD] = 0
    heard = pairs.matrix(weight, at.products)
    heard.eliminate_zeros()
    felt = (heard @ at.near.matrix()).tocsr()
    own = np.asarray(felt[pairs.owner, pairs.product]).ravel() if len(pairs.owner) else np.zeros(0)
    amount = np.asarray(heard.sum(axis=1)).ravel() + 1e-9
    return Group(pairs, heard, felt, own.astype(np.float32), amount.astype(np.float32))


@dataclass(frozen=True)
class Block:
    """The candidates of some customers: a row a customer, a column a candidate; NOTHING where there is none.

    `times` is on how many days they bought it (0 for what is new to them), `pair` the row of what is known of that.
    """

    product: Small
    times: Floats
    pair: Ints
    felt: Floats


def block(at: Moment, chosen: Group, popular: Small, allowed: NDArray[np.bool_] | None, *, new_only: bool) -> Block:
    """The candidates of a group. `popular` has a row a customer; `allowed`, if given, a row a customer, too."""
    pairs, people = chosen.pairs, chosen.pairs.people
    felt = _without_own(chosen, at.products)
    if allowed is not None:
        row = np.repeat(np.arange(people), np.diff(felt.indptr))
        felt.data[~allowed[row, felt.indices]] = 0
    near, closeness = highest(felt, NEAREST)
    parts = [(near, np.zeros_like(closeness), np.full(near.shape, -1, np.int64), closeness)]
    parts.append(_popular(chosen, popular, near, at.products))
    if not new_only:
        parts.insert(0, _own(pairs))
    product, times, pair, closeness = (np.concatenate(each, axis=1) for each in zip(*parts))
    return Block(product, times, pair, closeness)


def _own(pairs: Pairs) -> tuple[Small, Floats, Ints, Floats]:
    """What each customer bought, those bought most and latest."""
    place = place_in_group(pairs.begins, pairs.owner, -(pairs.slow + pairs.quick))
    kept = np.flatnonzero(place < OWN)
    width = int(place[kept].max()) + 1 if len(kept) else 1
    shape = (pairs.people, width)
    product, times, pair = np.full(shape, NOTHING), np.zeros(shape, np.float32), np.full(shape, -1, np.int64)
    at = (pairs.owner[kept], place[kept])
    product[at], times[at], pair[at] = pairs.product[kept], pairs.times[kept], kept
    return product, times, pair, np.zeros(shape, np.float32)


def _without_own(chosen: Group, products: int) -> csr_matrix:
    """Closeness to what they did not buy."""
    pairs = chosen.pairs
    away = pairs.matrix(np.full(len(pairs.product), -1e9, np.float32), products)
    felt = (chosen.felt + away).tocsr()
    felt.data[felt.data < 0] = 0
    return felt


def _popular(chosen: Group, popular: Small, near: Small, products: int) -> tuple[Small, Floats, Ints, Floats]:
    """What sells most, but for what they bought or what is among their neighbours already."""
    pairs = chosen.pairs
    people = np.arange(len(popular))[:, None]
    own = contains(pairs.owner * products + pairs.product, people * products + popular)
    beside = (popular[:, :, None] == near[:, None, :]).any(axis=2)
    product = np.where(own | beside | (popular < 0), NOTHING, popular)
    felt = np.zeros(product.shape, np.float32)
    row, column = np.nonzero(product >= 0)
    felt[row, column] = np.asarray(chosen.felt[row, product[row, column]]).ravel() if len(row) else 0
    return product, np.zeros_like(felt), np.full(product.shape, -1, np.int64), felt


def contains(known: Ints, asked: Ints) -> NDArray[np.bool_]:
    """Which of the numbers asked about are among the known ones, which are sorted."""
    if not len(known):
        return np.zeros(asked.shape, bool)
    return known[np.minimum(np.searchsorted(known, asked), len(known) - 1)] == asked
