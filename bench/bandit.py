"""Measures deciding by what was learned: what it costs to learn, how soon a change is noticed, and what logs tell.

Simulations know the truth: regret is what always showing the best would have earned more. Arms have their own rates in
each run (beta distributed), rewards come late (on average after a day), and everything is learned anew each hour. The
others are epsilon-greedy (0.1), UCB1 (Auer, Cesa-Bianchi and Fischer 2002, on the rewards that have come) and chance.

`--data` reads the log of ZOZOTOWN (Saito, Aihara, Matsutani and Narita 2021, "Open Bandit Dataset and Pipeline"): a
folder with `random_men/men.csv` and `bts_men/men.csv`; the small sample that comes with the package is enough to run.

    python bench/bandit.py
    python bench/bandit.py --data open_bandit_dataset
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.csv as csv
from numpy.typing import NDArray

from parcours.decisions.evaluation import CannotTell, Estimate, Log, Replayed, evaluate, replay
from parcours.decisions.evaluation.intervals import between, resampled
from parcours.decisions.learning import chance, linear
from parcours.decisions.learning.counts import Counts, counted
from parcours.decisions.learning.delay import BUCKETS, at_once, bucket, exposure, learn
from parcours.decisions.learning.guard import guard
from parcours.decisions.learning.posterior import Posterior, beta, of_rates
from parcours.decisions.learning.thompson import Choosing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WITHIN = 240.0
LATE = 24.0
AN_HOUR = 100


def main() -> None:
    """Reads the arguments, measures, and prints."""
    given = _arguments()
    speed()
    agreement()
    for arms in (5, 20):
        regrets(arms, given.seeds, given.days)
    swap(given.seeds, given.days)
    segments(given.seeds, given.days)
    guarding(runs=100, days=60)
    if given.data:
        zozotown(given.data)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=8, help="runs of each simulation")
    parser.add_argument("--days", type=int, default=30, help="days of each simulation")
    parser.add_argument("--data", type=Path, help="a folder with random_men/men.csv and bts_men/men.csv")
    return parser.parse_args()


def speed() -> None:
    """One person and fifty arms, and a table of people."""
    arms = tuple(f"arm{n}" for n in range(50))
    a = np.arange(1.0, 51.0)
    posterior = beta(arms, a, np.full(50, 400.0), a, a)
    chooser, one, may = Choosing(posterior, explore=0.05), np.array([7]), np.ones((1, 50), bool)
    features = np.concatenate([[1.0], np.random.default_rng(1).random(20)])[None, :]
    model = linear.learned(linear.none(arms, 21), now=0.0, delay=at_once())

    def decide(ids: Ints, may: NDArray[np.bool_]) -> None:
        chooser.choose(may, chance.uniform(1, "s", "1", ids, arms), chance.one(1, "s", "1", ids))

    def decide_linear() -> None:
        linear.thompson(model, features, may, chance.uniform(1, "s", "1", one, arms))

    print("speed, 50 arms")
    print(f"  one person                 {1e6 * _took(lambda: decide(one, may), 500):8.0f} us")
    print(f"  one person, 20 features    {1e6 * _took(decide_linear, 200):8.0f} us")
    print(f"  beliefs learned anew       {1e3 * _took(lambda: beta(arms, a, a * 9, a, a), 20):8.1f} ms")
    ids, many = np.arange(100_000), np.random.default_rng(1).random((100_000, 50)) > 0.02
    print(f"  100,000 people, each with arms that are not allowed: {_took(lambda: decide(ids, many), 1):.2f} s")


def agreement() -> None:
    """How far the chances told are from how often arms are chosen: chi-square over many seeds, one seed says little."""
    seeds, people = 40, 40_000
    print(f"\nchances told, and how often each arm was chosen: {seeds} seeds of {people} people")
    for arms in (2, 5, 50):
        maker, ids = np.random.default_rng(arms), np.arange(people)
        a, b = maker.uniform(1, 60, arms), maker.uniform(300, 900, arms)
        chooser = Choosing(beta(tuple(f"arm{n}" for n in range(arms)), a, b, a, b), explore=0.05)
        all_arms = np.ones((people, arms), bool)
        told, square, chosen = chooser.propensities(all_arms[:1])[0], [], np.zeros(arms)
        for seed in range(seeds):
            u = chance.uniform(seed, "s", "1", ids, chooser.posterior.arms)
            arm, _ = chooser.choose(all_arms, u, chance.one(seed, "s", "1", ids))
            often = np.bincount(arm, minlength=arms)
            square.append(float(((often - told * people) ** 2 / (told * people)).sum()))
            chosen += often
        off, reach = np.abs(chosen / chosen.sum() - told).max(), 1.96 * np.sqrt(2 * (arms - 1) / seeds)
        print(f"  {arms:2} arms: off by {off:.5f} at most over all; mean chi-square {np.mean(square):5.2f}, "
              f"by chance {arms - 1} +- {reach:.2f}")  # fmt: skip


def _took(act: Callable[[], object], times: int) -> float:
    act()
    took = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        took.append(time.perf_counter() - start)
    return float(np.median(took))


@dataclass
class Shop:
    """Runs beside one another, one a seed, in which rewards come late: what was shown and what has come of it."""

    seeds: int
    arms: int
    hours: int
    shown: Floats = field(init=False)
    rewarded: Floats = field(init=False)
    late: Floats = field(init=False)
    coming: dict[int, list[tuple[int, int, int, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shown = np.zeros((self.seeds, self.arms, self.hours))
        self.rewarded = np.zeros((self.seeds, self.arms, self.hours))
        self.late = np.zeros((self.seeds, BUCKETS))

    def show(self, hour: int, arm: Ints, rates: Floats, maker: np.random.Generator) -> None:
        """Shows an arm to each person [seeds, people]; their rewards will come."""
        seeds = np.arange(self.seeds)[:, None]
        np.add.at(self.shown[:, :, hour], (seeds, arm), 1.0)
        won = maker.random(arm.shape) < rates[seeds, arm]
        late = maker.exponential(LATE, arm.shape)
        for s, person in np.argwhere(won & (late < WITHIN)):
            after = float(late[s, person])
            arrives = int(hour + maker.random() + after)
            self.coming.setdefault(arrives, []).append((int(s), int(arm[s, person]), hour, after))

    def collect(self, hour: int) -> None:
        """Takes in the rewards that have come by the beginning of the hour."""
        for s, arm, shown, after in self.coming.pop(hour - 1, []):
            self.rewarded[s, arm, shown] += 1
            self.late[s, bucket(np.array(after))] += 1

    def counts(self, seed: int, hour: int) -> Counts:
        """What one run has counted before the hour."""
        shown, rewarded = self.shown[seed, :, :hour], self.rewarded[seed, :, :hour]
        names = tuple(f"arm{n}" for n in range(self.arms))
        return Counts(names, np.arange(hour), shown, rewarded, rewarded, rewarded)


Decider = Callable[[Shop, int, Ints], Ints]  # shop, hour, people [seeds, people] -> arms [seeds, people]


def ours(*, wait: bool = True, half_life: float | None = None, explore: float = 0.0) -> Decider:
    """Thompson sampling from what was learned; with `wait`, what is young is no failure yet."""

    def decide(shop: Shop, hour: int, people: Ints) -> Ints:
        chosen = np.empty(people.shape, np.int64)
        for seed in range(shop.seeds):
            counts = shop.counts(seed, hour)
            delay = at_once()
            if wait:
                delay = learn(shop.late[seed], WITHIN, old_enough=exposure(counts, float(hour)))
            posterior = of_rates(counts, now=float(hour), delay=delay, half_life=half_life)
            score = posterior.draw(chance.uniform(seed, "bench", "1", people[seed], posterior.arms))
            chosen[seed] = score.argmax(axis=1)
            if explore:
                any_one = chance.one(seed, "bench", "1", people[seed])
                some = any_one < explore
                chosen[seed, some] = (any_one[some] / explore * shop.arms).astype(np.int64)
        return chosen

    return decide


def greedy(maker: np.random.Generator, explore: float = 0.1) -> Decider:
    """The highest share of rewards so far, but any arm in one of ten."""

    def decide(shop: Shop, hour: int, people: Ints) -> Ints:
        rate = (shop.rewarded.sum(axis=2) + 1e-9) / np.maximum(shop.shown.sum(axis=2), 1e-6)
        best = (rate + 1e-9 * maker.random(rate.shape)).argmax(axis=1)
        any_one = maker.integers(0, shop.arms, people.shape)
        return np.where(maker.random(people.shape) < explore, any_one, best[:, None])

    return decide


def ucb1() -> Decider:
    """The highest upper bound; within the hour a person counts as shown at once."""

    def decide(shop: Shop, hour: int, people: Ints) -> Ints:
        shown, rewarded = shop.shown.sum(axis=2), shop.rewarded.sum(axis=2)
        chosen, rows = np.empty(people.shape, np.int64), np.arange(shop.seeds)
        for n in range(people.shape[1]):
            total = np.maximum(shown.sum(axis=1, keepdims=True), 1.0)
            bound = rewarded / np.maximum(shown, 1e-9) + np.sqrt(2 * np.log(total) / np.maximum(shown, 1e-9))
            chosen[:, n] = bound.argmax(axis=1)
            shown[rows, chosen[:, n]] += 1
        return chosen

    return decide


def by_chance(maker: np.random.Generator) -> Decider:
    """Any arm."""
    return lambda shop, hour, people: maker.integers(0, shop.arms, people.shape)


def run(decide: Decider, rates: Callable[[int], Floats], seeds: int, arms: int, hours: int) -> tuple[Floats, Floats]:
    """Plays the hours; what was lost against the best arm [seeds, hours], and each arm's share [seeds, hours, arms]."""
    maker, shop = np.random.default_rng(77), Shop(seeds, arms, hours)
    lost, share = np.zeros((seeds, hours)), np.zeros((seeds, hours, arms))
    rows = np.arange(seeds)[:, None]
    for hour in range(hours):
        shop.collect(hour)
        people = np.arange(hour * AN_HOUR, (hour + 1) * AN_HOUR) + rows * 10**9
        arm = decide(shop, hour, people)
        now = rates(hour)
        lost[:, hour] = (now.max(axis=1, keepdims=True) - now[rows, arm]).sum(axis=1)
        shop.show(hour, arm, now, maker)
        share[:, hour] = shop.shown[:, :, hour] / AN_HOUR
    return lost, share


def regrets(arms: int, seeds: int, days: int) -> None:
    """What learning costs: of all ways to decide, over the same runs."""
    maker = np.random.default_rng(5)
    rates = maker.beta(8, 152, (seeds, arms))
    hours = 24 * days
    print(f"\nregret, {arms} arms near 5 %, {AN_HOUR} people an hour for {days} days, {seeds} runs, late rewards")
    print("  way to decide              rewards lost   (95 %)   of all by chance   growth   best arm's share")
    ways: list[tuple[str, Decider]] = [
        ("ours", ours()),
        ("ours, exploring 5 %", ours(explore=0.05)),
        ("ours, delays not minded", ours(wait=False)),
        ("epsilon-greedy 0.1", greedy(np.random.default_rng(1))),
        ("UCB1", ucb1()),
        ("by chance", by_chance(np.random.default_rng(2))),
    ]
    found = [(name, *run(decide, lambda _: rates, seeds, arms, hours)) for name, decide in ways]
    all_lost = found[-1][1].sum(axis=1).mean()
    best = rates.argmax(axis=1)
    for name, lost, share in found:
        each = lost.sum(axis=1)
        reach = 1.96 * each.std(ddof=1) / np.sqrt(seeds) if seeds > 1 else np.nan
        late = share[np.arange(seeds), -24 * max(days // 4, 1) :, best].mean()
        print(f"  {name:26} {each.mean():12.0f}   +-{reach:4.0f}   {each.mean() / all_lost:16.1%}"
              f"   {growth(lost):6.2f}   {late:16.1%}")  # fmt: skip


def growth(lost: Floats) -> float:
    """The exponent with which regret grows, from the first tenth of the time on: 1 is a loss that never ends."""
    whole = lost.cumsum(axis=1).mean(axis=0)
    at = np.unique(np.geomspace(len(whole) // 10 + 1, len(whole), 40).astype(int)) - 1
    return float(np.polyfit(np.log(at + 1.0), np.log(whole[at]), 1)[0])


def swap(seeds: int, days: int) -> None:
    """The best and the worst of five arms change places in the middle: how long until the new best is shown most."""
    hours = 24 * days
    before = np.tile([0.03, 0.04, 0.04, 0.045, 0.06], (seeds, 1))
    after = before[:, [4, 1, 2, 3, 0]]
    print(f"\nthe best arm (6 %) and the worst (3 %) change places on day {days // 2} of {days}, {seeds} runs")
    for half_life in (None, 10 * 24.0, 5 * 24.0):
        decide = ours(half_life=half_life)
        lost, share = run(decide, lambda hour: before if hour < hours // 2 else after, seeds, 5, hours)
        daily = share[:, hours // 2 :, 0].reshape(seeds, -1, 24).mean(axis=2) > 0.6
        when = np.where(daily.any(axis=1), daily.argmax(axis=1) + 1.0, np.inf)
        told = f"{np.median(when):4.0f} days" if np.isfinite(np.median(when)) else f"not within {days - days // 2} days"
        name = "no decay" if half_life is None else f"half-life {half_life / 24:.0f} days"
        first, second = lost[:, : hours // 2].sum(axis=1).mean(), lost[:, hours // 2 :].sum(axis=1).mean()
        print(f"  {name:20} more than 60 % of a day after {told:18} (runs that got there: {np.isfinite(when).sum()}"
              f" of {seeds}); rewards lost before {first:5.0f}, after {second:5.0f}")  # fmt: skip


def segments(seeds: int, days: int) -> None:
    """Five arms that please different people: a model of who they are beside one rate an arm."""
    people, arms = 1000, 5
    maker = np.random.default_rng(8)
    rate = np.clip(maker.normal(0.05, 0.02, (seeds, 6, arms)), 0.005, 0.15)
    names = tuple(f"arm{n}" for n in range(arms))
    print(f"\n{arms} arms, 6 kinds of people of different tastes, {people} people a day for {days} days, {seeds} runs")
    for name in ("by chance", "plain Thompson", "LinUCB", "linear Thompson"):
        earned = np.zeros(seeds)
        for seed in range(seeds):
            earned[seed] = _season(name, rate[seed], names, people, days, seed)
        part = earned.mean() / rate.max(axis=2).mean()
        print(f"  {name:16} {earned.mean():8.4f} a person   ({part:6.1%} of who knows all)")
    plain = rate.mean(axis=1).max(axis=1).mean()
    print(f"  one arm for all, known to be the best: {plain:8.4f}; the best for each: {rate.max(axis=2).mean():8.4f}")


def _season(way: str, rate: Floats, names: tuple[str, ...], people: int, days: int, seed: int) -> float:
    """What a person brings on average over the last quarter of the days."""
    maker = np.random.default_rng(100 + seed)
    seen = linear.none(names, 6)
    rows: list[tuple[str, int, float, float, float, float]] = []
    earned = []
    for day in range(days):
        kind = maker.integers(0, 6, people)
        x = np.eye(6)[kind]
        x[:, 0] = 1
        may = np.ones((people, len(names)), bool)
        u = chance.uniform(seed, "bench", "1", np.arange(people) + day * people, names)
        if way == "by chance":
            arm = maker.integers(0, len(names), people)
        elif way == "plain Thompson":
            arm, _ = Choosing(of_rates(counted(names, rows), now=24.0 * day, delay=at_once())).choose(may, u)
        elif way == "LinUCB":
            arm, _ = linear.ucb(linear.learned(seen, now=24.0 * day, delay=at_once()), x, may)
        else:
            arm, _ = linear.thompson(linear.learned(seen, now=24.0 * day, delay=at_once()), x, may, u)
        won = (maker.random(people) < rate[kind, arm]).astype(float)
        seen = seen + linear.moments(names, x, arm, np.full(people, day), won)
        for n, each in enumerate(names):
            here = arm == n
            rows.append((each, 24 * day, float(here.sum()), *(float(won[here].sum()) for _ in range(3))))
        if day >= days - max(days // 4, 1):
            earned.append(rate[kind, arm].mean())
    return float(np.mean(earned))


def guarding(runs: int, days: int) -> None:
    """How often the guard stops an arm that is no worse, looked at each day, and how soon one that is."""
    print(f"\nthe guard, looked at each day for {days} days, 200 people a day and arm, 4 % rewarded, {runs} runs")
    for name, part in (("no worse", 1.0), ("a quarter less", 0.75), ("half", 0.5)):
        maker, stopped, once = np.random.default_rng(4), np.full(runs, np.inf), np.zeros(runs, bool)
        for n in range(runs):
            shown = np.full((2, days), 200.0)
            won = maker.binomial(200, [[0.04 * part], [0.04]], (2, days)).astype(float)
            for day in range(days):
                seen = [each[:, : day + 1] for each in (shown, won, won, won)]
                found = guard(Counts(("new", "old"), 24 * np.arange(day + 1), *seen), "new", "old")
                once[n] |= found.reason != "few" and found.worse > 0.95
                if found.stopped:
                    stopped[n] = day + 1
                    break
        there = np.isfinite(stopped)
        when = f", half of them by day {np.median(stopped[there]):.0f}" if there.any() else ""
        plain = f"; a plain test would have stopped {once.mean():.0%}" if part == 1 else ""
        print(f"  {name:16} stopped in {there.mean():4.0%} of runs{when}{plain}")


def zozotown(folder: Path) -> None:
    """What the log of one policy says of the other, beside what the other did earn."""
    even, bts = _log(folder / "random_men" / "men.csv"), _log(folder / "bts_men" / "men.csv")
    arms = int(max(even.action.max(), bts.action.max())) + 1
    print(f"\nZOZOTOWN, men's items: {arms} arms at 3 positions; {len(even.action)} decisions by chance with "
          f"{even.reward.sum():.0f} clicks, {len(bts.action)} by Bernoulli Thompson sampling (BTS) with "
          f"{bts.reward.sum():.0f}")  # fmt: skip
    _table("BTS, told from the log of chance", even, _shares(bts, even, arms), bts)
    _table("chance, told from the log of BTS", bts, np.full((len(bts.action), arms), 1 / arms), even)
    once = np.zeros((len(even.action), arms))
    once[:, int(_best(bts, arms))] = 1
    _table("always the article that BTS showed most, told from the log of chance", even, once, None)
    played = [_replayed(even, arms, seed) for seed in range(20)]
    told = [each for each in played if isinstance(each, Replayed)]
    print(f"  our Thompson sampling replayed on the log of chance, {len(played)} times: "
          f"{len(played) - len(told)} cannot tell")  # fmt: skip
    if told:
        values, kept = np.array([each.value for each in told]), np.array([each.kept for each in told])
        print(f"    on average {values @ kept / kept.sum():.5f} of {kept.mean():.0f} decisions kept each, from "
              f"{values.min():.5f} to {values.max():.5f}; the first {told[0].value:.5f} [{told[0].low:.5f}, "
              f"{told[0].high:.5f}]; the log itself {even.reward.mean():.5f}")  # fmt: skip


def _log(file: Path) -> Log:
    table = csv.read_csv(file)
    read = {name: table[name].to_numpy() for name in ("item_id", "click", "propensity_score", "position", "timestamp")}
    order = np.argsort(read["timestamp"], kind="stable")
    item, click, propensity, position = (
        read[name][order] for name in ("item_id", "click", "propensity_score", "position")
    )
    return Log(item.astype(np.int64), click.astype(float), propensity, position=position.astype(np.int64))


def _shares(policy: Log, of: Log, arms: int) -> Floats:
    """How often the policy showed each arm at the position of each row: its mean over the time of its log."""
    assert policy.position is not None and of.position is not None
    shares = np.zeros((int(policy.position.max()) + 1, arms))
    np.add.at(shares, (policy.position, policy.action), 1.0)
    return (shares / np.maximum(shares.sum(axis=1, keepdims=True), 1))[of.position]


def _best(log: Log, arms: int) -> int:
    return int(np.bincount(log.action, minlength=arms).argmax())


def _table(title: str, log: Log, target: Floats, truth: Log | None) -> None:
    print(f"  {title}")
    for name, given in _estimators():
        found = evaluate(log, target, **given)  # type: ignore[arg-type]
        if isinstance(found, CannotTell):
            print(f"    {name:22} cannot tell: {found.reason} ({found.ess:.2f}, needed {found.needed:.2f})")
        else:
            print(f"    {name:22} {_told(found)}")
    if truth is not None:
        drawn = resampled(np.column_stack([truth.reward, np.ones(len(truth.reward))]), None, 0)
        low, high = between(drawn[:, 0] / drawn[:, 1], 0.95)
        print(f"    what it did earn       {truth.reward.mean():.5f} [{low:.5f}, {high:.5f}]")


def _estimators() -> Iterator[tuple[str, dict[str, object]]]:
    yield "IPS", {"by": "ips"}
    yield "IPS cut at 10", {"by": "ips", "clip": 10.0}
    yield "IPS cut, Bernstein", {"by": "ips", "clip": 10.0, "interval": "bernstein"}
    yield "SNIPS", {"by": "snips"}
    yield "doubly robust", {"by": "dr"}


def _told(found: Estimate) -> str:
    more = "" if found.gain is None else f"  gain {found.gain[0]:+.5f} [{found.gain[1]:+.5f}, {found.gain[2]:+.5f}]"
    return (f"{found.value:.5f} [{found.low:.5f}, {found.high:.5f}]  worth {found.ess:6.0f} decisions, "
            f"{found.rewards:3.0f} clicks; cut {found.clipped:.1%}{more}")  # fmt: skip


def _replayed(log: Log, arms: int, seed: int) -> Replayed | CannotTell:
    """Our Thompson sampling on the log, learning anew after each hundred decisions."""
    names = tuple(f"item{n}" for n in range(arms))
    shown, clicked = np.zeros((arms, 1)), np.zeros((arms, 1))

    def believed() -> Posterior:
        counts = Counts(names, np.zeros(1, np.int64), shown, clicked, clicked, clicked)
        return of_rates(counts, now=2.0, delay=at_once())

    def choose(rows: Ints) -> Ints:
        return believed().draw(chance.uniform(seed, "zozo", "1", rows, names)).argmax(axis=1)

    def hear(rows: Ints) -> None:
        np.add.at(shown[:, 0], log.action[rows], 1.0)
        np.add.at(clicked[:, 0], log.action[rows], log.reward[rows])

    return replay(log, choose, hear)


if __name__ == "__main__":
    main()
