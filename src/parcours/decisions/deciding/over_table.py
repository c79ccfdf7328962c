"""Decides what stands in a slot for many people at once, by arrays: the same answer as for each of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.deciding.decide import HOLDOUT
from parcours.decisions.deciding.known import SEED
from parcours.decisions.guarding import stopped
from parcours.decisions.learned import Learned
from parcours.decisions.learning import chance
from parcours.project.slot import Slot

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NOTHING = -1
CHOSEN, HELD_BACK, FALLBACK = 0, 1, 2
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Crowd:
    """Some people, a row each.

    Their ids; whether what is known of them may be used; for whom each variant is meant, in the order of the slot
    (`who[n, variants]`); for whom each of the merchants' rules holds (`when[n, rules]`).
    """

    numbers: Ints
    may_use: Bools
    who: Bools
    when: Bools


@dataclass(frozen=True)
class DecidedAll:
    """What stands in the slot for each: places in the slot's variants (NOTHING for none) [n, show]; how it came to it;
    how probable the first was (NaN: nobody can tell); whether what comes of it teaches.
    """

    shown: Ints
    how: Ints
    propensity: Floats
    learns: Bools


def why_not(slot: Slot) -> str | None:
    """What of a slot is only known of one person at a time: the word in its file; None where all can be decided."""
    kinds = [type(each).__kind__.name for each in slot.candidates]
    strange = [name for name in kinds if name != "variants"]
    strange += [type(each).__kind__.name for each in slot.filters if each.looks_back]
    if strange:
        return strange[0]
    return None if hasattr(slot.choose, "over_table") else slot.choice


def decide_all(
    crowd: Crowd, slot: Slot, learned: Learned | None, *, day: date, seed: int = SEED
) -> DecidedAll:  # fmt: skip
    """What a slot of variants shows each of a crowd. `learned` is what its choice has learned (None: nothing yet)."""
    keys = tuple(slot.variants)
    standing = _padded([keys.index(name) for name in slot.standing[: slot.show]], slot.show)
    allowed, rank = _allowed(crowd, slot, learned, day), _ranks(crowd, slot)
    scored = slot.choose.over_table(keys, allowed, crowd.numbers, slot, learned)
    rank = np.where(allowed, rank, _LAST)
    order = np.argsort(-np.where(allowed, scored.values, -np.inf), axis=1, kind="stable")
    by_rank = np.argsort(np.take_along_axis(rank, order, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(order, by_rank, axis=1)[:, : slot.show]
    there = np.take_along_axis(allowed, order, axis=1)
    by_rule = there & (np.take_along_axis(rank, order, axis=1) < _UNBOUND)
    ruled = (rank < _UNBOUND).any(axis=1)
    rows = np.arange(len(order))
    chances = np.where(by_rule[:, 0], 1.0, np.where(ruled, np.nan, scored.propensity[rows, order[:, 0]]))
    held = _held(crowd.numbers, slot, seed)
    how = np.where(held, HELD_BACK, np.where(allowed.any(axis=1), CHOSEN, FALLBACK))
    chosen = how == CHOSEN
    shown = np.full((len(order), slot.show), NOTHING)
    shown[:, : order.shape[1]] = np.where(there, order, NOTHING)
    learns = chosen & bool(slot.choose.learns) & ~by_rule.any(axis=1)
    return DecidedAll(np.where(chosen[:, None], shown, standing), how, np.where(chosen, chances, 1.0), learns)


def _allowed(crowd: Crowd, slot: Slot, learned: Learned | None, day: date) -> Bools:
    harmful = stopped(slot, learned)
    open_ = np.array([name not in harmful and (one.starts or day) <= day <= (one.until or day)
                      for name, one in slot.variants.items()])  # fmt: skip
    allowed = crowd.who & open_
    for at, rule in enumerate(slot.rules):
        out = np.array([name in rule.never or bool(rule.only and name not in rule.only) for name in slot.variants])
        allowed &= ~(crowd.when[:, at, None] & out)
    return np.asarray(allowed)


_UNBOUND = _LAST - 1


def _ranks(crowd: Crowd, slot: Slot) -> Ints:
    """The places that rules give: of all that hold, an earlier rule's before a later one's."""
    rank = np.full((len(crowd.numbers), len(slot.variants)), _UNBOUND)
    next_ = np.zeros(len(crowd.numbers), np.int64)
    columns = {name: at for at, name in enumerate(slot.variants)}
    for at, rule in enumerate(slot.rules):
        for name in rule.first:
            if name in columns:
                new = crowd.when[:, at] & (rank[:, columns[name]] == _UNBOUND)
                rank[new, columns[name]] = next_[new]
                next_ += new
    return rank


def _held(numbers: Ints, slot: Slot, seed: int) -> Bools:
    share = slot.holdout.value
    if share <= 0:
        return np.zeros(len(numbers), bool)
    return np.asarray(chance.one(seed, slot.name, HOLDOUT, numbers, HOLDOUT) < share)


def _padded(places: list[int], length: int) -> Ints:
    return np.array([*places, *[NOTHING] * (length - len(places))], np.int64)
