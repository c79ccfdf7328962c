from __future__ import annotations

from datetime import date

import pytest

from parcours.measurement.figures import Change, Month, Pulse, Trade
from tests.measurement.conftest import Count
from tests.measurement.shop import ORDERS, PERSONS, RECORDS, TABLES, order


def test_customers_are_known_people_who_ever_bought(count: Count) -> None:
    headline = count(**TABLES).headline
    assert (headline.customers, headline.people) == (3, 4)  # Ada, Bob, Cyd; and Dan, who only has a card
    assert headline.active == Change(3, 1)  # a year earlier only Cyd bought


def test_revenue_counts_everybody_and_deducts_what_came_back(count: Count) -> None:
    headline = count(**TABLES).headline
    # 30 + 70 + 20 - 5 + 60 + 10 (no card) + 8 (visitor); the cancelled order and the one of April count for nothing
    assert headline.revenue == Change(19300, 4000)
    assert headline.orders == Change(6, 1)  # bringing something back is not an order
    assert headline.basket.now == pytest.approx(19300 / 6)
    assert headline.basket.before == 4000


def test_shares_are_of_active_customers_and_of_revenue(count: Count) -> None:
    headline = count(**TABLES).headline
    assert headline.omnichannel == Change(pytest.approx(1 / 3), 0.0)
    assert headline.identified == Change(pytest.approx(17500 / 19300), 1.0)


def test_a_short_history_is_compared_with_nothing(count: Count) -> None:
    late = [row for row in ORDERS if row["order_date"] >= date(2024, 5, 1)]
    headline = count(**{**TABLES, "orders": late}).headline
    assert headline.revenue == Change(19300, None)
    assert headline.active.growth is None


def test_months_without_a_sale_are_zeros_and_not_gaps(count: Count) -> None:
    pulse = count(**TABLES).pulse
    assert [pulse[0].month, pulse[-1].month, len(pulse)] == [date(2024, 4, 1), date(2026, 3, 1), 24]
    assert pulse[0] == Pulse(date(2024, 4, 1), 0, 0, 0, 0)
    may = next(month for month in pulse if month.month == date(2025, 5, 1))
    assert may == Pulse(date(2025, 5, 1), revenue=4500, orders=2, buyers=2, newcomers=1)


def test_a_month_that_is_not_over_is_not_drawn(count: Count) -> None:
    figures = count(**TABLES, as_of=date(2026, 3, 30))
    assert figures.pulse[-1].month == date(2026, 2, 1)
    assert all(month.month <= date(2026, 2, 1) for month in figures.monthly)


def test_sales_of_a_month_are_split_by_channel(count: Count) -> None:
    may = [month for month in count(**TABLES).monthly if month.month == date(2025, 5, 1)]
    assert may == [Month(date(2025, 5, 1), "store", 1500), Month(date(2025, 5, 1), "web", 3000)]


def test_channels_count_known_customers_and_all_revenue(count: Count) -> None:
    assert count(**TABLES).channels == (
        Trade("web", customers=2, orders=3, revenue=9800),
        Trade("store", customers=2, orders=3, revenue=9500),
    )


def test_each_customer_is_of_one_channel_or_of_several(count: Count) -> None:
    reach = count(**TABLES).reach
    assert reach == (
        Trade("omnichannel", customers=1, orders=2, revenue=10000),
        Trade("web", customers=1, orders=1, revenue=6000),
        Trade("store", customers=1, orders=1, revenue=1500),
    )
    assert reach[0].spend == 10000


def test_an_order_without_a_channel_is_of_an_unknown_one(count: Count) -> None:
    orders = [order(1, 11, "2026-01-05", "store", 1000) | {"channel": None}]
    assert count(persons=PERSONS, record_persons=RECORDS, orders=orders).channels[0].name == "unknown"


def test_a_shop_before_its_first_order_has_no_figures(count: Count) -> None:
    figures = count()
    assert figures.headline.revenue == Change(0, None)
    assert figures.headline.basket == Change(None, None)
    assert (figures.pulse, figures.channels, figures.reach) == ((), (), ())
    assert figures.project.in_("fr") == "La petite boutique"
