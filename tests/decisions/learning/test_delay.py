"""Delays: what has not had its time is no failure yet."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from parcours.decisions.learning.counts import Counts
from parcours.decisions.learning.delay import BUCKETS, EDGES, Delay, at_once, bucket, exposure, learn
from parcours.decisions.learning.posterior import of_rates


def test_every_delay_has_the_bucket_of_its_edges() -> None:
    delays = np.array([0.0, 1 / 60, 3.0, 1e9])
    found = bucket(delays)
    assert found[0] == 0
    assert found[1] == 1
    assert EDGES[found[2]] <= 3.0 < EDGES[found[2] + 1]
    assert found[3] == BUCKETS - 1


def test_what_comes_within_an_hour_is_the_mean_over_the_hour() -> None:
    delay = Delay(np.array([0.0, 2.0, 6.0]), np.array([0.0, 0.5, 1.0]))
    for young, old in [(0.0, 1.0), (1.0, 2.0), (1.5, 3.0), (5.0, 9.0), (7.0, 8.0)]:
        area = quad(lambda age: float(delay.come(np.array(age))), young, old, points=[2.0, 6.0])[0]
        assert delay.between(np.array([young]), np.array([old]))[0] == pytest.approx(area / (old - young), abs=1e-6)
    assert delay.matured(np.array([10]), now=10.5)[0] == pytest.approx(0.0625)  # ages 0 to 0.5, F = age / 4
    assert delay.matured(np.array([10]), now=12.0)[0] == pytest.approx(0.375)  # ages 1 to 2
    assert at_once().matured(np.array([10]), now=10.5)[0] == pytest.approx(1.0)


def test_delays_of_rewards_seen_are_learned() -> None:
    chance = np.random.default_rng(3)
    seen = chance.exponential(24.0, 20_000)
    found = learn(np.bincount(bucket(seen[seen < 240]), minlength=BUCKETS), 240.0)
    age = np.array([1.0, 6.0, 24.0, 72.0, 240.0])
    assert found.come(age) == pytest.approx((1 - np.exp(-age / 24)) / (1 - np.exp(-10)), abs=0.012)


def world(days: int, mean: float, rate: float = 0.05, an_hour: int = 400) -> tuple[Counts, np.ndarray, float]:
    """A shop that opened some days ago and whose rewards come late: counts and delays as they are seen by now."""
    chance = np.random.default_rng(11)
    hours, now = np.arange(24 * days), 24.0 * days
    at = np.repeat(hours, an_hour) + chance.random(len(hours) * an_hour)
    late = chance.exponential(mean, len(at))
    got = (chance.random(len(at)) < rate) & (at + late < now) & (late < 240)
    shown = np.full((1, len(hours)), float(an_hour))
    rewarded = np.bincount(at[got].astype(int), minlength=len(hours)).astype(float)[None, :]
    histogram = np.bincount(bucket(late[got]), minlength=BUCKETS)
    return Counts(("a",), hours, shown, rewarded, rewarded, rewarded), histogram, now


def test_a_young_shop_s_short_delays_are_not_taken_for_all_delays() -> None:
    counts, histogram, now = world(days=3, mean=24.0)
    plain = learn(histogram, 240.0).come(np.array([12.0]))[0]
    right = learn(histogram, 240.0, old_enough=exposure(counts, now)).come(np.array([12.0]))[0]
    truth = 1 - np.exp(-0.5)  # of those within 72 hours, which is all a young shop can tell: 5 % more
    assert plain > truth + 0.1
    assert right == pytest.approx(truth, abs=0.05)


def test_the_success_rate_is_not_dragged_down_by_what_has_not_had_its_time() -> None:
    counts, histogram, now = world(days=6, mean=24.0)
    delay = learn(histogram, 240.0, old_enough=exposure(counts, now))
    naive = of_rates(counts, now=now, delay=at_once()).mean[0]
    found = of_rates(counts, now=now, delay=delay).mean[0]
    assert naive < 0.044
    assert found == pytest.approx(0.05, abs=0.0015)


def test_with_nothing_seen_the_shape_is_plain_and_ends_at_the_limit() -> None:
    found = learn(np.zeros(BUCKETS), 48.0)
    assert found.within == 48.0
    assert found.come(np.array([0.0, 48.0, 100.0])).tolist() == [0.0, 1.0, 1.0]
    assert (np.diff(found.reached) > 0).all()
