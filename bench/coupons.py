"""Twelve offers for each of a million made-up households, within all limits: how good, beside what, how long.

    python bench/coupons.py --households 1000000 --offers 500
    python bench/coupons.py --households 20000 --exact 300

Prints the sum of expected margins and the bound no assignment can pass, both at the size asked for; at a smaller size
in the same run what two plain ways reach within the same limits (each household its best while there is some; the
offers that are best on average for all), and with `--exact` what HiGHS finds: the linear relaxation, whole and on the
best 60 offers of each household.

The households: a taste each of 12 numbers, 500 offers in 100 kinds; half of the offers are limited to 2 to 10 % of the
households, every offer has a budget that 0.2 to 1.2 % of the households may use, 40 suppliers pay 70 % of what their
offers would cost at most. Not real customers.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_matrix

from parcours.decisions.assignment import Block, Dealt, Limits, Terms, deal
from parcours.decisions.assignment.blocks import joined, ranges
from parcours.decisions.assignment.dealing import Dealing
from parcours.decisions.assignment.prices import look
from parcours.decisions.assignment.terms import penalties

KINDS, SUPPLIERS, TASTES, ROWS = 100, 40, 12, 1024
SMALLER = 10_000
CANDIDATES = 60


@dataclass
class Town:
    """Made-up households, the same for a seed whatever block they are asked for in."""

    households: int
    offers: int
    seed: int = 7
    asked: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        chance, n = np.random.default_rng(self.seed), self.offers
        self.group = (np.arange(n) % KINDS).astype(np.int32)
        self.tastes = (chance.normal(size=(n, TASTES)) * 0.6).astype(np.float32)
        self.popular = chance.normal(-2.2, 1.0, size=n).astype(np.float32)
        self.value = np.round(chance.uniform(30, 200, n))
        self.funded = chance.choice([0.0, 0.5, 1.0], n, p=[0.3, 0.4, 0.3])
        self.won = chance.uniform(150, 800, n).astype(np.float32)
        self.own = (self.value * (1 - self.funded) + 5).astype(np.float32)
        self.supplier = chance.integers(0, SUPPLIERS, n)
        self.risky = chance.random(n) < 0.05
        self.least = chance.random(n), chance.uniform(0.02, 0.10, n), chance.uniform(0.002, 0.012, n)

    def block(self, rows: NDArray[np.int64]) -> Block:
        """What these households would bring."""
        self.asked += len(rows)
        taste = np.concatenate([self._tastes(part, rows) for part in np.unique(rows // ROWS)])
        buys = taste[:, :TASTES] @ self.tastes.T
        buys += self.popular
        buys += 0.5 * taste[:, TASTES:]
        np.negative(np.clip(buys, -30, 30, out=buys), out=buys)
        np.exp(buys, out=buys)
        buys += 1
        np.reciprocal(buys, out=buys)
        redeemed = buys * (np.float32(0.35) - np.float32(0.05) * buys)
        margin = (1 - buys) * np.float32(0.6)
        margin *= self.won
        margin -= self.own
        margin *= redeemed
        allowed = np.ones(buys.shape, bool)
        allowed[np.ix_(taste[:, 0] > 1.5, self.risky)] = False  # one household in fifteen may not have some things
        return Block(margin, redeemed, buys > 0.12, allowed, np.ones(len(rows), bool))

    def _tastes(self, part: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        drawn = np.random.default_rng([self.seed, int(part)]).standard_normal((ROWS, TASTES + 1), dtype=np.float32)
        return drawn[rows[rows // ROWS == part] - part * ROWS]

    @property
    def limits(self) -> Limits:
        """What is limited, in proportion to the households."""
        limited, households, uses = self.least
        budget = uses * self.households * self.value
        takes = np.zeros((SUPPLIERS, self.offers))
        takes[self.supplier, np.arange(self.offers)] = self.value * self.funded
        purses = 0.7 * np.bincount(self.supplier, weights=budget * self.funded, minlength=SUPPLIERS)
        few = np.where(limited < 0.5, np.floor(households * self.households), np.inf)
        return Limits(few, budget / self.value, purses, takes)

    @property
    def terms(self) -> Terms:
        """Nine known, three to discover, two of a kind."""
        return Terms(12, 9, 2, self.group, *penalties(-float(self.own.max()), float(self.won.max())))


@dataclass
class Averaged:
    """The same households, every offer being worth in each what it is worth on average."""

    town: Town

    def __post_init__(self) -> None:
        some = joined([self.town.block(rows) for rows in ranges(min(self.town.households, 8192))])
        self.margin = some.margin.mean(axis=0)

    @property
    def households(self) -> int:
        """How many there are."""
        return self.town.households

    def block(self, rows: NDArray[np.int64]) -> Block:
        """These households, as if they were alike."""
        own = self.town.block(rows)
        margin = np.broadcast_to(self.margin, own.margin.shape).copy()
        return Block(margin, own.redeemed, own.known, own.allowed, own.counted)


def plain(town: Town, blocks: Town | Averaged) -> float:
    """What is reached without prices: the sum of the margins that the households chosen really bring."""
    free = np.zeros(len(town.limits.room))
    found = look([], town.limits, town.terms, free)
    dealt = Dealing(blocks, town.limits, town.terms, free).dealt(found, size=64)
    total = 0.0
    for rows in ranges(town.households):
        chosen = dealt.offers[rows]
        margin = np.take_along_axis(town.block(rows).margin, np.maximum(chosen, 0), axis=1)
        total += float(np.where(chosen >= 0, margin, 0).sum(dtype=np.float64))
    return total


def solved(town: Town, candidates: int | None) -> tuple[float, float]:
    """The optimum of the linear relaxation by HiGHS, on all offers or the best few of each household; and seconds."""
    block, limits, began = town.block(np.arange(town.households)), town.limits, time.perf_counter()
    open_ = block.allowed.copy()
    if candidates:
        for side, most in ((block.known, candidates * 2 // 3), (~block.known, candidates - candidates * 2 // 3)):
            value = np.where(side & block.allowed, block.margin, -np.inf)
            least = -np.partition(-value, most - 1, axis=1)[:, most - 1 : most]
            open_ &= ~side | (value >= least)
    home, offer = np.nonzero(open_)
    cells = np.arange(len(home))
    redeemed = block.redeemed[home, offer].astype(np.float64)
    exact = coo_matrix((np.ones(len(cells)), (2 * home + block.known[home, offer], cells)))
    kinds, kind = np.unique(home * KINDS + town.group[offer], return_inverse=True)
    taken = limits.takes[town.supplier[offer], offer]
    rows = [
        kind,
        offer + len(kinds),
        offer + len(kinds) + town.offers,
        town.supplier[offer] + len(kinds) + 2 * town.offers,
    ]
    values = [np.ones(len(cells)), np.ones(len(cells)), redeemed, redeemed * taken]
    room = [np.full(len(kinds), 2.0), np.minimum(limits.households, 1e9), limits.uses, limits.purses]
    within = coo_matrix((np.concatenate(values), (np.concatenate(rows), np.tile(cells, 4))))
    found = linprog(-block.margin[home, offer].astype(np.float64), A_ub=within.tocsr(), b_ub=np.concatenate(room),
                    A_eq=exact.tocsr(), b_eq=np.tile([3.0, 9.0], town.households), bounds=(0, 1),
                    method="highs-ipm")  # fmt: skip
    return (-float(found.fun) if found.status == 0 else float("nan")), time.perf_counter() - began


def told(name: str, town: Town, dealt: Dealt) -> None:
    """One line of what was reached, and whether anything was given twice or beyond its limit."""
    over = int((dealt.used > town.limits.room * (1 + 1e-9) + 1e-6).sum())
    print(f"{name:34} {dealt.value / 100:16,.0f}   {dealt.gap:6.2%} below the bound {dealt.bound / 100:,.0f}; "
          f"places missed {dealt.missed:,}, limits passed {over}")  # fmt: skip


def main() -> None:
    """Runs it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--households", type=int, default=100_000)
    asked.add_argument("--offers", type=int, default=500)
    asked.add_argument("--exact", type=int, default=0, metavar="N", help="Households for HiGHS; minutes beyond 300.")
    asked.add_argument("--seed", type=int, default=7)
    given = asked.parse_args()
    town = Town(given.households, given.offers, given.seed)
    began, busy = time.perf_counter(), time.process_time()
    dealt = deal(town, town.limits, town.terms)
    seconds, work = time.perf_counter() - began, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{given.households:,} households x {given.offers} offers: {seconds:.0f} s ({work:.0f} s of processor time), "
          f"{peak:.2f} GB at the peak, everybody asked {town.asked / given.households:.2f} times")  # fmt: skip
    told("prices", town, dealt)
    small = Town(min(SMALLER, given.households), given.offers, given.seed)
    ours = deal(small, small.limits, small.terms)
    print(f"\n{small.households:,} households, within the same limits in proportion:")
    told("prices", small, ours)
    for name, blocks in (("each its best while there is some", small), ("the same offers for all", Averaged(small))):
        value = plain(small, blocks)
        print(f"{name:34} {value / 100:16,.0f}   {1 - value / ours.bound:6.2%} below the bound")
    if given.exact:
        few = Town(given.exact, given.offers, given.seed)
        ours = deal(few, few.limits, few.terms)
        print(f"\n{few.households:,} households, beside a solver (HiGHS, linear relaxation):")
        told("prices", few, ours)
        for name, candidates in ((f"HiGHS on the best {CANDIDATES} of each", CANDIDATES), ("HiGHS on all", None)):
            value, seconds = solved(few, candidates)
            print(f"{name:34} {value / 100:16,.0f}   {1 - value / ours.bound:6.2%} below the bound, {seconds:.0f} s")


if __name__ == "__main__":
    main()
