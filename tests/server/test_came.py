"""What somebody buys at the till, or in the web shop, came of what a slot showed them: each order once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from parcours import flow
from parcours.project import Project, load
from parcours.server import keys
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing import write_files
from parcours.testing.served import Served, served


def source(name: str, channel: str) -> str:
    return (f"source: {name}\nkind: files\npath: {name}.csv\ntables:\n  order_lines:\n    key: [order, product]\n"
            "    columns: {order_id: order, order_time: at, product_id: product, quantity: quantity,\n"
            f"      net_amount: total, channel: {{value: {channel}}}}}\n"
            "    identifiers: {login: login}\n  orders:\n    key: [order]\n"
            f"    columns: {{order_id: order, order_time: at, channel: {{value: {channel}}}}}\n"
            "    identifiers: {login: login}\n")  # fmt: skip


FILES = {
    "parcours.toml": '[project]\nname = "shop"\nas_of = "today"\nzone = "UTC"\n[segments]\npacks = []\n'
                     "[profiles]\npacks = []\n[scores]\npacks = []\n",
    "sources/crm.yaml": "source: crm\nkind: files\npath: crm.csv\ntables:\n  customer_records:\n    key: [id]\n"
                        "    columns: {first_name: first}\n    identifiers: {email: email, login: login}\n",
    "sources/till.yaml": source("till", "store"),
    "sources/shop.yaml": source("shop", "web"),
    "sources/shelf.yaml": "source: shelf\nkind: files\npath: shelf.csv\ntables:\n  products:\n    key: [id]\n"
                          "    columns: {product_id: id, list_price: price, cost: cost}\n",
    "sources/web.yaml": "source: web\nkind: collected\norders: true\n",
    "slots/block.yaml": "slot: block\nholdout: 0 %\nmilliseconds: 1000\nvariants: {a: {}, b: {}}\n"
                        "choose: {kind: thompson}\nsuccess: {by: order, within: 7 days}\nfallback: a\n"
                        "guard: {by: margin, within: 7 days}\n",
    "slots/hero.yaml": "slot: hero\nholdout: 0 %\nmilliseconds: 1000\nvariants: {a: {}}\n"
                       "success: {by: margin, within: 7 days}\n",
    "crm.csv": "id,email,first,login\n1,ana@example.com,Ana,ana\n2,bob@example.com,Bob,bob\n3,cy@example.com,Cy,cy\n",
    "shelf.csv": "id,price,cost\nT1,4.50,2.00\nM1,9.00,\n",
}  # fmt: skip
HEAD = "order,at,product,quantity,total,login\n"
OLD = "O0,2026-01-05 10:00:00,T1,1,4.50,ana\n"


class Shop:
    def __init__(self, running: Served, project: Project, database: Database) -> None:
        self.served, self.project, self.database = running, project, database
        self.key = keys.make(database, "web", ["decide", "collect"])[1]

    def decide(self, *slots: str, **who: Any) -> list[str]:
        answer = self.served.post("/v1/decide", {"slots": slots, **who}, key=self.key)
        found = [each["decision_id"] for each in answer.json()["decisions"]]
        listed = ",".join(f"'{each}'" for each in found)
        self.until(f"SELECT count(*) = {len(found)} AS yes FROM decisions WHERE decision IN ({listed})")
        return found

    def until(self, text: str) -> None:
        end = time.monotonic() + 20
        while not self.rows(text)[0]["yes"]:
            assert time.monotonic() < end
            time.sleep(0.05)

    def rows(self, text: str) -> list[dict[str, Any]]:
        return self.database.run(Query("asked", "What a test asks.", text))

    def came(self) -> list[tuple[str, str, float]]:
        rows = self.rows("SELECT decision, kind, value FROM rewards ORDER BY kind, value, decision")
        return [(str(row["decision"]), row["kind"], row["value"]) for row in rows]

    def sell(self, source: str, *lines: str) -> None:
        at = datetime.now(UTC) + timedelta(seconds=2)
        rows = (line.replace("NOW", f"{at:%Y-%m-%d %H:%M:%S}") + "\n" for line in lines)
        (self.project.folder / f"{source}.csv").write_text(HEAD + OLD + "".join(rows))

    def run(self) -> None:
        flow.run(self.project, now=datetime.now(UTC), progress=lambda *_: None)
        flow.publish(self.project, self.database)


@pytest.fixture
def shop(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database.url)
    files = {**FILES, "till.csv": HEAD + OLD, "shop.csv": HEAD + OLD}
    project = load(write_files(tmp_path / "shop", files), flow.kinds())
    with served(database, project=project) as running:
        made = Shop(running, project, database)
        made.run()
        yield made


def test_an_order_at_the_till_came_of_the_latest_decision_of_each_slot_once(shop: Shop) -> None:
    shop.decide("block", userId="ana")
    block, hero = shop.decide("block", "hero", userId="ana")
    shop.decide("block", userId="bob")
    shop.sell("till", "O1,NOW,T1,2,9.00,ana", "O1,NOW,M1,1,1.00,ana", "O2,NOW,M1,1,9.00,cy")
    shop.run()
    # of the 10.00 paid, 9.00 are of tea that cost 4.00: 5/9 of the order is margin
    margin = pytest.approx(1000 * 500 / 900)
    assert shop.came() == sorted([(block, "margin", margin), (hero, "margin", margin), (block, "order", 1),
                                  (hero, "order", 1)], key=lambda row: (row[1], row[0]))  # fmt: skip
    shop.run()
    assert len(shop.came()) == 4
    shop.until("SELECT count(*) = 0 AS yes FROM rewards WHERE outcome = 'waiting'")
    (counted,) = shop.rows(
        "SELECT sum(rewarded) AS n, sum(guard_total) AS margin FROM slot_counts WHERE slot = 'block'"
    )
    assert (counted["n"], counted["margin"]) == (1, margin)


def test_a_web_order_told_at_once_and_delivered_by_the_export_counts_once(shop: Shop) -> None:
    (block,) = shop.decide("block", userId="ana")
    bought = {"order_id": "W1", "total": 4.5, "products": [{"product_id": "T1", "quantity": 1}]}
    order = {"userId": "ana", "event": "Order Completed", "properties": bought}
    assert shop.served.post("/v1/track", order).status == 200
    assert shop.came() == [(block, "order", 1)]
    shop.sell("shop", "W1,NOW,T1,1,4.50,ana")
    for _ in range(2):
        shop.run()
        assert shop.came() == [(block, "margin", 250), (block, "order", 1)]


def test_what_a_browser_was_shown_is_of_whoever_it_turned_out_to_be(shop: Shop) -> None:
    (block,) = shop.decide("block", anonymousId="tablet")
    assert shop.served.post("/v1/identify", {"anonymousId": "tablet", "userId": "bob"}).status == 200
    shop.sell("till", "O1,NOW,M1,1,9.00,bob")
    shop.run()
    assert shop.came() == [(block, "order", 1)]
