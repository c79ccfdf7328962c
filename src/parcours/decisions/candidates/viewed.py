"""What was looked at in this visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parcours.decisions.deciding.articles import showing
from parcours.decisions.deciding.kinds import Candidates
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind, setting
from parcours.project.slot import Slot


@kind("viewed", of="candidates")
@dataclass(frozen=True)
class Viewed(Candidates):
    """Articles looked at in this visit, the newest first, but for the one on the page."""

    at_most: int = setting(20, doc="How many articles are looked at.")

    def of(self, person: Person, slot: Slot, shop: Shop) -> Iterator[Candidate]:
        """The newest first."""
        page = person.here.get("viewed_product")
        seen = [product for product in dict.fromkeys(person.viewed) if product != page][: self.at_most]
        yield from showing([(product, 1 - place / len(seen), "viewed") for place, product in enumerate(seen)], shop)
