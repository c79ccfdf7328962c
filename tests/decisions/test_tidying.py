"""What slots learned stays small and says the same; decisions that are long gone are forgotten, once a night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from parcours.decisions.log import Entry
from parcours.decisions.settling import Reward
from parcours.decisions.tidying import nightly, tidy
from parcours.state import Database
from parcours.state.queries import Query
from tests.decisions.test_settling import keep, say

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def entry(at: datetime) -> Entry:
    return Entry(uuid4(), at, "hero", "v1", 7, None, [7], "chosen", None, ["a"], 0.5, True, "{}", [1.0])


def rows(database: Database, text: str) -> list[dict[str, Any]]:
    return database.run(Query("asked", "What a test asks.", text))


def test_old_hours_become_days_and_months_and_the_sums_stay(database: Database) -> None:
    ages = [timedelta(hours=hours) for hours in (0, 1, 30, 24 * 20, 24 * 20 + 5, 24 * 20 + 30, 24 * 200, 24 * 205)]
    keep(database, *(entry(NOW - age) for age in ages))
    before = rows(database, "SELECT sum(shown) AS shown, count(*) AS rows FROM slot_counts")[0]
    for _ in range(2):  # the second time there is nothing left to do
        tidy(database, now=NOW)
        found = rows(database, "SELECT sum(shown) AS shown, count(*) AS rows FROM slot_counts")[0]
        assert (before["shown"], before["rows"], found["shown"]) == (8.0, 8, 8.0)
        assert found["rows"] == 6  # three hours, two days, one month
    hours = [row["hour"] for row in rows(database, "SELECT hour FROM slot_counts ORDER BY hour")]
    assert [hour % 720 for hour in hours[:1]] == [0] and [hour % 24 for hour in hours[1:3]] == [0, 0]


def test_decisions_are_kept_for_four_hundred_days(database: Database) -> None:
    old, young = entry(NOW - timedelta(401)), entry(NOW - timedelta(399))
    keep(database, old, young)
    say(database, *(Reward(uuid4(), one.decision, None, "click", 1.0, one.at, one.at) for one in (old, young)))
    tidy(database, now=NOW)
    assert [row["decision"] for row in rows(database, "SELECT decision FROM decisions")] == [young.decision]
    assert [row["decision"] for row in rows(database, "SELECT decision FROM rewards")] == [young.decision]


def test_it_is_done_once_a_night(database: Database) -> None:
    done = [nightly(database, zone="Europe/Paris", now=NOW + timedelta(hours=hours)) for hours in range(0, 72)]
    assert sum(done) == 3 and done[15] == done[39] == done[63] == 1  # 12:00 UTC and 15 hours is 04:00 in Paris
