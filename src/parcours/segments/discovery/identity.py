"""Keeps the names of segments from one run to the next, and counts who moved between them.

Everybody is placed twice today: by the borders of the last run and by the new ones. A new segment that holds mostly the
people of an old one is that old one; so what is compared is the borders, not what people did meanwhile. Pairs are made
so that the shared people are most in all (H. W. Kuhn, "The Hungarian method for the assignment problem", 1955).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

SAME = 0.25  # a segment is an old one if they share so much of the people in either


def matched(shared: Counts, before: Sequence[str]) -> list[str | None]:
    """The old name of each new segment, None for one that is new.

    `shared` counts the customers by old segment (row, named by `before`) and new segment (column).
    """
    from scipy.optimize import linear_sum_assignment

    either = shared.sum(axis=1)[:, None] + shared.sum(axis=0)[None, :] - shared
    likeness = np.divide(shared, either, out=np.zeros(shared.shape), where=either > 0)
    old, new = linear_sum_assignment(-likeness)
    names: list[str | None] = [None] * shared.shape[1]
    for row, column in zip(old.tolist(), new.tolist()):
        if likeness[row, column] >= SAME:
            names[column] = before[row]
    return names


def named(kept: Sequence[str | None], ever: Sequence[str]) -> list[str]:
    """A name for every segment: the old one where there is one, else the next number that was never used."""
    numbers = [int(match[1]) for match in (re.fullmatch(r"d(\d+)", name) for name in ever) if match]
    following = max(numbers, default=0)
    names = []
    for name in kept:
        if name is None:
            following += 1
        names.append(name or f"d{following}")
    return names
