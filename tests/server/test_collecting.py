"""Sites, apps and servers send what happens: kept once before it is acknowledged, or refused with a sentence."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Any

import pytest

from parcours.collect import keeping
from parcours.project.definitions import CollectSettings
from parcours.server import keys
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing.served import Served, plain_project, served

ROWS = Query("rows", "Everything that was collected.", "SELECT * FROM collected ORDER BY number")
REJECTED = Query("rejected", "Everything rejected.", "SELECT * FROM collected_rejected ORDER BY reason")
VIEW = {"anonymousId": "a1", "event": "Product Viewed", "messageId": "m1", "properties": {"product_id": "tea"}}


def rows(shop: Served) -> list[dict[str, Any]]:
    return shop.database.run(ROWS)


def repeated(shop: Served) -> int:
    """What the server says of messages it had seen before."""
    lines = shop.ask("GET", "/metrics").body.decode().splitlines()
    return int(next(line.split()[-1] for line in lines if 'what="repeated"' in line))


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        ("identify", {"userId": "u", "traits": {"email": "ana@example.com"}}),
        ("track", VIEW),
        ("page", {"anonymousId": "a1", "name": "Home"}),
        ("screen", {"anonymousId": "a1", "name": "Home"}),
        ("group", {"userId": "u", "groupId": "g"}),
        ("alias", {"userId": "u", "previousId": "a1"}),
    ],
)
def test_each_call_of_the_spec_is_kept_long_name_or_short(shop: Served, kind: str, call: dict[str, Any]) -> None:
    for path in (f"/v1/{kind}", f"/v1/{kind[0]}"):
        answer = shop.post(path, {**call, "messageId": path})
        assert (answer.status, answer.json()) == (200, {"success": True})
    assert [row["kind"] for row in rows(shop)] == [kind, kind]


def test_sent_twice_it_is_kept_once_and_acknowledged_twice(shop: Served) -> None:
    before = repeated(shop)
    assert [shop.post("/v1/track", VIEW).status for _ in range(3)] == [200, 200, 200]
    (row,) = rows(shop)
    assert (row["source"], row["name"], json.loads(row["body"])) == ("web", "Product Viewed", VIEW)
    assert repeated(shop) == before + 2


def test_one_bad_message_of_a_batch_does_not_harm_the_others(shop: Served) -> None:
    batch = [{"type": "track", **VIEW}, {"type": "track", "userId": "u"}, {"type": "page", "userId": "u"}]
    assert shop.post("/v1/batch", {"batch": batch}).status == 200
    assert [row["kind"] for row in rows(shop)] == ["track", "page"]
    (rejected,) = shop.database.run(REJECTED)
    assert (rejected["reason"], json.loads(rejected["body"])) == ("no_event", batch[1])
    assert shop.post("/v1/batch", {"batch": batch}).status == 200
    assert len(rows(shop)) == 2 and len(shop.database.run(REJECTED)) == 1, "sent again, nothing changes"


def test_a_packed_body_is_unpacked_and_never_beyond_the_limit(shop: Served) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert shop.post("/v1/track", gzip.compress(json.dumps(VIEW).encode()), headers=packed).status == 200
    assert shop.post("/v1/batch", gzip.compress(b"0" * 50_000_000), headers=packed).status == 400
    assert shop.post("/v1/track", b"not gzip", headers=packed).json()["code"] == "not_gzip"
    assert len(rows(shop)) == 1


def test_a_browser_sends_its_key_in_the_body_or_a_beacon_in_the_address(shop: Served) -> None:
    text = {"Content-Type": "text/plain"}
    assert shop.post("/v1/t", {**VIEW, "writeKey": shop.key}, key=None, headers=text).status == 200
    beacon = {"batch": [{"type": "page", "anonymousId": "a1"}]}
    assert shop.post(f"/beacon/v1/batch?writeKey={shop.key}", beacon, key=None, headers=text).status == 200
    assert len(rows(shop)) == 2


@pytest.mark.parametrize(
    ("key", "status", "code"), [(None, 401, "no_key"), ("wrong", 401, "wrong_key"), ("'; DROP", 401, "wrong_key")]
)
def test_who_has_no_key_is_told_so(shop: Served, key: str | None, status: int, code: str) -> None:
    answer = shop.post("/v1/track", VIEW, key=key)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert rows(shop) == []


def test_a_key_that_may_not_collect_does_not(shop: Served) -> None:
    _, reader = keys.make(shop.database, "care", ["read"])
    answer = shop.post("/v1/track", VIEW, key=reader)
    assert (answer.status, answer.json()["code"]) == (403, "not_allowed")
    assert rows(shop) == []


def test_a_key_made_while_the_server_runs_is_known_soon(shop: Served) -> None:
    assert shop.post("/v1/track", VIEW).status == 200
    _, later = keys.make(shop.database, "app", ["collect"])
    assert shop.post("/v1/track", VIEW, key=later).status == 200
    assert [row["source"] for row in rows(shop)] == ["web", "app"]


def test_a_page_of_another_site_may_not_use_the_key(shop: Served) -> None:
    _, own = keys.make(shop.database, "site", ["collect"], ["https://shop.example"])
    for site, status in (("https://shop.example", 200), ("https://evil.example", 403)):
        answer = shop.post("/v1/track", VIEW, key=own, headers={"Origin": site})
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == site
    assert "access-control-allow-origin" not in shop.post("/v1/track", VIEW, key=own).headers


def test_a_browser_is_told_before_it_calls(shop: Served) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "content-type"}  # fmt: skip
    answer = shop.ask("OPTIONS", "/v1/t", headers=asked)
    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "content-type"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "not_json"),
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (json.dumps({**VIEW, "properties": {"x": "y" * 33_000}}).encode(), "too_large"),
        (json.dumps({**VIEW, "properties": {"x": "y" * 1_000_000}}).encode(), "too_large"),
        (json.dumps({"event": "x"}).encode(), "no_identifier"),
    ],
)
def test_bad_input_is_answered_with_400_and_a_sentence(shop: Served, body: bytes, code: str) -> None:
    answer = shop.post("/v1/track", body)
    assert (answer.status, answer.json()["code"]) == (400, code)
    assert "yyy" not in answer.json()["detail"]
    assert rows(shop) == []


def test_sql_and_html_are_text_like_any_other(shop: Served) -> None:
    evil = "'; DROP TABLE collected; -- <script>alert(1)</script> \u0000 %s {} ${x}"
    call = {"userId": evil, "anonymousId": evil, "event": evil, "messageId": evil, "properties": {evil: evil}}
    assert shop.post("/v1/track", call).status == 200
    (row,) = rows(shop)
    assert json.loads(row["body"]) == call


def test_what_many_send_at_once_is_all_kept_in_few_commits(shop: Served) -> None:
    def send(sender: int) -> int:
        calls = [{**VIEW, "messageId": f"{sender}-{number}", "type": "track"} for number in range(50)]
        return sum(shop.post("/v1/batch", {"batch": calls[at : at + 10]}).status == 200 for at in range(0, 50, 10))

    with ThreadPoolExecutor(8) as senders:
        assert sum(senders.map(send, range(8))) == 40
    assert len(rows(shop)) == 400


def test_the_address_is_kept_cut_and_the_program_named(shop: Served) -> None:
    shop.post("/v1/track", VIEW, headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0 Safari/537.36"})
    seen = json.loads(rows(shop)[0]["seen"])
    assert (seen["address"], seen["browser"], seen["robot"]) == ("127.0.0.0", "Chrome", False)


def test_of_a_visitor_that_a_server_tells_of_the_address_is_kept_cut_everywhere(shop: Served) -> None:
    said = {"ip": "203.0.113.77", "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148"}
    batch = [
        {"type": "track", **VIEW, "context": said},
        {"type": "track", **VIEW, "messageId": "m2", "context": {"ip": "203.0.113.77, 198.51.100.7"}},
        {"type": "track", **VIEW, "messageId": "m3", "context": {"ip": 7}},
        {"type": "track", **VIEW, "messageId": "m4", "context": []},
        {"type": "track", **VIEW, "messageId": "m5", "context": {**said, "consent": "odd"}},
    ]
    assert shop.post("/v1/batch", {"batch": batch}).status == 200
    found = rows(shop)
    assert [json.loads(row["seen"])["address"] for row in found] == [
        "203.0.113.0", None, "127.0.0.0", "127.0.0.0", "203.0.113.0",
    ]  # fmt: skip
    assert json.loads(found[0]["seen"])["device"] == "mobile"
    assert json.loads(found[0]["body"])["context"] == {**said, "ip": "203.0.113.0"}
    assert not any(".77" in row["body"] or "100.7" in row["body"] for row in found)


def test_who_sends_faster_than_the_key_may_is_told_when_to_come_again(database: Database) -> None:
    slow = replace(plain_project(), collect=CollectSettings(per_second=1, burst=20))
    with served(database, project=slow) as shop:
        calls = [{"type": "track", **VIEW, "messageId": str(number)} for number in range(15)]
        assert shop.post("/v1/batch", {"batch": calls}).status == 200
        answer = shop.post("/v1/batch", {"batch": [{**call, "messageId": "x"} for call in calls]})
        assert (answer.status, answer.json()["code"]) == (429, "busy")
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        assert shop.post("/v1/track", VIEW).status == 200, "what fits goes on"
        _, other = keys.make(database, "app", ["collect"])
        assert shop.post("/v1/batch", {"batch": calls}, key=other).status in (200, 401), "another key has its own pace"
        assert len(rows(shop)) >= 16


def test_when_more_waits_than_can_be_kept_the_answer_is_429_and_at_the_end_what_waits_is_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody locks the table: what was taken waits, more is refused; the server stops, and keeps what it took."""
    monkeypatch.setattr(keeping, "WAITING", 40)
    with served(database) as shop, ThreadPoolExecutor(4) as senders:
        with database.connection() as lock:
            lock.execute("LOCK TABLE collected IN ACCESS EXCLUSIVE MODE")
            batches = [[{"type": "track", **VIEW, "messageId": f"{number}-{each}"} for each in range(20)]
                       for number in range(3)]  # fmt: skip
            answers = [senders.submit(shop.post, "/v1/batch", {"batch": batch}) for batch in batches]
            refused = next(iter(as_completed(answers))).result()
            assert (refused.status, refused.headers["retry-after"]) == (429, "1")
            stopping = senders.submit(shop.stop)
        stopping.result()
        assert sorted(answer.result().status for answer in answers) == [200, 200, 429]
        assert len(rows(shop)) == 40


def test_there_is_nothing_elsewhere(shop: Served) -> None:
    assert shop.ask("GET", "/v1/track").status == 405
    assert shop.ask("GET", "/nothing").json()["code"] == "not_found"
    assert shop.ask("GET", "/health").status == shop.ask("GET", "/ready").status == 200
