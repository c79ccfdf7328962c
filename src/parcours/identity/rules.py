"""What each kind of identifier may do, strongest kind first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parcours.project.definitions import ANONYMOUS, IdentifierRules, Identity

# Given by the retailer to one customer: two names on one card are a correction, not two people.
GIVEN_TO_ONE = ("crm_id", "loyalty_card", "login", "external_id")
LARGEST_PERSON = 100


@dataclass(frozen=True)
class Kind:
    """One kind of identifier, with its rank (0 is believed first) and what it may do."""

    name: str
    rank: int
    known_below: int  # a group of records is a known customer by a kind of a rank below this
    rules: IdentifierRules

    @property
    def given_to_one(self) -> bool:
        """Whether the retailer gives it to one customer."""
        return self.name in GIVEN_TO_ONE

    @property
    def anonymous(self) -> bool:
        """Whether it speaks of an appliance rather than of a customer."""
        return self.name in ANONYMOUS


def ranked(identity: Identity, seen: Iterable[str]) -> list[Kind]:
    """The kinds that the records hold, strongest first, in the retailer's order; never none."""
    held = set(seen) or set(identity.order[:1])
    order = [*identity.order, *(kind for kind in ("external_id", *sorted(held)) if kind not in identity.order)]
    people = [kind for kind in dict.fromkeys(order) if kind not in ANONYMOUS]
    all_kinds = [*people, *(kind for kind in order if kind in ANONYMOUS)]
    return [
        Kind(name, rank, min(rank, len(people)), identity.kinds.get(name, IdentifierRules.usual(name)))
        for rank, name in enumerate(all_kinds)
        if name in held
    ]


def known_below(identity: Identity) -> int:
    """Who has an identifier of a rank below this is known by more than a browser."""
    return len([kind for kind in identity.order if kind not in ANONYMOUS])
