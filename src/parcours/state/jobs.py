"""Work for later: each job is done once, by whichever process takes it, and again after a while if it failed.

A job moves from state to state through one statement, guarded by who holds it, which writes down why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
from psycopg.rows import DictRow

from parcours.state.database import rows
from parcours.state.queries import queries

_QUERIES = queries("job")
LEASE = timedelta(minutes=10)  # after which a job belongs to nobody again
ATTEMPTS = 8
_FIRST = timedelta(seconds=10)  # before the second attempt; twice as long before each further one
_LONGEST = timedelta(hours=6)


class Temporary(Exception):
    """It could not be done now: do it again `after` a while (else after longer and longer)."""

    def __init__(self, because: str, after: timedelta | None = None) -> None:
        super().__init__(because)
        self.after = after


class Permanent(Exception):
    """It cannot be done, however often it is tried."""


@dataclass(frozen=True)
class Job:
    """A job that is held: its kind, what it is for, and how often it was begun."""

    job: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int


Connection = psycopg.Connection[DictRow]
Work = Callable[[Job], None]


def add(
    connection: Connection, kind: str, key: str, *, due: datetime, now: datetime,
    payload: Mapping[str, Any] | None = None,
) -> bool:  # fmt: skip
    """Adds a job; False where one of this kind and key is not over yet."""
    values = {"kind": kind, "key": key, "due": due, "now": now, "payload": msgspec.json.encode(payload or {}).decode()}
    return bool(rows(connection, _QUERIES["add"], values))


def take(
    connection: Connection, kinds: Iterable[str], *, now: datetime, lease: timedelta = LEASE, most: int = 1
) -> list[Job]:
    """Takes jobs of these kinds that are due; they are held for the length of the lease."""
    values = {"kinds": list(kinds), "now": now, "lease": lease, "most": most}
    return [Job(row["job"], row["kind"], row["key"], msgspec.json.decode(row["payload"]), row["attempts"])
            for row in rows(connection, _QUERIES["take"], values)]  # fmt: skip


def done(connection: Connection, job: Job, *, now: datetime) -> bool:
    """The job is done; False where it was lost to another process meanwhile."""
    return _move(connection, job, "done", "done", now=now)


def again(connection: Connection, job: Job, because: str, *, now: datetime, after: timedelta | None = None) -> bool:
    """The job waits again, or has failed for good after ATTEMPTS; False where it was lost meanwhile."""
    if job.attempts >= ATTEMPTS:
        return failed(connection, job, because, now=now)
    wait = after or min(_FIRST * 2 ** (job.attempts - 1), _LONGEST)
    return _move(connection, job, "waiting", because, now=now, due=now + wait)


def failed(connection: Connection, job: Job, because: str, *, now: datetime) -> bool:
    """The job has failed for good; False where it was lost meanwhile."""
    return _move(connection, job, "failed", because, now=now)


def forget(connection: Connection, *, before: datetime) -> None:
    """Forgets what was over before a moment."""
    rows(connection, _QUERIES["forget"], {"before": before})


def standing(connection: Connection) -> list[dict[str, Any]]:
    """How many jobs of each kind are in each state, and when the next is due."""
    return rows(connection, _QUERIES["standing"])


def work(connect: Callable[[], Any], works: Mapping[str, Work], *, clock: Callable[[], datetime]) -> int:
    """Does every job that is due, one after the other, each with its own work; how many were done.

    `connect` opens a connection in a transaction (Database.connection). A work raises Temporary or Permanent; anything
    else it raises is tried again too, and is named by its type alone: a message may be personal.
    """
    count = 0
    while True:
        with connect() as connection:
            held = take(connection, works, now=clock())
        if not held:
            return count
        (job,) = held
        because, after, over = _tried(works[job.kind], job)
        with connect() as connection:
            if because is None:
                count += done(connection, job, now=clock())
            elif over:
                failed(connection, job, because, now=clock())
            else:
                again(connection, job, because, now=clock(), after=after)


def _tried(does: Work, job: Job) -> tuple[str | None, timedelta | None, bool]:
    """Why it was not done (None: it was), after how long it is tried again, whether it never is."""
    try:
        does(job)
    except Permanent as no:
        return str(no), None, True
    except Temporary as later:
        return str(later), later.after, False
    except Exception as error:  # noqa: BLE001  # whatever it was, the job is not lost: it is written down and tried again
        return type(error).__name__, None, False
    return None, None, False


def _move(
    connection: Connection, job: Job, after: str, because: str, *, now: datetime, due: datetime | None = None
) -> bool:
    values = {"job": job.job, "attempts": job.attempts, "after": after, "because": because[:200], "now": now}
    return bool(rows(connection, _QUERIES["move"], {**values, "due": due}))
