"""Chance by hash: the same for one person as in a table, even, and without a thread from one number to another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from parcours.decisions.learning import chance

IDS = st.integers(-(2**63), 2**63 - 1)


def test_the_finaliser_gives_the_published_numbers() -> None:
    """The first three numbers of splitmix64 from seed 1234567, as in the test vectors of its other implementations."""
    golden, state, found = 0x9E3779B97F4A7C15, 1234567, []
    for _ in range(3):
        found.append(int(chance.mixed(np.array([state], np.uint64))[0]))
        state = (state + golden) % 2**64
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**63), ids=st.lists(IDS, min_size=1, max_size=6), arms=st.sets(st.text(), min_size=1))
def test_one_person_alone_gets_the_row_of_the_table(seed: int, ids: list[int], arms: set[str]) -> None:
    names, persons = sorted(arms), np.array(ids, np.int64)
    table = chance.uniform(seed, "home", "3", persons, names)
    assert ((table > 0) & (table < 1)).all()
    for n, person in enumerate(ids):
        alone = chance.uniform(seed, "home", "3", np.array([person], np.int64), names[::-1])
        assert alone[0].tolist() == table[n, ::-1].tolist()
        assert chance.one(seed, "home", "3", persons)[n] == chance.one(seed, "home", "3", persons[n : n + 1])[0]


@pytest.mark.parametrize("ids", [np.arange(100_000), np.arange(100_000) * 2**32, -np.arange(100_000)])
def test_numbers_are_even_and_arms_do_not_hang_together(ids: np.ndarray) -> None:
    found = chance.uniform(7, "home", "1", ids, ["a", "b", "explore"])
    for column in (*found.T, chance.one(7, "home", "1", ids)):
        assert kstest(column, "uniform").pvalue > 0.001
    columns = np.column_stack([found, chance.one(7, "home", "1", ids), np.roll(found[:, 0], 1)])
    together = np.corrcoef(columns.T) - np.eye(5)
    assert np.abs(together).max() < 5 / np.sqrt(len(ids))


def test_another_seed_slot_or_version_is_another_number() -> None:
    ids = np.array([1], np.int64)
    given_ = [(1, "home", "1"), (2, "home", "1"), (1, "hom", "e1"), (1, "cart", "1"), (1, "home", "2")]
    numbers = {chance.uniform(*each, ids, ["a"])[0, 0] for each in given_}
    assert len(numbers) == len(given_)
