"""The cart, the visit under way and what was looked at last are, by the second, what the batch's rows say of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parcours import flow
from parcours.canonical import SILENCE
from parcours.profiles.explain import facts_of
from parcours.profiles.visit import cart, visit
from parcours.project import load
from parcours.project.explain import find
from parcours.server import keys
from parcours.testing import write_files
from parcours.testing.databases import fresh_database
from parcours.testing.served import served

FILES = {
    "parcours.toml": '[project]\nname = "shop"\n[profiles]\npacks = []\n[segments]\npacks = []\n[scores]\npacks = []\n',
    "sources/site.yaml": "source: site\nkind: collected\n",
    "attributes/mine.yaml": "attributes: mine\ndefine:\n"
                            "  last_viewed:\n"
                            "    {kind: last, of: events.product_id, where: {name: product_viewed}, live: true}\n",
}  # fmt: skip
NAMES = ["Product Viewed", "Product Viewed", "Product Added", "Product Added", "Product Removed", "Cart Emptied",
         "Order Completed", "Cart Viewed"]  # fmt: skip


@dataclass(frozen=True)
class Deed:
    """One event: how many seconds ago, what, of which article, how many (None: the message does not say)."""

    ago: int
    name: str
    product: str
    quantity: int | None


# Visits end after thirty minutes: nobody is close to that while the test reads. Many deeds share an instant.
deeds = st.builds(
    Deed, st.sampled_from([60, 61, 61, 300, 301, 700, 3600, 3600, 4000, 7000]), st.sampled_from(NAMES),
    st.sampled_from(["tea", "pot", "cup"]), st.sampled_from([None, 1, 2, 3]),
)  # fmt: skip
people = st.lists(st.lists(deeds, min_size=1, max_size=12), min_size=30, max_size=40)


@given(people, st.integers(0, 2**32))
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_live_and_batch_say_the_same_in_whatever_order_messages_arrive(
    postgres_url: str, lives: list[list[Deed]], seed: int
) -> None:
    sent = [(person, number, deed) for person, deeds in enumerate(lives) for number, deed in enumerate(deeds)]
    random.Random(seed).shuffle(sent)
    with (
        TemporaryDirectory() as folder,
        fresh_database(postgres_url) as database,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("PARCOURS_DATABASE_URL", database.url)
        project = load(write_files(Path(folder) / "shop", FILES), flow.kinds())
        now = datetime.now(UTC)
        with served(database, project=project) as server:
            _, reader = keys.make(database, "desk", ["read"])
            for at in range(0, len(sent), 50):
                batch = [message(now, person, number, deed) for person, number, deed in sent[at : at + 50]]
                assert server.post("/v1/batch", {"batch": batch}).status == 200
            asked = [{"identifier": {"kind": "login", "value": f"u{person}"}} for person in range(len(lives))]
            live = [server.post("/v1/people/look-up", each, key=reader).json() for each in asked]
        flow.run(project, now=datetime.now(UTC), progress=lambda *_: None)
        with flow.published(project) as version:
            for person, told in enumerate(live):
                (batched,) = find(version, project, f"u{person}")
                rows = facts_of(version, project, batched)["events"]
                rows = sorted(rows, key=lambda row: (row["event_time"], row["row_id"]))
                assert len(rows) == len(lives[person])
                assert told["cart"] == cart(rows), lives[person]
                assert told["visit"] == as_json(visit(rows, now.replace(tzinfo=None), silence=SILENCE)), lives[person]
                viewed = [row["product_id"] for row in rows if row["name"] == "product_viewed"]
                assert told["attributes"]["last_viewed"] == (viewed[-1] if viewed else None), lives[person]


def message(now: datetime, person: int, number: int, deed: Deed) -> dict[str, Any]:
    told: dict[str, Any] = {"product_id": deed.product, "category": deed.product.upper()}
    if deed.quantity is not None:
        told["quantity"] = deed.quantity
    return {"type": "track", "anonymousId": f"a{person}", "userId": f"u{person}", "event": deed.name,
            "messageId": f"{person}-{number}", "properties": told,
            "timestamp": (now - timedelta(seconds=deed.ago)).isoformat()}  # fmt: skip


def as_json(told: dict[str, Any] | None) -> dict[str, Any] | None:
    return told and {**told, "since": told["since"].isoformat()}
