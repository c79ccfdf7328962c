"""What a comparison means at a moment: one of six plain tests, which the table reader and the person reader share.

Everything that depends on the day (the last 90 days, the next birthday) becomes constants here, once, so that the two
readers have nothing to disagree about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from parcours.model.value import Duration, Money, Share
from parcours.rules.moment import Moment, whole_days
from parcours.rules.rule import Compare
from parcours.rules.value import typed

Plain: TypeAlias = str | int | float | bool | date | datetime


@dataclass(frozen=True)
class Known:
    """There is a value, or there is none."""

    wanted: bool


@dataclass(frozen=True)
class OneOf:
    """The value is (or, negated, is known and is not) one of these."""

    values: tuple[Plain, ...]
    negated: bool = False


@dataclass(frozen=True)
class Range:
    """The value lies (or, negated, is known and does not lie) between two bounds."""

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False
    negated: bool = False


@dataclass(frozen=True)
class Text:
    """The text contains, starts with or ends with another, letter by letter."""

    how: str
    text: str


@dataclass(frozen=True)
class YearDays:
    """The day of the year, as month x 100 + day, lies in one of these stretches."""

    stretches: tuple[tuple[int, int], ...]


Meaning: TypeAlias = Known | OneOf | Range | Text | YearDays


def meaning(compare: Compare, type_: str, moment: Moment) -> Meaning:
    """What a comparison with a subject of this type tests at this moment.

    Raises ValueError when the type has no such comparison (`parse` and `fit` have said so before, with the line).
    """
    if compare.op == "known":
        return Known(bool(compare.value))
    if compare.op in ("contains", "starts_with", "ends_with"):
        return Text(compare.op, str(compare.value))
    if type_ in ("date", "time"):
        return _when(compare, type_, moment)
    return _AMONG[compare.op](_values(compare, type_))


def _values(compare: Compare, type_: str) -> tuple[Plain, ...]:
    given = compare.value if isinstance(compare.value, tuple) else (compare.value,)
    return tuple(_plain(value, type_) for value in given)


def _plain(raw: Any, type_: str) -> Plain:
    """A value as the warehouse holds it: money in minor units, a share as a number, a length of time in days."""
    value = typed(raw, type_)
    if isinstance(value, Money):
        return value.minor
    if isinstance(value, Share):
        return value.value
    if isinstance(value, Duration):
        return value.days if whole_days(value) else value.seconds / 86400
    if type_ == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


# One comparison a line, on values that order themselves: numbers, dates, times.
_AMONG: dict[str, Callable[[tuple[Any, ...]], Meaning]] = {
    "is": lambda v: OneOf(v),
    "is_not": lambda v: OneOf(v, negated=True),
    "in": lambda v: OneOf(v),
    "not_in": lambda v: OneOf(v, negated=True),
    "at_least": lambda v: Range(low=v[0]),
    "more_than": lambda v: Range(low=v[0], low_open=True),
    "at_most": lambda v: Range(high=v[0]),
    "less_than": lambda v: Range(high=v[0], high_open=True),
    "between": lambda v: Range(low=v[0], high=v[1]),
}


def _when(compare: Compare, type_: str, moment: Moment) -> Meaning:
    if compare.op == "on_day_of_year_within":
        return _birthday(_length(compare), moment.day)
    days = _days(compare, moment) if not _by_the_hour(compare) else None
    if days is None:
        return _hours(compare.op, _length(compare), moment)
    return days if type_ == "date" else _as_times(days, moment)


def _by_the_hour(compare: Compare) -> bool:
    return isinstance(compare.value, Duration) and not whole_days(compare.value)


def _length(compare: Compare) -> Duration:
    if not isinstance(compare.value, Duration):
        raise ValueError(f"{compare.op} takes a length of time such as '14 days', not {compare.value!r}")
    return compare.value


def _days(compare: Compare, moment: Moment) -> Range | OneOf:
    """The comparison as a range of days of the calendar (whose bounds may be instants, where instants were given)."""
    today = moment.day
    if compare.op == "within":
        return Range(low=moment.first_day(_length(compare)), high=today)
    if compare.op == "longer_ago_than":
        return Range(high=moment.first_day(_length(compare)), high_open=True)
    if compare.op == "in_the_next":
        return Range(low=today, high=today + timedelta(days=_length(compare).days))
    if compare.op == "not_in_the_future":
        return Range(high=today)
    same = {"before": "less_than", "after": "more_than"}.get(compare.op, compare.op)
    found = _AMONG[same](tuple(_local(value, moment.zone) for value in _values(compare, "time")))
    assert isinstance(found, Range | OneOf)
    return found


def _local(value: Any, zone: str) -> Plain:
    """An instant given with or without a zone (then the retailer's), as UTC without zone; a day as it is."""
    if not isinstance(value, datetime):
        return value
    aware = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC).replace(tzinfo=None)


def _as_times(days: Range | OneOf, moment: Moment) -> Meaning:
    """Days of the calendar as the instants at which they begin and end: a day is a stretch of instants."""
    if isinstance(days, OneOf):
        if not any(_is_day(value) for value in days.values):
            return days
        if len(days.values) > 1:
            raise ValueError("an instant cannot be one of several days: write any: with one `is` each")
        return _as_times(Range(days.values[0], days.values[0], negated=days.negated), moment)
    low, low_open, high, high_open = days.low, days.low_open, days.high, days.high_open
    if _is_day(low):
        low, low_open = moment.start_of(_next(low) if low_open else low), False
    if _is_day(high):
        high, high_open = moment.start_of(high if high_open else _next(high)), True
    return Range(low, high, low_open, high_open, days.negated)


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _hours(op: str, length: Duration, moment: Moment) -> Range:
    if op == "within":
        return Range(low=moment.instant - length.delta, high=moment.instant, high_open=True)
    if op == "longer_ago_than":
        return Range(high=moment.instant - length.delta, high_open=True)
    if op == "in_the_next":
        return Range(low=moment.instant, high=moment.instant + length.delta)
    raise ValueError(f"{op} does not take a length of time")


def _birthday(length: Duration, today: date) -> YearDays:
    """The days of the year from today to so many days ahead; who was born on 29 February celebrates on the 28th."""
    if length.days >= 365:
        return YearDays(((101, 1231),))
    days = [today + timedelta(days=ahead) for ahead in range(length.days + 1)]
    keys = {day.month * 100 + day.day for day in days}
    if any((day.month, day.day) == (2, 28) and (day + timedelta(days=1)).day == 1 for day in days):
        keys.add(229)
    return YearDays(tuple(_stretches(sorted(keys))))


def _stretches(keys: list[int]) -> list[tuple[int, int]]:
    """Sorted days of the year as few stretches: no day of any year lies between two that follow each other."""
    found: list[tuple[int, int]] = []
    for key in keys:
        if found and _follows(found[-1][1], key):
            found[-1] = (found[-1][0], key)
        else:
            found.append((key, key))
    return found


def _follows(earlier: int, later: int) -> bool:
    day = date(2000, earlier // 100, earlier % 100) + timedelta(days=1)  # 2000 has a 29 February
    return day.month * 100 + day.day == later
