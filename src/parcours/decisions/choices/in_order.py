"""As the merchants wrote it: the first that may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.deciding.kinds import Choice
from parcours.decisions.deciding.known import Candidate, Person
from parcours.decisions.deciding.scored import Scored
from parcours.model.kind import kind
from parcours.project.slot import Slot

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@kind("in_order", of="choice")
@dataclass(frozen=True)
class InOrder(Choice):
    """The first candidates that may be shown, in the order in which they come."""


    def scores(self, left: Sequence[Candidate], person: Person, slot: Slot, learned: Any) -> Scored:
        """Falls by place; the first is sure to be chosen."""
        many = len(left)
        return Scored(1.0 - np.arange(many) / max(many, 1), (np.arange(many) == 0).astype(float))

    def over_table(self, keys: tuple[str, ...], allowed: Bools, numbers: Ints, slot: Slot, learned: Any) -> Scored:
        """The same for many people, of whom each may see some of `keys`: allowed[n, k]."""
        place = np.cumsum(allowed, axis=1) - 1
        many = np.maximum(allowed.sum(axis=1, keepdims=True), 1)
        return Scored(1.0 - place / many, (place == 0).astype(float))
