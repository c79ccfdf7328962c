"""Keys are known as soon as they are made and no longer than they may be, however many call at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from parcours.server import door, keys
from parcours.testing.served import Served

EVENT = {"anonymousId": "a", "event": "Seen"}


def test_a_key_that_was_just_made_opens_for_all_who_call_at_once(shop: Served) -> None:
    assert shop.post("/v1/track", EVENT).status == 200  # keys were read before
    made = [keys.make(shop.database, "web", ["collect"])[1] for _ in range(3)]
    with ThreadPoolExecutor(12) as callers:
        found = list(callers.map(lambda number: shop.post("/v1/track", EVENT, key=made[number % 3]).status, range(24)))
    assert found == [200] * 24


def test_a_key_that_was_revoked_opens_nothing_once_keys_are_old(shop: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    key_id, key = keys.make(shop.database, "web", ["collect"])
    assert shop.post("/v1/track", EVENT, key=key).status == 200
    keys.revoke(shop.database, key_id)
    monkeypatch.setattr(door, "FRESH", 0.0)
    assert shop.post("/v1/track", EVENT, key=key).status == 401
