"""What was sent to the server becomes events and customers like what any other source says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from parcours import flow
from parcours.project import load
from parcours.state import Database
from parcours.state.database import URL
from parcours.testing import write_files
from parcours.testing.served import Served, served

VIEW = {"anonymousId": "a1", "event": "Product Viewed", "messageId": "m1",
        "properties": {"product_id": "tea", "category": "Tea", "price": 4.5, "note": "line\nbreak\u0000 \"quoted\""},
        "context": {"page": {"url": "https://shop.example/tea?x=1", "path": "/tea"}, "campaign": {"source": "news"},
                    "userAgent": "Mozilla/5.0 (iPhone; like Mac OS X) Mobile",
                    "consent": {"categoryPreferences": {"marketing": True}}}}  # fmt: skip
ORDER = {"anonymousId": "a1", "userId": "u1", "event": "Order Completed", "messageId": "m2",
         "properties": {"order_id": "W1", "currency": "EUR", "products": [
             {"product_id": "tea", "price": 4.5, "quantity": 2}, {"sku": "pot", "price": 20, "quantity": 1},
         ]}}  # fmt: skip
WHO = {"userId": "u1", "anonymousId": "a1", "messageId": "m3",
       "traits": {"email": "Ana@Example.com", "firstName": "Ana", "address": {"postalCode": "75011"}}}  # fmt: skip


@pytest.fixture
def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv(URL, database.url)
    with served(database) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_files(
        tmp_path / "shop",
        {
            "parcours.toml": '[project]\nname = "shop"\n[scores]\npacks = []\n',
            "sources/site.yaml": "source: site\nkind: collected\norders: true\n",
        },
    )


def run(project: Path) -> flow.Run:
    return flow.run(load(project, flow.kinds()), now=datetime.now(UTC), progress=lambda *_: None)


def test_events_orders_and_customers_arrive_with_the_next_run_each_once(shop: Served, project: Path) -> None:
    for kind, call in (("track", VIEW), ("track", ORDER), ("identify", WHO)):
        assert shop.post(f"/v1/{kind}", call).status == 200
    first = run(project)
    assert [(count.received, count.landed, count.rejected) for count in first.sources] == [(3, 3, 0)]
    with flow.published(load(project, flow.kinds())) as version:
        version.read("events", "orders", "order_lines", "persons", "identifiers", "customer_records")
        rows = version.engine.rows
        (view,) = rows("SELECT * FROM events WHERE name = 'product_viewed'")
        assert (view["product_id"], view["value"], view["page_path"]) == ("tea", 450, "/tea")
        assert (view["device"], view["utm_source"], view["consent_marketing"]) == ("mobile", "news", True)
        assert rows("SELECT order_id, net_amount FROM orders") == [{"order_id": "W1", "net_amount": 2900}]
        assert len(rows("SELECT product_id FROM order_lines")) == 2
        assert rows("SELECT kind, value FROM identifiers WHERE kind = 'email'")[0]["value"] == "ana@example.com"
        assert len(rows("SELECT person_id FROM persons WHERE known")) == 1, "browser, log-in and mail are one"


def test_a_run_without_news_publishes_nothing_and_one_with_news_reads_only_these(shop: Served, project: Path) -> None:
    shop.post("/v1/track", VIEW)
    run(project)
    assert run(project).version is None
    shop.post("/v1/track", {**VIEW, "messageId": "m9"})
    shop.post("/v1/track", VIEW)
    assert [(count.received, count.new) for count in run(project).sources] == [(1, 1)]


def test_a_server_that_does_not_answer_fails_the_source_and_says_so(
    shop: Served, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, "postgresql://nobody@127.0.0.1:1/none")
    (count,) = run(project).sources
    assert count.failed
    assert "does not answer" in count.refused[0].reason
    shutil.rmtree(project)
