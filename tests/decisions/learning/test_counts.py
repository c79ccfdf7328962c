"""Counts by arm and hour: added without loss, kept small without changing what is learned."""

from __future__ import annotations

import numpy as np
import pytest

from parcours.decisions.learning.counts import COLUMNS, Counts, counted, none
from parcours.decisions.learning.delay import at_once
from parcours.decisions.learning.posterior import of_amounts, of_rates

ROWS = [
    ("a", 10, 5, 1, 20.0, 400.0),
    ("b", 10, 4, 0, 0.0, 0.0),
    ("a", 12, 7, 2, 30.0, 500.0),
    ("a", 10, 1, 1, 5.0, 25.0),
]


def same(one: Counts, other: Counts) -> bool:
    return one.arms == other.arms and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("hours", *COLUMNS)
    )


def test_rows_of_a_cell_are_added_and_unknown_arms_left_out() -> None:
    found = counted(["b", "a"], [*ROWS, ("gone", 11, 9, 9, 9.0, 9.0)])
    assert found.hours.tolist() == [10, 12]
    assert found.shown.tolist() == [[4, 0], [6, 7]]
    assert found.rewarded.tolist() == [[0, 0], [2, 2]]
    assert found.total.tolist() == [[0, 0], [25, 30]]
    assert found.squares.tolist() == [[0, 0], [425, 500]]


def test_two_servers_counts_added_are_the_counts_of_all_rows() -> None:
    parts = counted(["a"], ROWS[:1]) + counted(["b", "a"], ROWS[1:])
    assert same(parts, counted(["a", "b"], ROWS))
    assert same(parts + none(["a"]), parts)


def test_arms_are_picked_and_new_ones_have_zeros() -> None:
    found = counted(["a", "b"], ROWS).of(["new", "b"])
    assert found.shown.tolist() == [[0, 0], [4, 0]]


def year() -> Counts:
    chance = np.random.default_rng(5)
    hours = np.arange(1000, 1000 + 24 * 200)
    shown = chance.poisson(20, (3, len(hours))).astype(float)
    rewarded = chance.binomial(shown.astype(int), 0.1).astype(float)
    return Counts(("a", "b", "c"), hours, shown, rewarded, rewarded * 3.0, rewarded * 9.0)


@pytest.mark.parametrize("learn", [of_rates, of_amounts])
def test_old_hours_in_one_column_change_nothing_that_is_learned(learn) -> None:
    counts, half_life = year(), 48.0
    then, now = float(counts.hours[2000]), float(counts.hours[-1] + 1)
    early = Counts(counts.arms, counts.hours[:2000], *(getattr(counts, name)[:, :2000] for name in COLUMNS))
    late = Counts(counts.arms, counts.hours[2000:], *(getattr(counts, name)[:, 2000:] for name in COLUMNS))
    small = (early.bounded(then, half_life) + late).bounded(now, half_life)
    assert len(small.hours) == 480
    whole, part = (learn(each, now=now, delay=at_once(), half_life=half_life) for each in (counts, small))
    assert part.mean == pytest.approx(whole.mean, rel=1e-12)
    assert part.sd == pytest.approx(whole.sd, rel=1e-12)


def test_without_a_half_life_nothing_is_lost_by_keeping_few_hours() -> None:
    counts = year()
    small = counts.bounded(float(counts.hours[-1]), None, keep=24)
    assert len(small.hours) == 25
    assert small.shown.sum(axis=1).tolist() == counts.shown.sum(axis=1).tolist()
    assert same(counts.bounded(float(counts.hours[-1]), None), counts)
