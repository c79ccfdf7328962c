"""What an assignment is asked: households by the block, each with what every offer would earn there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
ROWS = 8192


@dataclass(frozen=True)
class Block:
    """Some households: a row each, a column an offer.

    `margin` is what the retailer may expect of giving the offer there, `redeemed` how probable it is to be used,
    `known` whether the household buys such things, `allowed` whether it may have the offer at all. `counted` says, a
    value a household, whether what it gets uses up anything (those held back use nothing).
    """

    margin: Floats
    redeemed: Floats
    known: NDArray[np.bool_]
    allowed: NDArray[np.bool_]
    counted: NDArray[np.bool_]


class Blocks(Protocol):
    """All households of an assignment, made block by block: as many times as they are asked for, always the same."""

    @property
    def households(self) -> int:
        """How many there are."""

    def block(self, rows: NDArray[np.int64]) -> Block:
        """The households at these places (rising, from 0)."""


def ranges(households: int, rows: int = ROWS) -> Iterator[NDArray[np.int64]]:
    """The places of all households, block by block."""
    for start in range(0, households, rows):
        yield np.arange(start, min(start + rows, households), dtype=np.int64)


def spread(households: int, most: int) -> NDArray[np.int64]:
    """So many places at most, evenly over all."""
    if households <= most:
        return np.arange(households, dtype=np.int64)
    return (np.arange(most, dtype=np.int64) * households) // most


def joined(blocks: list[Block]) -> Block:
    """Several blocks as one."""
    names = ("margin", "redeemed", "known", "allowed", "counted")
    parts: dict[str, Any] = {name: np.concatenate([getattr(one, name) for one in blocks]) for name in names}
    return Block(**parts)
