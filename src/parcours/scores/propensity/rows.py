"""Turns probabilities into the rows of a score: in tenths of the people, with what speaks for and against each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from parcours.scores.propensity.features import FAMILIES, PLACE, Floats
from parcours.scores.propensity.model import Linear

REASONS = 3
_SHOWN = np.array([PLACE[family.shown] for family in FAMILIES])
_BEGINNINGS = pa.array([f'{{"what": "{family.shown}", "value": ' for family in FAMILIES])


def deciles(ranked: Floats, people: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which tenth each is in, 1 for the highest tenth; among equals, by person."""
    order = np.lexsort((people, -ranked))
    found = np.empty(len(ranked), np.int64)
    found[order] = np.arange(len(ranked)) * 10 // max(len(ranked), 1) + 1
    return found


def reasons(linear: Linear, values: Floats, scaled: Floats) -> pa.Array:
    """What weighs most for each customer, as JSON: the strongest first, against it with a minus.

    A weight is in log-odds, beside the average customer. Built column by column, so that a million take seconds.
    """
    parts = linear.parts(scaled)
    strongest = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :REASONS]
    rows = np.arange(len(parts))
    pieces: list[pa.Array | str] = ["["]
    for place in range(strongest.shape[1]):
        family = strongest[:, place]
        pieces += [
            _BEGINNINGS.take(pa.array(family)),
            _numbers(values[rows, _SHOWN[family]]),
            ', "weight": ',
            _numbers(parts[rows, family]),
            "}, " if place < strongest.shape[1] - 1 else "}",
        ]
    return pc.binary_join_element_wise(*pieces, "]", "")


def _numbers(values: Floats) -> pa.Array:
    """Numbers as JSON writes them, to two digits after the point; null for what is unknown."""
    text = pc.cast(pa.array(np.round(values, 2) + 0.0, from_pandas=True), pa.string())
    return pc.fill_null(text, "null")
