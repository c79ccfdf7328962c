"""Variants that learn whom they suit: from people and moments like this one, each decision and reward once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache
from uuid import uuid4

import numpy as np
import psycopg
import pytest

from parcours.decisions import learned as learning
from parcours.decisions.deciding.decide import decide
from parcours.decisions.learned import Learned
from parcours.decisions.log import Entry
from parcours.decisions.settling import Reward
from parcours.project import ProjectFaults
from parcours.project.slot import Slot
from parcours.state import Database
from tests.decisions.shop import NOW, SHOP, person, slot
from tests.decisions.test_settling import keep, say, settled

TEXT = """\
slot: block
holdout: 0 %
variants: {app: {}, store: {}}
choose:
  kind: contextual
  explore: 10 %
  features:
    device: {values: [mobile, desktop]}
    cart_value: {high: 100 EUR}
"""


@cache
def block() -> Slot:
    return slot(TEXT)


def shown(device: str, arm: str) -> Entry:
    one = block()
    x = one.choose.read.one({"device": device, "cart_value": 5000})[0]
    return Entry(uuid4(), NOW, one.name, one.version, 7, None, [7], "chosen", None, [arm], 0.5, True, "{}", [1.0],
                 tuple(x))  # fmt: skip


async def read(database: Database) -> Learned:
    async with await psycopg.AsyncConnection.connect(database.url, autocommit=True) as connection:
        found = await learning.read(connection, [block()], now=NOW.timestamp() + 10 * 86400)
    return found["block"]


def learn(database: Database, entries: Sequence[Entry], clicked: Sequence[Entry]) -> Learned:
    keep(database, *entries)
    say(database, *(Reward(uuid4(), one.decision, None, "click", 1.0, NOW, NOW) for one in clicked))
    assert settled(database, block()).get("counted", 0) == len(clicked)
    return asyncio.run(read(database))


def test_what_suits_a_phone_is_shown_to_phones_and_the_sums_are_those_of_the_log(database: Database) -> None:
    entries = [shown(device, arm) for device in ("mobile", "desktop") for arm in ("app", "store") for _ in range(300)]
    clicked = [one for at, one in enumerate(entries)
               if at % 5 == 0 and (at // 300 in (0, 3))]  # the app on phones, the store on desktops
    known = learn(database, entries, clicked)
    assert known.moments is not None and known.moments.shown.sum() == 1200
    x = np.array([one.features for one in entries if one.shown == ["app"]])
    assert np.allclose(known.moments.a[0, known.moments.arms.index("app")], x.T @ x)
    wanted = np.array([one.features for one in clicked if one.shown == ["app"]]).sum(axis=0)
    assert np.allclose(known.moments.b[0, known.moments.arms.index("app")], wanted)
    one = block()
    for device, best in (("mobile", "app"), ("desktop", "store")):
        found = [decide(person(number, here={"device": device, "cart_value": 5000}), one, SHOP, known).picked[0]
                 for number in range(400)]  # fmt: skip
        share = np.mean([each.candidate.key == best for each in found])
        told = [each.propensity or 0 for each in found if each.candidate.key == best]
        assert share > 0.85 and abs(share - np.mean(told)) < 0.06


def test_nothing_learned_yet_shows_each_as_often(database: Database) -> None:
    one = block()
    found = [decide(person(number), one, SHOP).picked[0].candidate.key for number in range(1000)]
    assert 0.43 < found.count("app") / 1000 < 0.57


def test_the_same_person_and_moment_is_shown_the_same(database: Database) -> None:
    known = learn(database, [shown("mobile", "app"), shown("desktop", "store")], [])
    one, here = block(), {"device": "mobile"}
    found = {decide(person(5, here=here), one, SHOP, known).picked[0].candidate.key for _ in range(5)}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("features", "told"),
    [
        ("{}", "must name what may matter"),
        ("{device: {low: 5}}", "needs a 'high' above its 'low'"),
        ("{devise: {values: [a]}}", "no attribute 'devise'. Did you mean 'device'?"),
    ],
)
def test_features_that_cannot_be_are_told(features: str, told: str) -> None:
    text = f"slot: a\nvariants: {{x: {{}}, y: {{}}}}\nchoose: {{kind: contextual, features: {features}}}\n"
    with pytest.raises(ProjectFaults) as wrong:
        slot(text)
    assert told in str(wrong.value.faults[0])
