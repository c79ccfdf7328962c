"""What a decision is made on: the person, the moment, the shop."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from parcours.rules.moment import Moment

SEED = 20  # of all chance in slots


@dataclass(frozen=True)
class Article:
    """An article of the catalogue, as pages show it."""

    product_id: str
    name: str | None = None
    brand: str | None = None
    category_1: str | None = None
    category_2: str | None = None
    category_3: str | None = None
    price: int | None = None  # minor units
    currency: str | None = None
    active: bool = True
    stock: int | None = None  # units in all stores and the web shop; None where nobody counts
    url: str | None = None
    image: str | None = None

    @property
    def there(self) -> bool:
        """Whether it can be bought."""
        return self.active and (self.stock is None or self.stock > 0)


@dataclass(frozen=True)
class Shop:
    """The catalogue that a publication holds.

    `orders` is the order of articles for everybody, by score, the best first with a worth from 0 to 1; `similar` names
    the neighbours of an article, by score.
    """

    articles: Mapping[str, Article] = field(default_factory=dict)
    orders: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)
    similar: Mapping[str, Mapping[str, Sequence[tuple[str, float]]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Due:
    """When something is probably needed again."""

    item: str
    last_bought: date
    due_from: date
    due_on: date
    due_until: date


@dataclass(frozen=True)
class Shown:
    """What was shown in this slot before: what, when, and whether it was clicked."""

    key: str
    at: datetime
    clicked: bool = False


@dataclass(frozen=True)
class Person:
    """One person, or a visitor nobody knows, at the moment a slot is asked for.

    `number` is what chance hangs on: the person's id or, of somebody unknown, the hash of their browser. `profile`
    holds attributes, `here` what is known of the moment; lists are by score or allotment, the best first. `viewed`,
    `carted` and `searched` are of this visit, the newest first. `may_use` says whether all this may be used.
    """

    number: int
    moment: Moment
    profile: Mapping[str, Any] = field(default_factory=dict)
    here: Mapping[str, Any] = field(default_factory=dict)
    segments: Collection[str] = ()
    recommended: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)
    tastes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    due: Mapping[str, Sequence[Due]] = field(default_factory=dict)
    offers: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)  # offer and code
    bought: Mapping[str, date] = field(default_factory=dict)  # article: the latest day, in any channel
    viewed: Sequence[str] = ()
    carted: Collection[str] = ()
    searched: Sequence[str] = ()
    shown: Sequence[Shown] = ()
    on_page: Collection[str] = ()  # what the page shows already
    may_use: bool = True

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """What rules look at: attributes, as far as they may be used, and the moment."""
        return {**self.profile, **self.here} if self.may_use else self.here

    def stranger(self) -> Person:
        """The same, as if nothing were known of them but the moment and this visit."""
        return Person(self.number, self.moment, here=self.here, bought=self.bought, carted=self.carted,
                      shown=self.shown, on_page=self.on_page, may_use=False)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """Something that may stand in a slot.

    `worth` lies between 0 and 1 (what the batch side thinks of it, 1 - place/n where it has no opinion); `article` is
    the article it shows, `item` what it is about (a category, for a reminder).
    """

    key: str
    sort: str  # "variant", "article", "coupon", "reminder"
    worth: float = 0.5
    content: Mapping[str, Any] = field(default_factory=dict)
    article: Article | None = None
    item: str | None = None
    why: str = ""  # the code of why it is there: recommended, popular, similar, running_out ...
