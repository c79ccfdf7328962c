"""Which items are thought of for each customer: what they bought most and latest, and what most people buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parcours.scores.baskets.history import Bools, Ints
from parcours.scores.baskets.pairs import Pairs
from parcours.scores.baskets.shelf import Shelf

SPARE = 28  # how many more are thought of than are told
UNKNOWN = 12  # of them never bought, at least


@dataclass(frozen=True)
class Candidates:
    """One row a customer and item that is thought of, sorted by customer."""

    person: Ints
    item: Ints
    known: Bools


def candidates(known: Pairs, shelf: Shelf, places: int, discover: int) -> Candidates:
    """The candidates of every customer of these pairs: as many of each as are told, and some more."""
    people, items = known.people, len(shelf.catalogue)
    wanted = places + SPARE
    unknown = max(UNKNOWN, discover)
    own = _own(known, shelf, wanted - unknown)
    many = np.bincount(known.person[own], minlength=people)
    popular = shelf.popular[: 3 * wanted]
    rank = np.full(items, -1, np.int64)
    rank[popular] = np.arange(len(popular))
    bought = np.zeros((people, len(popular)), bool)
    at = rank[known.item]
    bought[known.person[at >= 0], at[at >= 0]] = True
    order = np.argsort(bought, axis=1, kind="stable")
    free = ~np.take_along_axis(bought, order, axis=1)
    free &= np.arange(len(popular)) < (wanted - many)[:, None]
    who, which = np.nonzero(free)
    person = np.concatenate([known.person[own], who])
    item = np.concatenate([known.item[own], popular[order[who, which]]])
    is_known = np.arange(len(person)) < len(own)
    sorted_ = np.lexsort((item, person))
    return Candidates(person[sorted_], item[sorted_], is_known[sorted_])


def _own(known: Pairs, shelf: Shelf, most: int) -> Ints:
    """The rows of the pairs that are thought of: the most and the latest bought of each customer."""
    score = known.days("3") + 0.3 * known.days("all") + known.decayed(1) + 3 * shelf.share[known.item]
    order = np.lexsort((known.item, -score, known.person))
    who = known.person[order]
    rank = np.arange(len(order)) - np.searchsorted(who, who)
    return np.asarray(order[rank < most])
