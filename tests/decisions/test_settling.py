"""Decisions are kept, and what came of them is counted once: late, strange and repeated rewards teach nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from parcours import flow
from parcours.decisions.log import Entry, Log
from parcours.decisions.settling import Reward, rewarded, settle
from parcours.project import load
from parcours.project.slot import Slot
from parcours.state import Database, queries
from parcours.state.queries import Query

NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)
HERO = "slot: hero\nvariants: {a: {}, b: {}}\nfallback: [b]\nguard: {by: margin, within: 7 days}\nholdout: 0 %\n"


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    (tmp_path / "slots").mkdir()
    packs = "".join(f"[{name}]\npacks = []\n" for name in ("profiles", "segments", "scores"))
    (tmp_path / "parcours.toml").write_text("[project]\n" + packs)
    (tmp_path / "slots" / "hero.yaml").write_text(HERO)
    return load(tmp_path, flow.kinds()).slots["hero"]


def entry(slot: Slot, *, at: datetime = NOW, shown: Sequence[str] = ("a",), learns: bool = True) -> Entry:
    return Entry(uuid4(), at, slot.name, slot.version, 7, None, [7], "chosen", None, shown, 0.5, learns, "{}", [1.0])


def reward(of: UUID, *, arm: str | None = "a", kind: str = "click", value: float = 1, at: datetime = NOW,
           received: datetime = NOW) -> Reward:  # fmt: skip
    return Reward(uuid4(), of, arm, kind, value, at, received)


def keep(database: Database, *entries: Entry) -> None:
    async def run() -> None:
        log = Log(database.url)
        log.start()
        for each in entries:
            log.note(each)
        await log.close()
        assert log.written == len(entries) and not log.given_up

    asyncio.run(run())


def say(database: Database, *rewards: Reward) -> None:
    database.run(queries("decision")["reward"], rewarded(rewards))


def settled(database: Database, slot: Slot, *, now: datetime = NOW) -> dict[str, int]:
    async def run() -> dict[str, int]:
        async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
            return await settle(connection, [slot], now=now)

    return asyncio.run(run())


def counts(database: Database) -> dict[str, tuple[Any, ...]]:
    asked = Query("counts", "All.", "SELECT * FROM slot_counts ORDER BY arm")
    columns = ("shown", "rewarded", "total", "guard_total")
    return {row["arm"]: tuple(row[name] for name in columns) for row in database.run(asked)}


def test_what_was_shown_and_clicked_is_counted(database: Database, slot: Slot) -> None:
    one, other, third = entry(slot), entry(slot, shown=["b"]), entry(slot)
    keep(database, one, other, third)
    say(database, reward(one.decision), reward(other.decision, arm=None))
    assert settled(database, slot) == {"counted": 2}
    assert counts(database) == {"a": (2.0, 1, 1.0, 0.0), "b": (1.0, 1, 1.0, 0.0)}


def test_the_same_twice_a_month_late_or_of_something_else_teaches_nothing(database: Database, slot: Slot) -> None:
    one = entry(slot)
    keep(database, one)
    first = reward(one.decision)
    say(database, first, first)
    late, early = (reward(one.decision, at=NOW + timedelta(hours=hours)) for hours in (31 * 24, -2))
    say(database, first, reward(one.decision), late, early, reward(one.decision, arm="c"),
        reward(one.decision, kind="add"))  # fmt: skip
    assert settled(database, slot) == {"counted": 1, "repeated": 1, "late": 2, "not_shown": 1, "not_asked": 1}
    say(database, reward(one.decision))
    assert settled(database, slot) == {"repeated": 1}
    assert settled(database, slot) == {}
    assert counts(database) == {"a": (1.0, 1, 1.0, 0.0)}


def test_what_comes_of_a_decision_that_was_never_made_waits_an_hour_and_is_told_apart(
    database: Database, slot: Slot
) -> None:
    one = entry(slot)
    say(database, reward(uuid4()), reward(one.decision))
    assert settled(database, slot, now=NOW + timedelta(minutes=1)) == {}
    keep(database, one)  # its own was only slow
    assert settled(database, slot, now=NOW + timedelta(minutes=2)) == {"counted": 1}
    assert settled(database, slot, now=NOW + timedelta(hours=2)) == {"unknown": 1}


def test_the_guard_is_added_up_beside_success(database: Database, slot: Slot) -> None:
    one = entry(slot)
    keep(database, one)
    say(database, reward(one.decision, kind="margin", value=250), reward(one.decision, kind="margin", value=100))
    assert settled(database, slot) == {"counted": 2}
    assert counts(database)["a"] == (1.0, 0, 0.0, 350.0)


def test_what_stands_for_everybody_teaches_nothing(database: Database, slot: Slot) -> None:
    one = entry(slot, learns=False)
    keep(database, one)
    say(database, reward(one.decision))
    assert settled(database, slot) == {"counted": 1}
    assert counts(database) == {}


def test_several_processes_count_each_reward_once(database: Database, slot: Slot) -> None:
    made = [entry(slot, shown=["a" if each % 2 else "b"]) for each in range(200)]
    keep(database, *made)
    say(database, *(reward(each.decision, arm=None) for each in made))

    async def run() -> list[dict[str, int]]:
        lines = [await psycopg.AsyncConnection.connect(database.url, autocommit=True) for _ in range(4)]
        found = await asyncio.gather(*(settle(line, [slot], now=NOW) for line in lines))
        for line in lines:
            await line.close()
        return found

    assert sum(one.get("counted", 0) for one in asyncio.run(run())) == 200
    assert [row[1] for row in counts(database).values()] == [100, 100]


def test_an_order_counts_for_the_latest_decision_of_the_slot_before_it(database: Database, slot: Slot) -> None:
    before, latest, after = (entry(slot, at=NOW + timedelta(hours=hours)) for hours in (-5, -1, 1))
    keep(database, before, latest, after)
    order = {"keys": [uuid4()], "subjects": [7], "margins": [420.0], "times": [NOW], "received": [NOW],
             "longest": timedelta(30)}  # fmt: skip
    database.run(queries("decision")["ordered"], order)
    database.run(queries("decision")["ordered"], order)
    told = database.run(Query("all", "All.", "SELECT decision, kind, value FROM rewards ORDER BY kind"))
    assert [(row["decision"], row["kind"], row["value"]) for row in told] == [
        (latest.decision, "margin", 420.0), (latest.decision, "order", 1.0),
    ]  # fmt: skip


def test_a_decision_that_no_table_holds_is_given_up_and_the_others_are_written(database: Database, slot: Slot) -> None:
    good, strange = entry(slot), entry(slot, shown=["a\x00"])

    async def run() -> Log:
        log = Log(database.url)
        log.start()
        for each in (good, strange, entry(slot)):
            log.note(each)
        await log.close()
        return log

    log = asyncio.run(run())
    assert (log.written, log.given_up) == (2, 1)
    assert counts(database)["a"][0] == 2.0


def test_what_waits_to_be_written_is_known(slot: Slot) -> None:
    log, own = Log(""), entry(slot)
    log.note(own)
    assert list(log.unwritten(slot.name, {7})) == [own]
    assert not list(log.unwritten(slot.name, {8})) and not list(log.unwritten("other", {7}))
