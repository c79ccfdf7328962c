from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from parcours.engine import Engine
from parcours.scores.demand import trend
from parcours.scores.kinds.trend import Trend
from parcours.scores.made import TooLittle
from tests.scores.demand_shop import AS_OF, Sold, catalogue, shop
from tests.scores.replenishment_shop import an_engine

engine = pytest.fixture(scope="module")(an_engine)
NAMES = [f"item {n}" for n in range(12)]
PRODUCTS = catalogue(**{name: name for name in NAMES})


def year(rise: dict[str, float], seed: int = 1) -> list[Sold]:
    """A year of weeks of about a hundred units each; an item's last eight weeks are so many times as high."""
    chance = np.random.default_rng(seed)
    return [
        Sold(name, 3 + 7 * ago, float(chance.poisson(100 * (rise.get(name, 1.0) if ago < 8 else 1.0))))
        for name in NAMES
        for ago in range(52)
    ]


def test_what_rose_and_what_fell_are_told_and_nothing_else(engine: Engine) -> None:
    made = Trend().make(shop(engine, year({"item 3": 1.6, "item 7": 0.5}), products=PRODUCTS))
    told = {row["item"]: row for row in made.rows.to_pylist()}
    assert {item: row["direction"] for item, row in told.items()} == {"item 3": "rising", "item 7": "falling"}
    assert told["item 3"]["change"] == pytest.approx(0.6, abs=0.08)
    assert told["item 3"]["now"] == pytest.approx(160, abs=8)
    assert told["item 3"]["before"] == pytest.approx(100, abs=4)


def test_a_good_week_for_everything_is_no_trend(engine: Engine) -> None:
    made = Trend().make(shop(engine, year(dict.fromkeys(NAMES, 2.0)), products=PRODUCTS))
    assert made.rows.num_rows == 0


def test_lists_alarm_about_as_often_as_allowed_when_nothing_changed() -> None:
    lists = 30
    alarmed = 0
    for seed in range(lists):
        weekly = np.random.default_rng(seed).poisson(50, (60, 10)).astype(float)
        found = trend.look(weekly, np.ones(10, bool), alarms=0.1, seed=seed)
        alarmed += bool(found.named.any())
        assert found.alarms <= 0.25
    assert alarmed <= 7  # of 30 lists at 10 %, more than seven alarm once in a hundred


def test_the_card_says_how_often_shuffled_weeks_alarm(engine: Engine) -> None:
    card = Trend().make(shop(engine, year({}), products=PRODUCTS)).card
    assert card.value is not None and 0 <= card.value <= 0.2
    assert (card.detail["items"], card.detail["weeks"], card.detail["over_a_year"]) == (12, 51, False)  # 361 days


def test_searches_rise_too(engine: Engine) -> None:
    chance = np.random.default_rng(4)
    events: list[dict[str, Any]] = [
        {"name": "products_searched", "query": query, "event_date": AS_OF - timedelta(3 + 7 * ago)}
        for query, level in (("Candle ", 20), ("tea", 20), ("scarf", 20))
        for ago in range(40)
        for _ in range(chance.poisson(level * (3 if query == "tea" and ago < 8 else 1)))
    ]
    (row,) = Trend(of="search").make(shop(engine, [], events=events)).rows.to_pylist()
    assert (row["item"], row["direction"], row["place"]) == ("tea", "rising", 1)


@pytest.mark.parametrize(
    ("kind", "sales", "code"),
    [
        (Trend(), [], "nothing_sold"),
        (Trend(of="search"), [], "no_searches"),
        (Trend(), [one for one in year({}) if one.ago < 100], "too_short_history"),
        (Trend(), [one for one in year({}) if one.product == "item 1"], "too_few_items"),
        (Trend(of="category_3"), year({}), "not_in_catalogue"),
    ],
)
def test_too_little_is_said(engine: Engine, kind: Trend, sales: list[Sold], code: str) -> None:
    with pytest.raises(TooLittle) as refused:
        kind.make(shop(engine, sales, products=PRODUCTS))
    assert refused.value.said["code"] == code
