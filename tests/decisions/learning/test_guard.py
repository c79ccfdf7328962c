"""The guard: it stops what harms, and lets live what does not, however often one looks."""

from __future__ import annotations

import numpy as np
import pytest

from parcours.decisions.learning.counts import counted
from parcours.decisions.learning.guard import guard


def look(arm: tuple[float, ...], fallback: tuple[float, ...], **how):
    return guard(counted(["new", "old"], [("new", 1, *arm), ("old", 1, *fallback)]), "new", "old", **how)


def test_too_few_shown_stops_nothing() -> None:
    found = look((99, 99, 99.0, 99.0), (10_000, 10, 10.0, 10.0), better="less", of="rate")
    assert (found.stopped, found.reason, found.shown) == (False, "few", (99, 10_000))


def test_many_more_unsubscribes_stop_an_arm() -> None:
    found = look((2000, 60, 0.0, 0.0), (2000, 20, 0.0, 0.0), better="less", of="rate")
    assert (found.stopped, found.reason) == (True, "worse")
    assert found.means == (0.03, 0.01)
    assert found.difference == pytest.approx(0.02)
    assert 0 < found.low < 0.02 < found.high
    assert found.worse > found.certainty > 0.95


def test_less_margin_stops_an_arm_and_more_does_not() -> None:
    low, high = (5000, 500, 5_000.0, 60_000.0), (5000, 500, 10_000.0, 220_000.0)
    assert look(low, high, of="amount").stopped
    assert not look(high, low, of="amount").stopped
    assert look(high, low, of="amount").certainty == 0.0


def test_the_evidence_is_the_likelihood_ratio_integrated_by_hand() -> None:
    """Mean 1 against 1.2 with variance 4 each over 800: by Simpson over the worse half of a normal with sd 0.22."""
    found = look((800, 800, 800.0, 4000.0), (800, 800, 960.0, 4352.0), of="amount")
    pooled = (4000 + 4352) / 1600 - 1.1**2
    variance, sd = 2 * pooled / 800, 0.2 * 1.1
    effect = np.linspace(0, 8 * sd, 20_001)
    prior = 2 * np.exp(-(effect**2) / 2 / sd**2) / sd / np.sqrt(2 * np.pi)
    ratio = np.exp(0.2 * effect / variance - effect**2 / 2 / variance)
    evidence = float(((prior * ratio)[1:] + (prior * ratio)[:-1]).sum() / 2 * (effect[1] - effect[0]))
    assert found.certainty == pytest.approx(1 - 1 / evidence, abs=1e-4)


@pytest.mark.parametrize(("rate", "adaptive"), [(0.05, False), (0.002, False), (0.05, True)])
def test_looked_at_a_hundred_times_a_harmless_arm_is_seldom_stopped(rate: float, adaptive: bool) -> None:
    """At most 5 in 100 by its promise; a plain test looked at so often stops more than twice as many."""
    maker, runs, stopped, plain = np.random.default_rng(9), 120, 0, 0
    for _ in range(runs):
        shown, won = np.zeros(2), np.zeros(2)
        seen = seen_plain = False
        for _ in range(100):
            share = 0.5 if not adaptive or shown.min() < 50 else (0.2 if won[0] / shown[0] > won[1] / shown[1] else 0.8)
            more = np.array([maker.binomial(200, share), 0])
            more[1] = 200 - more[0]
            shown, won = shown + more, won + maker.binomial(more, rate)
            found = look((shown[0], won[0], 0.0, 0.0), (shown[1], won[1], 0.0, 0.0), better="less", of="rate")
            seen, seen_plain = seen or found.stopped, seen_plain or (found.reason != "few" and found.worse > 0.95)
        stopped, plain = stopped + seen, plain + seen_plain
    assert stopped / runs < 0.06
    assert plain > 2 * stopped
    assert plain / runs > 0.1


def test_where_nothing_happened_at_all_nothing_is_known() -> None:
    found = look((500, 0, 0.0, 0.0), (500, 0, 0.0, 0.0), better="less", of="rate")
    assert (found.stopped, found.worse, found.certainty, found.high) == (False, 0.5, 0.0, float("inf"))


def test_an_arm_twice_as_bad_is_stopped_in_good_time() -> None:
    maker, shown, won = np.random.default_rng(2), np.zeros(2), np.zeros(2)
    while not look((shown[0], won[0], 0.0, 0.0), (shown[1], won[1], 0.0, 0.0), better="less", of="rate").stopped:
        shown, won = shown + 100, won + maker.binomial(100, [0.06, 0.03])
        assert shown[0] < 5000


def test_an_arm_that_came_later_is_not_stopped_for_what_has_not_come_yet() -> None:
    """The old arm earned 0.10 an order on ten days, and both 0.02 on the last one, of which little has come yet."""
    rows = [("old", 24 * day, 1000, 100, 100.0, 100.0) for day in range(10)]
    rows += [("old", 240, 1000, 20, 20.0, 20.0), ("new", 241, 1000, 21, 21.0, 21.0)]
    found = guard(counted(["new", "old"], rows), "new", "old")
    assert (found.stopped, found.reason, found.shown) == (False, "not_worse", (1000, 1000))
    assert found.difference == pytest.approx(0.001)


def test_days_weigh_by_what_they_can_tell() -> None:
    """Differences of 0.1 and 0.3 on two days; 100 and 300 shown weigh 75, 200 and 200 weigh 100."""
    rows = [("new", 1, 100, 30, 0.0, 0.0), ("old", 2, 300, 60, 0.0, 0.0),
            ("new", 25, 200, 120, 0.0, 0.0), ("old", 30, 200, 60, 0.0, 0.0),
            ("old", 50, 900, 900, 0.0, 0.0)]  # fmt: skip
    found = guard(counted(["new", "old"], rows), "new", "old")
    assert found.difference == pytest.approx((75 * 0.1 + 100 * 0.3) / 175)
    assert found.shown == (300, 500)


def test_days_without_both_tell_nothing() -> None:
    rows = [("new", 1, 500, 0, 0.0, 0.0), ("old", 30, 500, 400, 0.0, 0.0)]
    found = guard(counted(["new", "old"], rows), "new", "old")
    assert (found.reason, found.shown, found.difference) == ("few", (0, 0), 0.0)
    assert guard(counted(["new", "old"], []), "new", "old").reason == "few"
