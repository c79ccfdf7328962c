"""Prices of what is scarce, learned by Lagrangian duality on a sample of households.

With prices, the limits over all households are gone and each household chooses alone; the sum of what they would pay
is, for any prices, more than any assignment within the limits is worth (weak duality; Fisher, The Lagrangian relaxation
method, Management Science 27, 1981). The lowest such sum is the bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.assignment.blocks import Block, Blocks, joined, ranges, spread
from parcours.decisions.assignment.choosing import NOBODY, choose, worth
from parcours.decisions.assignment.limits import Limits
from parcours.decisions.assignment.terms import Terms

Floats = NDArray[np.float64]
SAMPLE = 12_000
LOOKS = 60  # evaluations on the sample


@dataclass(frozen=True)
class Look:
    """What households would do at given prices: the bound they give, what is used of each limit, and what places that
    nothing can fill cost in any case."""

    bound: float
    used: Floats
    missed: float


def look(blocks: Iterable[Block], limits: Limits, terms: Terms, prices: Floats, *, share: float = 1.0) -> Look:
    """Lets households choose at these prices; `share` is the part of all households that these are."""
    charges = limits.charged(prices)
    total, missed, given, redeemed = 0.0, 0.0, np.zeros(limits.offers), np.zeros(limits.offers)
    for block in blocks:
        counted = block.counted
        choice = choose(worth(block, charges)[counted], block.known[counted], terms)
        total += float(choice.bound.sum())
        missed += float(choice.missed.sum())
        counts, uses = tally(choice.offers, block.redeemed[counted])
        given += counts
        redeemed += uses
    room = np.where(limits.bound, limits.room, 0.0)
    return Look(total / share + float(prices @ room), limits.used(given, redeemed) / share, missed)


def tally(offers: NDArray[np.int32], redeemed: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """How often each offer was chosen, and how many uses are expected of it."""
    there = offers != NOBODY
    chosen = offers[there]
    rows = np.nonzero(there)[0]
    size = redeemed.shape[1]
    uses = np.bincount(chosen, weights=redeemed[rows, chosen], minlength=size)
    return np.bincount(chosen, minlength=size).astype(np.float64), uses.astype(np.float64)


def learn(blocks: Blocks, limits: Limits, terms: Terms, *, sample: int = SAMPLE) -> Floats:
    """Prices at which a sample of the households would use about what there is."""
    places = spread(blocks.households, sample)
    some = joined([blocks.block(part) for part in np.array_split(places, max(1, len(places) // 4096))])
    share = len(places) / max(blocks.households, 1)
    scale = _scale(some, limits, terms)
    return _lowest(lambda prices: look([some], limits, terms, prices, share=share), limits, scale)


def everybody(blocks: Blocks) -> Iterable[Block]:
    """All households, block by block."""
    return (blocks.block(rows) for rows in ranges(blocks.households))


def _scale(some: Block, limits: Limits, terms: Terms) -> Floats:
    """What a unit of each limit is worth, about: prices are looked for in these units."""
    earned = float(np.abs(some.margin[some.allowed]).mean()) if some.allowed.any() else 1.0
    used = float(some.redeemed[some.allowed].mean()) if some.allowed.any() else 1.0
    taken = np.where(limits.takes > 0, limits.takes, np.nan)
    usual = np.nan_to_num(np.nanmean(np.where(limits.takes.sum(1, keepdims=True) > 0, taken, 1.0), axis=1), nan=1.0)
    a_use = earned / max(used, 1e-9)
    return np.concatenate(
        [np.full(limits.offers, earned), np.full(limits.offers, a_use), a_use / np.maximum(usual, 1e-9)]
    )


def _lowest(at: Callable[[Floats], Look], limits: Limits, scale: Floats) -> Floats:
    """The prices with the lowest bound: a quasi-Newton descent, the best prices seen being kept."""
    bound = np.flatnonzero(limits.bound)
    prices = np.zeros(len(limits.room))
    if not len(bound):
        return prices
    seen = (np.inf, prices)

    from scipy.optimize import minimize

    def value(asked: Floats) -> tuple[float, Floats]:
        nonlocal seen
        tried = np.zeros(len(limits.room))
        tried[bound] = np.maximum(asked, 0.0) * scale[bound]
        found = at(tried)
        if found.bound < seen[0]:
            seen = (found.bound, tried)
        slope = (limits.room[bound] - found.used[bound]) * scale[bound]
        return found.bound / size, slope / size

    size = 1.0
    size = max(abs(value(np.zeros(len(bound)))[0]), 1.0) / 10.0
    minimize(
        value, np.full(len(bound), 0.0), jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(bound),
        options={"maxfun": LOOKS, "maxiter": LOOKS, "maxcor": 20},
    )  # fmt: skip
    return seen[1]
