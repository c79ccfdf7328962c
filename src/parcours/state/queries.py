"""Queries of the state have a name and a sentence, and live in queries/<noun>.sql; their `%(values)s` are bound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

_HEADER = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """A named query in PostgreSQL's SQL, with its sentence."""

    name: str
    sentence: str
    text: str


class QueryFault(ValueError):
    """A file of queries is not written as it should be."""


@cache
def queries(noun: str) -> dict[str, Query]:
    """The queries about a noun (`queries("consent")` reads queries/consent.sql), by name."""
    text = resources.files(__package__).joinpath("queries", f"{noun}.sql").read_text(encoding="utf-8")
    return {query.name: query for query in _read(text, f"state/queries/{noun}.sql")}


def nouns() -> list[str]:
    """Every noun that has queries."""
    folder = resources.files(__package__).joinpath("queries")
    return sorted(file.name.removesuffix(".sql") for file in folder.iterdir() if file.name.endswith(".sql"))


def _read(text: str, where: str) -> Iterator[Query]:
    parts = _HEADER.split(text)
    if twice := sorted(name for name in set(parts[1::2]) if parts[1::2].count(name) > 1):
        raise QueryFault(f"{where}: two queries are called {twice[0]}: give one of them another name")
    for name, body in zip(parts[1::2], parts[2::2]):
        first, _, rest = body.strip().partition("\n")
        if not first.startswith("-- ") or not rest.strip():
            raise QueryFault(f"{where}: {name} has no sentence: write `-- what it gives` under its name")
        yield Query(name, first.removeprefix("-- "), rest.strip().removesuffix(";"))
