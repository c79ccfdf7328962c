"""What a choice thinks of each candidate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scored:
    """A value for each candidate (the highest is shown first), and how probable it was that it came first.

    `propensity` is NaN where nobody can tell; `features` are what a model of people and moments looked at.
    """

    values: NDArray[np.float64]
    propensity: NDArray[np.float64]
    features: NDArray[np.float64] | None = None
