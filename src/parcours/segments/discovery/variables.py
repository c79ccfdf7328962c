"""Which attributes tell customers apart: chosen by statistics, and by what the teams asked for.

In order go: what nobody wants, what is mostly unknown, what is nearly the same for everybody, what says the same as
another (Spearman's rank correlation), what does not separate (eta squared, the share of a variable's variance that lies
between groups, in both of two halves of the customers). What a team weighs more wins over what it is alike to. Of those
left, variables that say nearly the same share their pull, so that five ways of telling spend do not count five times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parcours.segments.discovery import clusters
from parcours.segments.discovery.scaling import Floats, Scale, learn
from parcours.segments.discovery.settings import DiscoverySettings, Wish

LEAST_KNOWN = 0.5
MOST_USUAL = 0.95
ALIKE = 0.9
LEAST_SEPARATION = 0.10
FEWEST = 4  # variables are dropped until segments are stable, but not below so many
LOOKED_AT = 10_000  # customers of each half


@dataclass(frozen=True)
class Variable:
    """A candidate: what was found out about it and what became of it."""

    name: str
    wish: Wish
    known: float
    usual: float | None = None
    skew: float | None = None
    like: str | None = None
    likeness: float | None = None
    separation: float | None = None
    separation_gap: float | None = None
    why: str = "used"
    pull: float = 1.0
    scale: Scale | None = field(default=None, compare=False, repr=False)

    @property
    def used(self) -> bool:
        """Whether segments are made of it."""
        return self.why == "used"

    @property
    def free(self) -> bool:
        """Whether the statistics may drop it."""
        return not self.wish.keep


def examine(sample: Mapping[str, Floats], settings: DiscoverySettings) -> list[Variable]:
    """Every candidate with its statistics, those that are unwanted, unknown, constant or alike to another dropped."""
    found = [_look(name, column, settings.variables.get(name, Wish())) for name, column in sample.items()]
    return _unlike(found, sample)


def _look(name: str, column: Floats, wish: Wish) -> Variable:
    known = column[~np.isnan(column)]
    made = Variable(name, wish, known=known.size / max(column.size, 1))
    if not known.size:
        return replace(made, why="unwanted" if not wish.weight else "unknown")
    _, counts = np.unique(known, return_counts=True)
    made = replace(made, usual=float(counts.max() / known.size), skew=_skew(known), scale=learn(column))
    if not wish.weight:
        return replace(made, why="unwanted")
    if len(counts) < 2 or (made.free and float(counts.max() / known.size) > MOST_USUAL):
        return replace(made, why="constant")
    return replace(made, why="unknown") if made.free and made.known < LEAST_KNOWN else made


def _skew(known: Floats) -> float:
    spread = float(known.std())
    return float(np.mean(((known - known.mean()) / spread) ** 3)) if spread else 0.0


def _unlike(found: Sequence[Variable], sample: Mapping[str, Floats]) -> list[Variable]:
    """Of those that say the same, the one that teams weigh more, that is known of more people, that stands first."""
    left = [each for each in found if each.used]
    if len(left) < 2:
        return list(found)
    ranks = np.column_stack([_ranks(sample[each.name], each) for each in left])
    likeness = dict(zip((each.name for each in left), np.atleast_2d(np.corrcoef(ranks, rowvar=False))))
    place = {each.name: number for number, each in enumerate(left)}
    order = sorted(left, key=lambda each: (each.free, -each.wish.weight, -round(each.known, 2), place[each.name]))
    kept: list[Variable] = []
    dropped: dict[str, Variable] = {}
    for each in order:
        nearest = max(kept, key=lambda one: abs(likeness[each.name][place[one.name]]), default=None)
        rho = 0.0 if nearest is None else float(likeness[each.name][place[nearest.name]])
        if nearest is not None and each.free and abs(rho) > ALIKE:
            dropped[each.name] = replace(each, why="same_as", like=nearest.name, likeness=rho)
        else:
            kept.append(each)
            told = None if nearest is None else nearest.name
            dropped[each.name] = replace(each, like=told, likeness=rho if told else None)
    return [dropped.get(each.name, each) for each in found]


def _ranks(column: Floats, variable: Variable) -> Floats:
    assert variable.scale is not None
    filled = np.where(np.isnan(column), variable.scale.middle, column)
    _, places, counts = np.unique(filled, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - counts / 2)[places]


def used(variables: Sequence[Variable]) -> list[Variable]:
    """Those that segments are made of."""
    return [each for each in variables if each.used]


def balanced(variables: Sequence[Variable], sample: Mapping[str, Floats]) -> list[Variable]:
    """The variables with the pull of each used one: its weight, over how many of the used ones say the same.

    "How many" is the sum of its squared rank correlations with all of them, itself among them.
    """
    left = used(variables)
    ranks = np.column_stack([_ranks(sample[each.name], each) for each in left])
    alike = np.atleast_2d(np.corrcoef(ranks, rowvar=False))
    parts = 1 / (alike**2).sum(axis=1)
    pulls = {each.name: each.wish.weight * float(part) for each, part in zip(left, parts / parts.mean())}
    return [replace(each, pull=pulls.get(each.name, 0.0)) for each in variables]


def points(variables: Sequence[Variable], columns: Mapping[str, Floats]) -> Floats:
    """Each customer as a point: their place on the scale of each used variable, stretched by the variable's pull."""
    made = [_stretched(each, columns[each.name]) for each in used(variables)]
    return np.column_stack(made)


def _stretched(variable: Variable, column: Floats) -> Floats:
    assert variable.scale is not None
    return variable.scale.of(column) * np.sqrt(variable.pull)


def separated(variables: Sequence[Variable], points_: Floats, settings: DiscoverySettings) -> list[Variable]:
    """The variables with how well they separate the groups found in each half; the used ones that do not are dropped.

    `points_` has a column for each used variable.
    """
    half = min(len(points_) // 2, LOOKED_AT)
    most = max(min(settings.most, half // settings.people_per_segment), 2)
    groups = min(max((settings.least + settings.most) // 2, 2), most)
    halves = [_eta(part, groups, settings.seed) for part in (points_[:half], points_[half : 2 * half])]
    told = {
        each.name: replace(each, separation=float(min(pair)), separation_gap=float(abs(pair[0] - pair[1])))
        for each, pair in zip(used(variables), zip(*halves))
    }
    weak = sorted((each for each in told.values() if _weak(each)), key=lambda each: (each.separation, each.name))
    for each in weak[: max(len(told) - FEWEST, 0)]:
        told[each.name] = replace(each, why="no_separation")
    return [told.get(each.name, each) for each in variables]


def _weak(variable: Variable) -> bool:
    return variable.free and variable.separation is not None and variable.separation < LEAST_SEPARATION


def _eta(points_: Floats, groups: int, seed: int) -> Floats:
    labels = clusters.place(points_, clusters.find(points_, groups, seed, starts=3))
    return eta_squared(points_, labels)


def eta_squared(points_: Floats, labels: clusters.Labels) -> Floats:
    """The share of each column's variance that lies between the groups."""
    sizes = np.bincount(labels).astype(np.float64)
    held = sizes > 0
    sums = np.column_stack([np.bincount(labels, weights=column) for column in points_.T])
    means = sums[held] / sizes[held][:, None]
    whole = points_.mean(axis=0)
    between = (sizes[held][:, None] * (means - whole) ** 2).sum(axis=0)
    total = ((points_ - whole) ** 2).sum(axis=0)
    return np.divide(between, total, out=np.zeros_like(total), where=total > 0)


def weakest(variables: Sequence[Variable], points_: Floats, labels: clusters.Labels) -> list[Variable]:
    """The used variables that separate the groups least, one in ten, among those that may be dropped."""
    eta = eta_squared(points_, labels)
    left = used(variables)
    free = sorted((float(value), each.name, each) for value, each in zip(eta, left) if each.free)
    several = min(max(len(left) // 10, 1), len(left) - FEWEST)
    return [each for _, _, each in free[: max(several, 0)]]


def without(variables: Sequence[Variable], gone: Sequence[Variable]) -> list[Variable]:
    """The variables with some more that are not needed."""
    names = {each.name for each in gone}
    return [replace(each, why="not_needed") if each.name in names else each for each in variables]
