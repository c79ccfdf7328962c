"""People who live together share what one person would; the weighing knows it."""

from __future__ import annotations

import numpy as np
import pytest

from parcours.identity import relations
from parcours.identity.relations import FAMILY, HOUSEHOLD, PERSON, STREET, Shares

ADDRESS = {"street": np.array([10.0]), "street_number": np.array([5.0]), "place": np.array([9.0])}


def probability(shares: dict[str, float], **weights: float) -> float:
    given = {name: np.array([weight]) for name, weight in weights.items()}
    found = relations.probabilities(relations.likelihoods(ADDRESS | given), Shares(shares))
    return float(found[PERSON][0])


def test_two_relations_are_weighed_by_how_common_they_are() -> None:
    """Sharing only what a household shares (last name apart) leaves the odds of one person to one household: 1 to 3."""
    shares = {PERSON: 1e-4, HOUSEHOLD: 3e-4, STREET: 1e-12, FAMILY: 1e-12}
    assert probability(shares) == pytest.approx(0.25, abs=0.01)


def test_a_different_first_name_points_to_the_household() -> None:
    shares = {PERSON: 1e-4, HOUSEHOLD: 1e-4, STREET: 1e-12, FAMILY: 1e-12}
    assert probability(shares, last_name=8.0, first_name=-5.0) < 0.05
    assert probability(shares, last_name=8.0, first_name=7.0) > 0.9


def test_without_households_the_weights_alone_decide() -> None:
    """1e-4 is 13.3 bits against; 24 bits of address speak for: the odds are 2 ** 10.7."""
    shares = {PERSON: 1e-4, HOUSEHOLD: 1e-12, STREET: 1e-12, FAMILY: 1e-12}
    assert probability(shares) == pytest.approx(2**10.71 / (1 + 2**10.71), abs=1e-4)


def test_shares_settle_where_the_probabilities_add_up_to_them() -> None:
    """Of a million pairs, a hundred agree beyond doubt and the rest do not: the share is 1 in 10,000."""
    weights = {"email": np.array([40.0] * 100 + [-20.0] * 900)}
    likely = relations.likelihoods(weights)
    shares = relations.settle(likely, 1e6, Shares.at_first(1000), families=False)
    assert shares.of[PERSON] == pytest.approx(1e-4, rel=0.01)


def test_what_speaks_against_names_the_likelier_relation() -> None:
    likely = relations.likelihoods(ADDRESS | {"last_name": np.array([8.0])})
    shares = Shares({PERSON: 1e-4, HOUSEHOLD: 1e-4, STREET: 1e-6, FAMILY: 1e-6})
    weight, relation = relations.otherwise(likely, shares)
    assert list(relation) == [HOUSEHOLD]
    assert weight[0] < -10
