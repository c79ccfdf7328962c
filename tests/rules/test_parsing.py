"""Mistakes in a rule: each is told at its place, with the nearest name, and reading goes on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from parcours.model.value import Money
from parcours.rules import activities, attributes_used, segments_used
from parcours.rules.rule import AllOf, AnyOf, Compare, Happened, InSegment, Not

from .reading import faults_of, read


def test_the_rule_of_the_design_is_read_as_written() -> None:
    rule = read({
        "all": [
            {"spend_365d": {"at_least": "500 EUR"}},
            {"last_order": {"longer_ago_than": "90 days"}},
            {"not": {"did": {"event": "product_viewed", "within": "14 days"}}},
        ]
    })  # fmt: skip
    assert isinstance(rule, AllOf)
    assert rule.rules[0] == Compare("spend_365d", "at_least", Money(50000, "EUR"))
    assert isinstance(rule.rules[2], Not) and isinstance(rule.rules[2].rule, Happened)
    assert attributes_used(rule) == ("spend_365d", "last_order")
    assert len(activities(rule)) == 1


def test_several_forms_say_the_same() -> None:
    assert read({"city": "Lyon"}) == read({"city": {"is": "Lyon"}})
    assert read({"city": ["Lyon", "Lille"]}) == read({"city": {"in": ["Lyon", "Lille"]}})
    assert read({"orders": 2, "city": "Lyon"}) == read([{"orders": 2}, {"city": "Lyon"}])
    assert read({"all": {"orders": 2, "city": "Lyon"}}) == read({"all": [{"orders": 2}, {"city": "Lyon"}]})
    assert read({"did": "page"}) == read({"did": {"event": "page", "at_least": 1}})
    assert read({"did_not": "page"}) == read({"not": {"did": "page"}})
    assert read({"in_segment": ["vip", "lapsing_vips"]}) == AnyOf((InSegment("vip"), InSegment("lapsing_vips")))
    assert segments_used(read({"not": {"in_segment": ["vip", "vip"]}})) == ("vip",)


@pytest.mark.parametrize(
    ("node", "fault"),
    [
        ({"spend_365": {"at_least": "5 EUR"}},
         "spend_365/at_least: no attribute 'spend_365'. Did you mean 'spend_365d'?"),
        ({"orders": {"at_leest": 2}}, "orders/at_leest: no comparison 'at_leest'. Did you mean 'at_least'?"),
        ({"in_segment": "vop"}, "in_segment: no segment 'vop'. Did you mean 'vip'?"),
        ({"orders": None}, "orders: what about 'orders'? For no value, write `orders: {known: false}`."),
        ({"orders": {"at_least": 2.5}}, "orders/at_least: orders: 2.5 is compared with a whole number."),
        ({"orders": "many"},
         "orders: orders: 'many' is compared with a number: write 5, '500 EUR', '20 %' or '90 days'."),
        ({"spend_365d": {"at_least": 500}},
         "spend_365d/at_least: spend_365d: 500 is compared with money: write the currency too, for example '500 EUR'."),
        ({"spend_365d": {"at_least": "500 USD"}},
         "spend_365d/at_least: spend_365d: 500 USD is not in EUR, the currency of this project."),
        ({"return_rate": {"at_least": "5 EUR"}},
         "return_rate/at_least: return_rate: '5 EUR' is money, compared with what is not."),
        ({"city": 75001}, "city: city: 75001 is compared with a text: write it between quotes."),
        ({"opted_in": "yes"}, "opted_in: opted_in: 'yes' is compared with a yes or no: write true or false."),
        ({"last_order": {"within": "soon"}},
         "last_order/within: 'soon' is not a duration: write for example '90 days' or '36 hours'."),
        ({"last_order": {"within": "36 hours"}},
         "last_order/within: 'last_order' is a day without hours: within takes whole days."),
        ({"last_order": {"before": "yesterday"}},
         "last_order/before: last_order: 'yesterday' is not a date: write for example 2026-01-31."),
        ({"city": {"at_least": "Lyon"}},
         "city/at_least: 'city' is a text, which has no 'at_least'. "
         "It has: is, is_not, in, not_in, contains, starts_with, ends_with, known."),
        ({"orders": {"between": [5]}}, "orders/between: `between` takes the lowest and the highest: `[10, 20]`."),
        ({"orders": {"between": [5, 2]}}, "orders/between: orders: between takes the lowest first, and 5 is above 2."),
        ({"orders": {"known": 1}}, "orders/known: `known` takes true or false, not 1."),
        ({"orders": {"at_least": float("nan")}}, "orders/at_least: nan is not a value one can compare with."),
        ({"orders": {"in": []}}, "orders/in: a list of values stands here, with one value at least."),
        ({"all": []}, "all: a list of conditions stands here, with one condition at least."),
        ({"not": [{"orders": 1}, {"orders": 2}]},
         "not: `not` takes one condition. For none of several, write `not: {any: [...]}`."),
        ("orders", ".: 'orders' is not a condition. Write for example `orders: {at_least: 2}`."),
        ({}, ".: {} is not a condition. Write for example `orders: {at_least: 2}`."),
        ({"did": {"within": "3 days"}},
         "did: exactly one of event, order, bought, returned, message, redeemed says what was done. "
         "Write for example `order: any`."),
        ({"did": {"event": "page", "whithin": "3 days"}},
         "did/whithin: no setting 'whithin' here. Did you mean 'within'?"),
        ({"did": {"event": "page", "at_least": -1}}, "did/at_least: -1 is not a number of times."),
        ({"did": {"event": "page", "at_least": 0}},
         "did: everybody did it at least 0 times. Write 1, or leave `at_least` out."),
        ({"did": {"event": "page", "at_least": 3, "at_most": 2}},
         "did: nobody does it at least 3 and at most 2 times."),
        ({"did": {"event": "page", "where": {"categry": "Shoes"}}},
         "did/where/categry: no column of events 'categry'. Did you mean 'category'?"),
        ({"did": {"event": "page", "where": {"did": "page"}}}, "did/where: `where` compares columns only."),
        ({"did": {"order": "any", "where": {"net_amount": {"at_least": 50}}}},
         "did/where/net_amount/at_least: net_amount: 50 is compared with money: "
         "write the currency too, for example '500 EUR'."),
        ({"did": {"order": "any", "where": {"net_amount": {"at_least": "50 USD"}}}},
         "did/where/net_amount/at_least: net_amount: 50.00 USD is not in EUR, the currency of this project."),
        ({"did_not": {"event": "page", "at_least": 2}},
         "did_not: `did_not` counts nothing. Write `did: {..., at_most: 2}`."),
        ({"sequence": {"first": "page"}}, "sequence: a sequence has a `first`, and a `then` or a `then_not`."),
        ({"sequence": {"first": "page", "then": {"order": "any"}, "same": "product_id"}},
         "sequence/same: orders has no column 'product_id'."),
        ({"did": {"event": "page", "between": ["2026-01-01"]}},
         "did/between: `between` takes the first and the last day: [2026-01-01, 2026-01-31]."),
        ({"did": {"event": "page", "since": "January"}},
         "did/since: 'January' is not a day. Write for example 2026-01-31."),
    ],
)  # fmt: skip
def test_each_mistake_is_told_at_its_place(node: Any, fault: str) -> None:
    assert faults_of(node) == [fault]


def test_all_mistakes_are_told_at_once() -> None:
    found = faults_of({"any": [{"orders": {"at_leest": 2}}, {"last_order": {"within": "soon"}}, 5, {"city": "Lyon"}]})
    assert [each.split(":")[0] for each in found] == ["any/0/orders/at_leest", "any/1/last_order/within", "any/2"]


def test_dates_may_come_as_dates_or_as_text() -> None:
    assert read({"last_order": date(2026, 1, 31)}) == read({"last_order": "2026-01-31"})
