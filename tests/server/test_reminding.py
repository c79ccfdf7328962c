"""Somebody whose coffee is about to run out is told so once, unless they bought some: in the shop, or a minute ago."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parcours import flow
from parcours.identity.recognised import hash63
from parcours.project import Project, load
from parcours.server import keys
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing import write_files
from parcours.testing.served import Served, served

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
PEOPLE = 130
ANA, BOB, CY, DAN = range(1, 5)  # buy coffee every 14 days, the last time 12 days ago
FILES = {
    "parcours.toml": '[project]\nname = "shop"\nas_of = "today"\n[segments]\npacks = []\n[profiles]\npacks = []\n'
                     "[scores]\npacks = []\n",
    "sources/till.yaml": "source: till\nkind: files\npath: till*.csv\ntables:\n  order_lines:\n    key: [line]\n"
                         "    columns: {order_id: order, line_id: line, order_time: at, product_id: product,\n"
                         "      quantity: quantity, net_amount: total, channel: {value: store}}\n"
                         "    identifiers: {login: login}\n",
    "sources/crm.yaml": "source: crm\nkind: files\npath: crm.csv\ntables:\n  customer_records:\n    key: [id]\n"
                        "    columns: {created_at: made}\n    identifiers: {login: id, email: email}\n",
    "sources/shelf.yaml": "source: shelf\nkind: files\npath: shelf.csv\ntables:\n  products:\n    key: [id]\n"
                          "    columns: {product_id: id, name: name, category_2: category, list_price: price}\n",
    "sources/web.yaml": "source: web\nkind: collected\norders: true\n",
    "scores/due.yaml": "scores: mine\ndefine:\n  replenishment: {kind: replenishment, of: category_2}\n",
    "slots/running_out.yaml": "slot: running_out\nholdout: 0 %\nmilliseconds: 1000\n"
                              "candidates: {kind: running_out, ahead: 5 days}\n"
                              "filters: {kind: at_most, times: 1, within: 30 days}\n",
    "shelf.csv": "id,name,category,price\nC1,Arabica,Coffee,8.00\nC2,Robusta,Coffee,7.00\nM1,Mug,Cups,9.00\n",
}  # fmt: skip
HEAD = "line,order,at,login,product,quantity,total\n"


def line(number: int, ago: float, person: int, product: str, quantity: int = 1) -> str:
    at = NOW - timedelta(days=ago)
    return f"L{number},O{number},{at:%Y-%m-%d %H:%M:%S},u{person},{product},{quantity},{8 * quantity}.00\n"


def regulars() -> str:
    chance = np.random.default_rng(3)
    rows: list[str] = []
    for person in range(1, PEOPLE + 1):
        paces = np.full(40, 14.0) if person <= DAN else 14 * np.exp(chance.normal(0, 0.25, 40))
        ago = 12.0 if person <= DAN else chance.uniform(1, 14)
        for pace in paces:
            if ago > 364:
                break
            rows.append(line(len(rows), ago, person, "C1"))
            ago += float(pace)
    return HEAD + "".join(rows)


@dataclass
class Shop:
    served: Served
    project: Project
    key: str

    def reminded(self, **who: Any) -> list[tuple[str, str | None]]:
        answer = self.served.post("/v1/decide", {"slots": ["running_out"], **who}, key=self.key)
        assert answer.status == 200, answer.body
        (decision,) = answer.json()["decisions"]
        return [(item["item"], item["article"] and item["article"]["product_id"]) for item in decision["items"]]

    def rows(self, text: str) -> list[dict[str, Any]]:
        return self.served.database.run(Query("asked", "What a test asks.", text))

    def run(self) -> None:
        flow.run(self.project, now=datetime.now(UTC), progress=lambda *_: None)
        flow.publish(self.project, self.served.database)


@pytest.fixture
def shop(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("PARCOURS_DATABASE_URL", database.url)
    people = "".join(f"u{n},u{n}@example.com,2025-01-01\n" for n in range(1, PEOPLE + 1))
    files = {**FILES, "till.csv": regulars(), "crm.csv": "id,email,made\n" + people}
    project = load(write_files(tmp_path / "shop", files), flow.kinds())
    with served(database, project=project) as running:
        made = Shop(running, project, keys.make(database, "web", ["decide", "collect"])[1])
        made.run()
        yield made


def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_who_runs_out_is_told_once_unless_they_bought_it_at_the_till_or_a_minute_ago(shop: Shop) -> None:
    until(lambda: shop.reminded(userId="u1") == [("Coffee", "C1")])
    until(lambda: bool(shop.rows("SELECT 1 FROM decisions WHERE shown <> '{}'")))
    until(lambda: shop.reminded(userId="u1") == [])
    assert [shop.reminded(userId="u1") for _ in range(3)] == [[], [], []], "once"

    order = {"userId": "u2", "event": "Order Completed",
             "properties": {"order_id": "W1", "products": [{"product_id": "C2", "quantity": 1}]}}  # fmt: skip
    assert shop.served.post("/v1/track", order).status == 200
    assert shop.reminded(userId="u2") == [], "another coffee, bought a minute ago"
    mug = {"userId": "u4", "event": "Order Completed", "properties": {"products": [{"product_id": "M1"}]}}
    assert shop.served.post("/v1/track", mug).status == 200

    till = shop.project.folder / "till_2.csv"
    till.write_text(HEAD + line(9001, 1, CY, "C2") + line(9002, 1, DAN, "M1") + line(9003, 1, DAN, "C1", -1))
    shop.run()
    assert shop.reminded(userId="u3") == [], "bought at the till yesterday"
    assert shop.reminded(userId="u4") == [("Coffee", "C1")], "a mug is no coffee, nor is coffee that was given back"
    assert shop.reminded(userId="u1") == [], "still once"


def test_what_is_due_and_what_was_bought_is_published_by_day(shop: Shop) -> None:
    (row,) = shop.rows("SELECT p.person_id, p.due, p.bought FROM people AS p JOIN publications AS n USING (publication)"
                       " JOIN identifiers AS i USING (publication, person_id) WHERE n.current AND i.kind = 'login'"
                       f" AND i.key = {hash63('login=u1')}")  # fmt: skip
    last = NOW.date() - timedelta(12)
    assert row["bought"] == f'[["C1","{last}"]]'
    with flow.published(shop.project) as version:
        version.read("due_dates")
        (due,) = version.engine.rows(f"SELECT * FROM due_dates WHERE person_id = {row['person_id']}")
    days = ",".join(f'"{due[name]}"' for name in ("last_bought", "due_from", "due_on", "due_until"))
    assert row["due"] == f'[["replenishment","Coffee",{days}]]' and due["last_bought"] == last
