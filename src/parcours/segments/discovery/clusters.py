"""Finds groups of customers who behave alike, and says for each number of groups how good it is.

k-means (S. P. Lloyd, "Least squares quantization in PCM", 1982; starting points after Arthur and Vassilvitskii, 2007).
How stable a number of groups is: groups are found anew in resamples drawn with replacement, everybody is placed by
them, and the two placings are compared (adjusted Rand index: Hubert and Arabie, "Comparing partitions", 1985; the way
of resampling: Fang and Wang, "Selection of the number of clusters via the bootstrap method", 2012). How far apart they
lie: silhouettes (Rousseeuw, 1987).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parcours.segments.discovery.scaling import Floats
from parcours.segments.discovery.settings import DiscoverySettings

Labels = NDArray[np.int64]

STARTS = 4
RESAMPLE = 10_000  # a resample of more customers than this says the same and takes longer
COMPARED = 20_000  # customers who are placed by each resample
LOOKED_AT = 3_000  # customers whose silhouette is worked out


@dataclass(frozen=True)
class Choice:
    """A number of groups that was tried: how good it is, and why it was taken or not."""

    segments: int
    stability: float
    stability_low: float
    silhouette: float
    smallest: float
    largest: float
    chosen: bool = False
    why: str = ""


def find(points: Floats, segments: int, seed: int, *, starts: int = STARTS) -> Floats:
    """The centres of so many groups: one row a group, in no order that means anything."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():  # fewer different customers than segments: the sizes will say so
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(segments, n_init=starts, random_state=seed, max_iter=100).fit(points)
    return np.asarray(found.cluster_centers_, dtype=np.float64)


def place(points: Floats, centres: Floats) -> Labels:
    """The nearest centre of each point."""
    return np.argmin(distances(points, centres), axis=1)


def distances(points: Floats, centres: Floats) -> Floats:
    """Squared distance of each point to each centre."""
    across = points @ centres.T
    return np.maximum((points**2).sum(axis=1)[:, None] - 2 * across + (centres**2).sum(axis=1), 0)


def tried(points: Floats, settings: DiscoverySettings, *, quick: bool = False) -> list[Choice]:
    """How good each number of groups is, from the smallest to the largest there are customers enough for."""
    most = min(settings.most, len(points) // settings.people_per_segment)
    return [_try(points, k, settings, quick) for k in range(settings.least, most + 1)]


def _try(points: Floats, segments: int, settings: DiscoverySettings, quick: bool) -> Choice:
    labels = place(points, find(points, segments, settings.seed))
    shares = np.bincount(labels, minlength=segments) / len(points)
    few = max(settings.resamples // 4, 2)
    same = stability(points, labels, segments, seed=settings.seed, resamples=few if quick else settings.resamples)
    return Choice(
        segments,
        float(same.mean()),
        float(np.quantile(same, 0.1)),
        0.0 if quick else _apart(points, labels, settings.seed),
        float(shares.min()),
        float(shares.max()),
    )


def stability(points: Floats, labels: Labels, segments: int, *, seed: int, resamples: int) -> Floats:
    """The adjusted Rand index between a placing and that of each resample, on the first customers of the sample."""
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(seed)
    seen, labels = points[:COMPARED], labels[:COMPARED]
    found = []
    for number in range(resamples):
        rows = random.integers(0, len(points), min(len(points), RESAMPLE))
        centres = find(points[rows], segments, seed + number + 1, starts=STARTS // 2)
        found.append(adjusted_rand_score(labels, place(seen, centres)))
    return np.array(found)


def _apart(points: Floats, labels: Labels, seed: int) -> float:
    if len(np.unique(labels)) < 2:
        return 0.0
    random = np.random.default_rng(seed)
    rows = random.permutation(len(points))[:LOOKED_AT]
    if len(np.unique(labels[rows])) < 2:
        return 0.0
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(points[rows], labels[rows]))


def choose(choices: Sequence[Choice], settings: DiscoverySettings, before: int | None = None) -> list[Choice]:
    """The choices with the one that is taken, and why each of the others is not.

    Taken is the number of the run before while it is still good; else the largest that is stable and has no segment
    too small or too large; else, of those whose sizes are right, the most stable.
    """
    judged = [replace(each, why=_why(each, settings)) for each in choices]
    good = [each for each in judged if not each.why]
    kept = next((each for each in good if each.segments == before), None)
    sized = [each for each in judged if each.why in ("", "not_stable")]
    taken = kept or (good[-1] if good else max(sized, key=lambda each: each.stability, default=None))
    if taken is None:
        return judged
    said = "kept_from_before" if kept else "chosen" if good else "not_stable"
    return [_told(each, taken, said) for each in judged]


def _why(choice: Choice, settings: DiscoverySettings) -> str:
    if choice.smallest < settings.smallest.value:
        return "too_small"
    if choice.largest > settings.largest.value:
        return "too_large"
    return "not_stable" if choice.stability < settings.stability else ""


def _told(choice: Choice, taken: Choice, said: str) -> Choice:
    if choice is taken:
        return replace(choice, chosen=True, why=said)
    rest = "fewer_than_possible" if choice.segments < taken.segments else "less_good"
    return choice if choice.why else replace(choice, why=rest)
