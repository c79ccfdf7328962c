"""Articles in an order that learns: from everybody's clicks, and from what is looked at in this very visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.deciding.kinds import Choice
from parcours.decisions.deciding.known import SEED, Candidate, Person
from parcours.decisions.deciding.scored import Scored
from parcours.decisions.learned import Learned
from parcours.decisions.learning import chance
from parcours.decisions.learning.counts import decay
from parcours.decisions.learning.ranking import NOTHING, Session, Variety, attractiveness, boost, rank
from parcours.model.kind import kind, setting
from parcours.model.value import Duration, Share
from parcours.project.slot import Slot

Floats = NDArray[np.float64]
_HOUR = 3600
SEARCHED, SEARCHES = 1.5, 3  # log-odds for an article that was searched for; how many searches count, the newest
VISIT = timedelta(minutes=30)  # what was left aside longer ago says nothing of this visit


@kind("ranked", of="choice")
@dataclass(frozen=True)
class Ranked(Choice):
    """Articles by what is foreseen, by everybody's clicks on them, and nearer to what is looked at in this visit."""

    half_life: Duration | None = setting(Duration.parse("14 days"), doc="After how long a click counts half.")
    chance: bool = setting(True, doc="Whether articles of which little is known get their turn (Thompson sampling).")
    alike: Share = setting(Share(0.15), doc="How much unlike articles are mixed: from none to only that.")
    in_a_row: int | None = setting(2, doc="How many articles of one category may follow one another.")
    per: str = setting("category_2", doc="What a category is here.", choices=("category_1", "category_2", "category_3"))

    learns: ClassVar[bool] = True
    looks_back: ClassVar[bool] = True

    def looked_at(self, many: int) -> Sequence[float]:
        """Less from place to place."""
        return [1 / (place + 1) ** 0.5 for place in range(many)]

    def scores(self, left: Sequence[Candidate], person: Person, slot: Slot, learned: Learned | None) -> Scored:
        """Values that fall from place to place; nobody can tell how probable an order was."""
        keys = tuple(one.key for one in left)
        people = np.array([person.number], np.int64)
        worth = np.clip([one.worth for one in left], 0.0, 1.0)
        believed = attractiveness(worth, *self._seen(keys, learned))
        uniforms = chance.uniform(SEED, slot.name, slot.version, people, keys) if self.chance else None
        of_category = [getattr(one.article, self.per, None) for one in left]
        of_brand = [getattr(one.article, "brand", None) for one in left]
        categories, brands = _numbered(of_category), _numbered(of_brand)
        by_category, by_brand = _moved(categories, keys, of_category, person), _moved(brands, keys, of_brand, person)
        found = rank(believed, np.ones((1, len(keys)), bool), uniforms, places=min(slot.show, len(keys)),
                     moved=by_category + by_brand + _found(left, person),
                     category=categories.places, brand=brands.places,
                     variety=Variety(self.alike.value, self.in_a_row))  # fmt: skip
        values = found.scores[0].copy()
        order = [at for at in found.order[0] if at != NOTHING]
        values[order] = 2.0 - np.arange(len(order)) / max(len(order), 1)
        return Scored(values, np.full(len(keys), np.nan))

    def _seen(self, keys: tuple[str, ...], learned: Learned | None) -> tuple[Floats, Floats]:
        """How often each was looked at and clicked, old hours counting less, young ones as far as clicks have come."""
        if learned is None or not len(learned.counts.hours):
            return np.zeros(len(keys)), np.zeros(len(keys))
        if self not in learned.kept:
            counts = learned.counts
            fading = decay(counts.hours + 0.5, learned.now, self.half_life.seconds / _HOUR if self.half_life else None)
            ripe = fading * learned.delay.matured(counts.hours, learned.now)
            rows = zip((counts.shown @ ripe).tolist(), (counts.rewarded @ fading).tolist())
            learned.kept[self] = dict(zip(counts.arms, rows))
        sums: dict[str, tuple[float, float]] = learned.kept[self]
        found = np.array([sums.get(key, (0.0, 0.0)) for key in keys])
        return np.maximum(found[:, 0], found[:, 1]), found[:, 1]


@dataclass(frozen=True)
class _Numbered:
    """Names as numbers: which each candidate has (NOTHING for none), and how many there are."""

    places: NDArray[np.int64]
    names: tuple[str, ...]

    def counted(self, counts: Counter[Any]) -> Floats:
        """Counts by name as a row of an array."""
        return np.array([[float(counts.get(name, 0)) for name in self.names] or [0.0]])


def _numbered(values: Iterable[Any]) -> _Numbered:
    found = list(values)
    names = tuple(dict.fromkeys(value for value in found if value))
    place = {name: at for at, name in enumerate(names)}
    return _Numbered(np.array([place.get(value, NOTHING) for value in found], np.int64), names)


def _found(left: Sequence[Candidate], person: Person) -> Floats:
    """How far the words searched for move the articles that have them in their names."""
    words = [word.casefold() for word in person.searched[:SEARCHES]]
    names = [(one.article.name or "").casefold() if one.article else "" for one in left]
    return np.array([[SEARCHED if any(word in name for word in words) else 0.0 for name in names]])


def _moved(kinds: _Numbered, keys: Sequence[str], names: Sequence[str | None], person: Person) -> Floats:
    """How far this visit moves each article: what it is of was looked at, clicked, or left aside."""
    of = dict(zip(keys, names))
    shown = [one for one in person.shown if one.at > person.moment.instant - VISIT]
    looked = Counter(of.get(key) for key in person.viewed)
    clicked = Counter(of.get(one.key) for one in shown if one.clicked)
    ignored = Counter(of.get(one.key) for one in shown if not one.clicked)
    return boost(Session(*(kinds.counted(each) for each in (looked, clicked, ignored))), kinds.places)
