"""Who probably waits for an article that is out of stock, to be told when it is back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.scores.demand import waiting
from parcours.scores.made import Made
from parcours.scores.world import World


@kind("back_in_stock", of="score")
@dataclass(frozen=True)
class BackInStock:
    """Who probably waits for an article of which a store has none left: carted, viewed, searched for, or due again.

    Not whoever bought it, or another of its finest category, since. In a store stand those who bought there last; who
    bought in none, or in one that does not count the article, is told of articles that no store has. It writes to
    nobody: whether somebody may be written to is asked when a message is sent.
    """

    table: ClassVar[str] = "back_in_stock"
    reads: ClassVar[tuple[str, ...]] = ("order_lines", "products", "events", "stock")
    fewest: ClassVar[int] = 0

    within: Duration = setting(Duration(60 * 86400), doc="How far back carts, views and searches are looked at.")
    at_most: int = setting(1000, doc="How many people wait for an article in a store at most: the surest.")

    def make(self, world: World) -> Made:
        """Who waits as of a day. Raises TooLittle: no stock is known, nothing is out of stock."""
        return waiting.make(world, days=self.within.days, at_most=self.at_most)
