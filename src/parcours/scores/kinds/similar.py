"""What is near each article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.scores.made import Made
from parcours.scores.recommendations.merchandising import FILE
from parcours.scores.recommendations.shop import READS
from parcours.scores.recommendations.similar import Similar as Nearness
from parcours.scores.world import World


@kind("similar", of="score")
@dataclass(frozen=True)
class Similar:
    """What is near each article: bought by the same customers, viewed in the same visits, or alike in words.

    What people have in common comes first. Articles that too few have bought or viewed are told by their name, category
    and brand.
    """

    table: ClassVar[str] = "similar_products"
    reads: ClassVar[tuple[str, ...]] = READS
    files: ClassVar[tuple[str, ...]] = (FILE,)

    places: int = setting(10, doc="How many others an article has at most.")
    people: int = setting(5, doc="How many people must have bought, or viewed, both.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least: words need none."""
        return 0

    def make(self, world: World) -> Made:
        """What is near each article. Raises TooLittle when there are no articles."""
        return Nearness(world, self.places, self.people).made()
