"""Messages as Segment's spec has them: what is kept, what is refused and why, and when it happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parcours.collect import Collected, Refusal, Rejected, read_batch, read_call
from parcours.collect.message import LARGEST_CALL, subject

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def call(kind: str = "track", **message: object) -> Collected:
    told = {"event": "Product Viewed", "anonymousId": "a1", "messageId": "m1", **message}
    return read_call(json.dumps(told).encode(), kind, source="web", now=NOW)


def batch(*messages: object, **more: object) -> list[Collected | Rejected]:
    return list(read_batch(json.dumps({"batch": messages, **more}).encode(), source="web", now=NOW))


def test_a_call_is_kept_as_it_came() -> None:
    body = b'{"event": "Caf\xc3\xa9",  "userId": "u", "properties": {"price": 12.50}}'
    kept = read_call(body, "track", source="web", now=NOW)
    assert (kept.kind, kept.name, kept.user_id, kept.anonymous_id) == ("track", "Café", "u", None)
    assert kept.body.encode() == body
    assert kept.event_time == kept.received_at == NOW


def test_the_clock_of_who_sends_is_mended() -> None:
    """The phone is a year and an hour ahead; the event happened a minute before it was sent."""
    sent = NOW + timedelta(days=365, hours=1)
    kept = call(originalTimestamp=(sent - timedelta(minutes=1)).isoformat(), sentAt=sent.isoformat())
    assert kept.event_time == NOW - timedelta(minutes=1)


def test_libraries_that_send_timestamp_and_sent_at_have_their_clock_mended_too() -> None:
    (kept,) = batch(
        {"type": "track", "event": "x", "userId": "u", "timestamp": "2020-01-01T00:00:00Z"},
        sentAt="2020-01-01T00:00:05Z",
    )
    assert isinstance(kept, Collected)
    assert kept.event_time == NOW - timedelta(seconds=5)


def test_an_import_says_when_it_was() -> None:
    assert call(timestamp="2024-02-29T10:00:00+02:00").event_time == datetime(2024, 2, 29, 8, tzinfo=UTC)
    assert call(timestamp="2024-02-29T10:00:00").event_time == datetime(2024, 2, 29, 10, tzinfo=UTC)


@pytest.mark.parametrize("odd", ["soon", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "2027-03-01", ""])
def test_a_time_that_cannot_be_is_the_time_it_was_received(odd: str) -> None:
    assert call(timestamp=odd).event_time == NOW
    assert call(originalTimestamp=odd, sentAt="0001-01-01T00:00:00+12:00").event_time == NOW


def test_the_same_message_has_the_same_key_and_another_source_another() -> None:
    assert call().key == call(event="Renamed since").key
    assert call().key != call(messageId="m2").key
    assert call().key != read_call(b'{"event":"x","userId":"u","messageId":"m1"}', "track", source="app", now=NOW).key


def test_without_a_message_id_the_message_itself_tells_it_apart() -> None:
    assert call(messageId=None).key == call(messageId=None).key != call(messageId=None, event="other").key


def test_the_browser_is_whom_it_is_found_under_else_the_log_in() -> None:
    assert call(userId="u").subject == subject("cookie=a1")
    assert call(userId="u", anonymousId="").subject == subject("login=u")
    assert 0 <= call().subject < 2**63


def test_numbers_are_identifiers_too() -> None:
    assert call(userId=12345).user_id == "12345"


@pytest.mark.parametrize(
    ("kind", "message", "code"),
    [
        ("track", {"event": None}, "no_event"),
        ("track", {"anonymousId": None}, "no_identifier"),
        ("track", {"anonymousId": "  "}, "no_identifier"),
        ("alias", {"userId": "u"}, "no_previous_id"),
        ("group", {}, "no_group"),
        ("track", {"userId": "u" * 256}, "identifier_too_long"),
        ("track", {"properties": [1]}, "not_an_object"),
        ("identify", {"traits": "x"}, "not_an_object"),
        ("track", {"event": {"a": 1}}, "not_json"),
    ],
)
def test_what_the_spec_does_not_allow_is_refused(kind: str, message: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        call(kind, **message)
    assert (refused.value.code, refused.value.status) == (code, 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"event": "\xff"}',
        b'{"a": NaN}',
        b'{"a": "\x00"}',
        b'{"event": "\\ud800"}',
        b'{"a": ' + b"[" * 9000,
    ],
)
def test_what_is_not_json_is_refused_without_being_repeated(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_call(body, "track", source="web", now=NOW)
    assert refused.value.code == "not_json"


def test_a_call_is_at_most_32_kilobytes() -> None:
    body = json.dumps({"event": "x", "userId": "u"}).encode()
    assert read_call(body + b" " * (LARGEST_CALL - len(body)), "track", source="web", now=NOW).name == "x"
    with pytest.raises(Refusal, match="at most 32 KB"):
        read_call(body + b" " * (LARGEST_CALL + 1 - len(body)), "track", source="web", now=NOW)


@pytest.mark.parametrize(
    ("address", "kept"), [("203.0.113.77", "203.0.113.0"), ("2001:db8:1:2::9", "2001:db8:1::"), ("at home", "")]
)
def test_the_address_in_a_rejected_message_is_cut_too(address: str, kept: str) -> None:
    (one,) = batch({"type": "dance", "userId": "u", "context": {"ip": address}})
    assert isinstance(one, Rejected)
    assert json.loads(one.body)["context"]["ip"] == kept


def test_one_bad_message_of_a_batch_is_kept_as_rejected_and_the_others_are_kept() -> None:
    good = {"type": "page", "anonymousId": "a", "name": "Home"}
    found = batch(good, {"type": "dance", "userId": "u"}, 7, {**good, "properties": {"x": "y" * LARGEST_CALL}}, good)
    assert [type(one) for one in found] == [Collected, Rejected, Rejected, Rejected, Collected]
    assert [one.reason for one in found if isinstance(one, Rejected)] == ["unknown_type", "not_json", "too_large"]
    assert [one.body for one in found if isinstance(one, Rejected)][:2] == ['{"type": "dance", "userId": "u"}', "7"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"batch": 3}', b'{"batch": ', b"\xff"])
def test_a_batch_that_cannot_be_read_is_refused_whole(body: bytes) -> None:
    with pytest.raises(Refusal):
        list(read_batch(body, source="web", now=NOW))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300))
def test_whatever_arrives_is_kept_or_refused(body: bytes) -> None:
    for kind in ("track", "identify"):
        try:
            read_call(body, kind, source="web", now=NOW)
        except Refusal:
            continue


_json = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.just([]), st.just({}), st.just({"a": [1, {"b": None}]}),
)  # fmt: skip
_names = st.sampled_from(["type", "userId", "anonymousId", "event", "timestamp", "sentAt", "messageId", "properties"])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(_names, _json), max_size=5))
def test_every_message_of_a_batch_is_answered_for(messages: list[dict[str, object]]) -> None:
    assert len(batch(*messages)) == len(messages)
