"""How much will be sold: of each category or product, in each store, by the day or the week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.scores.demand import foreseeing
from parcours.scores.made import Made
from parcours.scores.world import World

OF = ("category_1", "category_2", "category_3", "product")
EVERY = {"day": 1, "week": 7}


@kind("demand", of="score")
@dataclass(frozen=True)
class Demand:
    """How many units of each category or product will be sold in the coming weeks or days, with ranges.

    A series' sales are its level times its calendar (weekday, part of the month, time of the year), drawn to its
    department's where it sells little. What is expected of items adds up to the whole, of stores to the item. Closed
    days are left out; discontinued articles and closed stores are expected to sell nothing more.
    """

    table: ClassVar[str] = "demand_forecasts"
    reads: ClassVar[tuple[str, ...]] = ("order_lines", "products")
    fewest: ClassVar[int] = 0

    of: str = setting("category_2", doc="What is foreseen.", choices=OF)
    by_store: bool = setting(False, doc="Whether each store is foreseen by itself; a channel without stores is one.")
    every: str = setting("week", doc="What a period is.", choices=tuple(EVERY))
    ahead: int = setting(4, doc="How many periods are foreseen.")
    at_most: int = setting(20_000, doc="How many series there are at most: the rest is told together, as `other`.")

    def make(self, world: World) -> Made:
        """The forecasts as of a day. Raises TooLittle: nothing sold, no such column, too short a history, under 300
        units sold in it."""
        return foreseeing.make(
            world, self.of, by_store=self.by_store, days=EVERY[self.every], ahead=self.ahead, at_most=self.at_most
        )
