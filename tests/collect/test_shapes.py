"""How events are built is learned in a day; what comes later for the first time is a change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from parcours.collect import Collected, read_call
from parcours.collect.shapes import MOST_PROPERTIES, Shapes

BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def viewed(now: datetime = BEGUN, **properties: object) -> Collected:
    told = {"event": "Product Viewed", "userId": "u", "properties": properties}
    return read_call(json.dumps(told).encode(), "track", source="web", now=now)


def learn(shapes: Shapes, message: Collected) -> list[tuple[str, str, bool]]:
    found = shapes.new([message])
    shapes.written(found)
    return [(shape.property, shape.type, shape.change) for shape in found]


def test_the_first_day_is_learned_and_what_comes_later_is_a_change() -> None:
    shapes = Shapes([])
    assert learn(shapes, viewed(price=4.5, sku="T1")) == [("price", "number", False), ("sku", "text", False)]
    assert learn(shapes, viewed(price=-1, sku="T2", gift=None)) == []
    assert learn(shapes, viewed(BEGUN + timedelta(hours=23), gift=True)) == [("gift", "yes or no", False)]
    later = BEGUN + timedelta(days=2)
    assert learn(shapes, viewed(later, price="4,50", sizes=["S"], maker={"name": "x"})) == [
        ("maker", "object", True), ("price", "text", True), ("sizes", "list", True),
    ]  # fmt: skip
    assert learn(shapes, viewed(later, price="4,50")) == [], "a change is told once"
    assert shapes.changes == {"web": 3}


def test_another_process_and_a_new_start_know_what_was_learned() -> None:
    first = Shapes([])
    found = first.new([viewed(price=4.5)])
    assert Shapes(vars(shape) for shape in found).new([viewed(price=4.5)]) == []


def test_names_that_are_made_up_do_not_fill_the_memory() -> None:
    shapes = Shapes([])
    for at in range(0, 2 * MOST_PROPERTIES, 100):
        learn(shapes, viewed(**{f"p{at + each}": 1 for each in range(100)}))
    assert len(shapes.new([viewed(**{"x" * 101: 1})])) == 0
    assert learn(shapes, viewed(another=1)) == []
