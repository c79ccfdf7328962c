"""The coupons that a household was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parcours.decisions.deciding.kinds import Candidates
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind, setting
from parcours.project.slot import Slot


@kind("coupons", of="candidates")
@dataclass(frozen=True)
class Coupons(Candidates):
    """The offers of an allotment, in the order they were dealt to the person's household."""

    allotment: str = setting(doc="The allotment whose offers are shown.")

    @property
    def of_allotments(self) -> tuple[str, ...]:
        """What the project must have."""
        return (self.allotment,)

    def of(self, person: Person, slot: Slot, shop: Shop) -> Iterator[Candidate]:
        """Their offers, with the code that the till reads."""
        own = person.offers.get(self.allotment, ()) if person.may_use else ()
        for place, (offer, code) in enumerate(own):
            yield Candidate(offer, "coupon", 1 - place / len(own), {"code": code}, why="dealt")
