"""The next baskets: what most customers will probably buy, some baskets with their reasons, and how good they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from parcours.engine import Version, sql
from parcours.measurement.figures import share
from parcours.model import person as person_ids
from parcours.model.value import Title
from parcours.project import Project

ITEMS = 12
BASKETS = 2  # that are shown place by place


@dataclass(frozen=True)
class Wanted:
    """An item, in how many customers' baskets it is, and how many of them are expected to buy it."""

    item: str
    people: int
    expected: float


@dataclass(frozen=True)
class Place:
    """An item in a customer's basket: the chance that it is bought, and why it is there (a code and its numbers)."""

    place: int
    item: str
    chance: float
    known: bool
    reason: dict[str, Any]


@dataclass(frozen=True)
class Basket:
    """One customer's basket, by the customer's id as it is shown."""

    person: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class NextBaskets:
    """The baskets of one score.

    `right` and `plain_right` are the shares of the places that were bought in the days held back, by the method learned
    and by the plain one; `kept` says which is used.
    """

    title: Title
    days: int
    people: int
    known: float
    kept: bool
    right: float
    plain_right: float
    wanted: tuple[Wanted, ...] = ()
    examples: tuple[Basket, ...] = ()


def count(version: Version, project: Project) -> tuple[NextBaskets, ...]:
    """The baskets of every score that has any, in the project's order."""
    version.read("next_baskets", "score_models")
    named = [(name, score.title or Title.of(name)) for name, score in project.scores.items()
             if score.kind_name == "next_basket"]  # fmt: skip
    found = (_baskets(version, name, title) for name, title in named)
    return tuple(one for one in found if one is not None)


def _baskets(version: Version, score: str, title: Title) -> NextBaskets | None:
    def rows(query: str, **values: Any) -> list[dict[str, Any]]:
        return version.engine.rows(_QUERIES[query].bind(score=score, **values))

    (extent,) = rows("extent")
    if not extent["places"]:
        return None
    (card,) = rows("card")
    detail = json.loads(card["detail"])
    fullest = [row["person_id"] for row in rows("fullest", at_most=BASKETS)]
    return NextBaskets(
        title=title,
        days=detail["within_days"],
        people=extent["people"],
        known=share(extent["known"], extent["places"]) or 0.0,
        kept=card["kept"],
        right=detail["right"],
        plain_right=detail["plain_right"],
        wanted=tuple(Wanted(**row) for row in rows("wanted", at_most=ITEMS)),
        examples=tuple(
            Basket(
                person_ids.show(person),
                tuple(
                    Place(row["place"], row["item"], row["chance"], row["known"], json.loads(row["reason"]))
                    for row in rows("basket", person_id=person)
                ),
            )
            for person in fullest
        ),
    )


_QUERIES = sql.load(__package__, "baskets.sql")
