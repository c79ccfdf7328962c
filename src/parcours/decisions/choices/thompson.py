"""Variants that learn: each is shown as often as it is likely to be the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.deciding.kinds import Choice
from parcours.decisions.deciding.known import SEED, Candidate, Person
from parcours.decisions.deciding.scored import Scored
from parcours.decisions.learned import Learned
from parcours.decisions.learning import chance, posterior
from parcours.decisions.learning.thompson import Choosing, explored
from parcours.model.kind import kind, setting
from parcours.model.value import Duration, Share
from parcours.project.slot import Slot

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
_MOST = 200  # sets of arms whose beliefs are kept
_HOUR = 3600


@kind("thompson", of="choice")
@dataclass(frozen=True)
class Thompson(Choice):
    """Each candidate comes as often as it is likely to be the best by what people did with it (Thompson sampling)."""

    explore: Share = setting(
        Share(0.05), doc="Which share of people is shown any candidate, so that all are learned of."
    )
    half_life: Duration | None = setting(
        Duration.parse("30 days"), doc="After how long what was seen counts half: tastes change, seasons pass."
    )

    learns: ClassVar[bool] = True

    def scores(self, left: Sequence[Candidate], person: Person, slot: Slot, learned: Learned | None) -> Scored:
        """The person's chance read as a quantile of what is believed of each; and how probable it was to come first."""
        keys = tuple(one.key for one in left)
        people = np.array([person.number], np.int64)
        if learned is None:
            even = chance.uniform(SEED, slot.name, slot.version, people, keys)[0]
            return Scored(even, np.full(len(keys), 1 / len(keys)))
        choosing = self._choosing(slot, learned, keys)
        arms = choosing.posterior.arms
        place = {arm: at for at, arm in enumerate(arms)}
        allowed = np.zeros((1, len(arms)), bool)
        at = np.array([place[key] for key in keys])
        allowed[0, at] = True
        scores = choosing.posterior.draw(chance.uniform(SEED, slot.name, slot.version, people, arms))
        best = np.where(allowed, scores, -np.inf).argmax(axis=1)
        if self.explore.value:
            best = explored(best, allowed, chance.one(SEED, slot.name, slot.version, people), self.explore.value)
        values = choosing.posterior.values(scores)[0, at]
        values = np.where(at == best[0], np.maximum(values.max() + 1e-9, values), values)
        return Scored(values, choosing.propensities(allowed)[0, at])

    def over_table(
        self, keys: tuple[str, ...], allowed: Bools, numbers: Ints, slot: Slot, learned: Learned | None
    ) -> Scored:
        """The same for many people, of whom each may see some of `keys`: allowed[n, k]."""
        if learned is None:
            even = chance.uniform(SEED, slot.name, slot.version, numbers, keys)
            chances = 1 / np.maximum(allowed.sum(axis=1, keepdims=True), 1)
            return Scored(even, np.broadcast_to(chances, even.shape))
        choosing = self._choosing(slot, learned, keys)
        arms = choosing.posterior.arms
        place = {arm: at for at, arm in enumerate(arms)}
        at = np.array([place[key] for key in keys])
        among = np.zeros((len(numbers), len(arms)), bool)
        among[:, at] = allowed
        scores = choosing.posterior.draw(chance.uniform(SEED, slot.name, slot.version, numbers, arms))
        best = np.where(among, scores, -np.inf).argmax(axis=1)
        if self.explore.value:
            best = explored(best, among, chance.one(SEED, slot.name, slot.version, numbers), self.explore.value)
        values = choosing.posterior.values(scores)[:, at]
        top = np.where(allowed, values, -np.inf).max(axis=1, keepdims=True)
        values = np.where(at == best[:, None], np.maximum(top + 1e-9, values), values)
        return Scored(values, choosing.propensities(among)[:, at])

    def prepare(self, slot: Slot, learned: Learned) -> None:
        """Works out what is believed, before somebody waits for it."""
        choosing = self._choosing(slot, learned, tuple(slot.variants))
        choosing.propensities(np.ones((1, len(choosing.posterior.arms)), bool))

    def _choosing(self, slot: Slot, learned: Learned, keys: tuple[str, ...]) -> Choosing:
        """What is believed of all arms there are, worked out once for what was learned."""
        strangers = tuple(sorted(set(keys) - learned.known))
        wanted = (self, strangers)
        if wanted not in learned.kept:
            if len(learned.kept) > _MOST:
                learned.kept.clear()
            counts = learned.counts.of((*learned.counts.arms, *strangers))
            half_life = self.half_life.seconds / _HOUR if self.half_life else None
            of = posterior.of_amounts if slot.success.by == "margin" else posterior.of_rates
            believed = of(counts, now=learned.now, delay=learned.delay, half_life=half_life)
            learned.kept[wanted] = Choosing(believed, explore=self.explore.value)
        found: Choosing = learned.kept[wanted]
        return found
