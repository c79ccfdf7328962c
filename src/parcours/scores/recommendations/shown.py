"""What is shown: the lists of a customer, the pages of a feed without end, what is near an article; from the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlglot import exp

from parcours.engine import Tables, sql

_QUERIES = sql.load(__package__, "shown.sql")
READS = ("recommendations", "catalogue_order", "products", "orders", "order_lines", "record_persons", "stock")
PAGE = 20


@dataclass(frozen=True)
class Shown:
    """An article at a place, and why: `reason` is its code and what it is about; `about` is that article by name."""

    product_id: str
    name: str | None
    place: int
    worth: float
    reason: dict[str, Any] = field(default_factory=dict)
    about: str | None = None


def lists(tables: Tables, person: int) -> dict[str, tuple[Shown, ...]]:
    """The lists of a customer by score, each in its order. Nothing for who has none."""
    tables.read("recommendations", "products")
    found: dict[str, list[Shown]] = {}
    for row in tables.engine.rows(_QUERIES["own"].bind(person=person)):
        found.setdefault(row["score"], []).append(_shown(row))
    return {score: tuple(_named(tables, rows)) for score, rows in found.items()}


def feed(tables: Tables, person: int, *, score: str, as_of: date, after: int = 0, n: int = PAGE) -> tuple[Shown, ...]:
    """The places of a customer's feed after so many; when all was shown, it begins again. Empty: nothing may be shown.

    The same place has the same article until the tables change.
    """
    tables.read(*READS)
    rows = tables.engine.rows(_QUERIES["feed"].bind(person=person, score=score, as_of=as_of))
    if not rows:
        return ()
    turns = [(rows[at % len(rows)], at + 1) for at in range(after, after + n)]
    return tuple(_named(tables, [replace(_shown(row), place=place) for row, place in turns]))


def similar(tables: Tables, product: str) -> dict[str, list[dict[str, Any]]]:
    """What is near an article, by score, in its order."""
    tables.read("similar_products", "products")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in tables.engine.rows(_QUERIES["similar"].bind(product=product)):
        found.setdefault(row["score"], []).append(row)
    return found


def _shown(row: dict[str, Any]) -> Shown:
    return Shown(row["product_id"], row["name"], row["place"], row["worth"], json.loads(row["reason"]))


def _named(tables: Tables, rows: Iterable[Shown]) -> list[Shown]:
    """The rows with the names of the articles that their reasons speak of."""
    shown = list(rows)
    wanted = sorted({each.reason["product_id"] for each in shown if "product_id" in each.reason})
    if not wanted:
        return shown
    named = exp.column("product_id").isin(*wanted)
    names = {row["product_id"]: row["name"] for row in tables.engine.rows(_QUERIES["names"].bind(named=named))}
    about = [each.reason.get("product_id") for each in shown]
    return [replace(each, about=names.get(one) or one if one else None) for each, one in zip(shown, about)]
