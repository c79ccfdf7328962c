"""What a person bought and has probably used up: a reminder before they notice it themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from parcours.decisions.deciding.kinds import Candidates
from parcours.decisions.deciding.known import Candidate, Due, Person, Shop
from parcours.model.kind import kind, setting
from parcours.model.value import Duration
from parcours.project.slot import Slot

_LEVELS = ("category_1", "category_2", "category_3", "brand")


@kind("running_out", of="candidates")
@dataclass(frozen=True)
class RunningOut(Candidates):
    """A reminder of what the person is about to need again, by their own rhythm; none where they bought it since."""

    score: str = setting("replenishment", doc="The score that has the due dates.")
    ahead: Duration = setting(Duration.parse("3 days"), doc="How long before the day it is due the reminder may come.")
    content: dict[str, Any] = setting(
        default_factory=dict,
        doc="What the page gets beside the article: texts, `{en: ..., fr: ...}`.",
    )
    at_most: int = setting(10, doc="How many reminders are looked at.")

    @property
    def of_scores(self) -> tuple[str, ...]:
        """What the project must have."""
        return (self.score,)

    def of(self, person: Person, slot: Slot, shop: Shop) -> Iterator[Candidate]:
        """The most urgent first."""
        if not person.may_use:
            return
        day = person.moment.day
        listed = person.due.get(self.score, ())
        near = [one for one in listed if one.due_from - self.ahead.delta <= day <= one.due_until]
        due = [one for one in near if not _bought_since(one, person, shop)]
        due.sort(key=lambda one: (one.due_on, one.item))
        for place, one in enumerate(due[: self.at_most]):
            known = _last(one, person, shop)
            yield replace(Candidate(f"{self.score}:{one.item}", "reminder", 1 - place / len(due), self.content,
                                    item=one.item, why="running_out"),
                          article=shop.articles.get(known) if known else None)  # fmt: skip


def _of(product: str, item: str, shop: Shop) -> bool:
    article = shop.articles.get(product)
    return product == item or (article is not None and item in (getattr(article, name) for name in _LEVELS))


def _bought_since(one: Due, person: Person, shop: Shop) -> bool:
    """Whether they bought it, in any channel, after the purchase that the due date was reckoned from."""
    return any(day > one.last_bought and _of(product, one.item, shop) for product, day in person.bought.items())


def _last(one: Due, person: Person, shop: Shop) -> str | None:
    """The article of that sort they bought last: what they will want to click."""
    theirs = [(day, product) for product, day in person.bought.items() if _of(product, one.item, shop)]
    return max(theirs)[1] if theirs else None
