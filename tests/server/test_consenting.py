"""The retailer's programs say and ask of consent; what visitors' banners say comes with collected events."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parcours.consent import subject
from parcours.server import keys
from parcours.state.queries import Query
from parcours.testing.served import Served

ROWS = Query("rows", "All.", "SELECT * FROM consent_ledger ORDER BY at, purpose, key")
ANA = "per_0000000000000001"
YES = {"purpose": "marketing", "channel": "email", "state": "granted", "text_version": "2026-01", "language": "fr"}


@pytest.fixture
def key(shop: Served) -> str:
    return keys.make(shop.database, "web shop", ["read", "consent"])[1]


def rows(shop: Served) -> list[dict[str, Any]]:
    return shop.database.run(ROWS)


def get(shop: Served, path: str, key: str) -> Any:
    return shop.ask("GET", path, headers={"Authorization": f"Bearer {key}"})


def test_what_somebody_agrees_to_is_written_down_once_and_holds_at_once(shop: Served, key: str) -> None:
    said = {
        "person": ANA,
        "consents": [{**YES, "at": "2026-03-01T10:00:00Z", "proof": "checkout 17"}],
        "source": "checkout",
    }
    assert [shop.post("/v1/consents", said, key=key).json()["written"] for _ in range(2)] == [1, 0]
    (row,) = rows(shop)
    assert (row["person"], row["source"], row["proof"]) == (1, "checkout", "checkout 17")
    found = get(shop, f"/v1/people/{ANA}/consents", key).json()
    assert {"purpose": "marketing", "channel": "email", "on": True, "code": "no_address"} in found["consents"]
    asked = {"people": [ANA, "per_0000000000000002"], "purpose": "marketing", "channel": "email"}
    assert shop.post("/v1/may-contact", asked, key=key).json()["people"] == [
        {"person": ANA, "may": False, "code": "no_address"},
        {"person": "per_0000000000000002", "may": False, "code": "no_consent"},
    ]


def test_an_address_is_said_for_by_its_hash_only(shop: Served, key: str) -> None:
    said = {"identifier": {"kind": "email", "value": " Ana@Example.com"}, "consents": [YES]}
    assert shop.post("/v1/consents", said, key=key).status == 200
    (row,) = rows(shop)
    assert (row["subject"], row["source"]) == (subject("email", "ana@example.com"), "web shop")
    assert "example" not in str(row)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"consents": [YES]}, 422, "nobody"),
        ({"person": ANA, "identifier": {"kind": "email", "value": "a@x.fr"}, "consents": [YES]}, 422, "nobody"),
        ({"person": "1 OR 1=1", "consents": [YES]}, 422, "no_person"),
        ({"person": "per_ffffffffffffffff", "consents": [YES]}, 422, "no_person"),
        ({"identifier": {"kind": "email", "value": "<script>"}, "consents": [YES]}, 422, "no_address"),
        ({"person": ANA, "consents": [{**YES, "purpose": "<script>"}]}, 422, "unknown_purpose"),
        ({"person": ANA, "consents": [{**YES, "channel": "'; --"}]}, 422, "unknown_channel"),
        ({"person": ANA, "consents": [{**YES, "text_version": "2020"}]}, 422, "unknown_text"),
        ({"person": ANA, "consents": [{**YES, "at": "2999-01-01T00:00:00Z"}]}, 422, "future"),
        ({"person": ANA, "consents": [{**YES, "at": "yesterday"}]}, 422, "not_valid"),
        ({"person": ANA, "consents": [{**YES, "state": 1}]}, 422, "not_valid"),
        ({"person": ANA, "consents": [YES] * 1001}, 422, "too_many"),
        ([], 422, "not_valid"),
        (b"{", 400, "not_json"),
        (b"\xff", 400, "not_json"),
        (b'{"x":' * 80_000, 400, "not_json"),
        (b" " * 600_000, 413, "too_large"),
    ],
)
def test_bad_input_is_refused_with_a_sentence_that_shows_nothing_of_it(
    shop: Served, key: str, body: Any, status: int, code: str
) -> None:
    answer = shop.post("/v1/consents", body, key=key)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert b"script" not in answer.body
    assert rows(shop) == []


def test_a_purpose_nobody_declared_is_a_refusal(shop: Served, key: str) -> None:
    asked = {"people": [ANA], "purpose": "telepathy", "channel": "email"}
    assert shop.post("/v1/may-contact", asked, key=key).json()["code"] == "not_declared"


def test_a_collect_key_may_say_and_ask_nothing(shop: Served) -> None:
    for path, body in (("/v1/consents", {"person": ANA, "consents": [YES]}), ("/v1/may-contact", {}),
                       (f"/v1/people/{ANA}/preference-link", {})):  # fmt: skip
        assert shop.post(path, body).status == 403
        assert shop.post(path, body, key=None).status == 401
    assert get(shop, f"/v1/people/{ANA}/consents", shop.key).status == 403


def test_a_link_is_made_for_a_message(shop: Served, key: str) -> None:
    url = shop.post(f"/v1/people/{ANA}/preference-link", {"language": "fr"}, key=key).json()["url"]
    assert url.startswith("https://data.shop.example/preferences/") and "0000001" not in url
    assert shop.ask("GET", url.removeprefix("https://data.shop.example")).status == 200


def event(number: int, at: datetime, **categories: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Product Viewed", "anonymousId": "a1", "messageId": f"m{number}",
            "timestamp": at.isoformat(), "context": {"consent": {"categoryPreferences": categories}}}  # fmt: skip


def test_a_banner_s_yes_is_written_once_a_minute_and_each_no(shop: Served) -> None:
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=1)
    yes = [event(n, start + timedelta(seconds=9 * n), Marketing=True, Unheard=True) for n in range(12)]
    no = [event(20, start + timedelta(minutes=5), marketing=False)]
    for batch in (no, yes[6:], yes[:6], yes, no):
        assert shop.post("/v1/batch", {"batch": batch}).status == 200
    found = [(row["purpose"], row["channel"], row["state"], row["at"] - start) for row in rows(shop)]
    assert found == [("marketing", "site", "granted", timedelta()),
                     ("marketing", "site", "granted", timedelta(minutes=1)),
                     ("marketing", "site", "denied", timedelta(minutes=5))]  # fmt: skip
    assert {row["subject"] for row in rows(shop)} == {subject("cookie", "a1")}


def test_who_is_logged_in_says_it_too_and_the_future_is_now(shop: Served) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=50)
    assert shop.post("/v1/track", {**event(1, ahead, personalisation=False), "userId": "u1"}).status == 200
    assert {row["subject"] for row in rows(shop)} == {subject("cookie", "a1"), subject("login", "u1")}
    assert all(row["at"] <= row["recorded_at"] < ahead for row in rows(shop))


@pytest.mark.parametrize(
    "context",
    ["x", 1, [], {"consent": "yes"}, {"consent": {"categoryPreferences": []}},
     {"consent": {"categoryPreferences": {"marketing": "true"}}},
     {"consent": {"categoryPreferences": {"marketing": 1}}},
     {"page": {"url": "consent"}}, {}],
)  # fmt: skip
def test_what_is_no_consent_says_nothing_and_the_event_is_kept(shop: Served, context: Any) -> None:
    call = {"anonymousId": "a1", "event": "Product Viewed", "messageId": json.dumps(context), "context": context}
    assert shop.post("/v1/track", call).status == 200
    assert rows(shop) == []
    assert len(shop.database.run(Query("c", "C.", "SELECT 1 FROM collected"))) == 1
