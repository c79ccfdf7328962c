"""What some customers bought, as arrays: by customer, item and day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
DAYS = 1 << 17  # more days than any history has, counted from 1970
ROWS = 400_000  # purchases of the customers who are looked at together


@dataclass(frozen=True)
class History:
    """Purchases of some customers, sorted by customer, item and day; a row a customer, item and day.

    `people` are the ids; `person` says which of them (their place) a row is of. `day` counts from 1970. Item -1 stands
    for whatever has no item: it tells only that the customer came.
    """

    people: Ints
    person: Ints
    item: Ints
    day: Ints
    units: Floats
    products: Floats
    discounted: Floats

    @cached_property
    def trips(self) -> Ints:
        """Each customer's shopping days, once each: customer x DAYS + day, sorted."""
        return np.unique(self.person * DAYS + self.day)

    def trips_until(self, person: Ints, day: Any) -> Ints:
        """How many shopping days these customers had, up to and with a day each."""
        return np.asarray(
            np.searchsorted(self.trips, person * DAYS + day, side="right") - np.searchsorted(self.trips, person * DAYS)
        )

    def until(self, day: int) -> History:
        """The same customers, as one knew them at the end of a day."""
        return self.only(self.day <= day)

    def between(self, after: int, until: int, items: int) -> Ints:
        """What was bought after a day and up to another, once each: customer x items + item, sorted."""
        rows = (self.day > after) & (self.day <= until) & (self.item >= 0)
        return np.unique(self.person[rows] * items + self.item[rows])

    def only(self, rows: Bools) -> History:
        """Some of the purchases."""
        return History(
            self.people, self.person[rows], self.item[rows], self.day[rows], self.units[rows], self.products[rows],
            self.discounted[rows],
        )  # fmt: skip


def history(table: pa.Table) -> History:
    """The history in a table with the columns of the query `bought`, in its order."""
    columns = {name: table.column(name).to_numpy() for name in table.column_names}
    people, person = np.unique(columns["person_id"], return_inverse=True)
    return History(
        people.astype(np.int64),
        person.astype(np.int64),
        columns["item"].astype(np.int64),
        columns["day"].astype(np.int64),
        columns["units"].astype(np.float32),
        columns["products"].astype(np.float32),
        columns["discounted"].astype(np.float32),
    )


def histories(batches: pa.RecordBatchReader) -> Iterator[History]:
    """The histories of everybody, some ten thousand customers at a time."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= ROWS:
            table = pa.Table.from_batches(waiting)
            last = table.column("person_id")[-1].as_py()
            whole = int(np.searchsorted(table.column("person_id").to_numpy(), last))
            if whole:
                yield history(table.slice(0, whole))
            waiting = table.slice(whole).to_batches()
    if waiting:
        yield history(pa.Table.from_batches(waiting))
