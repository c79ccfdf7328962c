"""Articles near the one that is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from parcours.decisions.deciding.articles import showing
from parcours.decisions.deciding.kinds import Candidates
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind, setting
from parcours.project.slot import Slot


@kind("similar", of="candidates")
@dataclass(frozen=True)
class Similar(Candidates):
    """Articles near the one on the page (`viewed_product`), or else near the last ones looked at in this visit."""

    score: str = setting("similar", doc="The score that has the neighbours: `similar`, `goes_with`.")
    at_most: int = setting(60, doc="How many articles are looked at.")

    near: ClassVar[bool] = True

    @property
    def of_scores(self) -> tuple[str, ...]:
        """What the project must have."""
        return (self.score,)

    def of(self, person: Person, slot: Slot, shop: Shop) -> Iterator[Candidate]:
        """The neighbours, the nearest first, never what they are near to."""
        page = person.here.get("viewed_product")
        roots = [page] if page else list(person.viewed[:3])
        near: dict[str, float] = {}
        for root in roots:
            for product, closeness in shop.similar.get(self.score, {}).get(root, ()):
                near[product] = max(near.get(product, 0.0), closeness)
        order = sorted(((product, worth) for product, worth in near.items() if product not in roots),
                       key=lambda each: (-each[1], each[0]))  # fmt: skip
        yield from showing([(*each, "similar") for each in order[: self.at_most]], shop)
