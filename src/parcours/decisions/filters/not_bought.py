"""What was bought lately is not shown."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.decisions.deciding.kinds import Filter
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.project.slot import Slot


@kind("not_bought", of="filter")
@dataclass(frozen=True)
class NotBought(Filter):
    """What the person bought in the last days, in any channel, is not shown."""

    within: Duration = setting(Duration.parse("30 days"), doc="For how long after the purchase.")
    same: str = setting(
        "product_id", doc="Whether the same article, or anything of the same sort.",
        choices=("product_id", "category_1", "category_2", "category_3", "brand"),
    )  # fmt: skip

    def why_not(self, candidate: Candidate, person: Person, slot: Slot, shop: Shop) -> str | None:
        """Looks at what a candidate shows or is about."""
        first = person.moment.first_day(self.within)
        late = (product for product, day in person.bought.items() if day >= first)
        own = self._sort(candidate)
        return "bought" if own is not None and any(self._of(product, shop) == own for product in late) else None

    def _sort(self, candidate: Candidate) -> str | None:
        if candidate.article is not None:
            return str(getattr(candidate.article, self.same)) if getattr(candidate.article, self.same) else None
        return candidate.item

    def _of(self, product: str, shop: Shop) -> str | None:
        article = shop.articles.get(product)
        return product if self.same == "product_id" or article is None else getattr(article, self.same)
