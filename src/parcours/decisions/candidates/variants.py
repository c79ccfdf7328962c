"""What the retailer wrote in the slot's own file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parcours.decisions.deciding.kinds import Candidates
from parcours.decisions.deciding.known import Candidate, Person, Shop
from parcours.model.kind import kind
from parcours.project.slot import Slot

_WRITTEN: dict[tuple[str, str], tuple[Candidate, ...]] = {}  # by slot and version: they are the same for everybody
_MOST = 1_000


@kind("variants", of="candidates")
@dataclass(frozen=True)
class Variants(Candidates):
    """The slot's own variants, in the order they are written."""

    def of(self, person: Person, slot: Slot, shop: Shop) -> Sequence[Candidate]:
        """All of them: who may see which is for the filters."""
        known = slot.name, slot.version
        if known not in _WRITTEN:
            if len(_WRITTEN) > _MOST:
                _WRITTEN.clear()
            _WRITTEN[known] = tuple(
                Candidate(name, "variant", 1 - place / len(slot.variants), variant.content, why="variant")
                for place, (name, variant) in enumerate(slot.variants.items())
            )
        return _WRITTEN[known]
