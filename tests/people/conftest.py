"""A shop whose customers were published, with a server that answers about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from parcours import flow
from parcours.project import Project, load
from parcours.server import door, keys
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing import write_files
from parcours.testing.databases import fresh_database
from parcours.testing.served import Answer, Served, served

FILES = {
    "parcours.toml": '[project]\nname = "shop"\nas_of = "last_data"\n[scores]\npacks = []\n[segments]\npacks = []\n'
                     '[profiles]\npacks = []\n',
    "sources/crm.yaml": "source: crm\nkind: files\npath: crm.csv\ntables:\n  customer_records:\n    key: [id]\n"
                        "    columns: {first_name: first, city: city, created_at: made}\n"
                        "    identifiers: {email: email, loyalty_card: card, login: login}\n",
    "sources/till.yaml": "source: till\nkind: files\npath: till.csv\ntables:\n  orders:\n    key: [order]\n"
                         "    columns: {order_id: order, order_time: at, net_amount: total, channel: {value: store}}\n"
                         "    identifiers: {loyalty_card: card}\n",
    "sources/site.yaml": "source: site\nkind: collected\norders: true\n",
    "attributes/mine.yaml": "attributes: mine\ndefine:\n  spend: {kind: sum, of: orders.net_amount}\n"
                            "  city: {kind: latest_value, of: customer_records.city}\n",
    "segments/spenders.yaml": "segment: spenders\nwho: {spend: {at_least: 15 EUR}}\n",
    "crm.csv": "id,email,first,city,card,login,made\n1,ana@example.com,Ana,Paris,C1,ana,2026-01-01\n"
               "2,bob@example.com,Bob,Lyon,C2,bob,2026-01-02\n3,home@example.com,Cy,Nice,C3,cy,2026-01-03\n"
               "4,home@example.com,Zoltan,Nancy,C4,zoltan,2026-01-04\n",
    "till.csv": "order,at,card,total\nA1,2026-03-01 10:00:00,C1,12.50\nA2,2026-03-05 11:00:00,C1,7.00\n",
}  # fmt: skip


@dataclass
class Shop:
    """A server, the keys to it, and the project behind."""

    served: Served
    project: Project
    reader: str

    @property
    def database(self) -> Database:
        return self.served.database

    def rows(self, text: str) -> list[dict[str, Any]]:
        return self.database.run(Query("asked", "What a test asks.", text))

    def send(self, kind: str, **message: Any) -> None:
        assert self.served.post(f"/v1/{kind}", message).status == 200

    def look_up(self, kind: str, value: str) -> Answer:
        return self.served.post("/v1/people/look-up", {"identifier": {"kind": kind, "value": value}}, key=self.reader)

    def whom(self, kind: str, value: str) -> str | None:
        """The id of the person whom a value leads to."""
        answer = self.look_up(kind, value)
        return answer.json()["person_id"] if answer.status == 200 else None

    def get(self, path: str) -> Answer:
        return self.served.ask("GET", path, headers={"Authorization": f"Bearer {self.reader}"})

    def run(self) -> None:
        flow.run(self.project, now=datetime.now(UTC), progress=lambda *_: None)
        flow.publish(self.project, self.database)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Shop]:
    folder = write_files(tmp_path_factory.mktemp("people") / "shop", FILES)
    with fresh_database(postgres_url) as database, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARCOURS_DATABASE_URL", database.url)
        patch.setattr(door, "SOON", 0.0)
        project = load(folder, flow.kinds())
        with served(database, project=project) as running:
            _, reader = keys.make(database, "desk", ["read"])
            made = Shop(running, project, reader)
            made.run()
            yield made
