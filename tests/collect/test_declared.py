"""What a retailer declares of events: what does not fit is told, or refused, and nothing else is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from parcours.collect import Collected, read_call
from parcours.collect.declared import MOST_MISFITS, Declarations, Sifted
from parcours.model.value import Place
from parcours.project.definitions import Source
from parcours.project.happening import DeclaredEvent
from parcours.sources.collected import Collected as Kind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
VIEWED = DeclaredEvent(
    required=("product_id",), properties={"product_id": "text", "price": "number", "gift": "yes or no"}
)


def declarations(event: DeclaredEvent = VIEWED, *, unknown: str = "allow", otherwise: str = "flag") -> Declarations:
    kind = Kind(events={"Product Viewed": event}, unknown_events=unknown, when_it_does_not_fit=otherwise)
    return Declarations([Source(name="site", kind=kind, tables={}, place=Place("sources/site.yaml"))])


def track(
    event: str = "Product Viewed", *, now: datetime = NOW, source: str = "web", **properties: object
) -> Collected:
    told = {"event": event, "userId": "u", "properties": properties}
    return read_call(json.dumps(told).encode(), "track", source=source, now=now)


def told(found: Sifted) -> list[tuple[str, str, bool]]:
    return [(each.property, each.code, each.refused) for each in found.misfits]


@pytest.mark.parametrize(
    ("properties", "misfits"),
    [
        ({"product_id": "tea", "price": 4}, []),
        ({"product_id": "tea", "price": None, "gift": False}, []),
        ({"product_id": "tea", "size": "S"}, []),
        ({}, [("product_id", "missing_property", False)]),
        ({"product_id": None}, [("product_id", "missing_property", False)]),
        ({"product_id": 7}, [("product_id", "wrong_type", False)]),
        ({"product_id": "tea", "price": "4,50"}, [("price", "wrong_type", False)]),
        ({"product_id": "tea", "price": True}, [("price", "wrong_type", False)]),
        ({"product_id": "tea", "price": [4]}, [("price", "wrong_type", False)]),
    ],
)
def test_an_event_is_held_against_what_is_declared(properties: dict[str, object], misfits: list[object]) -> None:
    message = track(**properties)
    found = declarations().sift([message], "web")
    assert (told(found), found.good, list(found.refused)) == (misfits, [message], [])
    assert found.flagged == (1 if misfits else 0)


def test_what_is_refused_tells_everything_that_does_not_fit_and_the_rest_is_kept() -> None:
    bad, good = track(price="4"), track(product_id="tea")
    found = declarations(otherwise="refuse").sift([bad, good], "web")
    assert found.good == [good]
    (refused,) = found.refused
    assert (refused.key, refused.reason, refused.body) == (bad.key, "missing_property", bad.body)
    assert refused.detail == "'product_id' is missing; 'price' must be a number, not text"
    assert told(found) == [("price", "wrong_type", True), ("product_id", "missing_property", True)]


def test_a_property_that_is_not_declared_is_told_and_never_refused() -> None:
    event = DeclaredEvent(required=("product_id",), other="flag")
    found = declarations(event, otherwise="refuse").sift([track(product_id="tea", size="S")], "web")
    assert (told(found), len(found.good)) == ([("size", "undeclared_property", False)], 1)


@pytest.mark.parametrize(("unknown", "kept", "misfits"), [
    ("allow", 1, []), ("flag", 1, [("", "unknown_event", False)]), ("refuse", 0, [("", "unknown_event", True)]),
])  # fmt: skip
def test_an_event_that_is_not_declared(unknown: str, kept: int, misfits: list[object]) -> None:
    found = declarations(unknown=unknown).sift([track("Wheel Turned")], "web")
    assert (len(found.good), told(found)) == (kept, misfits)


def test_an_event_is_known_however_it_is_spelled_and_other_calls_are_not_events() -> None:
    same = declarations(unknown="refuse")
    assert same.sift([track("product viewed", product_id="tea")], "web").refused == ()
    assert same.sift([track("product_viewed", product_id="tea")], "web").refused == ()
    assert same.sift([track("Decision Clicked", key="a")], "web").refused == (), "our own script sends it"
    page = read_call(json.dumps({"userId": "u", "name": "Home"}).encode(), "page", source="web", now=NOW)
    assert same.sift([page], "web").good == [page]


def test_another_source_is_not_looked_at() -> None:
    message = track(source="app")
    assert declarations(unknown="refuse", otherwise="refuse").sift([message], "app") == Sifted([message])


def test_the_same_misfit_is_written_again_after_an_hour_and_counted_each_time() -> None:
    declared = declarations()
    written = []
    for minutes in (0, 59, 60, 61):
        found = declared.sift([track(now=NOW + timedelta(minutes=minutes))], "web")
        declared.written(found, "web")
        written.append(len(found.misfits))
    assert written == [1, 0, 1, 0]
    assert declared.misfits == {("web", "flagged"): 4}


def test_names_that_are_made_up_do_not_fill_the_memory() -> None:
    declared = declarations(unknown="flag")
    for at in range(0, MOST_MISFITS + 500, 500):
        declared.written(declared.sift([track(f"made up {at + each}") for each in range(500)], "web"), "web")
    assert declared.sift([track("another")], "web").misfits == []
    assert declared.misfits == {("web", "flagged"): MOST_MISFITS + 500}
