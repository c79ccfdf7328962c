"""A scale on which a few very large values do not drown the rest: each value by its place among all, as a normal score.

Van der Waerden's normal scores (B. L. van der Waerden, "Order tests for the two-sample problem and their power", 1952)
with the middle rank for equal values, so that the many customers with a zero stand together and not at the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]

KNOTS = 256  # as finely as a scale needs to be told; between two knots it is a straight line


@dataclass(frozen=True)
class Scale:
    """Values of one variable and where they lie on its scale; `middle` stands in for what is not known."""

    values: tuple[float, ...]
    scores: tuple[float, ...]
    middle: float

    def of(self, column: Floats) -> Floats:
        """Where each value lies; values outside what was seen lie at the ends."""
        filled = np.where(np.isnan(column), self.middle, column)
        return np.interp(filled, self.values, self.scores)

    def plain(self) -> dict[str, Any]:
        """The scale as JSON can hold it."""
        return {"values": list(self.values), "scores": list(self.scores), "middle": self.middle}

    @classmethod
    def read(cls, plain: dict[str, Any]) -> Scale:
        """A scale from its plain form."""
        return cls(tuple(plain["values"]), tuple(plain["scores"]), plain["middle"])


def learn(column: Floats) -> Scale:
    """The scale of a column (NaN is unknown), so that it has mean 0 and variance 1 where all is known.

    Raises ValueError for a column of which nothing is known.
    """
    known = column[~np.isnan(column)]
    if not known.size:
        raise ValueError("a scale needs values")
    values, counts = np.unique(known, return_counts=True)
    shares = (np.cumsum(counts) - counts / 2) / known.size
    scores = ndtri(shares)
    mean = float(np.average(scores, weights=counts))
    spread = float(np.sqrt(np.average((scores - mean) ** 2, weights=counts))) or 1.0
    kept = _knots(shares)
    standard = np.round((scores - mean) / spread, 6)
    return Scale(tuple(values[kept].tolist()), tuple(standard[kept].tolist()), float(np.median(known)))


def _knots(shares: Floats) -> NDArray[np.intp]:
    """Which values tell the scale: all of few, else those evenly spread over the customers, and both ends."""
    if shares.size <= KNOTS:
        return np.arange(shares.size)
    found = np.searchsorted(shares, np.linspace(0, 1, KNOTS))
    return np.unique(np.clip(np.concatenate([[0], found, [shares.size - 1]]), 0, shares.size - 1))
