"""Thompson sampling: each arm is shown as often as it is likely to be the best (Thompson 1933).

A person's uniform number for an arm is read as a quantile of what is believed of it; the arm with the highest value is
chosen. How probable that was is not simulated but worked out: the integral of one arm's density times the others'
distribution functions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parcours.decisions.learning.posterior import REACH, STEPS, Posterior

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
NOBODY = -1  # nothing was allowed
_EVERY = 8  # of the points an arm is held at, one in so many is a point of the integral
_FEWEST = 257  # points there are at least, for few arms
_ROWS = 32_768  # people decided for at a time
_SETS = 512  # sets of allowed arms worked out at a time
_MOST = 20_000  # sets of allowed arms that are remembered


class Choosing:
    """Chooses among the arms of one posterior, and remembers the chances of each set of arms that was allowed."""

    def __init__(self, posterior: Posterior, *, explore: float = 0.0) -> None:
        """`explore` is the share of people who are shown any allowed arm, each as likely as another."""
        self.posterior = posterior
        self.explore = explore
        self._known: dict[bytes, Floats] = {}
        self._shapes: tuple[Floats, Floats] | None = None

    def choose(
        self, allowed: Bools, uniforms: Floats, exploring: Floats | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """The arm of each person and how probable it was: (int64[n], float64[n]); `NOBODY` and 0 if none is allowed.

        `allowed[n, k]` says which arms may be shown, `uniforms[n, k]` is the person's chance for each arm and
        `exploring[n]` (needed with `explore`) the chance that any arm is shown.
        """
        if self.explore and exploring is None:
            raise ValueError("exploring[n] is needed where explore is above 0")
        chosen, chance = np.empty(len(allowed), np.int64), np.empty(len(allowed))
        for start in range(0, len(allowed), _ROWS):
            some = slice(start, start + _ROWS)
            lots = None if exploring is None else exploring[some]
            chosen[some], chance[some] = self._of_rows(allowed[some], uniforms[some], lots)
        return chosen, chance

    def _of_rows(self, allowed: Bools, uniforms: Floats, lots: Floats | None) -> tuple[NDArray[np.int64], Floats]:
        score = np.where(allowed, self.posterior.draw(uniforms), -np.inf)
        chosen = score.argmax(axis=1)
        if self.explore and lots is not None:
            chosen = explored(chosen, allowed, lots, self.explore)
        rows = np.arange(len(chosen))
        chance = self.propensities(allowed)[rows, chosen]
        chosen[~allowed[rows, chosen]] = NOBODY
        return chosen, chance

    def propensities(self, allowed: Bools) -> Floats:
        """How probable each arm is where these are allowed: float64[n, k]; a row adds up to 1 (to 0 if none is)."""
        if len(allowed) == 1:
            return self._of_sets(allowed)
        packed = np.packbits(allowed, axis=1)
        rows = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
        _, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
        return np.asarray(self._of_sets(allowed[first])[inverse])

    def _of_sets(self, sets: Bools) -> Floats:
        names = [row.tobytes() for row in sets]
        new = [n for n, name in enumerate(names) if name not in self._known]
        if len(new) + len(self._known) > _MOST:
            self._known.clear()
            new = list(range(len(names)))
        for start in range(0, len(new), _SETS):
            some = new[start : start + _SETS]
            for n, row in zip(some, self._worked_out(sets[some])):
                self._known[names[n]] = row
        return np.stack([self._known[name] for name in names])

    def _worked_out(self, sets: Bools) -> Floats:
        """Over a grid that all arms share: what falls into a cell, times that all other allowed arms lie below."""
        if self._shapes is None:
            self._shapes = shapes(self.posterior)
        below, inside = self._shapes
        best = np.exp(np.maximum(sets.astype(np.float64) @ below, -700.0)) @ inside * sets
        best /= np.maximum(best.sum(axis=1, keepdims=True), 1e-300)
        any_one = sets / np.maximum(sets.sum(axis=1, keepdims=True), 1)
        return np.asarray((1 - self.explore) * best + self.explore * any_one)


def explored(chosen: NDArray[np.int64], allowed: Bools, exploring: Floats, explore: float) -> NDArray[np.int64]:
    """The same choice, but any allowed arm for those whose chance is below `explore`."""
    chosen = chosen.copy()
    some = np.flatnonzero((exploring < explore) & allowed.any(axis=1))
    if not len(some):
        return chosen
    place = np.cumsum(allowed[some], axis=1)
    wanted = (exploring[some] / explore * place[:, -1]).astype(np.int64)
    chosen[some] = (place > wanted[:, None]).argmax(axis=1)
    return chosen


def shapes(posterior: Posterior) -> tuple[Floats, Floats]:
    """The arms on one grid of scores: the logarithm of F in mid-cell [k, g], and what a cell holds over F [g, k]."""
    from scipy.special import ndtr

    arms, points = posterior.scores.shape
    every = max(1, min(_EVERY, points * arms // _FEWEST))
    grid = np.unique(posterior.scores[:, points % every // 2 :: every])
    z = np.arange(points) / STEPS - REACH
    at = np.stack([np.interp(grid, row, z) for row in posterior.scores])
    at[grid < posterior.scores[:, :1]] = -np.inf
    at[grid > posterior.scores[:, -1:]] = np.inf
    reached = ndtr(at)
    middle = np.maximum((reached[:, 1:] + reached[:, :-1]) / 2, 1e-300)
    return np.log(middle), (np.diff(reached, axis=1) / middle).T


def choose(
    posterior: Posterior, allowed: Bools, uniforms: Floats, *, explore: float = 0.0, exploring: Floats | None = None
) -> tuple[NDArray[np.int64], Floats]:
    """`Choosing.choose` for a posterior that is used once."""
    return Choosing(posterior, explore=explore).choose(allowed, uniforms, exploring)


def propensities(posterior: Posterior, allowed: Bools, *, explore: float = 0.0) -> Floats:
    """`Choosing.propensities` for a posterior that is used once."""
    return Choosing(posterior, explore=explore).propensities(allowed)
