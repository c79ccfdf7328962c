"""How probable it is that a customer buys a candidate: learned from what customers then bought, or a plain order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from parcours.scores.recommendations.candidates import LITTLE, Block, Group, Moment, block, group
from parcours.scores.recommendations.purchases import Floats, Ints, bought_between

LEARNERS = 6_000  # customers learned from
ENOUGH = 100  # purchases of each sort that must be there to learn from
FIRST_OWN = 40.0  # what a customer bought before comes before all that is new to them, in the plain order


class Weights(Protocol):
    """Gives candidates their log-odds."""

    led: ClassVar[bool]  # whether neighbours lead to what is new to a customer

    def worth(self, odds: Floats) -> Floats:
        """What stands behind log-odds, between 0 and 1."""

    def own(self, at: Moment, chosen: Group) -> Floats:
        """Of each pair that was bought before."""

    def new(self, at: Moment, chosen: Group, owner: Ints, product: Ints, felt: Floats) -> Floats:
        """Of candidates that are new to the customer."""


@dataclass(frozen=True)
class Plain:
    """The plain order: how often the customer bought it, then what sold most lately; or only the latter."""

    led: ClassVar[bool] = False
    personal: bool = True

    def worth(self, odds: Floats) -> Floats:
        """Of what was bought n times n in n + 1; else the share among what was bought lately."""
        own = odds >= FIRST_OWN / 2
        times = np.where(own, odds - FIRST_OWN, 0)
        return np.where(own, times / (times + 1), np.exp(np.minimum(odds, 0)))

    def own(self, at: Moment, chosen: Group) -> Floats:
        """How often it was bought; of equals, what sold most lately."""
        if not self.personal:
            return self.new(at, chosen, chosen.pairs.owner, chosen.pairs.product, chosen.own_felt)
        popular = at.articles.lately / (at.articles.lately.max(initial=0) + 1)
        return FIRST_OWN + chosen.pairs.times + popular[chosen.pairs.product]

    def new(self, at: Moment, chosen: Group, owner: Ints, product: Ints, felt: Floats) -> Floats:
        """How many bought it lately, on the scale of the log-odds."""
        a = at.articles
        total = max(float(a.lately.sum()), 1.0)
        return np.log((a.lately + 0.01 * a.season + 0.0001 * a.ever + LITTLE) / total)[product].astype(np.float32)


@dataclass(frozen=True)
class Line:
    """A logistic regression, taken apart: what a pair, a customer and an article each add to the log-odds."""

    pair: Floats
    person: Floats
    item: Floats
    constant: float

    def odds(self, features: Floats, person: Floats, item: Floats) -> Floats:
        """The log-odds of rows whose customer's and article's parts are given."""
        return (features @ self.pair + person + item + np.float32(self.constant)).astype(np.float32)


@dataclass(frozen=True)
class Learned:
    """One line for what was bought before, one for what is new: both give probabilities, so they can be mixed."""

    led: ClassVar[bool] = True
    before: Line
    first: Line

    def worth(self, odds: Floats) -> Floats:
        """The probability."""
        return 1 / (1 + np.exp(-np.clip(odds.astype(np.float64), -50, 50)))

    def own(self, at: Moment, chosen: Group) -> Floats:
        """The log-odds of buying again what was bought before."""
        person, item = chosen.person_features() @ self.before.person, at.item_features() @ self.before.item
        pairs = chosen.pairs
        return self.before.odds(chosen.own_features(), person[pairs.owner], item[pairs.product])

    def new(self, at: Moment, chosen: Group, owner: Ints, product: Ints, felt: Floats) -> Floats:
        """The log-odds of buying what was never bought."""
        person, item = chosen.person_features() @ self.first.person, at.item_features() @ self.first.item
        return self.first.odds(chosen.new_features(owner, felt), person[owner], item[product])


def learn(at: Moment, until: int, seed: int) -> Learned | None:
    """Learns from what customers bought after the moment, up to a day; None where too few did.

    Two logistic regressions (Hastie et al., The Elements of Statistical Learning, section 4.4), one over what was
    bought before and one over what was not: a candidate is likely to be bought again for other reasons than a new one.
    """
    chosen = buyers(at, until, LEARNERS, seed)
    if len(chosen) == 0:
        return None
    then = bought_between(at.bought, chosen, at.cut, until).tocsr()
    here = group(at, chosen)
    popular = np.tile(at.articles.popular[:60].astype(np.int32), (len(chosen), 1))
    found = block(at, here, popular, None, new_only=True)
    owner, column = np.nonzero(found.product >= 0)
    product, felt = found.product[owner, column], found.felt[owner, column]
    pairs = here.pairs
    before = _fit(here.own_features(), at, here, pairs.owner, pairs.product, _did(then, pairs.owner, pairs.product))
    first = _fit(here.new_features(owner, felt), at, here, owner, product, _did(then, owner, product))
    return Learned(before, first) if before and first else None


def buyers(at: Moment, until: int, at_most: int, seed: int) -> Ints:
    """Customers who had bought by the moment and bought again after it, up to a day; at most so many, by chance."""
    bought = at.bought
    owner = np.repeat(np.arange(len(bought.persons)), np.diff(bought.starts))
    before = np.bincount(owner[bought.day <= at.cut], minlength=len(bought.persons)) > 0
    after = np.bincount(owner[(bought.day > at.cut) & (bought.day <= until)], minlength=len(bought.persons)) > 0
    found = np.flatnonzero(before & after)
    if len(found) > at_most:
        found = np.sort(np.random.default_rng(seed).choice(found, at_most, replace=False))
    return found


def _did(then: object, owner: Ints, product: Ints) -> Floats:
    return np.asarray(then[owner, product]).ravel() if len(owner) else np.zeros(0, np.float32)  # type: ignore[index]


def _fit(features: Floats, at: Moment, here: Group, owner: Ints, product: Ints, did: Floats) -> Line | None:
    from sklearn.linear_model import LogisticRegression

    if not ENOUGH <= did.sum() <= len(did) - ENOUGH:
        return None
    rows = np.concatenate([features, here.person_features()[owner], at.item_features()[product]], axis=1)
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread == 0] = 1
    fitted = LogisticRegression(max_iter=200).fit((rows - mean) / spread, did > 0)
    slope = (fitted.coef_[0] / spread).astype(np.float32)
    pair, person, item = np.split(slope, [features.shape[1], features.shape[1] + 3])
    return Line(pair, person, item, float(fitted.intercept_[0] - (mean * slope).sum()))


def scored(found: Block, at: Moment, chosen: Group, weights: Weights) -> Floats:
    """The log-odds of every candidate of a block; minus infinity where there is none."""
    odds = np.full(found.product.shape, -np.inf, np.float32)
    owner, column = np.nonzero((found.product >= 0) & (found.pair < 0))
    odds[owner, column] = weights.new(at, chosen, owner, found.product[owner, column], found.felt[owner, column])
    own = found.pair >= 0
    if own.any():
        odds[own] = weights.own(at, chosen)[found.pair[own]]
    return odds
