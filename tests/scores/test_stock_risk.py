from __future__ import annotations

from datetime import timedelta
from math import exp, factorial
from typing import Any

import numpy as np
import pytest

from parcours.engine import Engine
from parcours.scores.demand.stock import running_out
from parcours.scores.kinds.stock_risk import StockRisk
from parcours.scores.made import TooLittle
from tests.scores.demand_shop import AS_OF, Sold, shop
from tests.scores.replenishment_shop import an_engine

engine = pytest.fixture(scope="module")(an_engine)
# One candle a week in Lille for a year and more, and one tea every second week.
SALES = [Sold("candle", 4 + 7 * ago, 1, "L01") for ago in range(60)]
SALES += [Sold("tea", 4 + 14 * ago, 1, "L01") for ago in range(30)]


def count(product: str, quantity: float, ago: int = 0, store: str | None = "L01") -> dict[str, Any]:
    day = AS_OF - timedelta(ago)
    return {"source": "stock", "product_id": product, "store_id": store, "as_of": day, "quantity": quantity}


def risks(engine: Engine, *stock: dict[str, Any]) -> dict[str, dict[str, Any]]:
    made = StockRisk().make(shop(engine, SALES, stock=list(stock)))
    return {row["product_id"]: row for row in made.rows.to_pylist()}


def poisson_above(most: int, mean: float) -> float:
    return 1 - sum(exp(-mean) * mean**n / factorial(n) for n in range(most + 1))


def test_days_of_cover_and_risk_are_those_worked_out_by_hand(engine: Engine) -> None:
    told = risks(engine, count("candle", 3), count("tea", 0))
    assert told["candle"]["expected"] == pytest.approx(2.0)  # one a week, for 14 days
    assert told["candle"]["cover_days"] == 21.0
    assert told["candle"]["risk"] == pytest.approx(poisson_above(3, 2.0), abs=1e-5)
    assert (told["tea"]["cover_days"], told["tea"]["on_hand"]) == (0.0, 0.0)
    assert told["tea"]["risk"] == pytest.approx(1 - exp(-1.0), abs=1e-5)


def test_what_was_sold_since_the_count_is_taken_off(engine: Engine) -> None:
    row = risks(engine, count("candle", 3, ago=12))["candle"]
    assert (row["counted"], row["on_hand"], row["note"]) == (3.0, 1.0, "old_count")  # sold 11 and 4 days ago


def test_a_negative_count_is_taken_as_nothing_and_said(engine: Engine) -> None:
    row = risks(engine, count("candle", -2))["candle"]
    assert (row["counted"], row["on_hand"], row["note"]) == (-2.0, 0.0, "negative_stock")


def test_of_what_was_never_sold_nothing_is_expected_and_said(engine: Engine) -> None:
    row = risks(engine, count("lamp", 2))["lamp"]
    assert (row["expected"], row["cover_days"], row["risk"], row["note"]) == (0.0, None, 0.0, "never_sold")


def test_a_count_of_all_stores_is_held_against_what_all_sell(engine: Engine) -> None:
    row = risks(engine, count("candle", 10, store=None))["candle"]
    assert row["expected"] == pytest.approx(2.0) and row["store_id"] is None


def test_only_the_newest_count_that_is_not_in_the_future_speaks(engine: Engine) -> None:
    row = risks(engine, count("candle", 9, ago=3), count("candle", 5, ago=1), count("candle", 99, ago=-2))["candle"]
    assert row["counted"] == 5.0


@pytest.mark.parametrize("stock", [[], [count("candle", 5, ago=-3)]])
def test_without_a_count_it_is_said(engine: Engine, stock: list[dict[str, Any]]) -> None:
    with pytest.raises(TooLittle) as refused:
        StockRisk().make(shop(engine, SALES, stock=stock))
    assert refused.value.said["code"] == "no_stock"


def test_where_enough_is_sold_the_model_is_tried_beside_the_mean(engine: Engine) -> None:
    chance = np.random.default_rng(3)
    sales = [
        Sold(f"p{n}", 4 + 7 * ago, float(units), "L01")
        for n in range(30)
        for ago, units in enumerate(chance.poisson(1 + n, 60))
        if units
    ]
    stock = [count(f"p{n}", float(2 * n)) for n in range(30)]
    card = StockRisk().make(shop(engine, sales, stock=stock)).card
    assert card.detail["modelled"] is True and card.value is not None and card.plain_value is not None
    assert card.kept is (card.value < card.plain_value)


def test_wider_sales_run_out_more_often_when_there_is_enough() -> None:
    assert running_out(np.array([10.0]), np.array([5.0]), 0.5)[0] > running_out(np.array([10.0]), np.array([5.0]), 0)[0]
