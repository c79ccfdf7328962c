"""What is shown from the tables: lists with names, and a feed without end or early repeats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from parcours.engine import Engine, open_engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.scores.recommendations import shown
from tests.scores.recommendation_shop import AS_OF, Line, Tables, catalogue


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = open_engine(memory="500MB", threads=1)
    yield engine
    engine.close()


def published(engine: Engine) -> Any:
    """Teas 1 to 6; the customer's own are 3 and 1. Tea 5 was brought back, tea 6 is out of stock where they buy."""
    lines = [Line(1, 9, "tea 5", store="north"), Line(1, 3, "tea 5", -1), Line(1, 8, "tea 3", store="north")]
    stock = [
        {"product_id": "tea 6", "store_id": "north", "as_of": AS_OF - timedelta(1), "quantity": 4},
        {"product_id": "tea 6", "store_id": "north", "as_of": AS_OF, "quantity": 0},
        {"product_id": "tea 4", "store_id": "south", "as_of": AS_OF, "quantity": 0},
    ]
    teas = [f"tea {number}" for number in range(1, 7)]
    world = Tables(2, lines, catalogue(*teas), stock=stock).world(engine)
    why = json.dumps({"code": "goes_with", "product_id": "tea 5"})
    own = [("tea 3", 1), ("tea 1", 2)]
    _register(engine, "recommendations", [
        {"score": "feed", "person_id": 1, "product_id": each, "place": place, "worth": 0.5, "reason": why}
        for each, place in own
    ])  # fmt: skip
    _register(engine, "catalogue_order", [
        {"score": "feed", "product_id": each, "place": place, "worth": 0.1, "reason": '{"code": "popular"}'}
        for place, each in enumerate(teas, 1)
    ])  # fmt: skip
    return world.draft


def _register(engine: Engine, name: str, rows: list[dict[str, Any]]) -> None:
    engine.register(name, pa.Table.from_pylist(rows, schema=schema(CONTRACTS[name].columns)))


def pages(draft: Any, after: int, n: int) -> list[tuple[int, str]]:
    return [(one.place, one.product_id) for one in shown.feed(draft, 1, score="feed", as_of=AS_OF, after=after, n=n)]


def test_the_feed_is_the_customers_own_then_the_catalogue_without_repeats_and_begins_again(engine: Engine) -> None:
    draft = published(engine)
    assert pages(draft, 0, 4) == [(1, "tea 3"), (2, "tea 1"), (3, "tea 2"), (4, "tea 4")]
    assert pages(draft, 4, 3) == [(5, "tea 3"), (6, "tea 1"), (7, "tea 2")]
    assert pages(draft, 2, 2) == pages(draft, 0, 4)[2:]


def test_who_has_no_list_is_shown_the_general_order(engine: Engine) -> None:
    found = shown.feed(published(engine), 2, score="feed", as_of=AS_OF, n=6)
    assert [one.product_id for one in found] == [f"tea {number}" for number in range(1, 7)]


def test_a_list_has_the_names_of_its_articles_and_of_what_leads_to_them(engine: Engine) -> None:
    (first, _) = shown.lists(published(engine), 1)["feed"]
    assert (first.name, first.about, first.reason["code"]) == ("tea 3", "tea 5", "goes_with")
    assert shown.lists(published(engine), 2) == {}
