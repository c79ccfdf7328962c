"""How often one person did something: the second reader's half of activities, over that person's own facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from parcours.model.value import Duration
from parcours.rules.facts import AFTER_ALL, FACTS, Fact, rows_done, rows_first, rows_next
from parcours.rules.moment import Moment
from parcours.rules.rule import SAME_DAY, Activity, Deed, Done, Followed, Rule

Row: TypeAlias = Mapping[str, Any]
Facts: TypeAlias = Mapping[str, Sequence[Row]]
Holds: TypeAlias = Callable[[Rule, Row, Moment], bool]


def count_for_person(activity: Activity, facts: Facts, moment: Moment, holds: Holds) -> int:
    """How often a person did it, given their rows of the canonical tables (a row with its product's columns)."""

    def rows(deed: Deed, rule: Rule) -> list[Row]:
        return [row for row in facts.get(FACTS[deed.fact].table, ()) if holds(rule, row, moment)]

    if isinstance(activity, Done):
        return len(rows(activity.deed, rows_done(activity)))
    firsts = rows(activity.first, rows_first(activity, moment))
    for deed, wanted in ((activity.then, True), (activity.then_not, False)):
        if deed is not None:
            nexts = rows(deed, rows_next(activity, deed, moment))
            firsts = [first for first in firsts if _followed(activity, first, deed, nexts, moment) is wanted]
    return len(firsts)


def _followed(sequence: Followed, first: Row, deed: Deed, nexts: list[Row], moment: Moment) -> bool:
    one, other = FACTS[sequence.first.fact], FACTS[deed.fact]
    if sequence.within == SAME_DAY:
        return any(
            _agree(sequence, first, row)
            and row[other.date] == first[one.date]
            and _in_day(row, other, moment) > _in_day(first, one, moment)
            for row in nexts
        )
    return any(_agree(sequence, first, row) and _in_time(sequence, first, one, row, other) for row in nexts)


def _agree(sequence: Followed, first: Row, row: Row) -> bool:
    return sequence.same is None or first[sequence.same] == row[sequence.same]


def _in_day(row: Row, fact: Fact, moment: Moment) -> datetime:
    """When a row stands among those of its day: one at midnight exactly says the day only, and stands last.

    A till that gives no hours may well have sold after the visit of that day, and who may have bought must not be
    written to as somebody who has not.
    """
    happened: datetime = row[fact.time]
    local = happened.replace(tzinfo=UTC).astimezone(ZoneInfo(moment.zone)).replace(tzinfo=None)
    return happened + AFTER_ALL.delta if local == datetime.combine(row[fact.date], time.min) else happened


def _in_time(sequence: Followed, first: Row, one: Fact, row: Row, other: Fact) -> bool:
    after = row[other.time] - first[one.time]
    within = sequence.within.delta if isinstance(sequence.within, Duration) else after
    return bool(after.total_seconds() > 0 and after <= within)
