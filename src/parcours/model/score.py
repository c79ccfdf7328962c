"""What is foreseen of each customer: value, propensities, tastes, due dates; and how good each forecast has proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parcours.model.table import table


@table("person_values", key=("score", "person_id", "days"))
@dataclass(frozen=True)
class PersonValue:
    """What a customer is expected to buy in the next so many days, with the range that holds nine times in ten.

    `alive` is the probability that they are still a customer. Money and margin are whole minor units; margin is null
    where costs are not known.
    """

    score: str
    person_id: int
    days: int
    alive: float | None
    orders: float
    orders_low: float
    orders_high: float
    money: int
    money_low: int
    money_high: int
    margin: int | None


@table("propensities", key=("score", "person_id"))
@dataclass(frozen=True)
class Propensity:
    """How probable it is that a customer does something in the next days, and what speaks for and against it.

    `decile` is 1 for the most probable tenth. `reasons` is JSON: [{"what": "orders_365d", "value": 4, "weight": 0.8}],
    the strongest first.
    """

    score: str
    person_id: int
    probability: float
    decile: int
    reasons: str


@table("tastes", key=("score", "person_id", "item"))
@dataclass(frozen=True)
class Taste:
    """How much of what a customer buys is of a category, a brand or a price band, beside everybody's share of it.

    `share` is drawn towards the base's where little is known; `place` is 1 for the favourite.
    """

    score: str
    person_id: int
    item: str
    share: float
    base_share: float
    place: int


@table("due_dates", key=("score", "person_id", "item"))
@dataclass(frozen=True)
class DueDate:
    """When a customer will probably need a product or a category again: the day, and the window it falls in."""

    score: str
    person_id: int
    item: str
    bought: int
    last_bought: date
    gap_days: float
    due_on: date
    due_from: date
    due_until: date
    chance_14d: float


@table("score_models", key=("score", "as_of"))
@dataclass(frozen=True)
class ScoreModel:
    """How a score was learned: on what, by which method, and how it did on held-back time beside a plain method.

    `kept` says whether the model beat the plain method and is used; else the plain one is. `refused` is null, or why
    there is too little to learn from, as JSON: {"code": "too_few_people", "needed": 300, "found": 12}. `detail` is
    JSON too.
    """

    score: str
    as_of: date
    kind: str
    method: str
    kept: bool | None
    people: int
    learned_from: date | None
    learned_until: date | None
    held_back_until: date | None
    measure: str | None
    value: float | None
    plain: str | None
    plain_value: float | None
    refused: str | None
    detail: str


@table("score_checks", key=("score", "made_on", "decile"))
@dataclass(frozen=True)
class ScoreCheck:
    """Whether an earlier forecast came true: for each tenth of the people, what was foreseen and what happened."""

    score: str
    made_on: date
    checked_on: date
    decile: int
    people: int
    predicted: float
    actual: float
