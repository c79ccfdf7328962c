"""What each comparison means, on values worked out by hand; the table reader is held to the same in tests/same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from parcours.rules import Moment, for_person

from .reading import read

AS_OF = date(2026, 3, 1)  # a Sunday
PARIS = "Europe/Paris"  # UTC+1 in winter


def holds(node: Any, as_of: Any = AS_OF, **values: Any) -> bool:
    return for_person(read(node), values, Moment.of(as_of, PARIS))


@pytest.mark.parametrize(
    ("condition", "spend", "expected"),
    [
        ({"at_least": "500 EUR"}, 50000, True),
        ({"at_least": "500 EUR"}, 49999, False),
        ({"more_than": "500 EUR"}, 50000, False),
        ({"more_than": "500 EUR"}, 50001, True),
        ({"at_most": "500 EUR"}, 50000, True),
        ({"less_than": "500 EUR"}, 50000, False),
        ({"between": ["500 EUR", "600 EUR"]}, 60000, True),
        ({"between": ["500 EUR", "600 EUR"]}, 60001, False),
        ({"at_least": "12,50 eur", "less_than": "20 EUR"}, 1250, True),
        ({"at_least": "12,50 eur", "less_than": "20 EUR"}, 2000, False),
    ],
)
def test_money_is_compared_in_minor_units(condition: Any, spend: int, expected: bool) -> None:
    assert holds({"spend_365d": condition}, spend_365d=spend) is expected


def test_a_share_is_written_in_per_cent_or_as_a_number() -> None:
    assert holds({"return_rate": {"at_least": "20 %"}}, return_rate=0.2)
    assert holds({"return_rate": {"at_least": 0.2}}, return_rate=0.2)
    assert not holds({"return_rate": {"more_than": "20 %"}}, return_rate=0.2)


def test_a_number_of_days_may_be_written_as_a_length_of_time() -> None:
    assert holds({"days_since_last_order": {"at_least": "90 days"}}, days_since_last_order=90)
    assert not holds({"days_since_last_order": {"at_least": "90 days"}}, days_since_last_order=89)


@pytest.mark.parametrize(
    ("condition", "day", "expected"),
    [
        # the last 14 days are 14 days of the calendar, today among them: 16 February to 1 March
        ({"within": "14 days"}, date(2026, 2, 16), True),
        ({"within": "14 days"}, date(2026, 2, 15), False),
        ({"within": "14 days"}, date(2026, 3, 1), True),
        ({"within": "14 days"}, date(2026, 3, 2), False),
        # longer ago than that is every day before them, so that each past day is one or the other
        ({"longer_ago_than": "14 days"}, date(2026, 2, 15), True),
        ({"longer_ago_than": "14 days"}, date(2026, 2, 16), False),
        ({"in_the_next": "7 days"}, date(2026, 3, 1), True),
        ({"in_the_next": "7 days"}, date(2026, 3, 8), True),
        ({"in_the_next": "7 days"}, date(2026, 3, 9), False),
        ({"before": "2026-02-15"}, date(2026, 2, 15), False),
        ({"before": "2026-02-15"}, date(2026, 2, 14), True),
        ({"after": date(2026, 2, 15)}, date(2026, 2, 15), False),
        ({"after": date(2026, 2, 15)}, date(2026, 2, 16), True),
        ({"at_least": "2026-02-15", "at_most": "2026-02-15"}, date(2026, 2, 15), True),
        ({"is": date(2026, 2, 15)}, date(2026, 2, 15), True),
    ],
)
def test_days_are_days_of_the_calendar(condition: Any, day: date, expected: bool) -> None:
    assert holds({"last_order": condition}, last_order=day) is expected


@pytest.mark.parametrize(
    ("condition", "instant", "expected"),
    [
        # Sunday 1 March in Paris ends on 1 March at 23:00 UTC; the last 2 days began on 27 February at 23:00 UTC
        ({"within": "2 days"}, datetime(2026, 2, 27, 23, 0), True),
        ({"within": "2 days"}, datetime(2026, 2, 27, 22, 59), False),
        ({"within": "2 days"}, datetime(2026, 3, 1, 22, 59), True),
        ({"within": "2 days"}, datetime(2026, 3, 1, 23, 0), False),
        ({"longer_ago_than": "2 days"}, datetime(2026, 2, 27, 22, 59), True),
        # 36 hours before the end of the day
        ({"within": "36 hours"}, datetime(2026, 2, 28, 11, 0), True),
        ({"within": "36 hours"}, datetime(2026, 2, 28, 10, 59), False),
        ({"longer_ago_than": "36 hours"}, datetime(2026, 2, 28, 10, 59), True),
        # a day given for an instant is that whole day in Paris
        ({"is": "2026-02-28"}, datetime(2026, 2, 27, 23, 0), True),
        ({"is": "2026-02-28"}, datetime(2026, 2, 28, 23, 0), False),
        ({"is_not": "2026-02-28"}, datetime(2026, 2, 28, 23, 0), True),
        ({"before": "2026-02-28"}, datetime(2026, 2, 27, 22, 59), True),
        ({"after": "2026-02-28"}, datetime(2026, 2, 28, 22, 59), False),
        ({"at_least": "2026-02-28 12:00"}, datetime(2026, 2, 28, 11, 0), True),
        ({"at_least": "2026-02-28 12:00"}, datetime(2026, 2, 28, 10, 59), False),
    ],
)
def test_instants_are_compared_with_days_where_the_shop_is(condition: Any, instant: datetime, expected: bool) -> None:
    assert holds({"seen_at": condition}, seen_at=instant) is expected


def test_a_live_reading_knows_the_hour() -> None:
    noon = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
    assert holds({"seen_at": {"within": "2 hours"}}, noon, seen_at=datetime(2026, 3, 1, 9, 0, 1))
    assert not holds({"seen_at": {"within": "2 hours"}}, noon, seen_at=datetime(2026, 3, 1, 9, 0, 0))
    assert holds({"last_order": {"within": "1 day"}}, noon, last_order=date(2026, 3, 1))
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # already Monday in Paris
    assert not holds({"last_order": {"within": "1 day"}}, late, last_order=date(2026, 3, 1))


@pytest.mark.parametrize(
    ("as_of", "within", "born", "expected"),
    [
        (date(2026, 3, 1), "7 days", date(1990, 3, 1), True),
        (date(2026, 3, 1), "7 days", date(1990, 3, 8), True),
        (date(2026, 3, 1), "7 days", date(1990, 3, 9), False),
        (date(2026, 3, 1), "7 days", date(1990, 2, 28), False),
        (date(2026, 12, 28), "7 days", date(1990, 1, 4), True),  # over the turn of the year
        (date(2026, 12, 28), "7 days", date(1990, 1, 5), False),
        (date(2026, 2, 28), "1 day", date(1992, 2, 29), True),  # 2026 has no 29 February: the 28th is the day
        (date(2026, 3, 1), "1 day", date(1992, 2, 29), False),
        (date(2028, 2, 28), "1 day", date(1992, 2, 29), True),
        (date(2028, 3, 1), "1 day", date(1992, 2, 29), False),
        (date(2026, 3, 1), "365 days", date(1992, 2, 29), True),
    ],
)
def test_birthdays_come_round(as_of: date, within: str, born: date, expected: bool) -> None:
    assert holds({"birth_date": {"on_day_of_year_within": within}}, as_of, birth_date=born) is expected


def test_texts_are_compared_letter_by_letter() -> None:
    assert holds({"city": "Lyon"}, city="Lyon") and not holds({"city": "Lyon"}, city="lyon")
    assert holds({"city": ["Lyon", "Lille"]}, city="Lille") and not holds({"city": ["Lyon"]}, city="Lille")
    assert holds({"city": {"starts_with": "Saint-"}}, city="Saint-Étienne")
    assert holds({"city": {"contains": "%"}}, city="100 %") and not holds({"city": {"contains": "%"}}, city="100")
    assert holds({"city": {"ends_with": "on"}}, city="Lyon")


UNKNOWN = [
    {"is": "Lyon"}, {"is_not": "Lyon"}, {"in": ["Lyon"]}, {"not_in": ["Lyon"]}, {"contains": "Ly"}, {"known": True},
]  # fmt: skip


@pytest.mark.parametrize("condition", UNKNOWN)
def test_unknown_is_not_a_match_and_not_of_unknown_is(condition: Any) -> None:
    assert not holds({"city": condition}, city=None)
    assert not holds({"city": condition})
    assert holds({"not": {"city": condition}}, city=None)


def test_known_false_finds_those_without_a_value() -> None:
    assert holds({"city": {"known": False}}) and not holds({"city": {"known": False}}, city="Lyon")


def test_all_any_and_not_combine() -> None:
    node = {"all": [{"orders": {"at_least": 2}}, {"any": [{"city": "Lyon"}, {"not": {"opted_in": True}}]}]}
    assert holds(node, orders=2, city="Lyon", opted_in=True)
    assert holds(node, orders=2, city="Lille", opted_in=False)
    assert not holds(node, orders=2, city="Lille", opted_in=True)
    assert not holds(node, orders=1, city="Lyon")
    assert holds({"orders": 2, "city": "Lyon"}, orders=2, city="Lyon")  # two keys: both
    assert not holds([{"orders": 2}, {"city": "Lyon"}], orders=2, city="Lille")  # a list: all


def test_segments_are_looked_into() -> None:
    rule = read({"all": [{"in_segment": "vip"}, {"not_in_segment": "lapsing_vips"}]})
    assert for_person(rule, {}, AS_OF, segments={"vip"})
    assert not for_person(rule, {}, AS_OF, segments={"vip", "lapsing_vips"})
    assert not for_person(rule, {}, AS_OF)
