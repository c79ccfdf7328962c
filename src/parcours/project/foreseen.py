"""What is foreseen of a person, and how a score was learned: as last published."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from parcours.engine import Version, sql

Row = dict[str, Any]
TABLES = (
    "person_values", "propensities", "tastes", "due_dates", "next_baskets", "back_in_stock", "products", "stores"
)  # fmt: skip


@dataclass(frozen=True)
class Foreseen:
    """What is foreseen of a person: what they will buy, what they may do and why, what they like, what they need."""

    values: list[Row]
    propensities: list[Row]  # each with its `reasons`: what, its value, its weight in log-odds
    tastes: list[Row]
    due: list[Row]
    baskets: list[Row]
    waits: list[Row]


@dataclass(frozen=True)
class ScoreExplained:
    """How a score was learned, each time it was, and which of its forecasts came true; the newest first."""

    score: str
    title: str
    cards: list[Row]  # `refused` is what there is too little of, or None
    came_true: list[Row]


def of_person(version: Version, number: int) -> Foreseen:
    """What is foreseen of a person."""
    version.read(*TABLES)

    def ask(name: str) -> list[Row]:
        return version.engine.rows(_QUERIES[name].bind(person=number))

    propensities = [{**row, "reasons": json.loads(row["reasons"])} for row in ask("propensities")]
    return Foreseen(ask("values"), propensities, ask("tastes"), ask("due"), ask("baskets"), ask("waits"))


def score(version: Version, name: str, *, title: str) -> ScoreExplained:
    """A score explained."""
    version.read("score_models", "score_checks")
    cards = version.engine.rows(_QUERIES["cards"].bind(score=name))
    read = [{**row, "refused": json.loads(row["refused"]) if row["refused"] else None} for row in cards]
    return ScoreExplained(name, title, read, version.engine.rows(_QUERIES["came_true"].bind(score=name)))


_QUERIES = sql.load(__package__, "foreseen.sql")
