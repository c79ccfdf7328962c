"""How long the stock of each article lasts in each store, and how probably it runs out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.scores.demand import stock
from parcours.scores.made import Made
from parcours.scores.world import World


@kind("stock_risk", of="score")
@dataclass(frozen=True)
class StockRisk:
    """How many days the stock of each article lasts in each store, and how probable it is that it runs out by then.

    What was sold since the count is taken off. A negative count is taken as nothing, of what was never sold nothing is
    expected; both are noted. Deliveries on their way are not known.
    """

    table: ClassVar[str] = "stock_risks"
    reads: ClassVar[tuple[str, ...]] = ("order_lines", "products", "stock")
    fewest: ClassVar[int] = 0

    within: Duration = setting(Duration(14 * 86400), doc="How far ahead it is looked.")

    def make(self, world: World) -> Made:
        """The risks as of a day. Raises TooLittle: no stock is known, nothing was sold."""
        return stock.make(world, days=self.within.days)
