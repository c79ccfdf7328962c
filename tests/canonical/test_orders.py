"""Orders and lines: one definition of gross, discount, tax, net; returns negative; what is void counts for nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from parcours.engine import Draft

from .landed import build, land, line, project, rows, void

SHOP = project(till=["orders", "order_lines"])
AMOUNTS = "gross_amount, discount_amount, tax_amount, net_amount"


def lines_of(draft: Draft, *landed: dict[str, Any]) -> list[tuple[Any, ...]]:
    land(draft, "till", "2026-01/a", list(landed))
    build(draft, SHOP)
    found = rows(draft, f"SELECT quantity, {AMOUNTS}, kind FROM order_lines ORDER BY row_id", "order_lines")
    return [tuple(row.values()) for row in found]


def test_net_is_gross_less_discount_less_tax(draft: Draft) -> None:
    found = lines_of(draft, line(1, 1, 1000, 2, discount_amount=150, tax_amount=300))
    assert found == [(2.0, 2000, 150, 300, 1550, "sale")]


def test_a_discount_is_what_lies_between_gross_and_net(draft: Draft) -> None:
    found = lines_of(draft, line(1, 1, 1000, 2, net_amount=1500, tax_amount=300))
    assert found == [(2.0, 2000, 200, 300, 1500, "sale")]


def test_gross_is_told_from_net_where_no_price_is_given(draft: Draft) -> None:
    found = lines_of(
        draft,
        line(1, 1, 0)
        | {"order_lines__unit_price": None, "order_lines__net_amount": 900, "order_lines__tax_amount": 100},
    )
    assert found == [(1.0, 1000, 0, 100, 900, "sale")]


def test_a_return_is_negative_however_the_till_writes_it(draft: Draft) -> None:
    assert lines_of(
        draft,
        line(1, 1, 1000, -2),
        line(2, 1, 1000, 2, kind="return"),
        line(3, 1, 1000, -2, net_amount=-1800, discount_amount=200),
    ) == [
        (-2.0, -2000, 0, 0, -2000, "return"),
        (-2.0, -2000, 0, 0, -2000, "return"),
        (-2.0, -2000, -200, 0, -1800, "return"),
    ]


def orders_of(draft: Draft, columns: str) -> list[tuple[Any, ...]]:
    build(draft, SHOP)
    return [tuple(row.values()) for row in rows(draft, f"SELECT {columns} FROM orders ORDER BY order_id", "orders")]


def test_an_order_is_the_sum_of_its_lines(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000, 2), line(1, 2, 500), line(1, 3, 300, -1)])
    assert orders_of(draft, "lines, units, net_amount, returned_amount, is_purchase") == [(3, 2.0, 2200, 300, True)]


def test_shipping_is_not_revenue(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000), line(1, 2, 490, kind="fee")])
    assert orders_of(draft, "units, net_amount, shipping_amount") == [(1.0, 1000, 490)]


def test_a_voided_ticket_and_a_return_are_no_purchases(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000), line(2, 1, 1000, status="voided"), line(3, 1, 1000, -1)])
    assert orders_of(draft, "order_id, status, is_purchase") == [
        ("t1", "completed", True),
        ("t2", "voided", False),
        ("t3", "completed", False),
    ]


def test_an_exchange_is_a_purchase_of_what_was_taken(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 2000, -1), line(1, 2, 1000)])
    assert orders_of(draft, "units, net_amount, is_purchase") == [(0.0, -1000, True)]


def test_another_currency_is_told_in_the_project_s(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000, currency="chf")])
    assert orders_of(draft, "currency, net_amount, original_net_amount") == [("CHF", 1050, 1000)]


def test_a_currency_without_a_rate_is_a_fault_and_no_money(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000, currency="SEK")])
    assert orders_of(draft, "net_amount, original_net_amount") == [(None, 1000)]
    assert rows(draft, "SELECT rule, detail, rows FROM faults", "faults") == [
        {"rule": "no_exchange_rate", "detail": "SEK", "rows": 1}
    ]


def test_the_day_of_an_order_is_the_shop_s(draft: Draft) -> None:
    land(draft, "till", "2026-02/a", [line(1, 1, 1000, at=datetime(2026, 1, 31, 23, 30))])
    assert orders_of(draft, "order_date") == [(date(2026, 2, 1),)]


def test_the_newest_delivery_of_a_row_counts(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000, _seq=1)])
    land(draft, "till", "2026-01/b", [line(1, 1, 700, _seq=2)])
    void(draft, "till", "2026-01", ("orders", 1, 1), ("order_lines", 101, 1))
    assert orders_of(draft, "lines, net_amount") == [(1, 700)]


def test_a_row_that_moved_to_another_month_is_void_in_the_old_one(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000, _seq=1)])
    land(draft, "till", "2026-02/b", [line(1, 1, 1000, _seq=2, at=datetime(2026, 2, 2))])
    void(draft, "till", "2026-01", ("orders", 1, 1), ("order_lines", 101, 1))
    assert orders_of(draft, "order_date, lines, net_amount") == [(date(2026, 2, 2), 1, 1000)]


def test_rejected_rows_count_for_nothing(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000), line(2, 1, 1000) | {"_rule": "conversion"}])
    assert orders_of(draft, "order_id") == [("t1",)]


def test_lines_without_a_date_find_their_order_in_any_month(draft: Draft) -> None:
    shop = project(shop=["orders"], details=["order_lines"])
    land(
        draft,
        "shop",
        "2026-01/a",
        [
            {
                "orders__row_id": 1,
                "orders__order_id": "t1",
                "orders__order_time": datetime(2026, 1, 5),
                "orders__channel": "web",
            }
        ],
    )
    land(
        draft,
        "details",
        "undated/a",
        [{"order_lines__row_id": 1, "order_lines__order_id": "t1", "order_lines__unit_price": 1000}],
    )
    build(draft, shop)
    # two sources: a line belongs to an order of its own source
    assert rows(draft, "SELECT rule, rows FROM faults", "faults") == [{"rule": "no_order", "rows": 1}]
    both = project(shop=["orders", "order_lines"])
    land(
        draft,
        "shop",
        "undated/b",
        [{"order_lines__row_id": 1, "order_lines__order_id": "t1", "order_lines__unit_price": 1000}],
    )
    build(draft, both)
    assert rows(
        draft, "SELECT order_date, channel, net_amount FROM order_lines WHERE source = 'shop'", "order_lines"
    ) == [{"order_date": date(2026, 1, 5), "channel": "web", "net_amount": 1000}]


def test_a_new_day_makes_only_its_month_again(draft: Draft) -> None:
    land(draft, "till", "2026-01/a", [line(1, 1, 1000)])
    land(draft, "till", "2026-02/a", [line(2, 1, 1000, at=datetime(2026, 2, 2))])
    build(draft, SHOP)
    draft.made.clear()
    land(draft, "till", "2026-02/b", [line(3, 1, 1000, _seq=9, at=datetime(2026, 2, 3))])
    build(draft, SHOP)
    assert "orders/2026-02" in draft.made and "orders/2026-01" not in draft.made
