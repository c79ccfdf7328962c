"""Two servers learn as one: what is shown by one and clicked at the other counts once, and both know it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from parcours import flow
from parcours.project import load
from parcours.server import keys
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing import write_files
from parcours.testing.served import Served, served

FILES = {
    "parcours.toml": '[project]\nname = "shop"\n[segments]\npacks = []\n[profiles]\npacks = []\n[scores]\npacks = []\n',
    "slots/block.yaml": "slot: block\nholdout: 10 %\nmilliseconds: 1000\nvariants: {a: {}, b: {}, c: {}}\nfallback: a\n"
                        "choose: {kind: thompson, explore: 5 %}\nsuccess: {by: click, within: 1 days}\n",
}  # fmt: skip
VISITORS, RATE = 600, {"a": 0.05, "b": 0.1, "c": 0.6}


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_two_servers_learn_as_one(tmp_path: Path, database: Database) -> None:
    project = load(write_files(tmp_path / "shop", FILES), flow.kinds())
    key, chance = keys.make(database, "web", ["decide", "collect"])[1], np.random.default_rng(5)
    with served(database, project=project) as one, served(database, project=project) as other:
        clicked = [0]

        def visit(number: int) -> None:
            here, there = (one, other) if number % 2 else (other, one)
            made = ask(here, key, number)
            item = made["items"][0]["key"]
            if made["how"] == "chosen" and luck[number] < RATE[item]:
                click = {"anonymousId": f"v{number}", "event": "Decision Clicked", "messageId": f"c{number}",
                         "properties": {"decision_id": made["decision_id"], "key": item}}  # fmt: skip
                for server in (here, there):  # sent again to the other one, as libraries do
                    assert server.post("/v1/track", click, key=key).status == 200
                clicked[0] += 1

        luck = chance.random(VISITORS)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(visit, range(VISITORS)))
        until(lambda: rows(database, "SELECT count(*) AS n FROM decisions")[0]["n"] == VISITORS)
        until(lambda: rows(database, "SELECT coalesce(sum(rewarded), 0) AS n FROM slot_counts")[0]["n"] == clicked[0])
        learns = rows(database, "SELECT count(*) AS n FROM decisions WHERE learns")[0]["n"]
        assert rows(database, "SELECT sum(shown) AS n FROM slot_counts")[0]["n"] == learns
        assert 0.05 < 1 - learns / VISITORS < 0.16  # those held back teach nothing
        until(lambda: all(best(server, key) > 0.75 for server in (one, other)))
        same = [[ask(server, key, 10_000 + n, plain=True) for n in range(40)] for server in (one, other)]
        assert np.mean([a == b for a, b in zip(*same)]) > 0.9  # between two looks at what was learned, a few may differ


def ask(server: Served, key: str, number: int, *, plain: bool = False) -> dict[str, Any]:
    answer = server.post("/v1/decide", {"slots": ["block"], "anonymousId": f"v{number}"}, key=key)
    assert answer.status == 200
    made: dict[str, Any] = answer.json()["decisions"][0]
    return made if not plain else {"how": made["how"], "items": made["items"]}


def best(server: Served, key: str) -> float:
    """The share of new visitors who are shown the best variant, of those not held back."""
    found = [ask(server, key, 20_000 + number) for number in range(60)]
    shown = [made["items"][0]["key"] for made in found if made["how"] == "chosen"]
    return shown.count("c") / len(shown)


def rows(database: Database, text: str) -> list[dict[str, Any]]:
    return database.run(Query("asked", "What a test asks.", text))
