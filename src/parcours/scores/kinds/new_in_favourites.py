"""What is new in each customer's favourite categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.scores.made import Made
from parcours.scores.recommendations.learning import Learning
from parcours.scores.recommendations.lists import Wish
from parcours.scores.recommendations.merchandising import FILE
from parcours.scores.recommendations.newcomers import Newcomers
from parcours.scores.recommendations.shop import READS
from parcours.scores.world import World


@kind("new_in_favourites", of="score")
@dataclass(frozen=True)
class NewInFavourites:
    """What was first sold lately in the categories of which a customer buys most.

    Only what the customer has not bought yet; a list ends where nothing more is new there.
    """

    table: ClassVar[str] = "recommendations"
    reads: ClassVar[tuple[str, ...]] = READS
    files: ClassVar[tuple[str, ...]] = (FILE,)

    within: Duration = setting(Duration(30 * 86400), doc="For how long an article is new after it was first sold.")
    favourites: int = setting(3, doc="In how many categories of a customer is looked.")
    places: int = setting(6, doc="How many articles a list has at most.")
    held_back: Duration = setting(Duration(28 * 86400), doc="How many of the last days are held back to learn from.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least."""
        return 1

    def make(self, world: World) -> Made:
        """The lists. Raises TooLittle: no categories, a shop as young as what is new in it, nothing new."""
        learning = Learning(world, Wish(places=self.places, new_only=True), self.held_back.days)
        return Newcomers(learning, self.within.days, self.favourites).made()
