"""The corridor of a decision: who asks, what is known of them and of the moment, what is shown, and what is kept."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from parcours.canonical import SILENCE
from parcours.consent import Register
from parcours.consent.refusals import Refusals
from parcours.decisions import learned as learning
from parcours.decisions.deciding.decide import Decided, decide, fallback
from parcours.decisions.deciding.known import Due, Person, Shown
from parcours.decisions.deciding.told import items, told
from parcours.decisions.learned import Learned
from parcours.decisions.log import Entry, Log, new_id
from parcours.decisions.settling import earlier, settle
from parcours.decisions.shop import Shelves
from parcours.decisions.tidying import nightly
from parcours.identity.recognised import Given
from parcours.person import Key, Met, People
from parcours.profiles.happenings import BOUGHT
from parcours.profiles.visit import cart, visit
from parcours.project import Project, context, decided
from parcours.project.decided import DecisionExplained
from parcours.project.slot import Slot
from parcours.rules import Moment
from parcours.state import StateFault, queries
from parcours.state.readers import Readers

SECOND = 1.0
MINUTE = 60.0
BETWEEN = 5.0  # seconds between two readings of what was learned
_QUERIES = queries("decision")
LONGEST = timedelta(days=31)  # how far back it is looked at what a slot showed somebody
SLOW, UNAVAILABLE, FAILED = "slow", "unavailable", "failed"
_log = logging.getLogger(__name__)


class NoSuchSlot(LookupError):
    """The project declares no slot of that name."""


@dataclass(frozen=True)
class Asked:
    """Who asks for which slots: by any of their ids, or by none; `here` is what the caller tells of the moment.

    `exclude` names what is not to be shown (again) in a slot. `may_use` is what the caller was told of consent.
    """

    slots: Sequence[str]
    person_id: int | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    identifier: Given | None = None
    here: Mapping[str, Any] = field(default_factory=dict)
    exclude: Mapping[str, Sequence[str]] = field(default_factory=dict)
    may_use: bool = True


class Deciding:
    """What a server process needs to decide: the shop, what was learned, the log."""

    def __init__(self, project: Project, register: Register, people: People) -> None:
        self._project, self._register, self._people = project, register, people
        self._readers = Readers(register.database.url)
        self._shelves = Shelves()
        self._learned: Mapping[str, Learned] = {}
        self._learned_at = float("-inf")
        self._languages = project.languages
        self.log = Log(register.database.url)
        self.made = Counter[tuple[str, str, str]]()  # since the start: slot, how, because
        self.settled = Counter[str]()  # what came of decisions, by how it was settled here
        self.refusals = Refusals(register.declared)
        self._tasks: list[asyncio.Task[None]] = []
        self._given_up: set[asyncio.Task[Any]] = set()
        self._line: psycopg.AsyncConnection | None = None  # for what is renewed every second

    async def answer(self, asked: Asked, *, source: str, now: datetime) -> dict[str, Any]:
        """What stands in each slot asked for. Raises NoSuchSlot; what else goes wrong ends in the slot's fallback."""
        slots = [self._slot(name) for name in asked.slots]
        here, strange = context.read(asked.here, now=now, zone=self._project.zone)
        moment = Moment.of(now, self._project.zone)
        decided, who = await self._decided(slots, asked, here, moment, source)
        language = self._language(str(asked.here.get("language") or ""))
        found = [self._noted(slot, one, who, strange=strange, now=now, language=language)
                 for slot, one in zip(slots, decided)]  # fmt: skip
        return {"decisions": found, "ignored": list(strange)}

    async def explained(self, decision: UUID, *, reader: str, now: datetime) -> DecisionExplained | None:
        """A decision with everything it was chosen from and what came of it; None for one that is not known.

        That it was read is written down, of the person it is about.
        """
        values = {"decision": decision}
        async with self._readers.one() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            row = await (await cursor.execute(_QUERIES["one"].text.encode(), values)).fetchone()
            came = await (await cursor.execute(_QUERIES["came_of_one"].text.encode(), values)).fetchall()
        await self._people.note(row["person"] if row else None, "decision", reader=reader, now=now)
        return None if row is None else decided.decision(row, came, self._project)

    def _slot(self, name: str) -> Slot:
        if name not in self._project.slots:
            raise NoSuchSlot(name)
        return self._project.slots[name]

    async def _decided(
        self, slots: Sequence[Slot], asked: Asked, here: Mapping[str, Any], moment: Moment, source: str
    ) -> tuple[list[Decided], _Who]:
        """The decisions, each its fallback when it takes too long or cannot be made."""
        stranger = Person(self._number(asked, source), moment, here=here, may_use=False)
        most = max(slot.milliseconds for slot in slots) / 1000
        because = SLOW
        choosing = asyncio.create_task(self._chosen(slots, asked, stranger, source))
        try:
            if (await asyncio.wait({choosing}, timeout=most))[0]:
                return choosing.result()
            self._give_up(choosing)
        except psycopg.Error as error:
            because = UNAVAILABLE
            _log.warning("a decision is made without the database", extra={"facts": {"error": type(error).__name__}})
        except Exception:  # noqa: BLE001  # a page is never broken: what stands for everybody is shown, and it is told
            because = FAILED
            _log.exception("a decision failed")
        shop = self._shelves.shop
        return [fallback(stranger, slot, shop, because=because) for slot in slots], _Who(stranger)

    def _give_up(self, choosing: asyncio.Task[Any]) -> None:
        """Ends a decision that takes too long, and waits for nothing: a database that hangs answers that neither."""
        self._given_up.add(choosing)
        choosing.add_done_callback(self._ended)
        choosing.cancel()

    def _ended(self, choosing: asyncio.Task[Any]) -> None:
        self._given_up.discard(choosing)
        if not choosing.cancelled() and (error := choosing.exception()) is not None:
            _log.warning("a decision that took too long failed", extra={"facts": {"error": type(error).__name__}})

    async def _chosen(
        self, slots: Sequence[Slot], asked: Asked, stranger: Person, source: str
    ) -> tuple[list[Decided], _Who]:
        async with self._readers.one() as connection:
            met = await self._met(connection, asked, stranger.moment, source)
            person = stranger if met is None else _person(met, stranger)
            roots = [root for root in (person.here.get("viewed_product"), *person.viewed[:3]) if root]
            shop = await self._shelves.around(connection, _scores_of(slots), roots)
            theirs = (*met.people, *met.subjects) if met else ()
            numbers = sorted({person.number, *theirs, stranger.number})
            found = []
            for slot in slots:
                allowed = asked.may_use and await self._may_use(connection, slot.purpose, met)
                shown = await self._shown(connection, slot, numbers, person.moment)
                own = replace(person, may_use=allowed, shown=shown, on_page=asked.exclude.get(slot.name, ()))
                found.append(decide(own, slot, shop, self._learned.get(slot.name)))
        return found, _Who(person, met)

    async def _met(self, connection: psycopg.AsyncConnection, asked: Asked, moment: Moment, source: str) -> Met | None:
        for key in self._keys(asked, source):
            if (found := await self._people.met(connection, key, moment)) is not None:
                return found
        return None

    def _keys(self, asked: Asked, source: str) -> list[Key]:
        """By what they are looked for: what is surest first."""
        found = [Key(person_id=asked.person_id)] if asked.person_id is not None else []
        values = [asked.identifier] if asked.identifier else []
        if asked.user_id:
            values.append(Given(self._people.hearing.user_kind(source), asked.user_id, True))
        if asked.anonymous_id:
            values.append(Given("cookie", asked.anonymous_id, True))
        return [*found, *(Key(value=key) for each in values if (key := self._people.key(each)) is not None)]

    def _number(self, asked: Asked, source: str) -> int:
        """What chance hangs on for somebody unknown: the hash of their browser or log-in.

        Who comes without any id is another one each time, below 0: nothing tells that it was the same.
        """
        keys = self._keys(asked, source)
        if not keys:
            return -1 - secrets.randbits(62)
        return keys[-1].value if keys[-1].value is not None else keys[-1].person_id or 0

    async def _may_use(self, connection: psycopg.AsyncConnection, purpose: str, met: Met | None) -> bool:
        """Whether what is known of somebody may be used: nearly all never said no, which needs no question."""
        if met is None or self.refusals.nobody(purpose, (*met.people, *met.subjects, *met.keys)):
            return True
        return await self._register.may_use_now(connection, met.people, purpose=purpose, at=datetime.now(UTC))

    async def _shown(
        self, connection: psycopg.AsyncConnection, slot: Slot, numbers: Sequence[int], moment: Moment
    ) -> list[Shown]:
        """What the slot showed them before, where a filter or the choice looks at it."""
        if numbers[0] < 0 or not any(kind.looks_back for kind in (*slot.filters, slot.choose)):
            return []
        since = moment.instant.replace(tzinfo=UTC) - LONGEST
        unwritten = [(key, one.at, False) for one in self.log.unwritten(slot.name, numbers) for key in one.shown]
        written = await earlier(connection, slot.name, numbers, since)
        return [Shown(key, at.astimezone(UTC).replace(tzinfo=None), clicked)
                for key, at, clicked in (*unwritten, *written)]  # fmt: skip

    def _noted(
        self, slot: Slot, decided: Decided, who: _Who, *, strange: Sequence[str], now: datetime, language: str
    ) -> dict[str, Any]:
        """Notes a decision, and tells it to who asked."""
        decision = new_id(now)
        keys = [one.candidate.key for one in decided.picked]
        first = decided.picked[0] if decided.picked else None
        learns = decided.how == "chosen" and slot.choose.learns and not any(one.by_rule for one in decided.picked)
        self.made[slot.name, decided.how, decided.because or ""] += 1
        kept = told(decided, who.person, strange)
        self.log.note(Entry(
            decision, now, slot.name, slot.version, who.person.number, who.met.person_id if who.met else None,
            _subjects(who), decided.how, decided.because, keys,
            first.propensity if first else None, learns, kept, slot.choose.looked_at(len(keys)), decided.features,
        ))  # fmt: skip
        return {"decision_id": str(decision), "slot": slot.name, "how": decided.how, "because": decided.because,
                "items": items(decided, language)}  # fmt: skip

    def _language(self, asked: str) -> str:
        short = asked.lower()[:2]
        return short if short in self._languages else self._languages[0]

    # -- beside the answers

    async def start(self) -> None:
        """Reads the shop and what was learned, and begins to keep both up to date."""
        self.log.start()
        with suppress(psycopg.Error):
            await self._renewed()
        self._tasks = [asyncio.create_task(self._renewing()), asyncio.create_task(self._tidying())]

    async def close(self) -> None:
        """Ends; what was decided is written."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.log.close()
        await self._readers.close()
        if self._line is not None:
            await self._line.close()

    async def _renewing(self) -> None:
        while True:
            began = time.monotonic()
            try:
                await self._renewed()
            except psycopg.Error as error:
                _log.warning("what was learned is not renewed", extra={"facts": {"error": type(error).__name__}})
            await asyncio.sleep(max(SECOND - (time.monotonic() - began), SECOND / 10))

    async def _tidying(self) -> None:
        """Once a night, by one of all processes."""
        while self._project.slots:
            try:
                now, zone = datetime.now(UTC), self._project.zone
                await asyncio.to_thread(nightly, self._register.database, zone=zone, now=now)
            except (psycopg.Error, StateFault) as error:
                _log.warning("what is old is not tidied", extra={"facts": {"error": type(error).__name__}})
            await asyncio.sleep(MINUTE)

    async def _learn(self, connection: psycopg.AsyncConnection, slots: Sequence[Slot], now: float) -> None:
        """Reads what slots learned; what follows from it is worked out beside the requests, not between them."""
        self._learned_at = time.monotonic()
        rows = await learning.rows(connection, slots)
        self._learned = await asyncio.to_thread(_learned, slots, rows, now)

    async def _renewed(self) -> None:
        """Settles what came of decisions, reads what was learned, and the catalogue where there is a newer one."""
        if not self._project.slots:
            return
        learns = [slot for slot in self._project.slots.values() if slot.choose.learns]
        if self._line is None or self._line.closed:
            self._line = await psycopg.AsyncConnection.connect(
                self._register.database.url, autocommit=True, options="-c timezone=UTC", connect_timeout=5,
                prepare_threshold=0,
            )  # fmt: skip
        now = datetime.now(UTC)
        self.settled.update(await settle(self._line, self._project.slots.values(), now=now))
        await self._shelves.renew(self._line)
        await self.refusals.renew(self._line)
        if learns and time.monotonic() > self._learned_at + BETWEEN:
            await self._learn(self._line, learns, now.timestamp())


@dataclass(frozen=True)
class _Who:
    person: Person
    met: Met | None = None


def _learned(slots: Sequence[Slot], rows: learning.Rows, now: float) -> dict[str, Learned]:
    found = learning.of(slots, rows, now=now)
    for slot in slots:
        slot.choose.prepare(slot, found[slot.name])
    return found


def _person(met: Met, stranger: Person) -> Person:
    """Somebody who was met, as decisions know them."""
    moment, published = stranger.moment, met.published
    seen = visit(met.events, moment.instant, silence=SILENCE) or {}
    searched = [row["query"] for row in reversed(met.events) if row.get("query")]
    return Person(
        met.person_id, moment, met.values, stranger.here, met.segments,
        recommended=_pairs(published.get("recommendations", ()), "product_id", "worth"),
        tastes={score: dict(pairs) for score, pairs in _pairs(published.get("tastes", ()), "item", "share").items()},
        due=_due(published.get("due", ())),
        offers=_pairs(published.get("coupons", ()), "offer_id", "code", by="allotment"),
        bought=_bought(published.get("bought", ()), met.messages, ZoneInfo(moment.zone)),
        viewed=seen.get("products", ()), carted=[each["product_id"] for each in cart(met.events)],
        searched=list(dict.fromkeys(searched)), may_use=True,
    )  # fmt: skip


def _pairs(rows: Sequence[Mapping[str, Any]], name: str, value: str, *, by: str = "score") -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row[by], []).append((row[name], row[value]))
    return found


def _due(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Due]]:
    found: dict[str, list[Due]] = {}
    for row in rows:
        days = [date.fromisoformat(row[name]) for name in ("last_bought", "due_from", "due_on", "due_until")]
        found.setdefault(row["score"], []).append(Due(row["item"], *days))
    return found


def _bought(published: Sequence[Mapping[str, Any]], messages: Sequence[Any], zone: ZoneInfo) -> dict[str, date]:
    """The latest day on which each article was bought: as published, and in messages since."""
    found = {row["product_id"]: date.fromisoformat(row["day"]) for row in published}
    for one in messages:
        if (one.name or "").lower() == BOUGHT and isinstance(properties := one.body.get("properties"), dict):
            day = one.at.astimezone(zone).date()
            for line in properties.get("products") or ():
                product = line.get("product_id") or line.get("sku") if isinstance(line, dict) else None
                if product:
                    found[str(product)] = max(found.get(str(product), day), day)
    return found


def _subjects(who: _Who) -> list[int]:
    """Under which hashes they are there; for nobody, none."""
    if who.met is not None:
        return sorted(who.met.subjects)
    return [who.person.number] if who.person.number >= 0 else []


def _scores_of(slots: Sequence[Slot]) -> list[str]:
    """The scores whose neighbours of articles are needed."""
    return sorted({kind.score for slot in slots for kind in slot.candidates if kind.near})


@asynccontextmanager
async def deciding(project: Project, register: Register, people: People) -> AsyncIterator[Deciding]:
    """The corridor, open; at the end what was decided is written."""
    found = Deciding(project, register, people)
    await found.start()
    try:
        yield found
    finally:
        await found.close()
