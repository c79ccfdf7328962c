"""What each customer will probably buy next."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.model.table import table


@table("next_baskets", key=("score", "person_id", "item"))
@dataclass(frozen=True)
class NextBasket:
    """An item that a customer will probably buy in the next days, with its place in their basket and the chance.

    `place` is 1 for the most probable; `known` says whether the customer bought it before. `reason` is JSON: a code
    (`due`, `regular`, `again`, `goes_with`, `popular`) and its numbers.
    """

    score: str
    person_id: int
    item: str
    place: int
    chance: float
    known: bool
    reason: str
