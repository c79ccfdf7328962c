"""Jobs are done once, by whoever comes first, and again when they could not be done; every move is written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest

from parcours.state import Database, jobs
from parcours.state.jobs import ATTEMPTS, Job, Permanent, Temporary
from parcours.state.queries import Query

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def add(database: Database, key: str, *, due: datetime = NOW, kind: str = "tidy") -> bool:
    with database.connection() as connection:
        return jobs.add(connection, kind, key, due=due, now=NOW, payload={"of": key})


def work(database: Database, does: Callable[[Job], None], *, now: datetime = NOW) -> int:
    return jobs.work(database.connection, {"tidy": does}, clock=lambda: now)


def moves(database: Database) -> list[tuple[str | None, str, str]]:
    asked = Query("moves", "All.", "SELECT before, after, because FROM moves ORDER BY number")
    return [(row["before"], row["after"], row["because"]) for row in database.run(asked)]


def test_a_job_is_done_when_it_is_due_with_what_it_was_given_and_once(database: Database) -> None:
    assert add(database, "a", due=NOW + timedelta(hours=1))
    seen: list[Job] = []
    assert work(database, seen.append) == 0
    assert work(database, seen.append, now=NOW + timedelta(hours=1)) == 1
    assert work(database, seen.append, now=NOW + timedelta(hours=2)) == 0
    assert [(job.key, job.payload, job.attempts) for job in seen] == [("a", {"of": "a"}, 1)]
    assert moves(database) == [(None, "waiting", "added"), ("waiting", "running", "due"), ("running", "done", "done")]


def test_of_what_is_not_over_there_is_one(database: Database) -> None:
    assert add(database, "a") and not add(database, "a") and add(database, "b")
    assert work(database, lambda _: None) == 2
    assert add(database, "a")


def test_what_could_not_be_done_is_done_later_and_later_and_then_given_up(database: Database) -> None:
    add(database, "a")

    def fails(_: Job) -> None:
        raise Temporary("the mail server is busy")

    now, begun = NOW, []
    for _ in range(ATTEMPTS):
        begun.append(now)
        assert work(database, fails, now=now) == 0
        found = database.run(Query("due", "When.", "SELECT state::text AS state, due_at FROM jobs"))[0]
        now = found["due_at"]
    assert [round((b - a).total_seconds()) for a, b in pairwise(begun)] == [10, 20, 40, 80, 160, 320, 640]
    assert found["state"] == "failed"
    assert moves(database)[-1] == ("running", "failed", "the mail server is busy")


def test_what_never_can_be_done_is_not_tried_again(database: Database) -> None:
    add(database, "a")

    def never(_: Job) -> None:
        raise Permanent("there is no such slot")

    assert work(database, never) == 0
    assert work(database, never, now=NOW + timedelta(days=1)) == 0
    assert moves(database)[-1] == ("running", "failed", "there is no such slot")


def test_an_accident_is_named_by_its_type_only_and_tried_again(database: Database) -> None:
    add(database, "a")

    def breaks(_: Job) -> None:
        raise KeyError("ana@example.com")

    work(database, breaks)
    assert moves(database)[-1] == ("running", "waiting", "KeyError")


def test_a_job_of_a_process_that_was_killed_is_taken_by_another_and_the_first_cannot_end_it(database: Database) -> None:
    add(database, "a")
    with database.connection() as connection:
        (lost,) = jobs.take(connection, ["tidy"], now=NOW, lease=timedelta(minutes=1))
    assert work(database, lambda _: None, now=NOW + timedelta(seconds=59)) == 0
    assert work(database, lambda _: None, now=NOW + timedelta(seconds=61)) == 1
    with database.connection() as connection:
        assert not jobs.done(connection, lost, now=NOW + timedelta(seconds=62))
    assert ("running", "running", "lost") in moves(database)


def test_many_workers_do_each_job_once(database: Database) -> None:
    for number in range(60):
        add(database, f"k{number}")
    seen: Counter[str] = Counter()
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: work(database, lambda job: seen.update([job.key])), range(6)))
    assert sum(done) == 60 and set(seen.values()) == {1}


def test_a_move_is_never_changed(database: Database) -> None:
    add(database, "a")
    with pytest.raises(psycopg.Error, match="only ever added to"), database.connection() as connection:
        connection.execute("UPDATE moves SET because = 'x'")


def test_what_is_over_is_forgotten_with_its_moves(database: Database) -> None:
    add(database, "a")
    add(database, "b", due=NOW + timedelta(days=9))
    work(database, lambda _: None)
    with database.connection() as connection:
        jobs.forget(connection, before=NOW + timedelta(days=1))
        (left,) = jobs.standing(connection)
    assert (left["kind"], left["state"], left["jobs"]) == ("tidy", "waiting", 1)
    assert moves(database) == [(None, "waiting", "added")]
