"""What customers like: the categories, brands or price bands that they buy more of than others do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.scores.made import Made
from parcours.scores.taste.tastes import Tastes
from parcours.scores.world import World

FEWEST = 100  # of fewer customers, every rhythm or taste is chance
OF = ("category_1", "category_2", "category_3", "brand", "price")


@kind("taste", of="score")
@dataclass(frozen=True)
class Taste:
    """What each customer likes best: the categories, brands or price bands they buy, beside everybody's share of them.

    A share is drawn towards the base's where little is known, and old purchases count less than new ones. How much of
    both is right is learned from what customers then bought, unless it is said here. Price bands are fifths of the
    units sold in a category, from `price_1`, the cheapest, to `price_5`.
    """

    table: ClassVar[str] = "tastes"

    of: str = setting(doc="What tastes are told of.", choices=OF)
    top: int = setting(5, doc="How many tastes a customer has at most.")
    half_life: Duration | None = setting(None, doc="After how long a purchase counts half. Learned if it is not given.")
    prior: float | None = setting(
        None, doc="How many articles the base's shares weigh as much as. Learned if it is not given."
    )
    held_back: Duration = setting(Duration(28 * 86400), doc="How many of the last days are held back for the check.")
    people: int = setting(30, doc="How many customers who bought before and in the held-back days are needed at least.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least."""
        return FEWEST

    def make(self, world: World) -> Made:
        """The tastes as of a day. Raises TooLittle for a catalogue without the column, or with one item in it."""
        tastes = Tastes(
            world=world,
            of=self.of,
            top=self.top,
            half_life=self.half_life.days if self.half_life else None,
            prior=self.prior,
            held_back=self.held_back.days,
            people=self.people,
        )
        try:
            return tastes.made()
        finally:
            tastes.forget()
