from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from parcours.engine import Engine
from parcours.scores.kinds.back_in_stock import BackInStock
from parcours.scores.made import TooLittle
from tests.scores.recommendation_shop import AS_OF, Line, Tables
from tests.scores.replenishment_shop import an_engine

engine = pytest.fixture(scope="module")(an_engine)
PRODUCTS = [
    {"product_id": "sencha", "name": "Sencha", "category_2": "Teas", "category_3": "Green tea"},
    {"product_id": "matcha", "name": "Matcha", "category_2": "Teas", "category_3": "Green tea"},
    {"product_id": "mug", "name": "Mug", "category_2": "Cups", "category_3": "Mugs"},
]
# Everybody bought a hat in their store long ago; 5 and 6 buy sencha in a rhythm of 30 and 45 days.
LINES = [Line(person, 200, "hat", 1, "S2" if person == 4 else "S1") for person in range(1, 9)]
LINES += [Line(5, ago, "sencha", 1, "S1") for ago in (100, 70, 40)]
LINES += [Line(6, ago, "sencha", 1, "S1") for ago in (100, 70, 10)]
LINES += [Line(3, 2, "matcha", 1, "S1")]


def event(person: int, ago: int, name: str, product: str | None = None, query: str | None = None) -> dict[str, Any]:
    day = AS_OF - timedelta(ago)
    return {"record_id": person, "event_date": day, "name": name, "product_id": product, "query": query}


EVENTS = [
    event(1, 14, "product_added", "sencha"),
    event(1, 14, "product_viewed", "sencha"),
    event(2, 0, "product_viewed", "sencha"),
    event(3, 5, "product_viewed", "sencha"),  # and bought matcha since
    event(4, 1, "product_viewed", "sencha"),  # their store has it
    event(7, 28, "products_searched", query=" GREEN TEA"),
    event(8, 14, "product_viewed", "mug"),
    event(8, 61, "product_viewed", "sencha"),  # too long ago
    event(9, 0, "product_viewed", "sencha"),  # never bought in a store, and one store has it
]


def count(product: str, store: str | None, quantity: float, ago: int = 0) -> dict[str, Any]:
    return {"product_id": product, "store_id": store, "quantity": quantity, "as_of": AS_OF - timedelta(ago)}


STOCK = [count("sencha", "S1", 9, ago=3), count("sencha", "S1", 0), count("sencha", "S2", 4), count("mug", "S1", -2),
         count("mug", "S2", 5), count("matcha", "S1", 1)]  # fmt: skip


def waiting(engine: Engine, stock: list[dict[str, Any]], events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    made = BackInStock().make(Tables(9, LINES, PRODUCTS, stock, events).world(engine))
    names = ("product_id", "store_id", "place", "person_id", "worth")
    return [(*(row[name] for name in names), json.loads(row["reason"])) for row in made.rows.to_pylist()]


def test_who_asked_for_it_or_is_due_waits_and_who_found_it_does_not(engine: Engine) -> None:
    assert waiting(engine, STOCK, EVENTS) == [
        ("mug", "S1", 1, 8, 0.25, {"code": "viewed", "days": 14}),
        ("sencha", "S1", 1, 5, 1.0, {"code": "due", "days": 40}),
        ("sencha", "S1", 2, 1, 0.75, {"code": "cart", "days": 14}),  # half of 1, and half of 0.5
        ("sencha", "S1", 3, 2, 0.5, {"code": "viewed", "days": 0}),
        ("sencha", "S1", 4, 7, 0.0625, {"code": "searched", "days": 28}),  # a quarter of 0.25
    ]


def test_of_what_no_store_has_those_without_a_store_are_told_too(engine: Engine) -> None:
    stock = [count("mug", "S1", 0), count("mug", "S2", 0)]
    events = [event(person, 0, "product_viewed", "mug") for person in (1, 4, 9)]
    assert [row[:4] for row in waiting(engine, stock, events)] == [
        ("mug", None, 1, 9), ("mug", "S1", 1, 1), ("mug", "S2", 1, 4)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stock", "code"),
    [([], "no_stock"), ([count("sencha", "S1", 0, ago=-1)], "no_stock"),
     ([count("sencha", "S1", 2)], "nothing_out_of_stock")],
)  # fmt: skip
def test_without_stock_or_with_all_there_it_is_said(engine: Engine, stock: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(TooLittle) as refused:
        waiting(engine, stock, EVENTS)
    assert refused.value.said["code"] == code
