"""Keeps what was collected: everybody who waits shares one commit, and is told only when it is on disk.

A message and the key that tells it from others are one row, in one commit: what is acknowledged is there exactly
once, whatever is sent again. When more waits than can be kept soon, callers are told to come again (Busy) and are not
left waiting.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

import psycopg

from parcours.collect.line import Arrival, Line
from parcours.collect.message import Refusal
from parcours.state import Database
from parcours.state.embedded import NoPostgres

WAITING = 50_000  # messages that may wait; with more, callers are told to come again
AT_ONCE = 1_000  # messages in one commit
LINES = 2  # commits under way at once: while one is written to disk, the next is made
PATIENCE = 5.0  # seconds that a caller waits for a database that does not answer, then is told to come again
AGAIN = 0.2  # seconds between tries


_log = logging.getLogger(__name__)


class Busy(Exception):
    """More waits than can be kept soon, or the database does not answer: try again `after` seconds."""

    def __init__(self, after: int) -> None:
        super().__init__(f"try again after {after} s")
        self.after = after


Waiting = tuple[Arrival, asyncio.Future[None]]


@dataclass
class Kept:
    """What was kept since the start: messages that were new, those seen before, those rejected, and commits."""

    new: int = 0
    repeated: int = 0
    rejected: int = 0
    commits: int = 0


@dataclass
class Keeper:
    """Writes arrivals to PostgreSQL, all that wait in one commit."""

    database: Database
    kept: Kept = field(default_factory=Kept)
    _waiting: list[Waiting] = field(default_factory=list)
    _count: int = 0
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begins to keep, in the running event loop."""
        self._tasks = [asyncio.create_task(self._run(Line(self.database))) for _ in range(LINES)]

    @property
    def waiting(self) -> int:
        """How many messages wait to be kept."""
        return self._count

    async def keep(self, arrival: Arrival) -> None:
        """Returns when the arrival is on disk. Raises Busy when it could not be kept, Refusal when it never can."""
        if self._closing or self._count + len(arrival) > WAITING:
            raise Busy(after=1 if not self._closing else 5)
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, told))
        self._count += len(arrival)
        self._awake.set()
        try:
            async with asyncio.timeout(PATIENCE):
                await told
        except TimeoutError:  # it may be kept yet: sent again, it is still kept once
            raise Busy(after=5) from None

    async def close(self) -> None:
        """Keeps what waits, and ends."""
        self._closing = True
        self._awake.set()
        await asyncio.gather(*self._tasks)

    async def _run(self, line: Line) -> None:
        while self._waiting or not self._closing:
            await self._awake.wait()
            if not self._closing:
                self._awake.clear()
            while self._waiting:
                taken = self._take()
                await self._flush(line, taken)
                self._count -= sum(len(arrival) for arrival, _ in taken)
        await line.close()

    def _take(self) -> list[Waiting]:
        taken, count = 0, 0
        while taken < len(self._waiting) and (not taken or count + len(self._waiting[taken][0]) <= AT_ONCE):
            count += len(self._waiting[taken][0])
            taken += 1
        found, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return found

    async def _flush(self, line: Line, taken: list[Waiting]) -> None:
        closing = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                self._account(taken, await line.write([arrival for arrival, _ in taken]))
                return _tell(taken)
            except (psycopg.OperationalError, NoPostgres) as error:
                _log.warning("the database does not answer", extra={"facts": {"error": type(error).__name__}})
                await line.close()
                if self._closing and asyncio.get_running_loop().time() > closing:
                    return _tell(taken, Busy(after=5))
                await asyncio.sleep(AGAIN)
            except psycopg.errors.UniqueViolation:
                continue  # another line was quicker with one of them: now it is known
            except psycopg.DataError:
                if len(taken) == 1:
                    return _tell(taken, Refusal("cannot_be_kept", "The database does not take this message."))
                for one in taken:  # whose fault is it?
                    await self._flush(line, [one])
                return None
            except psycopg.Error:  # ours: told again later, it may be mended
                _log.exception("messages cannot be kept", extra={"facts": {"messages": sum(len(a) for a, _ in taken)}})
                await line.close()
                return _tell(taken, Busy(after=5))

    def _account(self, taken: list[Waiting], new: int) -> None:
        self.kept.new += new
        self.kept.repeated += sum(len(arrival.collected) for arrival, _ in taken) - new
        self.kept.rejected += sum(len(arrival.rejected) for arrival, _ in taken)
        self.kept.commits += 1


def _tell(taken: list[Waiting], fault: Exception | None = None) -> None:
    for _, told in taken:
        if told.done():  # its caller waits no longer
            continue
        if fault is None:
            told.set_result(None)
        else:
            told.set_exception(fault)
