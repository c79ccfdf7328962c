"""What the retailer wrote in the slot's own file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind
from parcours.project.slot import Slot


@kind("variants", of="candidates")
@dataclass(frozen=True)
class Variants:
    """The slot's own variants, in the order they are written."""

    def of(self, person: Person, slot: Slot, shop: Shop) -> Iterator[Candidate]:
        """All of them: who may see which is for the filters."""
        many = len(slot.variants)
        for place, (name, variant) in enumerate(slot.variants.items()):
            yield Candidate(name, "variant", 1 - place / many, variant.content, why="variant")
