"""Whatever is sent, the answer is the right code and a sentence; nothing of it is in logs, counts or answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parcours.server.logs import Facts
from parcours.state import Database
from parcours.state.queries import Query
from parcours.testing.served import Answer, Served, served

ROWS = Query("rows", "Everything that was collected.", "SELECT * FROM collected ORDER BY number")
REJECTED = Query("rejected", "Everything rejected.", "SELECT * FROM collected_rejected")
AWAY = Query("away", "Takes a table away.", "ALTER TABLE collected RENAME TO away")
BACK = Query("back", "Brings it back.", "ALTER TABLE away RENAME TO collected")
FOLDER = Query("folder", "Where PostgreSQL lies.", "SELECT current_setting('data_directory') AS folder")
MARK = "ana-9f3c"
EVIL = f"'; DROP TABLE collected; -- <script>{MARK}</script> {MARK}@example.com %s {{}} ${{x}}"


def sentence(answer: Answer, status: int, code: str) -> None:
    """The answer is a problem as RFC 9457 tells it, with a sentence."""
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status, told["status"], told["code"]) == (status, status, code), told
    assert told["detail"][0].isupper() or told["detail"][0] in "'t", told
    assert len(told["detail"].split()) > 3 and MARK not in json.dumps(told)


def test_a_wrong_key(shop: Served) -> None:
    sentence(shop.post("/v1/track", {"event": "x", "userId": "u"}, key="wrong"), 401, "wrong_key")


def test_an_event_of_33_kilobytes(shop: Served) -> None:
    long = {"event": "x", "userId": "u", "properties": {"x": "y" * 33_000}}
    sentence(shop.post("/v1/track", long), 400, "too_large")
    assert shop.post("/v1/batch", {"batch": [{"type": "track", **long}, {"type": "page", "userId": "u"}]}).status == 200
    (rejected,) = shop.database.run(REJECTED)
    assert (rejected["reason"], len(shop.database.run(ROWS))) == ("too_large", 1)


def test_a_batch_of_501_kilobytes(shop: Served) -> None:
    batch = [{"type": "track", "event": "x", "userId": "u", "properties": {"x": "y" * 20_000}}] * 26
    sentence(shop.post("/v1/batch", {"batch": batch}), 400, "too_large")


@pytest.mark.parametrize("body", [b'{"event": ', b"", b"nothing", b"[1]", b"\xff", b'{"a": ' + b"[" * 20_000])
def test_broken_json(shop: Served, body: bytes) -> None:
    sentence(shop.post("/v1/track", body), 400, "not_json")
    sentence(shop.post("/v1/batch", body), 400, "not_json")
    sentence(shop.post("/v1/track", body, key=None), 401, "no_key")


def test_a_batch_with_one_bad_event(shop: Served) -> None:
    batch = [{"type": "page", "userId": "u", "messageId": "1"}, {"type": "page"}, {"type": "page", "userId": "v"}]
    assert shop.post("/v1/batch", {"batch": batch}).json() == {"success": True}
    (rejected,) = shop.database.run(REJECTED)
    assert (rejected["reason"], json.loads(rejected["body"])) == ("no_identifier", batch[1])
    assert len(shop.database.run(ROWS)) == 2


def test_a_clock_a_year_off(shop: Served) -> None:
    """The device is a year ahead and sends at once what has just happened."""
    ahead = {"originalTimestamp": "2099-01-01T00:00:00Z", "sentAt": "2099-01-01T00:00:02Z"}
    assert shop.post("/v1/track", {"event": "x", "userId": "u", **ahead}).status == 200
    (row,) = shop.database.run(ROWS)
    assert (row["received_at"] - row["event_time"]).total_seconds() == 2


def test_a_user_called_null_is_kept_and_known_by_that_name_only(shop: Served) -> None:
    """It joins nobody: the identity's guards know it. What was said is kept as it came."""
    assert shop.post("/v1/track", {"event": "x", "userId": "null", "anonymousId": "a"}).status == 200
    assert json.loads(shop.database.run(ROWS)[0]["body"])["userId"] == "null"


def test_a_trait_of_many_characters(shop: Served) -> None:
    sentence(shop.post("/v1/identify", {"userId": "u", "traits": {"name": "x" * 10_000_000}}), 400, "too_large")
    assert shop.database.run(ROWS) == []


@pytest.fixture
def written() -> Iterator[list[str]]:
    """What would be written to the log."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(Facts().format(record))

    handler = Lines(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    uvicorn = logging.getLogger("uvicorn")
    before, uvicorn.propagate = uvicorn.propagate, True
    yield lines
    uvicorn.propagate = before
    logging.getLogger().removeHandler(handler)


def everywhere(evil: str) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Every kind of call with it in every field, and wrongly used."""
    fields = dict.fromkeys(("userId", "anonymousId", "messageId", "event", "name", "groupId", "previousId"), evil)
    whole = {**fields, "properties": {evil: evil}, "traits": {evil: evil, "email": evil}, "context": {"ip": evil},
             "timestamp": evil}  # fmt: skip
    for kind in ("identify", "track", "page", "screen", "group", "alias"):
        yield f"/v1/{kind}", whole, {"User-Agent": MARK, "X-Forwarded-For": MARK}
        yield f"/v1/{kind}", {evil: evil}, {}
        yield f"/v1/{kind}", {**whole, "userId": evil * 9}, {}
        yield f"/v1/{kind}", f'{{"userId": "{MARK}'.encode(), {}
    yield "/v1/batch", {"batch": [{**whole, "type": evil}, {**whole, "type": "track"}, evil, {}]}, {}
    yield "/v1/batch", {"batch": evil, "sentAt": evil}, {}
    yield f"/v1/{MARK}", whole, {}
    yield "/v1/consents", whole, {}


def test_nothing_of_what_is_sent_is_told_to_logs_or_counts_or_in_answers(
    database: Database, written: list[str]
) -> None:
    with served(database) as shop:
        for path, body, headers in everywhere(EVIL):
            answer = shop.post(path, body, headers=headers)
            assert answer.status < 500 and MARK.encode() not in answer.body, (path, answer.body)
        for path in (f"/v1/projects/{MARK}/settings", f"/sourceConfig?writeKey={MARK}", f"/v1/people/{MARK}"):
            assert MARK.encode() not in shop.ask("GET", path).body
        database.run(AWAY)  # now it is our fault
        assert shop.post("/v1/track", {"event": EVIL, "userId": EVIL}).status == 429
        database.run(BACK)
        assert MARK not in shop.ask("GET", "/metrics").body.decode()
        assert shop.post("/v1/track", {"event": EVIL, "userId": EVIL}).status == 200
    assert any("messages cannot be kept" in line for line in written), "the log was read"
    assert [line for line in written if MARK in line] == []
    log = Path(database.run(FOLDER)[0]["folder"]) / "server.log"
    if log.is_file():
        assert MARK not in log.read_text(encoding="utf-8", errors="replace")
