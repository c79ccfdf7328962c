"""What merchants never want to see in a slot."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.decisions.deciding.kinds import Filter
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind, setting
from parcours.model.value import Money
from parcours.project.slot import Slot


@kind("never", of="filter")
@dataclass(frozen=True)
class Never(Filter):
    """Articles of these brands and categories, these articles, and those outside of a range of prices."""

    product: tuple[str, ...] = setting((), doc="These articles, by their `product_id`.")
    brand: tuple[str, ...] = setting((), doc="Articles of these brands.")
    category_1: tuple[str, ...] = setting((), doc="Articles of these departments.")
    category_2: tuple[str, ...] = setting((), doc="Articles of these categories.")
    category_3: tuple[str, ...] = setting((), doc="Articles of these finest categories.")
    below: Money | None = setting(None, doc="Articles that cost less.")
    above: Money | None = setting(None, doc="Articles that cost more.")

    def why_not(self, candidate: Candidate, person: Person, slot: Slot, shop: Shop) -> str | None:
        """Looks at articles only."""
        one = candidate.article
        if one is None:
            return None
        named = ((one.product_id, self.product), (one.brand, self.brand), (one.category_1, self.category_1),
                 (one.category_2, self.category_2), (one.category_3, self.category_3))  # fmt: skip
        if any(value in values for value, values in named):
            return "excluded"
        if one.price is None:
            return None
        low = self.below is not None and one.price < self.below.minor
        high = self.above is not None and one.price > self.above.minor
        return "excluded" if low or high else None
