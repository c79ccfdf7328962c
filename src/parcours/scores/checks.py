"""Did last month's forecast come true? For each tenth of the people: how many were foreseen to do it, and how many did.

What was foreseen comes from an earlier version of the table `propensities`; what happened, from the facts since then.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COLUMNS = {"decile": pa.int64(), "people": pa.int64(), "predicted": pa.float64(), "actual": pa.float64()}


def came_true(foreseen: pa.Table, happened: pa.Table) -> pa.Table:
    """What was foreseen of each tenth beside what happened: a row a decile that has people, sorted.

    `foreseen` has person_id, probability and decile, `happened` person_id and did (0 or 1). `predicted` and `actual`
    are shares of the people. Who is not in `happened` (merged since, not written to) is left out.
    """
    order = np.argsort(_column(happened, "person_id"), kind="stable")
    known, did = _column(happened, "person_id")[order], _column(happened, "did")[order]
    people = _column(foreseen, "person_id")
    place = np.minimum(np.searchsorted(known, people), max(len(known) - 1, 0))
    found = known[place] == people if len(known) else np.zeros(len(people), bool)
    return by_decile(_column(foreseen, "decile")[found], _column(foreseen, "probability")[found], did[place[found]])


def by_decile(decile: NDArray[Any], probability: Floats, did: NDArray[Any]) -> pa.Table:
    """The same from arrays, a value a person."""
    people = np.bincount(decile.astype(np.int64), minlength=11)[1:11]
    predicted = np.bincount(decile.astype(np.int64), weights=probability, minlength=11)[1:11]
    actual = np.bincount(decile.astype(np.int64), weights=did, minlength=11)[1:11]
    some = np.flatnonzero(people)
    columns = [some + 1, people[some], predicted[some] / people[some], actual[some] / people[some]]
    return pa.table({name: pa.array(values, kind) for (name, kind), values in zip(COLUMNS.items(), columns)})


def lift(checks: pa.Table) -> Floats:
    """How many times as often as people on average those of each tenth did it, a number a row; NaN if nobody did."""
    people, actual = _column(checks, "people"), _column(checks, "actual")
    average = float(people @ actual) / max(float(people.sum()), 1.0)
    return np.asarray(actual / average if average else np.full(len(actual), np.nan), np.float64)


def error(checks: pa.Table) -> float:
    """How far forecasts were from what happened, on average over the people, as a share."""
    people = _column(checks, "people")
    gap = np.abs(_column(checks, "predicted") - _column(checks, "actual"))
    return float(people @ gap) / max(float(people.sum()), 1.0)


def _column(table: pa.Table, name: str) -> NDArray[Any]:
    return np.asarray(table.column(name).to_numpy())
