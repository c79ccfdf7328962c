"""What to show each customer next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.scores.made import Made
from parcours.scores.recommendations.learning import Learning
from parcours.scores.recommendations.lists import Wish
from parcours.scores.recommendations.merchandising import FILE
from parcours.scores.recommendations.shop import READS
from parcours.scores.world import World


@kind("recommendations", of="score")
@dataclass(frozen=True)
class Recommendations:
    """What each customer will probably buy next: what they buy again, and what goes with what they bought.

    Only what may be shown is looked at: in stock where they buy (where stock is known), not brought back, not bought so
    lately that it is not needed yet, and not excluded in merchandising.yaml. A list is full wherever so much may be
    shown. How much each sign counts is learned from what customers then bought.
    """

    table: ClassVar[str] = "recommendations"
    reads: ClassVar[tuple[str, ...]] = READS
    files: ClassVar[tuple[str, ...]] = (FILE,)

    places: int = setting(12, doc="How many articles a list has.")
    new_only: bool = setting(False, doc="Whether only what the customer never bought is shown.")
    held_back: Duration = setting(Duration(28 * 86400), doc="How many of the last days are held back for the check.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least."""
        return 1

    def make(self, world: World) -> Made:
        """The lists as of a day. Raises TooLittle when there is nothing to show."""
        return Learning(world, Wish(places=self.places, new_only=self.new_only), self.held_back.days).made()
