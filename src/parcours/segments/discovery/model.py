"""What was learned: the variables with their scales, the centres and the rules; and who it places where."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from parcours.segments.discovery import clusters, tree
from parcours.segments.discovery.clusters import Choice, Labels
from parcours.segments.discovery.scaling import Floats, Scale
from parcours.segments.discovery.settings import DiscoverySettings
from parcours.segments.discovery.tree import Asked, Grown, Tree
from parcours.segments.discovery.variables import (
    Variable,
    balanced,
    examine,
    points,
    separated,
    used,
    weakest,
    without,
)

WAYS = 3.0  # a segment with more ways in than this is not told in a breath
SPARE = 0.01
SEARCHED = 20_000  # customers of the sample by whom variables are dropped; all of it has the last word


class TooLittle(Exception):
    """There is too little to find segments in: `code` names the sentence, `needed` and `found` are its numbers."""

    def __init__(self, code: str, *, needed: float, found: float) -> None:
        super().__init__(f"{code}: {needed} needed, {found} found")
        self.code, self.needed, self.found = code, needed, found


@dataclass(frozen=True)
class Placing:
    """How customers are placed: each variable's scale and weight, and where the middle of each segment lies on them."""

    scales: Mapping[str, tuple[Scale, float]]
    centres: Floats

    def points(self, columns: Mapping[str, Floats]) -> Floats:
        """Each customer's place on the scales."""
        return np.column_stack([scale.of(columns[name]) * np.sqrt(w) for name, (scale, w) in self.scales.items()])

    def of(self, columns: Mapping[str, Floats]) -> tuple[Labels, Floats]:
        """Each customer's segment, and how well they fit: 1 at its middle, 0 on the border to the next."""
        away = np.sqrt(clusters.distances(self.points(columns), self.centres))
        nearest, next_ = np.partition(away, 1, axis=1)[:, :2].T
        return np.argmin(away, axis=1), 1 - np.divide(nearest, next_, out=np.ones_like(nearest), where=next_ > 0)


@dataclass(frozen=True)
class Model:
    """Segments that were found, numbered from the one whose customers are worth most."""

    variables: list[Variable]
    choices: list[Choice]
    placing: Placing
    rules: Tree

    @property
    def segments(self) -> int:
        """How many there are."""
        return len(self.placing.centres)


def learn(
    sample: Mapping[str, Floats],
    settings: DiscoverySettings,
    asked: Mapping[str, Asked],
    *,
    before: int | None,
    worth: str | None,
    currency: str,
) -> Model:
    """Finds segments in a sample of customers. Raises TooLittle when there are too few, or nothing tells them apart.

    `before` is how many segments the last run found; `worth` names the attribute by which segments are numbered.
    """
    with threadpool_limits(1):  # sums in one order only, so that the same customers give the same bytes
        return _learn(sample, settings, asked, before, worth, currency)


def _learn(
    sample: Mapping[str, Floats],
    settings: DiscoverySettings,
    asked: Mapping[str, Asked],
    before: int | None,
    worth: str | None,
    currency: str,
) -> Model:
    people = len(next(iter(sample.values()), ()))
    needed = settings.least * settings.people_per_segment
    if people < needed:
        raise TooLittle("too_few_people", needed=needed, found=people)
    variables = examine(sample, settings)
    if len(used(variables)) < 2:
        raise NothingTells(variables)
    variables = balanced(variables, sample)
    variables = separated(variables, points(variables, sample), settings)
    search = _Search(sample, settings, asked, currency)
    found = search.best(variables, before)
    if found.taken is None:
        raise NoSizes(found.variables, found.choices)
    there = points(found.variables, sample)
    centres = clusters.find(there, found.taken.segments, settings.seed)
    centres = _in_order(centres, clusters.place(there, centres), sample.get(worth or ""))
    placing = Placing({each.name: (_scale(each), each.pull) for each in used(found.variables)}, centres)
    grown = search.rules(found.variables, clusters.place(there, centres))
    return Model(found.variables, found.choices, placing, grown.tree)


class NothingTells(TooLittle):
    """No two attributes differ between customers."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        super().__init__("nothing_tells_apart", needed=2, found=len(used(variables)))
        self.variables = list(variables)


class NoSizes(TooLittle):
    """Whatever the number of segments, some are too small or one holds nearly everybody."""

    def __init__(self, variables: Sequence[Variable], choices: Sequence[Choice]) -> None:
        largest = min((each.largest for each in choices), default=1.0)
        super().__init__("nearly_all_alike", needed=0, found=largest)
        self.variables, self.choices = list(variables), list(choices)


@dataclass(frozen=True)
class _Found:
    """Variables, the numbers of segments that were tried with them, and the rules of the one that was taken."""

    variables: list[Variable]
    choices: list[Choice]
    rules: Grown | None = None

    @property
    def taken(self) -> Choice | None:
        return next((each for each in self.choices if each.chosen), None)

    @property
    def stable(self) -> bool:
        return self.taken is not None and self.taken.why != "not_stable"


@dataclass(frozen=True)
class _Search:
    """Drops the weakest variable until the segments are stable and can be told in few rules."""

    sample: Mapping[str, Floats]
    settings: DiscoverySettings
    asked: Mapping[str, Asked]
    currency: str

    def best(self, variables: list[Variable], before: int | None) -> _Found:
        """The first that is stable and short to tell; else the stable one told shortest; else the most stable."""
        stable: list[_Found] = []
        found = self.tried(variables, before, quick=True)
        best = found
        while True:
            if found.stable:
                sure = self.told(self.tried(found.variables, before, quick=False))
                if sure.stable and self.short(sure):
                    return sure
                stable += [sure] if sure.stable else []
            elif _stability(found) > _stability(best) + 1e-9:
                best = found
            gone = self.weakest(found)
            if not gone:
                break
            found = self.tried(without(found.variables, gone), before, quick=True)
        if stable:
            return min(stable, key=self.length)
        return self.tried(best.variables, before, quick=False)

    def tried(self, variables: list[Variable], before: int | None, *, quick: bool) -> _Found:
        """The variables, balanced, and how good each number of segments is with them."""
        variables = balanced(variables, self.sample)
        there = points(variables, self.sample)
        tried = clusters.tried(there[:SEARCHED] if quick else there, self.settings, quick=quick)
        return _Found(variables, clusters.choose(tried, self.settings, before))

    def told(self, found: _Found) -> _Found:
        """What was found, with its rules."""
        if found.taken is None:
            return found
        there = points(found.variables, self.sample)
        labels = clusters.place(there, clusters.find(there, found.taken.segments, self.settings.seed))
        return replace(found, rules=self.rules(found.variables, labels))

    def rules(self, variables: Sequence[Variable], labels: Labels) -> Grown:
        """The rules that tell these segments, agreeing a little more often than is asked: all are not the sample."""
        columns = {each.name: self.sample[each.name] for each in used(variables)}
        wanted = min(self.settings.agreement.value + SPARE, 1.0)
        return tree.grow(columns, labels, self.asked, currency=self.currency, agreement=wanted, seed=self.settings.seed)

    def short(self, found: _Found) -> bool:
        """Whether the rules agree and a segment has few ways in."""
        return self.length(found) <= (False, WAYS)

    def length(self, found: _Found) -> tuple[bool, float]:
        """Whether the rules fail to agree, and how many ways in a segment has."""
        assert found.rules is not None and found.taken is not None
        agrees = found.rules.agrees >= self.settings.agreement.value
        return (not agrees, found.rules.ways / found.taken.segments)

    def weakest(self, found: _Found) -> list[Variable]:
        """The variables that do least, and may go."""
        there = points(found.variables, self.sample)[:SEARCHED]
        segments = found.taken.segments if found.taken else self.settings.least
        labels = clusters.place(there, clusters.find(there, segments, self.settings.seed))
        return weakest(found.variables, there, labels)


def _stability(found: _Found) -> float:
    return found.taken.stability if found.taken else -1.0


def _scale(variable: Variable) -> Scale:
    assert variable.scale is not None
    return variable.scale


def _in_order(centres: Floats, labels: Labels, worth: Floats | None) -> Floats:
    """The centres from the segment worth most per customer (else the largest) to the one worth least."""
    sizes = np.bincount(labels, minlength=len(centres)).astype(np.float64)
    if worth is None:
        return centres[np.argsort(-sizes, kind="stable")]
    sums = np.bincount(labels, weights=np.nan_to_num(worth), minlength=len(centres))
    return centres[np.argsort(-sums / np.maximum(sizes, 1), kind="stable")]


def placing_of(variables: Sequence[Mapping[str, Any]], segments: Sequence[Mapping[str, Any]]) -> Placing | None:
    """The placing that an earlier run wrote into its tables; None when it found nothing."""
    scales = {
        row["variable"]: (Scale.read(json.loads(row["scale"])), float(row["pull"])) for row in variables if row["used"]
    }
    if not scales or not segments:
        return None
    centres = [[json.loads(row["centre"])[name] for name in scales] for row in segments]
    return Placing(scales, np.array(centres, dtype=np.float64))
