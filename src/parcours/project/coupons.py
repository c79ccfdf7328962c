"""The offers of a household as people read them: what each is, and in a sentence why it was chosen."""

from __future__ import annotations

import json
from typing import Any

from parcours.engine import Version, sql
from parcours.model.value import Title

Row = dict[str, Any]
DAYS_OF_A_WEEK = 7
_TABLES = ("allotments", "allotment_offers", "allotment_checks", "persons")

# {item} and {other} are words of the retailer's catalogue, {times} and {n} numbers.
SENTENCES: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "bought": ("bought {times} times, last {n} day ago", "bought {times} times, last {n} days ago"),
        "bought_once": ("bought once, {n} day ago", "bought once, {n} days ago"),
        "bought_today": ("bought {times} times, last today", "bought {times} times, last today"),
        "lapsed": (
            "no {item} for {n} week, bought {times} times before",
            "no {item} for {n} weeks, bought {times} times before",
        ),
        "lapsed_with": ("buys {other}, no {item} for {n} week", "buys {other}, no {item} for {n} weeks"),
        "goes_with": ("buys {other}, not yet {item}", "buys {other}, not yet {item}"),
        "popular": ("{item}: what many begin to buy", "{item}: what many begin to buy"),
    },
    "fr": {
        "bought": ("acheté {times} fois, il y a {n} jour", "acheté {times} fois, la dernière il y a {n} jours"),
        "bought_once": ("acheté une fois, il y a {n} jour", "acheté une fois, il y a {n} jours"),
        "bought_today": ("acheté {times} fois, encore aujourd'hui", "acheté {times} fois, encore aujourd'hui"),
        "lapsed": (
            "plus de {item} depuis {n} semaine, acheté {times} fois avant",
            "plus de {item} depuis {n} semaines, acheté {times} fois avant",
        ),
        "lapsed_with": (
            "achète {other}, plus de {item} depuis {n} semaine", "achète {other}, plus de {item} depuis {n} semaines",
        ),
        "goes_with": ("achète {other}, pas encore {item}", "achète {other}, pas encore {item}"),
        "popular": ("{item} : ce que beaucoup commencent à acheter", "{item} : ce que beaucoup commencent à acheter"),
    },
}  # fmt: skip


def why(reasons: str, language: str) -> str:
    """Why an offer was chosen for a household, from its row: `buys BABY FOOD, no NAPPIES for 6 weeks`."""
    said = json.loads(reasons)
    what, days, times = said["what"], said.get("days", 0), said.get("times", 0)
    key, n = what, days
    if what == "lapsed":
        key, n = ("lapsed_with" if "with" in said else "lapsed"), days // DAYS_OF_A_WEEK
    elif what == "bought":
        key = "bought_today" if days == 0 else "bought_once" if times == 1 else "bought"
    one, many = SENTENCES[language if language in SENTENCES else "en"][key]
    return (one if n == 1 else many).format(item=said.get("item", ""), other=said.get("with", ""), times=times, n=n)


def title_of(text: str, language: str) -> str:
    """The title of an offer in a language, from the JSON of its row."""
    return Title(json.loads(text)).in_(language)


def of_person(version: Version, number: int) -> list[Row]:
    """The offers that a person's household was given last, with what is expected of each."""
    if not all(version.has(name) for name in _TABLES):
        return []
    version.read(*_TABLES)
    return version.engine.rows(_QUERIES["of_person"].bind(person=number))


_QUERIES = sql.load(__package__, "coupons.sql")
