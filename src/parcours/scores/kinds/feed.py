"""The discovery feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.scores.made import Made
from parcours.scores.recommendations.general import General
from parcours.scores.recommendations.learning import Learning
from parcours.scores.recommendations.lists import Wish
from parcours.scores.recommendations.merchandising import FILE
from parcours.scores.recommendations.shop import READS
from parcours.scores.world import World


@kind("feed", of="score")
@dataclass(frozen=True)
class Feed:
    """The catalogue in an order of each customer's own: an endless page that mixes what they like with what is new.

    The first places are each customer's, then follows the general order of the catalogue without what was shown
    already. In both, each further article of a category is worth less than the one before, and new articles more.
    """

    table: ClassVar[str] = "recommendations"
    also: ClassVar[tuple[str, ...]] = ("catalogue_order",)
    reads: ClassVar[tuple[str, ...]] = READS
    files: ClassVar[tuple[str, ...]] = (FILE,)

    places: int = setting(60, doc="How many places are each customer's own.")
    variety: float = setting(
        0.7, doc="What each further article of a category is worth beside the one before, up to 1."
    )
    freshness: float = setting(
        0.5, doc="How much more an article is worth on its first day, on a log scale; half of it a month later."
    )
    held_back: Duration = setting(Duration(28 * 86400), doc="How many of the last days are held back for the check.")

    def __post_init__(self) -> None:
        if not 0 < self.variety <= 1:
            raise ValueError("variety lies between 0 and 1")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least."""
        return 0

    def make(self, world: World) -> Made:
        """The feeds and the general order. Raises TooLittle when there is nothing to show."""
        wish = Wish(places=self.places, variety=self.variety, fresh=self.freshness)
        learning = Learning(world, wish, self.held_back.days)
        lists, card = learning.lists()
        general = General(learning.shop, lists.at.articles, learning.ruled, wish)
        return Made(learning.rows(lists), card, {"catalogue_order": general.rows()})
