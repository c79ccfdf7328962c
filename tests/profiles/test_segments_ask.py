"""What segments ask whether people did is counted beside the attributes, in columns of their own."""

from __future__ import annotations

from pathlib import Path

from parcours import profiles
from parcours.engine import Draft
from parcours.rules import activities

from .shop import build, event, order, project, put

EVENTS = [event(1, 10, 3, "product_viewed", product_id="wine"), event(2, 11, 20, "product_viewed", product_id="bread"),
          event(3, 20, 1, "page"), event(4, 20, -1, "product_viewed")]  # fmt: skip
SEGMENTS = """
  looked:
    who: {did: {event: product_viewed, within: 14 days}}
  looked_and_left:
    who: {sequence: {first: {event: product_viewed}, then_not: {order: any}}}
"""


def test_each_activity_is_a_column_of_counts(draft: Draft, tmp_path: Path) -> None:
    put(draft, events=EVENTS, orders=[order(1, 10, 15)])
    shop = project(tmp_path, "  n: {kind: count, of: events}\n", SEGMENTS)
    made = build(draft, shop)
    looked, left = (activities(segment.who)[0].column for segment in shop.segments.values())
    # ann looked 3 days ago, and 20 days ago (she bought five days later); bob will look tomorrow
    assert {who: (row[looked], row[left]) for who, row in made.items()} == {1: (1, 1), 2: (0, 0)}
    assert list(profiles.columns(shop)) == ["n"]
