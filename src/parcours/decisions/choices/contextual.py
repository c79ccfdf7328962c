"""Variants that learn whom they suit: success hangs on who is there, and on the moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.deciding.kinds import Choice
from parcours.decisions.deciding.known import SEED, Candidate, Person
from parcours.decisions.deciding.scored import Scored
from parcours.decisions.learned import Learned
from parcours.decisions.learning import chance, linear
from parcours.decisions.learning.features import Category, Features, Flag, Number
from parcours.decisions.learning.thompson import explored
from parcours.model.kind import kind, setting
from parcours.model.value import Duration, Money, Share
from parcours.project.slot import Slot

_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One thing that may matter: a word out of a list, a number within a range, or yes and no."""

    values: tuple[str, ...] = setting((), doc="The words it may be: `[mobile, desktop]`.")
    low: float | Money | None = setting(None, doc="The lowest number that still matters.")
    high: float | Money | None = setting(None, doc="The highest number that still matters.")

    def of(self, name: str) -> Number | Flag | Category:
        """As a linear model reads it. Raises ValueError for a range without an end."""
        if self.values:
            return Category(name, self.values)
        if self.low is None and self.high is None:
            return Flag(name)
        low, high = _number(self.low), _number(self.high)
        if self.high is None or not high > low:
            raise ValueError(f"{name!r} needs a 'high' above its 'low'")
        return Number(name, low, high)


@kind("contextual", of="choice")
@dataclass(frozen=True)
class Contextual(Choice):
    """Each candidate by how well it did with people and at moments like this one (a linear model, Thompson or UCB)."""

    features: dict[str, Feature] = setting(
        doc="What may matter, attributes of the profile or what is known of the moment: "
        "`{device: {values: [mobile, desktop]}, spend_365d: {high: 500 EUR}}`."
    )
    how: str = setting("thompson", doc="By chance as far as little is known, or always the best it may be.",
                       choices=("thompson", "ucb"))  # fmt: skip
    explore: Share = setting(Share(0.05), doc="Which share of people is shown any candidate.")
    half_life: Duration | None = setting(Duration.parse("60 days"), doc="After how long what was seen counts half.")

    learns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.features:
            raise ValueError("'features' must name what may matter")
        _ = self.read

    def __hash__(self) -> int:
        return hash((tuple(self.features), self.how, self.explore, self.half_life))

    @cached_property
    def read(self) -> Features:
        """The features, as columns of a linear model."""
        return Features(tuple(one.of(name) for name, one in self.features.items()))

    @property
    def of_attributes(self) -> tuple[str, ...]:
        """The attributes, or names of the moment, that must exist."""
        return tuple(self.features)

    def scores(self, left: Sequence[Candidate], person: Person, slot: Slot, learned: Learned | None) -> Scored:
        """The expected success of each, as uncertain as it is; and how probable it was to come first."""
        from scipy.special import ndtri

        keys = tuple(one.key for one in left)
        people = np.array([person.number], np.int64)
        x = self.read.one(_values(person, self.features))
        model = self._model(learned, keys)
        if model is None:
            even = chance.uniform(SEED, slot.name, slot.version, people, keys)[0]
            return Scored(even, np.full(len(keys), 1 / len(keys)), x[0])
        place = {arm: at for at, arm in enumerate(model.arms)}
        at = np.array([place[key] for key in keys])
        allowed = np.zeros((1, len(model.arms)), bool)
        allowed[0, at] = True
        mean, sd = model.means(x)
        uniforms = chance.uniform(SEED, slot.name, slot.version, people, model.arms)
        scores = mean + sd * (ndtri(uniforms) if self.how == "thompson" else 1.0)
        top = np.where(allowed, scores, -np.inf).argmax(axis=1)
        first = explored(top, allowed, chance.one(SEED, slot.name, slot.version, people), self.explore.value)
        values = scores[0, at]
        values = np.where(at == first[0], np.maximum(values.max() + 1e-9, values), values)
        return Scored(values, self._propensity(model, x, allowed, top)[at], x[0])

    def prepare(self, slot: Slot, learned: Learned) -> None:
        """Works out the model, before somebody waits for it."""
        self._model(learned, tuple(slot.variants))

    def _propensity(self, model: linear.Linear, x: Any, allowed: Any, top: Any) -> NDArray[np.float64]:
        if self.how == "thompson":
            return np.asarray(linear.propensities(model, x, allowed, explore=self.explore.value)[0])
        best = np.arange(allowed.shape[1]) == top[0]
        return np.asarray((1 - self.explore.value) * best + self.explore.value * allowed[0] / allowed.sum())

    def _model(self, learned: Learned | None, keys: tuple[str, ...]) -> linear.Linear | None:
        """The model of all arms there are; None where nothing was shown yet."""
        if learned is None or learned.moments is None or not len(learned.moments.days):
            return None
        if learned.moments.a.shape[-1] != self.read.width:  # other features under the same version cannot be
            return None
        strangers = tuple(sorted(set(keys) - set(learned.moments.arms)))
        wanted = ("contextual", self.half_life, strangers)
        if wanted not in learned.kept:
            half_life = self.half_life.seconds / _HOUR if self.half_life else None
            moments = learned.moments.of((*learned.moments.arms, *strangers))
            learned.kept[wanted] = linear.learned(moments, now=learned.now, delay=learned.delay, half_life=half_life)
        found: linear.Linear = learned.kept[wanted]
        return found


def _number(given: float | Money | None) -> float:
    return float(given.minor if isinstance(given, Money) else given or 0.0)


def _values(person: Person, names: Mapping[str, Feature]) -> dict[str, Any]:
    return {name: person.values.get(name) for name in names}
