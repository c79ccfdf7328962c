"""What people did, how often, and what came after: worked out by hand, and counted by both readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from parcours import rules
from parcours.engine import Engine, open_engine
from parcours.engine.types import schema
from parcours.model import CONTRACTS
from parcours.rules import Moment

from .reading import read

AS_OF = date(2026, 3, 1)
PARIS = "Europe/Paris"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = open_engine(memory="500MB", threads=1)
    yield made
    made.close()


def at(text: str) -> datetime:
    """`03-01 12:00` of 2026, in UTC."""
    return datetime.fromisoformat(f"2026-{text}")


def day(instant: datetime) -> date:
    return (instant + timedelta(hours=1)).date()  # Paris in winter


def event(name: str, when: str, **columns: Any) -> tuple[str, dict[str, Any]]:
    return "events", {"name": name, "event_time": at(when), "event_date": day(at(when)), **columns}


def order(when: str, channel: str = "web", **columns: Any) -> tuple[str, dict[str, Any]]:
    usual = {"channel": channel, "is_purchase": True, "status": "completed"}
    return "orders", {"order_time": at(when), "order_date": day(at(when)), **usual, **columns}


def line(when: str, product: str, **columns: Any) -> tuple[str, dict[str, Any]]:
    usual = {"kind": "sale", "status": "completed", "quantity": 1.0}
    return "order_lines", {
        "order_time": at(when),
        "order_date": day(at(when)),
        "product_id": product,
        **usual,
        **columns,
    }


FACT_TABLES = ("events", "orders", "order_lines", "message_events", "redemptions")
SHOES = {"product_id": "p1", "category_1": "Shoes", "brand": "Acme"}


def count(engine: Engine, node: Any, *facts: tuple[str, dict[str, Any]], as_of: Any = AS_OF) -> int:
    """How often one person did it, by both readers, which must agree."""
    (activity,) = rules.activities(read(node))
    moment = Moment.of(as_of, PARIS)
    tables = {name: [row for table, row in facts if table == name] for name in FACT_TABLES}
    given = {
        "record_persons": [{"record_id": 1, "person_id": 7}],
        "products": [SHOES],
        **{name: [{"record_id": 1, **row} for row in rows] for name, rows in tables.items()},
    }
    for name, rows in given.items():
        columns = CONTRACTS[name].columns
        assert all(set(row) <= set(columns) for row in rows)
        engine.register(name, pa.Table.from_pylist(rows, schema(columns)))
    found = engine.rows(rules.activity_sql(activity, moment))
    counted = sum(row["value"] for row in found if row["person_id"] == 7)
    own = {name: [{**(SHOES if row.get("product_id") == "p1" else {}), **row} for row in rows]
           for name, rows in tables.items()}  # fmt: skip
    for times in (counted, counted + 1):
        asked = read({word: {**inner, "at_least": times or 1} for word, inner in node.items()})
        assert rules.for_person(asked, {}, moment, facts=own) is (counted >= (times or 1))
    return int(counted)


def test_events_are_counted_by_name_window_and_condition(engine: Engine) -> None:
    seen = [
        event("product_viewed", "03-01 22:59", category="Shoes"),  # the last minute of the day in Paris
        event("product_viewed", "03-01 23:00", category="Shoes"),  # tomorrow
        event("product_viewed", "02-15 23:00", category="Shoes"),  # 16 February in Paris: the first of 14 days
        event("product_viewed", "02-15 22:59", category="Shoes"),
        event("product_viewed", "02-20 12:00", category="Bags"),
        event("product_added", "02-20 12:00", category="Shoes"),
    ]
    assert count(engine, {"did": {"event": "product_viewed"}}, *seen) == 4
    assert count(engine, {"did": {"event": "product_viewed", "within": "14 days"}}, *seen) == 3
    shoes = {"event": "product_viewed", "within": "14 days", "where": {"category": "Shoes"}}
    assert count(engine, {"did": shoes}, *seen) == 2
    assert count(engine, {"did": {"event": "any", "within": "14 days"}}, *seen) == 4
    assert count(engine, {"did": {"event": "any", "longer_ago_than": "14 days"}}, *seen) == 1
    assert count(engine, {"did": {"event": "any", "between": ["2026-02-16", "2026-02-20"]}}, *seen) == 3
    assert count(engine, {"did": {"event": "any", "within": "12 hours"}}, *seen) == 1
    assert count(engine, {"did": {"event": "any", "until": "2026-02-15"}}, *seen) == 1


def test_orders_count_only_when_they_are_purchases(engine: Engine) -> None:
    made = [order("02-01 10:00"), order("02-02 10:00", "store"), order("02-03 10:00", "store", is_purchase=False)]
    assert count(engine, {"did": {"order": "any"}}, *made) == 2
    assert count(engine, {"did": {"order": "store"}}, *made) == 1


def test_articles_are_reached_with_the_columns_of_their_product(engine: Engine) -> None:
    made = [
        line("02-01 10:00", "p1"), line("02-02 10:00", "p2"), line("02-03 10:00", "p1", status="cancelled"),
        line("02-04 10:00", "p1", kind="return", quantity=-1.0), line("02-05 10:00", "p1", kind="fee"),
    ]  # fmt: skip
    assert count(engine, {"did": {"bought": "any"}}, *made) == 2
    assert count(engine, {"did": {"bought": "Shoes"}}, *made) == 1
    assert count(engine, {"did": {"bought": "any", "where": {"brand": {"known": False}}}}, *made) == 1
    assert count(engine, {"did": {"returned": "any"}}, *made) == 1


def test_messages_and_coupons(engine: Engine) -> None:
    opened = ("message_events", {"event": "opened", "channel": "email", "event_time": at("02-20 10:00"),
                                 "event_date": date(2026, 2, 20)})  # fmt: skip
    used = ("redemptions", {"campaign_id": "c1", "redeemed_at": at("02-20 10:00"), "event_date": date(2026, 2, 20)})
    assert count(engine, {"did": {"message": "opened", "where": {"channel": "email"}}}, opened) == 1
    assert count(engine, {"did": {"message": "clicked"}}, opened) == 0
    assert count(engine, {"did": {"redeemed": "c1"}}, used) == 1


def test_viewed_then_not_bought_waits_until_the_time_is_over(engine: Engine) -> None:
    left = {
        "sequence": {"first": "product_viewed", "then_not": {"order": "any"}, "within": "7 days", "since": "30 days"}
    }
    bought_in_time = [event("product_viewed", "02-10 10:00"), order("02-17 10:00")]
    assert count(engine, left, *bought_in_time) == 0
    bought_too_late = [event("product_viewed", "02-10 10:00"), order("02-17 10:01")]
    assert count(engine, left, *bought_too_late) == 1
    assert count(engine, left, event("product_viewed", "02-10 10:00"), order("02-10 09:00")) == 1  # bought before
    # 22 February 23:00 UTC is 7 days before the end of the day: until then it is too early to say
    assert count(engine, left, event("product_viewed", "02-22 22:59")) == 1
    assert count(engine, left, event("product_viewed", "02-22 23:00")) == 0
    # 30 days: from 31 January in Paris on
    assert count(engine, left, event("product_viewed", "01-30 22:59")) == 0
    assert count(engine, left, event("product_viewed", "01-30 23:00")) == 1


def test_without_a_time_given_it_is_until_now(engine: Engine) -> None:
    left = {"sequence": {"first": "product_added", "then_not": {"order": "any"}}}
    assert count(engine, left, event("product_added", "03-01 10:00")) == 1
    assert count(engine, left, event("product_added", "03-01 10:00"), order("03-01 10:00")) == 1  # not after
    assert count(engine, left, event("product_added", "03-01 10:00"), order("03-01 10:01")) == 0
    then = {"sequence": {"first": "product_added", "then": {"order": "any"}}}
    assert count(engine, then, event("product_added", "01-01 10:00"), order("03-01 10:01")) == 1
    assert count(engine, then, event("product_added", "01-01 10:00"), order("03-01 23:01")) == 0  # tomorrow


def test_a_cart_left_behind_and_nothing_bought_in_a_store_the_same_day(engine: Engine) -> None:
    left = {"sequence": {"first": "product_added", "then_not": {"order": "store"}, "within": "same day"}}
    cart = event("product_added", "02-20 17:00")
    assert count(engine, left, cart) == 1
    assert count(engine, left, cart, order("02-20 18:00", "store")) == 0
    assert count(engine, left, cart, order("02-20 09:00", "store")) == 1  # bought before, and nothing after
    assert count(engine, left, cart, order("02-20 17:00", "store")) == 1  # at the same instant is not after
    assert count(engine, left, cart, order("02-20 23:30", "store")) == 1  # the next day in Paris
    assert count(engine, left, cart, order("02-20 18:00", "web")) == 1
    # while the day is not over, nobody can say
    evening = datetime(2026, 2, 20, 20, 0, tzinfo=UTC)
    assert count(engine, left, cart, as_of=evening) == 0
    assert count(engine, left, cart, as_of=date(2026, 2, 20)) == 1


def test_on_the_same_day_only_what_comes_after_follows(engine: Engine) -> None:
    bought = {"sequence": {"first": "product_viewed", "then": {"order": "store"}, "within": "same day"}}
    morning, evening = event("product_viewed", "02-20 09:00"), event("product_viewed", "02-20 16:10")
    assert count(engine, bought, morning, order("02-20 16:00", "store")) == 1
    assert count(engine, bought, morning, order("02-20 16:00", "store"), evening) == 1  # not also the second visit
    assert count(engine, bought, evening, order("02-20 16:00", "store")) == 0
    assert count(engine, bought, morning, order("02-21 16:00", "store")) == 0
    assert count(engine, bought, morning, evening, order("02-20 18:00", "store")) == 2


def test_a_till_that_says_the_day_only_may_have_sold_after_the_visit(engine: Engine) -> None:
    # 19 February 23:00 UTC is the 20th at midnight in Paris: what a day without an hour lands as
    visit, ticket = event("product_viewed", "02-20 09:00"), order("02-19 23:00", "store")
    same_day = {"first": "product_viewed", "within": "same day"}
    assert count(engine, {"sequence": {**same_day, "then": {"order": "store"}}}, visit, ticket) == 1
    assert count(engine, {"sequence": {**same_day, "then_not": {"order": "store"}}}, visit, ticket) == 0
    twice = {"sequence": {"first": {"order": "store"}, "then": {"order": "store"}, "within": "same day"}}
    assert count(engine, twice, ticket) == 0  # it does not follow itself


def test_who_bought_in_a_store_after_a_visit_leaves_retargeting(engine: Engine) -> None:
    visited = {"sequence": {"first": "page", "then": {"order": "store"}, "since": "30 days"}}
    assert count(engine, visited, event("page", "02-20 10:00"), order("02-27 10:00", "store")) == 1
    assert count(engine, visited, order("02-19 10:00", "store"), event("page", "02-20 10:00")) == 0


def test_the_same_product(engine: Engine) -> None:
    same = {
        "sequence": {"first": "product_viewed", "then_not": {"bought": "any"}, "within": "7 days", "same": "product_id"}
    }
    views = [event("product_viewed", "02-10 10:00", product_id=product) for product in ("p1", "p2", None)]
    assert count(engine, same, *views) == 2  # the third says of no product which
    assert count(engine, same, *views, line("02-11 10:00", "p1")) == 1
    assert count(engine, same, *views, line("02-11 10:00", "p3")) == 2


def test_the_same_brand_is_reached_through_the_product(engine: Engine) -> None:
    node = {"sequence": {"first": {"bought": "any"}, "then": {"bought": "any"}, "same": "brand"}}
    assert count(engine, node, line("02-10 10:00", "p1"), line("02-11 10:00", "p1")) == 1
    assert count(engine, node, line("02-10 10:00", "p1"), line("02-11 10:00", "p2")) == 0
    assert set(rules.tables_read(rules.activities(read(node)))) == {"record_persons", "order_lines", "products"}


def test_then_and_then_not_together(engine: Engine) -> None:
    node = {"sequence": {"first": "product_added", "then": "checkout_started", "then_not": {"order": "any"},
                         "within": "3 hours"}}  # fmt: skip
    cart, checkout = event("product_added", "02-20 10:00"), event("checkout_started", "02-20 10:30")
    assert count(engine, node, cart, checkout) == 1
    assert count(engine, node, cart) == 0
    assert count(engine, node, cart, checkout, order("02-20 13:00")) == 0
    assert count(engine, node, cart, checkout, order("02-20 13:01")) == 1
    assert count(engine, node, cart, event("checkout_started", "02-20 13:01")) == 0


def test_how_often_may_be_at_most_exactly_or_never() -> None:
    views = {"events": [event("product_viewed", f"02-2{n} 10:00")[1] for n in range(2)]}

    def holds(node: Any, facts: Any) -> bool:
        return rules.for_person(read(node), {}, AS_OF, facts=facts)

    viewed = {"event": "product_viewed"}
    assert holds({"did": {**viewed, "exactly": 2}}, views) and not holds({"did": {**viewed, "exactly": 1}}, views)
    assert holds({"did": {**viewed, "at_most": 2}}, {}) and not holds({"did": {**viewed, "at_most": 1}}, views)
    assert holds({"did_not": "product_viewed"}, {}) and not holds({"did_not": "product_viewed"}, views)
    assert holds({"did": {**viewed, "at_least": 1, "at_most": 2}}, views)


def test_counts_are_read_from_their_column_when_there_are_no_facts() -> None:
    rule = read({"did": {"event": "product_viewed", "at_least": 2}})
    (activity,) = rules.activities(rule)
    assert rules.for_person(rule, {activity.column: 2}, AS_OF)
    assert not rules.for_person(rule, {activity.column: 1}, AS_OF)
    assert not rules.for_person(rule, {}, AS_OF)


def test_one_column_serves_every_rule_that_asks_for_the_same() -> None:
    once = read({"did": {"event": "product_viewed", "within": "14 days"}})
    twice = read({"all": [{"did": {"within": "2 weeks", "event": "product_viewed", "at_least": 2}}, {"orders": 1}]})
    other = read({"did": {"event": "product_viewed", "within": "15 days"}})
    assert rules.activities(once) == rules.activities(twice) != rules.activities(other)
    assert rules.activities(once)[0].column == rules.activities(twice)[0].column
    assert rules.activities(once)[0].column != rules.activities(other)[0].column


def test_several_activities_are_one_query_with_a_row_for_who_did_any(engine: Engine) -> None:
    asked = rules.activities(read({"any": [{"did": "page"}, {"did": {"order": "any"}}, {"did": "product_viewed"}]}))
    facts = {"events": [{**event("page", "02-20 10:00")[1], "record_id": record} for record in (1, 1, 2, 3, None)],
             "orders": [{**order("02-20 10:00")[1], "record_id": 4}]}  # fmt: skip
    owners = [{"record_id": record, "person_id": person} for record, person in ((1, 7), (2, 7), (4, 8), (5, 9))]
    for name, rows in {**facts, "record_persons": owners}.items():
        engine.register(name, pa.Table.from_pylist(rows, schema(CONTRACTS[name].columns)))
    pages, orders, views = (activity.column for activity in asked)
    found = engine.rows(rules.activities_sql(asked, AS_OF, PARIS))
    assert sorted(found, key=lambda row: row["person_id"]) == [
        {"person_id": 7, pages: 3, orders: 0, views: 0}, {"person_id": 8, pages: 0, orders: 1, views: 0}]  # fmt: skip
    assert set(rules.tables_read(asked)) == {"record_persons", "events", "orders"}
    assert engine.rows(rules.activities_sql([], AS_OF, PARIS)) == []
