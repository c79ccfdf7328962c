"""What two records that agree may be: one person, or two people of one household, street or family.

Fellegi and Sunter's model knows two cases, one person or two strangers. Customer files hold a third, and it is the
costly one: husband and wife agree on last name, address and phone, and must not become one person. So each pair is
weighed against what people who live or belong together share as well. `SHARED` says how often they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Weights = Mapping[str, Floats]  # by comparison: log2 of how much likelier its agreement is for one person
Likely = Mapping[str, Floats]  # by relation: how much likelier the agreement is than between strangers

PERSON, HOUSEHOLD, STREET, FAMILY = "one person", "one household", "one street", "one family"
_AREA = dict.fromkeys(("place", "postcode", "city", "state", "country"), 1.0)
# how often two people in that relation share what one person would; what is not named they share by chance only
SHARED: dict[str, dict[str, float]] = {
    HOUSEHOLD: {
        **_AREA,
        "street": 1.0,
        "street_number": 1.0,
        "last_name": 0.9,
        "phone": 0.6,
        "email": 0.2,
        "birth_date": 0.01,
        "first_name": 0.01,
    },
    STREET: {**_AREA, "street": 1.0},
    FAMILY: {**_AREA, "last_name": 1.0},
}
LARGEST_SHARE = 0.1
MISTAKES = 0.1  # so many of one person's pairs may look like another relation's by mistake
ROUNDS = 60


@dataclass(frozen=True)
class Shares:
    """How often two random records are in each relation."""

    of: Mapping[str, float]

    @classmethod
    def at_first(cls, records: int) -> Shares:
        """Before looking: half the records have a double, and the other relations are rarer."""
        return cls({PERSON: 1 / records, **dict.fromkeys(SHARED, 0.1 / records)})


def likelihoods(weights: Weights) -> dict[str, Floats]:
    """How much likelier each pair's agreement is in each relation than between strangers."""
    made = {PERSON: np.exp2(np.sum(list(weights.values()), axis=0))}
    for relation, shared in SHARED.items():
        factors = [1 - share + share * np.exp2(weights[name]) for name, share in shared.items() if name in weights]
        made[relation] = np.prod(factors, axis=0) if factors else np.ones_like(made[PERSON])
    return made


def probabilities(likely: Likely, shares: Shares) -> dict[str, Floats]:
    """The probability of each relation for each pair."""
    strangers = 1 - sum(shares.of.values())
    parts = {relation: shares.of[relation] * likely[relation] for relation in likely}
    total = strangers + np.sum(list(parts.values()), axis=0)
    return {relation: part / total for relation, part in parts.items()}


def settle(likely: Likely, pairs: float, shares: Shares, *, families: bool) -> Shares:
    """The shares at which the pairs' probabilities add up to them; `pairs` is how many pairs there are in all."""
    each_once = np.ones(len(likely[PERSON]))
    for _ in range(ROUNDS):
        shares = renew(probabilities(likely, shares), each_once, pairs, families=families)
    return shares


def renew(found: Likely, counts: Floats, pairs: float, *, families: bool) -> Shares:
    """The shares that the probabilities of all pairs give.

    Where only names and addresses are known, a wife and a mistaken first name look the same. So, unless the retailer
    says that there are families, a relation must show in more pairs than mistakes would explain. No share is quite
    zero, lest it could never grow again.
    """
    mistakes = 0.0 if families else MISTAKES
    sums = {relation: float((part * counts).sum()) for relation, part in found.items()}
    taken = {relation: 0.0 if relation == PERSON else mistakes * sums[PERSON] for relation in sums}
    least, most = 0.1, LARGEST_SHARE * pairs
    return Shares({relation: min(max(sums[relation] - taken[relation], least), most) / pairs for relation in sums})


def otherwise(likely: Likely, shares: Shares) -> tuple[Floats, NDArray[np.str_]]:
    """What speaks against one person besides chance: its weight (negative), and the likeliest other relation."""
    relations = np.array(list(SHARED))
    parts = np.stack([shares.of[relation] * likely[relation] for relation in relations])
    strangers = 1 - sum(shares.of.values())
    weight = -np.log2((strangers + parts.sum(axis=0)) / strangers)
    return weight, relations[parts.argmax(axis=0)]
