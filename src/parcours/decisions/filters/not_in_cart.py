"""What lies in the cart already is not shown."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.decisions.deciding.kinds import Filter
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind
from parcours.project.slot import Slot


@kind("not_in_cart", of="filter")
@dataclass(frozen=True)
class NotInCart(Filter):
    """What lies in the cart already is not shown."""

    def why_not(self, candidate: Candidate, person: Person, slot: Slot, shop: Shop) -> str | None:
        """Looks at articles only."""
        article = candidate.article
        return "in_cart" if article is not None and article.product_id in person.carted else None
