"""How probable it is that a household buys what an offer is good for in the days of the allotment, without the offer.

Two logistic regressions, one for what a household buys already and one for what it does not buy yet; each is learned on
the stretch of days before the last one and tried on the last. A plain method (its own rate, drawn to the crowd's; the
crowd's share) stands beside them and is used where they are no better.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from parcours.decisions.history import History, Pairs, Visits
from parcours.decisions.logistic import Logistic, fit, log_loss

Floats = NDArray[np.float32]
LEARNERS = 20_000  # households that known pairs are learned from
CELLS = 2_000_000  # household-goods cells that discoveries are learned from
NEIGHBOURS = 40_000  # households that tell what goes with what
FEWEST = 200  # purchases there must be at least to learn from
_PRIOR = 60.0  # days of the crowd's rate that a household's own is drawn with
_SHRINK = 20.0  # buyers of a category below which what goes with it is mostly the crowd's


@dataclass(frozen=True)
class Crowd:
    """What all households do: the daily rate and the share that buys goods in the days of an allotment."""

    rate: Floats
    share: Floats
    together: Floats  # categories x goods: how much more often buyers of the one buy the other, on a log scale
    evidence: Floats  # the same, more of it where more households show it: what is told as a reason


@dataclass(frozen=True)
class Chances:
    """What was learned, and how it did on held-back days beside the plain method (mean log loss)."""

    known: Logistic | None
    new: Logistic | None
    crowd: Crowd
    window: int
    error: float | None
    plain_error: float | None

    def of_pairs(self, pairs: Pairs, visits: Visits) -> Floats:
        """The chance of each pair a household knows."""
        if self.known is None:
            return plain_known(pairs, visits, self.crowd, self.window)
        return self.known.chance(known_features(pairs, visits, self.crowd, self.window))

    def of_new(self, kinds: Floats, lately: Floats) -> Floats:
        """The chance of every goods for households (rows), were it new to them, from the categories they buy."""
        if self.new is None:
            return np.broadcast_to(self.crowd.share, (len(kinds), len(self.crowd.share))).copy()
        weights = self.new.weights.astype(np.float32)
        score = affinity(kinds, self.crowd)
        score *= weights[0]
        score += weights[1] * _logit(self.crowd.share) + np.float32(self.new.constant)
        score += (weights[2] * np.log1p(lately))[:, None]
        np.clip(score, -30, 30, out=score)
        np.exp(np.negative(score, out=score), out=score)
        score += 1
        return np.asarray(np.reciprocal(score, out=score))


def learn(history: History, units: int) -> Chances:
    """Chances as of the day spoken of, tried on the last stretch of days first."""
    window, now = history.window, history.as_of
    days, _ = history.extent()
    earlier = now - timedelta(window)
    crowd = crowd_at(history, units, ago=0)
    if days < 3 * window or units < 2:
        return Chances(None, None, crowd, window, None, None)
    tried = _learned(history, units, crowd_at(history, units, ago=2 * window), ago=2 * window)
    then = crowd_at(history, units, ago=window)
    one_in = max(1, units // LEARNERS)
    pairs = history.pairs(earlier, one_in=one_in)
    visits = history.visits(earlier, units, one_in=one_in)
    did = _did(pairs, history.happened(earlier, now, one_in=one_in), len(crowd.rate))
    plain = plain_known(pairs, visits, then, window)
    ours = tried.chance(known_features(pairs, visits, then, window)) if tried else plain
    error, plain_error = (log_loss(each, did) for each in (ours, plain)) if len(did) else (None, None)
    kept = tried is not None and error is not None and plain_error is not None and error < plain_error
    known = _learned(history, units, then, ago=window) if kept else None
    new = _learned_new(history, units, then, ago=window)
    return Chances(known, new, crowd, window, error if kept else plain_error, plain_error)


def crowd_at(history: History, units: int, *, ago: int) -> Crowd:
    """What the crowd did up to so many days ago."""
    cut = history.as_of - timedelta(ago)
    one_in = max(1, units // NEIGHBOURS)
    some = (units + one_in - 1) // one_in
    goods = len(history.goods)
    pairs = history.pairs(cut, one_in=one_in)
    exposed = float(min(history.back, max(history.extent()[0] - ago, 1)))
    rate = np.bincount(pairs.goods, weights=pairs.times, minlength=goods) / max(some, 1) / exposed
    share = _shares(history, cut, one_in, some, goods)
    return Crowd(rate.astype(np.float32), share.astype(np.float32), *_together(history, cut, pairs, one_in, units))


def _shares(history: History, end: date, one_in: int, some: int, goods: int) -> NDArray[np.float64]:
    """The share of households that did not know goods and began to buy them in the last stretch of days."""
    begin = end - timedelta(history.window)
    before = history.pairs(begin, one_in=one_in)
    bought = history.happened(begin, end, one_in=one_in)
    had = np.bincount(before.goods, minlength=goods)
    keys = before.unit * goods + before.goods
    began = ~np.isin(bought[0] * goods + bought[1], keys)
    number = np.bincount(bought[1][began], minlength=goods)
    return np.asarray((number + 0.5) / np.maximum(some - had + 1.0, 1.0))


def _together(history: History, cut: date, pairs: Pairs, one_in: int, units: int) -> tuple[Floats, Floats]:
    """What goes with what: `together` and `evidence` of the crowd."""
    unit, number = history.kinds_bought(cut, one_in=one_in)
    kinds, goods = len(history.kinds), len(history.goods)
    ones = (np.ones(len(unit), np.float32), (unit, number))
    x = csr_matrix(ones, shape=(units, max(kinds, 1)))
    y = csr_matrix((np.ones(len(pairs.unit), np.float32), (pairs.unit, pairs.goods)), shape=(units, goods))
    both = np.asarray((x.T @ y).todense(), np.float64)
    of_kind = np.asarray(x.sum(axis=0)).ravel()
    some = max(units / one_in, 1.0)
    base = (np.asarray(y.sum(axis=0)).ravel() + 0.5) / (some + 1.0)
    share = (both + _SHRINK * base) / (of_kind[:, None] + _SHRINK)
    lifted = np.log(share / base)
    of_goods, of_kinds = history.overlaps()
    lifted[of_kinds, of_goods] = 0.0  # a thing does not go with itself
    return lifted.astype(np.float32), (lifted * np.sqrt(both)).astype(np.float32)


def affinity(kinds: Floats, crowd: Crowd) -> Floats:
    """How well all goods go with what households buy: the mean over their categories (rows of 0 and 1)."""
    return np.asarray((kinds @ crowd.together) / np.maximum(kinds.sum(axis=1), 1.0)[:, None])


def known_features(pairs: Pairs, visits: Visits, crowd: Crowd, window: int) -> Floats:
    """What tells whether a household buys again what it knows: a row a pair."""
    known_for = np.maximum(visits.known_for[pairs.unit] + 1, 1.0)
    gap = known_for / pairs.times
    plain = plain_known(pairs, visits, crowd, window)
    return np.column_stack(
        [
            np.log1p(pairs.times),
            np.log1p(pairs.lately),
            np.log1p(pairs.since),
            np.log((pairs.since + 7) / (gap + 7)),
            np.log1p(visits.lately[pairs.unit]),
            np.log(crowd.rate[pairs.goods] + 1e-6),
            _logit(plain),
        ]
    ).astype(np.float32)


def plain_known(pairs: Pairs, visits: Visits, crowd: Crowd, window: int) -> Floats:
    """The plain chance to buy again: the household's own rate, drawn to the crowd's."""
    known_for = visits.known_for[pairs.unit] + 1
    rate = (pairs.times + _PRIOR * crowd.rate[pairs.goods]) / (known_for + _PRIOR)
    return np.asarray(1 - np.exp(-rate * window), np.float32)


def _learned(history: History, units: int, crowd: Crowd, *, ago: int) -> Logistic | None:
    """The regression for known pairs, from what was bought in the stretch of days that began so many days ago."""
    cut, one_in = history.as_of - timedelta(ago), max(1, units // LEARNERS)
    pairs = history.pairs(cut, one_in=one_in)
    until = cut + timedelta(history.window)
    did = _did(pairs, history.happened(cut, until, one_in=one_in), len(crowd.rate))
    if did.sum() < FEWEST or (~did).sum() < FEWEST:
        return None
    visits = history.visits(cut, units, one_in=one_in)
    return fit(known_features(pairs, visits, crowd, history.window), did)


def _learned_new(history: History, units: int, crowd: Crowd, *, ago: int) -> Logistic | None:
    """The regression for discoveries: whether a household begins to buy goods, of all it does not know."""
    cut, goods = history.as_of - timedelta(ago), len(crowd.rate)
    one_in = max(1, units * goods // CELLS)
    rows = np.arange(0, units, one_in)
    pairs = history.pairs(cut, one_in=one_in)
    unit, number = history.kinds_bought(cut, one_in=one_in)
    kinds = np.zeros((len(rows), max(len(history.kinds), 1)), np.float32)
    kinds[unit // one_in, number] = 1
    new = np.ones((len(rows), goods), bool)
    new[pairs.unit // one_in, pairs.goods] = False
    did = np.zeros((len(rows), goods), bool)
    bought = history.happened(cut, cut + timedelta(history.window), one_in=one_in)
    did[bought[0] // one_in, bought[1]] = True
    if did[new].sum() < FEWEST:
        return None
    lately = np.log1p(history.visits(cut, units, one_in=one_in).lately[rows])
    shape = new.shape
    columns = (affinity(kinds, crowd), np.broadcast_to(_logit(crowd.share), shape),
               np.broadcast_to(lately[:, None], shape))  # fmt: skip
    return fit(np.column_stack([column[new] for column in columns]), did[new])


def _did(pairs: Pairs, bought: tuple[NDArray[np.int64], NDArray[np.int64]], goods: int) -> NDArray[np.bool_]:
    """Which pairs were bought: both sorted by household, then goods."""
    keys, found = pairs.unit * goods + pairs.goods, bought[0] * goods + bought[1]
    if not len(found):
        return np.zeros(len(keys), bool)
    at = np.minimum(np.searchsorted(found, keys), len(found) - 1)
    return np.asarray(found[at] == keys)


def _logit(chance: Floats) -> Floats:
    p = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)), np.float32)
