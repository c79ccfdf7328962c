"""A log played again to a learner: only what it would have shown itself counts."""

from __future__ import annotations

import numpy as np
import pytest

from parcours.decisions.evaluation import CannotTell, Log, Replayed, replay


def even(people: int = 6000, arms: int = 3) -> Log:
    maker = np.random.default_rng(4)
    action = maker.integers(0, arms, people)
    reward = (maker.random(people) < np.array([0.1, 0.3, 0.2])[action]).astype(float)
    return Log(action, reward, np.full(people, 1 / arms))


def test_one_arm_always_earns_what_it_earned_in_the_log() -> None:
    log = even()
    found = replay(log, lambda rows: np.full(len(rows), 1), lambda rows: None)
    assert isinstance(found, Replayed)
    assert found.value == log.reward[log.action == 1].mean()
    assert (found.kept, found.offered) == ((log.action == 1).sum(), 6000)
    assert found.low < 0.3 < found.high


def test_a_learner_is_told_what_it_would_have_shown_and_no_more() -> None:
    log, sums, told = even(), np.zeros((2, 3)), []

    def choose(rows: np.ndarray) -> np.ndarray:
        if not told:
            return rows % 3
        return np.full(len(rows), (sums[0] / np.maximum(sums[1], 1)).argmax())

    def learn(rows: np.ndarray) -> None:
        told.append(rows)
        np.add.at(sums[0], log.action[rows], log.reward[rows])
        np.add.at(sums[1], log.action[rows], 1)

    found = replay(log, choose, learn, group=600)
    assert isinstance(found, Replayed)
    assert found.kept == sum(map(len, told)) == sums[1].sum()
    assert (log.action[told[0]] == told[0] % 3).all()
    assert found.value > 0.27


def test_a_log_that_favoured_arms_cannot_be_replayed() -> None:
    log = even()
    uneven = Log(log.action, log.reward, np.where(log.action == 0, 0.5, 0.25))
    assert replay(uneven, lambda rows: rows % 3, lambda rows: None) == CannotTell("uneven", 0.0, 100)
    few = Log(log.action[:90], log.reward[:90], log.propensity[:90])
    found = replay(few, lambda rows: rows % 3, lambda rows: None)
    assert isinstance(found, CannotTell)
    assert (found.reason, found.ess < 90) == ("few_decisions", True)
    empty = Log(*(np.zeros(0),) * 3)
    assert replay(empty, lambda rows: rows, lambda rows: None) == CannotTell("no_decisions", 0.0, 100)


def test_the_replay_is_the_same_again() -> None:
    one, other = (replay(even(), lambda rows: rows % 3, lambda rows: None) for _ in range(2))
    assert one == other
    assert isinstance(one, Replayed)
    assert one.value == pytest.approx(0.2, abs=0.03)
