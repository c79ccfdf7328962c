"""What is near an article: by what people have in common, else by its words; what goes with it is another sort."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from parcours.engine import Engine, open_engine
from parcours.scores.kinds.complements import Complements
from parcours.scores.kinds.similar import Similar
from parcours.scores.made import Made, TooLittle
from tests.scores.recommendation_shop import AS_OF, Line, Tables, catalogue


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = open_engine(memory="1GB", threads=1)
    yield engine
    engine.close()


def near(made: Made) -> dict[str, list[tuple[str, str]]]:
    found = defaultdict(list)
    for row in made.rows.to_pylist():
        assert row["place"] == len(found[row["product_id"]]) + 1 and 0 < row["closeness"] <= 1
        found[row["product_id"]].append((row["other_id"], row["by"]))
    return dict(found)


def together(*baskets: tuple[int, tuple[str, ...]]) -> list[Line]:
    """So many customers who each bought these on one day."""
    lines, person = [], 0
    for times, articles in baskets:
        for _ in range(times):
            person += 1
            lines += [Line(person, 10 + person % 50, each) for each in articles]
    return lines


def test_bought_by_the_same_customers_comes_first_then_words(engine: Engine) -> None:
    lines = together((12, ("tea 1", "tea 2")), (8, ("tea 1", "cup 1")), (1, ("cup 1", "cup 2")))
    tables = Tables(30, lines, catalogue("tea 1", "tea 2", "cup 1", "cup 2", "cup 3"))
    found = near(Similar().make(tables.world(engine)))
    assert found["tea 1"][:2] == [("tea 2", "bought_together"), ("cup 1", "bought_together")]
    assert found["cup 3"] == [("cup 1", "text"), ("cup 2", "text")]
    assert ("cup 2", "bought_together") not in found["cup 1"], "one customer is no evidence"


def test_what_was_viewed_in_the_same_visits_is_near(engine: Engine) -> None:
    events = [
        {"session_id": visit, "name": "product_viewed", "event_date": AS_OF, "product_id": each}
        for visit in range(6) for each in ("tea 1", "cup 1")
    ]  # fmt: skip
    tables = Tables(3, [], catalogue("tea 1", "cup 1"), events=events)
    assert near(Similar().make(tables.world(engine))) == {
        "tea 1": [("cup 1", "viewed_together")], "cup 1": [("tea 1", "viewed_together")]
    }  # fmt: skip


def test_complements_are_of_another_category_and_beyond_chance(engine: Engine) -> None:
    bread = [(each, ("bread 1",)) for each in (60,)]
    lines = together((20, ("tea 1", "cup 1", "tea 2")), (3, ("tea 1", "bread 1")), *bread, (20, ("milk 1",)))
    tables = Tables(120, lines, catalogue("tea 1", "tea 2", "cup 1", "bread 1", "milk 1"))
    assert near(Complements(baskets=2).make(tables.world(engine))) == {
        "tea 1": [("cup 1", "bought_together")],
        "tea 2": [("cup 1", "bought_together")],
        "cup 1": [("tea 2", "bought_together"), ("tea 1", "bought_together")],
    }


def test_complements_need_categories_and_baskets(engine: Engine) -> None:
    tables = Tables(3, [], catalogue("tea 1", "cup 1"))
    with pytest.raises(TooLittle) as told:
        Complements().make(tables.world(engine))
    assert told.value.said["code"] == "too_few_baskets"
    for row in tables.products:
        row["category_1"] = None
    with pytest.raises(TooLittle) as told:
        Complements().make(tables.world(engine))
    assert told.value.said["code"] == "not_in_catalogue"


def test_similar_without_articles_is_told(engine: Engine) -> None:
    with pytest.raises(TooLittle) as told:
        Similar().make(Tables(3, []).world(engine))
    assert told.value.said["code"] == "no_articles"
