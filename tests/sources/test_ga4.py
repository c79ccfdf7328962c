"""The GA4 export: names, parameters, late days, visitors who do not want to be followed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.landing.shop import Shop, account


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


def event(
    name: str, at: int = 0, *, who: str | None = "1.1", login: str | None = None, items: Any = (), **params: Any
) -> str:
    kinds = {str: "string_value", int: "int_value", float: "double_value"}
    return (
        json.dumps(
            {
                "event_date": "20260312",
                "event_timestamp": str(1773342000000000 + at),
                "event_name": name,
                "event_params": [
                    {"key": key, "value": {kinds[type(value)]: str(value) if isinstance(value, int) else value}}
                    for key, value in params.items()
                ],
                "user_pseudo_id": who,
                "user_id": login,
                "platform": "WEB",
                "privacy_info": {"ads_storage": "Yes"},
                "device": {"category": "mobile"},
                "geo": {"country": "France"},
                "traffic_source": {"source": "google", "medium": "cpc"},
                "ecommerce": {"transaction_id": params.get("transaction_id")},
                "items": list(items),
            }
        )
        + "\n"
    )


THREE_LINES = "kind: ga4\npath: data/events_*.jsonl\n"
ITEM = {
    "item_id": "SKU1",
    "item_name": "Thé",
    "item_brand": "Œillet",
    "item_category": "Épicerie",
    "price": 4.5,
    "quantity": "2",
}


def test_the_export_as_parquet_gives_the_same_rows(shop: Shop) -> None:
    numbers = [(f"{kind}_value", pa.float64()) for kind in ("float", "double")]
    value = pa.struct([("string_value", pa.string()), ("int_value", pa.int64()), *numbers])
    day = event("view_item", items=[ITEM], page_location="https://shop.fr/p/1") + event("search", 1, search_term="thé")
    rows = [json.loads(line) for line in day.splitlines()]
    for row in rows:
        row["event_timestamp"] = int(row["event_timestamp"])
    inferred = pa.Table.from_pylist(rows).schema
    params = pa.list_(pa.struct([("key", pa.string()), ("value", value)]))
    text = pa.struct([("transaction_id", pa.string()), ("purchase_revenue", pa.float64())])
    for name, kind in (("event_params", params), ("ecommerce", text), ("user_id", pa.string())):
        inferred = inferred.set(inferred.get_field_index(name), pa.field(name, kind))
    shop.source("lines", "kind: ga4\npath: data/events_*.jsonl\n")
    shop.source("columns", "kind: ga4\npath: data/events_*.parquet\n")
    shop.write("events_20260312.jsonl", day)
    pq.write_table(pa.Table.from_pylist(rows, inferred), shop.folder / "data" / "events_20260312.parquet")
    landed = shop.run()
    assert not landed.counts["columns"].refused
    told = [landed.values("events", "name", "product_id", "query", "page_path", source=name) for name in
            ("lines", "columns")]  # fmt: skip
    assert told[0] == told[1]
    assert told[1] == [("product_viewed", "SKU1", None, "/p/1"), ("products_searched", None, "thé", None)]


def test_three_lines_of_yaml_read_the_export(shop: Shop) -> None:
    shop.source("site", THREE_LINES)
    url = "https://shop.fr/p/1?utm_source=mail&utm_medium=email&x=1"
    shop.write(
        "events_20260312.jsonl",
        event("view_item", items=[ITEM], page_location=url, ga_session_id=7)
        + event("purchase", 1, transaction_id="W-1", value=9.0, currency="EUR", items=[ITEM])
        + event("view_search_results", 2, search_term="thé vert")
        + event("own_event", 3)
        + event("page_view", 4),
    )
    landed = shop.run()
    assert landed.values("events", "name", source="site") == [
        "order_completed",
        "own_event",
        "page",
        "product_viewed",
        "products_searched",
    ]
    viewed = next(row for row in landed.rows("events", "site") if row["name"] == "product_viewed")
    assert {
        name: viewed[name]
        for name in (
            "product_id",
            "brand",
            "category",
            "quantity",
            "page_path",
            "utm_source",
            "utm_medium",
            "channel",
            "device",
            "traffic_source",
            "consent_marketing",
        )
    } == {
        "product_id": "SKU1",
        "brand": "Œillet",
        "category": "Épicerie",
        "quantity": 2.0,
        "page_path": "/p/1",
        "utm_source": "mail",
        "utm_medium": "email",
        "channel": "web",
        "device": "mobile",
        "traffic_source": "google / cpc",
        "consent_marketing": True,
    }
    bought = next(row for row in landed.rows("events", "site") if row["name"] == "order_completed")
    assert (bought["order_id"], bought["value"]) == ("W-1", 900)
    assert landed.values("events", "query", source="site").count("thé vert") == 1


def test_a_day_that_google_completes_states_itself_anew(shop: Shop) -> None:
    shop.source("site", THREE_LINES)
    kept, gone, late = event("page_view", 1), event("page_view", 2, page_location="/a"), event("scroll", 3)
    shop.write("events_20260312.jsonl", kept + kept + gone)
    assert account(shop.run().counts["site"]) == (3, 3, 0, 3, 0, 0, 0)
    shop.write("events_20260312.jsonl", late + kept + kept)
    landed = shop.run()
    assert account(landed.counts["site"]) == (3, 3, 0, 1, 0, 2, 0)
    assert landed.values("events", "name", source="site") == ["page", "page", "scroll"]
    assert account(shop.run().counts["site"]) == (0, 0, 0, 0, 0, 0, 0)


def test_a_visitor_without_a_cookie_is_nobody(shop: Shop) -> None:
    shop.source("site", THREE_LINES)
    shop.write("events_20260312.jsonl", event("page_view", who=None, login="U1") + event("page_view", 1, login="U1"))
    rows = {row["id__cookie"]: row for row in shop.run().rows("events", "site")}
    assert (rows[None]["record_id"], rows[None]["id__login"]) == (None, None)
    assert (rows["1.1"]["record_id"] is not None, rows["1.1"]["id__login"], rows["1.1"]["verified__login"]) == (
        True,
        "U1",
        True,
    )


def test_purchases_told_twice_are_one_order(shop: Shop) -> None:
    shop.source("site", THREE_LINES + "orders: true\n")
    bought = {"transaction_id": "W-1", "currency": "EUR", "items": [ITEM, {**ITEM, "item_id": "SKU2", "quantity": "1"}]}
    shop.write(
        "events_20260312.jsonl",
        event("purchase", **bought)
        + event("purchase", 5, **bought)
        + event("purchase", 6, transaction_id="(not set)")
        + event("page_view", 7),
    )
    landed = shop.run()
    assert landed.values("orders", "order_id", source="site") == ["W-1"]
    assert landed.values("order_lines", "product_id", "quantity", "unit_price", source="site") == [
        ("SKU1", 2.0, 450),
        ("SKU2", 1.0, 450),
    ]
    assert len(landed.rows("events", "site")) == 4


def test_the_project_s_own_event_names(shop: Shop) -> None:
    shop.source("site", THREE_LINES + "events: {reserve_in_store: product_reserved}\n")
    shop.write("events_20260312.jsonl", event("reserve_in_store"))
    assert shop.run().values("events", "name", source="site") == ["product_reserved"]
