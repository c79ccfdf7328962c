"""Which day a fact belongs to, which windows it is in, and that nothing of tomorrow is known today."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from parcours.engine import Draft

from .shop import AS_OF, build, day, event, one, order, project, put

ORDERS = [order(ago + 1, 10, ago) for ago in (0, 1, 29, 30, 59, 60, 61)]


@pytest.mark.parametrize(
    ("window", "orders"),
    [
        ("within: 1 day", 1),  # today
        ("within: 30 days", 3),  # 0, 1 and 29 days ago: thirty days, today among them
        ("within: 31 days", 4),
        ("between: [60 days, 30 days]", 2),  # 30 and 59 days ago: the thirty days before the last thirty
        ("between: [365 days, 60 days]", 2),
        ("within: 1 month", 3),
    ],
)
def test_windows_count_days_of_the_calendar(draft: Draft, tmp_path: Path, window: str, orders: int) -> None:
    assert one(draft, tmp_path, f"{{kind: count, of: orders, {window}}}", orders=ORDERS)[1] == orders


def test_a_window_of_hours_ends_with_the_day(draft: Draft, tmp_path: Path) -> None:
    # the day ends at 23:00 UTC; 36 hours before is 28 February 11:00
    events = [
        event(1, 10, 1, "page", at=datetime(2026, 2, 28, 10, 59, 59)),
        event(2, 10, 1, "page", at=datetime(2026, 2, 28, 11)),
    ]
    assert one(draft, tmp_path, "{kind: count, of: events, within: 36 hours}", events=events)[1] == 1


def test_a_window_of_hours_on_a_record_looks_at_when_it_was_made(draft: Draft, tmp_path: Path) -> None:
    records = [{"record_id": 10, "created_at": day(0, 1), "updated_at": day(0)},
               {"record_id": 11, "created_at": day(9), "updated_at": day(0)}]  # fmt: skip
    attribute = "{kind: count, of: customer_records, within: 36 hours}"
    assert one(draft, tmp_path, attribute, customer_records=records)[1] == 1


def test_nothing_that_happened_after_the_day_is_known(draft: Draft, tmp_path: Path) -> None:
    orders = [*ORDERS, order(90, 10, -1), order(91, 10, -300)]
    shop = """{kind: count, of: orders}
  spend: {kind: sum, of: orders.net_amount}
  last_order: {kind: last, of: orders.order_date}
  days: {kind: days_since, of: orders}"""
    assert one(draft, tmp_path, shop, orders=orders)[1] == 7
    row = build(draft, project(tmp_path / "project", f"  x: {shop}\n"))[1]
    assert (row["x"], row["spend"], row["last_order"], row["days"]) == (7, 7000, AS_OF, 0)


def test_the_profile_as_of_an_earlier_day_is_the_one_of_that_day(draft: Draft, tmp_path: Path) -> None:
    then = AS_OF - timedelta(days=30)
    shop = project(tmp_path / "project", "  n: {kind: count, of: orders, within: 30 days}\n")
    put(draft, orders=ORDERS)
    known = build(draft, shop, then)[1]
    put(draft, orders=[row for row in ORDERS if row["order_date"] <= then])
    assert build(draft, shop, then)[1] == known == {"person_id": 1, "known": True, "n": 2}


def test_a_day_begins_at_midnight_in_the_shop_not_in_london(draft: Draft, tmp_path: Path) -> None:
    # consents have a time and no day: 28 February 23:30 UTC is 1 March in Paris
    consents = [{"row_id": 1, "record_id": 10, "purpose": "marketing", "granted": True, "at": day(1, 23)}]
    attribute = "{kind: count, of: consents, within: 1 day}"
    assert one(draft, tmp_path, attribute, consents=consents)[1] == 1
    shop = project(tmp_path / "yesterday", f"  x: {attribute}\n")
    assert build(draft, shop, date(2026, 2, 28))[1]["x"] == 0
