"""Articles chosen for each person by the batch side; for somebody unknown, what sells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parcours.decisions.deciding.articles import showing
from parcours.decisions.deciding.kinds import Candidates
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind, setting
from parcours.project.slot import Slot

MOST = 200  # candidates


@kind("recommended", of="candidates")
@dataclass(frozen=True)
class Recommended(Candidates):
    """Articles recommended to the person; then, as for somebody unknown, the order for everybody."""

    score: str = setting("recommended", doc="The score whose articles are shown.")
    everybody: str = setting("feed", doc="The score that has the order for everybody.")
    at_most: int = setting(MOST, doc="How many articles are looked at.")

    @property
    def of_scores(self) -> tuple[str, ...]:
        """What the project must have."""
        return self.score, self.everybody

    def of(self, person: Person, slot: Slot, shop: Shop) -> Iterator[Candidate]:
        """Their own articles first, then what sells, each once."""
        own = person.recommended.get(self.score, ()) if person.may_use else ()
        there = {product for product, _ in own}
        rest = [each for each in shop.orders.get(self.everybody, ())[: self.at_most] if each[0] not in there]
        found = [*((*each, "recommended") for each in own), *((*each, "popular") for each in rest)]
        yield from showing(found[: self.at_most], shop)
