"""Attributes by the second are what the batch makes of everything, published and since, in any order of arrival."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parcours import flow
from parcours.profiles import live as live_attributes
from parcours.project import ProjectFaults, load
from parcours.server import keys
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing import write_files
from parcours.testing.served import served

PEOPLE = 12
PUBLISHED = Query(
    "published", "What is published of a person, or of who that turned out to be.",
    "SELECT p.profile, p.segments, n.attributes FROM people AS p JOIN publications AS n USING (publication)"
    " WHERE n.current AND p.person_id = (SELECT coalesce(a.merged_into, a.person_id) FROM people AS a"
    " WHERE a.publication = p.publication AND a.person_id = %(id)s)",
)  # fmt: skip
TOML = '[project]\nname = "shop"\n[profiles]\npacks = []\n[segments]\npacks = []\n[scores]\npacks = []\n'
ATTRIBUTES = """
attributes: mine
define:
  views: {kind: count, of: events, where: {name: product_viewed}, live: true}
  views_7d: {kind: count, of: events, where: {name: product_viewed}, within: 7 days, live: true}
  visits_today: {kind: distinct, of: events.session_id, within: 1 day, live: true}
  visits_3d: {kind: distinct, of: events.session_id, within: 3 days, live: true}
  categories_3d: {kind: distinct, of: events.category, within: 3 days, live: true}
  usual_category: {kind: most_frequent, of: events.category, within: 5 days, live: true}
  last_viewed: {kind: last, of: events.product_id, where: {name: product_viewed}, live: true}
  last_way: {kind: last, of: events.acquisition, live: true}
  usual_way: {kind: most_frequent, of: events.acquisition, within: 5 days, live: true}
  mail_views_3d: {kind: count, of: events, where: {acquisition: email}, within: 3 days, live: true}
  first_day: {kind: first, of: events.event_date, live: true}
  looked_at: {kind: sum, of: events.value, where: {name: product_viewed}, live: true}
  last_order: {kind: last, of: orders.order_date, live: true}
  last_channel: {kind: last, of: orders.channel, live: true}
  spend: {kind: sum, of: orders.net_amount, live: true}
  orders_30d: {kind: count, of: orders, within: 30 days, live: true}
"""
FILES = {
    "parcours.toml": TOML, "attributes/mine.yaml": ATTRIBUTES,
    "sources/site.yaml": "source: site\nkind: collected\norders: true\n",
    "sources/till.yaml": "source: till\nkind: files\npath: till.csv\ntables:\n  orders:\n    key: [order]\n"
                         "    columns: {order_id: order, order_time: at, net_amount: total, channel: {value: store}}\n"
                         "    identifiers: {login: who}\n",
    "segments/busy.yaml": "segment: busy\nwho: {views: {at_least: 4}}\n",
    "segments/buys.yaml": "segment: buys\nwho:\n  all:\n    - in_segment: busy\n    - spend: {more_than: 0 EUR}\n",
}  # fmt: skip

CAME: list[dict[str, Any]] = [
    {},
    {"page": {"url": "https://shop.example/"}},
    {"page": {"url": "https://shop.example/", "referrer": "https://www.google.fr/"}},
    {"page": {"url": "https://shop.example/?utm_medium=email&utm_source=news"}},
    {"page": {"url": "https://shop.example/"}, "campaign": {"source": "facebook", "medium": "cpc"}},
    {"page": {"url": "https://shop.example/a", "referrer": "https://shop.example/"}},
]


def messages(chance: random.Random, now: datetime) -> list[tuple[str, dict[str, Any]]]:
    """What a few people do in a few days, each under a browser and a log-in, one message in six sent twice."""
    made: list[tuple[str, dict[str, Any]]] = []
    for person in range(PEOPLE):
        for number in range(chance.randint(3, 14)):
            at = now - timedelta(minutes=chance.randint(1, 4 * 24 * 60), seconds=chance.randint(0, 59))
            who = {"anonymousId": f"a{person}", "messageId": f"m{person}-{number}", "timestamp": at.isoformat()}
            if chance.random() < 0.4:
                who["userId"] = f"u{person}"
            product = f"p{chance.randint(1, 5)}"
            price = chance.choice([4.5, "19.99", 3])
            name = chance.choice(["Product Viewed", "Product Viewed", "Cart Viewed", "Order Completed"])
            told: dict[str, Any] = {"product_id": product, "category": f"c{product}", "price": price}
            if name == "Order Completed":
                lines = [{"product_id": product, "price": price, "quantity": chance.randint(1, 3)}]
                told = {"order_id": f"W{person}-{number}", "currency": "EUR", "products": lines}
            page = CAME[(person + 3 * number) % len(CAME)]
            made.append(("track", {**who, "event": name, "properties": told, "context": page}))
        made.append(("identify", {"anonymousId": f"a{person}", "userId": f"u{person}", "messageId": f"i{person}",
                                  "timestamp": (now - timedelta(days=5)).isoformat()}))  # fmt: skip
    made += chance.sample(made, len(made) // 6)
    chance.shuffle(made)
    return made


@pytest.mark.parametrize("seed", [3, 4])
def test_live_attributes_and_segments_are_those_of_a_batch_over_everything(
    seed: int, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database.url)
    now, chance = datetime.now(UTC), random.Random(seed)
    till = [f"T{person},{(now - timedelta(days=person % 4)):%Y-%m-%d %H:%M:%S},u{person},10.00"
            for person in range(0, PEOPLE, 2)]  # fmt: skip
    project = load(write_files(tmp_path / "shop", {**FILES, "till.csv": "\n".join(["order,at,who,total", *till])}),
                   flow.kinds())  # fmt: skip
    sent = messages(chance, now)
    with served(database, project=project) as server:
        _, reader = keys.make(database, "desk", ["read"])

        def by_the_second(person: int) -> dict[str, Any]:
            asked = {"identifier": {"kind": "login", "value": f"u{person}"}}
            told: dict[str, Any] = server.post("/v1/people/look-up", asked, key=reader).json()
            return {**told, "segments": sorted(each["segment"] for each in told["segments"])}

        def published(person_id: str) -> tuple[dict[str, Any], list[str]]:
            (row,) = database.run(PUBLISHED, {"id": int(person_id[4:], 16)}) or [None]
            if row is None:
                return {}, []
            segments = sorted(each[0] for each in json.loads(row["segments"]))
            return dict(zip(row["attributes"], json.loads(row["profile"]))), segments

        def batch() -> None:
            flow.run(project, now=datetime.now(UTC), progress=lambda *_: None)
            flow.publish(project, database)

        half = len(sent) // 2
        for place, (kind, message) in enumerate(sent):
            if place == half:
                batch()
            assert server.post(f"/v1/{kind}", message).status == 200
        live = [by_the_second(person) for person in range(PEOPLE)]
        halfway = [published(told["person_id"])[0] for told in live]
        assert sum(told["attributes"]["views"] > then.get("views", 0) for told, then in zip(live, halfway)) > PEOPLE / 3
        batch()
        for person, told in enumerate(live):
            attributes, segments = published(told["person_id"])
            assert {name: told["attributes"].get(name) for name in project.attributes} == {
                name: attributes[name] for name in project.attributes
            }, f"u{person}"
            assert told["segments"] == segments, f"u{person}"


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        ("{kind: count, of: order_lines, live: true}", "cannot be live"),
        ("{kind: distinct, of: events.category, live: true}", "without a window"),
        ("{kind: count, of: events, where: {category_1: Tea}, live: true}", "'category_1' is not known by the second"),
        ("{kind: distinct, of: events.category, within: 90 days, live: true}", "too long to be live"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_by_the_second_is_said_when_the_project_is_loaded(
    attribute: str, said: str, tmp_path: Path
) -> None:
    files = {"parcours.toml": TOML, "attributes/mine.yaml": f"attributes: mine\ndefine:\n  x: {attribute}\n"}
    with pytest.raises(ProjectFaults) as wrong:
        load(write_files(tmp_path / "shop", files), flow.kinds())
    assert said in str([fault.message for fault in wrong.value.faults])
    assert timedelta(days=31) == live_attributes.LONGEST
