"""Where each value of a person's profile comes from: read anew from her facts, and counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from parcours import profiles
from parcours.engine import Draft

from .shop import AS_OF, build, event, line, order, project, put

ATTRIBUTES = """
  spend: {title: {en: Spend, fr: Dépense}, kind: sum, of: orders.net_amount}
  orders_30d: {kind: count, of: orders, within: 30 days}
  category: {kind: most_frequent, of: order_lines.category_1, by: net_amount}
  store: {kind: last, of: orders.store_city}
  hour: {kind: most_frequent, of: orders.hour}
  double: {kind: formula, value: spend * 2, type: integer, unit: money}
"""


def explained(draft: Draft, folder: Path, person: int) -> dict[str, profiles.Explained]:
    put(
        draft,
        orders=[order(1, 10, 5, 1000, store_id="S1"), order(2, 11, 400, 500), order(3, 20, 1, 900)],
        order_lines=[line(1, 10, 5, "wine", 1000), line(2, 11, 400, "bread", 500), line(3, 20, 1, "bread", 900)],
        events=[event(1, 10, 1, "page")],
    )
    shop = project(folder, ATTRIBUTES)
    build(draft, shop)
    return {each.name: each for each in profiles.explain(draft, shop, person)}


def test_each_attribute_says_how_many_facts_it_comes_from(draft: Draft, tmp_path: Path) -> None:
    found = explained(draft, tmp_path, 1)
    assert {name: (each.value, each.facts) for name, each in found.items()} == {
        "spend": (1500, 2), "orders_30d": (1, 1), "category": ("Drinks", 2), "store": ("Paris", 1), "hour": (13, 2),
        "double": (3000, 0)}  # fmt: skip


def test_it_is_told_with_title_kind_unit_and_what_it_stands_on(draft: Draft, tmp_path: Path) -> None:
    found = explained(draft, tmp_path, 1)
    spend, double = found["spend"], found["double"]
    assert (spend.title.in_("fr"), spend.kind, spend.type, spend.unit) == ("Dépense", "sum", "integer", "money")
    assert (double.title.in_("fr"), double.uses) == ("double", ("spend",))


def test_the_values_are_those_of_the_table(draft: Draft, tmp_path: Path) -> None:
    for person in (1, 2):
        found = explained(draft, tmp_path, person)
        draft.read("profiles")
        (row,) = draft.engine.rows(f"SELECT * FROM profiles WHERE person_id = {person}")
        assert {name: each.value for name, each in found.items()} == {name: row[name] for name in found}


def test_somebody_without_facts_is_explained_too(draft: Draft, tmp_path: Path) -> None:
    found = explained(draft, tmp_path, 77)
    assert {name: (each.value, each.facts) for name, each in found.items()} == {
        "spend": (0, 0), "orders_30d": (0, 0), "category": (None, 0), "store": (None, 0), "hour": (None, 0),
        "double": (0, 0)}  # fmt: skip


def test_the_profile_of_another_day_is_explained_as_it_was(draft: Draft, tmp_path: Path) -> None:
    explained(draft, tmp_path, 1)
    then = profiles.explain(draft, project(tmp_path, ATTRIBUTES), 1, as_of=AS_OF - timedelta(days=6))
    assert {each.name: each.value for each in then} == {
        "spend": 500, "orders_30d": 0, "category": "Food", "store": None, "hour": 13, "double": 1000}  # fmt: skip


def test_before_the_first_run_there_is_nothing_to_explain(draft: Draft, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="run the project first"):
        profiles.explain(draft, project(tmp_path, ATTRIBUTES), 1)
