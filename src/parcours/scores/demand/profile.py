"""How sales follow the calendar: the weekday, the time of the year, whatever else is known of days to come.

Sales of a series are its level times an effect a factor (weekday, month, promotion). Effects are learned by iterated
ratios of what was sold to what the rest foresees (Deming and Stephan 1940), each series' own drawn to its department's:
few sales, little of one's own. Arrays are laid out by time: a row a period, a column a series; not a number where a
series could not sell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

ROUNDS = 3
LEAST = 1e-4  # of an effect: a shop that never opens on Sundays still divides by something
SEASONS = ("month", "fortnight")


@dataclass(frozen=True)
class Factor:
    """Something known of every period, past and to come: which of `levels` it is, for all series or for each.

    A series' own effect weighs as much as its department's after `weight` periods.
    """

    name: str
    codes: Ints  # (periods + ahead,) or (periods + ahead, series)
    levels: int
    weight: float

    def cut(self, begin: int, end: int) -> Ints:
        """The codes of some periods."""
        return self.codes[begin:end]


@dataclass(frozen=True)
class History:
    """What was sold: `sold[period, series]`, the department of each series, what is known of the calendar.

    `ahead` periods are to be foreseen; `lag` is the pause after which sales repeat, `bin` how many periods are a week.
    """

    sold: Floats
    department: Ints
    factors: tuple[Factor, ...]
    ahead: int
    lag: int
    bin: int

    @property
    def periods(self) -> int:
        """How many periods are known."""
        return int(self.sold.shape[0])

    def known(self, until: int) -> History:
        """The same as it was known after so many periods."""
        factors = tuple(replace(each, codes=each.codes[: until + self.ahead]) for each in self.factors)
        return replace(self, sold=self.sold[:until], factors=factors)

    def some(self, series: int) -> History:
        """The same of so many series at most, evenly chosen."""
        every = -(-self.sold.shape[1] // series)
        factors = tuple(
            replace(each, codes=each.codes[:, ::every]) if each.codes.ndim == 2 else each for each in self.factors
        )
        return replace(self, sold=self.sold[:, ::every], department=self.department[::every], factors=factors)


@dataclass(frozen=True)
class Effects:
    """The effect of each factor: `of[factor][level, series]`."""

    factors: tuple[Factor, ...]
    of: tuple[Floats, ...]

    def after(self, factors: tuple[Factor, ...]) -> Effects:
        """The same effects, with codes that reach further."""
        longer = {each.name: each for each in factors}
        return Effects(tuple(longer[each.name] for each in self.factors), self.of)

    def path(self, begin: int, end: int, series: int) -> Floats:
        """All effects multiplied, for some periods: (periods, series)."""
        whole = np.ones((end - begin, series))
        for factor, effect in zip(self.factors, self.of):
            whole *= _spread(factor.cut(begin, end), effect)
        return whole


def learn(history: History, names: tuple[str, ...]) -> Effects:
    """The effects of the named factors in all that is known."""
    factors = tuple(each for each in history.factors if each.name in names)
    sold = np.nan_to_num(history.sold)
    open_ = ~np.isnan(history.sold)
    periods, series = sold.shape
    weeks = 26.0 if set(names) & set(SEASONS) else 9.0
    mean = sold.sum(0) / np.maximum(open_.sum(0), 1)
    effects = [np.ones((factor.levels, series)) for factor in factors]
    sums = [_by_code(factor, sold) for factor in factors]
    whole = open_.astype(np.float64)
    for _ in range(ROUNDS if len(factors) > 1 else 1):
        base = _level_path(sold, whole, history.bin, weeks)
        for n, factor in enumerate(factors):
            codes = factor.cut(0, periods)
            whole /= _spread(codes, effects[n])
            foreseen = _by_code(factor, whole * base)
            effects[n] = _drawn(sums[n], foreseen, mean, history.department, factor.weight)
            whole *= _spread(codes, effects[n])
    return Effects(factors, tuple(effects))


def _drawn(sums: Floats, foreseen: Floats, mean: Floats, department: Ints, weight: float) -> Floats:
    """Effects of each series drawn to its department's, and a department's to everybody's; (levels, series).

    Series count by the root of what they sell: neither the largest nor the most numerous decide alone.
    """
    root = 1 / np.sqrt(np.maximum(mean, 1e-9)) * (mean > 0)
    departments = int(department.max(initial=0)) + 1
    member = np.zeros((len(mean), departments))
    member[np.arange(len(mean)), department] = root
    had, expected = sums @ member, foreseen @ member
    everybody = had.sum(1) / np.maximum(expected.sum(1), 1e-9)
    everybody[expected.sum(1) <= 0] = 1.0
    prior = 0.01 * expected.mean(1, keepdims=True) + 1e-9
    of_department = ((had + prior * everybody[:, None]) / (expected + prior))[:, department]
    if np.isinf(weight):
        return np.maximum(of_department, LEAST)
    pull = weight * np.maximum(mean, 1.0)  # chance weighs more, the fewer units there are
    return np.maximum((sums + pull * of_department) / (foreseen + pull), LEAST)


def _level_path(sold: Floats, whole: Floats, width: int, weeks: float) -> Floats:
    """The level of each series around each period: exponential weights to both sides, worked out by week."""
    periods = sold.shape[0]
    starts = np.arange(0, periods, width)
    top, bottom = np.add.reduceat(sold, starts, axis=0), np.add.reduceat(whole, starts, axis=0)
    level = _both_sides(top, weeks) / np.maximum(_both_sides(bottom, weeks), 1e-9)
    return np.repeat(level, width, axis=0)[:periods]


def _both_sides(values: Floats, half_life: float) -> Floats:
    keep = 0.5 ** (1 / half_life)
    there, back = np.empty_like(values), np.empty_like(values)
    held = np.zeros(values.shape[1])
    for n, row in enumerate(values):
        held = held * keep + row
        there[n] = held
    held = np.zeros(values.shape[1])
    for n in range(len(values) - 1, -1, -1):
        held = held * keep + values[n]
        back[n] = held
    return np.asarray(there + back - values)


def _by_code(factor: Factor, values: Floats) -> Floats:
    """Sums by level of a factor: (levels, series)."""
    periods, series = values.shape
    codes = factor.cut(0, periods)
    if codes.ndim == 1:
        which = np.zeros((factor.levels, periods))
        which[codes, np.arange(periods)] = 1.0
        return which @ values
    flat = (codes * series + np.arange(series)).ravel()
    found: Any = np.bincount(flat, weights=values.ravel(), minlength=factor.levels * series)
    return np.asarray(found.reshape(factor.levels, series))


def _spread(codes: Ints, effect: Floats) -> Floats:
    return effect[codes] if codes.ndim == 1 else np.take_along_axis(effect, codes, axis=0)
