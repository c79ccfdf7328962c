"""Learns how probable it is that a customer does something, from windows of time that are over.

Two models learn from the same rows, several windows stacked: a logistic regression on the logarithms of what is known,
and boosted trees; a third takes the mean of their log-odds. Each window is foretold by models that saw only earlier
ones (rolling origin: Tashman, 2000, International Journal of Forecasting). The older rehearsals choose the model and
how its level is set; the newest, untouched until then, says how good that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from parcours.scores.abreast import abreast
from parcours.scores.propensity.calibration import (
    Calibration,
    Happened,
    calibration_error,
    curved,
    error_by_chance,
    shifted,
    stretched,
)
from parcours.scores.propensity.features import FAMILIES, NAMES, PLACE, Floats, Known

METHODS = ("logistic", "boosted", "both")
REHEARSALS = 3  # how many older windows choose, where there are so many
LEARNED_ROWS = 12_000  # from so many rows on, one window is enough to choose by
MARGIN = 1.0  # a level is set another way than usual only if truer by so many times what chance makes of so few people
# these bend and act upon one another: their squares and products are looked at too
_BENDING = (
    "last_order_days",
    "buying_days_365d",
    "pause_ratio",
    "decayed_40d",
    "customer_days",
    "decayed_10d",
    "buying_rate",
)


class Model(Protocol):
    """Gives the log-odds of each row of scaled features."""

    def log_odds(self, scaled: Floats) -> Floats: ...


class Design:
    """Features made ready for a linear model: centred, of one spread, with what bends and what is unknown."""

    def __init__(self, scaled: Floats) -> None:
        unknown = np.isnan(scaled)
        count = np.maximum((~unknown).sum(axis=0), 1)
        self._mean = np.where(unknown, 0.0, scaled).sum(axis=0) / count
        centred = np.where(unknown, 0.0, scaled - self._mean)
        self._deviation = np.sqrt((centred**2).sum(axis=0) / count)
        self._kept = np.flatnonzero(self._deviation > 1e-9)
        self._missing = np.flatnonzero(unknown.any(axis=0) & ~unknown.all(axis=0))
        bending = [PLACE[name] for name in _BENDING if self._deviation[PLACE[name]] > 1e-9]
        one, other = np.triu_indices(len(bending))
        self._one, self._other = np.array(bending, int)[one], np.array(bending, int)[other]

    def columns(self, scaled: Floats) -> Floats:
        """The columns a linear model weighs."""
        unknown = np.isnan(scaled)
        deviation = np.where(self._deviation > 1e-9, self._deviation, 1.0)
        even = np.where(unknown, 0.0, (scaled - self._mean) / deviation)
        bounded = np.clip(even, -4.0, 4.0)
        products = np.clip(even[:, self._one], -3, 3) * np.clip(even[:, self._other], -3, 3)
        return np.hstack([bounded[:, self._kept], unknown[:, self._missing].astype(np.float64), products])

    @cached_property
    def families(self) -> Floats:
        """Which family each column speaks for, a row a column; a product speaks half for each of its two."""
        of = np.array([place for place, family in enumerate(FAMILIES) for _ in family.columns])
        single, pair = np.eye(len(FAMILIES))[of[[*self._kept, *self._missing]]], np.eye(len(FAMILIES))
        return np.vstack([single, (pair[of[self._one]] + pair[of[self._other]]) / 2])


class Linear:
    """Weights of columns; what each family of features adds to a customer's log-odds, beside the average customer's."""

    def __init__(self, design: Design, weights: Floats, intercept: float, average: Floats) -> None:
        self._design, self._weights, self._intercept, self._average = design, weights, intercept, average

    def log_odds(self, scaled: Floats) -> Floats:
        # row by row in one order, unlike a matrix product: a customer's odds are the same whoever is asked with them
        return np.einsum("ij,j->i", self._design.columns(scaled), self._weights) + self._intercept

    def parts(self, scaled: Floats) -> Floats:
        """What each of FAMILIES adds, a row a customer: weight x (value - average), summed over its columns."""
        return ((self._design.columns(scaled) - self._average) * self._weights) @ self._design.families


class Boosted:
    """Boosted trees (scikit-learn's HistGradientBoosting), small ones, each on some of the features."""

    def __init__(self, scaled: Floats, did: NDArray[np.bool_], *, seed: int) -> None:
        low, high = np.fmin.reduce(scaled), np.fmax.reduce(scaled)
        self._kept = np.flatnonzero(high > low)  # a column of one value, or of none, splits nothing
        from sklearn.ensemble import HistGradientBoostingClassifier

        self._trees = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_iter=120,
            max_leaf_nodes=8,
            min_samples_leaf=40,
            l2_regularization=5,
            max_features=0.3,
            early_stopping=False,
            random_state=seed,
        ).fit(scaled[:, self._kept], did)

    def log_odds(self, scaled: Floats) -> Floats:
        return np.asarray(self._trees.decision_function(scaled[:, self._kept]), np.float64)


@dataclass(frozen=True)
class Both:
    """The mean of two models' log-odds."""

    one: Model
    other: Model

    def log_odds(self, scaled: Floats) -> Floats:
        return (self.one.log_odds(scaled) + self.other.log_odds(scaled)) / 2


def logistic(scaled: Floats, did: NDArray[np.bool_]) -> Linear:
    """A logistic regression, held back from large weights by a ridge."""
    design = Design(scaled)
    columns = design.columns(scaled)
    ridge = float(np.clip(200 / len(did), 0.003, 1))
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=ridge, solver="newton-cholesky", max_iter=50).fit(columns, did)
    return Linear(design, fit.coef_[0], float(fit.intercept_[0]), columns.mean(axis=0))


def linear_like(model: Model, scaled: Floats) -> tuple[Linear, float]:
    """The linear model nearest to another, for its reasons, and the share of the other's variance it explains."""
    design = Design(scaled)
    columns, wanted = design.columns(scaled), model.log_odds(scaled)
    average, middle = columns.mean(axis=0), float(wanted.mean())
    centred = columns - average
    squares = centred.T @ centred + 1e-3 * len(wanted) * np.eye(columns.shape[1])
    weights = np.linalg.solve(squares, centred.T @ (wanted - middle))
    left = wanted - middle - centred @ weights
    explained = 1 - float(left.var() / max(float(wanted.var()), 1e-12))
    return Linear(design, weights, middle - float(average @ weights), average), explained


class RateByCell:
    """The plain method: how many did it among those with as late a last time and as many times, in fifths."""

    def __init__(self, windows: Sequence[Known], columns: tuple[str, str]) -> None:
        self._columns = columns
        self._edges = [
            np.unique(np.nanquantile(values, [0.2, 0.4, 0.6, 0.8])) if not np.isnan(values).all() else np.empty(0)
            for values in (np.concatenate([window.column(name) for window in windows]) for name in columns)
        ]
        did = np.concatenate([window.did for window in windows])
        cell = np.concatenate([self._cell(window) for window in windows])
        people, counted = np.bincount(cell, minlength=36), np.bincount(cell, weights=did, minlength=36)
        self._rate = (counted + 10 * did.mean()) / (people + 10)

    def probability(self, window: Known) -> Floats:
        """The rate of each one's cell."""
        return np.asarray(self._rate[self._cell(window)], np.float64)

    def _cell(self, window: Known) -> NDArray[np.int64]:
        late, often = (self._fifth(window.column(name), edges) for name, edges in zip(self._columns, self._edges))
        return 6 * late + often

    @staticmethod
    def _fifth(values: Floats, edges: Floats) -> NDArray[np.int64]:
        return np.where(np.isnan(values), 5, np.searchsorted(edges, values, side="right")).astype(np.int64)


@dataclass(frozen=True)
class Rehearsal:
    """One window foretold by models that learned from earlier ones; `year_ago` is the same window a year before."""

    window: Known | None
    models: Mapping[str, Model]
    year_ago: Known | None

    def foretold(self, method: str) -> Happened:
        """The log-odds of the window, and what happened."""
        assert self.window is not None
        return self._of(method, "window", self.window)

    def foretold_year_ago(self, method: str) -> Happened | None:
        """The same of the window a year before; None where history does not reach so far."""
        return None if self.year_ago is None else self._of(method, "year_ago", self.year_ago)

    def _of(self, method: str, which: str, window: Known) -> Happened:
        key = (method, which)
        if key not in self._kept:
            self._kept[key] = self.models[method].log_odds(window.scaled)
        return self._kept[key], window.did

    @cached_property
    def _kept(self) -> dict[tuple[str, str], Floats]:
        return {}


@dataclass(frozen=True)
class Learned:
    """What was learned: the model and its calibration for today, and how the same way did on the held-back window."""

    method: str
    model: Model
    calibration: Calibration
    reasons: Linear
    reasons_explain: float
    plain: RateByCell
    held_back: Known
    foretold: Floats  # the held-back window's probabilities
    measures: Mapping[str, float]
    tried: Mapping[str, Mapping[str, float]]  # mean log-loss and calibration error of each way on the older rehearsals

    @property
    def kept(self) -> bool:
        """Whether the model did better than the plain method."""
        return self.measures["log_loss"] < self.measures["plain_log_loss"]


def learn(windows: Sequence[Known], years_ago: Sequence[Known | None], *, plain: tuple[str, str], seed: int) -> Learned:
    """Learns from windows that are over, the newest first: at least two, in each somebody who did it and somebody not.

    `years_ago` holds today's window a year before, then that of each of `windows`; None where history is too short.
    `plain` names the two features (how late, how often) of the plain method. The same input gives the same model.
    """
    rehearse = partial(_rehearse, windows, years_ago, seed=seed)
    rehearsed = list(abreast(rehearse, range(_count(windows) + 1)))
    with threadpool_limits(1):  # so that sums are added in one order
        tried = _try(rehearsed)
        method, way = _choose(tried, rehearsed)
        return _learned(windows, rehearsed, method=method, way=way, tried=tried, plain=plain, seed=seed)


def _count(windows: Sequence[Known]) -> int:
    """How many windows are rehearsed: one to judge, those that choose, and those that give these their level."""
    rows = float(np.mean([len(window) for window in windows]))
    choosing = int(np.clip(round(LEARNED_ROWS / rows), 1, REHEARSALS))
    return min(len(windows) - 1, choosing + 3)


def _rehearse(windows: Sequence[Known], years_ago: Sequence[Known | None], back: int, *, seed: int) -> Rehearsal:
    """Foretells the window so many back (0: today's, of which nothing is known) from those before it."""
    scaled = np.concatenate([window.scaled for window in windows[back:]])
    did = np.concatenate([window.did for window in windows[back:]])
    models: dict[str, Model] = {"logistic": logistic(scaled, did), "boosted": Boosted(scaled, did, seed=seed)}
    models["both"] = Both(models["logistic"], models["boosted"])
    return Rehearsal(windows[back - 1] if back else None, models, years_ago[back] if back < len(years_ago) else None)


def ways(rehearsed: Sequence[Rehearsal], back: int, method: str) -> dict[str, Calibration]:
    """The ways to set the level of the window so many back, from older ones only.

    `last_year` is the level of the same window a year before; `last_year_change` goes from the latest window's level as
    far as last year's levels went.
    """
    older = [one.foretold(method) for one in rehearsed[back + 1 : back + 4]]
    found = {"as_learned": Calibration("as_learned")}
    if older:
        found["latest_window"] = shifted("latest_window", older[:1])
        found["stretched"] = stretched("stretched", older)
        found["curve"] = curved("curve", older)
    if len(older) > 1:
        found["latest_windows"] = shifted("latest_windows", older)
    year_ago = rehearsed[back].foretold_year_ago(method)
    if year_ago is not None:
        found["last_year"] = shifted("last_year", [year_ago])
    before = rehearsed[back + 1].foretold_year_ago(method) if older else None
    if year_ago is not None and before is not None:
        change = found["last_year"].shift - shifted("", [before]).shift
        found["last_year_change"] = Calibration("last_year_change", found["latest_window"].shift + change)
    return found


def _try(rehearsed: Sequence[Rehearsal]) -> dict[str, dict[str, float]]:
    """Each model with each way of setting the level, on the rehearsals that choose: none where history is short."""
    possible = set(ways(rehearsed, 0, METHODS[0])) & set(ways(rehearsed, 1, METHODS[0]))
    seen: dict[str, list[tuple[float, float]]] = {}
    for back in range(2, min(len(rehearsed) - 1, REHEARSALS + 2)):
        for method in METHODS:
            log_odds, did = rehearsed[back].foretold(method)
            for name, calibration in ways(rehearsed, back, method).items():
                if name in possible:
                    probability = calibration.probability(log_odds)
                    told = (_log_loss(did, probability), calibration_error(probability, did))
                    seen.setdefault(f"{method}/{name}", []).append(told)
    most = max(map(len, seen.values()), default=0)
    return {
        key: {
            "log_loss": float(np.mean([a for a, _ in told])),
            "calibration_error": float(np.mean([b for _, b in told])),
        }
        for key, told in seen.items()
        if len(told) == most  # judged on the same windows as the others
    }


def _choose(tried: Mapping[str, Mapping[str, float]], rehearsed: Sequence[Rehearsal]) -> tuple[str, str]:
    """The model by log-loss, then its level by calibration error.

    Last year's level is the usual one where it is known: a season need not show in the windows that choose. Without it,
    the level learned. Another must be truer by more than chance.
    """
    if not tried:
        known = ways(rehearsed, 1, "both").keys() & ways(rehearsed, 0, "both").keys()
        return "both", next(way for way in ("last_year", "latest_window", "as_learned") if way in known)
    method = min(tried, key=lambda key: (tried[key]["log_loss"], key)).split("/")[0]
    errors = {
        key.split("/")[1]: told["calibration_error"] for key, told in tried.items() if key.split("/")[0] == method
    }
    best = min(errors, key=lambda way: (errors[way], way))
    usual = "last_year" if "last_year" in errors else "as_learned"
    if errors[usual] - errors[best] <= MARGIN * _by_chance(rehearsed, method):
        return method, usual
    return method, best


def _by_chance(rehearsed: Sequence[Rehearsal], method: str) -> float:
    """The calibration error of a window by chance alone."""
    log_odds, _ = rehearsed[1].foretold(method)
    return error_by_chance(Calibration("as_learned").probability(log_odds), seed=0)


def _learned(
    windows: Sequence[Known],
    rehearsed: Sequence[Rehearsal],
    *,
    method: str,
    way: str,
    tried: Mapping[str, Mapping[str, float]],
    plain: tuple[str, str],
    seed: int,
) -> Learned:
    log_odds, did = rehearsed[1].foretold(method)
    foretold = ways(rehearsed, 1, method)[way].probability(log_odds)
    by_cell = RateByCell(windows[1:], plain).probability(windows[0])
    model = rehearsed[0].models[method]
    reasons, explained = linear_like(model, np.concatenate([window.scaled for window in windows]))
    return Learned(
        method=method,
        model=model,
        calibration=ways(rehearsed, 0, method)[way],
        reasons=model if isinstance(model, Linear) else reasons,
        reasons_explain=1.0 if isinstance(model, Linear) else explained,
        plain=RateByCell(windows, plain),
        held_back=windows[0],
        foretold=foretold,
        measures=measured(did, foretold, log_odds, by_cell, seed=seed),
        tried=tried,
    )


def measured(
    did: NDArray[np.bool_], foretold: Floats, log_odds: Floats, plain: Floats, *, seed: int
) -> dict[str, float]:
    """How true the probabilities proved, and those of the plain method."""
    return {
        "log_loss": _log_loss(did, foretold),
        "auc": _auc(did, log_odds),
        "calibration_error": calibration_error(foretold, did),
        "calibration_error_by_chance": error_by_chance(foretold, seed=seed),
        "foretold": float(foretold.mean()),
        "happened": float(did.mean()),
        "plain_log_loss": _log_loss(did, plain),
        "plain_auc": _auc(did, plain),
        "plain_calibration_error": calibration_error(plain, did),
    }


def _log_loss(did: NDArray[Any], probability: Floats) -> float:
    from sklearn.metrics import log_loss

    return float(log_loss(did, probability, labels=[False, True]))


def _auc(did: NDArray[Any], ranked: Floats) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(did, ranked)) if 0 < did.sum() < len(did) else 0.5


assert all(name in NAMES for name in _BENDING)
