"""The score `value`: what it reads of a shop, what it says of each customer, and when it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from parcours.engine import Draft, Warehouse, open_engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.scores.kinds.value import Value
from parcours.scores.made import Made, TooLittle
from parcours.scores.world import World

AS_OF = date(2026, 3, 1)
PEOPLE = 400


@pytest.fixture
def draft(tmp_path: Path) -> Iterator[Draft]:
    engine = open_engine(temporary=tmp_path / "temporary", threads=1)
    with Warehouse(tmp_path / "warehouse", engine).draft(now=datetime(2026, 3, 1, tzinfo=UTC)) as draft:
        yield draft
    engine.close()


def purchases(people: int = PEOPLE, *, days: int = 400, seed: int = 2) -> list[dict[str, Any]]:
    """Orders of customers who come at their own pace until they leave: some often, some once."""
    chance = np.random.default_rng(seed)
    pace, leaves = chance.gamma(0.9, 1 / 30, people), chance.integers(1, 2 * days, people)
    found = []
    for person in range(people):
        day = int(chance.integers(0, days - 100))
        end = min(days, day + int(leaves[person]))
        while day < end:
            found.append(order(len(found), person + 1, days - 1 - day, int(chance.gamma(4, 1000))))
            day += 1 + int(chance.exponential(1 / pace[person]))
    return found


def order(row: int, person: int, ago: int, net: int, **more: Any) -> dict[str, Any]:
    return {
        "row_id": row, "record_id": person, "order_id": f"o{row}", "channel": "store", "status": "completed",
        "order_date": AS_OF - timedelta(days=ago), "currency": "EUR", "lines": 1, "units": 1.0, "net_amount": net,
        "discount_amount": 0, "is_purchase": True, "source": "till", **more,
    }  # fmt: skip


def lines(orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line an order: bread, of which two in five of the amount are cost, for people of even numbers; else wine."""
    return [
        {
            "row_id": each["row_id"], "source": "till", "record_id": each["record_id"], "order_id": each["order_id"],
            "order_date": each["order_date"], "product_id": "wine" if each["record_id"] % 2 else "bread",
            "quantity": each["net_amount"] / 100, "net_amount": each["net_amount"], "currency": "EUR", "kind": "sale",
            "status": "completed", "discount_amount": 0,
        }
        for each in orders
    ]  # fmt: skip


def put(draft: Draft, orders: list[dict[str, Any]], people: int = PEOPLE, **more: list[dict[str, Any]]) -> World:
    given = {
        "persons": [{"person_id": who, "known": True, "records": 1} for who in range(1, people + 1)],
        "record_persons": [{"record_id": who, "person_id": who} for who in range(1, people + 1)],
        "orders": orders,
        "products": [],
        "order_lines": [],
        **more,
    }
    for name, rows in given.items():
        columns = CONTRACTS[name].columns
        table = pa.Table.from_pylist([{c: row.get(c) for c in columns} for row in rows], schema(columns))
        draft.put(name, lambda table=table: table, settings=[name, repr(rows)])
    return World(draft, AS_OF, "EUR")


def by_person(made: Made, days: int) -> dict[int, dict[str, Any]]:
    return {row["person_id"]: row for row in made.rows.to_pylist() if row["days"] == days}


def refusal(value: Value, world: World) -> dict[str, Any]:
    with pytest.raises(TooLittle) as refused:
        value.make(world)
    return refused.value.said


def test_every_customer_who_bought_has_a_row_for_each_window_in_order(draft: Draft) -> None:
    orders = purchases()
    made = Value().make(put(draft, orders, people=PEOPLE + 5))
    whom = sorted({each["record_id"] for each in orders})
    assert made.rows["person_id"].to_pylist() == [who for who in whom for _ in range(3)]
    assert made.rows["days"].to_pylist() == [30, 90, 365] * len(whom)
    assert set(made.rows.column_names) == set(CONTRACTS["person_values"].columns) - {"score"}
    assert all(made.rows[name].null_count == 0 for name in made.rows.column_names if name != "margin")


def test_more_is_expected_in_more_days_and_ranges_hold_what_is_expected(draft: Draft) -> None:
    made = Value().make(put(draft, purchases()))
    shorter, longer = by_person(made, 30), by_person(made, 365)
    for who, row in longer.items():
        assert 0 <= shorter[who]["orders"] <= row["orders"]
        assert row["orders_low"] <= row["orders_high"] and row["money_low"] <= row["money_high"]
        assert row["orders_low"] <= row["orders"] + 1 and row["orders"] <= row["orders_high"] + 1
        assert 0 <= row["alive"] <= 1


def test_who_came_often_and_lately_is_worth_more_than_who_came_once_long_ago(draft: Draft) -> None:
    often = [order(10_000 + at, PEOPLE + 1, 7 * at, 3000) for at in range(30)]
    once = [order(20_000, PEOPLE + 2, 390, 3000)]
    found = by_person(Value().make(put(draft, purchases() + often + once, people=PEOPLE + 2)), 90)
    assert found[PEOPLE + 1]["orders"] == pytest.approx(90 / 7, rel=0.25)
    assert found[PEOPLE + 2]["orders"] < 0.5
    assert found[PEOPLE + 1]["alive"] > 0.9 > found[PEOPLE + 2]["alive"]
    assert found[PEOPLE + 1]["money"] > 10 * found[PEOPLE + 2]["money"]


def test_the_card_says_what_it_was_held_against(draft: Draft) -> None:
    card = Value().make(put(draft, purchases())).card
    assert card.kept and card.method in ("BG/NBD", "MBG/NBD", "gradient boosting")
    assert card.plain in ("own rate", "base rate") and card.measure == "rmse"
    assert card.value is not None and card.plain_value is not None and card.value < card.plain_value
    assert card.held_back_until == AS_OF and card.learned_until == AS_OF - timedelta(days=card.detail["held_back_days"])


def test_several_orders_of_a_day_are_one(draft: Draft) -> None:
    orders = purchases()
    halves = [
        {**each, "row_id": 2 * each["row_id"] + half, "order_id": f"{each['order_id']}/{half}", "net_amount": part}
        for each in orders
        for half, part in enumerate((each["net_amount"] // 2, each["net_amount"] - each["net_amount"] // 2))
    ]
    whole = Value().make(put(draft, orders)).rows
    assert Value().make(put(draft, halves)).rows.equals(whole)


def test_orders_of_days_to_come_are_not_seen(draft: Draft) -> None:
    orders = purchases()
    whole = Value().make(put(draft, orders)).rows
    later = [order(50_000 + who, who, -1 - who % 40, 9000) for who in range(1, PEOPLE + 1)]
    assert Value().make(put(draft, orders + later)).rows.equals(whole)


def test_margin_is_known_where_costs_are(draft: Draft) -> None:
    orders = purchases()
    products = [{"product_id": "bread", "cost": 40, "source": "till"}, {"product_id": "wine", "source": "till"}]
    found = by_person(Value().make(put(draft, orders, products=products, order_lines=lines(orders))), 90)
    for who, row in found.items():
        if who % 2:
            assert row["margin"] is None
        else:
            assert row["margin"] == pytest.approx(0.6 * row["money"], abs=1)


def test_without_any_cost_no_margin_is_told(draft: Draft) -> None:
    orders = purchases()
    products = [{"product_id": "bread", "source": "till"}, {"product_id": "wine", "source": "till"}]
    made = Value().make(put(draft, orders, products=products, order_lines=lines(orders)))
    assert made.rows["margin"].null_count == made.rows.num_rows


def test_orders_without_amounts_bring_no_money(draft: Draft) -> None:
    made = Value().make(put(draft, [{**each, "net_amount": None} for each in purchases()]))
    assert set(made.rows["money"].to_pylist()) == {0} and made.card.detail["money"] is None


def test_the_figures_are_the_same_every_time(draft: Draft) -> None:
    world = put(draft, purchases())
    assert Value().make(world).rows.equals(Value().make(world).rows)


# -- too little


def test_no_customer_at_all(draft: Draft) -> None:
    assert refusal(Value(), put(draft, [])) == {"code": "too_few_people", "needed": 100, "found": 0}


def test_one_customer(draft: Draft) -> None:
    orders = [order(at, 1, 7 * at, 1000) for at in range(40)]
    assert refusal(Value(), put(draft, orders)) == {"code": "too_few_people", "needed": 100, "found": 1}


def test_too_short_a_history(draft: Draft) -> None:
    orders = [order(at, 1 + at % PEOPLE, at % 40, 1000) for at in range(2000)]
    assert refusal(Value(), put(draft, orders)) == {"code": "too_short_history", "needed": 90, "found": 40}


def test_nobody_comes_back(draft: Draft) -> None:
    orders = [order(who, who, 300 - who % 100, 1000) for who in range(1, PEOPLE + 1)]
    found = refusal(Value(), put(draft, orders))
    assert found == {"code": "too_few_repeat_buyers", "needed": 30, "found": 0}


def test_everybody_stopped_before_held_back_time(draft: Draft) -> None:
    orders = [order(at, 1 + at % 200, 200 + (7 * at) % 190, 1000) for at in range(1000)]
    made = Value().make(put(draft, orders))
    assert max(made.rows["orders"].to_pylist()) < 5
    assert made.card.value is not None
