"""Linear models of arms: what they learn, what they choose, and that the chance told is the frequency."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from parcours.decisions.learning import chance
from parcours.decisions.learning.delay import Delay, at_once
from parcours.decisions.learning.features import Category, Features, Flag, Number
from parcours.decisions.learning.linear import (
    Linear,
    Moments,
    chance_of,
    learned,
    moments,
    none,
    propensities,
    thompson,
    ucb,
)
from parcours.decisions.learning.thompson import NOBODY

FEATURES = Features((Number("spend", 0, 200), Flag("member"), Category("device", ("phone", "desk"))))


def test_numbers_flags_and_categories_have_their_columns() -> None:
    assert FEATURES.columns == ("1", "spend", "member", "device=phone", "device=desk")
    found = FEATURES.table({
        "spend": np.array([50, 300, np.nan]), "member": np.array([1.0, 0.0, np.nan]),
        "device": np.array(["desk", "fridge", None], object),
    }, 3)  # fmt: skip
    assert found.tolist() == [[1, 0.25, 1, 0, 1], [1, 1, 0, 0, 0], [1, 0.5, 0, 0, 0]]
    assert FEATURES.table({}, 1).tolist() == [[1, 0.5, 0, 0, 0]]


def test_one_person_has_the_numbers_of_its_row() -> None:
    facts = [{"spend": 50, "member": True, "device": "desk"}, {"spend": -3.0, "device": None}, {"member": False}]
    table = FEATURES.table({
        "spend": np.array([50.0, -3.0, np.nan]), "member": np.array([1.0, np.nan, 0.0]),
        "device": np.array(["desk", None, None], object),
    }, 3)  # fmt: skip
    assert [FEATURES.one(each)[0].tolist() for each in facts] == table.tolist()


def log(people: int = 6000, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, arms, days and rewards of a shop where members like arm 1, others arm 0, and nobody arm 2."""
    maker = np.random.default_rng(seed)
    x = np.column_stack([np.ones(people), maker.integers(0, 2, people)]).astype(float)
    arm, day = maker.integers(0, 3, people), maker.integers(100, 104, people)
    rate = np.array([[0.3, 0.1], [0.1, 0.4], [0.05, 0.05]])[arm, x[:, 1].astype(int)]
    return x, arm, day, (maker.random(people) < rate).astype(float)


def test_statistics_of_all_days_are_those_of_its_parts() -> None:
    x, arm, day, reward = log(500)
    whole = moments("abc", x, arm, day, reward)
    parts = moments("abc", x[:200], arm[:200], day[:200], reward[:200])
    parts = parts + moments("abc", x[200:], arm[200:], day[200:], reward[200:])
    for name in ("days", "a", "b", "shown", "total", "squares"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))
    here = (arm == 1) & (day == whole.days[2])
    assert whole.a[2, 1] == pytest.approx(x[here].T @ x[here])
    assert whole.b[2, 1] == pytest.approx(reward[here] @ x[here])
    assert (whole + none("abc", 2)).shown.tolist() == whole.shown.tolist()
    assert whole.of("cx").shown[:, 0].tolist() == whole.shown[:, 2].tolist()
    assert whole.of("cx").b[:, 1].sum() == 0


def test_weights_are_those_of_a_ridge_regression_drawn_to_all_arms_together() -> None:
    x, arm, day, reward = log()
    model = learned(moments("abc", x, arm, day, reward), now=104 * 24.0, delay=at_once())

    def ridge(x: np.ndarray, y: np.ndarray, start: np.ndarray) -> np.ndarray:
        return start + Ridge(model.ridge, fit_intercept=False).fit(x, y - x @ start).coef_

    together = ridge(x, reward, np.array([reward.mean(), 0.0]))
    for n in range(3):
        assert model.weights[n] == pytest.approx(ridge(x[arm == n], reward[arm == n], together), abs=1e-9)
    assert model.noise == pytest.approx(reward.var())
    assert model.ridge == pytest.approx(reward.var() / (0.25 * reward.mean() ** 2))


def test_each_kind_of_person_is_shown_what_it_likes() -> None:
    x, arm, day, reward = log()
    model = learned(moments("abc", x, arm, day, reward), now=104 * 24.0, delay=at_once())
    people = np.column_stack([np.ones(2000), np.arange(2000) % 2])
    uniforms = chance.uniform(1, "s", "1", np.arange(2000), "abc")
    chosen, told = thompson(model, people, np.ones((2000, 3), bool), uniforms)
    assert (chosen == np.arange(2000) % 2).mean() > 0.99
    assert told.min() > 0
    upper, certain = ucb(model, people, np.ones((2000, 3), bool))
    assert (upper == np.arange(2000) % 2).all()
    assert (certain == 1).all()


def test_days_decay_and_young_days_count_as_far_as_rewards_have_come() -> None:
    x, arm, day, reward = log()
    found = moments("abc", x, arm, day, reward)
    half_day = Delay(np.array([0.0, 48.0]), np.array([0.0, 1.0]))
    model = learned(found, now=104 * 24.0, delay=half_day)  # the last day is 0 to 24 hours old: F is 1/4, then 3/4
    ripe = np.array([1, 1, 0.75, 0.25]) @ found.shown.sum(axis=1)
    mean = reward.sum() / ripe
    assert model.noise == pytest.approx(mean - mean**2)
    decayed = found.bounded(104, 1.0, keep=2)
    assert len(decayed.days) == 2
    one, other = (learned(each, now=104 * 24.0, delay=at_once(), half_life=24.0) for each in (found, decayed))
    assert other.weights == pytest.approx(one.weights, rel=1e-9)


def test_nothing_counted_yet_is_even() -> None:
    model = learned(none("ab", 3), now=10.0, delay=at_once())
    told = propensities(model, np.array([[1.0, 0.3, 0.0]]), np.ones((1, 2), bool))
    assert told == pytest.approx(np.array([[0.5, 0.5]]))


@pytest.mark.parametrize("narrow", [1.0, 3.0, 10.0, 100.0])
def test_the_chance_told_is_the_frequency_also_where_some_arms_are_known_far_better(narrow: float) -> None:
    maker = np.random.default_rng(6)
    mean, sd = np.array([[0.0, 0.5, -0.5, 0.4]]), np.array([[1.0, 1 / narrow, 1 / narrow, 0.7]])
    drawn = (mean + sd * maker.normal(size=(1_000_000, 4))).argmax(axis=1)
    often = np.bincount(drawn, minlength=4) / len(drawn)
    all_arms = np.ones((1, 4), bool)
    told = [chance_of(np.array([n]), mean, sd, all_arms)[0] for n in range(4)]
    assert np.abs(told - often).max() < 0.002
    assert sum(told) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("kind", ["thompson", "ucb"])
def test_one_person_gets_its_row_and_only_allowed_arms(kind: str) -> None:
    x, arm, day, reward = log()
    model = learned(moments("abc", x, arm, day, reward), now=104 * 24.0, delay=at_once())
    ids = np.arange(8)
    may = (np.arange(8)[:, None] >> np.arange(3) & 1).astype(bool)
    people = np.column_stack([np.ones(8), ids % 2]).astype(float)
    uniforms, exploring = chance.uniform(1, "s", "1", ids, "abc"), chance.one(1, "s", "1", ids)

    def choose(rows: slice) -> tuple[np.ndarray, np.ndarray]:
        how = {"explore": 0.1, "exploring": exploring[rows]}
        if kind == "ucb":
            return ucb(model, people[rows], may[rows], **how)
        return thompson(model, people[rows], may[rows], uniforms[rows], **how)

    chosen, told = choose(slice(None))
    for n in range(8):
        alone = choose(slice(n, n + 1))
        assert (alone[0][0], alone[1][0]) == (chosen[n], pytest.approx(told[n], rel=1e-9))
        assert chosen[n] == NOBODY if n == 0 else may[n, chosen[n]]


def test_an_arm_of_which_little_is_known_is_tried_by_the_upper_bound() -> None:
    few = Moments(("a", "b"), np.array([1]), np.array([[[[1000.0]], [[2.0]]]]), np.array([[[100.0], [0.1]]]),
                  np.array([[1000.0, 2.0]]), np.array([[100.0, 0.1]]), np.array([[100.0, 0.1]]))  # fmt: skip
    model: Linear = learned(few, now=48.0, delay=at_once())
    assert ucb(model, np.ones((1, 1)), np.ones((1, 2), bool), width=2.0)[0][0] == 1
    assert ucb(model, np.ones((1, 1)), np.ones((1, 2), bool), width=0.0)[0][0] == 0
