"""Decides what stands in a slot for one person: candidates, rules and filters, scores, choice. Reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from parcours.decisions.deciding.considering import Considered, consider
from parcours.decisions.deciding.known import SEED, Candidate, Person, Shop
from parcours.decisions.deciding.scored import Scored
from parcours.decisions.guarding import stopped
from parcours.decisions.learned import Learned
from parcours.decisions.learning.chance import one
from parcours.project.slot import Slot

CHOSEN, HELD_BACK, FALLBACK = "chosen", "held_back", "fallback"
NOTHING_LEFT = "nothing_left"
HOLDOUT = "holdout"


@dataclass(frozen=True)
class Picked:
    """One thing that is shown: its score, how probable it was that it came first, and whether a rule put it there."""

    candidate: Candidate
    score: float | None = None
    propensity: float | None = None
    by_rule: bool = False


@dataclass(frozen=True)
class Decided:
    """What stands in a slot, and everything it was chosen from.

    `how` is chosen, held_back (what stands there for those who are not personalised) or fallback, and then `because`
    says why: nothing_left, slow, unavailable, failed.
    """

    slot: str
    version: str
    how: str
    picked: tuple[Picked, ...]
    considered: Considered | None = None
    scores: Mapping[str, float] | None = None
    because: str | None = None
    features: tuple[float, ...] | None = None


def decide(person: Person, slot: Slot, shop: Shop, learned: Learned | None = None, *, seed: int = SEED) -> Decided:
    """What a slot shows a person. `learned` is what its choice has learned (None: nothing yet)."""
    if held_back(person.number, slot, seed=seed):
        return _decided(HELD_BACK, _standing(person, slot, shop), slot)
    considered = consider(person, slot, shop, stopped=stopped(slot, learned))
    left = considered.left
    if not left:
        return replace(fallback(person, slot, shop, because=NOTHING_LEFT), considered=considered)
    candidates = [considered.candidates[at] for at in left]
    scored: Scored = slot.choose.scores(candidates, person, slot, learned)
    bound = [considered.first[at] for at in left]
    order = sorted(range(len(left)), key=lambda at: (inf if bound[at] is None else bound[at], -scored.values[at]))
    ruled = any(rank is not None for rank in bound)
    picked = tuple(_picked(candidates[at], scored, at, bound=bound[at] is not None, ruled=ruled, first=place == 0)
                   for place, at in enumerate(order[: slot.show]))  # fmt: skip
    scores = {one.key: float(value) for one, value in zip(candidates, scored.values)}
    features = None if scored.features is None else tuple(scored.features.tolist())
    return Decided(slot.name, slot.version, CHOSEN, picked, considered, scores, features=features)


def fallback(person: Person, slot: Slot, shop: Shop, *, because: str) -> Decided:
    """What stands there when nothing can be chosen: never at random."""
    return replace(_decided(FALLBACK, _standing(person, slot, shop), slot), because=because)


def held_back(number: int, slot: Slot, *, seed: int = SEED) -> bool:
    """Whether a person is one of those who see what stands there for everybody; the same in every version of a slot."""
    if slot.holdout.value <= 0:
        return False
    chance = one(seed, slot.name, HOLDOUT, np.array([number], np.int64), HOLDOUT)
    return bool(chance[0] < slot.holdout.value)


def _standing(person: Person, slot: Slot, shop: Shop) -> tuple[Candidate, ...]:
    """The fallback, in its order; of a slot without variants the candidates of somebody unknown that may be shown."""
    if slot.standing:
        return tuple(Candidate(name, "variant", content=slot.variants[name].content, why="fallback")
                     for name in slot.standing[: slot.show])  # fmt: skip
    considered = consider(person.stranger(), slot, shop)
    return tuple(considered.candidates[at] for at in considered.left[: slot.show])


def _decided(how: str, shown: tuple[Candidate, ...], slot: Slot) -> Decided:
    return Decided(slot.name, slot.version, how, tuple(Picked(one, propensity=1.0) for one in shown))


def _picked(one: Candidate, scored: Scored, at: int, *, bound: bool, ruled: bool, first: bool) -> Picked:
    """What is told of a choice: chance is known of the first place only, and there is none where a rule decides."""
    chance = float(scored.propensity[at])
    known = 1.0 if bound else chance if first and not ruled and not np.isnan(chance) else None
    return Picked(one, float(scored.values[at]), known, bound)
