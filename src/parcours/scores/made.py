"""What a kind of score gives: rows of its table, and how it was learned."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from parcours.model.value import Duration
from parcours.scores.world import World


class TooLittle(Exception):
    """There is too little to learn from. Said with the number that is missing, never modelled.

    `code` names the sentence (`too_few_people`, `too_few_orders`, `too_short_history` ...); `needed` and `found` are
    the numbers in it.
    """

    def __init__(self, code: str, *, needed: float, found: float, **more: Any) -> None:
        super().__init__(f"{code}: {needed} needed, {found} found")
        self.said = {"code": code, "needed": needed, "found": found, **more}

    def text(self) -> str:
        """The sentence's code and numbers, as JSON."""
        return json.dumps(self.said, sort_keys=True, default=str)


@dataclass(frozen=True, kw_only=True)
class Card:
    """How a score was learned and how it did on held-back time; `detail` is anything JSON can hold."""

    method: str
    people: int
    kept: bool | None = None
    learned_from: date | None = None
    learned_until: date | None = None
    held_back_until: date | None = None
    measure: str | None = None
    value: float | None = None
    plain: str | None = None
    plain_value: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """The rows of a score (columns of its table without `score`) and the card of its model.

    `also` are rows of further tables, which the kind names in its own `also`.
    """

    rows: pa.Table | pa.RecordBatchReader
    card: Card
    also: dict[str, pa.Table] = field(default_factory=dict)


class ScoreKind(Protocol):
    """What a kind of score must be able to do."""

    table: str  # the table of the model that its rows go to

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least: with fewer, nothing is looked at. 0 for a score of articles
        or stores, which says itself what it needs, and in `reads` which further tables it is made of."""

    def make(self, world: World) -> Made:
        """Learns and gives the rows. Raises TooLittle when there is too little to learn from."""


@runtime_checkable
class Checkable(Protocol):
    """A kind of score of which one can see later whether it came true."""

    within: Duration

    def happened(self, world: World, made_on: date) -> pa.Table:
        """Who was asked about on an earlier day (person_id), and whether they did it in the days after (did)."""
