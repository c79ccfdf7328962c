"""What will be sold, what rises and falls, how long the stock lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from parcours.model.table import table


@table("demand_forecasts", key=("score", "level", "item", "store_id", "day"))
@dataclass(frozen=True)
class DemandForecast:
    """How many units of an item will be sold in a day or a week, with the range that holds nine times in ten.

    `level` is `all`, `store`, `item` or `item_store`: `item` is null for everything together, `store_id` for all
    stores (a sale without a store stands under its channel). `day` is the first of `days` days. What is expected of
    items adds up to the whole, of stores to the item. `sold` is filled for days that are over: the last stretch, which
    was held back and foreseen without it, and of everything together also what was sold before.
    """

    score: str
    level: str
    item: str | None
    store_id: str | None
    day: date
    days: int
    expected: float | None
    low: float | None
    high: float | None
    sold: float | None


@table("stock_risks", key=("score", "product_id", "store_id"))
@dataclass(frozen=True)
class StockRisk:
    """How long the stock of an article in a store will last, and how probable it is that it runs out within some days.

    `on_hand` is what was counted on `counted_on` less what was sold since, never below zero. `cover_days` is null where
    nothing is expected to be sold. `risk` is the probability that more is asked for within `days` days than is there.
    `note` is `negative_stock`, `never_sold`, `old_count` or null.
    """

    score: str
    product_id: str
    store_id: str | None
    counted_on: date | None
    counted: float
    on_hand: float
    days: int
    expected: float
    cover_days: float | None
    risk: float
    note: str | None


@table("back_in_stock", key=("score", "product_id", "store_id", "person_id"))
@dataclass(frozen=True)
class BackInStock:
    """Somebody who probably waits for an article that is out of stock in a store (null: wherever it is counted).

    `place` is 1 for whom the signs are worth most; `worth` adds them up and is no chance. `reason` is JSON: the
    strongest sign's code (`cart`, `viewed`, `searched`, `due`) and how many `days` ago it was.
    """

    score: str
    product_id: str
    store_id: str | None
    person_id: int
    place: int
    worth: float
    reason: str


@table("trends", key=("score", "item"))
@dataclass(frozen=True)
class Trend:
    """An item that rises or falls against all the rest, surely enough that few lists name any when nothing changed.

    `before` and `now` are units (searches) a week: over the time before the last eight weeks, and in them. `change` is
    how much more, as a share, than if it had moved with the rest; `place` is 1 for the surest.
    """

    score: str
    item: str
    direction: str
    before: float
    now: float
    change: float
    strength: float
    place: int
