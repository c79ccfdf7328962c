"""What customers will probably buy next: so many items each, the most probable first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.scores.baskets.learning import FINEST, Baskets, Wish
from parcours.scores.made import Made
from parcours.scores.world import World

FEWEST = 100  # of fewer customers, every basket is chance
OF = (FINEST, "category_1", "category_2", "category_3", "brand", "product")


@kind("next_basket", of="score")
@dataclass(frozen=True)
class NextBasket:
    """What each customer will probably buy in the next days: categories, brands or products, the most probable first.

    The chance of a purchase is learned from windows that are over: from how often, how lately and in which rhythm a
    customer bought an item, from how popular it is, and from what others bought next who had bought alike. Some places
    may be kept for what a customer never bought. Each item is told with a reason.
    """

    table: ClassVar[str] = "next_baskets"

    of: str = setting(
        FINEST, doc="What baskets are told of; `finest` is the finest category that the catalogue has.", choices=OF
    )
    within: Duration = setting(Duration(28 * 86400), doc="In how many days.")
    places: int = setting(12, doc="How many items a customer's basket has.")
    discover: int = setting(0, doc="How many of the places are for items that the customer never bought.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least."""
        return FEWEST

    def make(self, world: World) -> Made:
        """The baskets as of a day. Raises TooLittle: no such column, too short a history, few who buy again."""
        wish = Wish(of=self.of, within=max(self.within.days, 1), places=self.places, discover=self.discover)
        baskets = Baskets(world, wish)
        try:
            return baskets.made()
        finally:
            baskets.forget()
