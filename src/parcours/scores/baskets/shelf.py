"""What is known of the items themselves at a day: how many buy them, who comes back to them, what goes with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp  # type: ignore[import-untyped]
from scipy.linalg import eigh  # type: ignore[import-untyped]

from parcours.scores.baskets.history import Floats, History, Ints
from parcours.scores.baskets.pairs import Pairs, pairs

NEIGHBOURS = 2_000  # the most bought items; only they tell of one another
RIDGE = 150.0
TASTES = 48  # how many tastes tell customers apart
WINDOWS = 4  # how many earlier windows tell what goes with what
COLUMNS = (
    "buyers_quarter", "buyers_1", "buyers_3", "buyers_ever", "trend", "trend_quarter", "repeaters", "frequency",
    "kept_1", "kept_3", "new",
)  # fmt: skip


@dataclass(frozen=True)
class Catalogue:
    """The items by their number, and the number of the wider categories that hold them (-1: none)."""

    names: tuple[str, ...]
    above: tuple[Ints, ...]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Shelf:
    """The items at a day: `numbers` has a row an item and the columns COLUMNS.

    `follow` says what is bought in the next window by those who bought each of the most bought items before; `place` is
    an item's place among them, -1 for the others. `tastes` are the directions in which customers differ most.
    """

    cut: int
    within: int
    first_day: int
    catalogue: Catalogue
    numbers: Floats
    popular: Ints
    place: Ints
    follow: Floats
    tastes: Floats

    @property
    def share(self) -> Floats:
        """Which share of the customers bought each item in the last window."""
        return self.numbers[:, COLUMNS.index("buyers_1")]


def shelf(learners: History, catalogue: Catalogue, cut: int, within: int) -> Shelf:
    """What the customers learned from tell of the items at the end of a day."""
    known = pairs(learners.until(cut), len(catalogue), cut, within)
    numbers = _numbers(known, learners, catalogue, cut, within)
    order = np.lexsort((np.arange(len(catalogue)), -numbers[:, 3], -numbers[:, 1]))
    place = np.full(len(catalogue), -1, np.int64)
    place[order[:NEIGHBOURS]] = np.arange(min(NEIGHBOURS, len(catalogue)))
    follow = _follow(learners, place, len(catalogue), cut, within)
    tastes = _tastes(weights(known, place, which=2))
    return Shelf(cut, within, int(learners.day.min()), catalogue, numbers, order, place, follow, tastes)


def _numbers(known: Pairs, learners: History, catalogue: Catalogue, cut: int, within: int) -> Floats:
    items = len(catalogue)
    people = max(int((learners.trips_until(np.arange(len(learners.people)), cut) > 0).sum()), 1)

    def count(rows: np.ndarray) -> np.ndarray:
        return np.bincount(known.item, weights=rows, minlength=items)

    quarter, one, three, ever = (count(known.days(w) > 0) for w in ("quarter", "1", "3", "all"))
    now, before = known.window(0) > 0, known.window(1) > 0
    earlier = known.days("4") > known.days("1")
    last = learners.between(cut - 2 * within, cut - within, items) % items
    previous = np.bincount(last, minlength=items)
    a_bit, n = 0.002, float(people)
    return np.stack(
        [
            quarter / n,
            one / n,
            three / n,
            ever / n,
            np.log((one / n + a_bit) / (previous / n + a_bit)),
            np.log((4 * quarter / n + 2 * a_bit) / (one / n + 2 * a_bit)),
            (count(known.days("3") > 1) + 2) / (three + 8),
            np.bincount(known.item, weights=known.days("3"), minlength=items) / (three + 1),
            (count(now & before) + 2) / (count(before) + 10),
            (count(now & earlier) + 2) / (count(earlier) + 15),
            count(now & ~earlier) / np.maximum(n - count(earlier), 1),
        ],
        axis=1,
    ).astype(np.float32)


def weights(known: Pairs, place: Ints, *, which: int = 1) -> sp.csr_matrix:
    """How much each customer buys of the most bought items, the older the less: a row a customer."""
    rows = place[known.item] >= 0
    shape = (known.people, int(place.max()) + 1)
    value = np.log1p(known.decayed(which))[rows]
    return sp.csr_matrix((value, (known.person[rows], place[known.item[rows]])), shape=shape, dtype=np.float32)


def _tastes(bought: sp.csr_matrix) -> Floats:
    """The first right singular vectors of what customers bought: a row an item, a column a taste."""
    squares = (bought.T @ bought).toarray().astype(np.float64)
    wanted = min(TASTES, len(squares))
    _, vectors = eigh(squares, subset_by_index=(len(squares) - wanted, len(squares) - 1))
    return np.asarray(vectors, np.float32)


def _follow(learners: History, place: Ints, items: int, cut: int, within: int) -> Floats:
    """The ridge regression of what is bought in a window on what was bought before it.

    As EASE (Steck, 2019), but of the next window, so that an item also speaks for itself.
    """
    width = int(place.max()) + 1
    squares = RIDGE * np.eye(width, dtype=np.float64)
    products = np.zeros((width, width))
    first = int(learners.day.min())
    for back in range(1, WINDOWS + 1):
        then = cut - back * within
        if then < first + within:
            break
        x = weights(pairs(learners.until(then), items, then, within), place)
        keys = learners.between(then, then + within, items)
        person, item = keys // items, place[keys % items]
        rows = item >= 0
        y = sp.csr_matrix((np.ones(rows.sum(), np.float32), (person[rows], item[rows])), shape=x.shape)
        squares += (x.T @ x).toarray()
        products += (x.T @ y).toarray()
    return np.asarray(np.linalg.solve(squares, products), np.float32)
