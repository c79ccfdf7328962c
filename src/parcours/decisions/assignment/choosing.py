"""Every household's best choice, once all that is scarce has its price; and what it would be worth at most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.assignment.blocks import Block, Floats
from parcours.decisions.assignment.terms import Terms

Ints = NDArray[np.int64]
NOBODY = -1  # an empty place
_LOW = np.float32(-np.inf)
_SPARE = 3  # so many times the places are looked at before all offers are
_INDEX = 0xFFFF


@dataclass(frozen=True)
class Choice:
    """The offers of each household, best first (`NOBODY` where a place stays empty), and what that is worth at most.

    `bound` is the worth of the best choice where known offers and discoveries do not share the limit of a group: no
    choice within the terms is worth more. `missed` is what that choice pays in any case for places that stay empty or
    out of the mix, because the household may have too few offers of a side.
    """

    offers: NDArray[np.int32]
    bound: NDArray[np.float64]
    missed: NDArray[np.float64]


def worth(block: Block, charges: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Floats:
    """What each offer earns in each household when what it uses up is paid for; minus infinity where not allowed."""
    for_giving, for_using = charges[0].astype(np.float32), charges[1].astype(np.float32)
    value = block.redeemed * for_using
    np.subtract(block.margin, value, out=value)
    value -= for_giving
    value[~block.allowed] = _LOW
    return value


def choose(value: Floats, known: NDArray[np.bool_], terms: Terms) -> Choice:
    """The best offers of each household by `value` (households x offers).

    With one limit a group on either side of the mix, taking the best that still fits is exact (both are matroids); the
    two sides are then merged, a place outside of the mix costing `terms.unmixed`.
    """
    sides = (_side(value, known, terms), _side(value, ~known, terms))
    offers = np.concatenate([side[0] for side in sides], axis=1)
    values = np.concatenate([side[1] for side in sides], axis=1)
    quota = _quota(terms)
    best, bound = _merged(offers, values, np.broadcast_to(quota, values.shape), terms)
    crowded = np.flatnonzero(_crowded(best, terms))
    if len(crowded):
        best[crowded] = _thinned(offers[crowded], values[crowded], terms)
    return Choice(best, bound, _missed((sides[0][1] > _LOW).sum(axis=1), (sides[1][1] > _LOW).sum(axis=1), terms))


def _quota(terms: Terms) -> Floats:
    """What each place of the two sides costs: nothing within the mix, `unmixed` beyond."""
    place = np.arange(terms.places)
    sides = [place >= terms.known, place >= terms.discover]
    return np.concatenate(sides).astype(np.float32) * np.float32(terms.unmixed)


def _missed(known: Ints, new: Ints, terms: Terms) -> NDArray[np.float64]:
    """What places cost that so many known and so many new offers cannot fill."""
    short = np.maximum(terms.known - known, 0), np.maximum(terms.discover - new, 0)
    spare = np.maximum(new - terms.discover, 0), np.maximum(known - terms.known, 0)
    moved = np.minimum(short[0], spare[0]) + np.minimum(short[1], spare[1])
    return np.asarray(terms.unmixed * moved + terms.empty * (short[0] + short[1] - moved), np.float64)


def _merged(
    offers: NDArray[np.int32], values: Floats, quota: Floats, terms: Terms
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The best places of both sides together, and their worth; an empty place costs `terms.empty`."""
    order = np.argsort(quota - values, axis=1, kind="stable")[:, : terms.places]
    taken = np.take_along_axis(values, order, axis=1).astype(np.float64)
    taken -= np.take_along_axis(quota, order, axis=1)
    empty = taken <= -terms.empty
    chosen = np.where(empty, NOBODY, np.take_along_axis(offers, order, axis=1))
    return chosen.astype(np.int32), np.where(empty, -terms.empty, taken).sum(axis=1)


def _side(value: Floats, mask: NDArray[np.bool_], terms: Terms) -> tuple[NDArray[np.int32], Floats]:
    """The best offers of one side of the mix within the limit of each group, best first: (offers, values)."""
    ranked = min(_SPARE * terms.places, value.shape[1])
    offers, values = _ranked(value, mask, ranked)
    kept = _fitting(offers, values, terms)
    short = np.flatnonzero((kept.sum(axis=1) < terms.places) & (values[:, -1] > _LOW))
    found, worths = _first(offers, values, kept, terms.places)
    if len(short) and ranked < value.shape[1]:
        offers, values = _ranked(value[short], mask[short], value.shape[1])
        found[short], worths[short] = _first(offers, values, _fitting(offers, values, terms), terms.places)
    return found, worths


def _ranked(value: Floats, mask: NDArray[np.bool_], most: int) -> tuple[NDArray[np.int32], Floats]:
    """The `most` best of each row, best first, equal ones in the order of the offers."""
    masked = np.where(mask, value, _LOW)
    bits = masked.view(np.int32)
    bits = bits ^ ((bits >> 31) & 0x7FFFFFFF)  # as whole numbers they now stand in the order of the values
    keys = (bits.astype(np.int64) << 16) | (_INDEX - np.arange(value.shape[1], dtype=np.int64))
    if most < value.shape[1]:
        keys = np.partition(keys, value.shape[1] - most, axis=1)[:, -most:]
    keys = np.sort(keys, axis=1)[:, ::-1]
    offers = (_INDEX - (keys & _INDEX)).astype(np.int32)
    return offers, np.take_along_axis(masked, offers, axis=1)


def _fitting(offers: NDArray[np.int32], values: Floats, terms: Terms) -> NDArray[np.bool_]:
    """Which of the ranked offers still fit into their group when all better ones have been looked at."""
    group = terms.group[offers]
    fits: NDArray[np.bool_] = values > _LOW
    if terms.per_group < terms.places:
        before = np.zeros(offers.shape, np.int16)
        for place in range(1, offers.shape[1]):
            before[:, place] = ((group[:, :place] == group[:, place, None]) & fits[:, :place]).sum(axis=1)
        fits &= before < terms.per_group
    return fits


def _first(
    offers: NDArray[np.int32], values: Floats, kept: NDArray[np.bool_], places: int
) -> tuple[NDArray[np.int32], Floats]:
    """The first kept ones of each row; what is missing is worth minus infinity."""
    order = np.argsort(~kept, axis=1, kind="stable")[:, :places]
    there = np.take_along_axis(kept, order, axis=1)
    found = np.where(there, np.take_along_axis(offers, order, axis=1), 0)
    worths = np.where(there, np.take_along_axis(values, order, axis=1), _LOW)
    if order.shape[1] < places:
        more = ((0, 0), (0, places - order.shape[1]))
        found = np.pad(found, more)
        worths = np.pad(worths, more, constant_values=_LOW)
    return found.astype(np.int32), worths


def _crowded(best: NDArray[np.int32], terms: Terms) -> NDArray[np.bool_]:
    """Where both sides together have more of a group than may be."""
    if terms.per_group >= terms.places:
        return np.zeros(len(best), bool)
    group = np.where(best == NOBODY, -1 - np.arange(best.shape[1]), terms.group[best])
    group = np.sort(group, axis=1)
    return np.asarray((group[:, terms.per_group :] == group[:, : -terms.per_group]).any(axis=1))


def _thinned(offers: NDArray[np.int32], values: Floats, terms: Terms) -> NDArray[np.int32]:
    """The same choice where both sides share the limit of a group: the better offer keeps its place."""
    order = np.argsort(-values, axis=1, kind="stable")
    ranked, worths = np.take_along_axis(offers, order, axis=1), np.take_along_axis(values, order, axis=1)
    known = order < terms.places
    kept = _fitting(ranked, worths, terms)
    costs = np.zeros(worths.shape, np.float32)
    for side, quota in ((known, terms.known), (~known, terms.discover)):
        place = np.cumsum(kept & side, axis=1)
        costs += np.where(side & (place > quota), np.float32(terms.unmixed), np.float32(0))
    return _merged(ranked, np.where(kept, worths, _LOW), costs, terms)[0]
