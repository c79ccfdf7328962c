"""Beliefs about arms: quantiles as a library has them, drawn to the slot, narrower with more seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta as beta_distribution

from parcours.decisions.learning.counts import Counts, counted
from parcours.decisions.learning.delay import at_once
from parcours.decisions.learning.posterior import beta, normal, of_amounts, of_rates, prior_of_amounts, prior_of_rates

A = np.array([0.34, 0.9, 1, 1, 2, 5, 50, 1000, 30_000, 3, 400, 1])
B = np.array([0.9, 0.9, 1, 30, 1000, 5, 1e6, 1000, 40_000, 1e6, 1, 1e7])
NAMES = tuple(f"arm{n}" for n in range(len(A)))


def test_quantiles_of_rates_are_those_of_beta_distributions_within_a_thousandth() -> None:
    u = np.concatenate([np.linspace(1e-4, 1 - 1e-4, 1999), [1e-9, 1 - 1e-9]])[:, None] * np.ones(len(A))
    found, right = beta(NAMES, A, B, A, B).quantile(u), beta_distribution.ppf(u, A, B)
    assert np.abs(found - right).max() < 1e-3
    assert np.abs(found / right - 1).max() < 1e-3
    assert np.abs(beta_distribution.cdf(found, A, B) - u).max() < 5e-4


def test_the_extremes_that_chance_gives_are_within_reach() -> None:
    ends = np.array([[2.0**-53] * len(A), [1 - 2.0**-53] * len(A)])
    found = beta(NAMES, A, B, A, B).quantile(ends)
    assert np.isfinite(found).all()
    assert (found[0] < found[1]).all()


def test_intervals_of_amounts_are_the_normal_s() -> None:
    low, high = normal(("a",), np.array([3.0]), np.array([2.0]), np.ones(1), np.ones(1)).interval(0.95)
    assert (low[0], high[0]) == pytest.approx((3 - 1.959964 * 2, 3 + 1.959964 * 2), abs=1e-3)


def test_arms_that_differ_by_chance_only_are_drawn_to_the_slot_harder_than_arms_that_differ() -> None:
    shown = np.full(8, 1000.0)
    alike = prior_of_rates(shown, np.array([98.0, 102, 95, 105, 99, 101, 97, 103]))
    apart = prior_of_rates(shown, np.array([20.0, 180, 40, 160, 60, 140, 80, 120]))
    assert alike[0] / sum(alike) == pytest.approx(0.1, abs=1e-3)
    assert apart[0] / sum(apart) == pytest.approx(0.1, abs=1e-3)
    assert sum(alike) > 2 * sum(apart)


def test_the_prior_by_moments_is_near_what_arms_were_drawn_from() -> None:
    chance = np.random.default_rng(2)
    rates = chance.beta(5, 95, 200)
    shown = np.full(200, 3000.0)
    a, b = prior_of_rates(shown, chance.binomial(3000, rates).astype(float))
    assert a == pytest.approx(5, rel=0.2)
    assert b == pytest.approx(95, rel=0.2)
    means = chance.normal(10, 4, 200)
    middle, between = prior_of_amounts(shown, chance.normal(means, 1) * shown, np.full(200, 3000.0))
    assert middle == pytest.approx(10, rel=0.1)
    assert between == pytest.approx(16, rel=0.25)


@pytest.mark.parametrize("rate", [0.0, 0.5, 0.97, 1.0])
def test_extreme_slots_have_a_proper_prior(rate: float) -> None:
    a, b = prior_of_rates(np.array([100.0, 100.0]), np.array([100.0, 100.0]) * rate)
    assert a > 0.3
    assert b > 0.3
    assert a / (a + b) == pytest.approx(rate, abs=0.05)


def test_means_and_intervals_cover_the_truth_as_often_as_they_say() -> None:
    chance, hit = np.random.default_rng(4), []
    for _ in range(200):
        rates = chance.beta(4, 60, 10)
        shown = chance.integers(50, 2000, 10).astype(float)
        won = chance.binomial(shown.astype(int), rates).astype(float)
        table = [column[:, None] for column in (shown, won, won, won)]
        found = of_rates(Counts(NAMES[:10], np.array([5]), *table), now=6.0, delay=at_once())
        low, high = found.interval(0.9)
        hit.append((low < rates) & (rates < high))
    assert np.mean(hit) == pytest.approx(0.9, abs=0.02)


def test_an_arm_with_few_rewards_of_great_worth_does_not_pass_for_certain() -> None:
    rows = [("a", 1, 1000, 50, 2500.0, 150_000.0), ("b", 1, 10, 1, 200.0, 40_000.0), ("c", 1, 0, 0, 0.0, 0.0)]
    found = of_amounts(counted(["a", "b", "c"], rows), now=2.0, delay=at_once())
    assert found.mean[0] == pytest.approx(2.5, abs=0.1)
    assert found.mean[1] < 8  # and not 20, the mean of ten
    assert found.sd[1] > 2 * found.sd[0]
    assert found.mean[2] == pytest.approx(2700 / 1010)  # the slot's


def test_half_a_life_later_an_hour_counts_half() -> None:
    counts = counted(["a"], [("a", 0, 800, 80, 80.0, 80.0)])
    found = of_rates(counts, now=48.5, delay=at_once(), half_life=24.0)
    assert found.shown[0] == pytest.approx(200)
    assert found.rewarded[0] == pytest.approx(20)


def test_nothing_seen_is_the_same_belief_for_all() -> None:
    for learn in (of_rates, of_amounts):
        found = learn(counted(["a", "b"], []), now=5.0, delay=at_once())
        assert found.mean[0] == found.mean[1]
        assert found.sd[0] == found.sd[1] > 0
