"""The small models of replenishment: the gap foreseen, the chance of a purchase soon, and how waits end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

Numbers: TypeAlias = NDArray[np.float64]

GAP_FEATURES = (
    "blended", "blended_late", "log_mean", "log_times", "log_visits_28", "log_visits_84", "log_rate",
)  # fmt: skip
CHANCE_FEATURES = (
    "mu", "log_mean", "trend", "log_wait", "overdue", "overdue_2", "rate", "log_recent", "log_times", "visits",
    "articles", "once", "once_wait",
)  # fmt: skip
CROWD_WEIGHTS = (0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 10.0)
MOST_ROWS = 400_000
FIRST_STEP, STEPS, STEP = -80, 160, 0.05  # waits relative to the gap foreseen, on a log scale: from e^-4 to e^4
ENOUGH_AT_RISK = 30
CLASSES = 4  # bought once, twice, three times, more often


def crowd_weight(known: pa.Table) -> float:
    """How many gaps of the crowd are to be added to a customer's own: those with the least absolute error in days."""
    total, times, crowd, days = _columns(thinned(known), ("log_sum", "times", "log_mean", "gap"))
    errors = [np.abs(days - np.exp((total + each * crowd) / (times - 1 + each))).mean() for each in CROWD_WEIGHTS]
    return CROWD_WEIGHTS[int(np.argmin(errors))]


def fit_gap(known: pa.Table) -> exp.Expression:
    """The logarithm of the gap as a sum over the features, fitted to the least absolute error in days."""
    known = thinned(known)
    features = np.column_stack([np.ones(known.num_rows), *_columns(known, GAP_FEATURES)])
    return _sum_of(least_absolute(features, _column(known, "gap")), GAP_FEATURES)


def least_absolute(features: Numbers, days: Numbers, rounds: int = 60) -> Numbers:
    """The weights w for which exp(features @ w) has the least absolute error.

    Iteratively reweighted least squares (Schlossmacher 1973), each round a Gauss-Newton step with a slight ridge.
    """
    weights: Numbers = np.asarray(np.linalg.lstsq(features, np.log(days), rcond=None)[0], dtype=np.float64)
    ridge = 1e-4 * len(days) * np.eye(features.shape[1])
    for _ in range(rounds):
        foreseen = np.exp(features @ weights)
        off = days - foreseen
        slope = features * foreseen[:, None]
        weighed = slope / np.maximum(np.abs(off), 0.5)[:, None]
        weights += 0.5 * np.linalg.solve(weighed.T @ slope + ridge, weighed.T @ off)
    return weights


def fit_chance(waits: pa.Table, seed: int) -> exp.Expression:
    """The log-odds of a purchase within 14 days as a sum over the features (logistic regression)."""
    waits = thinned(waits)
    came = _column(waits, "came").astype(np.int64)
    share = (came.sum() + 0.5) / (len(came) + 1)
    if came.min(initial=1) == came.max(initial=0):
        return _sum_of(np.array([np.log(share / (1 - share))]), ())
    features = np.column_stack(_columns(waits, CHANCE_FEATURES))
    middle, spread = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-9)
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=300, random_state=seed).fit((features - middle) / spread, came)
    slopes = model.coef_[0] / spread
    return _sum_of(np.r_[model.intercept_[0] - slopes @ middle, slopes], CHANCE_FEATURES)


def curve(steps: pa.Table, *, least: float) -> pa.Table:
    """How waits end, by purchases made and time waited: columns class, step, early, middle, late.

    Takes columns class, step, ended, times. Early, middle and late are the quarters of the waits of those who come
    back, as logarithms relative to the gap foreseen; null where the chance to come back at all is under `least`.
    """
    rows = []
    for group in range(1, CLASSES + 1):
        survival = _kaplan_meier(steps, group)
        last = survival[-1]
        for step in range(STEPS):
            there = (survival[step] - last) / survival[step]
            told = there >= least and there > 0
            quarters = [_reached(survival, survival[step] - q * (survival[step] - last)) for q in (0.25, 0.5, 0.75)]
            values = quarters if told else [None] * 3
            rows.append((group, FIRST_STEP + step, *values))
    names = ("class", "step", "early", "middle", "late")
    types = (pa.int64(), pa.int64(), pa.float64(), pa.float64(), pa.float64())
    return pa.table({name: pa.array(each, kind) for name, kind, each in zip(names, types, zip(*rows))})


def _kaplan_meier(steps: pa.Table, group: int) -> Numbers:
    """The share still waiting at the start of each step, and after the last."""
    counted = np.zeros((2, STEPS))
    for row in steps.to_pylist():
        if row["class"] == group:
            counted[row["ended"], row["step"] - FIRST_STEP] += row["times"]
    at_risk = np.cumsum(counted.sum(axis=0)[::-1])[::-1]
    ends = np.where(at_risk >= ENOUGH_AT_RISK, counted[1] / np.maximum(at_risk, 1), 0.0)
    return np.r_[1.0, np.cumprod(1.0 - np.minimum(ends, 0.999))]


def _reached(survival: Numbers, level: float) -> float:
    """Where the curve falls to a level, between steps on a straight line."""
    after = int(np.argmax(survival <= level + 1e-12))
    before = max(after - 1, 0)
    fall = survival[before] - survival[after]
    part = (survival[before] - level) / fall if fall > 0 else 0.0
    return float((FIRST_STEP + before + part) * STEP)


# -- checks


def check_gaps(later: pa.Table) -> dict[str, float]:
    """How far off the gaps foreseen (`mu`) were: in the mean, in the middle, and how many by a week at most."""
    off = _off(later, "mu")
    return {
        "error": round(float(off.mean()), 6),
        "median_error": round(float(np.median(off)), 6),
        "within_7_days": round(float((off <= 7).mean()), 6),
    }


def error(later: pa.Table, column: str) -> float:
    """The mean absolute error in days of gaps foreseen by a column that holds their logarithm."""
    return round(float(_off(later, column).mean()), 6)


def _off(later: pa.Table, column: str) -> Numbers:
    return np.abs(_column(later, "gap") - np.exp(_column(later, column)))


def check_chance(waits: pa.Table, chance: exp.Expression) -> dict[str, Any]:
    """How well the chances told who came within 14 days: area under the curve, beside plain ones, and calibration."""
    came = _column(waits, "came").astype(np.int64)
    if not 0 < came.sum() < len(came):
        return {"waits": len(came), "came": int(came.sum()), "auc": None}
    from sklearn.metrics import roc_auc_score

    odds = value_of(chance, waits)
    foreseen = 1 / (1 + np.exp(-odds))
    return {
        "waits": len(came),
        "came": int(came.sum()),
        "auc": round(float(roc_auc_score(came, odds)), 6),
        "auc_of_last_purchase": round(float(roc_auc_score(came, -_column(waits, "log_wait"))), 6),
        "auc_of_own_rate": round(float(roc_auc_score(came, _column(waits, "rate"))), 6),
        "chance_foreseen": round(float(foreseen.mean()), 6),
        "calibration_error": round(calibration_error(foreseen, came), 6),
    }


def calibration_error(foreseen: Numbers, came: NDArray[np.int64]) -> float:
    """The mean distance between what was foreseen and what happened, over tenths of equal size."""
    order = np.argsort(foreseen, kind="stable")
    tenths = [each for each in np.array_split(order, 10) if len(each)]
    return float(sum(abs(foreseen[each].mean() - came[each].mean()) * len(each) for each in tenths) / len(order))


# -- sums over features, in SQL and in numpy


def _sum_of(weights: Numbers, features: Sequence[str]) -> exp.Expression:
    """The first weight plus each feature times its weight, as SQL."""
    total = _number(weights[0])
    for name, weight in zip(features, weights[1:]):
        total = exp.Add(this=total, expression=exp.Mul(this=exp.column(name), expression=_number(weight)))
    return exp.paren(total)


def _number(weight: float) -> exp.Expression:
    return exp.cast(exp.Literal.string(repr(float(weight))), "double")


def value_of(expression: exp.Expression, rows: pa.Table) -> Numbers:
    """The value of such a sum for each row."""
    total = np.zeros(rows.num_rows)
    for term in expression.unnest().flatten():
        if isinstance(term, exp.Mul):
            total += _column(rows, term.this.name) * float(term.expression.this.name)
        else:
            total += float(term.this.name)
    return total


def thinned(rows: pa.Table) -> pa.Table:
    """At most so many rows, evenly spread over the customers (rows are sorted by them)."""
    every = -(-rows.num_rows // MOST_ROWS)
    return rows if every <= 1 else rows.take(pa.array(np.arange(0, rows.num_rows, every)))


def _columns(rows: pa.Table, names: Sequence[str]) -> list[Numbers]:
    return [_column(rows, name) for name in names]


def _column(rows: pa.Table, name: str) -> Numbers:
    return np.asarray(rows.column(name).to_numpy(), dtype=np.float64)
