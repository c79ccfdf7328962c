"""The range in which sales lie nine times in ten, from how far earlier forecasts were off."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from parcours.scores.demand.profile import Floats, Ints

LOW, HIGH = 0.05, 0.95
CLASSES = 5  # by how much is sold
ENOUGH = 200  # misses from which a class's quantiles are read; with fewer, a Student distribution's are used
SHARED = 4.0  # periods of the class that count beside a series' own


def ranges(expected: Floats, tried: Floats, sold: Floats) -> tuple[Floats, Floats]:
    """The low and the high end, (ahead, series), of what is expected.

    `tried` is what was foreseen on earlier stretches and `sold` what was then sold, (stretches, ahead, series) each. A
    miss is measured in the series' usual miss (drawn to that of series of its size), which grows with the root of what
    is expected; the quantiles are those of all series of about its size.
    """
    size = _size(tried)
    low, high = np.zeros_like(expected), np.zeros_like(expected)
    for chosen in _classes(size):
        unit = _unit(tried[..., chosen], sold[..., chosen])
        room = _room(expected[:, chosen], size[chosen], unit)
        misses = (sold - tried)[..., chosen] / _room(tried[..., chosen], size[chosen], unit)
        down, up = _quantiles(misses[~np.isnan(misses)])
        low[:, chosen] = np.maximum(expected[:, chosen] + down * room, 0.0)
        high[:, chosen] = np.maximum(expected[:, chosen] + up * room, expected[:, chosen])
    return np.minimum(low, expected), high


def coverage(sold: Floats, low: Floats, high: Floats) -> float:
    """The share of what was sold that lay in the range."""
    known = ~np.isnan(sold)
    inside = (sold >= low) & (sold <= high)
    return float(inside[known].mean()) if known.any() else float("nan")


def _classes(size: Floats) -> list[Ints]:
    order = np.argsort(size, kind="stable")
    return [part for part in np.array_split(order, min(CLASSES, max(1, len(order) // 20))) if len(part)]


def _size(tried: Floats) -> Floats:
    return np.maximum(tried.mean((0, 1)), 1e-9)


def _unit(tried: Floats, sold: Floats) -> Floats:
    """The usual miss of each series, as the root of the mean square."""
    off = (sold - tried) ** 2
    known = ~np.isnan(off)
    times, total, size = known.sum((0, 1)), np.where(known, off, 0.0).sum((0, 1)), _size(tried)
    shared = (total / size).sum() / max(float(times.sum()), 1.0) * size
    return np.sqrt(np.maximum((total + SHARED * shared) / (times + SHARED), 1e-12))


def _room(expected: Floats, size: Floats, unit: Floats) -> Floats:
    return np.maximum(unit * np.sqrt(np.maximum(expected, 0.0) / size), 1e-9)


def _quantiles(misses: Floats) -> tuple[float, float]:
    if len(misses) < ENOUGH:
        up = float(stdtrit(max(len(misses) - 1, 1), HIGH))
        return -up, up
    down, up = np.quantile(misses, [LOW, HIGH])
    return min(float(down), 0.0), max(float(up), 0.0)
