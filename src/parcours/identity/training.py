"""What each level of agreement is worth, learned from the retailer's own records without any labelled example.

Fellegi and Sunter (1969): a level weighs log2(m / u), m being how often two records of one person agree so, u how
often two strangers do. u is counted on random pairs. m comes from the candidate pairs by expectation maximisation
(Dempster, Laird and Rubin 1977): weigh each pair with what is known of m, see which pairs are then one person, count
m on those, again. Households and neighbours are told apart in the same step, see `relations.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parcours.identity import relations
from parcours.identity.comparisons import DIFFERENT, FIRST
from parcours.identity.relations import PERSON, Floats, Shares

MOST_ROUNDS = 200
STILL = 1e-5
USUAL_SAME = 0.85  # before looking: how often two records of one person agree exactly
TRUST = 20.0  # ... and how many pairs it takes to doubt that
# At most so often do two records of one person differ altogether: else these are two people who have something in
# common, such as a first name that both their e-mails begin with.
MOST_DIFFERENT = {"first_name": 0.15, "last_name": 0.3, "birth_date": 0.3}
OTHER_FIRST_NAME_IN_FAMILIES = 0.03
DIGITS = 9  # fractions summed in another order differ in their last digits


@dataclass(frozen=True)
class Patterns:
    """How the candidate pairs agree: each distinct pattern of levels, and how many pairs show it.

    `levels[name]` holds the level of a comparison by pattern, -1 where there was nothing to compare.
    """

    levels: Mapping[str, NDArray[np.int64]]
    counts: Floats
    pairs: float  # of all records, candidates or not


@dataclass(frozen=True)
class Learned:
    """How often each level is reached, level 0 ("different") first: m by records of one person, u by strangers."""

    m: Mapping[str, Floats]
    u: Mapping[str, Floats]
    shares: Shares

    def weights(self, levels: Mapping[str, NDArray[np.int64]]) -> dict[str, Floats]:
        """What each comparison weighs at these levels; nothing where there was nothing to compare."""
        made = {}
        for name, reached in levels.items():
            table = np.append(np.log2(self.m[name] / self.u[name]), 0.0)  # the last one is level -1
            made[name] = table[reached]
        return made


def learn(
    patterns: Patterns, u: Mapping[str, Floats], labels: Mapping[str, list[str]], *, records: int, families: bool
) -> Learned:
    """The weights that fit the patterns best, starting from the usual reliability of customer files.

    `labels` names the levels of each comparison, level 0 first. `families` says that several people of one household
    are among the records: a different first name then means another person.
    """
    usual = {name: _usual(len(values)) for name, values in u.items()}
    learned = Learned(m=usual, u=u, shares=Shares.at_first(records))
    most = {**MOST_DIFFERENT, **({FIRST: OTHER_FIRST_NAME_IN_FAMILIES} if families else {})}
    limits = {name: (labels[name].index(DIFFERENT), share) for name, share in most.items() if name in u}
    for _ in range(MOST_ROUNDS):
        found = relations.probabilities(relations.likelihoods(learned.weights(patterns.levels)), learned.shares)
        one_person = found[PERSON] * patterns.counts
        m = {name: _counted(patterns.levels[name], one_person, usual[name]) for name in u}
        m |= {name: _at_most(m[name], *limit) for name, limit in limits.items()}
        moved = max(float(np.abs(m[name] - learned.m[name]).max()) for name in m)
        shares = relations.renew(found, patterns.counts, patterns.pairs, families=families)
        learned = replace(learned, m=m, shares=shares)
        if moved < STILL:
            break
    return replace(learned, m={name: np.round(values, DIGITS) for name, values in learned.m.items()})


def _usual(levels: int) -> Floats:
    rest = (1 - USUAL_SAME) / (levels - 1)
    return np.array([*[rest] * (levels - 1), USUAL_SAME])


def _counted(reached: NDArray[np.int64], one_person: Floats, usual: Floats) -> Floats:
    seen = reached >= 0
    counts = np.bincount(reached[seen], weights=one_person[seen], minlength=len(usual)) + TRUST * usual
    return np.asarray(counts / counts.sum())


def _at_most(m: Floats, level: int, most: float) -> Floats:
    if m[level] <= most:
        return m
    rest = m * (1 - most) / (1 - m[level])
    rest[level] = most
    return rest
