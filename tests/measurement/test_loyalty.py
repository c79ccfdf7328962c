from __future__ import annotations

from datetime import date

import pytest

from parcours.measurement.figures import Cohort, Counted, Repeat, Step
from tests.measurement.conftest import Count
from tests.measurement.shop import ORDERS, TABLES, order


def test_one_time_buyers_and_the_money_at_stake(count: Count) -> None:
    repeat = count(**TABLES).repeat
    assert (repeat.customers, repeat.one_time, repeat.recent) == (3, 1, 0)
    assert repeat.one_time_share == pytest.approx(1 / 3)
    assert repeat.second_order == 4500  # Ada 30, Cyd 60
    assert repeat.after_first == 8000  # Ada 100 and Cyd 60 after their first order
    assert repeat.stake(0.01) == pytest.approx(45)
    assert repeat.full_stake(0.01) == pytest.approx(80)


def test_who_first_bought_lately_has_had_little_time_to_come_back(count: Count) -> None:
    orders = [order(1, 21, "2026-01-01", "web", 1000), order(2, 31, "2025-12-31", "web", 1000)]
    repeat = count(**{**TABLES, "orders": orders}).repeat
    assert (repeat.one_time, repeat.recent) == (2, 1)  # 89 and 90 days before 31 March


def test_the_second_order_is_the_second_in_time_in_any_channel(count: Count) -> None:
    early = order(20, 12, "2025-01-04", "app", 100)
    # The later row of the same day is the later order: the one with the larger number when the hour is the same.
    same_day = order(21, 12, "2025-01-04", "app", 900)
    repeat = count(**{**TABLES, "orders": [same_day, *ORDERS, early]}).repeat
    assert repeat.second_order == (100 + 6000) / 2


def test_nobody_came_back_means_a_stake_that_nobody_knows(count: Count) -> None:
    repeat = count(**{**TABLES, "orders": [order(1, 21, "2025-05-05", "store", 2000)]}).repeat
    assert (repeat.one_time_share, repeat.second_order, repeat.stake(0.01)) == (1, None, None)
    assert repeat.waits == ()


def test_the_ladder_counts_who_got_at_least_so_far(count: Count) -> None:
    steps = {step.orders: step.customers for step in count(**TABLES).repeat.ladder}
    assert steps == {1: 3, 2: 2, 3: 1, 5: 0, 10: 0}


def test_waits_are_whole_days_with_both_ends_of_a_range_in_it(count: Count) -> None:
    orders = [
        *(order(n, record, "2025-06-01", "web", 1000) for n, record in ((1, 11), (2, 21), (3, 31), (4, 41))),
        order(5, 11, "2025-06-08", "web", 1000),
        order(6, 21, "2025-06-09", "web", 1000),
        order(7, 31, "2025-07-01", "web", 1000),
        order(8, 41, "2025-07-02", "web", 1000),
    ]
    waits = count(**{**TABLES, "orders": orders}).repeat.waits
    assert waits[:4] == (Counted("7", 1), Counted("30", 2), Counted("60", 1), Counted("90", 0))


def test_a_cohort_is_followed_month_by_month(count: Count) -> None:
    orders = [
        order(1, 11, "2025-12-01", "web", 1000),
        order(2, 21, "2025-12-31", "store", 1000),
        order(3, 11, "2025-12-15", "web", 1000),  # again in the first month: not a return in a later one
        order(4, 11, "2026-01-10", "web", 1000),
        order(5, 11, "2026-01-20", "store", 1000),  # the same month, another channel: still one customer
        order(6, 11, "2026-03-31", "web", 1000),
        order(7, 21, "2026-03-01", "web", -300, is_purchase=False),  # bringing back is not buying
        order(8, 31, "2026-03-02", "web", 1000),  # a first month with no month after it
    ]
    cohorts = count(**{**TABLES, "orders": orders}).cohorts
    assert cohorts == (Cohort(date(2025, 12, 1), 2, (1, 0, 1)),)


def test_a_shop_without_customers_has_nothing_to_bring_back(count: Count) -> None:
    figures = count()
    assert figures.repeat == Repeat(ladder=tuple(Step(n, 0) for n in (1, 2, 3, 5, 10)))
    assert figures.repeat.one_time_share is None
    assert figures.cohorts == ()
