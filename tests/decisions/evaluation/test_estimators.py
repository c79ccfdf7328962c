"""Estimates from a log of another way: right on average, honest about errors, silent where the log does not tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from parcours.decisions.evaluation import CannotTell, Estimate, Log, evaluate
from parcours.decisions.evaluation.estimators import By, foreseen
from parcours.decisions.evaluation.intervals import bernstein

ALL: tuple[By, ...] = ("ips", "snips", "dr")
FOUR = Log(
    action=np.array([0, 0, 1, 1]), reward=np.array([1.0, 0.0, 1.0, 0.0]), propensity=np.array([0.5, 0.5, 0.25, 0.5])
)
TARGET = np.array([[0.25, 0.75], [0.25, 0.75], [0.5, 0.5], [0.5, 0.5]])  # weights 1/2, 1/2, 2, 1


def tell(log: Log, target: np.ndarray, **how) -> Estimate:
    found = evaluate(log, target, **how)
    assert isinstance(found, Estimate)
    return found


def test_four_decisions_by_hand() -> None:
    how = {"decisions": 1.0, "rewards": 1.0}
    ips = tell(FOUR, TARGET, by="ips", **how)
    assert ips.value == pytest.approx((0.5 * 1 + 2 * 1) / 4)
    assert tell(FOUR, TARGET, by="snips", **how).value == pytest.approx(2.5 / 4)  # the weights add up to 4
    assert ips.ess == pytest.approx(16 / (0.25 + 0.25 + 4 + 1))
    assert ips.rewards == pytest.approx(2.5**2 / 4.25)
    assert ips.logged == 0.5
    assert ips.gain is not None
    assert ips.gain[0] == pytest.approx(0.125)
    clipped = tell(FOUR, TARGET, by="ips", clip=1.5, **how)
    assert (clipped.value, clipped.clipped) == (pytest.approx((0.5 + 1.5) / 4), 0.25)


def test_weights_that_do_not_add_up_are_made_to() -> None:
    log = replace(FOUR, propensity=np.array([0.5, 0.5, 0.25, 0.25]))  # weights 1/2, 1/2, 2, 2
    assert tell(log, TARGET, by="ips", decisions=1.0, rewards=1.0).value == pytest.approx(2.5 / 4)
    assert tell(log, TARGET, by="snips", decisions=1.0, rewards=1.0).value == pytest.approx(2.5 / 5)


def test_a_doubly_robust_estimate_by_hand_from_what_the_model_foresees() -> None:
    log = Log(**{name: np.tile(getattr(FOUR, name), 60) for name in ("action", "reward", "propensity")})
    target = np.tile(TARGET, (60, 1))
    expected = foreseen(log, 2)
    weight, own = np.tile([0.5, 0.5, 2.0, 1.0], 60), expected[np.arange(240), log.action]
    by_hand = ((target * expected).sum(axis=1) + weight * (log.reward - own)).mean()
    assert tell(log, target, by="dr", decisions=1.0, rewards=1.0).value == pytest.approx(by_hand)


def test_the_model_of_a_fold_has_not_seen_it() -> None:
    maker = np.random.default_rng(3)
    x, action = maker.random((300, 2)), maker.integers(0, 2, 300)
    reward = (maker.random(300) < 0.2 + 0.3 * x[:, 0]).astype(float)
    log = Log(action, reward, np.full(300, 0.5), context=x)
    found = foreseen(log, 2)
    changed = reward.copy()
    changed[0] = 1 - changed[0]  # fold 0: rows 0, 3, 6 ... do not move
    again = foreseen(replace(log, reward=changed), 2)
    assert np.array_equal(found[::3], again[::3])
    assert not np.array_equal(found[1::3], again[1::3])
    full = np.column_stack([np.ones(300), x])
    others = np.arange(300) % 3 != 0
    mean = reward[others].mean()
    ridge = reward[others].var() / (0.25 * mean**2)
    start = np.array([mean, 0, 0])
    for arm in range(2):
        seen = others & (action == arm)
        together = start + Ridge(ridge, fit_intercept=False).fit(full[others], reward[others] - mean).coef_
        own = together + Ridge(ridge, fit_intercept=False).fit(full[seen], reward[seen] - full[seen] @ together).coef_
        assert found[::3, arm] == pytest.approx(full[::3] @ own, abs=1e-9)


def world(seed: int, people: int = 4000) -> tuple[Log, np.ndarray, float]:
    """A shop with 4 arms and two kinds of people: a log of one policy, another policy, and what that one earns."""
    maker = np.random.default_rng(seed)
    kind = maker.integers(0, 2, people)
    rate = np.array([[0.10, 0.05, 0.20, 0.08], [0.05, 0.25, 0.10, 0.08]])[kind]
    was = np.array([[0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]])[kind]
    target = np.array([[0.1, 0.1, 0.7, 0.1], [0.05, 0.8, 0.1, 0.05]])[kind]
    action = (maker.random(people)[:, None] > was.cumsum(axis=1)).sum(axis=1)
    rows = np.arange(people)
    reward = (maker.random(people) < rate[rows, action]).astype(float)
    log = Log(action, reward, was[rows, action], context=kind[:, None].astype(float))
    return log, target, float((target * rate).sum(axis=1).mean())


@pytest.mark.parametrize("by", ALL)
def test_what_another_policy_earns_is_found_and_the_interval_holds_it_as_often_as_it_says(by: By) -> None:
    errors, held, widths = [], [], []
    for seed in range(60):
        log, target, truth = world(seed)
        found = tell(log, target, by=by)
        errors.append(found.value - truth)
        held.append(found.low < truth < found.high)
        widths.append(found.high - found.low)
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(len(errors))
    assert 0.87 <= np.mean(held) <= 1.0
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(errors), rel=0.3)


def test_a_reward_that_everybody_has_shakes_only_plain_weights() -> None:
    """One more for each decision: weights that add up move by one exactly, a model foresees it, plain weights err."""
    errors: dict[By, list[float]] = {by: [] for by in ALL}
    for seed in range(20):
        log, target, truth = world(seed)
        more = replace(log, reward=log.reward + 1)
        for by in ALL:
            errors[by].append(tell(more, target, by=by).value - truth - 1)
        assert errors["snips"][-1] == pytest.approx(tell(log, target, by="snips").value - truth)
    assert 1.3 * np.std(errors["snips"]) < np.std(errors["ips"])
    assert 1.3 * np.std(errors["dr"]) < np.std(errors["ips"])


def test_the_gain_over_the_log_has_its_own_interval() -> None:
    """The log's way earns 0.4 x 0.1 + 0.3 x 0.05 + 0.2 x 0.2 + 0.1 x 0.08 = 0.103, or 0.117 of the other half."""
    held = []
    for seed in range(60):
        log, target, truth = world(seed)
        found = tell(log, target)
        assert found.gain is not None
        gain, low, high = found.gain
        assert gain == pytest.approx(found.value - log.reward.mean())
        held.append(low < truth - (0.103 + 0.117) / 2 < high)
    assert np.mean(held) >= 0.87


def test_the_bernstein_interval_is_the_theorem_s_and_holds() -> None:
    values = np.array([0.0, 0, 0, 0, 0, 0, 0, 0, 0, 2.0] * 40)
    n, variance = 400, (400 / 399) * 0.36
    ends = np.log(4 / 0.05)
    reach = np.sqrt(2 * variance * ends / n) + 7 * 3.0 * ends / (3 * (n - 1))
    assert bernstein(values, 3.0, 0.95) == pytest.approx((0.2 - reach, 0.2 + reach))
    log, target, truth = world(2)
    for by in ("ips", "dr"):
        wide = tell(log, target, by=by, interval="bernstein", clip=4.0)
        narrow = tell(log, target, by=by, clip=4.0)
        assert wide.low < min(narrow.low, truth) < max(narrow.high, truth) < wide.high
        assert wide.gain is None
    with pytest.raises(ValueError, match="bernstein"):
        evaluate(log, target, interval="bernstein")


def test_decisions_of_one_person_are_drawn_together() -> None:
    log, target, _ = world(5, 3000)
    thrice = Log(*(np.repeat(getattr(log, name), 3, axis=0) for name in ("action", "reward", "propensity", "context")))
    alone = tell(thrice, np.repeat(target, 3, axis=0))
    together = tell(replace(thrice, unit=np.repeat(np.arange(3000), 3)), np.repeat(target, 3, axis=0))
    right = tell(log, target)
    assert together.high - together.low == pytest.approx(right.high - right.low, rel=0.1)
    assert alone.high - alone.low < 0.7 * (right.high - right.low)


def test_the_same_seed_gives_the_same_interval() -> None:
    log, target, _ = world(1)
    assert tell(log, target, seed=3) == tell(log, target, seed=3)
    assert tell(log, target, seed=3).low != tell(log, target, seed=4).low


def test_where_the_log_does_not_tell_it_says_why() -> None:
    log, target, _ = world(1)

    def why(log: Log, target: np.ndarray, **how) -> CannotTell:
        found = evaluate(log, target, **how)
        assert isinstance(found, CannotTell)
        return found

    empty = Log(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    assert why(empty, np.zeros((0, 4))).reason == "no_decisions"
    for wrong in (np.nan, 0.0, 1.2):
        propensity = log.propensity.copy()
        propensity[7] = wrong
        assert why(replace(log, propensity=propensity), target).reason == "no_propensity"
    fifth = np.column_stack([0.9 * target, np.full(len(target), 0.1)])
    assert why(log, fifth) == CannotTell("unseen", pytest.approx(0.1), 0.01)
    few = Log(*(getattr(log, name)[:150] for name in ("action", "reward", "propensity")))
    found = why(few, target[:150])
    assert (found.reason, found.needed) == ("few_decisions", 200)
    assert found.ess < 150
    assert why(replace(log, reward=(np.arange(4000) < 5).astype(float)), target).reason == "few_rewards"


def test_arms_without_a_chance_for_some_people_are_noticed_by_the_weights() -> None:
    """Arm 2 was never shown to the second kind of people, whom the target would show it: much of the weight is gone."""
    maker = np.random.default_rng(1)
    kind = maker.integers(0, 2, 5000)
    was = np.array([[0.4, 0.3, 0.3], [0.5, 0.5, 0.0]])[kind]
    target = np.array([[0.3, 0.3, 0.4], [0.2, 0.2, 0.6]])[kind]
    action = (maker.random(5000)[:, None] > was.cumsum(axis=1)).sum(axis=1)
    log = Log(action, (maker.random(5000) < 0.2).astype(float), was[np.arange(5000), action])
    found = evaluate(log, target)
    assert isinstance(found, CannotTell)
    assert (found.reason, found.needed) == ("no_overlap", 1.0)
    assert found.ess == pytest.approx(0.7, abs=0.03)
