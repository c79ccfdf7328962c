"""The same thing is not shown again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.decisions.deciding.kinds import Filter
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.project.slot import Slot


@kind("at_most", of="filter")
@dataclass(frozen=True)
class AtMost(Filter):
    """The same thing is shown to a person so many times in so long, or until they click."""

    times: int = setting(1, doc="How many times.")
    within: Duration = setting(Duration.parse("1 day"), doc="In how long.")
    clicked: bool = setting(False, doc="Whether it is also gone once it was clicked, as long.")

    looks_back: ClassVar[bool] = True

    def why_not(self, candidate: Candidate, person: Person, slot: Slot, shop: Shop) -> str | None:
        """Counts what this slot showed before."""
        since = person.moment.instant - self.within.delta
        before = [one for one in person.shown if one.key == candidate.key and one.at > since]
        if self.clicked and any(one.clicked for one in before):
            return "clicked"
        return "shown_enough" if len(before) >= self.times else None
