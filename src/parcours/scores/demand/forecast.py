"""What will be sold: a calendar profile times a level, all series at once, tried on earlier time before it is used.

The level of a series is what was sold over what its profile foresees, recent periods weighing more: simple exponential
smoothing of what the calendar does not explain (Hyndman and Athanasopoulos, Forecasting, section 8.1), written as a
ratio so that closed days and series that sell now and then need no case of their own. Several half-lives,
and the last four weeks alike, are mixed by how well each did for the series and its department on earlier stretches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parcours.scores.demand import profile
from parcours.scores.demand.profile import Effects, Floats, History

HALF_LIVES = {7: (4.0, 7.0, 10.0, 14.0, 28.0, 90.0), 1: (1.5, 3.0, 6.0, 12.0, 26.0)}  # periods, by periods a week
STRETCHES = 6  # earlier stretches that are looked at, at most
FEWEST_STRETCHES = 2
SHARPNESS = 30.0  # how strongly the better half-life is preferred
SHARED = 2.0  # stretches of the department that count beside a series' own
BETTER = 0.999  # of the error without it: what a factor must reach to be used
LOOKED_AT = 400  # series by which factors are chosen, at most


@dataclass(frozen=True)
class Tried:
    """What was foreseen on earlier stretches, and what was sold: (stretches, ahead, series) each."""

    expected: Floats
    sold: Floats


@dataclass(frozen=True)
class Foreseen:
    """What is expected in the periods to come (ahead, series), which factors it rests on, how it did before."""

    expected: Floats
    factors: tuple[str, ...]
    tried: Tried


def foresee(history: History) -> Foreseen:
    """What will be sold in the next `ahead` periods."""
    cuts = earlier(history)
    chosen = _choose(history.some(LOOKED_AT), cuts)
    before = history.known(cuts[-1])
    past = _stretches(history, profile.learn(before, chosen).after(history.factors), cuts)
    sold = np.stack([history.sold[cut : cut + history.ahead] for cut in cuts])
    errors = _errors(past, sold, scales(before.sold))
    weights = _weights(errors, history)
    final = profile.learn(history, chosen)
    expected = np.einsum("ls,lhs->hs", weights, _levels(history, final, history.periods))
    return Foreseen(expected, chosen, Tried(_unseen(errors, past, history), sold))


def _unseen(errors: Floats, past: Floats, history: History) -> Floats:
    """What was foreseen on each stretch, with weights that do not know how it went there."""
    others = [np.delete(errors, n, axis=0) for n in range(len(past))]
    return np.stack([np.einsum("ls,lhs->hs", _weights(each, history), one) for each, one in zip(others, past)])


def earlier(history: History) -> list[int]:
    """The ends of earlier time that is learned from before a stretch is tried: the newest first."""
    most = min(STRETCHES, (history.periods - 8 * history.bin) // history.ahead)
    return [history.periods - n * history.ahead for n in range(1, max(most, FEWEST_STRETCHES) + 1)]


def fewest_periods(ahead: int, width: int) -> int:
    """How many periods must be known: one stretch held back, two tried before it, eight weeks to learn from."""
    return (1 + FEWEST_STRETCHES) * ahead + 8 * width


def scales(sold: Floats) -> Floats:
    """The mean squared step from period to period of each series (as in the M5 competition); 1 where nothing moves."""
    steps = np.diff(sold, axis=0) ** 2
    known = ~np.isnan(steps)
    mean = np.where(known, steps, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return np.where(mean > 0, mean, 1.0)


def naive(history: History) -> Floats:
    """The plain method: what was sold the season before (the same weekday, the same week a year ago, else the last)."""
    lag = history.lag if history.periods >= history.lag + history.bin else history.bin
    last = np.nan_to_num(history.sold[-lag:])
    return np.resize(last, (history.ahead, last.shape[1])) if lag >= history.ahead else _repeat(last, history.ahead)


def recent_mean(history: History) -> Floats:
    """The other plain method: the mean of the last four weeks."""
    last = history.sold[-4 * history.bin :]
    known = ~np.isnan(last)
    mean = np.nan_to_num(last).sum(0) / np.maximum(known.sum(0), 1)
    return np.repeat(mean[None], history.ahead, axis=0)


def _repeat(last: Floats, ahead: int) -> Floats:
    return np.tile(last, (-(-ahead // len(last)), 1))[:ahead]


def _choose(history: History, cuts: list[int]) -> tuple[str, ...]:
    """The factors that foresee better than none, each tried on top of those before it."""
    known = history.known(cuts[-1])
    scale = scales(known.sold)
    sold = np.stack([history.sold[cut : cut + history.ahead] for cut in cuts])

    def error(names: tuple[str, ...]) -> float:
        past = _stretches(history, profile.learn(known, names).after(history.factors), cuts)
        found = _errors(past, sold, scale)
        times = np.maximum((~np.isnan(found)).sum(0), 1)
        return float((np.nansum(found, axis=0) / times).mean(1).min())

    chosen: tuple[str, ...] = ()
    least = error(chosen)
    for group in _candidates(history.factors, known.periods / history.bin):
        found, name = min((error((*chosen, name)), name) for name in group)
        if found < least * BETTER:
            least, chosen = found, (*chosen, name)
    return chosen


def _candidates(factors: tuple[profile.Factor, ...], weeks: float) -> list[tuple[str, ...]]:
    """Groups of factors of which one is used at most; the time of the year only after a year and a quarter."""
    names = [each.name for each in factors]
    seasons = tuple(name for name in names if name in profile.SEASONS) if weeks >= 65 else ()
    alone: list[tuple[str, ...]] = [(name,) for name in names if name not in profile.SEASONS]
    return [*alone, seasons] if seasons else alone


def _stretches(history: History, effects: Effects, cuts: list[int]) -> Floats:
    """What each half-life foresaw on each stretch: (stretches, half-lives, ahead, series)."""
    return np.stack([_levels(history, effects, cut) for cut in cuts])


def _levels(history: History, effects: Effects, until: int) -> Floats:
    """What each half-life foresees after so many periods: (half-lives, ahead, series)."""
    begin = max(0, until - 104 * history.bin)
    sold = history.sold[begin:until]
    series = sold.shape[1]
    whole = effects.path(begin, until, series) * ~np.isnan(sold)
    age = np.arange(until - begin)[::-1]
    weights = np.stack([*(0.5 ** (age / half) for half in HALF_LIVES[history.bin]), age < 4 * history.bin])
    top, bottom = weights @ np.nan_to_num(sold), weights @ whole
    level = np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 1e-9)
    return level[:, None, :] * effects.path(until, until + history.ahead, series)[None]


def _errors(past: Floats, sold: Floats, scale: Floats) -> Floats:
    """The scaled squared error of each half-life on each stretch: (stretches, half-lives, series)."""
    off = (past - sold[:, None]) ** 2
    known = ~np.isnan(off)
    return np.where(
        known.any(2), np.where(known, off, 0.0).sum(2) / np.maximum(known.sum(2), 1) / scale, np.nan
    )  # fmt: skip


def _weights(errors: Floats, history: History) -> Floats:
    """How much each half-life counts for each series: (half-lives, series), summing to one."""
    known = ~np.isnan(errors)
    times = known.sum(0)
    own = np.where(known, errors, 0.0).sum(0)
    departments = int(history.department.max(initial=0)) + 1
    member = np.zeros((errors.shape[2], departments))
    member[np.arange(errors.shape[2]), history.department] = 1.0
    shared = (own @ member / np.maximum(times @ member, 1))[:, history.department]
    mean = (own + SHARED * shared) / (times + SHARED)
    least = mean.min(0)
    weights = np.exp(-SHARPNESS * (mean - least) / np.maximum(least, 0.1))
    return np.asarray(weights / weights.sum(0))
