"""How many people there are: those we know, and those of whom we only know the browser."""

from __future__ import annotations

from dataclasses import dataclass

from parcours.engine import Draft, Tables, sql


@dataclass(frozen=True)
class People:
    """Living persons: `known` ones have more than cookies and devices, `visitors` do not."""

    known: int = 0
    visitors: int = 0


NOBODY = People()


def count_people(tables: Tables) -> People:
    """The people of a state."""
    tables.read("persons")
    return _counted(tables, "people")


def count_people_before(draft: Draft) -> People:
    """The people of the version a draft began from; none for the first."""
    draft.read_previous("persons", "persons_before")
    return _counted(draft, "people_before")


def _counted(tables: Tables, query: str) -> People:
    (row,) = tables.engine.rows(_QUERIES[query])
    return People(**row)


_QUERIES = sql.load(__package__, "people.sql")
