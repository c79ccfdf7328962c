"""What we would show: the lists of three customers with their reasons, what is near some articles, and what to know."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from parcours.engine import Version, sql
from parcours.model import person as person_ids
from parcours.model.value import Title
from parcours.project import Project

CUSTOMERS = 3
PLACES = 8
ARTICLES = 6
LISTS = ("recommendations", "feed", "new_in_favourites")
NEAR = ("similar", "complements")


@dataclass(frozen=True)
class Advised:
    """An article at a place of a list, and why: `about` is what the article that leads to it is called."""

    place: int
    article: str
    reason: dict[str, Any]
    about: str | None = None


@dataclass(frozen=True)
class ShownList:
    """One score's lists: how many customers have one, over how many articles, and those of a few by their ids."""

    title: Title
    people: int
    articles: int
    kept: bool | None = None
    examples: tuple[tuple[str, tuple[Advised, ...]], ...] = ()


@dataclass(frozen=True)
class NearArticle:
    """An article and what is near it."""

    article: str
    others: tuple[str, ...]
    by: str


@dataclass(frozen=True)
class WhatIsShown:
    """Everything that is shown. `notes` are codes with numbers: what a retailer should know of their data."""

    lists: tuple[ShownList, ...] = ()
    near: tuple[tuple[Title, tuple[NearArticle, ...]], ...] = ()
    notes: tuple[dict[str, Any], ...] = ()


def count(version: Version, project: Project) -> WhatIsShown:
    """What is shown, from the tables of scores."""
    version.read("recommendations", "similar_products", "score_models", "products")
    engine = version.engine
    cards = {row["score"]: row for row in engine.rows(_QUERIES["cards"])}
    extent = {row["score"]: row for row in engine.rows(_QUERIES["extent"])}
    titles = {name: one.title or Title.of(name) for name, one in project.scores.items()}
    kinds = {name: one.kind_name for name, one in project.scores.items()}
    customers: dict[str, list[int]] = {}
    lists = []
    for name in (name for name in titles if kinds[name] in LISTS and name in extent):
        people = customers.setdefault("", _examples(version, name))
        lists.append(
            ShownList(titles[name], extent[name]["people"], extent[name]["articles"], cards[name]["kept"],
                      _places(version, name, people))
        )  # fmt: skip
    near = tuple((titles[name], found) for name in titles if kinds[name] in NEAR and (found := _near(version, name)))
    return WhatIsShown(tuple(lists), near, _notes(cards, [name for name in titles if kinds[name] in (*LISTS, *NEAR)]))


def _examples(version: Version, score: str) -> list[int]:
    return [row["person_id"] for row in version.engine.rows(_QUERIES["examples"].bind(score=score, at_most=CUSTOMERS))]


def _places(version: Version, score: str, people: list[int]) -> tuple[tuple[str, tuple[Advised, ...]], ...]:
    found: dict[int, list[Advised]] = {}
    for row in version.engine.rows(_QUERIES["places"].bind(score=score, at_most=PLACES, people=people)):
        reason = json.loads(row["reason"])
        about = row["about"] or reason.get("product_id")
        found.setdefault(row["person_id"], []).append(Advised(row["place"], row["article"], reason, about))
    return tuple((person_ids.show(one), tuple(found[one])) for one in people if one in found)


def _near(version: Version, score: str) -> tuple[NearArticle, ...]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in version.engine.rows(_QUERIES["near"].bind(score=score, at_most=ARTICLES)):
        found.setdefault(row["product_id"], []).append(row)
    return tuple(
        NearArticle(rows[0]["article"], tuple(row["other"] for row in rows), rows[0]["by"]) for rows in found.values()
    )


def _notes(cards: dict[str, dict[str, Any]], scores: list[str]) -> tuple[dict[str, Any], ...]:
    """The notes of the cards, each once."""
    details = [json.loads(cards[score]["detail"]) for score in scores if score in cards]
    told = {json.dumps(note, sort_keys=True): note for detail in details for note in detail.get("notes", ())}
    return tuple(told.values())


_QUERIES = sql.load(__package__, "shown.sql")
