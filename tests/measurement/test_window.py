from __future__ import annotations

from datetime import date

import pytest

from parcours.measurement.window import Window, month, number


def test_a_year_counts_the_day_itself() -> None:
    window = Window(date(2026, 3, 31))
    assert (window.year_start, window.before_start) == (date(2025, 4, 1), date(2024, 4, 1))


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        (date(2026, 3, 31), date(2026, 3, 1)),
        (date(2026, 3, 30), date(2026, 2, 1)),
        (date(2024, 2, 28), date(2024, 1, 1)),  # a leap year: February is not over
        (date(2024, 2, 29), date(2024, 2, 1)),
        (date(2026, 1, 5), date(2025, 12, 1)),
    ],
)
def test_the_last_month_is_one_that_is_over(as_of: date, last: date) -> None:
    assert month(Window(as_of).last_month) == last


def test_months_that_follow_one_another_have_numbers_that_do() -> None:
    assert number(date(2026, 1, 31)) - number(date(2025, 12, 1)) == 1
    assert month(number(date(2025, 12, 24))) == date(2025, 12, 1)


def test_a_history_may_begin_a_few_days_late_and_still_be_a_year() -> None:
    window = Window(date(2026, 3, 31))
    assert window.comparable(date(2024, 4, 15))
    assert not window.comparable(date(2024, 4, 16))
    assert not window.comparable(None)
