"""What goes with each article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.scores.made import Made
from parcours.scores.recommendations.merchandising import FILE
from parcours.scores.recommendations.shop import READS
from parcours.scores.recommendations.similar import Complements as Together
from parcours.scores.world import World


@kind("complements", of="score")
@dataclass(frozen=True)
class Complements:
    """What goes with each article: paid for together more often than chance would have it, and another sort of thing.

    Two articles of the same finest category stand for one another, so they do not go together. Baskets of customers
    nobody knows count too.
    """

    table: ClassVar[str] = "similar_products"
    reads: ClassVar[tuple[str, ...]] = READS
    files: ClassVar[tuple[str, ...]] = (FILE,)

    places: int = setting(10, doc="How many others an article has at most.")
    baskets: int = setting(5, doc="In how many baskets both must have been.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least: baskets need none."""
        return 0

    def make(self, world: World) -> Made:
        """What goes with each article. Raises TooLittle without categories or without baskets."""
        return Together(world, self.places, self.baskets).made()
