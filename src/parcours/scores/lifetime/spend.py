"""What customers spend when they buy: Gamma-Gamma, which draws the mean of the few purchases known towards everybody's.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013), equations 1a, 4 and 5. Amounts must be above 0 and
not hang on how often a customer buys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln, psi

from parcours.scores.lifetime.model import Numbers

_START = (3.0, 3.0, 2.0)
_BOUNDS = ((1e-2, 1e4), (1.05, 1e4), (1e-3, 1e5))
_LEAST = 0.1  # a spread that the parameters make endless is cut off here


@dataclass(frozen=True)
class SpendModel:
    """What a buying day brings: the parameters of Gamma-Gamma, amounts in the unit they were given in."""

    p: float
    q: float
    v: float
    log_likelihood: float

    def expected(self, days: Numbers, mean: Numbers) -> Numbers:
        """What each customer is expected to spend on a buying day, from so many days and their mean."""
        return np.asarray(self.p * self._scale(days, mean) / (self.p * days + self.q - 1))

    def spread(self, days: Numbers, mean: Numbers) -> tuple[Numbers, Numbers]:
        """How widely amounts scatter, relative to the expected amount: around a customer's own mean, and that mean's.

        Both are squared coefficients of variation.
        """
        shape = self.p * days + self.q
        own = 1 / np.maximum(shape - 2, _LEAST)
        return (1 + own) / self.p, own

    def _scale(self, days: Numbers, mean: Numbers) -> Numbers:
        return np.asarray(self.v + days * np.maximum(mean, 0))


def fit_spend(days: Numbers, mean: Numbers) -> SpendModel:
    """The Gamma-Gamma parameters under which these mean amounts, each of so many buying days, are most probable.

    Customers whose mean is not above 0 are left out. Raises ValueError when none is left.
    """
    bought = (days > 0) & (mean > 0)
    if not bought.any():
        raise ValueError("nobody spent anything")
    unit = float(np.average(mean[bought], weights=days[bought]))
    likelihood = _Likelihood(days[bought].astype(float), mean[bought] / unit)
    found = likelihood.highest()
    p, q, v = np.exp(found.x)
    constant = -np.log(unit) * float(bought.sum())
    return SpendModel(float(p), float(q), float(v) * unit, float(constant - found.fun * bought.sum()))


class _Likelihood:
    """The log-likelihood of mean amounts and its slope."""

    def __init__(self, days: Numbers, mean: Numbers) -> None:
        self._days, self._mean = days, mean
        self._counts, where = np.unique(days, return_inverse=True)
        self._many = np.bincount(where).astype(float)
        self._logs = np.bincount(where, weights=np.log(mean))  # of the means, by number of days
        self._people = float(len(days))

    def highest(self) -> Any:
        """The optimum over the logarithms of the parameters."""
        from scipy.optimize import minimize

        return minimize(
            self.value, np.log(_START), jac=True, method="L-BFGS-B", bounds=np.log(_BOUNDS),
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )  # fmt: skip

    def value(self, logs: Numbers) -> tuple[float, Numbers]:
        """Minus the mean log-likelihood at the logarithms of (p, q, v), and its slope."""
        p, q, v = (float(value) for value in np.exp(logs))
        x, n = self._counts, self._many
        whole = v + self._days * self._mean
        log_whole = np.log(whole)
        shape = p * self._days + q
        value = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(v) + p * x * np.log(x)
        total = n @ value + (p * x - 1) @ self._logs - shape @ log_whole
        by_p = n @ (x * (psi(p * x + q) - psi(p * x) + np.log(x))) + x @ self._logs - self._days @ log_whole
        by_q = n @ (psi(p * x + q) - psi(q) + np.log(v)) - log_whole.sum()
        by_v = self._people * q / v - (shape / whole).sum()
        slope = np.array([by_p, by_q, by_v])
        return -float(total) / self._people, -slope * np.exp(logs) / self._people
