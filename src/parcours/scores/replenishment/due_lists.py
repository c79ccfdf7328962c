"""Lists made of due dates: who is due on a day, and what a customer will probably want in the coming week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from parcours.engine import sql
from parcours.engine.sql import Query
from parcours.engine.warehouse import Tables

_QUERIES = sql.load(__package__, "due_lists.sql")
WEEK = 7  # days
BASKET = 12  # items


def due_on(score: str, day: date) -> Query:
    """Who is due for what on a day, the most probable first: a query over `due_dates`.

    Columns person_id, item, due_on, due_from, due_until, chance_14d.
    """
    return _QUERIES["due_on"].bind(score=score, day=day)


def due_counts(tables: Tables, score: str, day: date) -> list[dict[str, Any]]:
    """How many customers are due for each item on a day, the most first; `expected_14d` of them buy it in 14 days."""
    tables.read("due_dates")
    return tables.engine.rows(_QUERIES["due_counts"].bind(score=score, day=day))


def basket(
    tables: Tables, score: str, person_id: int, *, as_of: date, days: int = WEEK, at_most: int = BASKET
) -> list[dict[str, Any]]:
    """What a customer will probably want in the coming days, the most probable first."""
    tables.read("due_dates")
    until = as_of + timedelta(days)
    bound = _QUERIES["basket"].bind(score=score, person_id=person_id, as_of=as_of, until=until, at_most=at_most)
    return tables.engine.rows(bound)


def baskets(score: str, *, as_of: date, days: int = WEEK, at_most: int = BASKET) -> Query:
    """The baskets of the coming days of everybody who is due for something: a query over `due_dates`.

    Columns person_id, item, due_on, chance_14d, place (1 for the most probable).
    """
    return _QUERIES["baskets"].bind(score=score, as_of=as_of, until=as_of + timedelta(days), at_most=at_most)
