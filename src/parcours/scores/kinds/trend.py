"""What rises and falls: categories, products, searched words, against all the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Share
from parcours.scores.demand import trend
from parcours.scores.made import Made
from parcours.scores.world import World

OF = ("category_1", "category_2", "category_3", "product", "search")


@kind("trend", of="score")
@dataclass(frozen=True)
class Trend:
    """Which categories, products or searched words rise or fall against all the rest, at a stated false-alarm rate.

    Of lists made when nothing changed, so many at most name something at all (`alarms`), and of what a list names about
    as much did not change; how many lists it was on this data with its weeks shuffled stands on the card. With less
    than two years of sales a season looks like a trend.
    """

    table: ClassVar[str] = "trends"
    reads: ClassVar[tuple[str, ...]] = ("order_lines", "products", "events")
    fewest: ClassVar[int] = 0

    of: str = setting("category_2", doc="What trends are looked for in.", choices=OF)
    alarms: Share = setting(Share(0.1), doc="The share of lists that may name something when nothing changed.")
    top: int = setting(50, doc="How many items are told at most.")
    a_week: float = setting(3.0, doc="How many units (searches) a week an item must have to be looked at.")

    def make(self, world: World) -> Made:
        """The trends as of a day. Raises TooLittle: nothing sold, no searches, too short a history, too few items."""
        return trend.make(world, self.of, alarms=self.alarms.value, top=self.top, a_week=self.a_week)
