"""The retailer's own tests: rows go the whole way, and each expectation that fails says what there is instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]

GIVEN = """\
test: many things
as_of: 2026-03-31
given:
  products:
    - {product_id: T1, name: Sencha, category_1: Tea}
  customer_records:
    - {loyalty_card: C1, email: ann@example.com, first_name: Ann, postcode: 01000}
    - {loyalty_card: C2, first_name: Bob}
  orders:
    - {order_id: A, loyalty_card: C1, order_time: 2026-01-10 23:30, channel: store}
    - {order_id: B, email: ANN@example.com, order_time: 2026-02-10 10:00, net_amount: 30.5, channel: web}
    - {order_id: C, email: cle@example.com, order_time: 2026-04-02 10:00, net_amount: 99, channel: web}
  order_lines:
    - {order_id: A, product_id: T1, quantity: 2, net_amount: 12.50 EUR}
expect:
"""


def lines(shop: Path, call: Call, expect: str) -> list[str]:
    (shop / "tests" / "many.yaml").write_text(GIVEN + expect)
    said = call("--project", str(shop), "test", "many")
    assert said.code in (0, 1), said.err
    return [line.strip().removeprefix("tests/many.yaml:1: ") for line in said.out.splitlines()[1:-1]]


def test_expectations_that_are_met_say_nothing(shop: Path, call: Call) -> None:
    assert lines(shop, call, """\
  - person: ann@example.com
    same_as: [C1]
    different_from: [C2, cle@example.com]
    attributes:
      orders: 2
      spend: 43 EUR
      tea_spend: 12.50 EUR
      web_share: 50 %
      first_order: 2026-01-10
      days_since_last_order: 49 days
      omnichannel: true
      preferred_channel: web
      return_rate: 0 %
      postcode: 01000
      age: null
    in: [shop_and_web]
  - {person: C2, attributes: {orders: 0, average_basket: null}}
  - {segment: shop_and_web, people: 1}
  - persons: 3
""") == []  # fmt: skip


def test_expectations_that_are_not_met_say_what_there_is(shop: Path, call: Call) -> None:
    assert lines(shop, call, """\
  - person: ann@example.com
    same_as: [C2]
    different_from: [C1]
    attributes: {orders: 3, spend: 43.10 EUR, first_order: 2026-01-11, omnichannel: false, age: 30, first_channel: null}
    in: [tea_lovers]
    not_in: [shop_and_web]
  - {person: dan@example.com}
  - {segment: shop_and_web, people: 2}
  - persons: 4
""") == [
        "ann@example.com: orders was expected to be 3, it is 2",
        "ann@example.com: spend was expected to be 43.10 EUR, it is 43.00 EUR",
        "ann@example.com: first_order was expected to be 2026-01-11, it is 2026-01-10",
        "ann@example.com: omnichannel was expected to be false, it is true",
        "ann@example.com: age was expected to be 30, it is unknown",
        "ann@example.com: first_channel was expected to be unknown, it is store",
        "ann@example.com: not in tea_lovers",
        "ann@example.com: in shop_and_web",
        "ann@example.com: not the same person as C2",
        "ann@example.com: the same person as C1",
        "dan@example.com: there is nobody of this identifier",
        "shop_and_web: 2 people were expected, there are 1",
        "4 persons were expected, there are 3",
    ]  # fmt: skip


def test_a_test_is_told_by_the_project_s_own_stages(shop: Path, call: Call) -> None:
    # two purchases, 31 days apart, the last one 49 days ago
    asked = "  - {person: ann@example.com, attributes: {life_cycle: %s}}\n"
    assert lines(shop, call, asked % "active") == []
    (shop / "stages.yaml").write_text("life_cycle: {loyal_from: 2}\n")
    assert lines(shop, call, asked % "loyal") == []


def test_a_given_row_that_cannot_land_is_told(shop: Path, call: Call) -> None:
    (shop / "tests" / "many.yaml").write_text(GIVEN.replace("quantity: 2", "quantity: two") + "  - persons: 3\n")
    said = call("--project", str(shop), "test", "many")
    assert said.code == 1
    assert "a given row was rejected: quantity" in said.out
