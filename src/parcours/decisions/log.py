"""Keeps every decision: written behind the answer, so that a page never waits for it.

What waits is bounded; beyond, the oldest are given up and counted. A server that is killed loses what it decided in its
last fraction of a second; what then comes of it is told apart as of a decision that is not known.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import numpy as np
import psycopg

from parcours.state import queries

_QUERIES = queries("decision")
_OPTIONS = "-c timezone=UTC -c synchronous_commit=off"
WAITING = 100_000  # decisions
AT_ONCE = 2_000  # in one commit
PAUSE = 0.1  # seconds in which decisions gather
HOURS = 24  # of a day
AGAIN = 0.5  # seconds between tries
_log = logging.getLogger(__name__)


def new_id(now: datetime) -> UUID:
    """The id of a decision: it begins with the time, so that the newest lie together (RFC 9562, version 7)."""
    milliseconds = int(now.timestamp() * 1000)
    chance = secrets.randbits(74)
    return UUID(int=milliseconds << 80 | 7 << 76 | (chance >> 62) << 64 | 2 << 62 | (chance & (1 << 62) - 1))


@dataclass(frozen=True)
class Entry:
    """One decision as it is kept (the table `decisions`); `counts` says how much each thing shown counts as shown."""

    decision: UUID
    at: datetime
    slot: str
    version: str
    number: int
    person: int | None
    subjects: Sequence[int]
    how: str
    because: str | None
    shown: Sequence[str]
    propensity: float | None
    learns: bool
    told: str
    counts: Sequence[float] = ()
    features: Sequence[float] | None = None

    @property
    def hour(self) -> int:
        """Hours since 1970."""
        return int(self.at.timestamp() // 3600)


@dataclass
class Log:
    """Writes decisions to PostgreSQL, many in one commit."""

    url: str
    written: int = 0
    given_up: int = 0
    _waiting: deque[Entry] = field(default_factory=deque)
    _underway: Sequence[Entry] = ()
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _closing: bool = False
    _connection: psycopg.AsyncConnection | None = None

    def start(self) -> None:
        """Begins to write, in the running event loop."""
        self._task = asyncio.create_task(self._run())

    @property
    def waiting(self) -> int:
        """How many decisions wait to be written."""
        return len(self._waiting)

    def unwritten(self, slot: str, numbers: Collection[int]) -> Iterator[Entry]:
        """The decisions of a slot about somebody that nobody can read in the table yet."""
        return (one for one in (*self._underway, *self._waiting) if one.slot == slot and one.number in numbers)

    def note(self, entry: Entry) -> None:
        """Takes a decision; it is written soon."""
        if len(self._waiting) >= WAITING:
            self._waiting.popleft()
            self.given_up += 1
        self._waiting.append(entry)
        self._awake.set()

    async def close(self) -> None:
        """Writes what waits, and ends; a database that does not answer is not waited for."""
        self._closing = True
        self._awake.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await self._connection.close()

    async def _run(self) -> None:
        while self._waiting or not self._closing:
            await self._awake.wait()
            if not self._closing:
                self._awake.clear()
                await asyncio.sleep(PAUSE)
            while self._waiting:
                taken = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
                self._underway = taken
                written = await self._tried(taken)
                self._underway = ()
                if not written:
                    self._waiting.extendleft(reversed(taken))
                    if self._closing:
                        self.given_up += len(self._waiting)
                        return
                    await asyncio.sleep(AGAIN)

    async def _tried(self, taken: Sequence[Entry]) -> bool:
        try:
            await self._write(taken)
        except psycopg.OperationalError as error:
            _log.warning("decisions wait", extra={"facts": {"error": type(error).__name__, "waiting": self.waiting}})
            self._connection = None
            return False
        except psycopg.Error:  # ours, or something no table holds: the others are not lost for it
            _log.exception("decisions cannot be written", extra={"facts": {"decisions": len(taken)}})
            self._connection = None
            if len(taken) == 1:
                self.given_up += 1
                return True
            return all([await self._tried([one]) for one in taken])
        self.written += len(taken)
        return True

    async def _write(self, taken: Sequence[Entry]) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self.url, autocommit=True, options=_OPTIONS, connect_timeout=5
            )
        async with self._connection.transaction(), self._connection.cursor() as cursor:
            async with cursor.copy(_QUERIES["note"].text.encode()) as copy:
                for each in taken:
                    await copy.write_row((each.decision, each.at, each.slot, each.version, each.number, each.person,
                                          list(each.subjects), each.how, each.because, list(each.shown),
                                          each.propensity, each.learns, each.hour, each.told,
                                          None if each.features is None else list(each.features)))  # fmt: skip
            if shown := _shown(taken):
                await cursor.execute(_QUERIES["shown"].text.encode(), shown, prepare=True)
            for moments in _moments(taken):
                await cursor.execute(_QUERIES["moments"].text.encode(), moments, prepare=True)


def _moments(taken: Sequence[Entry]) -> Iterator[dict[str, object]]:
    """The sums of x and of x x' of each day and thing shown first, of the decisions that looked at features x."""
    found: dict[tuple[str, str, str, int], list[Sequence[float]]] = defaultdict(list)
    for each in taken:
        if each.learns and each.features is not None and each.shown:
            found[each.slot, each.version, each.shown[0], each.hour // HOURS].append(each.features)
    for (slot, version, arm, day), rows in sorted(found.items()):
        x = np.array(rows, np.float64)
        yield {"slot": slot, "version": version, "arm": arm, "day": day, "shown": float(len(x)),
               "a": (x.T @ x).ravel().tolist(), "b": [0.0] * x.shape[1]}  # fmt: skip


def _shown(taken: Sequence[Entry]) -> dict[str, list[object]] | None:
    """How much each thing was shown in each hour, of the decisions that teach something."""
    sums: Counter[tuple[str, str, str, int]] = Counter()
    for each in taken:
        if each.learns:
            for arm, much in zip(each.shown, each.counts):
                sums[each.slot, each.version, arm, each.hour] += much  # type: ignore[assignment]
    if not sums:
        return None
    rows = [(*at, float(much)) for at, much in sorted(sums.items())]
    return dict(zip(("slots", "versions", "arms", "hours", "shown"), map(list, zip(*rows))))
