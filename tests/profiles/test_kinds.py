"""Each kind of attribute on a handful of facts, with values worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from parcours.engine import Draft

from .shop import AS_OF, day, event, line, mail, one, order

ANN_BOB = [
    order(1, 10, 5, 1000, channel="web"),
    order(2, 11, 40, 3000),
    order(3, 10, 400, 500, coupon="HELLO"),
    order(4, 20, 10, 700, status="cancelled", is_purchase=False),
]


@pytest.mark.parametrize(
    ("attribute", "ann", "bob"),
    [
        ("{kind: count, of: orders}", 3, 0),
        ("{kind: count, of: orders, within: 30 days}", 1, 0),
        ("{kind: count, of: orders.coupon}", 1, 0),
        ("{kind: count, of: orders, counting: all}", 3, 1),
        ("{kind: count, of: orders, where: {channel: web}}", 1, 0),
        ("{kind: count, of: orders, where: {net_amount: {at_least: 10 EUR}}}", 2, 0),
        ("{kind: sum, of: orders.net_amount}", 4500, 0),
        ("{kind: sum, of: orders.net_amount, within: 365 days}", 4000, 0),
        ("{kind: sum, of: orders.units}", 3.0, 0.0),
        ("{kind: average, of: orders.net_amount}", 1500, None),
        ("{kind: average, of: orders.net_amount, within: 365 days}", 2000, None),
        ("{kind: first, of: orders.channel}", "store", None),
        ("{kind: last, of: orders.channel}", "web", None),
        ("{kind: first, of: orders.net_amount, nth: 2}", 3000, None),
        ("{kind: last, of: orders.net_amount, nth: 3}", 500, None),
        ("{kind: last, of: orders.net_amount, nth: 4}", None, None),
        ("{kind: last, of: orders.coupon}", "HELLO", None),
        ("{kind: last, of: orders.order_date}", date(2026, 2, 24), None),
        ("{kind: days_since, of: orders}", 5, None),
        ("{kind: days_since, of: orders, since: first}", 400, None),
        ("{kind: days_since, of: orders, since: first, in: months}", 13, None),
        ("{kind: days_since, of: orders, since: first, in: weeks}", 57, None),
        ("{kind: share, of: orders, part: {channel: web}}", 1 / 3, None),
        ("{kind: share, of: orders.net_amount, part: {channel: web}}", 1000 / 4500, None),
        ("{kind: quantile, of: orders.net_amount}", 1000, None),
        ("{kind: quantile, of: orders.net_amount, at: 75 %}", 2000, None),
        ("{kind: distinct, of: orders.channel}", 2, 0),
    ],
)
def test_over_orders(draft: Draft, tmp_path: Path, attribute: str, ann: Any, bob: Any) -> None:
    assert one(draft, tmp_path, attribute, orders=ANN_BOB) == {1: ann, 2: bob}


LINES = [
    line(1, 10, 5, "bread", 300, 3.0),
    line(2, 10, 5, "wine", 2000),
    line(3, 11, 50, "wine", 2000),
    line(4, 10, 3, "wine", -2000, -1.0),
    line(5, 10, 2, "water", 300),
    line(6, 20, 9, "wine", 900),
    line(7, 20, 8, "wine", -900, -1.0),
    line(8, 20, 7, "unheard_of", 5000),
]


@pytest.mark.parametrize(
    ("attribute", "ann", "bob"),
    [
        # wine 2000 + 2000 - 2000 and water 300 are drinks; bob's wine came back, and nobody knows what else he bought
        ("{kind: most_frequent, of: order_lines.category_1, by: net_amount}", "Drinks", None),
        ("{kind: most_frequent, of: order_lines.category_2, by: quantity}", "Bakery", None),
        ("{kind: share, of: order_lines.category_1, by: net_amount}", 2300 / 2600, None),
        ("{kind: distinct, of: order_lines.category_2}", 3, 1),
        ("{kind: sum, of: order_lines.quantity}", 5.0, 1.0),
        ("{kind: sum, of: order_lines.net_amount, where: {category_1: Drinks}}", 2300, 0),
        ("{kind: sum, of: order_lines.net_amount, where: {kind: return}}", -2000, -900),
        ("{kind: last, of: order_lines.category_1}", "Drinks", "Drinks"),
        ("{kind: sequence, of: order_lines.category_2}", "Water > Bakery > Wine", "Wine"),
        ("{kind: sequence, of: order_lines.category_2, keep: 2, separator: ', '}", "Water, Bakery", "Wine"),
        ("{kind: sequence, of: order_lines.brand}", "Domaine > Moulin", "Domaine"),
    ],
)
def test_over_lines_and_their_products(draft: Draft, tmp_path: Path, attribute: str, ann: Any, bob: Any) -> None:
    assert one(draft, tmp_path, attribute, order_lines=LINES) == {1: ann, 2: bob}


MAILS = [
    mail(1, 10, 9, "m1", "delivered"),
    mail(2, 10, 9, "m1", "opened"),
    mail(3, 10, 8, "m1", "opened"),
    mail(4, 10, 7, "m2", "delivered"),
    mail(5, 10, 6, "m3", "opened"),
    mail(6, 20, 6, "m4", "sent"),
]


@pytest.mark.parametrize(
    ("attribute", "ann", "bob"),
    [
        # of the two messages delivered one was opened, however often; m3 was opened but nobody says it was delivered
        (
            "{kind: rate, of: message_events, each: message_id, out_of: {event: delivered}, part: {event: opened}}",
            0.5,
            None,
        ),
        ("{kind: rate, of: message_events, out_of: {event: delivered}, part: {event: opened}}", 1.5, None),
        ("{kind: rate, of: message_events, each: message_id, out_of: {event: sent}, part: {event: opened}}", None, 0.0),
    ],
)
def test_over_messages(draft: Draft, tmp_path: Path, attribute: str, ann: Any, bob: Any) -> None:
    assert one(draft, tmp_path, attribute, message_events=MAILS) == {1: ann, 2: bob}


def consent(row: int, record: int, ago: int, granted: bool, channel: str = "email") -> dict[str, Any]:
    return {
        "row_id": row,
        "record_id": record,
        "purpose": "marketing",
        "channel": channel,
        "granted": granted,
        "at": day(ago),
    }


def test_the_latest_consent_counts(draft: Draft, tmp_path: Path) -> None:
    given = [
        consent(1, 10, 20, True),
        consent(2, 11, 3, False),
        consent(3, 20, 9, True),
        consent(4, 20, 1, False, "sms"),
    ]
    attribute = "{kind: latest_value, of: consents.granted, where: {channel: email}}"
    assert one(draft, tmp_path, attribute, consents=given) == {1: False, 2: True}


def record(key: int, updated: int | None, created: int | None = 900, **more: Any) -> dict[str, Any]:
    return {
        "record_id": key,
        "created_at": None if created is None else day(created),
        "updated_at": None if updated is None else day(updated),
        **more,
    }


def test_the_latest_city_is_that_of_the_record_last_updated_that_has_one(draft: Draft, tmp_path: Path) -> None:
    records = [record(10, 30, city="Lyon"), record(11, 2, city=None), record(20, None, None, city="Nice")]
    attribute = "{kind: latest_value, of: customer_records.city}"
    assert one(draft, tmp_path, attribute, customer_records=records) == {1: "Lyon", 2: "Nice"}


def test_a_record_that_was_not_there_yet_says_nothing(draft: Draft, tmp_path: Path) -> None:
    records = [record(10, 2, 900, city="Lyon"), record(11, 1, 5, city="Paris")]
    attribute = "{kind: latest_value, of: customer_records.city}"
    assert one(draft, tmp_path, attribute, as_of=day(6).date(), customer_records=records) == {1: "Lyon", 2: None}


def test_a_formula_over_other_attributes_knows_what_it_does_not_know(draft: Draft, tmp_path: Path) -> None:
    attribute = """
    kind: formula
    value: spend / nullif(orders, 0)
  orders: {kind: count, of: orders}
  spend: {kind: sum, of: orders.net_amount}"""
    assert one(draft, tmp_path, attribute, orders=ANN_BOB) == {1: 1500.0, 2: None}


def test_formulas_stand_on_formulas_in_any_order(draft: Draft, tmp_path: Path) -> None:
    attribute = """{kind: formula, value: "y + 1", type: integer}
  y: {kind: formula, value: "z * 2", type: integer}
  z: {kind: count, of: orders}"""
    assert one(draft, tmp_path, attribute, orders=ANN_BOB) == {1: 7, 2: 1}


def test_age_is_counted_in_whole_years(draft: Draft, tmp_path: Path) -> None:
    records = [record(10, 1, birth_date=date(1990, 3, 1)), record(20, 1, birth_date=date(1990, 3, 2))]
    attribute = """{kind: days_since, of: birth_date, in: years}
  birth_date: {kind: latest_value, of: customer_records.birth_date}"""
    assert one(draft, tmp_path, attribute, customer_records=records) == {1: 36, 2: 35}


def test_days_from_one_date_to_another(draft: Draft, tmp_path: Path) -> None:
    attribute = """{kind: days_since, of: first_order, until: last_order}
  first_order: {kind: first, of: orders.order_date}
  last_order: {kind: last, of: orders.order_date}"""
    assert one(draft, tmp_path, attribute, orders=ANN_BOB) == {1: 395, 2: None}


def test_a_return_ticket_is_no_order_but_lowers_the_spend(draft: Draft, tmp_path: Path) -> None:
    back = order(9, 10, 1, -400, is_purchase=False, returned_amount=400)
    attribute = """{kind: sum, of: orders.net_amount}
  n: {kind: count, of: orders}"""
    assert one(draft, tmp_path, attribute, orders=[*ANN_BOB, back])[1] == 4100
    draft.read("profiles")
    assert draft.engine.rows("SELECT n FROM profiles WHERE person_id = 1") == [{"n": 3}]


def test_fractions_add_up_exactly(draft: Draft, tmp_path: Path) -> None:
    lines = [line(n, 10, 1, "bread", 1, quantity) for n, quantity in enumerate((0.1, 0.2, 0.3, 1e-6))]
    assert one(draft, tmp_path, "{kind: sum, of: order_lines.quantity}", order_lines=lines) == {1: 0.600001, 2: 0.0}


class TestTies:
    """Equals are told apart by more recent, then by the alphabet; never by chance."""

    def test_the_larger_amount_wins(self, draft: Draft, tmp_path: Path) -> None:
        lines = [line(1, 10, 50, "wine", 900), line(2, 10, 1, "bread", 899)]
        attribute = "{kind: most_frequent, of: order_lines.category_1, by: net_amount}"
        assert one(draft, tmp_path, attribute, order_lines=lines)[1] == "Drinks"

    def test_of_equal_amounts_the_more_recent(self, draft: Draft, tmp_path: Path) -> None:
        lines = [line(1, 10, 50, "bread", 900), line(2, 10, 1, "wine", 900)]
        attribute = "{kind: most_frequent, of: order_lines.category_1, by: net_amount}"
        assert one(draft, tmp_path, attribute, order_lines=lines)[1] == "Drinks"

    def test_of_the_same_moment_the_first_in_the_alphabet(self, draft: Draft, tmp_path: Path) -> None:
        lines = [line(1, 10, 1, "wine", 900), line(2, 10, 1, "bread", 900)]
        attribute = "{kind: most_frequent, of: order_lines.category_2, by: net_amount}"
        assert one(draft, tmp_path, attribute, order_lines=lines)[1] == "Bakery"

    def test_of_facts_of_one_instant_the_larger_row_is_the_last(self, draft: Draft, tmp_path: Path) -> None:
        events = [
            event(8, 10, 1, "product_viewed", product_id="wine"),
            event(7, 11, 1, "product_viewed", product_id="bread"),
        ]
        assert one(draft, tmp_path, "{kind: last, of: events.product_id}", events=events)[1] == "wine"


def test_the_hour_and_the_weekday_are_those_of_the_shop(draft: Draft, tmp_path: Path) -> None:
    # Saturday 28 February 23:30 UTC is Sunday 1 March 00:30 in Paris
    late = order(1, 10, 0, at=day(1, 23), order_date=AS_OF)
    attribute = """{kind: most_frequent, of: orders.hour}
  y: {kind: most_frequent, of: orders.weekday}"""
    assert one(draft, tmp_path, attribute, orders=[late])[1] == 0
    draft.read("profiles")
    assert draft.engine.rows("SELECT y FROM profiles WHERE person_id = 1") == [{"y": 7}]


def test_the_store_of_an_order_is_reached(draft: Draft, tmp_path: Path) -> None:
    orders = [order(1, 10, 3, store_id="S1"), order(2, 10, 2, store_id="S2"), order(3, 10, 1, store_id="S9")]
    assert one(draft, tmp_path, "{kind: last, of: orders.store_city}", orders=orders)[1] == "Lyon"
