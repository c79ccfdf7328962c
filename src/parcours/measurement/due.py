"""Lists made of due dates: who is due for what on a day, and what a customer will probably want in the coming week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from parcours.engine import Version, sql
from parcours.engine.sql import Query
from parcours.engine.warehouse import Tables
from parcours.model import person as person_ids
from parcours.model.value import Title
from parcours.project import Project

WEEK = 7  # days
BASKET = 12  # items
SHOWN, EXAMPLES = 12, 4  # rows of the report
TABLE = "due_dates"


@dataclass(frozen=True)
class Needed:
    """An item, how many customers are due for it on a day, and how many purchases in 14 days are expected of them."""

    item: str
    people: int
    expected: float


@dataclass(frozen=True)
class DuePerson:
    """A customer (by id) who is due for an item: the most probable day, its window, the chance to buy in 14 days."""

    person: str
    item: str
    due_on: date
    due_from: date
    due_until: date
    chance: float


@dataclass(frozen=True)
class Anticipated:
    """What a customer (by id) will probably want in the coming week, the most probable first."""

    person: str
    items: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class DueList:
    """The due list of a day by one score: by item, the customers first on it, and baskets of some customers."""

    score: str
    title: Title
    day: date
    people: int
    items: tuple[Needed, ...] = ()
    first: tuple[DuePerson, ...] = ()
    baskets: tuple[Anticipated, ...] = ()


def lists(version: Version, project: Project, as_of: date) -> tuple[DueList, ...]:
    """The due list of the day after the data end, of each score that foresees due dates. Ids only."""
    version.read(TABLE)
    return tuple(_list(version, project, name, as_of) for name in scores_of(project))


def scores_of(project: Project) -> list[str]:
    """The scores that foresee due dates."""
    return [name for name, score in project.scores.items() if score.kind.table == TABLE]


def _list(version: Version, project: Project, score: str, as_of: date) -> DueList:
    ask, day = version.engine.rows, as_of + timedelta(1)
    on = {"score": score, "day": day}
    first = ask(_QUERIES["due_first"].bind(**on, at_most=SHOWN))
    week = {"score": score, "as_of": as_of, "until": as_of + timedelta(WEEK)}
    fullest = [row["person_id"] for row in ask(_QUERIES["fullest"].bind(**week, at_most=EXAMPLES))]
    return DueList(
        score=score,
        title=project.scores[score].title or Title.of(score),
        day=day,
        people=ask(_QUERIES["due_people"].bind(**on))[0]["people"],
        items=tuple(
            Needed(row["item"], row["people"], float(row["expected_14d"]))
            for row in due_counts(version, score, day)[:SHOWN]
        ),
        first=tuple(
            DuePerson(person_ids.show(row["person_id"]), row["item"], row["due_on"], row["due_from"], row["due_until"],
                      row["chance_14d"])
            for row in first
        ),
        baskets=tuple(_anticipated(version, score, person, as_of) for person in fullest),
    )  # fmt: skip


def _anticipated(version: Version, score: str, person: int, as_of: date) -> Anticipated:
    rows = basket(version, score, person, as_of=as_of)
    return Anticipated(person_ids.show(person), tuple((row["item"], row["chance_14d"]) for row in rows))


def due_on(score: str, day: date) -> Query:
    """Who is due for what on a day, the most probable first: a query over `due_dates`.

    Columns person_id, item, due_on, due_from, due_until, chance_14d.
    """
    return _QUERIES["due_on"].bind(score=score, day=day)


def batches(version: Version, score: str, day: date, *, baskets: bool = False) -> pa.RecordBatchReader:
    """The due list of a day in the columns of `due_on`, or the baskets of the week from it on, as a stream."""
    version.read(TABLE)
    week = _QUERIES["baskets"].bind(score=score, as_of=day - timedelta(1), until=day + timedelta(WEEK - 1),
                                    at_most=BASKET)  # fmt: skip
    return version.engine.batches(week if baskets else due_on(score, day))


def due_counts(tables: Tables, score: str, day: date) -> list[dict[str, Any]]:
    """How many customers are due for each item on a day, the most first; `expected_14d` of them buy it in 14 days."""
    tables.read(TABLE)
    return tables.engine.rows(_QUERIES["due_counts"].bind(score=score, day=day))


def basket(
    tables: Tables, score: str, person_id: int, *, as_of: date, days: int = WEEK, at_most: int = BASKET
) -> list[dict[str, Any]]:
    """What a customer will probably want in the coming days, the most probable first."""
    tables.read(TABLE)
    until = as_of + timedelta(days)
    bound = _QUERIES["basket"].bind(score=score, person_id=person_id, as_of=as_of, until=until, at_most=at_most)
    return tables.engine.rows(bound)


_QUERIES = sql.load(__package__, "due.sql")
