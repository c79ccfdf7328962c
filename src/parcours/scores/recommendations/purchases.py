"""Who bought what on which day, as arrays; and what of it was known at the end of a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

# whole numbers, small whole numbers (32 bits) and numbers (32 bits): what numpy gives back of them is not told apart
Ints: TypeAlias = NDArray[Any]
Small: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[Any]

TOGETHER = 20_000  # how many customers are looked at in one go
QUICK, SLOW = 30.0, 180.0  # half-lives of a purchase, days


@dataclass(frozen=True)
class Purchases:
    """One row a customer, product and day, sorted so; days are numbered from the first one, products from 0."""

    persons: Ints  # their ids, sorted
    starts: Ints  # where each customer's rows begin, and the end
    product: Small
    day: Small
    first_day: date
    products: int

    def numbered(self, day: date) -> int:
        """The number of a day."""
        return (day - self.first_day).days

    def dated(self, number: int) -> date:
        """The day of a number."""
        return self.first_day + timedelta(number)

    def groups(self, size: int = TOGETHER) -> Iterator[Ints]:
        """The customers by their place, so many at a time."""
        for begin in range(0, len(self.persons), size):
            yield np.arange(begin, min(begin + size, len(self.persons)))

    def rows(self, chosen: Ints) -> tuple[Ints, Ints]:
        """The rows of some customers, and which of the chosen each row is of."""
        counts = self.starts[chosen + 1] - self.starts[chosen]
        owner = np.repeat(np.arange(len(chosen)), counts)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self.starts[chosen][owner] + offset, owner


@dataclass(frozen=True)
class Pairs:
    """What some customers had bought by the end of a day: one row a customer and product, sorted so.

    `times` counts days with a purchase, `quick` and `slow` the same with old ones counting less; `own_gap` is the mean
    number of days between two of them (0 after one). `begins` is where each customer's rows begin, and the end.
    """

    owner: Ints
    product: Small
    times: Floats
    quick: Floats
    slow: Floats
    since: Floats  # days since the last purchase of it
    own_gap: Floats
    begins: Ints
    visits: Floats  # of each customer: days with a purchase of anything, in the last half year
    silent: Floats  # of each customer: days since they bought anything

    @property
    def people(self) -> int:
        """How many customers were asked about."""
        return len(self.begins) - 1

    def matrix(self, values: Floats, products: int) -> csr_matrix:
        """The values as a sparse table of customers and products."""
        return csr_matrix((values, self.product, self.begins), shape=(self.people, products), copy=True)


def known(bought: Purchases, chosen: Ints, cut: int, *, lately: int = 182) -> Pairs:
    """What some customers had bought by the end of a day."""
    rows, owner = bought.rows(chosen)
    seen = bought.day[rows] <= cut
    rows, owner = rows[seen], owner[seen]
    product, day = bought.product[rows], bought.day[rows]
    new = np.ones(len(rows), bool)
    new[1:] = (owner[1:] != owner[:-1]) | (product[1:] != product[:-1])
    at = np.flatnonzero(new)
    age = (cut - day).astype(np.float32)
    times = np.diff(np.append(at, len(rows))).astype(np.float32)
    first, last = day[at], day[np.append(at[1:], len(rows)) - 1] if len(rows) else day[at]
    begins = np.searchsorted(owner[at], np.arange(len(chosen) + 1))
    return Pairs(
        owner=owner[at],
        product=product[at],
        times=times,
        quick=_summed(np.exp2(-age / QUICK), at),
        slow=_summed(np.exp2(-age / SLOW), at),
        since=(cut - last).astype(np.float32),
        own_gap=((last - first) / np.maximum(times - 1, 1)).astype(np.float32),
        begins=begins,
        **_habits(owner, day, cut, lately, len(chosen)),
    )


def _habits(owner: Ints, day: Small, cut: int, lately: int, people: int) -> dict[str, Floats]:
    """On how many days each customer bought lately, and how many days ago the last time was."""
    last = np.full(people, -1, np.int64)
    np.maximum.at(last, owner, day)
    recent = day > cut - lately
    cells = np.unique(owner[recent] * (lately + 1) + (cut - day[recent]))
    visits = np.bincount(cells // (lately + 1), minlength=people)
    return {"visits": visits.astype(np.float32), "silent": np.where(last < 0, 9999, cut - last).astype(np.float32)}


def _summed(values: Floats, at: Ints) -> Floats:
    return np.add.reduceat(values, at).astype(np.float32) if len(at) else np.zeros(0, np.float32)


def bought_between(bought: Purchases, chosen: Ints, after: int, until: int) -> csr_matrix:
    """Which products some customers bought on the days after one day, up to another."""
    rows, owner = bought.rows(chosen)
    day = bought.day[rows]
    seen = (day > after) & (day <= until)
    found = csr_matrix(
        (np.ones(int(seen.sum()), np.float32), (owner[seen], bought.product[rows[seen]])),
        shape=(len(chosen), bought.products),
    )
    found.data[:] = 1.0
    return found
