"""Learns the chance that a customer buys an item in the next window, from windows that are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parcours.scores.baskets.features import Known
from parcours.scores.baskets.history import Bools, Floats, Ints

TIMES = 30  # the plain method's chances: by how often it was bought, up to so many times


class Design:
    """Features made ready for a linear model: logarithms of one spread, and what is unknown."""

    def __init__(self, values: Floats) -> None:
        self._missing = np.flatnonzero(np.isnan(values).any(axis=0))
        columns = self._columns(values)
        self._mean, deviation = columns.mean(axis=0), columns.std(axis=0)
        self._deviation = np.where(deviation > 1e-6, deviation, 1.0)

    def columns(self, values: Floats) -> Floats:
        """The columns a linear model weighs."""
        return np.clip((self._columns(values) - self._mean) / self._deviation, -4, 4)

    def _columns(self, values: Floats) -> Floats:
        unknown = np.isnan(values)
        logs = np.where(unknown, 0, np.sign(values) * np.log1p(np.abs(values)))
        return np.hstack([logs, unknown[:, self._missing]]).astype(np.float32)


class Mean:
    """The mean of the log-odds of a logistic regression and of boosted trees (scikit-learn's HistGradientBoosting)."""

    def __init__(self, values: Floats, did: Bools, *, seed: int) -> None:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.linear_model import LogisticRegression

        self._used = np.flatnonzero(np.fmax.reduce(values) > np.fmin.reduce(values))
        values = values[:, self._used]
        self._design = Design(values)
        self._linear = LogisticRegression(C=0.1, solver="newton-cholesky", max_iter=30).fit(
            self._design.columns(values), did
        )
        self._trees = HistGradientBoostingClassifier(
            learning_rate=0.1,
            max_iter=100,
            max_leaf_nodes=16,
            min_samples_leaf=100,
            l2_regularization=5,
            max_features=0.3,
            early_stopping=False,
            random_state=seed,
        ).fit(values, did)

    def log_odds(self, known: Known) -> Floats:
        """The log-odds of each candidate."""
        linear, trees = self.parts(known)
        return np.asarray((linear + trees) / 2)

    def parts(self, known: Known) -> tuple[Floats, Floats]:
        """The log-odds of each candidate by the logistic regression and by the trees."""
        values = known.values[:, self._used]
        # row by row in one order, unlike a matrix product: a customer's odds are the same whoever is asked with them
        linear = np.einsum("ij,j->i", self._design.columns(values), self._linear.coef_[0].astype(np.float32))
        return linear + self._linear.intercept_[0], self._trees.decision_function(values)


class Plain:
    """The plain method: what the customer bought most often, then what most customers buy."""

    def __init__(self, windows: Sequence[tuple[Known, Bools]]) -> None:
        times = np.concatenate([_times(known) for known, _ in windows])
        did = np.concatenate([bought for _, bought in windows])
        people, bought = np.bincount(times, minlength=TIMES + 1), np.bincount(times, weights=did, minlength=TIMES + 1)
        rate = (bought + did.mean()) / (people + 1)
        self._odds = np.log(rate / (1 - rate))

    def rank(self, known: Known) -> Floats:
        """What the items of a customer are put in order by."""
        return known.column("days_all") + 0.99 * known.column("item_buyers_1")

    def log_odds(self, known: Known) -> Floats:
        """The log-odds of each candidate: those of all that were bought as often."""
        return np.asarray(self._odds[_times(known)])


def _times(known: Known) -> Ints:
    return np.minimum(known.column("days_all"), TIMES).astype(np.int64)


@dataclass(frozen=True)
class Placed:
    """The candidates that are told, by customer and place."""

    rows: Ints
    place: Ints


def placed(known: Known, rank: Floats, places: int, discover: int) -> Placed:
    """Puts each customer's candidates in order: the most probable first, `discover` places for what they never bought.

    Who has bought too little for the other places has more to discover; where nothing is left to discover, more known
    items are told.
    """
    thought = known.candidates
    if discover:
        first = _first(thought.person, thought.item, rank, thought.known, places - discover)
        new = _first(thought.person, thought.item, rank, ~thought.known, discover)
        chosen = np.where(first | new, rank + 1e6, rank)
    else:
        chosen = rank
    told = _first(thought.person, thought.item, chosen, np.ones(len(rank), bool), places)
    rows = np.flatnonzero(told)
    rows = rows[np.lexsort((thought.item[rows], -rank[rows], thought.person[rows]))]
    who = thought.person[rows]
    return Placed(rows, np.arange(len(rows)) - np.searchsorted(who, who) + 1)


def _first(person: Ints, item: Ints, rank: Any, among: Bools, most: int) -> Bools:
    rows = np.flatnonzero(among)
    rows = rows[np.lexsort((item[rows], -rank[rows], person[rows]))]
    who = person[rows]
    told = np.zeros(len(person), bool)
    told[rows[np.arange(len(rows)) - np.searchsorted(who, who) < most]] = True
    return told
