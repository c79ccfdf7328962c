"""Rows of anybody become one list a person, in the order that was asked for."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from parcours.publication.lists import lists

ROWS = pa.table({
    "owner": pa.array([30, 10, 30, 10, 99, 30], pa.int64()),
    "score": ["b", "a", "a", None, "a", "a"],
    "place": pa.array([1, 1, 2, 1, 1, 1], pa.int64()),
    "at": pa.array([datetime(2026, 1, day) for day in (1, 2, 3, 4, 5, 6)], pa.timestamp("us")),
    "told": ["30b1", "10a1", "30a2", "10-1", "99a1", "30a1"],
})  # fmt: skip
OWNERS = np.array([10, 20, 30])


def test_each_owner_has_theirs_in_order_and_others_are_left_out() -> None:
    assert lists(ROWS, OWNERS, ["score", "place"]).texts().to_pylist() == ["10a1,10-1", "", "30a1,30a2,30b1"]


def test_the_newest_come_first_and_no_more_than_are_asked_for() -> None:
    found = lists(ROWS, OWNERS, ["at"], newest=True, most=2)
    assert found.texts().to_pylist() == ["10-1,10a1", "", "30a1,30a2"]
    assert found.first("at").to_pylist() == [datetime(2026, 1, 4), None, datetime(2026, 1, 6)]


def test_numbers_stay_numbers() -> None:
    numbers = lists(ROWS.select(["owner"]).append_column("told", ROWS["place"]), OWNERS, ["told"]).numbers()
    assert numbers.to_pylist() == [[1, 1], [], [1, 1, 2]]


def test_an_owner_may_be_asked_for_twice_and_in_any_order() -> None:
    assert lists(ROWS, np.array([30, 10, 30]), ["place"]).first("place").to_pylist() == [1, 1, 1]
    assert lists(ROWS, np.array([99, 10, 99]), ["at"]).texts().to_pylist() == ["99a1", "10a1,10-1", "99a1"]


@pytest.mark.parametrize("order", [[1, 3, 5, 2, 0, 4], [0, 1, 2, 3, 4, 5]])
def test_rows_that_come_in_order_and_rows_that_do_not_give_the_same(order: list[int]) -> None:
    found = lists(ROWS.take(pa.array(order)), np.array([10, 30, 99]), ["score", "place"])
    assert found.texts().to_pylist() == ["10a1,10-1", "30a1,30a2,30b1", "99a1"]


def test_nobody_and_nothing_make_empty_lists() -> None:
    nothing = ROWS.slice(0, 0)
    assert lists(nothing, OWNERS, ["score", "at"]).texts().to_pylist() == ["", "", ""]
    assert lists(nothing, OWNERS, ["at"]).first("at").to_pylist() == [None, None, None]
    assert len(lists(ROWS, OWNERS[:0], ["at"]).texts()) == 0
