"""The next article of a visit after its first clicks, from what similar visits went on to: for use in the visit itself.

V-SkNN (Ludewig and Jannach, 2018, User Modeling and User-Adapted Interaction) compares a visit with those that share
its latest articles. Here an article of a compared visit counts more the nearer it stands to what both visits share, a
long visit counts less, and what was looked at in this visit already counts twice: visitors go back and forth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parcours.scores.recommendations.purchases import Floats, Ints

NEIGHBOURS = 200  # visits that are compared
SAMPLED = 1000  # visits of an article that are looked at: the latest
CLICKS = 10  # clicks of a visit that are looked at: the latest


@dataclass(frozen=True)
class Blend:
    """How much less what is further away counts."""

    decay: float = 0.8  # of a click, a step further back
    near: float = 0.7  # of an article of a compared visit, a step further from the one they share
    own: float = 2.0  # of what was looked at in this visit already


@dataclass(frozen=True)
class Visits:
    """The visits learned from, by number of article: which visits have it, what each visit has."""

    items: Ints  # the ids of the articles, sorted
    visit_starts: Ints
    visit_items: Ints
    item_starts: Ints
    item_visits: Ints  # the latest first
    rarity: Floats
    blend: Blend

    def next_items_of(self, clicks: Sequence[int], at_most: int = 20) -> list[int]:
        """What is probably looked at next, the most probable first, by the ids of articles; [] for unknown clicks."""
        numbers = self._known(clicks)
        if not len(numbers):
            return []
        found, score = self.scores(numbers)
        order = np.lexsort((found, -score))[:at_most]
        return [int(each) for each in self.items[found[order]]]

    def _known(self, clicks: Sequence[int]) -> Ints:
        asked = np.asarray(clicks[-CLICKS:], dtype=np.int64)
        at = np.minimum(np.searchsorted(self.items, asked), len(self.items) - 1)
        return at[self.items[at] == asked]

    def scores(self, numbers: Ints) -> tuple[Ints, Floats]:
        """The candidates of a visit's clicks (numbers of articles, the latest last) and what speaks for each."""
        weight = self.blend.decay ** np.arange(len(numbers))[::-1]
        items, values = self._compared(numbers, weight)
        found, place = np.unique(items, return_inverse=True)
        score: Floats = np.bincount(place, weights=values, minlength=len(found))
        score = np.where(np.isin(found, numbers), self.blend.own, 1.0) * score
        return found, score

    def _compared(self, numbers: Ints, weight: Floats) -> tuple[Ints, Floats]:
        """What the visits that share most with this one looked at, near what they share, the rare more."""
        clicked, where = np.unique(numbers[::-1], return_index=True)
        value = weight[::-1][where] * self.rarity[clicked]
        visits, shares = [], []
        for item, worth in zip(clicked, value):
            begin = self.item_starts[item]
            some = self.item_visits[begin : min(self.item_starts[item + 1], begin + SAMPLED)]
            visits.append(some)
            shares.append(np.full(len(some), worth))
        visit, place = np.unique(np.concatenate(visits), return_inverse=True)
        likeness = np.bincount(place, weights=np.concatenate(shares), minlength=len(visit))
        if len(visit) > NEIGHBOURS:
            best = np.lexsort((-visit, -likeness))[:NEIGHBOURS]
            visit, likeness = visit[best], likeness[best]
        counts = self.visit_starts[visit + 1] - self.visit_starts[visit]
        owner = np.repeat(np.arange(len(visit)), counts)
        rows = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + self.visit_starts[visit][owner]
        items = self.visit_items[rows]
        return items, self._nearness(items, owner, counts, clicked) * (likeness / np.sqrt(counts))[owner] * self.rarity[
            items
        ]

    def _nearness(self, items: Ints, owner: Ints, counts: Ints, clicked: Ints) -> Floats:
        """How near each article of a compared visit stands to the latest click they share."""
        shared = np.isin(items, clicked)
        column = np.arange(len(items)) - np.repeat(np.cumsum(counts) - counts, counts)
        last = np.zeros(len(counts))
        np.maximum.at(last, owner[shared], column[shared])
        return self.blend.near ** np.abs(column - last[owner])


def learn(visit: Ints, item: Ints, *, blend: Blend | None = None) -> Visits:
    """Learns from clicks in their order: which visit (later ones have higher numbers) looked at which article."""
    items, number = np.unique(np.asarray(item, dtype=np.int64), return_inverse=True)
    _, visits = np.unique(visit, return_inverse=True)
    count = int(visits.max(initial=-1)) + 1
    order = np.argsort(visits, kind="stable")
    number, visits = number[order], visits[order]
    starts = np.searchsorted(visits, np.arange(count + 1))
    pairs = np.unique(number * count + (count - 1 - visits))
    item_of, visit_of = pairs // count, count - 1 - pairs % count
    has = np.bincount(item_of, minlength=len(items))
    return Visits(
        items=items,
        visit_starts=starts,
        visit_items=number,
        item_starts=np.searchsorted(item_of, np.arange(len(items) + 1)),
        item_visits=visit_of,
        rarity=np.log(count / np.maximum(has, 1)) + 1e-3,
        blend=blend or Blend(),
    )
