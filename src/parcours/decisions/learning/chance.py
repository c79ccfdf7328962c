"""Chance that can be had again: a uniform number for each person and arm, by hash and not by a generator.

The name of an arm is hashed with xxhash64; person, slot and version are mixed in by the finaliser of splitmix64
(Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", figure 17), which numpy does on whole
arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import xxhash
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _12 = (np.uint64(bits) for bits in (30, 27, 31, 12))
_UNIT = 2.0**-52


def uniform(seed: int, slot: str, version: str, person_ids: NDArray[np.int64], arms: Sequence[str]) -> Floats:
    """A number between 0 and 1 (both excluded) for every person and arm: float64[n, k].

    It depends on nothing but the arguments of its own cell: one person alone, or arms in another order, give the same.
    """
    return _unit(mixed(_persons(seed, slot, version, person_ids)[:, None] + _names(tuple(arms))))


def one(seed: int, slot: str, version: str, person_ids: NDArray[np.int64], purpose: str = "explore") -> Floats:
    """A number between 0 and 1 for every person that is no arm's, for a purpose of the slot: float64[n]."""
    word = np.uint64(xxhash.xxh64_intdigest(purpose.encode(), seed=1))  # another seed: no arm is called so
    return _unit(mixed(_persons(seed, slot, version, person_ids) ^ word))


def mixed(words: Words) -> Words:
    """The finaliser of splitmix64: every bit of the result hangs on every bit of the argument."""
    words = words + _GOLDEN
    words = (words ^ (words >> _30)) * _FIRST
    words = (words ^ (words >> _27)) * _SECOND
    return np.asarray(words ^ (words >> _31))


def _persons(seed: int, slot: str, version: str, person_ids: NDArray[np.int64]) -> Words:
    place = np.uint64(xxhash.xxh64_intdigest(f"{slot}\0{version}".encode(), seed=seed & 0xFFFFFFFFFFFFFFFF))
    return mixed(mixed(np.asarray(person_ids, np.int64).view(np.uint64)) ^ place)


@lru_cache(maxsize=256)
def _names(arms: tuple[str, ...]) -> Words:
    return np.array([xxhash.xxh64_intdigest(arm.encode()) for arm in arms], np.uint64)


def _unit(words: Words) -> Floats:
    """52 bits and a half: with one bit more the greatest would round to 1."""
    return np.asarray(((words >> _12).astype(np.float64) + 0.5) * _UNIT)
