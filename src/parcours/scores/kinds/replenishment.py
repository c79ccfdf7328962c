"""When customers will need again what they buy regularly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcours.model.kind import kind, setting
from parcours.model.value import Duration, Share
from parcours.scores.made import Made
from parcours.scores.replenishment.learning import Limits
from parcours.scores.replenishment.learning import Replenishment as Learning
from parcours.scores.world import World

FEWEST = 100  # of fewer customers, every rhythm or taste is chance
OF = ("category_1", "category_2", "category_3", "brand", "product")


@kind("replenishment", of="score")
@dataclass(frozen=True)
class Replenishment:
    """When each customer will probably need a category or a product again, and how probable a purchase is in 14 days.

    The interval is the crowd's for the item, blended with the customer's own as they buy more. What is replenishable is
    decided from the data: enough customers come back to it, and in a rhythm. The window holds the middle half of the
    time that those still to come will wait, given how long the customer has waited already.
    """

    table: ClassVar[str] = "due_dates"

    of: str = setting("category_2", doc="What due dates are told of.", choices=OF)
    longest: Duration | None = setting(
        None,
        doc="The longest pause that is part of a rhythm: a quarter of the history (365 days at most) if not given.",
    )
    held_back: Duration = setting(Duration(56 * 86400), doc="How many of the last days are held back for the check.")
    people: int = setting(30, doc="How many customers must have come back to an item for it to be replenishable.")
    repeat_share: Share = setting(Share(0.1), doc="Which share of an item's buyers must have come back to it.")
    irregular: float = setting(
        1.0, doc="How far gaps may lie from the rhythm in the mean, on a log scale (pure chance is about 1)."
    )
    come_back: Share = setting(
        Share(0.25), doc="The chance to come back to an item at all, under which no due date is told."
    )
    at_most: int = setting(20, doc="How many due dates a customer has at most: the most probable.")

    @property
    def fewest(self) -> int:
        """How many known customers there must be at least."""
        return FEWEST

    def make(self, world: World) -> Made:
        """The due dates as of a day. Raises TooLittle: no such column, too short a history, nobody who comes back."""
        learning = Learning(world, "product_id" if self.of == "product" else self.of, self._limits())
        try:
            return learning.made()
        finally:
            learning.forget()

    def _limits(self) -> Limits:
        return Limits(
            longest=self.longest.days if self.longest else None,
            held_back=self.held_back.days,
            people=self.people,
            repeat_share=self.repeat_share.value,
            irregular=self.irregular,
            come_back=self.come_back.value,
            at_most=self.at_most,
        )
