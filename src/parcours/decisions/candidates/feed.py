"""A page that scrolls: the whole shop, in an order of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from parcours.decisions.deciding.articles import showing
from parcours.decisions.deciding.kinds import Candidates
from parcours.decisions.deciding.known import Article, Candidate, Person, Shop
from parcours.model.kind import kind, setting
from parcours.project.slot import Slot

_LEVELS = ("category_1", "category_2", "category_3", "brand")


@kind("feed", of="candidates")
@dataclass(frozen=True)
class Feed(Candidates):
    """Articles of the whole shop: what sells and what is new, nearer to the person's tastes and to this visit."""

    score: str = setting("feed", doc="The score that has the order for everybody.")
    tastes: tuple[str, ...] = setting(
        ("category_tastes", "brand_tastes"), doc="Scores of taste that draw articles nearer; none for nobody's."
    )
    at_most: int = setting(300, doc="How many articles are looked at.")

    @property
    def of_scores(self) -> tuple[str, ...]:
        """What the project must have."""
        return self.score, *self.tastes

    def of(self, person: Person, slot: Slot, shop: Shop) -> Iterator[Candidate]:
        """The order for everybody, each article's worth raised by how much the person likes what it is of."""
        liked: dict[str, float] = {}
        for name in self.tastes if person.may_use else ():
            liked.update(person.tastes.get(name, {}))
        order = [(product, _drawn(shop.articles.get(product), worth, liked))
                 for product, worth in shop.orders.get(self.score, ())[: self.at_most]]  # fmt: skip
        order.sort(key=lambda each: -each[1])  # stable: equals stay in the order for everybody
        yield from showing([(*each, "feed") for each in order], shop)


def _drawn(article: Article | None, worth: float, liked: Mapping[str, float]) -> float:
    """Half of what keeps it from 1 goes away for a taste that is everything to the person."""
    if article is None or not liked:
        return worth
    share = max((liked.get(value, 0.0) for name in _LEVELS if (value := getattr(article, name))), default=0.0)
    return worth + (1 - worth) * 0.5 * min(share, 1.0)
