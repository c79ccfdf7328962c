"""Which articles are near which: bought by the same customers, drawn to nothing where few bought them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from parcours.scores.recommendations.purchases import Floats, Ints, Purchases, Small, known

NEAREST = 30  # neighbours an article has
SHRUNK_BY = 1.0  # shared purchases that are thought to be chance
EACH = 150  # products of a customer that tell of one another: those bought most and latest
LEARNERS = 100_000  # customers whose purchases tell as much as all
BLOCK = 512
NOTHING = np.int32(-1)


@dataclass(frozen=True)
class Near:
    """The neighbours of each article, the nearest first; a place that is not filled has closeness 0."""

    other: Small  # products x places
    closeness: Floats  # products x places

    @property
    def places(self) -> int:
        """How many neighbours an article has at most."""
        return self.other.shape[1]

    def matrix(self) -> csr_matrix:
        """Closeness as a sparse table of products."""
        count, places = self.other.shape
        begins = np.arange(0, count * places + 1, places)
        return csr_matrix((self.closeness.ravel(), self.other.ravel(), begins), shape=(count, count))


def who_bought(bought: Purchases, cut: int, *, half_life: float = 180.0, seed: int = 0) -> csr_matrix:
    """Customers and the products they had bought by the end of a day; old purchases count less."""
    people = len(bought.persons)
    chosen = np.arange(people)
    if people > LEARNERS:
        chosen = np.sort(np.random.default_rng(seed).choice(people, LEARNERS, replace=False))
    pairs = known(bought, chosen, cut)
    weight = np.exp2(-pairs.since / half_life).astype(np.float32)
    weight[place_in_group(pairs.begins, pairs.owner, -pairs.slow) >= EACH] = 0
    seen = pairs.matrix(weight, bought.products)
    seen.eliminate_zeros()
    return seen


def place_in_group(begins: Ints, owner: Ints, values: Floats) -> Ints:
    """The place of each value among those of its owner, the smallest first; owners are sorted."""
    order = np.lexsort((np.arange(len(values)), values, owner))
    place = np.empty(len(values), np.int64)
    place[order] = np.arange(len(values)) - begins[owner]
    return place


def by_cosine(seen: csr_matrix, *, shrunk_by: float = SHRUNK_BY, places: int = NEAREST) -> Near:
    """Neighbours by cosine, drawn to nothing where few are shared (Deshpande and Karypis, 2004, ACM TOIS).

    `seen` has a row a customer (or a visit, a basket). Who bought very much tells less of each pair.
    """
    weighted = seen.multiply((1.0 / np.maximum(seen.getnnz(axis=1), 1))[:, None]).tocsr().astype(np.float32)
    size = np.sqrt(np.asarray(seen.multiply(weighted).sum(axis=0)).ravel()) + 1e-9
    return nearest(weighted.T.tocsr(), seen.tocsr(), size, shrunk_by=shrunk_by, places=places)


def nearest(turned: csr_matrix, rows: csr_matrix, size: Floats, *, shrunk_by: float, places: int) -> Near:
    """The nearest of each article, where `turned @ rows` counts what two share and `size` is how much each has."""
    count = rows.shape[1]
    kept = min(places, max(count - 1, 1))
    other, closeness = np.zeros((count, kept), np.int32), np.zeros((count, kept), np.float32)
    for begin in range(0, count, BLOCK):
        end = min(begin + BLOCK, count)
        shared = (turned[begin:end] @ rows).tocsr()
        row = np.repeat(np.arange(begin, end), np.diff(shared.indptr))
        shared.data /= (size[row] * size[shared.indices] + shrunk_by).astype(np.float32)
        shared.data[row == shared.indices] = 0
        found, value = highest(shared, kept)
        other[begin:end, : found.shape[1]] = np.maximum(found, 0)
        closeness[begin:end, : found.shape[1]] = np.where(found >= 0, value, 0)
    return Near(other, closeness)


def highest(table: csr_matrix, kept: int) -> tuple[Small, Floats]:
    """The highest values above 0 of each row and their columns, the highest first; NOTHING where there is none."""
    counts = np.diff(table.indptr)
    width = max(int(counts.max(initial=0)), 1)
    value = np.zeros((table.shape[0], width), np.float32)
    column = np.full((table.shape[0], width), NOTHING)
    row = np.repeat(np.arange(table.shape[0]), counts)
    at = (row, np.arange(table.nnz) - np.repeat(table.indptr[:-1], counts))
    value[at], column[at] = table.data, table.indices
    if width > kept:
        found = np.argpartition(-value, kept - 1, axis=1)[:, :kept]
        value, column = np.take_along_axis(value, found, 1), np.take_along_axis(column, found, 1)
    order = np.lexsort((column, -value), axis=1)
    value, column = np.take_along_axis(value, order, 1), np.take_along_axis(column, order, 1)
    return np.where(value > 0, column, NOTHING), value
