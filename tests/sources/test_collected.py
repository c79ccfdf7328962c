"""What was sent to the server becomes events and customers like what any other source says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from parcours import answers, flow
from parcours.cli import parcours
from parcours.project import load
from parcours.server import keys
from parcours.state import Database
from parcours.state.database import URL
from parcours.state.queries import Query
from parcours.testing import write_files
from parcours.testing.served import Served, served
from tests.collect.networks import write

CHANGED = Query(
    "changed", "Has a property come later.", "UPDATE collected_shapes SET change = true WHERE property = 'note'"
)
VIEW = {"anonymousId": "a1", "event": "Product Viewed", "messageId": "m1",
        "properties": {"product_id": "tea", "category": "Tea", "price": 4.5, "note": "line\nbreak\u0000 \"quoted\""},
        "context": {"page": {"url": "https://shop.example/tea?x=1", "path": "/tea"}, "campaign": {"source": "news"},
                    "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148",
                    "consent": {"categoryPreferences": {"marketing": True}}}}  # fmt: skip
ORDER = {"anonymousId": "a1", "userId": "u1", "event": "Order Completed", "messageId": "m2",
         "properties": {"order_id": "W1", "currency": "USD", "products": [
             {"product_id": "tea", "price": 4.5, "quantity": 2}, {"sku": "pot", "price": 20, "quantity": 1},
         ]}}  # fmt: skip
ROBOT = {"type": "page", "anonymousId": "r1", "messageId": "m4", "context": {
    "page": {"path": "/robot"}, "userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}}  # fmt: skip
NO = {"type": "page", "anonymousId": "a1", "messageId": "m5", "context": {
    "page": {"path": "/said/no"}, "consent": {"categoryPreferences": {"marketing": False}}}}  # fmt: skip
WHO = {"userId": "u1", "anonymousId": "a1", "messageId": "m3",
       "traits": {"email": "Ana@Example.com", "firstName": "Ana", "address": {"postalCode": "75011"}}}  # fmt: skip

EXAMPLES = [
    json.loads(line) for line in Path(__file__).with_name("ecommerce.jsonl").read_text(encoding="utf-8").splitlines()
]
MONOPOLY, UNO, BOUGHT = "507f1f77bcf86cd799439011", "505bd76785ebb509fc183733", "50314b8e9bcf000000000000"
# What each example speaks of, its order, its value in cents, as one reads them in the specification
EXAMPLES_READ = {
    "products_searched": (None, None, None),
    "product_list_viewed": (MONOPOLY, None, None),
    "product_list_filtered": (MONOPOLY, None, None),
    "promotion_viewed": (None, None, None),
    "promotion_clicked": (None, None, None),
    "product_clicked": (MONOPOLY, None, 1899),
    "product_viewed": (MONOPOLY, None, 1899),
    "product_added": (MONOPOLY, None, 1899),
    "product_removed": (MONOPOLY, None, 1899),
    "cart_viewed": (MONOPOLY, None, None),
    "checkout_started": (MONOPOLY, BOUGHT, 3000),
    "checkout_step_viewed": (None, None, None),
    "checkout_step_completed": (None, None, None),
    "payment_info_entered": (None, "dkfsjidfjsdifsdfksdjfkdsfjsdfkdsf", None),
    "order_completed": (MONOPOLY, BOUGHT, 2500),
    "order_updated": (MONOPOLY, BOUGHT, 2500),
    "order_refunded": (None, BOUGHT, None),
    "order_cancelled": (MONOPOLY, BOUGHT, 2500),
    "coupon_entered": (None, BOUGHT, None),
    "coupon_applied": (None, BOUGHT, None),
    "coupon_denied": (None, BOUGHT, None),
    "coupon_removed": (None, BOUGHT, None),
    "product_added_to_wishlist": (MONOPOLY, None, 1899),
    "product_removed_from_wishlist": (MONOPOLY, None, 1899),
    "wishlist_product_added_to_cart": (MONOPOLY, None, 1899),
    "product_shared": (MONOPOLY, None, 1899),
    "cart_shared": (MONOPOLY, None, None),
    "product_reviewed": (MONOPOLY, None, None),
}


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
            "parcours.toml": '[project]\nname = "shop"\ncurrency = "USD"\n'
            "[profiles]\npacks = []\n[segments]\npacks = []\n[scores]\npacks = []\n",
            "sources/site.yaml": "source: site\nkind: collected\norders: true\n",
        },
    )


def run(project: Path) -> flow.Run:
    return flow.run(load(project, flow.kinds()), now=datetime.now(UTC), progress=lambda *_: None)


def test_events_orders_and_customers_arrive_with_the_next_run_each_once(shop: Served, project: Path) -> None:
    for kind, call in (("track", VIEW), ("track", ORDER), ("identify", WHO)):
        assert shop.post(f"/v1/{kind}", call).status == 200
    assert shop.post("/v1/batch", {"batch": [*EXAMPLES, ROBOT, NO]}).status == 200
    (read,) = run(project).sources
    assert (read.received, read.landed, read.rejected) == (5 + len(EXAMPLES), 5 + len(EXAMPLES), 0)
    with flow.published(load(project, flow.kinds())) as version:
        version.read("events", "orders", "order_lines", "persons", "identifiers", "customer_records")
        rows = version.engine.rows
        (view,) = rows("SELECT * FROM events WHERE name = 'product_viewed' AND product_id = 'tea'")
        assert (view["product_id"], view["value"], view["page_path"]) == ("tea", 450, "/tea")
        assert (view["device"], view["utm_source"], view["consent_marketing"]) == ("mobile", "news", True)
        said = rows("SELECT name, consent_marketing FROM events WHERE page_path LIKE '/said/%' OR order_id = 'W1'")
        assert {row["name"]: row["consent_marketing"] for row in said} == {"page": False, "order_completed": None}
        assert rows("SELECT name FROM events WHERE page_path = '/robot'") == [], "a robot's visit is nobody's"
        assert rows("SELECT net_amount FROM orders WHERE order_id = 'W1'") == [{"net_amount": 2900}]
        assert len(rows("SELECT product_id FROM order_lines WHERE order_id = 'W1'")) == 2
        assert rows("SELECT kind, value FROM identifiers WHERE kind = 'email'")[0]["value"] == "ana@example.com"
        assert len(rows("SELECT person_id FROM persons WHERE known")) == 2, "browser, log-in and mail are one"
        _as_the_specification_says(rows)
    _what_is_new_is_told(shop, project)


def _what_is_new_is_told(shop: Served, project: Path) -> None:
    """The view had been built without a note for a week."""
    assert answers.changes(load(project, flow.kinds())) == []
    shop.database.run(CHANGED)
    (change,) = answers.changes(load(project, flow.kinds()))
    assert (change["event"], change["property"], change["type"]) == ("Product Viewed", "note", "text")
    told = CliRunner().invoke(parcours, ["--project", str(project), "--language", "fr", "status"])
    assert "Ce qui est nouveau dans la composition des événements" in told.output and "texte" in told.output


def _as_the_specification_says(rows: Callable[[str], list[dict[str, Any]]]) -> None:
    events = rows(
        "SELECT name, product_id, order_id, value, query FROM events "
        "WHERE product_id IS DISTINCT FROM 'tea' AND name <> 'page'"
    )
    assert {row["name"]: (row["product_id"], row["order_id"], row["value"]) for row in events} == EXAMPLES_READ
    assert [row["query"] for row in events if row["name"] == "products_searched"] == ["blue roses"]
    lines = rows(f"SELECT product_id, quantity, unit_price FROM order_lines WHERE order_id = '{BOUGHT}'")
    assert {tuple(row.values()) for row in lines} == {(UNO, 2.0, 300), (MONOPOLY, 1.0, 1900)}
    (order,) = rows(f"SELECT net_amount, coupon, tax_amount, shipping_amount FROM orders WHERE order_id = '{BOUGHT}'")
    assert order == {"net_amount": 2500, "coupon": "hasbros", "tax_amount": 200, "shipping_amount": 300}


def test_a_visit_s_way_and_region_are_told_by_the_second_and_by_the_next_run(
    database: Database, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody in Lyon came by a search, looked at two pages, and bought on the next day by a mail."""
    monkeypatch.setenv(URL, database.url)
    write(project / "places.mmdb", {"203.0.113.0/24": {"country": {"iso_code": "FR"},
                                                       "subdivisions": [{"iso_code": "ARA"}]}})  # fmt: skip
    with (project / "parcours.toml").open("a", encoding="utf-8") as file:
        file.write('[collect]\nplaces = "places.mmdb"\n')
    now = datetime.now(UTC)
    google = {"ip": "203.0.113.9", "page": {"url": "https://shop.example/tea", "referrer": "https://www.google.fr/"}}
    own = {"page": {"url": "https://shop.example/pot", "referrer": "https://shop.example/tea"}}
    mail = {"page": {"url": "https://shop.example/?utm_source=news&utm_medium=Email&utm_campaign=march"}}
    sent = [(2 * 1440, google), (2 * 1440 - 5, own), (1440, mail), (3, google), (2, own)]
    batch = [{"type": "page", "anonymousId": "a1", "messageId": f"p{at}", "context": context,
              "timestamp": (now - timedelta(minutes=at)).isoformat()} for at, context in sent]  # fmt: skip
    _, reader = keys.make(database, "desk", ["read"])
    with served(database, project=load(project, flow.kinds())) as shop:
        assert shop.post("/v1/batch", {"batch": batch}).status == 200
        asked = {"identifier": {"kind": "cookie", "value": "a1"}}
        told = shop.post("/v1/people/look-up", asked, key=reader).json()
        assert told["visit"]["channel"] == "organic_search"
    run(project)
    with flow.published(load(project, flow.kinds())) as version:
        version.read("events")
        found = version.engine.rows(
            "SELECT acquisition, utm_source, utm_medium, utm_campaign, country, region FROM events ORDER BY event_time"
        )
    search, here = "organic_search", ("FR", "ARA")
    assert [row["acquisition"] for row in found] == [search, search, "email", search, search]
    assert tuple(found[0].values())[4:] == here
    assert tuple(found[2].values())[1:4] == ("news", "Email", "march")


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
