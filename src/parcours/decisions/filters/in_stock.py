"""What cannot be bought is not shown."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.decisions.deciding.kinds import Filter
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind
from parcours.project.slot import Slot


@kind("in_stock", of="filter")
@dataclass(frozen=True)
class InStock(Filter):
    """Articles that are sold out or no longer sold are not shown."""

    def why_not(self, candidate: Candidate, person: Person, slot: Slot, shop: Shop) -> str | None:
        """Looks at articles only."""
        article = candidate.article
        return "out_of_stock" if article is not None and not article.there else None
