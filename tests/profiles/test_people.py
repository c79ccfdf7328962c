"""Whose profile it is, who has one, and in which order columns and rows stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from parcours import profiles
from parcours.engine import Draft

from .shop import build, order, project, put

COUNT = "  n: {kind: count, of: orders}\n"
ORDERS = [order(1, 10, 1), order(2, 11, 1), order(3, 20, 1), order(4, 30, 1), order(5, None, 1), order(6, 99, 1)]


def test_facts_of_all_records_of_a_person_are_hers(draft: Draft, tmp_path: Path) -> None:
    put(draft, orders=ORDERS)
    assert {who: row["n"] for who, row in build(draft, project(tmp_path, COUNT)).items()} == {1: 2, 2: 1}


def test_visitors_have_a_profile_when_the_project_says_so(draft: Draft, tmp_path: Path) -> None:
    put(draft, orders=ORDERS)
    shop = project(tmp_path, COUNT, anonymous=True)
    assert {who: (row["n"], row["known"]) for who, row in build(draft, shop).items()} == {
        1: (2, True), 2: (1, True), 3: (1, False)}  # fmt: skip


def test_who_was_merged_into_another_has_no_profile(draft: Draft, tmp_path: Path) -> None:
    persons = [
        {"person_id": 1, "known": True, "records": 1},
        {"person_id": 2, "known": True, "records": 0, "merged_into": 1},
    ]
    records = [{"record_id": 10, "person_id": 1}, {"record_id": 20, "person_id": 1}]
    put(draft, orders=ORDERS, persons=persons, record_persons=records)
    assert {who: row["n"] for who, row in build(draft, project(tmp_path, COUNT)).items()} == {1: 2}


def test_a_person_without_any_fact_has_a_profile_too(draft: Draft, tmp_path: Path) -> None:
    put(draft)
    shop = project(tmp_path, COUNT + "  last: {kind: last, of: orders.order_date}\n")
    assert build(draft, shop)[2] == {"person_id": 2, "known": True, "n": 0, "last": None}


def test_columns_stand_in_the_order_of_the_project_and_rows_in_that_of_persons(draft: Draft, tmp_path: Path) -> None:
    attributes = "  z: {kind: formula, value: n + 1}\n" + COUNT + "  a: {kind: distinct, of: orders.channel}\n"
    put(draft, orders=ORDERS)
    shop = project(tmp_path, attributes)
    build(draft, shop)
    made = draft.engine.arrow("SELECT * FROM profiles")
    assert made.column_names == ["person_id", "known", "z", "n", "a"]
    assert made["person_id"].to_pylist() == [1, 2]
    assert [(name, subject.type) for name, subject in profiles.columns(shop).items()] == [
        ("z", "number"), ("n", "integer"), ("a", "integer")]  # fmt: skip


def test_a_project_without_attributes_has_profiles_of_who_there_is(draft: Draft, tmp_path: Path) -> None:
    put(draft)
    assert build(draft, project(tmp_path, "")) == {
        1: {"person_id": 1, "known": True},
        2: {"person_id": 2, "known": True},
    }


def test_what_was_made_of_the_very_same_is_not_made_again(draft: Draft, tmp_path: Path) -> None:
    put(draft, orders=ORDERS)
    shop = project(tmp_path, COUNT)
    build(draft, shop)
    made = list(draft.made)
    build(draft, shop)
    assert draft.made == made


@pytest.mark.parametrize("piece", [1, 2, 3])
def test_many_people_are_joined_in_pieces_that_are_one_table(
    draft: Draft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr("parcours.profiles.plan.PIECE", piece)
    put(draft, orders=ORDERS)
    shop = project(tmp_path, COUNT, anonymous=True)
    assert {who: row["n"] for who, row in build(draft, shop).items()} == {1: 2, 2: 1, 3: 1}
    draft.read("profiles")
    assert draft.engine.arrow("SELECT person_id FROM profiles")["person_id"].to_pylist() == [1, 2, 3]
